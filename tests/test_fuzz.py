"""The fuzzing of ``make fuzz`` in short: any bytes to every decoder; and that it finds what is planted."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from surefoot.sensors.makers import openpacket
from surefoot.sensors.makers.product import Battery, MalformedPacket, Packet
from surefoot.sensors.makers.products import PRODUCTS


def loaded() -> ModuleType:
    path = Path(__file__).resolve().parent.parent / "benchmarks" / "fuzz.py"
    spec = importlib.util.spec_from_file_location("benchmark_fuzz", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


FUZZ = loaded()


@pytest.mark.parametrize("key", [known.key for known in PRODUCTS])
def test_any_bytes_are_heard_and_sound(key):
    told = FUZZ.tried(key, 4000, [2])
    assert told.faults == []
    assert told.inputs == 4000
    assert told.readings > 1000 and told.heard["MalformedPacket"] > 500  # both kinds of stretches reach it


def good(count=2, **changes):
    acc = np.ones((count, 3)) * openpacket.TRAITS.acc_step_mps2
    given = {"acc": acc, "gyr": np.zeros((count, 3)), "first_tick": 1, "sequence": 2, "clipped": 0} | changes
    return Packet(**given)


class Raises:
    def update(self, uuid, data):
        raise ValueError("planted")


class Says:
    def __init__(self, *heard):
        self.heard = list(heard)

    def update(self, uuid, data):
        return self.heard


class Hoards:
    def __init__(self):
        self.kept = []

    def update(self, uuid, data):
        self.kept.append(bytes(300))
        return []


@pytest.mark.parametrize(
    ("decoder", "fault"),
    [
        (Raises(), "ValueError: planted"),
        (Says(good(), good(gyr=np.full((2, 3), np.nan))), "gyr is not finite"),
        (Says(good(acc=np.full((2, 3), 0.003))), "acc is off the grid"),
        (Says(good(acc=np.full((2, 3), 40000 * openpacket.TRAITS.acc_step_mps2))), "acc is off the grid of 16 bits"),
        (Says(good(gyr=np.zeros((3, 3)))), "a packet of shape"),
        (Says(good(clipped=3)), "with 3 clipped"),
        (Says(good(first_tick=2**32)), "tick 4294967296"),
        (Says(good(sequence=-1)), "number -1"),
        (Says(Battery(101)), "a battery of 101 %"),
        (Says(MalformedPacket("")), "without a reason"),
        (Says("nonsense"), "nothing that a decoder may say"),
        (Hoards(), "its decoder keeps"),
    ],
)
def test_what_is_planted_is_found(monkeypatch, decoder, fault):
    monkeypatch.setattr(openpacket.OpenSensor, "decoder", lambda self, rate_hz: decoder)
    told = FUZZ.Told()
    FUZZ.run("open", openpacket.TRAITS, [(openpacket.DATA, b"")] * 1000, told)
    assert fault in told.faults[0]


def test_a_sound_decoder_is_blamed_for_nothing(monkeypatch):
    monkeypatch.setattr(openpacket.OpenSensor, "decoder", lambda self, rate_hz: Says(good(), Battery(5)))
    told = FUZZ.Told()
    FUZZ.run("open", openpacket.TRAITS, [(openpacket.DATA, b"")] * 10, told)
    assert told.faults == [] and told.readings == 20
