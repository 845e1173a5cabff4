"""Late samples: what a sensor recorded by itself, fetched, and put by its live clock into the gaps its radio left."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from math import inf

import numpy as np

from surefoot.records import Array, Gap, Samples
from surefoot.sensors.makers.product import Download, Logbook, Logged, Packet, Script, Traits

EARLY_S = 10.0  # before the time wanted the fetching begins: its rate is not quite the one asked for (P)
EARLY_SHARE = 0.01  # of the time since the recording began, likewise (P)


class LogFetch:
    """All recordings of one sensor on their way. When the link is lost, a new ``script`` goes on where this one was.

    ``since_s``: of the newest, what is older is left out: it came on air. The sensor is not told to forget them:
    whoever has kept them safely says ``Logbook.erase``.
    """

    def __init__(self, book: Logbook, rate_hz: float, since_s: float = -inf) -> None:
        self._book, self._rate_hz, self._since_s = book, rate_hz, since_s
        self._downloads: dict[Logged, Download] = {}
        self._firsts: dict[Logged, int] = {}
        self._whole: set[Logged] = set()

    def script(self) -> Script[None]:
        """End what it records, and bring (the rest of) all it has. It must not stream meanwhile."""
        yield from self._book.stop()
        recordings = yield from self._book.recordings()
        for logged in recordings:
            if logged not in self._downloads:
                first = self._firsts[logged] = self._first(logged) if logged == recordings[-1] else 0
                self._downloads[logged] = self._book.fetch(logged, self._rate_hz, first)
            if logged not in self._whole:
                yield from self._downloads[logged].script()
                self._whole.add(logged)

    def packets(self) -> list[tuple[Logged, list[Packet]]]:
        """What came since last asked, of each recording, which begins with the first reading that was wanted."""
        return [(self._from_there(logged), come) for logged, one in self._downloads.items() if (come := one.packets())]

    def _first(self, logged: Logged) -> int:
        """Number of the first reading that is wanted, rather too early than too late."""
        until_s = self._since_s - logged.start_utc_s
        return max(0, int((until_s * (1 - EARLY_SHARE) - EARLY_S) * self._rate_hz)) if until_s > 0 else 0

    def _from_there(self, logged: Logged) -> Logged:
        return replace(logged, start_utc_s=logged.start_utc_s + round(self._firsts[logged] / self._rate_hz))


def late_samples(
    packets: Sequence[Packet],
    logged: Logged,
    gaps: Sequence[Gap],
    gateway_s: Callable[[float], float],
    traits: Traits,
    rate_hz: float,
) -> list[Samples]:
    """The readings of ``packets`` (of one recording, in order, with ticks) that fall into ``gaps`` of one sensor.

    ``gateway_s``: when a tick was, by the clock fitted to the live stream (``TickClock.gateway_s``); its ticks are
    those of the wire and full turns of 2**tick_bits. Which turn the recording began in is known from ``logged``: it was
    told to begin at that second, and a turn is longer (a DOT's 71.6 minutes). The samples of one stretch follow on at
    one rate, none is told twice.
    """
    found: list[Samples] = []
    for ticks, acc, gyr in _stretches(packets, logged, gateway_s, traits, rate_hz):
        first_s, last_s = gateway_s(float(ticks[0])), gateway_s(float(ticks[-1]))
        true_hz = (len(ticks) - 1) / (last_s - first_s) if len(ticks) > 1 else rate_hz
        for gap in gaps:
            a, b = (int(np.ceil((edge_s - first_s) * true_hz - 0.5)) for edge_s in (gap.start_s, gap.end_s))
            a, b = max(a, 0), min(b, len(ticks))
            if a < b:
                part, steps = (acc[a:b], gyr[a:b]), (traits.acc_step_mps2, traits.gyr_step_dps)
                found.append(Samples(gap.side, gap.placement, first_s + a / true_hz, true_hz, *part, steps))
    return sorted(found, key=lambda samples: samples.start_s)


def _stretches(
    packets: Sequence[Packet], logged: Logged, gateway_s: Callable[[float], float], traits: Traits, rate_hz: float
) -> Iterator[tuple[Array, Array, Array]]:
    """Ticks (n,), counted on through the turns of the device's clock, and readings (n, 3), without a hole."""
    if not packets:
        return
    assert traits.tick_s is not None and traits.tick_bits is not None
    turn, step = 2**traits.tick_bits, 1 / rate_hz / traits.tick_s
    firsts = np.array([packet.first_tick or 0 for packet in packets], dtype=np.int64)
    firsts = firsts[0] + np.concatenate([[0], np.cumsum(np.diff(firsts) % turn)])
    off_s = logged.start_utc_s - gateway_s(float(firsts[0]))
    firsts = firsts + turn * round(off_s / (turn * traits.tick_s))
    ends = firsts + np.array([len(packet) for packet in packets]) * step
    holes = np.flatnonzero(np.abs(firsts[1:] - ends[:-1]) > step / 2) + 1
    for part in np.split(np.arange(len(packets)), holes):
        ticks = np.concatenate([firsts[k] + np.arange(len(packets[k])) * step for k in part])
        yield ticks, np.concatenate([packets[k].acc for k in part]), np.concatenate([packets[k].gyr for k in part])
