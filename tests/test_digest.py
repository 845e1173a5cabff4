"""The weekly digest: one paragraph for each patient, what is worth reading first, and who is told that it is there."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from sqlalchemy import event

import made
import story
from broker import mosquitto
from made import HOME
from story import EMPTY, NEW, SILENT, STEADY, WEAK, day_s
from surefoot.alerts.bodies import CheckInBody, ConfirmationBody, DayBody
from surefoot.alerts.mqtt import Link, LinkParams
from surefoot.alerts.notice import Notice, notice_topic
from surefoot.cli.clinic import clinic as clinic_verb
from surefoot.pipeline.clinic import ClinicParams, serve
from surefoot.pipeline.digest import Week, weeks
from surefoot.pipeline.store import Store, open_store
from surefoot.pipeline.weekly import WeeklyParams, due
from surefoot.records import Affected, Baseline, CheckIn, Limits, Treatment, Trend
from surefoot.web.digest import digest, paragraph
from test_recovering import behind, stays
from test_web import Reader, text

LAST = "2026-01-28"
MONDAY_S = datetime(2026, 2, 2, 7, 0, tzinfo=UTC).timestamp()


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = story.filled(tmp_path_factory.mktemp("clinic"))
    yield store
    store.close()


@pytest.fixture
def one(tmp_path: Path) -> Iterator[Store]:
    store = open_store(f"sqlite:///{tmp_path}/clinic.sqlite")
    yield store
    store.close()


def of(store: Store, gateway: str = HOME, last: str = LAST) -> Week:
    (patient,) = [known for known in store.patients() if known.gateway == gateway]
    return weeks(store, [patient], last)[0]


def test_every_patient_has_one_paragraph_and_news_come_first(month: Store) -> None:
    found = digest(month, LAST)
    assert {known.gateway for known in found} == {WEAK, STEADY, NEW, SILENT, EMPTY}
    assert [known.worth_reading for known in found] == sorted((k.worth_reading for k in found), reverse=True)
    told = {known.gateway: known.text for known in found}
    assert "OPEN T3 (urgent) since 2026-01-24" in told[WEAK]
    assert "Left leg, foot lifting (L5 pattern), went worse" in told[WEAK]
    assert "1 event that may have been giving way, unanswered (left; T1)." in told[WEAK]
    assert "No open alert." in told[STEADY]
    assert "No root's chart moved by 2 spreads or more" in told[STEADY]
    assert "Not compared with own normal yet." in told[NEW]
    assert told[EMPTY].startswith("NOT MONITORED from 2026-01-22 to 2026-01-28: no day counts")
    assert {known.gateway for known in found if not known.worth_reading} >= {STEADY}


def test_its_numbers_are_those_of_the_store(month: Store) -> None:
    found = of(month, STEADY)
    days = month.days(STEADY)[-7:]
    assert [day.day for day in found.days] == [day.day for day in days]
    strides = sum(many for day in days for _, many in day.strides)
    assert f"{strides:,} strides." in paragraph(found).text


def test_a_week_long_ago_is_still_told(month: Store) -> None:
    found = of(month, STEADY, "2026-01-10")
    assert [day.day for day in found.days] == [f"2026-01-{day:02d}" for day in range(4, 11)]


def test_many_patients_cost_no_more_questions_than_one(month: Store) -> None:
    asked: list[str] = []
    event.listen(month._engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    patients = month.patients()
    counts = []
    for some in (patients[:1], patients):
        asked.clear()
        assert len(weeks(month, some, LAST)) == len(some)
        counts.append(len(asked))
    assert counts[0] == counts[1] > 3


def chart(day: str, state: str, z: float = 0.5, shift: float = 3.6) -> Trend:
    normal = Baseline(0.0, 1.0, 14, "2026-01-01", "2026-01-14", False)
    return Trend(day, "left", "l5_composite", state, z, normal, z, shift, 1.0, 0.5)


@pytest.mark.parametrize(
    ("states", "told"),
    [
        ({"2026-01-18": "watch"}, True),
        ({"2026-01-14": "watch"}, False),  # a T1 expires after a fortnight
        ({"2026-01-18": "watch", "2026-01-20": "worse"}, False),  # that is an alert's
        ({"2026-01-18": "watch", "2026-01-20": "quiet"}, True),
    ],
)
def test_a_chart_that_nears_its_limit_is_told_for_a_fortnight(one: Store, states: dict[str, str], told: bool) -> None:
    days = {day.day: day for day in story.days(28)}
    bodies = [DayBody.of_day(days[name], (chart(name, state),)) for name, state in states.items()]
    story.Home(HOME).tell(one, day_s(28), *bodies)
    assert ("Nearing its limit (T1" in paragraph(of(one)).text) is told


def test_pain_red_flags_treatments_and_orders_are_told(one: Store) -> None:
    home = story.Home(HOME)
    home.tell(one, day_s(28), *(DayBody.of_day(day, ()) for day in story.days(28)))
    assert not of(one).worth_reading
    told = [CheckIn(LAST, day_s(27) + k, "patient", pain, ("saddle_numbness",)) for k, pain in enumerate((2, 5))]
    home.tell(one, day_s(28), *map(CheckInBody.of, told))
    given = one.orders.give(HOME, Limits(chart_review=4.5), "Ann", day_s(27), LAST)
    refused = ConfirmationBody(order_id=given.order.order_id, verdict="refused", at_s=day_s(27), reason="not now")
    home.tell(one, day_s(28), refused)
    one.orders.give(HOME, Treatment("injection", LAST), "Ann", day_s(27), LAST)
    words = paragraph(of(one)).text
    assert "Pain 2 to 5 of 10 in 2 check-ins." in words
    assert "RED FLAGS told: numbness between the legs." in words
    assert "Refused by the home: Limits: a root's chart: review (T2) 4.5 standard errors" in words
    assert "Not yet confirmed by the home: Injection, first day 2026-01-28." in words


def test_no_improvement_at_six_weeks_is_a_finding_of_the_digest(one: Store) -> None:
    home, days = story.Home(HOME), behind(stays)
    home.tell(one, day_s(50), *(DayBody.of_day(day, ()) for day in days))
    given = one.orders.give(HOME, Affected("left", days[0].day), "Ann", day_s(1), days[1].day)
    home.tell(one, day_s(50), ConfirmationBody(order_id=given.order.order_id, verdict="applied", at_s=day_s(2)))
    words = paragraph(of(one, last=days[-1].day)).text
    assert "Recovery, push-off: plateau" in words
    assert "FINDING: no improvement at six weeks or later" in words


# ---- who is told


def test_the_therapists_are_told_once_a_week_on_monday_morning(month: Store, tmp_path: Path) -> None:
    params = WeeklyParams(("Ann",), zone=ZoneInfo("UTC"))
    assert due(month, MONDAY_S - 1, params) is None or due(month, MONDAY_S - 1, params).monday == "2026-01-26"
    found = due(month, MONDAY_S + 3600, params)
    assert found is not None
    assert (found.notice.tier, found.notice.to, found.notice.gateway) == ("T1", ("Ann",), None)
    assert "The digest of the week up to 2026-02-01 can be read: 5 patients" in found.notice.sentence
    month.orders.tell_of_week(found.monday, MONDAY_S, ("Ann",))
    assert due(month, MONDAY_S + 86400, params) is None
    assert due(month, MONDAY_S + 21 * 86400, params) is None  # nobody has worn anything since


def test_the_notice_goes_out_over_a_real_broker_and_only_once(tmp_path: Path, one: Store) -> None:
    now = time.time()
    today = datetime.fromtimestamp(now, UTC)
    back = today.timestamp() - (today.weekday() + 1) * 86400
    day = replace(made.day(1), day=datetime.fromtimestamp(back, UTC).date().isoformat())
    story.Home(HOME).tell(one, now, DayBody.of_day(day, ()))
    heard: list[Notice] = []

    async def run() -> None:
        quick = LinkParams(timeout_s=2.0, first_wait_s=0.02, longest_wait_s=0.1)
        listening = asyncio.Event()

        async def listen(session) -> None:
            await session.subscribe(notice_topic("clinical"))
            listening.set()
            async for batch in session.batches(9):
                heard.extend(Notice.model_validate_json(got.payload) for got in batch)

        async with asyncio.TaskGroup() as tasks:
            pager = tasks.create_task(Link(broker.url, "pager", params=quick).keep(listen))
            await listening.wait()
            params = ClinicParams(look_s=0.1, weekly_s=0.1, weekly=WeeklyParams(("Ann",), hour=0))
            clinic = tasks.create_task(serve(one, Link(broker.url, "clinic", params=quick), time.time, params))
            async with asyncio.timeout(120):
                while not heard:
                    await asyncio.sleep(0.05)
            await asyncio.sleep(0.5)
            for task in (pager, clinic):
                task.cancel()

    with mosquitto(tmp_path) as broker:
        asyncio.run(run())
    assert [notice.kind for notice in heard] == ["weekly_digest"]


# ---- as it is read


def test_the_page_and_the_command_tell_the_same(month: Store, tmp_path: Path) -> None:
    page = text(Reader(month).get(f"/digest?to={LAST}"))
    url = str(month._engine.url)
    done = CliRunner().invoke(clinic_verb, ["digest", "--to", LAST, "--json", "--database", url])
    assert done.exit_code == 0, done.output
    rows = [json.loads(line) for line in done.output.splitlines()]
    assert len(rows) == 5
    for row in rows:
        assert " ".join(row["text"].split()) in page
    news = CliRunner().invoke(clinic_verb, ["digest", "--to", LAST, "--only-news", "--json", "--database", url])
    assert len(news.output.splitlines()) == sum(row["news"] for row in rows) < 5
    assert "The week before" in page
    assert Reader(month).get("/digest?to=nonsense").status_code == 200
