"""Complaints about a home: rows that never came or cannot be read, numbers used twice, a disk or a clock in trouble.

Pure: what arrived and what the home says of itself in, technical alerts (T0) out. Each is named by its day, so what
goes on is told once a day and is over when it is no longer so; of what a home said of itself, by the day on which it
said so.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from uuid import uuid5

from surefoot.alerts.bodies import StatusBody
from surefoot.alerts.homefaults import HomeFault
from surefoot.alerts.rules import NAMES
from surefoot.pipeline.holes import Missing
from surefoot.records import Alert

ROWS_MISSING, ROWS_REFUSED, ALERT_REFUSED = "rows_missing", "rows_refused", "alert_refused"
NUMBER_REUSED, CLOCK_OFF = "number_reused", "home_clock_off"
RECENT_S = 86400.0  # a hole is told of for a day; the pages show it for good (P)
CLOCK_OFF_S = 120.0  # a sign of life is under way for seconds (P)
NOT_THIS = "About what was sent, not about the leg: it says nothing about how the patient is."
FAULTS: dict[HomeFault, tuple[str, str]] = {  # what is wrong there, and what to do
    "disk_full": ("The disk of this home's box is full or nearly so", "Free some space there"),
    "disk_failing": ("The disk of this home's box cannot be written", "Replace it; an SD card wears out"),
    "store_failing": ("This home cannot keep what it finds", "Look at its disk; findings wait in memory till then"),
    "not_recording": ("This home cannot keep its raw readings", "Free some space there"),
    "clock_unset": (
        "Nothing has set the clock of this home's box since it was switched on",
        "Connect it to the internet, or set its clock",
    ),
    "certificate_ending": (
        "The certificate of this home's box ends within a month",
        "Renew it, surefoot clinic renew, or enroll the home again: after that nothing comes from there",
    ),
}
KINDS = (ROWS_MISSING, ROWS_REFUSED, ALERT_REFUSED, NUMBER_REUSED, CLOCK_OFF, *(f"home_{fault}" for fault in FAULTS))


def complaints(
    missing: Sequence[Missing],
    told: Mapping[str, tuple[StatusBody, float]],
    reused: Mapping[str, int],
    turned_down: Mapping[str, tuple[int, int]],
    now_s: float,
    day_of: Callable[[float], str],
    homes: Collection[str],
) -> dict[tuple[str, str], Alert]:
    """What a person must see, by gateway and kind."""
    day = day_of(now_s)
    found = [
        *_lacking(missing, now_s, day),
        *_reused(reused, now_s, day),
        *_unread(turned_down, now_s, day),
        *_faulty(told, now_s, day_of),
    ]
    return {(gateway, alert.kind): alert for gateway, alert in found if gateway in homes}


def _lacking(missing: Sequence[Missing], now_s: float, day: str) -> Iterator[tuple[str, Alert]]:
    recent = [one for one in missing if one.gone and now_s - one.since_s < RECENT_S]
    for gateway in dict.fromkeys(one.gateway for one in recent):
        of = [one for one in recent if one.gateway == gateway]
        rows = sum(one.rows for one in of)
        what = (
            f"{rows} finding{'s' * (rows != 1)} of this home did not arrive and will not, with numbers from "
            f"{of[0].first} to {of[-1].last}"
        )
        means = "What the pages show of these days may lack something"
        remedy = "Look whether the home's box was without a line for weeks, or its disk is worn out"
        yield gateway, _alert(ROWS_MISSING, gateway, now_s, day, what, means, remedy)


def _reused(reused: Mapping[str, int], now_s: float, day: str) -> Iterator[tuple[str, Alert]]:
    for gateway in reused:
        what = "Numbers of this home came back with other content"
        means = "Either its box was set up from an old copy, or a second one sends under its name"
        remedy = "If nobody restored a copy, revoke its certificate: surefoot clinic revoke"
        yield gateway, _alert(NUMBER_REUSED, gateway, now_s, day, what, means, remedy)


def _unread(turned_down: Mapping[str, tuple[int, int]], now_s: float, day: str) -> Iterator[tuple[str, Alert]]:
    """Turned down for good, and put aside at home: what it told, an alert perhaps, nobody would hear of."""
    for gateway, (many, alerts) in turned_down.items():
        some = f"{many} message{'s' * (many != 1)} of this home"
        what = f"{some} could not be read here and stay{'s' * (many == 1)} there"
        kind, means = ROWS_REFUSED, "What the pages show of these days may lack something"
        if alerts:
            kind, means = ALERT_REFUSED, "An alert is among them, which stands on no page: ask the patient today"
        remedy = "Bring this clinic and the home's box to the same version of surefoot"
        yield gateway, _alert(kind, gateway, now_s, day, what, means, remedy)


def _faulty(
    told: Mapping[str, tuple[StatusBody, float]], now_s: float, day_of: Callable[[float], str]
) -> Iterator[tuple[str, Alert]]:
    for gateway, (status, came_s) in told.items():
        day = day_of(came_s)  # of a home that is silent since, nobody is told anew each day
        means = "Till then this patient may not be monitored"
        for fault in status.faults:
            what, remedy = FAULTS[fault]
            yield gateway, _alert(f"home_{fault}", gateway, now_s, day, what, means, remedy)
        if status.at_s is not None and abs(off_s := status.at_s - came_s) > CLOCK_OFF_S:
            what = f"The clock of this home's box is {abs(off_s):.0f} s {'fast' if off_s > 0 else 'slow'}"
            means = "Its days and times are wrong by as much"
            yield gateway, _alert(CLOCK_OFF, gateway, now_s, day, what, means, "Connect it to a time server")


def _alert(kind: str, gateway: str, now_s: float, day: str, what: str, means: str, remedy: str) -> Alert:
    name = str(uuid5(NAMES, f"{kind}|{gateway}|{day}"))
    return Alert(name, "T0", "technical", kind, None, now_s, day, f"{what}. {means}. {remedy}.", NOT_THIS)
