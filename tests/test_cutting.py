"""The law of streams: how a recording was cut into blocks must not matter, to the last bit."""

from dataclasses import replace
from functools import partial
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surefoot.records import Gap, Incident, Samples, Stride
from surefoot.signal.alignment import Alignment
from surefoot.signal.filters import Smooth
from surefoot.signal.hops import reduce_to_hops
from surefoot.signal.told import USUAL
from surefoot.signal.walk import WalkStream, analyze
from surefoot.simulation.falls import Fall, giving_way, tumble
from surefoot.simulation.pulses import Buckle, Stumble
from surefoot.simulation.scene import record
from surefoot.simulation.walker import Walker, plan_walk

RATE_HZ = 100.0


def stride_like(seconds: float, seed: int, stride_s: float = 1.1) -> tuple[np.ndarray, np.ndarray]:
    """Readings with the coarse shape of a walking shank; the law must hold for anything, this makes it bite."""
    rng = np.random.default_rng(seed)
    t = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    phase = (t / stride_s + rng.uniform()) % 1.0
    swing = 300 * np.exp(-(((phase - 0.75) / 0.09) ** 2)) - 150 * np.exp(-(((phase - 0.56) / 0.05) ** 2))
    contact = -120 * np.exp(-(((phase - 0.96) / 0.02) ** 2))
    resting = (t % 40 > 25) | (t < 1.5)
    rate = np.where(resting, 0.0, swing + contact - 35)
    turn = rng.normal(size=(3, 3))
    axes, _ = np.linalg.qr(turn)
    gyr = np.stack([0.1 * rate, 0.05 * rate, rate], axis=1) @ axes + rng.normal(0, 1.0, (len(t), 3))
    tilt = np.deg2rad(-np.cumsum(rate - rate.mean()) / RATE_HZ)
    forward = np.where(resting, 0.0, np.gradient(2.5 * np.exp(-(((phase - 0.75) / 0.12) ** 2)), 1 / RATE_HZ))
    acc = np.stack([forward - 9.81 * np.sin(tilt), 9.81 * np.cos(tilt), np.zeros_like(t)], axis=1) @ axes
    return acc + rng.normal(0, 0.2, acc.shape), gyr


LEGS = {"left": stride_like(100, 1), "right": stride_like(97, 2)}


def blocks_of(side, cuts):
    acc, gyr = LEGS[side]
    edges = [0, *sorted(c % len(acc) for c in cuts), len(acc)]
    return [Samples(side, "shank", a / RATE_HZ, RATE_HZ, acc[a:b], gyr[a:b]) for a, b in pairwise(edges)]


def told(items):
    stream = WalkStream(params=replace(USUAL, length_factors=(("left", 0.97), ("right", 1.03))))
    found = [stream.update(item) for item in items] + [stream.close()]
    contacts = {s: [np.concatenate([f.contacts[s][k] for f in found if s in f.contacts]) for k in (0, 1)] for s in LEGS}
    return contacts, [record for f in found for record in f.records()]


WHOLE = told(blocks_of("left", []) + blocks_of("right", []))


def test_a_whole_recording_is_told_the_same_however_long_the_legs_turns_are(monkeypatch):
    whole = analyze(LEGS, RATE_HZ)
    monkeypatch.setattr("surefoot.signal.blocks.IN_TURN_S", 13.0)
    turns = analyze(LEGS, RATE_HZ)
    assert len(turns.strides) > 80
    assert list(turns.strides) == list(whole.strides)
    assert [turns.bouts, turns.minutes, turns.activities] == [whole.bouts, whole.minutes, whole.activities]
    for side in LEGS:
        assert np.array_equal(turns.initial_contacts[side], whole.initial_contacts[side])
        assert np.array_equal(turns.final_contacts[side], whole.final_contacts[side])


def test_the_example_walks():
    contacts, records = WHOLE
    kinds = {type(r).__name__ for r in records}
    assert {"Stride", "Bout", "Minute"} <= kinds
    assert len(contacts["left"][0]) > 40


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 10_000), max_size=30), st.lists(st.integers(0, 10_000), max_size=30), st.randoms())
def test_cutting_and_interleaving_do_not_matter(left, right, order):
    queues = [blocks_of("left", left), blocks_of("right", right)]
    items = []
    while any(queues):
        items.append(order.choice([q for q in queues if q]).pop(0))
    contacts, records = told(items)
    for side in LEGS:
        for k in (0, 1):
            assert np.array_equal(contacts[side][k], WHOLE[0][side][k])
    assert records == WHOLE[1]


@pytest.mark.parametrize("placement", ["shank", "foot"])
def test_sample_by_sample_is_the_same(placement):
    count = 3000
    acc, gyr = LEGS["left"]
    whole = WalkStream(["left"], placement)
    expected = [
        r
        for f in (whole.update(Samples("left", placement, 0, RATE_HZ, acc[:count], gyr[:count])), whole.close())
        for r in f.records()
    ]
    assert any(isinstance(r, Stride) for r in expected)
    single = WalkStream(["left"], placement)
    found = [
        single.update(Samples("left", placement, k / RATE_HZ, RATE_HZ, acc[k : k + 1], gyr[k : k + 1]))
        for k in range(count)
    ]
    assert [r for f in [*found, single.close()] for r in f.records()] == expected


@given(st.lists(st.integers(0, 500), max_size=20))
def test_smoothing_is_the_same_however_cut(cuts):
    x = LEGS["left"][1][1000:1500].T
    whole = Smooth(4.0, RATE_HZ)
    expected = np.concatenate([whole.update(x), whole.close()], axis=1)
    cut = Smooth(4.0, RATE_HZ)
    pieces = [cut.update(piece) for piece in np.split(x, sorted(cuts), axis=1)]
    assert np.array_equal(np.concatenate([*pieces, cut.close()], axis=1), expected)


@settings(deadline=None)
@given(st.lists(st.integers(0, 900), max_size=20))
def test_alignment_is_the_same_however_cut(cuts):
    acc, gyr = LEGS["left"]
    hops = reduce_to_hops(acc[:9000].T.copy(), gyr[:9000].T.copy(), 10)
    whole, cut = Alignment("shank"), Alignment("shank")
    expected = whole.update(hops)
    edges = [0, *sorted(cuts), len(hops)]
    states = [s for a, b in pairwise(edges) for s in cut.update(hops[a:b])]
    assert len(states) == len(expected)
    for a, b in zip(states, expected, strict=True):
        assert type(a) is type(b)
        if hasattr(a, "rotation"):
            assert np.array_equal(a.rotation, b.rotation)
            assert a.confidence == b.confidence


@pytest.mark.parametrize("gap_s", [0.5, 30.0, 120.0])
def test_a_gap_ends_the_stride_it_falls_in(gap_s):
    acc, gyr = LEGS["left"]
    first = Samples("left", "shank", 0.0, RATE_HZ, acc[:4000], gyr[:4000])
    gap = Gap("left", "shank", first.end_s, first.end_s + gap_s, "test")
    second = Samples("left", "shank", gap.end_s, RATE_HZ, acc[4000:], gyr[4000:])
    stream = WalkStream(["left"])
    strides = [s for item in (first, gap, second) for s in stream.update(item).strides] + list(stream.close().strides)
    assert strides
    assert not any(s.start_s < first.end_s and s.end_s > gap.start_s for s in strides)
    assert any(s.start_s >= gap.end_s for s in strides)


@pytest.mark.parametrize("announced", [True, False])
def test_a_sensor_put_on_differently_after_a_pause_is_aligned_anew(announced):
    acc, gyr = LEGS["left"]
    turn = np.array([[0.0, 0.0, 1.0], [0.0, -1.0, 0.0], [1.0, 0.0, 0.0]])  # medio-lateral becomes another axis, turned
    first = Samples("left", "shank", 0.0, RATE_HZ, acc, gyr)
    second = Samples("left", "shank", first.end_s + 3600.0, RATE_HZ, acc @ turn, gyr @ turn)
    items = [first, Gap("left", "shank", first.end_s, second.start_s, "charging"), second]
    stream = WalkStream(["left"])
    found = [stream.update(item) for item in (items if announced else [first, second])] + [stream.close()]
    contacts = np.concatenate([f.contacts["left"][0] for f in found if "left" in f.contacts])
    before, after = contacts[contacts < first.end_s], contacts[contacts >= second.start_s]
    assert len(before) == len(after) > 40
    np.testing.assert_allclose(after - second.start_s, before, atol=1e-6)


def test_blocks_told_twice_or_overlapping_count_once():
    acc, gyr = LEGS["left"]
    block = 700
    items = []
    for a in range(0, len(acc), block):
        first = max(0, a - 250)  # begins before the last one ended
        items.append(Samples("left", "shank", first / RATE_HZ, RATE_HZ, acc[first : a + block], gyr[first : a + block]))
        items += items[-1:] if a % 1400 else []
    stream = WalkStream(["left"])
    records = [r for f in [*(stream.update(item) for item in items), stream.close()] for r in f.records()]
    whole = WalkStream(["left"])
    once = [whole.update(Samples("left", "shank", 0.0, RATE_HZ, acc, gyr)), whole.close()]
    assert records == [r for f in once for r in f.records()]


def eventful():
    """A walk, a knee that gives way in standing, a walk with another and a caught toe, a fall, a walk."""
    walker, walk = Walker(), partial(plan_walk, Walker(), strides=14)
    buckles, caught = (Buckle("left", 0.3, 25.0, 14),), (Stumble("right", 18),)
    plans = [walk, partial(giving_way, walker, buckle=Buckle("right", 0.3, 20.0))]
    plans += [partial(plan_walk, walker, strides=24, buckles=buckles, stumbles=caught)]
    plans += [partial(tumble, walker, fall=Fall("left", lies_s=8.0)), walk]
    return record(plans, np.random.default_rng(11))[0]


EVENTFUL = eventful()


def told_of_events(cuts, order):
    queues = []
    for side, s in EVENTFUL.items():
        edges = [0, *sorted(c % len(s) for c in cuts[side]), len(s)]
        queues.append(
            [Samples(side, "shank", a / RATE_HZ, RATE_HZ, s.acc[a:b], s.gyr[a:b]) for a, b in pairwise(edges)]
        )
    stream, found = WalkStream(), []
    while any(queues):
        found.append(stream.update(order([q for q in queues if q]).pop(0)))
    found.append(stream.close())
    return [record for f in found for record in f.records()]


UNCUT = told_of_events({"left": [], "right": []}, lambda queues: queues[0])


def test_the_events_are_told():
    assert [r.kind for r in UNCUT if isinstance(r, Incident)] == ["giving_way", "giving_way", "stumble", "fall"]


@settings(max_examples=8, deadline=None)
@given(st.lists(st.integers(0, 20_000), max_size=30), st.lists(st.integers(0, 20_000), max_size=30), st.randoms())
def test_incidents_are_the_same_however_cut(left, right, order):
    records = told_of_events({"left": left, "right": right}, order.choice)
    assert records == UNCUT
    for one, whole in zip(records, UNCUT, strict=True):
        if isinstance(one, Incident):
            assert [len(piece) for piece in one.snippet] == [len(piece) for piece in whole.snippet]


def test_incidents_are_the_same_in_blocks_of_a_tenth_of_a_second():
    tenths = list(range(0, 20_000, 10))
    turn = iter(range(1 << 30))
    assert told_of_events({"left": tenths, "right": tenths}, lambda queues: queues[next(turn) % len(queues)]) == UNCUT
