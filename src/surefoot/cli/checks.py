"""The checks of the sensors in words: what was found about one that moved, was exchanged, or has a clock of its own."""

from __future__ import annotations

from surefoot.records import Check, ClockCheck, Slip


def said(check: Check) -> str:
    """What was found about the sensors, and what it means for what was measured."""
    if isinstance(check, Slip):
        moved = f"the {check.side} sensor is known to have moved on the leg by {check.turned_deg:.0f} deg or more"
        return f"{moved}: the strides of the two minutes before stay out of the day"
    if isinstance(check, ClockCheck):
        apart = f"the right sensor's clock shows {1000 * check.offset_s:+.0f} ms against the left's"
        known = f"{check.landings} landings; mostly good to 15 ms"
        return f"{apart} ({known}): step time and double support are off by that"
    if check.verdict == "as_told":
        return f"both legs walk like the legs they are told to be ({check.strides} strides of each)"
    told = "left and right seem to be exchanged" if check.legs == 2 else "the sensor seems to be on the other leg"
    meaning = "what was measured so stays out of the day. Look which sensor is on which leg"
    return f"{told} ({check.strides} strides of each): {meaning}"
