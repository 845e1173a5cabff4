"""What is worn: the sensors a patient was given, what each says of itself, and how they were put on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from surefoot.records.samples import Placement, Side


@dataclass(frozen=True, slots=True)
class WornSensor:
    """A sensor that was paired: which product, and where it is worn. ``address`` is what this computer calls it.

    ``clock_ppm``, ``clock_within_s``: as in ``SensorStatus``, what was known when its clock was kept last.
    """

    side: Side
    placement: Placement
    product: str
    address: str
    name: str
    rate_hz: float  # asked for
    paired_s: float
    clock_ppm: float | None = None
    clock_within_s: float | None = None


LinkState = Literal["searching", "connecting", "streaming", "silent", "away", "failed"]


@dataclass(frozen=True, slots=True)
class SensorStatus:
    """How one sensor and its link fare at ``at_s``; counts are since the gateway began. ``reason``: why not streaming.

    "away": not heard of, out of range or switched off; "silent": connected, and nothing comes; "failed": it needs a
    person (``reason`` says for what).
    """

    side: Side
    placement: Placement
    at_s: float
    state: LinkState
    battery_pct: int | None = None
    signal_dbm: int | None = None
    readings: int = 0
    lost: int = 0
    malformed: int = 0
    clipped: int = 0
    connections: int = 0
    clock_ppm: float | None = None  # how much its clock runs fast, as fitted
    clock_sd_ppm: float | None = None  # the standard deviation of that
    clock_within_s: float | None = None  # its times are so near to the line of the link's least delay, 19 times of 20
    held_s: float = 0.0  # since when its readings wait until its clock is known, to be told with their times
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Donning:
    """How the sensors sit since ``start_s``: the verdict of the mounting check, in the patient's words.

    ``turned_deg``: how far a sensor is turned around the shank, ``tilt_deg``: how far it leans (near 180: upside down),
    both against how it sat on earlier days; a side is left out where that is not known. ``seat``: the frame found, its
    rows forward, up and right in the sensor's axes, one after another: what later donnings are compared with.
    """

    start_s: float
    verdict: Literal["good", "swapped", "moved", "unknown"]
    words: str
    strides: int
    turned_deg: tuple[tuple[Side, float], ...] = ()
    tilt_deg: tuple[tuple[Side, float], ...] = ()
    seat: tuple[tuple[Side, tuple[float, ...]], ...] = ()
