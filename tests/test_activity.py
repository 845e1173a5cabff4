"""Activity: what simulated people did (truth known) and what real ones did in clips; the law of streams for both."""

from __future__ import annotations

from collections import Counter
from functools import partial
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import realdata
from surefoot.records import SIDES, Activity, Rise, Samples, Side
from surefoot.signal.activity import ActivityBook
from surefoot.signal.rests import Rests
from surefoot.signal.table import StrideTable
from surefoot.signal.walk import Walk, WalkStream, analyze
from surefoot.simulation import chairs, floor, handling, riding, standing
from surefoot.simulation.person import Walker
from surefoot.simulation.scene import Plan, record
from surefoot.simulation.truth import Context
from surefoot.simulation.walker import plan_walk

RATE_HZ = 50.0
BROKEN = 13  # this subject's gyroscope tells straight lines between readings far apart
ALIKE = {
    "sit": "sitting", "stand": "standing", "shift": "standing", "step_on_spot": "standing", "walk": "walking",
    "lie": "lying", "ride": "vehicle", "off": "not_worn",
}  # fmt: skip


def walk(walker: Walker, strides: int, seated: tuple[bool, bool] = (False, False)) -> Plan:
    return lambda rng, start_s: plan_walk(walker, rng, start_s=start_s, strides=strides, seated=seated)


def lived(plans: list[Plan], seed: int, rate_hz: float = RATE_HZ) -> tuple[dict[Side, Samples], list[Context]]:
    samples, truths = record(plans, np.random.default_rng(seed), rate_hz=rate_hz)
    return samples, [context for truth in truths for context in truth.context if context.kind != "turn"]


def seen(samples: dict[Side, Samples], sides: tuple[Side, ...] = SIDES) -> Walk:
    return analyze({side: (samples[side].acc, samples[side].gyr) for side in sides}, samples["left"].rate_hz)


def a_day(walker: Walker) -> list[Plan]:
    return [
        partial(chairs.sitting, walker, seconds=100),
        walk(walker, 25, seated=(True, False)),
        partial(standing.standing, walker, seconds=60),
        walk(walker, 15),
        partial(chairs.sitting_down, walker),
        partial(riding.riding, walker),
        partial(chairs.rising, walker),
        walk(walker, 20),
        partial(floor.lying_down, walker, seconds=120),
        walk(walker, 15, seated=(False, True)),
        partial(chairs.sitting, walker, seconds=60),
        partial(handling.taking_off, walker, off_s=120),
    ]


def seconds(samples: dict[Side, Samples], truth: list[Context], found: list[Activity]) -> dict[str, Counter[str]]:
    """By true kind, tenths of a second of each kind found."""
    length = round(10 * truth[-1].end_s)
    true, told = np.full(length, "", dtype=object), np.full(length, "nothing", dtype=object)
    for context in truth:
        true[round(10 * context.start_s) : round(10 * context.end_s)] = ALIKE.get(context.kind, "")
    for activity in found:
        told[round(10 * activity.start_s) : round(10 * activity.end_s)] = activity.kind
    return {kind: Counter(told[true == kind]) for kind in set(true) - {""}}


@pytest.mark.parametrize(
    ("sides", "least"),
    [
        (SIDES, {"sitting": 0.8, "standing": 0.8, "walking": 0.9, "lying": 0.9, "vehicle": 0.8, "not_worn": 0.9}),
        (
            ("left",),
            {"sitting": 0.75, "standing": 0.7, "walking": 0.85, "lying": 0.9, "vehicle": 0.75, "not_worn": 0.9},
        ),
    ],
)
def test_a_simulated_day(sides: tuple[Side, ...], least: dict[str, float]) -> None:
    totals: dict[str, Counter[str]] = {}
    for seed in range(2):
        samples, truth = lived(a_day(Walker(speed_mps=0.8 + 0.3 * seed)), seed)
        for kind, told in seconds(samples, truth, seen(samples, sides).activities).items():
            totals[kind] = totals.get(kind, Counter()) + told
    for kind, share in least.items():
        assert totals[kind][kind] >= share * sum(totals[kind].values()), (kind, totals[kind])


def test_activities_follow_on_without_overlap() -> None:
    samples, truth = lived(a_day(Walker()), 3)
    found = seen(samples).activities
    assert all(a.end_s <= b.start_s + 1e-9 for a, b in pairwise(found))
    assert all(a.start_s < a.end_s and 0.0 <= a.confidence <= 1.0 for a in found)
    assert sum(a.end_s - a.start_s for a in found) > 0.98 * (truth[-1].end_s - 2.0)


@pytest.mark.parametrize("repetitions", [3, 5, 11])
def test_rises_of_a_simulated_test_are_counted(repetitions: int) -> None:
    rng, right = np.random.default_rng(repetitions), 0
    for seed in range(6):
        walker = Walker(speed_mps=rng.uniform(0.6, 1.3))
        stands = partial(
            chairs.chair_stands, walker, repetitions=repetitions, took_s=repetitions * rng.uniform(1.6, 3.5)
        )
        rest = partial(chairs.sitting, walker, seconds=30)
        samples, truth = lived([walk(walker, 12, seated=(True, True)), rest, stands, rest], seed)
        true = [c.start_s for c in truth if c.kind == "rise"]
        right += len(seen(samples).rises) == len(true) == repetitions + 1
    assert right >= 5


def test_no_rise_while_sitting_or_standing_or_walking() -> None:
    walker = Walker()
    quiet = [walk(walker, 30), partial(standing.standing, walker, seconds=120), walk(walker, 60)]
    samples, _ = lived(quiet, 5)
    assert seen(samples).rises == []
    samples, _ = lived([walk(walker, 12, seated=(True, True)), partial(chairs.sitting, walker, seconds=600)], 6)
    assert len(seen(samples).rises) == 1


def test_no_stride_while_rising_and_sitting_down_again_and_again() -> None:
    for seed in range(5):
        walker = Walker()
        stands = partial(chairs.chair_stands, walker, took_s=7.0 + 2.0 * seed, rest_s=(20.0, 20.0))
        samples, truth = lived([walk(walker, 15, seated=(True, True)), stands], seed)
        end_s = next(c.end_s for c in truth if c.kind == "walk")
        assert (seen(samples).strides["end_s"] < end_s + 1.0).all()


def test_sit_and_rise_clips_of_one_real_ankle() -> None:
    """Who stands, sits down and rises; the limits guard what was reached on these same clips (20 Hz, acted)."""
    right, ordered, count = 0, 0, 0
    for recording in realdata.recordings("umafall"):
        if recording.info["label"] == "Sitting_GettingUpOnAChair" and recording.info["subject"] != BROKEN:
            ((acc, gyr),) = recording.sensors.values()
            for k in (0, 5, 11):  # wherever the readings are cut
                found = analyze({"left": (acc[k:], gyr[k:])}, recording.rate_hz)
                down = [a.start_s for a in found.activities if a.kind == "sitting_down"]
                count += 1
                right += len(found.rises) == 1
                ordered += len(found.rises) == 1 and bool(down) and down[0] < found.rises[0].start_s
    assert count > 60
    assert right >= 0.95 * count
    assert ordered >= 0.9 * count


def test_other_things_done_on_real_legs_are_seldom_a_rise() -> None:
    rising = [
        bool(analyze({"left": next(iter(recording.sensors.values()))}, recording.rate_hz).rises)
        for recording in realdata.recordings("umafall")
        if not recording.info["fall"] and "Sitting" not in str(recording.info["label"])
    ]
    assert len(rising) > 150
    assert np.mean(rising) < 0.18


def told(samples: dict[Side, Samples], cuts: dict[Side, list[int]]) -> tuple[list[Activity], list[Rise]]:
    """The stream's answer for blocks cut at these samples, the legs' blocks by turns."""
    blocks: list[Samples] = []
    for side, block in samples.items():
        edges = [0, *sorted({c % len(block) for c in cuts[side]} - {0}), len(block)]
        for a, b in pairwise(edges):
            start_s = block.start_s + a / block.rate_hz
            blocks.append(Samples(side, "shank", start_s, block.rate_hz, block.acc[a:b], block.gyr[a:b]))
    stream = WalkStream()
    found = [stream.update(block) for block in sorted(blocks, key=lambda b: b.end_s)] + [stream.close()]
    return [a for f in found for a in f.activities], [r for f in found for r in f.rises]


PERSON = Walker()
SCENE, _ = lived(
    [
        walk(PERSON, 12, seated=(True, True)),
        partial(chairs.chair_stands, PERSON),
        partial(chairs.rising, PERSON),
        partial(standing.standing, PERSON, seconds=60),
        walk(PERSON, 40),
    ],
    1,
)
WHOLE = told(SCENE, {"left": [], "right": []})


def test_the_scene_has_something_to_cut() -> None:
    assert {"walking", "standing", "sitting", "rising", "sitting_down"} <= {a.kind for a in WHOLE[0]}
    assert len(WHOLE[1]) > 3


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, 20_000), max_size=40), st.lists(st.integers(0, 20_000), max_size=40))
def test_cutting_does_not_matter(left: list[int], right: list[int]) -> None:
    assert told(SCENE, {"left": left, "right": right}) == WHOLE


def test_blocks_of_a_tenth_of_a_second_are_the_same() -> None:
    assert told(SCENE, {side: list(range(0, len(SCENE[side]), 5)) for side in SIDES}) == WHOLE


def test_what_was_done_is_known_within_three_minutes() -> None:
    stream, last_s = WalkStream(), 0.0
    for k in range(0, len(SCENE["left"]), 500):
        for side, block in SCENE.items():
            part = Samples(side, "shank", k / RATE_HZ, RATE_HZ, block.acc[k : k + 500], block.gyr[k : k + 500])
            activities = stream.update(part).activities
            last_s = max([last_s, *(a.end_s for a in activities)])
            if part.end_s > 200.0:
                assert last_s > part.end_s - 180.0


# ---- holes


def swaying(start_s: float, seconds: float) -> Rests:
    """Somebody who stands."""
    at_s = start_s + np.arange(0.0, seconds, 2.0)
    one = np.ones(len(at_s))
    return Rests(at_s, at_s + 2.0, 1.5 * one, 0.05 * one, 5.0 * one, one)


def book_over_hole(hole_s: float, monkeypatch: pytest.MonkeyPatch) -> tuple[list[Activity], list[Activity], int]:
    """Standing, a hole, standing again: what is told at the end of the hole, what behind it, windows decided."""
    decided: list[int] = []
    decide = ActivityBook._decide
    monkeypatch.setattr(ActivityBook, "_decide", lambda book, n: decided.append(n) or decide(book, n))  # type: ignore[func-returns-value]
    book, none = ActivityBook(SIDES), StrideTable.empty("shank")
    book.update(none, {side: [swaying(1000.0, 200.0)] for side in SIDES}, {}, 1200.0)
    at_hole, _ = book.update(none, {}, {}, 1200.0 + hole_s)
    behind, _ = book.update(none, {side: [swaying(1200.0 + hole_s, 200.0)] for side in SIDES}, {}, np.inf)
    monkeypatch.undo()
    return at_hole, behind, len(decided)


@pytest.mark.parametrize("hole_s", [100.0, 150.0, 3600.0, 40 * 365 * 86400.0])
def test_what_was_done_before_a_hole_is_told_without_waiting_for_what_comes_behind_it(
    hole_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_hole, behind, _ = book_over_hole(hole_s, monkeypatch)
    assert at_hole[-1].end_s == 1200.0
    assert (behind[0].start_s, behind[-1].end_s) == (1200.0 + hole_s, 1400.0 + hole_s)
    assert all(a.end_s <= 1200.0 or a.start_s >= 1200.0 + hole_s for a in (*at_hole, *behind))


def test_a_hole_costs_nothing_however_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Holidays, and a clock that begins at 1970 and is set right later."""
    day, decades = (book_over_hole(hole_s, monkeypatch)[2] for hole_s in (86400.0, 40 * 365 * 86400.0))
    assert day == decades < 40
