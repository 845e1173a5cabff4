"""Guided tests on the patient's page: what is shown, what is kept, and that the readings of the window are judged."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

import made
import story
from servedpages import served
from story import NOW_S
from surefoot.pipeline.guidedwindow import NOTHING, is_there, judged
from surefoot.pipeline.nexttest import next_tests
from surefoot.pipeline.obeying import obey
from surefoot.pipeline.ownpage import Window
from surefoot.pipeline.resumed import open_day_s
from surefoot.pipeline.ring import Ring
from surefoot.pipeline.roots import COMPOSITE
from surefoot.pipeline.samegrid import same_grid
from surefoot.pipeline.store import open_store
from surefoot.records import SIDES, Gap, Order, Question, Samples, Side, TestKind, TestResult, Trend, WornSensor
from surefoot.signal.guided.assess import assess
from surefoot.signal.guided.chair import ChairParams
from surefoot.signal.guided.toetap import ToeTapParams
from surefoot.simulation.gait import Leg
from surefoot.simulation.trials import simulate_trial
from surefoot.web.homeapp import make_home_app
from surefoot.web.homenow import HomeNow, SensorNow
from surefoot.web.hometests import KINDS, LATER_S, TIMINGS
from surefoot.web.homework import steps_on_page
from test_web import text
from test_web_browser import Watched, browser
from visitors import Browser

__all__ = ["browser"]  # a fixture

UTC = ZoneInfo("UTC")
ANKLES = [WornSensor(side, "shank", "dot", f"D4:{side}", "", 60.0, NOW_S - 9e5) for side in ("left", "right")]
WORKING = tuple(SensorNow(side, "shank", "streaming", "", 80) for side in ("left", "right"))


class House:
    """A home whose ring holds one simulated test, done at NOW_S; its page; what its gateway says."""

    def __init__(self, folder: Path, kind: str | None = "sit_to_stand_5", drop: str = "", cut_s: float = 0.0) -> None:
        self.store = open_store(f"sqlite:///{folder}/home.sqlite")
        for worn in ANKLES:
            self.store.keep_worn_sensor(worn)
        self.now_s, self.sensors = NOW_S, WORKING
        self.read: dict[str, Samples] = {}
        ring, self.folder = Ring(folder / "raw"), folder / "raw"
        if kind:
            read, _ = simulate_trial(kind, np.random.default_rng(1), leg=Leg(quad=0.4, push=0.5))
            for side, one in read.items():
                moved = replace(one, side=side, start_s=NOW_S)
                if side != drop:
                    self.read[side] = moved
                    ring.keep(_until(moved, moved.end_s - cut_s))
            self.end_s = max(one.end_s for one in self.read.values())
            self.now_s = self.end_s + 1
        ring.close()
        app = make_home_app(
            self.store, lambda: self.now_s, UTC, live=self.live,
            recorded=lambda start_s, end_s: Ring(self.folder).items(start_s, end_s),
        )  # fmt: skip
        self.page, self.app = Browser(app), app

    def live(self) -> HomeNow | None:
        return HomeNow(self.now_s, self.sensors) if self.sensors else None

    def do(self, kind: str = "sit_to_stand_5", side: str = "") -> Any:
        form = {"start_s": repr(NOW_S), "end_s": repr(self.end_s), "side": side}
        return self.page.post(f"/tests/{kind}", form)


def _until(one: Samples, end_s: float) -> Samples:
    count = int((end_s - one.start_s) * one.rate_hz)
    return replace(one, acc=one.acc[:count], gyr=one.gyr[:count])


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    one = House(tmp_path)
    yield one
    one.store.close()


def test_the_windows_readings_are_judged_as_those_of_a_file_are(house: House) -> None:
    page = house.do()
    sensors = {side: (one.acc, one.gyr) for side, one in house.read.items()}
    rate_hz = next(iter(house.read.values())).rate_hz
    truth = assess("sit_to_stand_5", sensors, rate_hz)
    (kept,) = house.store.tests(house.store.gateway())
    assert truth.value is not None and kept.value == pytest.approx(truth.value, abs=0.02)
    assert kept.start_s == pytest.approx(NOW_S + truth.start_s, abs=0.05)
    assert f"{kept.value:.1f} s" in text(page)
    assert house.store.office.own_page.windows() == []
    assert "test" in {row.kind for row in house.store.outbox.pending(9)}


def test_a_test_of_today_does_not_make_today_a_day_that_is_over(house: House) -> None:
    """A gateway that starts again at noon works through this morning all the same."""
    house.store.keep_day(story.days(28)[-1])
    house.do()
    days = house.store.days(house.store.gateway())
    assert [day.day for day in days] == ["2026-01-28", "2026-01-29"]
    assert open_day_s(days) == days[0].end_s
    assert "Last whole day, 2026-01-28: worn" in text(house.page.get("/"))


def test_the_window_waits_for_its_readings_and_is_judged_without_the_page_too(tmp_path: Path) -> None:
    house = House(tmp_path, cut_s=3.0)
    page = house.do()
    assert "The readings of your sensors are being looked at" in text(page)
    (window,) = house.store.office.own_page.windows()
    ring = Ring(house.folder)
    for one in house.read.values():
        count = int((one.end_s - 3.0 - one.start_s) * one.rate_hz)
        ring.keep(replace(one, start_s=one.start_s + count / one.rate_hz, acc=one.acc[count:], gyr=one.gyr[count:]))
    ring.close()
    assert "Next" in text(house.page.get("/tests")) and house.store.office.own_page.windows() == []
    assert house.store.tests(house.store.gateway())[0].value is not None
    assert window.start_s == NOW_S
    house.store.close()


def test_readings_that_never_come_are_not_made_up(tmp_path: Path) -> None:
    house = House(tmp_path, cut_s=6.0)
    house.do()
    house.now_s += 60
    page = house.page.get(f"/tests/result?start={NOW_S!r}")
    (kept,) = house.store.tests(house.store.gateway())
    assert kept.value is None and kept.reason and "Not usable" in text(page)
    house.store.close()


def test_no_readings_at_all_are_said_and_kept_with_the_reason(tmp_path: Path) -> None:
    house = House(tmp_path)
    form = {"start_s": repr(NOW_S - 500), "end_s": repr(NOW_S - 480), "side": ""}
    page = house.page.post("/tests/sit_to_stand_5", form)
    assert f"Not usable: {NOTHING}" in text(page)
    (kept,) = house.store.tests(house.store.gateway())
    assert (kept.value, kept.reason) == (None, NOTHING)
    house.store.close()


def test_a_one_legged_test_without_that_legs_sensor_cannot_be_told(tmp_path: Path) -> None:
    house = House(tmp_path, "heel_rise", drop="right")
    window = Window("heel_rise", "right", NOW_S, house.end_s)
    recorded = lambda start_s, end_s: Ring(house.folder).items(start_s, end_s)  # noqa: E731
    assert judged(window, recorded, house.store).reason == NOTHING
    assert is_there(window, recorded, house.now_s)
    house.store.close()


@pytest.mark.parametrize(
    ("sensors", "told"),
    [
        (WORKING, ""),
        ((), "surefoot wear) does not run"),
        ((WORKING[0], replace(WORKING[1], state="away")), "The right sensor does not send"),
        (tuple(replace(one, placement="foot") for one in WORKING), "Your sensors do not send"),
    ],
)
def test_what_cannot_be_judged_is_said_before_it_is_done(house: House, sensors: Any, told: str) -> None:
    house.sensors = sensors
    page = house.page.get("/tests/sit_to_stand_5").text
    assert ('id="start" disabled' in page) == bool(told)
    assert told in page


def test_a_test_that_needs_foot_sensors_says_so(house: House) -> None:
    assert "needs a sensor on each foot" in text(house.page.get("/tests/toe_tap"))
    page = house.page.get("/tests/sit_to_stand_5")
    assert 'id="start" hidden' in page.text and "Cross your arms on your chest" in page.text
    assert "The page gives the beat: 60 a minute" in text(house.page.get("/tests/heel_rise?side=left"))


@pytest.mark.parametrize("kind", KINDS)
def test_no_step_on_the_page_speaks_of_files_or_of_what_the_page_does_itself(kind: TestKind) -> None:
    said = " ".join(steps_on_page(kind))
    assert "Start" in said and not re.search(r"--\w|metronome|recording|watch the clock|Tap start|tap stop", said)


def test_who_begins_late_is_not_stopped_before_what_is_counted_is_over() -> None:
    assert TIMINGS["chair_stand_30s"].seconds == ChairParams().window_s + LATER_S
    assert TIMINGS["toe_tap"].seconds == ToeTapParams().window_s + LATER_S


WRONG = [
    ("walking_on_hands", {}, "There is no such test"),
    ("sit_to_stand_5", {"end_s": "nan"}, "too short, too long"),
    ("sit_to_stand_5", {"end_s": repr(NOW_S + 1)}, "too short, too long"),
    ("sit_to_stand_5", {"end_s": repr(NOW_S + 700)}, "too short, too long"),
    ("sit_to_stand_5", {"start_s": repr(NOW_S - 90000), "end_s": repr(NOW_S - 89980)}, "too long ago"),
    ("sit_to_stand_5", {"side": "left"}, "not one of this page's"),
    ("heel_rise", {"side": ""}, "not one of this page's"),
    ("heel_rise", {"side": "both"}, "not one of this page's"),
]


@pytest.mark.parametrize(("kind", "change", "told"), WRONG)
def test_what_is_no_test_is_refused_and_keeps_nothing(house: House, kind: str, change: dict, told: str) -> None:
    form = {"start_s": repr(NOW_S), "end_s": repr(house.end_s), "side": ""} | change
    page = house.page.post(f"/tests/{kind}", form)
    assert page.status_code == 404 and told in text(page)
    assert house.store.office.own_page.windows() == [] and house.store.tests(house.store.gateway()) == []


# ---- which is next


def done(kind: str, days_ago: float, value: float | None = 9.8) -> TestResult:
    at_s = NOW_S - days_ago * 86400
    return replace(made.guided_test(1), kind=kind, start_s=at_s, end_s=at_s + 12, value=value)


def test_what_the_clinic_asks_for_comes_first_then_what_is_a_habit() -> None:
    known = [done("sit_to_stand_5", 1), done("walk_20m", 5), done("heel_rise", 2, None), done("timed_up_and_go", 40)]
    found = next_tests(["heel_rise"], known, [], NOW_S, UTC)
    assert [(one.kind, one.day, one.why) for one in found] == [
        ("heel_rise", "2026-01-29", "asked"),
        ("walk_20m", "2026-01-29", "habit"),
        ("sit_to_stand_5", "2026-01-31", "habit"),
    ]
    assert next_tests([], [], [], NOW_S, UTC) == []


def stood(day: str, root: str, z: float | None, side: Side = "left") -> Trend:
    return Trend(day, side, root + COMPOSITE, "quiet" if z is not None else "cannot_say", z=z)


def test_a_leg_that_walked_differently_has_its_test_brought_forward() -> None:
    rises = [replace(done("heel_rise", 2), side=side) for side in SIDES]
    known = [*rises, done("sit_to_stand_5", 2), done("walk_20m", 2)]

    def moved(*trends: Trend) -> list[tuple[str, str | None, str]]:
        found = next_tests([], known, trends, NOW_S, UTC)
        return [(one.kind, one.side, one.since) for one in found if one.why == "moved"]

    assert moved(stood("2026-01-28", "s1", 1.9), stood("2026-01-28", "s1", None, "right")) == []
    assert moved(stood("2026-01-28", "s1", 2.1)) == [("heel_rise", "left", "2026-01-28")]
    assert moved(stood("2026-01-28", "l4", 2.1, "right")) == [("sit_to_stand_5", None, "2026-01-28")], "of both legs"
    assert moved(stood("2026-01-28", "l5", 9.0)) == [], "toe taps were never done: they may not be for this patient"
    assert moved(stood("2026-01-27", "s1", 2.1)) == [], "a test of that day has told by now"
    assert moved(stood("2026-01-26", "s1", 9.0), stood("2026-02-03", "s1", 9.0)) == [], "long ago; of a clock ahead"
    stays = [stood(f"2026-01-{day}", "s1", 4.0) for day in (26, 27, 28)]
    assert moved(*stays) == [], "as it was when the last test was done: that is no news, and no test each day"
    assert moved(stood("2026-01-26", "s1", 0.9), *stays[2:]) == [("heel_rise", "left", "2026-01-28")]
    assert moved(stays[0], stood("2026-01-27", "s1", 1.5), stays[2]) == [], "half back was not back"
    assert moved(stays[0], stood("2026-01-27", "s1", 0.5), stays[2]) == [("heel_rise", "left", "2026-01-28")]
    assert moved(stays[2], stood("2026-01-29", "s1", 0.5)) == [], "and it was one day only"
    assert moved(stood("2026-01-26", "s1", 4.0), stood("2026-01-28", "l4", 0.0)) == [], "that chart's day is long over"
    other = [stood(f"2026-01-{day}", "l4", 4.0) for day in (26, 27, 28)]
    found = moved(*other, stood("2026-01-28", "l4", 2.1, "right"))
    assert found == [("sit_to_stand_5", None, "2026-01-28")], "one leg stays as it was, and the other is new"
    whole = next_tests([], known, [stood("2026-01-28", "s1", 2.1)], NOW_S, UTC)
    assert (whole[0].kind, whole[0].side, whole[0].day) == ("heel_rise", "left", "2026-01-29"), "today, and first"
    assert [one.kind for one in whole].count("heel_rise") == 2, "the other leg's as usual"


def test_the_page_tells_why_a_test_is_brought_forward(house: House) -> None:
    house.store.keep_test(replace(done("heel_rise", 2), side="left"))
    house.store.keep_day(made.day(28), [stood("2026-01-28", "s1", 3.0)])
    words = "Heel rises on one leg, left leg: today, because your walking has been a little different since"
    assert words in house.page.get("/").text and words in house.page.get("/tests").text


def test_the_page_says_what_is_next_and_leads_there(house: House) -> None:
    obey(house.store, Order("q", NOW_S - 60, Question("test", "heel_rise")), NOW_S - 50)
    page = house.page.get("/").text
    assert '<a class="big" href="/tests/heel_rise">Heel rises on one leg: your care team asks for it</a>' in page


# ---- the same grid


def test_what_is_missing_at_either_end_or_between_is_a_gap() -> None:
    one = made.signal(10.0, 50.0, 100.0)
    (sensors, gaps) = same_grid({"left": [one]}, 50.0, 98.0, 113.0)
    assert len(sensors["left"][0]) == 750
    assert gaps == [(0.0, 2.0), (pytest.approx(11.98), 15.0)]
    parts = [one, Gap("left", "shank", 110.0, 111.0, "lost"), replace(made.signal(2.0, 50.0, 111.0))]
    assert same_grid({"left": parts}, 50.0, 100.0, 113.0)[1] == [(10.0, 11.0)]


# ---- in a browser


def test_the_page_leads_through_heel_rises_with_a_beat_and_the_window_is_judged(browser: Any, tmp_path: Path) -> None:
    house = House(tmp_path, "heel_rise")
    house.now_s = NOW_S - 10.0
    with served(house.app) as url:
        tab = Watched(browser, 360)
        tab.page.clock.install(time=datetime(2026, 1, 1, tzinfo=UTC))
        page = tab.open(f"{url}/tests/heel_rise")
        page.clock.pause_at(datetime(2026, 1, 1, 1, tzinfo=UTC))  # from here on only as this test lets it go on
        page.locator("label[for=leg-left]").click()
        page.get_by_role("button", name="Start").click()
        page.get_by_text("Get ready").wait_for()
        page.clock.run_for(10_100)
        assert page.locator("#phase").inner_text() == "Keep still"
        page.clock.run_for(2_100)
        assert page.locator("#phase").inner_text() == "Go"
        beats = []
        for _ in range(8):
            beats.append((page.locator("#beat").get_attribute("data-beat"), page.locator("#beat").inner_text()))
            page.clock.run_for(1_000)
        assert beats == [(str(k), "Down" if k % 2 else "Up") for k in range(8)]
        page.clock.run_for(int(1000 * (house.end_s - NOW_S - 10.4)))
        house.now_s = house.end_s + 1
        page.get_by_role("button", name="Stop").click()
        page.get_by_text("Your care team sees it, too.").wait_for()
        tab.close()
    (kept,) = house.store.tests(house.store.gateway())
    truth = assess(
        "heel_rise", {s: (o.acc, o.gyr) for s, o in house.read.items()}, house.read["left"].rate_hz, side="left"
    )
    assert (kept.kind, kept.side, kept.value) == ("heel_rise", "left", truth.value)
    house.store.close()


def test_a_test_that_is_left_keeps_nothing(browser: Any, tmp_path: Path) -> None:
    house = House(tmp_path)
    with served(house.app) as url:
        tab = Watched(browser, 360)
        page = tab.open(f"{url}/tests/sit_to_stand_5")
        page.get_by_role("button", name="Start").click()
        page.get_by_role("button", name="Leave it, do not count it").click()
        page.get_by_role("button", name="Start").wait_for()
        tab.close()
    assert house.store.office.own_page.windows() == [] and house.store.tests(house.store.gateway()) == []
    house.store.close()
