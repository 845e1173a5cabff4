"""The fuzzing of messages of ``make fuzz`` in short, and that it finds what is planted; and the slope of a soak."""

from __future__ import annotations

import importlib.util
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest

from made import HOME
from surefoot.alerts.messages import KINDS, Refused, up_topic


def loaded(name: str) -> ModuleType:
    path = Path(__file__).resolve().parent.parent / "benchmarks" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"benchmark_{name}", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


FUZZ, SOAK = loaded("fuzz_messages"), loaded("soak")


def test_any_bytes_are_taken_or_refused():
    told = FUZZ.tried(20_000, [2])
    assert told.faults == []
    assert told.inputs == 20_000
    assert all(told.heard[kind] > 50 for kind in KINDS), "every kind is also taken"
    assert told.heard["refused"] > 5000 and told.heard["answer"] > 100 and told.heard["no answer"] > 500
    assert told.heard["order"] > 100 and told.heard["no order"] > 500


def raises(topic, payload):
    raise RecursionError("planted")


@pytest.mark.parametrize(
    ("reader", "fault"),
    [
        (raises, "RecursionError: planted"),
        (lambda topic, payload: Refused(topic, HOME, 5, "", payload), "without a reason"),
        (lambda topic, payload: Refused(topic, HOME, 2**63, "no", payload), "with the number 9223372036854775808"),
        (lambda topic, payload: Refused(topic, HOME, 5, "a\x00b", payload), "String should match pattern"),
        (lambda topic, payload: Refused(topic, HOME, 5, "x" * 500, payload), "at most 400 characters"),
    ],
)
def test_what_is_planted_is_found(monkeypatch, reader, fault):
    monkeypatch.setattr(FUZZ, "read_up", reader)
    monkeypatch.setattr(FUZZ, "inputs", lambda count, rng: [(up_topic(HOME, "bout"), b"{}")])
    (told,) = FUZZ.tried(1, [1]).faults
    assert fault in told


def test_a_message_that_reads_as_another_one_is_found(monkeypatch):
    (topic, payload), *_ = FUZZ.real()
    assert FUZZ.heard(topic, payload, Counter()) == ""
    monkeypatch.setattr(FUZZ, "up_payload", lambda *_: payload.replace(b"1.1", b"1.2"))
    assert "reads as another one" in FUZZ.heard(topic, payload, Counter())


def test_the_slope_of_memory_is_that_of_the_later_time():
    minutes = [60.0 * k for k in range(61)]
    grows = [(at_s, 50.0 + 2.0 * at_s / 3600.0) for at_s in minutes]
    warms = [(at_s, 80.0 if at_s > 600 else 50.0) for at_s in minutes]
    jumps = [(at_s, 50.0 + (5.0 if at_s == 1800 else 0.0)) for at_s in minutes]
    slopes = [SOAK.slope_mb_per_h(ones) for ones in (grows, warms, jumps)]
    assert slopes == pytest.approx([2.0, 0.0, 0.0])
