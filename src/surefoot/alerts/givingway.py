"""Giving way more often than this leg does: limits of a week (T2) and of a day (T3) from the patient's own rate.

After facts/clinical.md 4.5 and 7.8 (P). A rate known from a fortnight is itself uncertain, so a count is held against
what that fortnight foretells (Gamma prior, negative binomial), not against a rate taken for the truth. A week and a day
may begin at any moment: what is bounded is how often, by chance, an event comes that makes the count full. A day's
count is asked about first: what the patient says was none does not count, one that was so makes it urgent at once, and
so does half an hour without an answer. Two that were so need no rate, nor does a fall.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from uuid import uuid5

from surefoot.alerts.rules import NAMES, leg_words, new_alert
from surefoot.records import Alert, Side, Tier

KIND = "gives_way_more"
WEEK_S, DAY_S = 7 * 86400.0, 86400.0
NOT_KNEES = (
    "Not a diagnosis: events that look like giving way at the ankle; a forward step of the trunk can look the same. "
    "What is claimed of them rests on simulated walkers. A day without one is no proof that the knee held."
)


@dataclass(frozen=True, slots=True)
class GivingWayLimitParams:
    """When giving way has become more (4.5, P)."""

    week_chance: float = 0.01  # full by chance in so many of the weeks (T2)
    day_chance: float = 0.002  # full by chance on so many of the days (T3, asked first): the counts of 4.5
    ask_s: float = 1800.0  # the patient is asked, and has so long to say that it was none (7.3)
    unasked_chance: float = 0.0003  # the same, told without asking
    prior_per_week: float = 0.2  # expected of a leg before anything is known of it (4.5: the rate aimed at)
    prior_weeks: float = 1.0  # how much that counts; set on the false alarms it leaves (docs/methods.md)
    confirmed: int = 2  # events of a day that the patient says were so (7.8)
    quiet_days: int = 7  # below half the week's limit, until it may be told again (7.8)
    week_count: int | None = None  # set for this patient in place of what the own rate foretells
    day_count: int | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """One giving way of a leg, by the sensors; ``confirmed`` by the patient."""

    side: Side | None
    at_s: float
    confirmed: bool = False


@dataclass(frozen=True, slots=True)
class Usual:
    """What a leg did on its baseline days."""

    events: int
    days: int


def limit(usual: Usual, window_weeks: float, chance: float, params: GivingWayLimitParams) -> int:
    """The smallest count that, wherever the window begins, becomes full by chance no more often than that.

    ``chance``: expected number of events within the time of one window that make it so.
    """
    shape = params.prior_per_week * params.prior_weeks + usual.events
    return _limit(shape, params.prior_weeks + usual.days / 7, window_weeks, chance)


@lru_cache(maxsize=256)
def _limit(shape: float, weeks: float, window_weeks: float, chance: float) -> int:
    """An event makes ``count`` of it if so many less one came within the window before: E[rate P(N >= count - 1)].

    Under a Gamma law of the rate that is its mean times the tail of a negative binomial of one more in shape.
    """
    stays = weeks / (weeks + window_weeks)
    events = shape / weeks * window_weeks
    probability = float(stays ** (shape + 1))
    count, left = 1, 1.0
    while events * left > chance:
        left -= probability
        probability *= (shape + count) / count * (1 - stays)
        count += 1
    return count


def decide_giving_way(
    events: Sequence[Event],
    usual: Usual,
    now_s: float,
    day: str,
    before: Sequence[Alert] = (),
    params: GivingWayLimitParams = GivingWayLimitParams(),
) -> list[Alert]:
    """The alert of one leg's events up to ``now_s``, all of one side, if there are too many; only the worst."""
    known = [one for one in events if one.at_s <= now_s]
    side = known[-1].side if known else None
    of_week = params.week_count or limit(usual, 1, params.week_chance, params)
    of_day = params.day_count or limit(usual, 1 / 7, params.unasked_chance, params)
    asked = limit(usual, 1 / 7, params.day_chance, params)
    a_week = _why(of_week, params.week_count, f"{_one_in(params.week_chance)} weeks")
    a_day = _why(of_day, params.day_count, f"{_one_in(params.unasked_chance)} days")
    by_chance = f"{asked} are chance in {_one_in(params.day_chance)} days"
    today = [one for one in known if one.at_s > now_s - DAY_S]
    week = [one for one in known if one.at_s > now_s - WEEK_S]
    confirmed, silent = sum(one.confirmed for one in today), _unanswered(today, known, now_s - params.ask_s)
    tier: Tier
    held = ""  # the limit that was passed, where it is not one set for this patient
    if confirmed >= params.confirmed:
        tier, what = "T3", f"{confirmed} times within 24 hours, as the patient says"
        held = f"{params.confirmed} in 24 hours that the patient says were so, the usual limit"
    elif len(today) >= of_day:
        tier, what = "T3", f"{len(today)} times within 24 hours; {a_day}"
        held = "" if params.day_count else f"{of_day} in 24 hours, from this leg's own rate: the usual limit"
    elif confirmed and params.day_count is None and len(today) >= asked:  # else their therapist says when
        tier, what = "T3", f"{len(today)} times within 24 hours, {confirmed} of them as the patient says; {by_chance}"
        held = f"{asked} in 24 hours, one of which the patient says was so: the usual limit"
    elif params.day_count is None and silent >= asked:
        minutes = round(params.ask_s / 60)
        tier, what = "T3", f"{silent} times within 24 hours, no answer within {minutes} minutes; {by_chance}"
        held = f"{asked} in 24 hours, from this leg's own rate: the usual limit"
    elif len(week) >= of_week:
        tier, what = "T2", f"{len(week)} times within 7 days; {a_week}"
        held = "" if params.week_count else f"{of_week} in 7 days, from this leg's own rate: the usual limit"
    else:
        return []
    if _told(tier, side, known, of_week, now_s, before, params):
        return []
    usually = f"before: {usual.events} in {usual.days} worn days" if usual.days else "nothing is known of before"
    sentence = f"{leg_words(side)} seems to give way more often: {what} ({usually})."
    return [replace(new_alert(KIND, tier, side, day, now_s, sentence, not_this=NOT_KNEES), limit=held)]


def _unanswered(today: Sequence[Event], known: Sequence[Event], until_s: float) -> int:
    """How many there were in the 24 hours up to the newest of today that the patient could have answered for by now."""
    newest_s = max((one.at_s for one in today if one.at_s <= until_s), default=None)
    return 0 if newest_s is None else sum(newest_s - DAY_S < one.at_s <= newest_s for one in known)


def _why(count: int, own: int | None, chance: str) -> str:
    return f"the limit set for this patient is {count}" if own else f"{count} are chance in {chance}"


def _one_in(chance: float) -> str:
    return f"1 of {round(1 / chance):,}"


def _told(
    tier: Tier,
    side: Side | None,
    events: Sequence[Event],
    of_week: int,
    now_s: float,
    before: Sequence[Alert],
    p: GivingWayLimitParams,
) -> bool:
    """It was told before, and since then no week has been quiet from day to day."""
    alike = [a.raised_s for a in before if a.kind == KIND and a.side == side and a.tier >= tier]
    if not alike:
        return False
    quiet = 0
    for k in range(int((now_s - max(alike)) // DAY_S) + 1):
        until_s = max(alike) + k * DAY_S
        count = sum(until_s - WEEK_S < one.at_s <= until_s for one in events)
        quiet = quiet + 1 if count < of_week / 2 else 0
        if quiet >= p.quiet_days:
            return False
    return True


def fallen(side: Side | None, start_s: float, now_s: float, day: str) -> Alert:
    """A fall-like event that the patient says was so (T3); ``start_s`` names it."""
    sentence = "A fall-like event, and the patient says that it was so. Call today; ask about injuries and red flags."
    alert = new_alert("fall_confirmed", "T3", side, day, now_s, sentence, not_this=NOT_KNEES)
    return replace(alert, alert_id=str(uuid5(NAMES, f"T3|fall_confirmed|{start_s!r}")))
