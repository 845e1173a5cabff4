"""Fuzzing of messages: any bytes on any topic, to the clinic and to a home; each is taken or refused, and none raises.

    python benchmarks/fuzz_messages.py [--inputs 10000000] [--seed 1] [--workers 2]

Inputs are messages of every kind that homes and clinics send, damaged: bytes changed, cut off, grown, two spliced,
values of the JSON replaced by what breaks readers (numbers without end, nesting without end, NUL, other types, names
nobody knows), or bytes of chance; on their own topic, another one, or one that is none. Of what is refused the reason
must travel in an answer; what is taken must be written and read again as the same, and say its record.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

import made
from made import HOME, OTHER
from surefoot.alerts.bodies import (
    AlertBody,
    AnswerBody,
    Body,
    BoutBody,
    CheckInBody,
    ConfirmationBody,
    DayBody,
    IncidentBody,
    StatusBody,
    TestBody,
    TreatmentBody,
)
from surefoot.alerts.messages import (
    KINDS,
    Kind,
    Refused,
    Rejection,
    StatusMessage,
    ack_payload,
    ack_topic,
    digest,
    read_ack,
    read_up,
    up_payload,
    up_topic,
)
from surefoot.alerts.orders import Unreadable, order_payload, order_topic, read_order
from surefoot.records import Confirmation, Limits, Order, Question, Treatment

CHUNK = 50_000
NASTY = (
    *("NaN", "1e999", "-1e999", "1e308", "9" * 400, "-1", "0", "null", "true", '""', "[]", "{}", "[[]]", "0.1e"),
    *("[" * 3000, '{"a":' * 3000, '"' + "x" * 5000 + '"', "18446744073709551616", '"2026-99-99"'),
    *('"\\u0000"', '"\\ud800"', "\x00"),
)
KEYS = ('"a\\u0000b"', '"v"', '"seq"', '"' + "k" * 500 + '"', '"__class__"', '""')
ORDERS = (
    Order("o-1", 1.0, Limits(chart_review=4.5, giving_way_day=3.0)),
    Order("o-2", 2.0, Treatment("injection", "2026-01-02")),
    Order("o-3", 3.0, Question("check_in")),
)
Input = tuple[str, bytes]


@dataclass
class Told:
    """What came of the inputs."""

    inputs: int = 0
    seconds: float = 0.0
    heard: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def add(self, other: Told) -> None:
        self.inputs += other.inputs
        self.seconds += other.seconds
        self.heard += other.heard
        self.faults += other.faults


# ---- inputs


def real() -> list[Input]:
    """Messages as they are sent, of every kind, both ways."""
    bodies: list[tuple[Kind, Body | StatusBody]] = [
        ("bout", BoutBody.of(made.bout(1))),
        ("incident", IncidentBody.of(made.incident(2))),
        ("incident", IncidentBody.of(made.incident(3, (made.signal(0.3), made.signal(0.2, side="right"))))),
        ("answer", AnswerBody.of(made.answer(4))),
        ("checkin", CheckInBody.of(made.check_in(5, 7, "both_legs_weak"))),
        ("confirmation", ConfirmationBody.of(Confirmation("o-1", "refused", 3.0, "not a day"))),
        ("treatment", TreatmentBody.of(Treatment("injection", "2026-01-02"))),
        ("test", TestBody.of(made.guided_test(6))),
        ("test", TestBody.of(made.guided_test(7, None, "used the arms"))),
        ("day", DayBody.of_day(made.day(8), (made.trend(), made.trend(metric="cadence_spm")))),
        ("alert", AlertBody.of(made.alert("a"))),
        ("status", StatusBody(link="up", pending=3)),
    ]
    up = [
        (up_topic(HOME, kind), up_payload(HOME, None if kind == "status" else k + 1, kind, body.json_text()))
        for k, (kind, body) in enumerate(bodies)
    ]
    rejections = [Rejection(seq=9, reason="no such day"), Rejection(seq=10, reason="")]
    return [
        *up,
        (ack_topic(HOME), ack_payload(HOME, [1, 2, 3], rejections)),
        (ack_topic(HOME), ack_payload(HOME, [4], [])),
        *((order_topic(HOME, order.what), order_payload(HOME, order)) for order in ORDERS),
    ]


def inputs(count: int, rng: np.random.Generator) -> Iterator[Input]:
    sent = real()
    marks = [[k for k, byte in enumerate(payload) if byte in b":,"] for _, payload in sent]
    topics = [*(topic for topic, _ in sent), *(up_topic(OTHER, kind) for kind in KINDS), "", "surefoot/v1/x/up/bout"]
    topics += [
        f"surefoot/v1/{HOME}/up/{'z' * 300}",
        f"surefoot/v1/{HOME}/up/",
        up_topic(HOME, "bout") + "/more",
        "\x00",
    ]
    chance = rng.bytes(1 << 18)
    for kind, which, other, at, cut, value, length, elsewhere in rng.integers(0, 1 << 30, (count, 8)).tolist():
        which %= len(sent)
        topic, data = sent[which]
        cut %= len(data) + 1
        match kind % 12:
            case 0 | 1:
                data = data[:cut] + bytes([value % 256]) + data[cut + 1 :]
            case 2:
                data = data[:cut]
            case 3:
                data = data + chance[at % 200_000 :][: length % 50]
            case 4:
                data = data[:cut] + sent[other % len(sent)][1][value % 300 :]
            case 5:
                data = chance[at % 200_000 :][: length % 300]
            case 6 | 7 | 8 | 9:
                data = _replaced(data, marks[which], at, NASTY[value % len(NASTY)].encode())
            case 10:
                mark = marks[which][at % len(marks[which])]
                key = KEYS[value % len(KEYS)].encode()
                data = data[: mark + 1] + key + b":1," + data[mark + 1 :]
        yield (topics[other % len(topics)] if elsewhere % 20 == 0 else topic), data


def _replaced(data: bytes, marks: Sequence[int], at: int, value: bytes) -> bytes:
    """The JSON with one value, from a colon or comma to the next, replaced."""
    k = at % len(marks)
    end = marks[k + 1] if k + 1 < len(marks) else len(data) - 1
    return data[: marks[k] + 1] + value + data[end:]


# ---- what must hold


def tried(count: int, seed: Sequence[int]) -> Told:
    told, began_s = Told(), time.process_time()
    for topic, payload in inputs(count, np.random.default_rng(seed)):
        told.inputs += 1
        try:
            fault = heard(topic, payload, told.heard)
        except Exception:  # noqa: BLE001 - whatever is raised is the finding
            fault = traceback.format_exc()
        if fault:
            told.faults.append(f"{topic!r} {payload[:400]!r}: {fault}")
    told.seconds = time.process_time() - began_s
    return told


def heard(topic: str, payload: bytes, counted: Counter[str]) -> str:
    """What is wrong with what was made of an input; empty: nothing."""
    if topic.endswith(("/down/config", "/down/prompt")):
        order = read_order(topic, payload)
        counted["order" if isinstance(order, Order) else "no order"] += 1
        if isinstance(order, Unreadable) and order.order_id:
            ConfirmationBody.of(Confirmation(order.order_id, "refused", 0.0, order.reason))  # it must travel
        return ""
    if "/down/" in topic:
        ack = read_ack(topic, payload)
        counted["answer" if ack else "no answer"] += 1
        return "" if ack is None or all(1 <= seq < 2**63 for seq in ack.stored) else f"numbers {ack.stored}"
    message = read_up(topic, payload)
    if isinstance(message, Refused):
        counted["refused"] += 1
        if not message.reason or (message.seq is not None and not 1 <= message.seq < 2**63):
            return f"refused without a reason or with the number {message.seq}"
        Rejection(seq=message.seq or 1, reason=message.reason)  # it must travel
        return "" if "\x00" not in message.reason else "a reason with NUL"
    counted[message.kind] += 1
    if isinstance(message, StatusMessage):
        return ""
    again = read_up(topic, up_payload(message.gateway, message.seq, message.kind, message.body.json_text()))
    if again != message or digest(again.body) != digest(message.body):
        return f"it reads as another one when written again: {again}"
    if not isinstance(message.body, DayBody):
        message.body.record()
    json.loads(message.body.json_text())
    return ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--inputs", type=int, default=10_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    began_s, told = time.monotonic(), Told()
    with ProcessPoolExecutor(given.workers) as pool:
        jobs = [
            pool.submit(tried, min(CHUNK, given.inputs - first), [given.seed, first])
            for first in range(0, given.inputs, CHUNK)
        ]
        for job in jobs:
            told.add(job.result())
    show(told, time.monotonic() - began_s)
    print(*told.faults[:5], sep="\n")
    return int(bool(told.faults))


def show(told: Told, seconds: float) -> None:
    table = Table(title=f"{told.inputs:,} inputs in {seconds:.0f} s, {1e6 * told.seconds / told.inputs:.1f} us each")
    for column in ("taken for", "inputs"):
        table.add_column(column, justify="right" if column == "inputs" else "left")
    for name, count in told.heard.most_common():
        table.add_row(name, f"{count:,}")
    table.add_row("faults", str(len(told.faults)))
    Console().print(table)


if __name__ == "__main__":
    sys.exit(main())
