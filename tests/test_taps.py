"""Taps: two knocks on one ankle are heard and on which, whatever the product; nobody taps in hours of daily life."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import realdata
from surefoot.records import SIDES, Samples
from surefoot.sensors.bluetooth.taps import TapWatch
from surefoot.simulation.puppet import ANKLES, Puppet

LEFT, RIGHT = ANKLES
SCRIPT = {4.0: LEFT, 9.0: RIGHT, 14.0: "walk", 30.0: "stand", 35.0: RIGHT}


def readings(seed, rate_hz, seconds=40.0, step=None):
    """What both sensors of a puppet read that does as the script says, in blocks of a quarter of a second."""
    puppet = Puppet(seed)
    motions, told = puppet.motions(), dict(SCRIPT)
    items = []
    for start_s in np.arange(0.0, seconds, 0.25):
        for at_s in [at_s for at_s in told if at_s <= start_s]:
            puppet.doing = told.pop(at_s)
        first, after = (int(np.ceil(x * rate_hz - 1e-9)) for x in (start_s, start_s + 0.25))
        times = np.arange(first, after) / rate_hz
        for side in SIDES:
            rows = motions[side, "shank"].at(times)
            items.append(Samples(side, "shank", first / rate_hz, rate_hz, rows[:, :3], rows[:, 3:]))
    return items


def tapped(items, keys=SIDES):
    watch = TapWatch(keys)
    return [told for item in items for told in watch.update(item.side, item)]


@pytest.mark.parametrize("rate_hz", [52.0, 60.0, 104.0])
@pytest.mark.parametrize("seed", range(4))
def test_two_taps_are_heard_and_on_which_ankle(seed, rate_hz):
    told = tapped(readings(seed, rate_hz))
    assert [side for side, _ in told] == ["left", "right", "right"]
    assert [at_s for _, at_s in told] == pytest.approx([4.6, 9.6, 35.6], abs=0.4)


def test_a_single_tap_and_a_knock_on_both_are_none():
    items = readings(1, 104.0, seconds=8.0)
    (_, first_s), *_ = tapped(items)
    once = []
    for item in items:  # the second knock taken away
        late = item.start_s + np.arange(len(item)) / item.rate_hz > first_s + 0.2
        acc = np.where(late[:, None], [0.0, 0.0, 9.81], item.acc)
        once.append(Samples(item.side, "shank", item.start_s, item.rate_hz, acc, np.zeros_like(acc)))
    assert tapped(once) == []
    both = [
        Samples(side, "shank", i.start_s, i.rate_hz, i.acc, i.gyr) for i in items if i.side == "left" for side in SIDES
    ]
    assert tapped(both) == []


ITEMS = readings(2, 104.0)
WHOLE = {side: [item for item in ITEMS if item.side == side] for side in SIDES}


def cut(side, cuts):
    acc, gyr = (np.concatenate([getattr(item, name) for item in WHOLE[side]]) for name in ("acc", "gyr"))
    edges = [0, *sorted(c % len(acc) for c in cuts), len(acc)]
    return [Samples(side, "shank", a / 104.0, 104.0, acc[a:b], gyr[a:b]) for a, b in pairwise(edges)]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 5000), max_size=30), st.lists(st.integers(0, 5000), max_size=30), st.randoms())
def test_the_cutting_does_not_matter(left, right, order):
    queues, items = [cut("left", left), cut("right", right)], []
    while any(queues):
        items.append(order.choice([queue for queue in queues if queue]).pop(0))
    assert sorted(tapped(items)) == sorted(tapped(cut("left", []) + cut("right", []))) != []


def blocks(recording, names):
    for name in names:
        acc, gyr = recording.sensors[name]
        side = "right" if name.startswith("right") else "left"
        for k in range(0, len(acc), 500):
            part = slice(k, k + 500)
            yield Samples(side, "shank", k / recording.rate_hz, recording.rate_hz, acc[part], gyr[part])


def test_nobody_taps_in_walking_and_hardly_in_hours_of_daily_life():
    """One sensor alone, which nothing stills: the harder case."""
    hours, told = 0.0, 0
    for recording in realdata.recordings("terrain", "movingreality", "marpino"):
        for name in [name for name in recording.sensors if "shank" in name]:
            items = [*blocks(recording, [name])]
            told += len(tapped(items, [items[0].side]))
            hours += items[-1].end_s / 3600
    assert hours > 5
    assert told <= 5  # 4 in 6 h; a pairing lasts a minute


def test_nobody_taps_with_both_ankles_worn():
    for recording in realdata.recordings("movingreality", "marpino"):
        items = sorted(blocks(recording, [f"{side}_shank" for side in SIDES]), key=lambda item: item.end_s)
        assert tapped(items) == [], recording.id
