"""The clock of a device: its line below all arrivals, how sure it is, and how far two of them stand apart."""

from __future__ import annotations

import numpy as np
import pytest

from packets import late
from surefoot.sensors.clock.pace import Pace
from surefoot.sensors.clock.ticks import LINKS_S, Apart, TickClock, apart

START_S = 1.8e9


def watched(
    seed: int, kind: str, seconds: float, fast_ppm: float = 0.0, **more: object
) -> tuple[TickClock, list[float], list[float]]:
    """A clock that saw a packet each 77 ms; how far it was off at each, and how sure it said it was."""
    rng = np.random.default_rng(seed)
    device = np.arange(0, seconds, 1 / 13)
    true = START_S + device * (1 - fast_ppm * 1e-6)
    arrived = np.maximum.accumulate(true + late(rng, kind, true))
    clock = TickClock(1e-6, **more)  # type: ignore[arg-type]
    off, sure = [], []
    for tick, at, real in zip((device * 1e6).tolist(), arrived.tolist(), true.tolist(), strict=True):
        clock.update(tick, at)
        if clock.uncertainty_s is not None:
            off.append(clock.gateway_s(tick) - real)
            sure.append(clock.uncertainty_s)
    return clock, off, sure


@pytest.mark.parametrize("kind", ["uniform", "stalls", "bursts"])
def test_it_is_as_sure_as_it_says(kind):
    inside = []
    for seed in range(6):
        _, off, sure = watched(seed, kind, 200.0, fast_ppm=70.0)
        inside.append(np.mean(np.abs(off[40:]) <= np.array(sure[40:]) + 1e-4))
    assert np.mean(inside) >= 0.9


def test_it_grows_surer_and_finds_the_drift():
    clock, off, sure = watched(1, "stalls", 600.0, fast_ppm=-90.0)
    assert clock.ppm == pytest.approx(-90.0, abs=3.0)
    assert sure[-1] < 0.5 * sure[30] and sure[-1] < 0.002 and abs(off[-1]) < 0.002


def test_a_drift_known_from_before_helps():
    unknown = [abs(watched(seed, "uniform", 60.0, fast_ppm=95.0)[1][-1]) for seed in range(8)]
    known = [abs(watched(seed, "uniform", 60.0, fast_ppm=95.0, ppm=95.0)[1][-1]) for seed in range(8)]
    assert np.mean(known) < 0.8 * np.mean(unknown)


def test_two_clocks_are_apart_by_what_both_do_not_know():
    left, *_ = watched(1, "stalls", 60.0)
    right, *_ = watched(2, "stalls", 60.0)
    assert left.uncertainty_s and right.uncertainty_s
    told = apart(left.uncertainty_s, right.uncertainty_s)
    assert told.within_s == pytest.approx(np.hypot(left.uncertainty_s, right.uncertainty_s) + LINKS_S)
    assert apart(left.uncertainty_s, TickClock(1e-6).uncertainty_s) == Apart(None, "the clocks are not known yet")


def test_memory_is_bounded():
    clock, *_ = watched(3, "interval", 3000.0)
    assert len(clock._raw) + len(clock._bins) < 500 and clock.span_s < 700.0


def test_the_pace_of_readings_is_found_through_coarse_ticks():
    pace = Pace(9.6, 104.0)
    for number in range(0, 104 * 120, 8):
        pace.update(number, int(1000 * number / 103.2 + 5000))
    assert 1000 / pace.period == pytest.approx(103.2, rel=3e-6)
    assert pace.tick(12000) == pytest.approx(1000 * 12000 / 103.2 + 5000 - 0.5, abs=0.2)
