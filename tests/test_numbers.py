"""Each number on a page is the store's: every chart, its table and sentence, the days, the report, the recovery.

The page is read as a browser gets it, the store by plain SQL and JSON, so that nothing of ours stands on both sides.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from html import unescape
from statistics import median
from typing import Any

import numpy as np
import pytest
from sqlalchemy import text as sql

import made
import story
from made import HOME
from surefoot.alerts.bodies import CheckInBody, ConfirmationBody, DayBody, TestBody
from surefoot.pipeline.measures import DAY_MEASURES, MEASURES
from surefoot.pipeline.recovery import NUMBERS
from surefoot.pipeline.store import Store, open_store
from surefoot.pipeline.trends import judge
from surefoot.records import SIDES, Affected, CheckIn, DayMetric, DaySummary
from surefoot.web.words import CHARTS, metric_words
from test_web import Reader

COUNT = 24
NOW_S = story.day_s(COUNT) + 9 * 3600
NAMES = [*CHARTS, *(measure.name for measure in DAY_MEASURES)]
FIRST_DAY = "2026-01-03"  # of the report


def lived() -> list[DaySummary]:
    """Days with every number there is; here and there one has a reason instead, and two days were not worn."""
    rng = np.random.default_rng(11)
    found = []
    for k, day in enumerate(story.days(COUNT, gone=(6, 15))):
        metrics = []
        for measure in DAY_MEASURES:
            for side in SIDES if measure.per_side else (None,):
                usual, wander, _ = story.USUAL.get(measure.name, (40.0, 2.0, 0.0))
                value = float(usual + rng.normal(0, wander or 0.5))
                said = "" if rng.random() > 0.08 else "too few strides"
                metrics.append(DayMetric(side, measure.name, None if said else max(0.0, value), 100 + k, said))
        found.append(day if day.missing else replace(day, metrics=tuple(metrics)))
    return found


@dataclass
class Told:
    """One patient's page and report as they come, and the same patient's rows as they lie in the database."""

    page: str
    report: str
    days: dict[str, dict[str, Any]]
    trends: dict[tuple[str, str, str | None], dict[str, Any]]

    def value(self, name: str, side: str | None, day: str) -> float | None:
        """What the store says that a chart must show."""
        known, trend = self.days.get(day), self.trends.get((day, name, side))
        if name in CHARTS:
            return trend.get("z") if trend else None
        measure = MEASURES[name]
        if known is None or (known.get("missing") and measure.how != "test"):
            return None
        mine = [m["value"] for m in known["metrics"] if (m["side"], m["name"]) == (side, name)]
        if not mine or mine[0] is None:
            return None
        judged = trend.get("value") if trend and measure.speed is not None else None
        return mine[0] if judged is None else judged

    def sides(self, name: str) -> list[str | None]:
        return [*SIDES] if name in CHARTS or MEASURES[name].per_side else [None]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    store = open_store(f"sqlite:///{tmp_path_factory.mktemp('clinic')}/clinic.sqlite")
    days, home = lived(), story.Home(HOME)
    for k in range(1, COUNT + 1):
        home.tell(store, days[k - 1].end_s + 900, DayBody.of_day(days[k - 1], tuple(judge(days[:k]))))
    order = store.orders.give(HOME, Affected("left", "2026-01-01"), "Ann", NOW_S, "2026-01-25").order.order_id
    home.tell(store, NOW_S, ConfirmationBody(order_id=order, verdict="applied", at_s=NOW_S))
    for number in range(3):
        home.tell(store, NOW_S, TestBody.of(made.guided_test(1_767_700 + 90 * number, 9.83 + number)))
    told = CheckIn("2026-01-24", NOW_S - 7200, "patient", 7, (), ("saddle_numbness",))
    home.tell(store, NOW_S, CheckInBody.of(told))
    reader = Reader(store, NOW_S)
    page, report = (reader.get(f"/patients/{HOME}{more}").text for more in ("", f"/report?first={FIRST_DAY}"))
    yield Told(page, report, *_rows(store))
    store.close()


def _rows(store: Store) -> tuple[dict[str, dict[str, Any]], dict[tuple[str, str, str | None], dict[str, Any]]]:
    with store._engine.begin() as connection:
        days = {row.day: json.loads(row.body) for row in connection.execute(sql("SELECT day, body FROM days"))}
        rows = connection.execute(sql("SELECT day, metric, side, body FROM trends")).all()
    sided = {(r.day, r.metric, None if r.side == "both" else r.side): json.loads(r.body) for r in rows}
    return days, sided


def words_of(text: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", text)).replace("\N{NO-BREAK SPACE}", " ").split())


def rows_of(table: str) -> list[list[str]]:
    rows = re.findall(r"<tr>(.*?)</tr>", table, re.DOTALL)
    return [[words_of(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)] for row in rows]


def figure_of(told: Told, title: str) -> tuple[dict[str, Any], list[list[str]], str]:
    """A chart's data, the rows of its table, head first, and its sentence."""
    for part in told.page.split("<figure ")[1:]:
        if words_of(part[part.index("<h3") : part.index("</h3>")].partition(">")[2]) == title:
            data = re.search(r'<script type="application/json"[^>]*>(.*?)</script>', part, re.DOTALL)
            says = re.search(r"<figcaption>(.*?)</figcaption>", part, re.DOTALL)
            assert data and says
            return json.loads(data[1]), rows_of(part[part.index("<table>") : part.index("</table>")]), words_of(says[1])
    raise AssertionError(f"no chart {title!r}")


def same(cell: str, value: float | None) -> bool:
    """Whether a cell says this number, rounded as it is written; without one it must say so."""
    if value is None:
        return cell == "not known"
    found = re.match(r"[\N{MINUS SIGN}+]?\d+(?:\.(\d+))?", cell)
    if found is None:
        return False
    number = float(found[0].replace("\N{MINUS SIGN}", "-"))
    return abs(number - value) <= 0.5000001 * 10 ** -len(found[1] or "")


@pytest.mark.parametrize("name", NAMES)
def test_every_charts_points_table_and_sentence_are_the_stores(told: Told, name: str) -> None:
    drawn, (head, *rows), says = figure_of(told, metric_words(name).title)
    sides, seen = told.sides(name), 0
    lines = {t["name"]: t for t in drawn["data"] if t.get("mode") == "lines+markers"}
    assert list(lines) == [(side or "both legs").capitalize() for side in sides] == head[1 : 1 + len(sides)]
    assert len(rows) == COUNT
    for k, side in enumerate(sides):
        line = lines[(side or "both legs").capitalize()]
        assert len(line["x"]) == COUNT
        cells = {row[0]: row[1 + k] for row in rows}
        for day, shown, pointed in zip(line["x"], line["y"], line["text"], strict=True):
            value = told.value(name, side, day)
            assert shown == value, (day, side)
            assert same(cells[day], value) and same(words_of(pointed), value), (day, side, cells[day], value)
            seen += value is not None
        last = max(day for day in line["x"] if told.value(name, side, day) is not None)
        newest = told.value(name, side, last)
        mine = says[says.index(f"{(side or 'both legs').capitalize()}: ") :]
        assert last in mine and newest is not None
        said = re.findall(r"\N{MINUS SIGN}?\d+(?:\.\d+)?", mine.split(f" on {last}")[0])
        assert any(same(number, newest) for number in said), (mine, newest)
    assert seen >= COUNT / 2


@pytest.mark.parametrize("name", NAMES)
def test_every_charts_wear_strides_and_own_normal_are_the_stores(told: Told, name: str) -> None:
    drawn, (head, *rows), _ = figure_of(told, metric_words(name).title)
    (bars,) = [trace for trace in drawn["data"] if trace["type"] == "bar"]
    worn = {day: one["worn_h"] for day, one in told.days.items()}
    assert dict(zip(bars["x"], bars["y"], strict=True)) == worn
    for row in rows:
        assert same(row[head.index("Worn")], worn[row[0]])
        strides = row[head.index("Strides")].split(" / ")
        for side, cell in zip(told.sides(name), strides, strict=True):
            mine = [m["strides"] for m in told.days[row[0]]["metrics"] if (m["side"], m["name"]) == (side, name)]
            trend = told.trends.get((row[0], name, side), {})
            assert cell == str((mine[0] if mine else trend.get("strides", 0)) or "none")
    bands = [trace for trace in drawn["data"] if trace.get("fill") == "toself"]
    if name in CHARTS:
        assert [(b["y"][0], b["y"][2]) for b in bands] == [(-2.0, 2.0)]
        return
    known = []
    for side in told.sides(name):
        found = [
            t["baseline"]
            for (d, n, s), t in sorted(told.trends.items(), key=str)
            if (n, s) == (name, side) and t.get("baseline")
        ]
        known += found[-1:]
    assert [(b["y"][0], b["y"][2]) for b in bands] == [
        (pytest.approx(b["centre"] - 2 * b["spread"]), pytest.approx(b["centre"] + 2 * b["spread"])) for b in known
    ]


def table_after(page: str, mark: str) -> list[list[str]]:
    rest = page[page.index(mark) :]
    return rows_of(rest[rest.index("<table") : rest.index("</table>")])


def test_the_days_are_the_stores(told: Told) -> None:
    head, *rows = table_after(told.page, '<h2 id="days">')
    assert [row[0] for row in rows] == sorted(told.days, reverse=True)
    for row in rows:
        day, cells = told.days[row[0]], dict(zip(head, row, strict=True))
        assert same(cells["Worn"], day["worn_h"]) and same(cells["Recorded"], day["recorded_h"])
        if not day.get("missing"):
            assert cells["Walking bouts"] == str(day["bouts"]) and same(cells["Walking"], day["walking_min"])
        assert cells["Strides"] == ", ".join(f"{side} {many}" for side, many in day["strides"])


def test_guided_tests_and_check_ins_are_the_stores(told: Told) -> None:
    _, *tests = table_after(told.page, '<h2 id="tests">')
    assert [row[3] for row in tests] == ["11.83 s", "10.83 s", "9.83 s"]
    _, *said = table_after(told.page, '<h2 id="told-by">')
    assert [(row[1], row[2]) for row in said] == [("patient", "7 of 10")]


@pytest.mark.parametrize("name", NUMBERS)
def test_the_recovery_is_made_of_the_stores_numbers(told: Told, name: str) -> None:
    title = metric_words(name).title
    parts = [p for p in told.page.split("<figure ")[1:] if re.search(rf">{re.escape(title)}: ", p) and "recovery-" in p]
    data = json.loads(re.search(r'json"[^>]*>(.*?)</script>', parts[0], re.DOTALL)[1])  # type: ignore[index]
    (line,) = [trace for trace in data["data"] if trace["name"] == "Left"]
    expected = {}
    for day, one in told.days.items():
        both = {m["side"]: m["value"] for m in one["metrics"] if m["name"] == name}
        if not one.get("missing") and both.get("left") is not None and both.get("right"):
            expected[day] = 100 * (1 - both["left"] / both["right"])
    assert dict(zip(line["x"], line["y"], strict=True)) == {d: pytest.approx(v, abs=0.005) for d, v in expected.items()}
    cells = {row[0]: row[1] for row in table_after(parts[0], "<details>")[1:]}
    assert cells.keys() == expected.keys() and all(same(cells[day], value) for day, value in expected.items())


REPORTED = [m.name for m in DAY_MEASURES if m.how != "test" and (m.root or m.name in ("speed_mps", "cadence_spm"))]


@pytest.mark.parametrize("name", REPORTED)
def test_every_number_of_the_report_is_the_stores(told: Told, name: str) -> None:
    head, *rows = table_after(told.report, "Numbers of the days")
    mine = {row[1]: dict(zip(head, row, strict=True)) for row in rows if row[0] == metric_words(name).title}
    assert list(mine) == [(side or "both legs").capitalize() for side in told.sides(name)]
    for side in told.sides(name):
        row = mine[(side or "both legs").capitalize()]
        known = {d: v for d in sorted(told.days) if d >= FIRST_DAY and (v := told.value(name, side, d)) is not None}
        first, last = min(known), max(known)
        assert same(row["First day"], known[first]) and row["First day"].endswith(f"({first[5:]})")
        assert same(row["Last day"], known[last]) and row["Last day"].endswith(f"({last[5:]})")
        assert same(row["Median"], median(known.values())) and row["Days"] == str(len(known))


def test_the_reports_coverage_is_the_stores(told: Told) -> None:
    good = [day for name, day in told.days.items() if name >= FIRST_DAY and not day.get("missing")]
    said = words_of(told.report)
    hours = sum(day["worn_h"] for day in good) / len(good)
    left, right = (sum(dict(day["strides"])[side] for day in good) for side in SIDES)
    assert f"{len(good)} of {COUNT - 2} days count: worn {hours:.1f} h a day, {left} left and {right} right" in said


def test_a_number_that_is_another_is_found(told: Told) -> None:
    """That the comparison can fail: one value of the store changed, and the page no longer agrees."""
    name = next(name for name in REPORTED if MEASURES[name].speed is None)
    day = max(day for day in told.days if told.value(name, "left", day) is not None)
    metrics = [
        m | ({"value": m["value"] + 0.2} if m["name"] == name and m["value"] else {}) for m in told.days[day]["metrics"]
    ]
    other = replace(told, days=told.days | {day: told.days[day] | {"metrics": metrics}})
    for check in (
        test_every_charts_points_table_and_sentence_are_the_stores,
        test_every_number_of_the_report_is_the_stores,
    ):
        with pytest.raises(AssertionError):
            check(other, name)
