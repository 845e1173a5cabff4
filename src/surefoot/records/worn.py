"""What is worn: the sensors a patient was given, what each says of itself, and how they were put on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from surefoot.records.samples import Placement, Side


@dataclass(frozen=True, slots=True)
class WornSensor:
    """A sensor that was paired: which product, and where it is worn. ``address`` is what this computer calls it."""

    side: Side
    placement: Placement
    product: str
    address: str
    name: str
    rate_hz: float  # asked for
    paired_s: float


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
