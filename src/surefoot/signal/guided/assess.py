"""The door to guided tests: one test between two taps in, one result out; "not usable" with its reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from surefoot.records import SIDES, Array, Placement, Side, TestKind, TestResult
from surefoot.signal.alignment import Aligned, Alignment
from surefoot.signal.guided import chair, heelrise, heelwalk, toetap, upandgo, walk20
from surefoot.signal.guided.faults import before_walking, check, check_gaps, moved_between
from surefoot.signal.guided.performance import Found, NotUsable, Performance
from surefoot.signal.guided.readings import Readings, read
from surefoot.signal.hops import hop_length, reduce_to_hops
from surefoot.signal.walk import analyze

TESTS: Mapping[TestKind, Callable[[Performance], Found]] = {
    "sit_to_stand_5": chair.sit_to_stand_5,
    "chair_stand_30s": chair.chair_stand_30s,
    "timed_up_and_go": upandgo.timed_up_and_go,
    "heel_rise": heelrise.heel_rise,
    "heel_walk": heelwalk.heel_walk,
    "toe_tap": toetap.toe_tap,
    "walk_20m": walk20.walk_20m,
}
UNITS: Mapping[TestKind, str] = {
    "sit_to_stand_5": "s",
    "chair_stand_30s": "stands",
    "timed_up_and_go": "s",
    "heel_rise": "rises",
    "heel_walk": "%",
    "toe_tap": "taps",
    "walk_20m": "m/s",
}
ONE_LEGGED: tuple[TestKind, ...] = ("heel_rise", "toe_tap")
ON_THE_SPOT: tuple[TestKind, ...] = ("sit_to_stand_5", "chair_stand_30s", "heel_rise")
FOOT_ONLY: tuple[TestKind, ...] = ("heel_walk", "toe_tap")
WALKED: Mapping[TestKind, float] = {"timed_up_and_go": 6.0, "heel_walk": 10.0, "walk_20m": 20.0}  # metres
LEAST_RATE_HZ = 20.0
LEAST_WALKED_HZ = 40.0  # strides are not measured below (docs/methods.md)


def assess(
    kind: TestKind,
    sensors: Mapping[Side, tuple[Array, Array]],
    rate_hz: float,
    placement: Placement = "shank",
    *,
    side: Side | None = None,
    frames: Mapping[Side, Aligned] | None = None,
    distance_m: float | None = None,
    gaps: Sequence[tuple[float, float]] = (),
) -> TestResult:
    """The result of one guided test.

    ``sensors``: side -> (acc, gyr), each (n, 3), m/s^2 and deg/s, any mounting, from the tap on start to the tap on
    stop; where the test begins and ends within is found. ``side``: the leg a one-legged test is of. ``frames``: how
    the sensors sit, known from walking before (:func:`learned`). ``distance_m``: of the walking tests, where it is not
    the usual. ``gaps``: seconds between which readings are made up, for want of any.

    ValueError for wrong arguments; a test done wrongly is a result without a value.
    """
    _check_arguments(kind, sensors, rate_hz, side)
    if side is None and len(sensors) == 1:
        side = next(iter(sensors))
    one = side if kind in (*ONE_LEGGED, "heel_walk") else None
    seconds = min(len(acc) for acc, _ in sensors.values()) / rate_hz
    try:
        found = _found(kind, sensors, rate_hz, placement, one, frames or {}, distance_m, gaps)
    except NotUsable as fault:
        return TestResult(kind, one, 0.0, seconds, None, UNITS[kind], 0.0, fault.reason)
    details = tuple(found.details.items())
    return TestResult(kind, one, found.start_s, found.end_s, found.value, UNITS[kind], found.quality, "", details)


def learned(acc: Array, gyr: Array, rate_hz: float, placement: Placement = "shank") -> Aligned | None:
    """How a sensor sits, from readings with some steps in them; None where they do not tell."""
    alignment, size = Alignment(placement), hop_length(rate_hz)
    whole = len(acc) // size * size
    alignment.update(reduce_to_hops(np.ascontiguousarray(acc[:whole].T), np.ascontiguousarray(gyr[:whole].T), size))
    state = alignment.close()
    return state if isinstance(state, Aligned) else None


def _found(
    kind: TestKind,
    sensors: Mapping[Side, tuple[Array, Array]],
    rate_hz: float,
    placement: Placement,
    side: Side | None,
    frames: Mapping[Side, Aligned],
    distance_m: float | None,
    gaps: Sequence[tuple[float, float]],
) -> Found:
    least_hz = LEAST_WALKED_HZ if kind in WALKED else LEAST_RATE_HZ
    if rate_hz < least_hz:
        raise NotUsable(f"{rate_hz:.0f} readings a second are too few for this test. Set the sensor to {least_hz:.0f}.")
    for acc, _ in sensors.values():
        if len(acc) < rate_hz:
            told = "Less than a second was recorded" if len(acc) else "Nothing was recorded"
            raise NotUsable(f"{told}. Tap start, do the whole test, then tap stop.")
    if kind in FOOT_ONLY and placement != "foot":
        return TESTS[kind](Performance(kind, {}, rate_hz, placement, None, {}, 0.0, None))
    legs = {s: read(s, *sensors[s], rate_hz) for s in SIDES if s in sensors}
    if kind in ON_THE_SPOT:
        legs, frames = _without_walking_off(sensors, legs, frames, placement, side)
    try:
        check(legs, one_legged=kind in ONE_LEGGED)
        walk = None
        if kind in ("timed_up_and_go", "walk_20m"):
            walk = analyze({s: sensors[s] for s in legs}, rate_hz, placement)
            frames = {s: frame for s in legs if (frame := frames.get(s) or learned(*sensors[s], rate_hz, placement))}
        way_m = distance_m or WALKED.get(kind, 0.0)
        found = TESTS[kind](Performance(kind, legs, rate_hz, placement, side, frames, way_m, walk))
    except NotUsable:
        check_gaps(gaps, *moved_between(legs))  # what looks undone may only be unseen
        raise
    check_gaps(gaps, found.start_s, found.end_s)
    return found


def _without_walking_off(
    sensors: Mapping[Side, tuple[Array, Array]],
    legs: Mapping[Side, Readings],
    frames: Mapping[Side, Aligned],
    placement: Placement,
    side: Side | None,
) -> tuple[dict[Side, Readings], dict[Side, Aligned]]:
    """The readings of a test on the spot without the walk to where stop is tapped, and the frames that walk tells."""
    kept = before_walking({side: legs[side]} if side else legs)
    known = dict(frames)
    for s, leg in legs.items():
        acc, gyr = sensors[s]
        if s not in known and len(acc) > kept + leg.rate_hz:
            frame = learned(acc[kept:], gyr[kept:], leg.rate_hz, placement)
            known |= {s: frame} if frame else {}
    return {s: read(s, sensors[s][0][:kept], sensors[s][1][:kept], leg.rate_hz) for s, leg in legs.items()}, known


def _check_arguments(kind: str, sensors: Mapping[Side, object], rate_hz: float, side: Side | None) -> None:
    if kind not in TESTS:
        raise ValueError(f"no test {kind!r}; there are {', '.join(TESTS)}")
    if not sensors or set(sensors) - set(SIDES):
        raise ValueError("expected sensors of 'left' and/or 'right'")
    if not rate_hz > 0:
        raise ValueError(f"rate_hz is {rate_hz!r}: expected a positive number")
    if kind in ONE_LEGGED and len(sensors) == 2 and side is None:
        raise ValueError(f"{kind} is of one leg: say which with side=")
    if side is not None and side not in sensors:
        raise ValueError(f"no sensor on the {side} leg")
