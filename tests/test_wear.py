"""Wear: the hours a sensor recorded, and those it spent on a leg."""

from __future__ import annotations

import pytest

from surefoot.pipeline.wear import WearParams, recorded_and_worn_h
from surefoot.records import SIDES, Minute
from weeks import worn

P = WearParams()


def one(pattern: str) -> list[Minute]:
    """A minute of the left sensor for each sign: m moved, s still, a blank without a reading."""
    return [Minute("left", 60.0 * k, 60.0, 10.0 * (c == "m")) for k, c in enumerate(pattern) if c != " "]


def worn_min(pattern: str) -> int:
    return round(60 * recorded_and_worn_h(one(pattern), ["left"], P)[1])


def test_nothing_recorded() -> None:
    assert recorded_and_worn_h([], SIDES, P) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("pattern", "minutes"),
    [
        ("mmmm", 4),
        ("s" * 60, 0),
        ("m" + "s" * 29 + "m", 31),  # somebody sat still
        ("m" + "s" * 30 + "m", 2),  # half an hour without the least movement: it lies somewhere
        ("s" * 10 + "mm" + "s" * 10, 2),  # before the first and after the last movement nothing is known
        ("m" + "s" * 20 + " " * 20 + "m", 2),  # a hole without readings is not movement
        ("m" + " " * 20 + "m", 2),
    ],
)
def test_minutes_worn(pattern: str, minutes: int) -> None:
    assert worn_min(pattern) == minutes


def test_both_sensors_must_be_worn() -> None:
    minutes = worn(0, 3600, ["left"]) + worn(1200, 4800, ["right"])
    assert recorded_and_worn_h(minutes, SIDES, P) == (1.0, 40 / 60)
    assert recorded_and_worn_h(minutes, ["left"], P) == (1.0, 1.0)
    assert recorded_and_worn_h(worn(0, 3600, ["left"]), SIDES, P) == (1.0, 0.0)


def test_a_minute_with_few_readings_is_recorded_but_not_worn() -> None:
    assert recorded_and_worn_h([Minute("left", 0.0, 29.0, 29.0)], ["left"], P) == (29 / 3600, 0.0)


def test_a_minute_told_twice_counts_once() -> None:
    assert recorded_and_worn_h(worn(0, 3600) + worn(1800, 5400), SIDES, P) == (1.5, 1.5)


def test_the_order_of_minutes_does_not_matter() -> None:
    minutes = one("mmss  s" + "s" * 40 + "mm")
    assert recorded_and_worn_h(minutes[::-1], ["left"], P) == recorded_and_worn_h(minutes, ["left"], P)
