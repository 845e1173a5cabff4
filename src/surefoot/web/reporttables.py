"""The tables of a report: numbers, alerts, incidents, guided tests, and what the patient told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from statistics import median

from surefoot.alerts.redflags import FLAGS
from surefoot.pipeline.measures import DAY_MEASURES
from surefoot.pipeline.store import StoredAlert
from surefoot.records import SIDES, Answer, CheckIn, DaySummary, Incident, TestResult, Treatment, Trend
from surefoot.web.inbox import HOW
from surefoot.web.incidents import CERTAINTIES
from surefoot.web.language import _, _n, day_words, numerals, short_day
from surefoot.web.ordered import TREATMENTS
from surefoot.web.retold import retold
from surefoot.web.series import series_of
from surefoot.web.words import (
    ANSWERS,
    INCIDENTS,
    NOT_KNOWN,
    TESTS,
    TIERS,
    digits,
    leg,
    metric_words,
    normal,
    number,
    sentence,
    side,
)

Row = tuple[str, ...]

MOST_ALERTS, MOST_TESTS, MOST_TREATMENTS = 6, 8, 10  # so that two pages hold it; how many more there are is said


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the report; ``more`` says what was left out of it."""

    title: str
    columns: Row
    rows: tuple[Row, ...]
    empty: str
    more: str = ""


def measured(days: Sequence[DaySummary], trends: Sequence[Trend]) -> Table:
    """One row a number and leg: own normal, the range's days at its beginning and end, and how it was judged."""
    rows = []
    for measure in DAY_MEASURES:
        if measure.how == "test" or not (measure.root or measure.name in ("speed_mps", "cadence_spm")):
            continue
        words, mine = metric_words(measure.name), [one for one in trends if one.metric == measure.name]
        for of in (*SIDES, None):
            found = series_of(measure.name, of, days, mine)
            if found is None or not found.values:
                continue
            known = sorted(found.values)
            judged = [one for one in mine if one.side == of]
            rows.append(
                (
                    words.title,
                    leg(of),
                    normal(found.newest.baseline if found.newest else None, words).split(" (")[0],
                    f"{words.say(found.values[known[0]])} ({short_day(known[0])})",
                    f"{words.say(found.values[known[-1]])} ({short_day(known[-1])})",
                    words.say(median(found.values.values())),
                    str(len(known)),
                    _n("worse on {n} day", "worse on {n} days", len(found.worse)) if found.worse else _judged(judged),
                )
            )
    columns = (_("Number"), _("Leg"), _("Own normal ± spread"), _("First day"), _("Last day"))
    columns += (_("Median"), _("Days"), _("Judged"))
    return Table(_("Numbers of the days"), columns, tuple(rows), _("No day of this range has a number."))


def _judged(trends: Sequence[Trend]) -> str:
    if any(trend.state == "watch" for trend in trends):
        return _("watched")
    return _("not worse") if any(trend.state == "quiet" for trend in trends) else _("cannot say")


def alerts(alerts: Sequence[StoredAlert]) -> Table:
    rows = []
    for one in alerts[:MOST_ALERTS]:
        ended = one.life.resolved or one.life.acknowledged
        word = HOW[ended.what if ended else "raised"]
        state = _(word)
        if ended and ended.who:
            state = _("{state} by {who}", state=state, who=ended.who)
        tier = f"{one.alert.tier} {_(TIERS[one.alert.tier][1])}"
        rows.append((day_words(one.alert.day), tier, retold(one.alert.sentence), state))
    more = len(alerts) - len(rows)
    columns = (_("Day"), _("Tier"), _("What"), _("State"))
    left = _n("and {n} older alert, on the patient's page", "and {n} older alerts, on the patient's page", more)
    empty = _("None was raised in this range.")
    return Table(_("Alerts about the patient"), columns, tuple(rows), empty, left if more > 0 else "")


def incidents(incidents: Sequence[Incident], answers: Sequence[Answer]) -> Table:
    stands = {(one.kind, one.side, one.start_s): one.answer for one in answers}
    many = Counter((one.kind, one.side, one.certainty) for one in incidents)
    said = Counter(
        (one.kind, one.side, one.certainty, answer)
        for one in incidents
        if (answer := stands.get((one.kind, one.side, one.start_s))) is not None
    )
    rows = []
    for key in sorted(many, key=lambda key: (list(INCIDENTS).index(key[0]), key[1] or "", key[2] != "probable")):
        told = [f"{_(ANSWERS[word])}: {said[(*key, word)]}" for word in ANSWERS if said[(*key, word)]]  # type: ignore[index]
        words = "; ".join(told) or _("not asked or not answered")
        kind, certainty = sentence(_(INCIDENTS[key[0]])), _(CERTAINTIES[key[2]])
        rows.append((kind, side(key[1]), certainty, str(many[key]), words))
    columns = (_("What it looked like"), _("Leg"), _("Certainty"), _("How many"), _("The patient says"))
    empty = _("None was told on the days that count; other days are not known.")
    return Table(_("Incidents"), columns, tuple(rows), empty)


def tests(tests: Sequence[TestResult], zone: tzinfo | None) -> Table:
    rows = [
        (
            day_words(day_of(one.start_s, zone)),
            _(TESTS[one.kind]),
            leg(one.side),
            number(one.value, digits(one.unit), one.unit)
            if one.value is not None
            else _("not usable: {why}", why=retold(one.reason) if one.reason else _("no reason was given")),
        )
        for one in reversed(tests)
    ]
    more = len(rows) - MOST_TESTS
    left = _n("and {n} earlier test, on the patient's page", "and {n} earlier tests, on the patient's page", more)
    columns, empty = (_("Day"), _("Test"), _("Leg"), _("Result")), _("None was done in this range.")
    return Table(_("Guided tests"), columns, tuple(rows[:MOST_TESTS]), empty, left if more > 0 else "")


def told(check_ins: Sequence[CheckIn], treatments: Sequence[Treatment]) -> Table:
    pain = [one.pain for one in check_ins if one.pain is not None]
    flags = Counter(flag for one in check_ins for flag in one.flags)
    told = _(NOT_KNOWN)
    if pain:
        told = _n(
            "{least} to {most}, median {median} ({n} answer)",
            "{least} to {most}, median {median} ({n} answers)",
            len(pain),
            least=min(pain),
            most=max(pain),
            median=numerals(f"{median(pain):g}"),
        )
    raised = "; ".join(
        _n("{flag} {n} time", "{flag} {n} times", many, flag=retold(FLAGS[flag])) for flag, many in flags.items()
    )
    begun = [_("{what} from {day}", what=_(TREATMENTS[one.kind]), day=day_words(one.day)) for one in treatments]
    older = len(treatments) - MOST_TREATMENTS
    earlier = _n("{n} earlier one on the patient's page", "{n} earlier ones on the patient's page", older)
    asked = any(one.ruled_out for one in check_ins)
    rows: tuple[Row, ...] = (
        (_("Pain, 0 to 10"), told),
        (_("Red flags answered yes"), raised or (_("none of those that were asked") if asked else _("not asked"))),
        (
            _("Treatments logged"),
            "; ".join([*begun[-MOST_TREATMENTS:], *([earlier] if older > 0 else [])]) or _("none"),
        ),
    )
    return Table(_("Told by the patient"), (_("Question"), _("Answer")), rows, "")


def day_of(at_s: float, zone: tzinfo | None) -> str:
    return datetime.fromtimestamp(at_s, UTC).astimezone(zone).date().isoformat()
