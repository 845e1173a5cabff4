"""The patient's sensors in plain words: which are paired, how they fare just now, and how long they were worn today."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import tzinfo

from surefoot.records import LinkState, Placement, Side, WornSensor
from surefoot.web.homenow import HomeNow, SensorNow
from surefoot.web.language import N_, _, day_words
from surefoot.web.retold import retold
from surefoot.web.words import local_day, number

PLACES: dict[tuple[Side, Placement], str] = {
    ("left", "shank"): N_("Left ankle"),
    ("right", "shank"): N_("Right ankle"),
    ("left", "foot"): N_("Left foot"),
    ("right", "foot"): N_("Right foot"),
}
STATES: dict[LinkState, str] = {
    "searching": N_("is being looked for; it must be switched on and near"),
    "connecting": N_("is being connected"),
    "streaming": N_("works"),
    "silent": N_("is connected and sends nothing"),
    "away": N_("is not heard: out of reach, switched off or empty"),
    "failed": N_("needs help"),
}
STOPPED = N_(
    "The program that listens to them (surefoot wear) does not run at the moment, so nothing is recorded. Start it, or "
    "ask whoever set it up."
)
NONE = N_("No sensors are paired yet. Whoever set this up starts: surefoot pair")


def sensor_lines(worn: Sequence[WornSensor], now: HomeNow | None, zone: tzinfo) -> tuple[str, ...]:
    """One sentence each; what is not known is left out, never guessed."""
    return tuple(_lines(worn, now, zone))


def worn_today(now: HomeNow | None) -> str:
    """Of today, a few minutes behind; empty where nobody knows."""
    if now is None or now.worn_h is None:
        return ""
    return _("Worn today: about {hours}, as far as it is known by now.", hours=number(now.worn_h, 1, "h"))


def _lines(worn: Sequence[WornSensor], now: HomeNow | None, zone: tzinfo) -> Iterator[str]:
    if not worn:
        yield _(NONE)
        return
    known = {(one.side, one.placement): one for one in now.sensors} if now else {}
    for one in worn:
        name = _(PLACES[one.side, one.placement])
        live = known.get((one.side, one.placement))
        day = day_words(local_day(one.paired_s, zone))
        yield f"{name}: {_live(live)}" if live else _("{sensor}: paired {day}.", sensor=name, day=day)
    if now is None:
        yield _(STOPPED)
    elif now.mounting:
        yield retold(now.mounting)


def _live(one: SensorNow) -> str:
    why = f" ({retold(one.reason.rstrip('.'))})" if one.reason and one.state != "streaming" else ""
    charge = _("Battery not known.") if one.battery_pct is None else _("Battery {n} %.", n=one.battery_pct)
    return f"{_(STATES[one.state])}{why}. {charge}"
