"""The list of many patients: found by name, arrows per root and leg, and everything the same as asked one by one."""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path

import httpx
import pytest

import story
from surefoot.alerts.bodies import BoutBody, DayBody
from surefoot.alerts.messages import up_payload, up_topic
from surefoot.alerts.mqtt import Received
from surefoot.pipeline.clinic import take
from surefoot.pipeline.store import Store, open_store
from surefoot.records import Bout, Trend
from surefoot.web.app import make_app
from surefoot.web.desk import MANY_PATIENTS
from surefoot.web.listing import rows_of
from surefoot.web.patients import Row, courses

NOW_S = story.day_s(28) + 60.0


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = story.filled(tmp_path_factory.mktemp("clinic"))
    yield store
    store.close()


def fetched(store: Store, path: str) -> str:
    async def asked() -> str:
        transport = httpx.ASGITransport(make_app(store, lambda: NOW_S))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return (await client.get(path)).text

    return asyncio.run(asked())


def listed(store: Store, path: str = "/") -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", fetched(store, path))).split())


def test_asked_at_once_trends_are_those_asked_one_by_one(filled: Store) -> None:
    last = {one.gateway: one.last_day.day for one in filled.patients() if one.last_day}
    assert len(last) >= 3
    for gateway, found in filled.lists.trends_on(last).items():
        assert found == filled.trends(gateway, day=last[gateway])
        assert found


def test_asked_at_once_a_week_is_what_is_asked_one_by_one(filled: Store) -> None:
    homes, first, last = list(filled.homes()), "2026-01-10", "2026-01-28"
    asked, metrics = filled.lists, ("l5_composite", "s1_composite")
    days = asked.days_between(homes, first, last)
    trends = asked.trends_between(homes, first, last, metrics)
    told = asked.check_ins_between(homes, first, last)
    begun = asked.treatments_between(homes, first, last)
    happened = asked.incidents_between(homes, story.day_s(9), story.day_s(28), ("giving_way",))
    answers = asked.answers_between(homes, 0.0, 1e12)
    for home in homes:
        diary, incidents = filled.diary, filled.incidents(home, story.day_s(9), story.day_s(28))
        assert days[home] == [one for one in filled.days(home) if first <= one.day <= last]
        assert trends[home] == [t for t in filled.trends(home, since=first) if t.day <= last and t.metric in metrics]
        assert told[home] == [one for one in diary.check_ins(home) if first <= one.day <= last]
        assert begun[home] == [one for one in diary.treatments(home) if first <= one.day <= last]
        assert happened[home] == [one for one in incidents if one.kind == "giving_way"]
        assert answers[home] == filled.answers(home)
    assert all(any(found.values()) for found in (days, trends, happened))


def test_the_heads_of_incidents_are_the_incidents_without_their_raw_signal(filled: Store) -> None:
    for one in filled.patients():
        whole, heads = filled.incidents(one.gateway), filled.lists.incident_heads(one.gateway)
        assert heads == whole  # what is compared leaves the raw signal out
        assert all(head.snippet == () for head in heads)


def test_trends_since_a_day_are_the_last_of_all(filled: Store) -> None:
    gateway = filled.patients()[0].gateway
    assert filled.trends(gateway, since="2026-01-20") == [t for t in filled.trends(gateway) if t.day >= "2026-01-20"]


@pytest.mark.parametrize(("asked", "found"), [("p-0", 4), ("P-02", 1), ("0a1b", 1), ("nobody", 0), ("", 5), ("%", 0)])
def test_a_patient_is_found_by_label_or_home(filled: Store, asked: str, found: int) -> None:
    page = listed(filled, f"/?q={asked.replace('%', '%25')}")
    assert page.count("Last heard") == found
    if asked:
        assert f"{found} of 5 patients found." in page


@pytest.mark.parametrize("many", [MANY_PATIENTS, MANY_PATIENTS + 1])
def test_of_many_patients_each_has_the_form_of_its_label_one_click_away(tmp_path: Path, many: int) -> None:
    store = open_store(f"sqlite:///{tmp_path}/clinic.sqlite")
    homes = [str(uuid.UUID(int=k << 96, version=4)) for k in range(1, many + 1)]
    for home in homes:
        story.Home(home).sign_of_life(store, NOW_S)
    forms = fetched(store, "/").count('action="/label"')
    links = re.findall(r'href="(/\?q=[^"]*)">Label this patient', fetched(store, "/"))
    assert (forms, len(links)) == ((many, 0) if many <= MANY_PATIENTS else (0, many))
    for link in links[:1]:
        alone = fetched(store, link)
        assert alone.count('action="/label"') == 1
        assert f'name="gateway" value="{link.partition("=")[2]}"' in alone
        assert '<details class="name" open>' in alone
    store.close()


def test_arrows_say_where_each_leg_stands_in_words_too(filled: Store) -> None:
    page = listed(filled, "/?q=P-01")
    left, _, right = page.replace(" ,", ",").partition("Left: ")[2].partition("Right: ")
    assert left.startswith("L4 \u2192 as usual, L5 \u21ca much weaker, S1 ")
    assert right.startswith("L4 \u2192 as usual, L5 \u2192 as usual, S1 \u2192 as usual")
    assert "as usual" not in listed(filled, "/?q=P-03")  # it is still learnt what is normal there


def test_a_day_that_is_still_to_come_is_nobodys_newest(tmp_path: Path) -> None:
    """A home whose clock stood ten years ahead for a day: the list and the page say what holds now."""
    store, ahead_s = story.filled(tmp_path), 3652 * story.DAY_S
    before, page = rows_of(store, store.patients(), NOW_S), fetched(store, f"/patients/{story.WEAK}")
    for home in (story.WEAK, story.STEADY):
        last = store.days(home)[-1]
        strange = replace(last, day="2036-01-28", start_s=last.start_s + ahead_s, end_s=last.end_s + ahead_s)
        body = DayBody.of_day(strange, (Trend(strange.day, "left", "l5_composite", "quiet"),))
        payload = up_payload(home, 900_000, "day", body.json_text())
        take(store, [Received(up_topic(home, "day"), payload)], NOW_S)

    def says(rows: list[Row]) -> dict[str, object]:
        return {one.patient.gateway: (one.courses, one.watch.worn, one.watch.gap, one.verdict) for one in rows}

    assert says(rows_of(store, store.patients(), NOW_S)) == says(before)
    changed = set(fetched(store, f"/patients/{story.WEAK}").splitlines()) - set(page.splitlines())
    assert all("Last heard" in line or "edition" in line for line in changed), changed
    store.close()


def test_what_cannot_be_said_has_no_arrow_up_or_down() -> None:
    said = [
        Trend("2026-01-01", "left", "l5_composite", "cannot_say", reason="too few"),
        Trend("2026-01-01", "right", "l5_composite", "quiet"),
    ]
    assert [(one.side, one.arrow, one.word) for one in courses(said)] == [
        ("left", "?", "cannot say"),
        ("right", "\u2192", "as usual"),
    ]
    assert courses(said[:1]) == ()


def test_that_the_sensors_are_worn_today_is_seen_by_the_walking_of_today(tmp_path: Path) -> None:
    store, now_s = open_store(f"sqlite:///{tmp_path}/clinic.sqlite"), story.day_s(3) + 40_000.0
    walked, lay = story.Home(story.WEAK), story.Home(story.STEADY)
    lasted = (Bout(now_s - 25 * 3600, now_s - 24.9 * 3600, 90, 90), Bout(now_s - 9000.0, now_s - 8400.0, 300, 300))
    walked.tell(store, now_s - 60.0, *map(BoutBody.of, lasted))
    lay.tell(store, now_s - 60.0, BoutBody.of(lasted[0]))
    told = {one.patient.gateway: one.watch.walked for one in rows_of(store, store.patients(), now_s)}
    assert told == {story.WEAK: "10 minutes, last 2 hours ago", story.STEADY: "no walking has arrived"}
    walked.tell(store, now_s, BoutBody.of(Bout(now_s - 400.0, now_s - 100.0, 150, 150)))
    (row,) = [one for one in rows_of(store, store.patients(), now_s) if one.patient.gateway == story.WEAK]
    assert row.watch.walked == "15 minutes, last 1 minute ago"
    (later,) = [one for one in rows_of(store, store.patients(), now_s + 90_000.0) if one.patient.gateway == story.WEAK]
    assert later.watch.walked == "no walking has arrived"
    store.close()
