"""The question about a sudden change: on the patient's page while an answer helps; what each answer does."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from story import NOW_S
from surefoot.cli.board import Board
from surefoot.cli.gateway import Gateway
from surefoot.cli.nowfile import home_now
from surefoot.config import load_config
from surefoot.pipeline.acute import Sudden
from surefoot.pipeline.ring import Ring
from surefoot.pipeline.store import Store, open_store
from surefoot.pipeline.suddenask import ASK_S, SETTING, SuddenQuestion, denied, deny, question, still_open
from surefoot.records import Aid, Trend
from surefoot.web.homeapp import make_home_app
from surefoot.web.homenow import HomeNow, read_now, write_now
from test_acute import DAY_S, Life
from test_web import HERE, text
from weeks import findings

UTC = ZoneInfo("UTC")
TODAY = "2026-01-29"
CHART = Trend(TODAY, "left", "l5_composite", "much_worse", 6.0, change=6.0, strides=150)
SUDDEN = Sudden("l5", "left", NOW_S - 3600.0, NOW_S - 60.0, False, CHART, ())
TITLE = "Is it because of a brace, a stick or other shoes?"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Store]:
    store = open_store(f"sqlite:///{tmp_path}/home.sqlite")
    yield store
    store.close()


def page(home: Store, form: dict[str, str] | None = None, now_s: float = NOW_S, asked: Any = None) -> httpx.Response:
    """The patient's page while a gateway asks about the left leg; ``form``: after that answer."""
    told = (SuddenQuestion("left", TODAY, SUDDEN.start_s, SUDDEN.at_s, SUDDEN.at_s + ASK_S, ("",)),)
    now = HomeNow(now_s, (), asked=told if asked is None else asked)

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(make_home_app(home, lambda: now_s, UTC, live=lambda: now))
        async with httpx.AsyncClient(transport=transport, base_url=HERE, follow_redirects=True) as client:
            if form is None:
                return await client.get("/")
            return await client.post("/sudden", headers={"origin": HERE, "sec-fetch-site": "same-origin"}, data=form)

    return asyncio.run(ask())


def test_it_stands_on_the_page_as_long_as_an_answer_helps(home: Store) -> None:
    shown = text(page(home))
    assert TITLE in shown
    assert "Your left leg has walked differently than usual since 08:12. An answer helps until 09:41." in shown
    assert TITLE not in text(page(home, now_s=SUDDEN.at_s + ASK_S))
    assert TITLE not in text(page(home, asked=()))


@pytest.mark.parametrize("kind", ["brace", "stick", "shoes", "strap"])
def test_one_tap_logs_what_explains_it_and_a_second_takes_nothing_back(home: Store, kind: str) -> None:
    for _ in range(2):
        shown = text(page(home, {"word": kind}))
        assert "Logged for today" in shown and TITLE not in shown
        assert home.diary.aids() == [Aid(kind, TODAY, TODAY)]  # type: ignore[arg-type]
    assert not denied(home, "left", SUDDEN.at_s)


def test_what_is_worn_already_is_no_explanation(home: Store) -> None:
    home.diary.keep_aid(Aid("brace", TODAY))
    shown = page(home, asked=(question(home, SUDDEN),)).text
    form = shown[shown.index('action="/sudden"') :].partition("</form>")[0]
    assert [f'value="{word}"' in form for word in ("brace", "stick", "shoes", "no")] == [False, True, True, True]


def test_what_is_logged_or_taken_back_elsewhere_ends_it_too(home: Store) -> None:
    """As it ends the alert that waits."""
    asked = question(home, SUDDEN)
    assert still_open(home, [asked, replace(asked, start_s=0.0)], NOW_S) == [asked], "one of each leg"
    home.diary.keep_aid(Aid("stick", TODAY))
    assert still_open(home, [asked], NOW_S) == []


def test_no_is_told_to_be_the_alert_and_counts_for_this_leg_and_this_half_hour(home: Store) -> None:
    shown = text(page(home, {"word": "no"}))
    assert "Your care team is told at once" in shown and TITLE not in shown
    assert denied(home, "left", SUDDEN.at_s) and not denied(home, "right", SUDDEN.at_s)
    assert not denied(home, "left", NOW_S + 1.0), "what comes later is asked about anew"
    assert not denied(home, "left", NOW_S - ASK_S), "as was what came before"
    again = page(home, {"word": "no"})
    assert again.status_code == 404 and "This question is not open any more." in text(again)


def test_what_cannot_be_read_was_not_said(home: Store) -> None:
    home.office.own_page.set(SETTING, "no")
    assert not denied(home, "left", SUDDEN.at_s)
    assert page(home, {"word": "perhaps"}).status_code == 400
    assert not denied(home, "left", SUDDEN.at_s)


def test_after_no_nobody_waits_for_the_half_hour(home: Store) -> None:
    """By the rule itself, on simulated strides: urgent with the next readings, and once."""
    life = Life(denied=lambda sudden: denied(home, sudden.side, sudden.at_s))
    for number in range(14):
        life.day(number)
    assert life.day(14, weak_from_h=10.0, until_h=11.2) == []
    (asked,) = life.asked
    assert life.course.walked(findings()) == []
    deny(home, [question(home, asked)], asked.at_s + 60.0)
    (alert,) = life.course.walked(findings())
    assert (alert.tier, alert.side, alert.raised_s) == ("T3", "left", asked.at_s)
    assert life.course.walked(findings(), 14.9 * DAY_S) == []


def test_a_page_in_another_program_reads_it_until_it_is_too_late(home: Store, tmp_path: Path) -> None:
    board, told = Board((), "shank", UTC, NOW_S), []
    Gateway(home, Ring(tmp_path / "raw"), load_config(timezone="UTC"), board, told.append)._ask(SUDDEN)
    assert "on your page" in told[0]
    write_now(tmp_path, home_now(board, NOW_S))
    code = (
        "import sys; from pathlib import Path; from surefoot.web.homenow import read_now;"
        "print([(one.side, one.walks_with) for one in read_now(Path(sys.argv[1]), float(sys.argv[2])).asked])"
    )
    said = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path), str(NOW_S)], capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == "[('left', ('',))]"
    now = read_now(tmp_path, NOW_S)
    assert now is not None and now.asked == (question(home, SUDDEN),)
    assert home_now(board, SUDDEN.at_s + ASK_S).asked == ()
    board.begin_anew()
    assert home_now(board, NOW_S).asked == (), "the day is told anew, and it is asked again if it is still so"
