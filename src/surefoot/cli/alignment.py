"""Alignment: how well the times of the two legs can be held against each other, in words; and which clocks to keep."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from surefoot.records import SIDES, Placement, SensorStatus, Side, WornSensor
from surefoot.sensors.clock.ticks import apart
from surefoot.signal.clocks import ClockOffset, OffsetNotKnown

SURE_PPM = 5.0  # standard deviation of a clock that is worth keeping (P)
CHANGED_PPM = 2.0  # what is kept already is kept again when it is off by so much (P)


def alignment(within_s: Mapping[Side, float | None], walked: ClockOffset | OffsetNotKnown | None = None) -> str:
    """By both sensors' clocks, and by what walking shows; empty where there is only one leg."""
    if set(within_s) != set(SIDES):
        return ""
    known = apart(within_s["left"], within_s["right"])
    told = known.reason if known.within_s is None else f"within {1000 * known.within_s:.0f} ms, 19 times of 20"
    if isinstance(walked, ClockOffset):
        ahead = f"{1000 * walked.offset_s:+.0f} ms"
        told += f"; by {walked.landings} landings felt by the other leg, the right clock shows {ahead} against the left"
    return f"times of left against right: {told}"


def aligned(
    statuses: Mapping[tuple[Side, Placement], SensorStatus],
    placement: Placement,
    walked: ClockOffset | OffsetNotKnown | None,
) -> str:
    """The same, of the sensors that stream now."""
    here = {
        side: one.clock_within_s if one.state == "streaming" else None
        for (side, place), one in statuses.items()
        if place == placement
    }
    return alignment(here, walked)


def worth_keeping(status: SensorStatus, kept_ppm: float | None) -> bool:
    """Whether a sensor's clock is known well, and better than what was kept of it."""
    if status.clock_ppm is None or status.clock_sd_ppm is None or status.clock_sd_ppm > SURE_PPM:
        return False
    return kept_ppm is None or abs(status.clock_ppm - kept_ppm) >= CHANGED_PPM


class KeptClocks:
    """What is kept of each sensor's clock; ``keep`` brings it up to date: address, how fast it runs, how surely."""

    def __init__(self, worn: Iterable[WornSensor], keep: Callable[[str, float, float | None], None]) -> None:
        self._worn = {(one.side, one.placement): one for one in worn}
        self._ppm = {key: one.clock_ppm for key, one in self._worn.items()}
        self._keep = keep

    def take(self, status: SensorStatus) -> None:
        key = status.side, status.placement
        if status.clock_ppm is not None and worth_keeping(status, self._ppm.get(key)):
            self._keep(self._worn[key].address, status.clock_ppm, status.clock_within_s)
            self._ppm[key] = status.clock_ppm
