"""What waiting tells of a floor that no packet reached; and that nothing is told of links that let all go at once."""

from __future__ import annotations

import numpy as np
import pytest

from packets import late
from surefoot.records import Array
from surefoot.sensors.clock.ticks import TickClock, TickParams
from surefoot.sensors.clock.waiting import Floor, Waiting, WaitingParams

EACH_S = 1 / 60
DRIFT = -80e-6


def arrivals(seed: int, kind: str, seconds: float, each_s: float = EACH_S) -> tuple[Array, Array, Array]:
    """Device time of each packet, when it was truly sent and when it arrived."""
    rng = np.random.default_rng(seed)
    device = np.arange(0, seconds, each_s)
    device = device[rng.random(len(device)) > 0.02]
    gone = device * (1 + DRIFT)
    return device, gone, np.maximum.accumulate(gone + _late(rng, kind, gone))


def _late(rng: np.random.Generator, kind: str, gone: Array) -> Array:
    match kind:
        case "falling":  # most of them early, none ever late for good
            return rng.exponential(0.06, len(gone))
        case "rising":
            return rng.gamma(3, 0.02, len(gone))
        case "shaken turns":  # each 50 ms, and then the computer takes some time
            return np.ceil(gone / 0.05) * 0.05 - gone + rng.uniform(0, 0.004, len(gone))
        case "turns at random":  # up to 0.2 s apart: as late as by chance each, but all that waits is let go
            turns = np.cumsum(rng.uniform(0, 0.2, int(gone[-1] / 0.1 * 1.5) + 50))
            return turns[np.searchsorted(turns, gone)] - gone
        case "few a turn":
            return _few_a_turn(rng, gone)
    return late(rng, kind, gone)


def _few_a_turn(rng: np.random.Generator, gone: Array) -> Array:
    """A turn each 30 ms, one in five fails, and four packets are let go in each."""
    turns = 0.03 * np.arange(int(gone[-1] / 0.03) + 2000)
    turns = turns[rng.random(len(turns)) > 0.2]
    taken = np.empty(len(gone))
    next_turn, in_turn = 0, 0
    for k, at_s in enumerate(gone.tolist()):
        next_turn, in_turn = (next_turn + 1, 0) if in_turn == 4 else (next_turn, in_turn)
        due = int(np.searchsorted(turns, at_s))
        next_turn, in_turn = (due, 0) if due > next_turn else (next_turn, in_turn)
        taken[k], in_turn = turns[next_turn], in_turn + 1
    return taken - gone


def floors(seed: int, kind: str, seconds: float, each_s: float = EACH_S) -> list[tuple[Floor | None, float, float]]:
    """What was known at each packet, its device time, and the delay that it had without any lateness."""
    waiting = Waiting((0.0, 60e-6))
    told = []
    for device_s, gone_s, arrived_s in zip(*(x.tolist() for x in arrivals(seed, kind, seconds, each_s)), strict=True):
        waiting.update(device_s, arrived_s - device_s)
        told.append((waiting.floor, device_s, gone_s - device_s))
    return told


def test_a_floor_that_no_packet_came_near_is_found_and_as_surely_as_it_says():
    off, sure = [], []
    for seed in range(3):
        told = floors(seed, "uniform", 300.0)
        known = [(floor.delay_at(device_s) - true_s, floor.sd_s) for floor, device_s, true_s in told if floor]
        assert len(known) > 0.8 * len(told)
        off += known[:: 60 * 5]
        sure.append(known[-1][1])
        _, gone, arrived = arrivals(seed, "uniform", 300.0)
        assert (arrived - gone).min() > 0.01
        assert abs(known[-1][0]) < 0.006
    errors, sds = np.array(off).T
    assert np.mean(np.abs(errors) < 2 * sds) > 0.85
    assert max(sure) < 0.003


@pytest.mark.parametrize(
    "kind",
    ["none", "interval", "bursts", "shaken turns", "turns at random", "few a turn", "falling", "rising"],
)
@pytest.mark.parametrize("each_s", [0.01, EACH_S])
def test_of_other_links_nothing_is_told(kind, each_s):
    assert not any(floor for floor, _, _ in floors(4, kind, 200.0, each_s))


@pytest.mark.parametrize("each_s", [0.01, EACH_S, 1 / 13, 0.7])
def test_stalls_among_small_delays_do_not_bend_it(each_s):
    off = [floor.delay_at(device_s) - true_s for floor, device_s, true_s in floors(4, "stalls", 200.0, each_s) if floor]
    assert np.abs(off[len(off) // 4 :]).max(initial=0.0) < 0.002


def test_what_came_near_the_floor_tells_it_sooner():
    told = floors(5, "uniform", 300.0, 1 / 13)
    floor, device_s, true_s = told[-1]
    assert floor and abs(floor.delay_at(device_s) - true_s) < 2 * floor.sd_s < 0.002


def test_the_slope_is_sharp_where_many_are_as_late_as_can_be():
    floor, *_ = floors(9, "uniform", 300.0)[-1]
    assert floor and abs(floor.slope - DRIFT) < 3e-6


def test_what_was_lost_does_not_bend_it():
    """Who waited for a packet that was lost comes at its time, as if it had come late by itself."""
    rng = np.random.default_rng(1)
    device = np.arange(0, 120.0, 0.01)
    arrived = np.maximum.accumulate(device + rng.uniform(0, 0.2, len(device)))
    here = rng.random(len(device)) > 0.2
    waiting = Waiting((0.0, 60e-6))
    for device_s, arrived_s in zip(device[here].tolist(), arrived[here].tolist(), strict=True):
        waiting.update(device_s, arrived_s - device_s)
    assert waiting.floor and abs(waiting.floor.delay_at(120.0)) < 0.008


def test_while_the_floor_is_not_known_it_is_said_how_deep_it_may_lie():
    device, gone, arrived = arrivals(11, "uniform", 2.6, 0.01)
    waiting = Waiting((0.0, 60e-6), WaitingParams(least=10**6))
    for device_s, arrived_s in zip(device.tolist(), arrived.tolist(), strict=True):
        waiting.update(device_s, arrived_s - device_s)
    assert waiting.floor is None
    assert waiting.doubt_s > (arrived - gone).min() > 0.02


def test_it_is_given_up_when_the_link_changes():
    device, _, arrived = arrivals(6, "uniform", 120.0)
    waiting = Waiting((0.0, 60e-6))
    for device_s, arrived_s in zip(device.tolist(), arrived.tolist(), strict=True):
        waiting.update(device_s, arrived_s - device_s)
    assert waiting.floor
    for k in range(60 * 120):
        at_s = 121.0 + k * EACH_S
        waiting.update(at_s, np.ceil(at_s / 0.05) * 0.05 - at_s)
    assert waiting.floor is None


def test_silences_and_hours_of_delay_do_no_harm():
    waiting = Waiting((0.0, 60e-6))
    rng = np.random.default_rng(8)
    device = np.concatenate([np.arange(0, 30, EACH_S), np.arange(3000, 3030, EACH_S), np.arange(3031, 3100, EACH_S)])
    gone = device + np.where(device > 3031, 7200.0, 0.0)
    for device_s, arrived_s in zip(device, np.maximum.accumulate(gone + rng.uniform(0, 0.2, len(gone))), strict=True):
        waiting.update(float(device_s), float(arrived_s - device_s))
    assert waiting.floor is None


def test_the_clock_takes_it_and_is_wrong_without_it():
    device, gone, arrived = arrivals(7, "uniform", 240.0)
    off = []
    for params in (TickParams(), TickParams(waiting=None)):
        clock = TickClock(1e-6, params=params)
        for device_s, arrived_s in zip(device.tolist(), arrived.tolist(), strict=True):
            clock.update(1e6 * device_s, arrived_s)
        off.append(clock.gateway_s(1e6 * device[-1]) - gone[-1])
        if params.waiting:
            assert clock.ppm == pytest.approx(80.0, abs=25.0)
            assert clock.uncertainty_s is not None and abs(off[0]) < 2 * clock.uncertainty_s < 0.02
    assert abs(off[0]) < 0.008 < 0.015 < off[1]
