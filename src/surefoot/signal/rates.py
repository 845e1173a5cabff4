"""Rates: which signs a sensor cannot give at the rate it reads, in sentences (facts/clinical.md 1.1)."""

from __future__ import annotations

from surefoot.records import Placement
from surefoot.signal.slap import SlapParams

LEAST_CONTACTS_HZ = 40.0  # below, contacts and what they bound are off by more than a weakness changes them (P)
LEAST_PULSE_HZ = 40.0  # below, a knee giving way in a stride or a knock of the toe is one reading or two (4.3; P)
ALL_PULSES_HZ = 80.0  # below, small ones are lost (P)


def not_at_this_rate(rate_hz: float, placement: Placement) -> list[str]:
    """What cannot be said of these readings because there are too few a second; nothing at 100 Hz."""
    told = []
    at = f"at {rate_hz:.0f} readings a second"
    if rate_hz < SlapParams().least_rate_hz:
        told.append(f"{at} slap of the foot and toe drag cannot be seen: their shocks fall between readings")
    if placement == "shank" and rate_hz < LEAST_PULSE_HZ:
        told.append(f"{at} a knee that gives way in walking, and a stumble, cannot be seen; falls can")
    elif placement == "shank" and rate_hz < ALL_PULSES_HZ:
        told.append(f"{at} only a large giving way in walking can be seen")
    if rate_hz < LEAST_CONTACTS_HZ:
        told.append(f"{at} times of contacts are rough: stance, swing and double support are not for comparing")
    return told
