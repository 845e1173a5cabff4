"""Late samples: a walk out of range, fetched from a Movella DOT, fills the gap exactly and once."""

from __future__ import annotations

import numpy as np
import pytest

from surefoot.records import Gap, Samples
from surefoot.sensors.bluetooth.late import LogFetch, late_samples
from surefoot.sensors.makers.dot import PRODUCT as DOT
from surefoot.sensors.makers.dotlog import NOTICE, unframe
from surefoot.sensors.makers.product import Logged, Packet
from surefoot.simulation.ankle_dot import DotFirmware
from wired import Wire, readings

BOOTED_S = 1_790_000_000.25  # gateway time when the device's clock was 0
FAST = 1 + 63e-6  # the device's clock


def gateway_s(tick: float) -> float:
    return BOOTED_S + tick * 1e-6 / FAST


def started(at_s: float = 5.0) -> Wire:
    wire = Wire(DotFirmware())
    wire.at_s = at_s
    wire.perform(DOT.start(60))
    wire.perform(DOT.logbook().start(round(gateway_s(at_s * 1e6))))
    return wire


def live_times(packets: list[Packet], turn: int = 0) -> np.ndarray:
    return np.array([gateway_s((p.first_tick or 0) + turn * 2**32) for p in packets])


def walked(at_s: float = 5.0) -> tuple[Wire, list[Packet], list[Packet]]:
    """Ten seconds near, thirty out of range, ten near again; the packets that came live before and after."""
    wire = started(at_s)
    before = wire.run(10.0)
    wire.part()
    wire.run(30.0)
    wire.join()
    wire.perform(DOT.start(60))
    after = wire.run(10.0)
    wire.perform(DOT.stop())
    assert all(isinstance(thing, Packet) for thing in before + after)
    return wire, before, after  # type: ignore[return-value]


@pytest.mark.parametrize("at_s", [5.0, 4270.0, 3 * 4294.967296 + 100.0], ids=["early", "over the turn", "in the third"])
def test_what_was_lost_on_air_comes_later_exactly_and_once(at_s: float) -> None:
    wire, before, after = walked(at_s)
    turns = int(at_s // 4294.967296)
    fetch = LogFetch(DOT.logbook(), 60)
    wire.perform(fetch.script())
    ((logged, packets),) = fetch.packets()
    end_s = live_times(before, turns)[-1] + 1 / 60
    next_s = live_times(after, turns + (at_s == 4270.0))[0]
    late = late_samples(packets, logged, [Gap("left", "shank", end_s, next_s, "away")], gateway_s, DOT.traits, 60)
    (block,) = late
    assert isinstance(block, Samples) and (block.side, block.placement) == ("left", "shank")
    assert block.start_s == pytest.approx(end_s, abs=2e-6) and block.end_s == pytest.approx(next_s, abs=2e-6)
    assert block.rate_hz == pytest.approx(60 * FAST, rel=1e-7)
    assert len(block) == 30 * 60 + 2  # the first two after the new start are left out live
    all_acc = np.concatenate([readings(before)[0], block.acc, readings(after)[0]])
    all_gyr = np.concatenate([readings(before)[1], block.gyr, readings(after)[1]])
    measured_acc, measured_gyr = (np.concatenate([m[k] for m in wire.measured[2 : 50 * 60]]) for k in (1, 2))
    np.testing.assert_array_equal(all_acc, measured_acc)
    np.testing.assert_array_equal(all_gyr, measured_gyr)


def test_holes_of_a_recording_and_gaps_without_it_stay() -> None:
    acc = np.arange(360.0).reshape(120, 3)
    packets = [Packet(acc[:60], acc[:60], 0), Packet(acc[60:], acc[60:], 3_000_000)]
    logged = Logged(1, round(BOOTED_S))

    def late(*spans: tuple[float, float]) -> list[tuple[float, float, int]]:
        gaps = [Gap("right", "foot", BOOTED_S + a, BOOTED_S + b, "away") for a, b in spans]
        found = late_samples(packets, logged, gaps, gateway_s, DOT.traits, 60)
        return [(round(s.start_s - BOOTED_S, 3), round(s.end_s - BOOTED_S, 3), len(s)) for s in found]

    assert late((0.5, 3.5)) == [(0.5, 1.0, 30), (3.0, 3.5, 30)]
    assert late((1.2, 2.8)) == [] == late() == late((-10.0, -1.0), (50.0, 60.0))
    assert late((0.25, 0.5), (0.75, 1.5)) == [(0.25, 0.5, 15), (0.75, 1.0, 15)]
    assert late_samples([], logged, [], gateway_s, DOT.traits, 60) == []


@pytest.mark.parametrize("at_s", [5.0, 4200.0], ids=["early", "over the turn"])
def test_what_came_on_air_long_before_is_not_fetched(at_s: float) -> None:
    """The recording is two minutes long, wanted are its last twenty seconds."""
    wire = started(at_s)
    wire.run(120.0)
    wire.perform(DOT.stop())
    asked = len(wire.sent)
    since_s = gateway_s((at_s + 100.0) * 1e6)
    fetch = LogFetch(DOT.logbook(), 60, since_s)
    wire.perform(fetch.script())
    ((logged, packets),) = fetch.packets()
    assert sum(sent.uuid == NOTICE for sent in wire.sent[asked:]) < 35 * 60 + 50
    wanted = Gap("left", "shank", since_s, since_s + 1000.0, "away")
    (block,) = late_samples(packets, logged, [wanted], gateway_s, DOT.traits, 60)
    assert block.start_s == pytest.approx(since_s, abs=1 / 60) and len(block) == pytest.approx(20 * 60, abs=2)
    true_s = np.array([gateway_s(taken_s * 1e6) for taken_s, _, _ in wire.measured])
    first = int(np.argmin(np.abs(true_s - block.start_s)))
    measured = np.concatenate([gyr for _, _, gyr in wire.measured])
    np.testing.assert_array_equal(block.gyr, measured[first : first + len(block)])


def test_a_fetch_that_was_broken_off_goes_on_with_the_same_recording() -> None:
    wire, _, _ = walked()
    wire.perform(DOT.logbook().stop())
    wire.perform(DOT.logbook().start(1_790_000_100))
    wire.run(5.0)
    fetch = LogFetch(DOT.logbook(), 60)
    script = fetch.script()
    step = next(script)
    for _ in range(1500):
        step = script.send(wire._do(step))
    script.close()
    first = fetch.packets()
    wire.part()
    wire.join()
    asked = len(wire.sent)
    wire.perform(fetch.script())
    rest = fetch.packets()
    counts = {logged.number: sum(map(len, packets)) for logged, packets in rest}
    assert [logged.number for logged, _ in first] == [1]
    assert counts[1] + sum(map(len, first[0][1])) == 50 * 60 - 2 and counts[2] == 298
    again = [unframe(sent.data) for sent in wire.sent[asked:] if sent.uuid == NOTICE]
    assert sum(heard is not None and heard[0] == 0x71 for heard in again) < counts[1] + counts[2] + 100
    asked = len(wire.sent)
    wire.perform(fetch.script())
    assert fetch.packets() == [] and len(wire.sent) - asked < 10  # what is whole is not asked for again
