"""Technical alerts of a home (T0): sensors on the wrong legs, clocks that stand apart, a battery that runs down.

Each says what it is, what it means and what to do about it, and is told to be over when it is: it clears by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from uuid import uuid5

from surefoot.alerts.rules import NAMES
from surefoot.records import Alert, Check, ClockCheck, Placement, SensorStatus, Side, SideCheck

SWAPPED, CLOCKS = "sensors_swapped", "clocks_apart"
BATTERY: dict[Placement, str] = {"shank": "battery", "foot": "battery_foot"}  # a leg may wear one of each
DAMAGED = "store_damaged"
NOT_THIS = "About the sensors, not about the leg: it says nothing about how the patient is."


@dataclass(frozen=True, slots=True)
class TechnicalParams:
    """When the sensors need a person."""

    clock_skew_s: float = 0.020  # facts/clinical.md 7.8, T0
    battery_low_pct: int = 20  # less than a day in most products (P)
    battery_well_pct: int = 50  # it was charged: far enough from low that a cold battery does not come and go (P)


def store_damaged(at_s: float, day: str, rows: int, parts: Sequence[str], next_seq: int) -> Alert:
    """A home's store was begun anew: ``rows`` were saved, of the tables in ``parts`` not all."""
    lost = f"; of {', '.join(parts)} some may be lost" if parts else ""
    sentence = (
        f"The store of this home was damaged and has been begun anew. {rows} rows were read from it and kept{lost}. "
        f"Findings that had not been sent yet may be missing, with numbers below {next_seq}. Check the disk there; "
        "replace a worn-out SD card."
    )
    name = str(uuid5(NAMES, f"{DAMAGED}|{at_s!r}"))
    return Alert(name, "T0", "technical", DAMAGED, None, at_s, day, sentence, NOT_THIS)


class Upkeep:
    """The technical alerts of one home. Begins with those that its store knows, so a restart raises none again."""

    def __init__(self, known: Iterable[Alert] = (), params: TechnicalParams | None = None) -> None:
        self._params = params or TechnicalParams()
        still = (a for a in known if a.channel == "technical" and a.resolved_s is None)
        self._open: dict[tuple[str, Side | None], Alert] = {(a.kind, a.side): a for a in still}

    def checked(self, check: Check, day: str) -> Alert | None:
        """An alert to keep, raised or over; None where nothing has changed. ``day``: its local date."""
        if isinstance(check, SideCheck):
            what = "The sensors are on the wrong legs" if check.legs > 1 else "The sensor is on the other leg"
            means = "What is measured meanwhile is left out, so this patient is not monitored"
            wrong = check.verdict == "swapped"
            return self._now(
                SWAPPED, None, wrong, check.at_s, day, (what, means, "Put left on left and right on right")
            )
        if isinstance(check, ClockCheck):
            what = f"The clocks of the two sensors stand {1000 * abs(check.offset_s):.0f} ms apart"
            means = "What compares the legs in time is not to be relied on"
            apart = abs(check.offset_s) > self._params.clock_skew_s
            return self._now(
                CLOCKS, None, apart, check.at_s, day, (what, means, "Switch both sensors off and on again")
            )
        return None

    def charged(self, status: SensorStatus, now_s: float, day: str) -> Alert | None:
        """The same for what a sensor says of its battery; one that does not say changes nothing."""
        p, pct = self._params, status.battery_pct
        if pct is None or p.battery_low_pct < pct < p.battery_well_pct:
            return None
        where = "" if status.placement == "shank" else " foot"
        what = f"The battery of the {status.side}{where} sensor is at {pct} %"
        means = "When it is empty this patient is not monitored"
        told = what, means, "Charge it tonight"
        return self._now(BATTERY[status.placement], status.side, pct <= p.battery_low_pct, now_s, day, told)

    def _now(
        self, kind: str, side: Side | None, wrong: bool, at_s: float, day: str, told: tuple[str, str, str]
    ) -> Alert | None:
        known = self._open.get((kind, side))
        if wrong and known is None:
            name = str(uuid5(NAMES, f"{kind}|{side}|{at_s!r}"))
            sentence = f"{'. '.join(told)}."
            self._open[kind, side] = Alert(name, "T0", "technical", kind, side, at_s, day, sentence, NOT_THIS)
            return self._open[kind, side]
        if not wrong and known is not None:
            return replace(self._open.pop((kind, side)), resolved_s=at_s)
        return None
