"""The tables of a patient: days, their numbers, trends, walks, incidents, tests, alerts and what was told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime, tzinfo

from surefoot.exports.table import Cell, Column, Kind, Table
from surefoot.pipeline.measures import MEASURES
from surefoot.pipeline.store import Store
from surefoot.records import Stride

SIDE = Column("side", "text", "", "left or right leg; empty: both together")
DAY = Column("day", "text", "", "the patient's local day, YYYY-MM-DD")


@dataclass(frozen=True, slots=True)
class Range:
    """Days from ``first`` to ``last``, both included, in ``zone``; None: as far as there are any."""

    first: str | None
    last: str | None
    zone: tzinfo | None

    def holds(self, day: str) -> bool:
        return (self.first is None or day >= self.first) and (self.last is None or day <= self.last)

    def holds_moment(self, at_s: float) -> bool:
        return self.holds(self.time(at_s)[:10])

    def time(self, at_s: float | None) -> str:
        """ISO 8601 with the offset, to the millisecond; empty where there is none."""
        if at_s is None:
            return ""
        return datetime.fromtimestamp(at_s, UTC).astimezone(self.zone).isoformat(timespec="milliseconds")


def tables(store: Store, gateway: str, span: Range) -> list[Table]:
    """All tables of one patient; those without a row are there too, with their columns."""
    made: list[Callable[[Store, str, Range], Table]] = [
        _days, _numbers, _trends, _bouts, _incidents, _tests, _alerts, _check_ins, _treatments,
    ]  # fmt: skip
    return [make(store, gateway, span) for make in made]


def _table(name: str, words: str, columns: Sequence[Column], rows: Sequence[tuple[Cell, ...]]) -> Table:
    return Table(name, words, tuple(columns), tuple(rows))


def _time(name: str, words: str) -> Column:
    return Column(name, "text", "", f"{words}, ISO 8601 with offset")


def _days(store: Store, gateway: str, span: Range) -> Table:
    columns = (
        DAY,
        Column("counts", "truth", "", "whether there was enough wear; only then do numbers stand for the day"),
        Column("missing", "text", "", "why it does not count"),
        Column("worn_h", "number", "h", "sensors on moving legs"),
        Column("recorded_h", "number", "h", "readings of the best sensor"),
        Column("walking_min", "number", "min", "in walking bouts; empty where the day does not count"),
        Column("bouts", "whole", "", "walking bouts; empty where the day does not count"),
        Column("left_strides", "whole", "", "valid straight level strides"),
        Column("right_strides", "whole", "", "valid straight level strides"),
        Column("aids", "text", "", "brace, stick or shoes as logged"),
    )
    rows = []
    for one in store.days(gateway):
        if span.holds(one.day):
            strides, good = dict(one.strides), not one.missing
            walked: tuple[Cell, Cell] = (one.walking_min, one.bouts) if good else (None, None)
            legs = (strides.get("left"), strides.get("right"))
            rows.append(
                (one.day, good, one.missing, one.worn_h, one.recorded_h, *walked, *legs, " and ".join(one.aids))
            )
    return _table("days", "How much each day rests on", columns, rows)


def _numbers(store: Store, gateway: str, span: Range) -> Table:
    columns = (
        DAY,
        SIDE,
        Column("measure", "text", "", "which number"),
        Column("value", "number", "of the row", "empty where the day does not support it"),
        Column("unit", "text", "", "of the value"),
        Column("strides", "whole", "", "it rests on"),
        Column("reason", "text", "", "why there is no value, or what must be known with it"),
    )
    rows = [
        (day.day, m.side or "", m.name, m.value, unit_of(m.name), m.strides, m.reason)
        for day in store.days(gateway)
        if span.holds(day.day)
        for m in day.metrics
    ]
    return _table("numbers", "The numbers of each day and leg", columns, rows)


def _trends(store: Store, gateway: str, span: Range) -> Table:
    columns = (
        DAY,
        SIDE,
        Column("measure", "text", "", "which number, or the pattern of a nerve root"),
        Column("state", "text", "", "cannot_say, quiet, watch, worse or much_worse"),
        Column("value", "number", "of the row", "as it was judged"),
        Column("unit", "text", "", "of value, centre, spread, change and mdc"),
        Column("centre", "number", "of the row", "own normal"),
        Column("spread", "number", "of the row", "spread of own normal"),
        Column("baseline_days", "whole", "d", "own normal rests on"),
        Column("provisional", "truth", "", "own normal is still being learnt"),
        Column("z", "number", "spreads", "positive is worse"),
        Column("shift", "number", "standard errors", "of the last days against those before"),
        Column("change", "number", "of the row", "recent days against own normal, positive is worse"),
        Column("mdc", "number", "of the row", "smallest change that can be told from noise"),
        Column("reason", "text", "", "why it cannot be said"),
    )
    rows = []
    for one in store.trends(gateway):
        if span.holds(one.day):
            base = one.baseline
            normal: tuple[Cell, ...] = (
                (base.centre, base.spread, base.days, base.provisional) if base else (None, None, None, None)
            )
            head = (one.day, one.side or "", one.metric, one.state, one.value, unit_of(one.metric))
            rows.append((*head, *normal, one.z, one.shift, one.change, one.mdc, one.reason))
    return _table("trends", "Each number against the patient's own past", columns, rows)


def _bouts(store: Store, gateway: str, span: Range) -> Table:
    columns = (
        _time("start", "first contact"),
        Column("duration_s", "number", "s", "of the bout"),
        Column("left_strides", "whole", "", "strides"),
        Column("right_strides", "whole", "", "strides"),
        Column("cadence_spm", "number", "1/min", "steps a minute"),
        Column("speed_mps", "number", "m/s", "walking speed"),
    )
    rows = [
        (span.time(b.start_s), round(b.duration_s, 6), b.left_strides, b.right_strides, b.cadence_spm, b.speed_mps)
        for b in store.bouts(gateway)
        if span.holds_moment(b.start_s)
    ]
    return _table("bouts", "Walking bouts", columns, rows)


def _incidents(store: Store, gateway: str, span: Range) -> Table:
    columns = (
        _time("start", "when it began"),
        Column("duration_s", "number", "s", "how long"),
        Column("kind", "text", "", "what it looked like at the ankle; not what it was"),
        SIDE,
        Column("certainty", "text", "", "possible or probable"),
        Column("answer", "text", "", "what the patient last said about it: gave_way, stumbled, no; empty: nothing"),
        Column("evidence", "text", "", "the numbers behind it, name=value"),
    )
    said = {(one.kind, one.side, one.start_s): one.answer for one in store.answers(gateway)}  # oldest first
    rows = []
    for one in store.incidents(gateway):
        if span.holds_moment(one.start_s):
            told = "; ".join(f"{name}={value:g}" for name, value in one.evidence)
            head = (span.time(one.start_s), round(one.end_s - one.start_s, 6), one.kind, one.side or "", one.certainty)
            rows.append((*head, said.get((one.kind, one.side, one.start_s), ""), told))
    return _table("incidents", "Foot drop, giving way, stumbles and falls, all exploratory", columns, rows)


def _tests(store: Store, gateway: str, span: Range) -> Table:
    columns = (
        _time("start", "when it began"),
        Column("test", "text", "", "which guided test"),
        SIDE,
        Column("value", "number", "of the row", "empty where it is not usable"),
        Column("unit", "text", "", "of the value"),
        Column("quality", "number", "", "0 to 1"),
        Column("reason", "text", "", "why it is not usable"),
    )
    rows = [
        (span.time(one.start_s), one.kind, one.side or "", one.value, one.unit, one.quality, one.reason)
        for one in store.tests(gateway)
        if span.holds_moment(one.start_s)
    ]
    return _table("tests", "Guided tests", columns, rows)


def _alerts(store: Store, gateway: str, span: Range) -> Table:
    columns = (
        DAY,
        _time("raised", "when the home raised it"),
        _time("stored", "when the clinic stored it"),
        Column("tier", "text", "", "T0 to T4"),
        Column("channel", "text", "", "clinical or technical"),
        Column("kind", "text", "", "which rule"),
        SIDE,
        Column("sentence", "text", "", "what it says"),
        _time("acknowledged", "when a person took notice; empty: nobody has"),
        Column("acknowledged_by", "text", "", "who"),
    )
    rows = []
    for one in reversed(store.alerts(gateway)):
        alert, ack = one.alert, one.acknowledged
        if span.holds(alert.day):
            head = (alert.day, span.time(alert.raised_s), span.time(one.stored_s), alert.tier, alert.channel)
            closed = (span.time(ack.at_s), ack.who) if ack else ("", "")
            rows.append((*head, alert.kind, alert.side or "", alert.sentence, *closed))
    return _table("alerts", "Alerts and who took notice", columns, rows)


def _check_ins(store: Store, gateway: str, span: Range) -> Table:
    columns = (
        DAY,
        _time("told", "when"),
        Column("by", "text", "", "patient or companion"),
        Column("pain", "whole", "", "0 none to 10 the worst one can think of"),
        Column("red_flags", "text", "", "answered yes"),
        Column("ruled_out", "text", "", "answered no; what stands in neither was not asked"),
    )
    rows = [
        (one.day, span.time(one.at_s), one.by, one.pain, " ".join(one.flags), " ".join(one.ruled_out))
        for one in store.diary.check_ins(gateway)
        if span.holds(one.day)
    ]
    return _table("check_ins", "What the patient told", columns, rows)


def _treatments(store: Store, gateway: str, span: Range) -> Table:
    columns = (DAY, Column("kind", "text", "", "which treatment"))
    rows = [(one.day, one.kind) for one in store.diary.treatments(gateway) if span.holds(one.day)]
    return _table("treatments", "Treatments and their first days", columns, rows)


def strides_table(strides: Sequence[Stride], span: Range) -> Table:
    """One row a stride, with all that was measured; only homes keep strides."""
    names = [field.name for field in fields(Stride) if field.name not in ("start_s", "end_s", "final_contact_s")]
    times = ("start", "end", "final_contact")
    words = "see the glossary, docs/words.md"
    columns = [_time(name, "initial contact" if name != "final_contact" else "final contact") for name in times]
    columns += [Column(name, _kind(name), _unit(name), words) for name in names]
    rows = [
        (
            span.time(one.start_s), span.time(one.end_s), span.time(one.final_contact_s),
            *(getattr(one, name) for name in names),
        )
        for one in strides
    ]  # fmt: skip
    return _table("strides", "Strides", columns, rows)


_TEXTS = ("side", "placement", "source", "context", "reason")
_TRUTHS = ("no_heel_strike", "foot_drop", "turning", "valid")
_SUFFIXES = {"_mps3": "m/s3", "_mps2": "m/s2", "_mps": "m/s", "_dps": "deg/s", "_deg": "deg", "_s": "s", "_m": "m"}


def _kind(name: str) -> Kind:
    return "text" if name in _TEXTS else "truth" if name in _TRUTHS else "number"


def _unit(name: str) -> str:
    return next((unit for suffix, unit in _SUFFIXES.items() if name.endswith(suffix)), "")


def unit_of(measure: str) -> str:
    """The unit of a day's number; a root's pattern is told in spreads."""
    known = MEASURES.get(measure)
    return known.unit if known else "spreads" if measure.endswith("_composite") else ""
