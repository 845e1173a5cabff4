"""Before and after something was begun, on a page: each number of each leg, what it rests on, in honest words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from surefoot.pipeline.beforeafter import BeforeAfter, BeforeAfterParams, Spell, before_after, spell_days
from surefoot.pipeline.calibration import on_scale_of
from surefoot.pipeline.measures import DAY_MEASURES, MEASURES
from surefoot.records import SIDES, DaySummary, Trend
from surefoot.web.annotations import Annotation
from surefoot.web.language import N_, _, day_words
from surefoot.web.patients import last_lived
from surefoot.web.retold import retold
from surefoot.web.series import series_of
from surefoot.web.words import CHARTS, MetricWords, count, leg, metric_words

COLUMNS = (N_("Number"), N_("Leg"), N_("Before"), N_("After"), N_("Difference"), N_("Which says"))
CHOICES = ("treatment", "aid")
USUAL = BeforeAfterParams()


@dataclass(frozen=True, slots=True)
class Choice:
    """What a page can be asked to compare around; ``key`` names it in the address."""

    key: str
    words: str


@dataclass(frozen=True, slots=True)
class Treated:
    """The comparison around one thing that was begun."""

    key: str
    title: str
    span: str
    beside: tuple[str, ...]  # what else happened meanwhile, which may be the reason as well
    rows: tuple[tuple[str, ...], ...]


def choices(happened: Sequence[Annotation]) -> list[Choice]:
    """The newest first."""
    begun = [one for one in reversed(happened) if one.kind in CHOICES]
    return [Choice(_key(one), f"{day_words(one.day)}: {one.words}") for one in begun]


def treated(
    key: str,
    happened: Sequence[Annotation],
    days: Sequence[DaySummary],
    trends: Sequence[Trend],
    params: BeforeAfterParams = USUAL,
) -> Treated | None:
    """Around what ``key`` names, else around the newest of the choices; None where there is none."""
    begun = [one for one in happened if one.kind in CHOICES]
    chosen = next((one for one in begun if _key(one) == key), begun[-1] if begun else None)
    if chosen is None:
        return None
    first, last = spell_days(chosen.day, params)
    lived = last_lived(days)
    scaled = [on_scale_of(day, lived) for day in days] if lived else []
    return Treated(
        _key(chosen),
        f"{chosen.words} {day_words(chosen.day)}",
        _(
            "{first} to the day before, against {day} to {last}",
            first=day_words(first),
            day=day_words(chosen.day),
            last=day_words(last),
        ),
        tuple(_beside(chosen, happened, days, (first, last))),
        tuple(_rows(chosen.day, scaled, trends, params)),
    )


def _key(one: Annotation) -> str:
    return f"{one.kind}/{one.short}/{one.day}"


def _rows(
    day: str, days: Sequence[DaySummary], trends: Sequence[Trend], params: BeforeAfterParams
) -> list[tuple[str, ...]]:
    rows = []
    for name in [*CHARTS, *(measure.name for measure in DAY_MEASURES)]:
        words, mine = metric_words(name), [one for one in trends if one.metric == name]
        for of in (*SIDES, None):
            found = series_of(name, of, days, mine)
            if found is None or not found.values:
                continue
            made = before_after(found.values, day, params)
            if made.before.days or made.after.days:
                rows.append((words.title, leg(of), _spell(made.before, words), _spell(made.after, words),
                             _change(made, words), _says(made, words)))  # fmt: skip
    return rows


def _spell(spell: Spell, words: MetricWords) -> str:
    if spell.middle is None:
        return _("no day")
    spread = words.say(spell.spread)
    return f"{words.say(spell.middle)} ± {spread} ({count(spell.days, 'day')})"


def _change(made: BeforeAfter, words: MetricWords) -> str:
    if made.change is None:
        return _("cannot say")
    sign = "+" if made.change > 0 else ""
    change = f"{sign}{words.say_change(made.change)}"
    return _("{change} (days alone: up to {noise})", change=change, noise=words.say_change(made.noise))


def _says(made: BeforeAfter, words: MetricWords) -> str:
    """Better or worse only where one way is; never that the treatment did it."""
    if made.state == "cannot_say":
        return retold(made.reason)
    measure = MEASURES.get(words.name)
    worse = 1 if words.name in CHARTS else measure.worse if measure else 0
    if made.course:  # a middle of days that go on to change would say too little, and its wander too much
        if worse == 0:
            return _("rising all the time since") if made.course == "up" else _("falling all the time since")
        mine = (made.course == "up") == (worse > 0)
        return _("getting worse all the time since") if mine else _("getting better all the time since")
    if made.state == "noise":
        return _("no more than days wander by themselves")
    if worse == 0:
        return _("higher since") if made.state == "more" else _("lower since")
    return _("worse since") if (made.state == "more") == (worse > 0) else _("better since")


def _beside(
    chosen: Annotation, happened: Sequence[Annotation], days: Sequence[DaySummary], looked: tuple[str, str]
) -> list[str]:
    first, last = looked
    others = [one for one in happened if first <= one.day <= last and one != chosen and one.kind != "alert"]
    told = [f"{day_words(one.day)}: {one.words}" for one in others]
    worn = [day for day in days if first <= day.day <= last and not day.missing]
    for aid in sorted({aid for day in worn for aid in day.aids}):
        many = Counter(day.day >= chosen.day for day in worn if aid in day.aids)
        all_ = Counter(day.day >= chosen.day for day in worn)
        told.append(
            _(
                "With {aid} on {before} of {all_before} days before and {after} of {all_after} after",
                aid=retold(aid),
                before=many[False],
                all_before=all_[False],
                after=many[True],
                all_after=all_[True],
            )
        )
    return told
