"""The question about a sudden change: whether a brace, a stick or other shoes explain it, while an answer helps.

It stands in no table: a gateway that starts anew works through the day again and comes upon it again. What is logged as
walked with ends it, as it ends the alert that waits (``today.py``); "no" is kept here, and ends the waiting.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pydantic import TypeAdapter, ValidationError

from surefoot.pipeline.acute import AcuteParams, Sudden
from surefoot.pipeline.aids import aids_on
from surefoot.pipeline.store import Store
from surefoot.records import Side

SETTING = "sudden_denied"  # its name in the home's store
ASK_S = AcuteParams().ask_s
_FORM: TypeAdapter[dict[Side, float]] = TypeAdapter(dict[Side, float])


@dataclass(frozen=True, slots=True)
class SuddenQuestion:
    """What the patient is asked about one leg."""

    side: Side
    day: str
    start_s: float  # since when it walks differently
    at_s: float  # when that was known
    until_s: float  # how long an answer is waited for
    walks_with: tuple[str, ...]  # when it was asked


def walks_with(store: Store, day: str) -> tuple[str, ...]:
    """What the steps of a date are compared by: what was walked with, and since when the leg is learned anew."""
    return (*aids_on(day, store.diary.aids()), store.orders.plan(store.gateway()).learned_since(day))


def question(store: Store, sudden: Sudden) -> SuddenQuestion:
    """To be asked at the moment it becomes known."""
    day, until_s = sudden.chart.day, sudden.at_s + ASK_S
    return SuddenQuestion(sudden.side, day, sudden.start_s, sudden.at_s, until_s, walks_with(store, day))


def still_open(store: Store, asked: Iterable[SuddenQuestion], now_s: float) -> list[SuddenQuestion]:
    """Those that nothing has answered yet, one of each leg: the first."""
    first: dict[Side, SuddenQuestion] = {}
    for one in asked:
        unexplained = now_s < one.until_s and walks_with(store, one.day) == one.walks_with
        if unexplained and not denied(store, one.side, one.at_s):
            first.setdefault(one.side, one)
    return list(first.values())


def deny(store: Store, asked: Iterable[SuddenQuestion], now_s: float) -> None:
    """The patient says that nothing of the kind explains it."""
    told = _read(store) | {one.side: max(now_s, one.at_s) for one in asked}
    store.office.own_page.set(SETTING, _FORM.dump_json(told).decode())


def denied(store: Store, side: Side, at_s: float) -> bool:
    """Whether that was said of this leg since what was known at ``at_s``, within the time there was to answer."""
    said_s = _read(store).get(side)
    return said_s is not None and at_s <= said_s < at_s + ASK_S


def _read(store: Store) -> dict[Side, float]:
    """What cannot be read was not said: the alert comes half an hour later then."""
    try:
        return _FORM.validate_json(store.office.own_page.setting(SETTING) or "{}")
    except ValidationError:
        return {}
