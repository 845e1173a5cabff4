"""The patient's sensors in plain words: which are paired, how they fare just now, and how long they were worn today."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import tzinfo

from surefoot.records import LinkState, Placement, WornSensor
from surefoot.web.homenow import HomeNow, SensorNow
from surefoot.web.words import local_day, number

PLACES: dict[Placement, str] = {"shank": "ankle", "foot": "foot"}
STATES: dict[LinkState, str] = {
    "searching": "is being looked for; it must be switched on and near",
    "connecting": "is being connected",
    "streaming": "works",
    "silent": "is connected and sends nothing",
    "away": "is not heard: out of reach, switched off or empty",
    "failed": "needs help",
}
STOPPED = (
    "The program that listens to them (surefoot wear) does not run at the moment, so nothing is recorded. Start it, or "
    "ask whoever set it up."
)
NONE = "No sensors are paired yet. Whoever set this up starts: surefoot pair"


def sensor_lines(worn: Sequence[WornSensor], now: HomeNow | None, zone: tzinfo) -> tuple[str, ...]:
    """One sentence each; what is not known is left out, never guessed."""
    return tuple(_lines(worn, now, zone))


def worn_today(now: HomeNow | None) -> str:
    """Of today, a few minutes behind; empty where nobody knows."""
    if now is None or now.worn_h is None:
        return ""
    return f"Worn today: about {number(now.worn_h, 1, 'h')}, as far as it is known by now."


def _lines(worn: Sequence[WornSensor], now: HomeNow | None, zone: tzinfo) -> Iterator[str]:
    if not worn:
        yield NONE
        return
    known = {(one.side, one.placement): one for one in now.sensors} if now else {}
    for one in worn:
        name = f"{one.side.capitalize()} {PLACES[one.placement]}"
        live = known.get((one.side, one.placement))
        yield f"{name}: {_live(live)}" if live else f"{name}: paired {local_day(one.paired_s, zone)}."
    if now is None:
        yield STOPPED
    elif now.mounting:
        yield now.mounting


def _live(one: SensorNow) -> str:
    why = f" ({one.reason.rstrip('.')})" if one.reason and one.state != "streaming" else ""
    charge = f"Battery {one.battery_pct} %" if one.battery_pct is not None else "Battery not known"
    return f"{STATES[one.state]}{why}. {charge}."
