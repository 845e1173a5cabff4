"""A device's ticks as gateway time: the line below all arrivals, because no packet arrives before it was sent.

    arrived = time of the last reading in it + least delay + some delay that is never negative

How fast the device's clock runs is read from the lower hull of a quarter of an hour, where it stands now from the
last minute and a half. Where packets wait for one another so that none comes at once, ``clock/waiting.py`` says how far
below the earliest that line lies. The least delay cannot be seen: it is part of the time told, for both legs alike
as far as their links are alike. A sensor that tells no time is a clock too: the count of its readings, at a period that
is known to some percent.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace

import numpy as np

from surefoot.sensors.clock.edge import lower_edge
from surefoot.sensors.clock.waiting import Waiting, WaitingParams


@dataclass(frozen=True, slots=True)
class TickParams:
    """What is expected of a clock, and how long it is looked at. K: general knowledge; P: our own."""

    expected_ppm: float = 60.0  # standard deviation among sensors (K: 20 to 100)
    measured_ppm: float = 3.0  # the same for one that was measured just before (P: it changes with temperature)
    kept_ppm: float = 15.0  # and for one that was measured another day (K: 10 to 20, on a warm leg or a cold table)
    limit_ppm: float = 300.0  # further off is no crystal (P)
    stray: float = 10.0  # times ``measured_ppm``: further than that no clock goes from where it was a window ago (P)
    window_s: float = 600.0  # P: at 5 ppm/h it bends by a twentieth of a millisecond in that
    raw_s: float = 10.0  # packets kept each,
    raw_packets: int = 100  # so many at most
    bin_s: float = 2.0  # of those behind them the earliest of so long
    fit_every_s: float = 1.0
    grain: float = 1.0  # of a tick, by which a time may be cut off
    waiting: WaitingParams | None = field(default_factory=WaitingParams)


def counted(tolerance: float, params: TickParams = TickParams()) -> TickParams:
    """The same for a count of readings: an oscillator inside the sensor, which warms up on the leg."""
    return replace(
        params,
        expected_ppm=tolerance * 0.5e6,
        measured_ppm=300.0,
        kept_ppm=300.0,
        limit_ppm=tolerance * 1.25e6,
        window_s=60.0,
        bin_s=0.5,
        grain=0.0,
        waiting=None,
    )


class TickClock:
    """Ticks and arrivals in, in order of ticks; the gateway time of any tick out.

    ``ppm``: how much the device's clock runs fast, ``sd_ppm``: its standard deviation; handed in, what was known of it
    before. ``uncertainty_s``: the time told just now is so near to the line of least delay, 19 times of 20; None before
    the second packet, as the others. ``restless_s``: so far the time told may go yet on what is known of the link.
    """

    def __init__(
        self,
        tick_s: float,
        ppm: float | None = None,
        params: TickParams = TickParams(),
        sd_ppm: float | None = None,
    ) -> None:
        self._tick_s, self._params = tick_s, params
        prior_ppm, spread_ppm = (0.0, params.expected_ppm) if ppm is None else (-ppm, sd_ppm or params.measured_ppm)
        self._prior = (prior_ppm * 1e-6, spread_ppm * 1e-6)
        self._slope, self._sd = self._prior  # seconds of delay that a second of the device brings
        limit = params.limit_ppm * 1e-6
        self._limits = (-limit, limit) if ppm is None else _around(self._slope, params.stray * self._sd)
        self._anchored_s = 0.0
        self._zero: tuple[float, float] | None = None  # tick and arrival of the first packet
        self._waiting = params.waiting and Waiting(self._prior, params.waiting)
        self._told = (0.0, self._slope)  # delay at the first packet, and its slope
        self._raw: deque[tuple[float, float]] = deque()  # device s, delay s against the first packet
        self._bins: deque[tuple[float, float]] = deque()  # the earliest of each
        self._bin = -1
        self._fitted_s = -np.inf
        self.ppm: float | None = None
        self.sd_ppm: float | None = None
        self.uncertainty_s: float | None = None
        self.restless_s = 0.0

    @property
    def span_s(self) -> float:
        """How long it has been looked at."""
        first = self._bins or self._raw
        return self._raw[-1][0] - first[0][0] if self._raw else 0.0

    @property
    def second_s(self) -> float:
        """What a second of the device is worth."""
        return 1.0 + self._told[1]

    def update(self, tick: float, arrived_s: float) -> None:
        """A packet whose last reading was taken at ``tick`` arrived."""
        if self._zero is None:
            self._zero = (tick, arrived_s)
        device_s = (tick - self._zero[0]) * self._tick_s
        delay_s = arrived_s - self._zero[1] - device_s
        self._raw.append((device_s, delay_s))
        if self._waiting:
            self._waiting.update(device_s, delay_s)
        if device_s - self._fitted_s >= self._params.fit_every_s:
            self._fitted_s = device_s
            self._tidy(device_s)
            self._fit()

    def refit(self) -> None:
        """Look at what has come by now, not only at each whole second."""
        if self._raw:
            self._fit()

    def gateway_s(self, tick: float) -> float:
        """When that was."""
        assert self._zero is not None
        device_s = (tick - self._zero[0]) * self._tick_s
        return self._zero[1] + device_s + self._told[0] + self._told[1] * device_s

    def _tidy(self, now_s: float) -> None:
        """Of packets older than ``raw_s`` keep the earliest of each bin, and forget what is older than the window."""
        p = self._params
        while self._raw and (self._raw[0][0] < now_s - p.raw_s or len(self._raw) > p.raw_packets):
            point = self._raw.popleft()
            number = int(point[0] // p.bin_s)
            if number != self._bin:
                self._bins.append(point)
                self._bin = number
            elif point[1] - self._slope * point[0] < self._bins[-1][1] - self._slope * self._bins[-1][0]:
                self._bins[-1] = point
        while self._bins and self._bins[0][0] < now_s - p.window_s:
            self._bins.popleft()

    def _fit(self) -> None:
        """Weigh all lines below all arrivals."""
        if len(self._bins) + len(self._raw) < 2:
            return
        p = self._params
        x, y = np.array([*self._bins, *self._raw]).T
        now = float(x[-1])
        edge = lower_edge(x, y, (self._slope, self._sd), self._prior)
        self._slope, self._sd = float(np.clip(edge.slope, *self._limits)), max(edge.slope_sd, 1e-8)
        if now - self._anchored_s >= p.window_s:
            self._anchored_s, self._limits = now, _around(self._slope, p.stray * p.measured_ppm * 1e-6)
        self._tell(now, *edge.at(now))

    def _tell(self, now: float, delay_s: float, spread_s: float) -> None:
        """The line by the earliest, unless waiting tells of another."""
        floor, slope, sd = self._waiting and self._waiting.floor, self._slope, self._sd
        if floor:
            delay_s, spread_s, slope, sd = floor.delay_at(now), floor.sd_s, floor.slope, floor.slope_sd
        self._told = (delay_s - slope * now, slope)
        self.ppm, self.sd_ppm = -1e6 * slope, 1e6 * sd
        self.restless_s = 2.0 * spread_s + self._params.grain * self._tick_s
        self.uncertainty_s = self.restless_s + (self._waiting.doubt_s if self._waiting and not floor else 0.0)


@dataclass(frozen=True, slots=True)
class Apart:
    """How well two sensors' times can be held against each other: 19 times of 20 within ``within_s``."""

    within_s: float | None
    reason: str = ""


LINKS_S = 0.005  # the least delays of two links of one radio differ by so much at most (P: half a connection interval)


def apart(left_s: float | None, right_s: float | None) -> Apart:
    """What two streams' ``uncertainty_s`` allow, and what no fit can see: that one link is slower at its best.

    The walking itself checks it: ``signal.clocks``.
    """
    if left_s is None or right_s is None:
        return Apart(None, "the clocks are not known yet")
    return Apart(float(np.hypot(left_s, right_s)) + LINKS_S)


def _around(slope: float, stray: float) -> tuple[float, float]:
    return slope - stray, slope + stray
