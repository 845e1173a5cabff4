"""Judging incidents: kept with name and time, the last word stands; shares are told with what chance leaves open."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DatabaseError

import story
from surefoot.alerts.bodies import IncidentBody
from surefoot.pipeline.store import Store, open_store
from surefoot.records import Incident, Judgement
from surefoot.web.app import make_app
from surefoot.web.judging import precision

GATEWAY = "11111111-2222-4333-8444-555555555555"
NOW_S = story.day_s(10)
HERE = "http://127.0.0.1"


@pytest.fixture
def clinic(tmp_path: Path) -> Iterator[Store]:
    store = open_store(f"sqlite:///{tmp_path}/clinic.sqlite")
    yield store
    store.close()


@pytest.fixture
def home(clinic: Store) -> story.Home:
    made = story.Home(GATEWAY)
    made.live(clinic, NOW_S, story.days(3))
    return made


@pytest.fixture
def fell(clinic: Store, home: story.Home) -> Incident:
    found = story.incident(story.day_s(2) + 36000.25)
    home.tell(clinic, NOW_S, IncidentBody.of(found))
    return found


def ask(clinic: Store, method: str, path: str, form: dict[str, str] | None = None) -> httpx.Response:
    async def asked() -> httpx.Response:
        transport = httpx.ASGITransport(make_app(clinic, lambda: NOW_S))
        async with httpx.AsyncClient(transport=transport, base_url=HERE, follow_redirects=True) as client:
            return await client.request(method, path, data=form, headers={"origin": HERE})

    return asyncio.run(asked())


def form(incident: Incident, verdict: str = "real", who: str = "T. Herapist", **more: str) -> dict[str, str]:
    named = {
        "gateway": GATEWAY,
        "kind": incident.kind,
        "side": incident.side or "both",
        "start": repr(incident.start_s),
    }
    return named | {"verdict": verdict, "who": who} | more


def test_the_last_word_stands_and_none_is_lost(clinic: Store, fell: Incident) -> None:
    first = ask(clinic, "POST", "/judge", form(fell, "real"))
    assert "Stored below with your name and the time." in first.text
    second = ask(clinic, "POST", "/judge", form(fell, "not_real", "Dr. B", note="she sat down"))
    said = " ".join(re.sub(r"<[^>]*>", " ", second.text).split())
    assert "Not real , says Dr. B" in said
    assert "she sat down" in said
    assert "Said before: Real, says T. Herapist" in said
    assert [one.verdict for one in clinic.judgements.of(GATEWAY, fell)] == ["real", "not_real"]
    assert [one.verdict for _, one in clinic.judgements.standing()] == ["not_real"]


@pytest.mark.parametrize(
    ("change", "status"),
    [({"who": " "}, 400), ({"verdict": "maybe"}, 400), ({"start": "1.5"}, 404), ({"start": "nan"}, 404),
     ({"gateway": "nobody"}, 404), ({"side": "right"}, 404), ({"note": "x" * 1001}, 400)],
)  # fmt: skip
def test_what_cannot_be_kept_is_refused(clinic: Store, fell: Incident, change: dict[str, str], status: int) -> None:
    assert ask(clinic, "POST", "/judge", form(fell) | change).status_code == status
    assert clinic.judgements.standing() == []


def test_the_database_refuses_to_change_what_was_said(clinic: Store, fell: Incident, tmp_path: Path) -> None:
    clinic.judgements.say(GATEWAY, Judgement("giving_way", "left", fell.start_s, "probable", "real", "A", NOW_S))
    engine = create_engine(f"sqlite:///{tmp_path}/clinic.sqlite")
    for change in ("UPDATE judgements SET verdict = 'not_real'", "DELETE FROM judgements"):
        with pytest.raises(DatabaseError, match="append-only"), engine.begin() as connection:
            connection.execute(text(change))
    engine.dispose()


def test_a_share_is_told_with_what_chance_leaves_open_and_not_from_few() -> None:
    def judged(many: int, verdict: str, certainty: str = "probable") -> list[tuple[str, Judgement]]:
        said = [Judgement("stumble", "left", float(k), certainty, verdict, "A", 0.0) for k in range(many)]  # type: ignore[arg-type]
        return [(GATEWAY, one) for one in said]

    rows = precision([*judged(8, "real"), *judged(2, "not_real"), *judged(3, "unsure"), *judged(4, "real", "possible")])
    assert rows[0] == ("stumble-like event", "probable", "8", "2", "3", "80% (49 to 94%)")
    assert rows[1] == ("stumble-like event", "possible", "4", "0", "0", "cannot say: 4 of at least 5 judged")


def test_the_page_tells_how_many_nobody_judged(clinic: Store, fell: Incident) -> None:
    page = " ".join(re.sub(r"<[^>]*>", " ", ask(clinic, "GET", "/precision").text).split())
    assert "Nobody has judged an incident yet." in page
    assert "giving-way-like event 1 0" in page
    ask(clinic, "POST", "/judge", form(fell, "unsure"))
    page = " ".join(re.sub(r"<[^>]*>", " ", ask(clinic, "GET", "/precision").text).split())
    assert "giving-way-like event probable 0 0 1 cannot say: 0 of at least 5 judged" in page
    assert "giving-way-like event 1 1" in page


def test_judgements_know_their_incident_among_others_of_the_same_moment(
    clinic: Store, home: story.Home, fell: Incident
) -> None:
    other = story.incident(fell.start_s, kind="stumble")
    home.tell(clinic, NOW_S, IncidentBody.of(other))
    ask(clinic, "POST", "/judge", form(other, "real"))
    assert clinic.judgements.of(GATEWAY, fell) == []
    assert len(clinic.judgements.of(GATEWAY, other)) == 1
