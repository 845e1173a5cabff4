"""The report: two pages, the charts' own numbers, and words where there is nothing to show."""

from __future__ import annotations

import asyncio
import io
import re
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest
from pypdf import PdfReader

import story
from surefoot.alerts.bodies import AlertBody, CheckInBody, DayBody, IncidentBody, TestBody, TreatmentBody
from surefoot.cli.main import main
from surefoot.cli.report import named
from surefoot.pipeline.measures import DAY_MEASURES
from surefoot.pipeline.store import Patient, Store, StoreError, open_store
from surefoot.records import CheckIn, TestResult, Treatment
from surefoot.web import paper
from surefoot.web.annotations import annotations
from surefoot.web.app import make_app
from surefoot.web.charts import charts
from surefoot.web.report import NoReport, Report, report
from surefoot.web.reporttables import MOST_ALERTS
from surefoot.web.words import metric_words

NOW_S = story.day_s(28) + 3600.0
GATEWAY = "11111111-2222-4333-8444-555555555555"


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = story.filled(tmp_path_factory.mktemp("clinic"))
    yield store
    store.close()


@pytest.fixture
def clinic(tmp_path: Path) -> Iterator[Store]:
    store = open_store(f"sqlite:///{tmp_path}/clinic.sqlite")
    yield store
    store.close()


def patient(store: Store, label: str = "") -> Patient:
    return next(one for one in store.patients() if not label or one.label == label)


def made(store: Store, label: str = "", first: str | None = None, last: str | None = None) -> Report:
    return report(store, patient(store, label), first, last, NOW_S, None)


def pages(content: bytes) -> list[str]:
    return [" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(content)).pages]


def shown(text: str) -> str:
    bare = unescape(re.sub(r"<[^>]*>", " ", re.sub(r"<(style|svg).*?</\1>", "", text, flags=re.DOTALL)))
    return " ".join(bare.split())


def test_every_number_is_the_stores(filled: Store) -> None:
    found = made(filled, "P-01")
    days = {day.day: day for day in filled.days(patient(filled, "P-01").gateway)}
    titles = {metric_words(one.name).title: one for one in DAY_MEASURES}
    checked = 0
    for title, leg, normal, first, last, _median, many, _judged in found.tables[0].rows:
        measure = titles[title]
        if measure.speed is not None or measure.how == "score":  # told as it was judged: the next test
            continue
        side = {"Left": "left", "Right": "right", "Both legs": None}[leg]
        known = {
            name: m.value for name, day in days.items() if not day.missing and (m := day.metric(side, measure.name))
        }
        words = metric_words(measure.name)
        assert first.startswith(words.say(known[min(known)]))
        assert last.startswith(words.say(known[max(known)]))
        assert many == str(len(known))
        trends = [t for t in filled.trends(patient(filled, "P-01").gateway, measure.name, side) if t.baseline]
        assert normal == f"{words.say(trends[-1].baseline.centre)} ± {words.say(trends[-1].baseline.spread)}"
        checked += 1
    assert checked >= 8


def test_numbers_compared_at_the_usual_speed_are_told_as_they_were_judged(filled: Store) -> None:
    found, gateway = made(filled, "P-01"), patient(filled, "P-01").gateway
    row = next(row for row in found.tables[0].rows if row[:2] == ("Push-off", "Left"))
    judged = {t.day: t.value for t in filled.trends(gateway, "push_off_rate_dps", "left") if t.value is not None}
    assert row[4].startswith(metric_words("push_off_rate_dps").say(judged[max(judged)]))


def test_its_charts_are_those_of_the_patients_page(filled: Store) -> None:
    one = patient(filled, "P-01")
    marks = annotations(filled, one.gateway, filled.days(one.gateway), filled.alerts(one.gateway), ZoneInfo("UTC"))
    assert any(mark.kind == "alert" for mark in marks)
    page = {chart.name: chart for chart in charts(filled.days(one.gateway), filled.trends(one.gateway), marks)}
    for chart in made(filled, "P-01").charts:
        assert (chart.figure, chart.rows, chart.says) == (
            page[chart.name].figure, page[chart.name].rows, page[chart.name].says,
        )  # fmt: skip


def test_a_pdf_is_two_tagged_pages_with_all_that_the_web_page_says(filled: Store) -> None:
    found = made(filled, "P-01")
    content = paper.pdf(found)
    read = PdfReader(io.BytesIO(content))
    assert len(read.pages) == 2
    assert read.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert read.metadata is not None and read.metadata.title == found.title
    both = " ".join(pages(content))
    for told in (found.sentence, found.coverage, found.limits, found.generated, found.version):
        assert told.replace("\N{NO-BREAK SPACE}", " ") in both.replace("\N{NO-BREAK SPACE}", " ")
    on_the_page = shown(paper.html(found)).replace("\N{NO-BREAK SPACE}", " ")
    for row in found.tables[0].rows:
        for cell in row:
            assert cell.replace("\N{NO-BREAK SPACE}", " ") in on_the_page
    assert "<script" not in paper.html(found)
    assert "http" not in re.sub(r'(xmlns|xmlns:\w+)="[^"]*"', "", paper.html(found)).replace("http-equiv", "")


def test_however_much_there_is_two_pages_hold_it_and_what_is_left_out_is_said(clinic: Store) -> None:
    home = story.Home(GATEWAY)
    lived = story.days(40, weak_from=20)
    alerts = home.live(clinic, NOW_S, lived)
    long = "Left leg weaker: " + "push-off 18 % below own normal on 3 of 3 worn days; " * 6
    for number_ in range(12):
        again = replace(alerts[0], alert_id=f"a{number_}", day=lived[30].day, sentence=long)
        home.tell(clinic, NOW_S, AlertBody.of(again))
        start_s = lived[35].start_s + number_ * 600.0
        told = TestResult(
            "heel_rise", "left", start_s, start_s + 30, None, "rises", 0.0, "the heel hardly left the floor"
        )
        home.tell(clinic, NOW_S, TestBody.of(told), TreatmentBody.of(Treatment("injection", lived[number_].day)))
        home.tell(
            clinic, NOW_S, CheckInBody.of(CheckIn(lived[number_].day, start_s, "patient", 3, ("saddle_numbness",)))
        )
    for kind in ("giving_way", "stumble", "fall", "foot_drop"):
        for certainty in ("probable", "possible"):
            home.tell(clinic, NOW_S, IncidentBody.of(story.incident(lived[36].start_s, certainty, kind)))
    found = made(clinic)
    found = report(clinic, patient(clinic), lived[0].day, lived[-1].day, NOW_S, None)
    told = pages(paper.pdf(found))
    assert len(told) == 2
    assert len(found.tables[1].rows) == MOST_ALERTS
    assert re.search(r"and \d+ older alerts, on the patient.s page", told[1])
    assert "and 4 earlier tests, on the patient" in told[1]
    assert "numbness between the legs 12 times" in told[1]


def test_days_that_never_came_are_told_and_no_day_is_a_zero(clinic: Store) -> None:
    home = story.Home(GATEWAY)
    home.live(clinic, NOW_S, story.days(20, gone=(5, 6)))
    found = made(clinic, first="2026-01-01", last="2026-01-28")
    assert found.coverage.startswith("18 of 28 days count: worn ")
    assert found.coverage.endswith("2 had too little wear; of 8 nothing has arrived.")


def test_a_day_that_is_still_to_come_is_not_the_last(clinic: Store) -> None:
    """A home whose clock stood years ahead for a day: the report is of the last weeks all the same."""
    lived = story.days(28)
    strange = replace(lived[-1], day="2036-01-28", start_s=lived[-1].start_s + 3e8, end_s=lived[-1].end_s + 3e8)
    home = story.Home(story.STEADY)
    home.tell(clinic, NOW_S, *(DayBody.of_day(day, ()) for day in [*lived, strange]))
    told = made(clinic)
    assert (told.first_day, told.last_day) == (lived[0].day, lived[-1].day)


def test_a_range_without_a_day_says_that_nothing_can_be_said(filled: Store) -> None:
    found = made(filled, "P-01", "2025-03-01", "2025-03-10")
    assert found.sentence == "No day of this range has arrived: nothing can be said about it."
    assert found.coverage == "0 of 10 days count; of 10 nothing has arrived."
    assert not found.charts
    assert len(pages(paper.pdf(found))) == 1
    assert "There is nothing to draw" in shown(paper.html(found)) or "there is nothing to draw" in shown(
        paper.html(found)
    )


def test_a_patient_who_was_monitored_then_is_not_told_to_be_silent_now(clinic: Store) -> None:
    home = story.Home(GATEWAY)
    home.live(clinic, story.day_s(30), story.days(30))
    late_s = story.day_s(40)
    then = report(clinic, patient(clinic), None, "2026-01-20", late_s, None)
    now = report(clinic, patient(clinic), None, None, late_s, None)
    assert "Not monitored" not in then.sentence
    assert now.sentence.startswith("Not monitored: nothing heard from the home")


@pytest.mark.parametrize("label", ["<script>alert(1)</script> & Co", "Zoë Łukasz Ñandú", "Ольга", "山田", "a\u202eb"])
def test_any_name_can_stand_on_it(clinic: Store, label: str) -> None:
    home = story.Home(GATEWAY)
    home.live(clinic, NOW_S, story.days(3))
    clinic.label_patient(GATEWAY, label)
    found = made(clinic)
    assert "<script" not in paper.html(found)
    assert label in unescape(paper.html(found))
    assert paper.pdf(found).startswith(b"%PDF")


def test_ranges_that_are_none_are_refused_in_words(filled: Store) -> None:
    with pytest.raises(NoReport, match="2026-01-09 is after 2026-01-02"):
        made(filled, "P-01", "2026-01-09", "2026-01-02")
    with pytest.raises(NoReport, match="180 at most"):
        made(filled, "P-01", "2025-01-01", "2026-01-02")


def test_the_pages_give_it_too(filled: Store) -> None:
    gateway = patient(filled, "P-01").gateway
    app = make_app(filled, lambda: NOW_S)

    def get(path: str) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(app=app)
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as reader:
                return await reader.get(path)

        return asyncio.run(ask())

    page = get(f"/patients/{gateway}/report?first=2026-01-05&last=2026-01-20")
    assert "P-01, 2026-01-05 to 2026-01-20" in page.text
    printed = get(f"/patients/{gateway}/report.pdf")
    assert printed.headers["content-type"] == "application/pdf"
    assert printed.content.startswith(b"%PDF")
    assert get(f"/patients/{gateway}/report?first=soon").status_code == 400
    assert get("/patients/nobody/report").status_code == 404


def test_the_verb_names_its_file_and_says_whom_it_knows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    store = story.filled(tmp_path)
    store.close()
    with pytest.raises(SystemExit) as ended:
        main(["report", "p-01", "--store", "clinic.sqlite", "--pdf"])
    assert ended.value.code == 0
    assert Path("surefoot-P-01-2026-01-01-2026-01-28.pdf").read_bytes().startswith(b"%PDF")
    with pytest.raises(SystemExit):
        main(["report", "p-01", "--store", "clinic.sqlite", "--html", "--language", "de"])
    page = Path("surefoot-P-01-2026-01-01-2026-01-28.html").read_text()
    assert '<html lang="de">' in page and "Bericht zur Beinkraft: P-01, 01.01.2026 bis 28.01.2026" in page
    with pytest.raises(SystemExit) as ended:
        main(["report", "P-77", "--store", "clinic.sqlite"])
    assert ended.value.code == 1
    assert "No patients are called 'P-77'. Nothing was written. Name one: P-01, P-02" in capsys.readouterr().err


def test_of_many_patients_a_few_are_named_those_first_who_may_be_meant(clinic: Store) -> None:
    for n in range(30):
        story.Home(f"{n:08x}{GATEWAY[8:]}").sign_of_life(clinic, NOW_S)
        clinic.label_patient(f"{n:08x}{GATEWAY[8:]}", f"P-{n:02}")
    with pytest.raises(StoreError) as refused:
        named(clinic, "")
    assert refused.value.remedy.endswith("P-09 and 20 more.")
    with pytest.raises(StoreError) as refused:
        named(clinic, "p-1")
    assert refused.value.remedy == "Name one: " + ", ".join(f"P-{n}" for n in range(10, 20)) + "."
