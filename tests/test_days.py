"""Days: what was found becomes one summary per local day, however it comes in and whatever the clocks do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surefoot.pipeline.days import DayBook, DayParams
from surefoot.records import SIDES, DaySummary, Incident, Minute, SideCheck, Slip
from surefoot.signal.told import WalkFindings
from weeks import DAY_S, FIRST_S, H, findings, name, walk, worn

EASY = DayParams(least_worn_h=0.01, least_bouts=1, least_strides=5)


def told(book: DayBook, parts: Sequence[WalkFindings]) -> list[DaySummary]:
    return [day for part in parts for day in book.update(part)] + book.close()


def good_day(start_s: float, seconds: int = 200, sides: Sequence[str] = SIDES) -> WalkFindings:
    """Seven hours of wear with four walks."""
    walks = [walk(start_s + k * H, seconds / 2, sides) for k in (1, 2, 3, 4)]
    rows = [row for rows, _ in walks for row in rows]
    return findings(rows, [bout for _, bout in walks], minutes=worn(start_s, start_s + 7 * H, sides))


def by_minute(whole: WalkFindings, certain_s: float = 7.0) -> list[WalkFindings]:
    """The same findings as a stream tells them, minute by minute: a walk only when it has been over for a while."""
    rows = [(SIDES[s], a, b) for s, a, b in zip(*(whole.strides[n] for n in ("side", "start_s", "end_s")), strict=True)]
    parts, known_s = [], float("-inf")
    for until_s in [*sorted({m.start_s + 60.0 for m in whole.minutes}), float("inf")]:
        parts.append(
            findings(
                [row for row in rows if known_s <= row[2] < until_s],
                [b for b in whole.bouts if known_s < b.end_s + certain_s <= until_s],
                [i for i in whole.incidents if known_s < i.end_s + certain_s <= until_s],
                [m for m in whole.minutes if known_s < m.start_s + 60.0 <= until_s],
            )
        )
        known_s = until_s
    return parts


# ---- a day that counts, and days that do not


def test_a_whole_day() -> None:
    (day,) = told(DayBook(), [good_day(FIRST_S + 8 * H)])
    assert (day.day, day.start_s, day.end_s, day.missing) == (name(0), FIRST_S, FIRST_S + DAY_S, "")
    assert (day.recorded_h, day.worn_h, day.bouts) == (7.0, 7.0, 4)
    assert day.strides == (("left", 400), ("right", 400))
    assert day.walking_min == pytest.approx(4 * 100.5 / 60, abs=0.01)
    speed = day.metric("left", "speed_mps")
    assert speed is not None and (speed.value, speed.strides) == (1.1, 400)
    cadence = day.metric(None, "cadence_spm")
    assert cadence is not None and (cadence.value, cadence.strides) == (120.0, 800)


def test_what_is_not_known_is_none_with_its_reason() -> None:
    (day,) = told(DayBook(), [good_day(FIRST_S + 8 * H)])
    height = day.metric("left", "swing_height_m")
    assert height is not None and height.value is None and "0 strides" in height.reason
    (few,) = told(DayBook(), [good_day(FIRST_S + 8 * H, seconds=30)])
    assert "too few straight strides (left 60, right 60; at least 100" in few.missing
    counted = [m for m in few.metrics if m.side and m.name != "foot_drop_walks_pct"]  # of walks: those it does know
    assert all(m.value is None and m.reason for m in counted)


def test_strides_outside_a_walk_are_not_walking() -> None:
    chair = [("left", FIRST_S + 9.5 * H + k, FIRST_S + 9.5 * H + k + 1.0) for k in range(2)]
    whole = good_day(FIRST_S + 8 * H)
    (day,) = told(DayBook(), [findings(chair), whole])
    assert dict(day.strides)["left"] == 400


@pytest.mark.parametrize(
    ("minutes", "reason"),
    [
        (worn(FIRST_S + 8 * H, FIRST_S + 12 * H), "worn 4.0 h, less than 6 h"),
        (worn(FIRST_S + 8 * H, FIRST_S + 14 * H - 60), "worn 5.9 h, less than 6 h"),
        (worn(FIRST_S + 8 * H, FIRST_S + 18 * H, moving_s=0.0), "lay still"),
        ([Minute(side, FIRST_S + 8 * H, 22.0, 20.0) for side in SIDES], "worn 0 min, less than 6 h"),  # a short walk
        (worn(FIRST_S + 8 * H, FIRST_S + 8.05 * H), "worn 3 min, less than 6 h"),
        (worn(FIRST_S + 8 * H, FIRST_S + 18 * H), "0 walks longer than 10 s, fewer than 3"),
        (worn(FIRST_S + 8 * H, FIRST_S + 18 * H, ["left"]), "no readings of the right sensor"),
    ],
)
def test_a_thin_day_is_missing_with_its_reason(minutes: list[Minute], reason: str) -> None:
    (day,) = told(DayBook(), [findings(minutes=minutes)])
    assert reason in day.missing
    assert all(m.value is None for m in day.metrics), "a day that says nothing must not say zero"


def test_a_day_in_the_drawer_among_good_days() -> None:
    drawer = findings(minutes=worn(FIRST_S + DAY_S + 8 * H, FIRST_S + DAY_S + 17 * H, moving_s=0.0))
    parts = [good_day(FIRST_S + 8 * H), drawer, good_day(FIRST_S + 2 * DAY_S + 8 * H)]
    days = told(DayBook(), parts)
    assert [bool(day.missing) for day in days] == [False, True, False]
    assert days[1].worn_h == 0.0 and days[1].recorded_h == 9.0
    assert all(m.value is None and m.reason for m in days[1].metrics)


def test_one_leg_is_enough_for_one_leg() -> None:
    (day,) = told(DayBook(sides=("left",)), [good_day(FIRST_S + 8 * H, sides=["left"])])
    assert day.missing == "" and day.strides == (("left", 400),) and day.worn_h == 7.0
    assert {m.side for m in day.metrics} == {"left", None}


def test_a_minute_told_twice_counts_once() -> None:
    whole = good_day(FIRST_S + 8 * H)
    (day,) = told(DayBook(), [whole, findings(minutes=whole.minutes)])
    assert (day.recorded_h, day.worn_h) == (7.0, 7.0)


# ---- where a day ends


def test_days_without_a_reading_are_told_too() -> None:
    days = told(DayBook(), [good_day(FIRST_S + 8 * H), good_day(FIRST_S + 3 * DAY_S + 8 * H)])
    assert [day.day for day in days] == [name(k) for k in range(4)]
    assert [day.missing.partition(":")[0] for day in days] == ["", "no readings", "no readings", ""]


@pytest.mark.parametrize("by_close", [False, True])
def test_a_long_absence_is_not_told_day_by_day(by_close: bool) -> None:
    book = DayBook()
    parts = [good_day(FIRST_S + 8 * H), good_day(FIRST_S + 20_000 * DAY_S + 8 * H)]
    days = [*book.update(parts[0])]
    assert days == []
    if by_close:
        parts[1].minutes.clear()  # nothing newer than the walks themselves is known
    days = book.update(parts[1]) + book.close()
    assert [day.day for day in days] == [name(0), name(20_000)]
    assert days[1].strides == (("left", 400), ("right", 400))


def test_a_walk_over_midnight_belongs_whole_to_the_day_it_begins_in() -> None:
    rows, bout = walk(FIRST_S + DAY_S - 300, 600)
    whole = findings(rows, [bout], minutes=worn(FIRST_S + DAY_S - H, FIRST_S + DAY_S + 2 * H))
    days = told(DayBook(EASY), by_minute(whole))
    assert [day.strides for day in days] == [(("left", 600), ("right", 600)), (("left", 0), ("right", 0))]
    assert [day.bouts for day in days] == [1, 0]


@pytest.mark.parametrize("minutes", [10, 20, 75])
def test_a_day_waits_for_the_walk_that_began_in_it(minutes: int) -> None:
    """However long the walk goes on after midnight, and however finely the stream is cut."""
    rows, bout = walk(FIRST_S + DAY_S - 300, 300 + 60 * minutes)
    later, next_bout = walk(FIRST_S + DAY_S + 3 * H, 100)
    drop = Incident("foot_drop", "left", bout.start_s, bout.end_s, "probable", ())
    awake = worn(FIRST_S + DAY_S - H, FIRST_S + DAY_S + 4 * H)
    whole = findings(rows + later, [bout, next_bout], [drop], awake)
    days = told(DayBook(EASY), by_minute(whole))
    assert days == told(DayBook(EASY), [whole])
    assert [dict(day.strides)["left"] for day in days] == [300 + 60 * minutes, 100]
    assert [day.incidents for day in days] == [(("left", "foot_drop", 1),), ()]


def test_a_day_closes_once_its_grace_is_over() -> None:
    book = DayBook()
    assert book.update(good_day(FIRST_S + 8 * H)) == []
    midnight_s = FIRST_S + DAY_S
    assert book.update(findings(minutes=worn(midnight_s, midnight_s + 15 * 60))) == []
    assert [day.day for day in book.update(findings(minutes=worn(midnight_s + 900, midnight_s + 960)))] == [name(0)]


def test_a_day_is_told_in_its_night_though_the_sensors_were_taken_off() -> None:
    """What it says of the leg must not wait until they are worn again, which may be never."""
    book = DayBook()
    assert book.update(good_day(FIRST_S + 8 * H)) == []
    assert book.update(findings(), FIRST_S + DAY_S + 899.0) == []
    (day,) = book.update(findings(), FIRST_S + DAY_S + 900.0)
    assert (day.day, day.missing, day.strides) == (name(0), "", (("left", 400), ("right", 400)))
    assert book.update(findings(), FIRST_S + 9 * DAY_S) == [], "days without a reading are told with the next one"
    days = book.update(good_day(FIRST_S + 3 * DAY_S + 8 * H)) + book.close()
    assert [day.day for day in days] == [name(1), name(2), name(3)]


def test_a_day_told_in_its_night_begins_no_long_absence_day_by_day() -> None:
    book = DayBook()
    book.update(good_day(FIRST_S + 8 * H))
    assert len(book.update(findings(), FIRST_S + DAY_S + 900.0)) == 1
    days = book.update(good_day(FIRST_S + 200 * DAY_S + 8 * H)) + book.close()
    assert [day.day for day in days] == [name(200)]


def test_a_walk_begun_after_midnight_holds_nobody_up() -> None:
    midnight_s = FIRST_S + DAY_S
    book = DayBook()
    assert book.update(good_day(FIRST_S + 8 * H)) == []
    under_way, _ = walk(midnight_s + 60, 1000)
    told_now = book.update(findings(under_way, minutes=worn(midnight_s, midnight_s + 960)))
    assert [(day.day, day.strides) for day in told_now] == [(name(0), (("left", 400), ("right", 400)))]


def test_what_comes_after_its_day_was_told_does_not_count_for_another() -> None:
    book = DayBook()
    days = book.update(good_day(FIRST_S + 8 * H)) + book.update(good_day(FIRST_S + DAY_S + 8 * H))
    days += book.update(findings(minutes=worn(FIRST_S + 10 * H, FIRST_S + 18 * H)))
    days += book.close()
    assert [(day.day, day.worn_h) for day in days] == [(name(0), 7.0), (name(1), 7.0)]


def test_nothing_found_is_no_day() -> None:
    assert told(DayBook(), []) == [] and told(DayBook(), [findings()]) == []


def test_findings_without_a_minute_still_make_a_day() -> None:
    rows, bout = walk(FIRST_S + 8 * H, 100)
    assert [day.day for day in told(DayBook(), [findings(rows)])] == [name(0)]
    assert [day.bouts for day in told(DayBook(), [findings(rows, [bout])])] == [1]
    fell = Incident("fall", None, FIRST_S + 8 * H, FIRST_S + 8 * H + 1, "possible", ())
    assert [day.incidents for day in told(DayBook(), [findings(incidents=[fell])])] == [((None, "fall", 1),)]


# ---- whose midnight


@pytest.mark.parametrize(
    ("zone", "date", "hours"),
    [
        ("Europe/Berlin", "2026-03-29", 23),
        ("Europe/Berlin", "2026-10-25", 25),
        ("America/Santiago", "2026-09-06", 23),  # its clocks jump at midnight: the day begins at 01:00
        ("America/Havana", "2026-11-01", 25),  # its clocks fall back onto midnight: it strikes twice
        ("Australia/Lord_Howe", "2026-04-05", 24.5),
        ("Asia/Kolkata", "2026-03-29", 24),
        ("Asia/Tokyo", "2026-03-29", 24),
    ],
)
@pytest.mark.parametrize("first_h", [0.25, 1.25, 12.0])
def test_a_local_day_has_the_hours_it_has(zone: str, date: str, hours: float, first_h: float) -> None:
    """Whatever hour of the day its first reading comes from."""
    there = ZoneInfo(zone)
    noon = datetime.fromisoformat(f"{date}T12:00").replace(tzinfo=there)
    end_s = (datetime.fromisoformat(f"{date}T00:00") + timedelta(days=1)).replace(tzinfo=there).timestamp()
    start_s = end_s - hours * H
    assert start_s < noon.timestamp() < end_s
    book = DayBook(timezone=there)
    first_s = start_s + first_h * H
    days = told(book, [findings(minutes=worn(first_s, first_s + 60) + worn(end_s - 60, end_s + H))])
    assert (days[0].day, days[0].start_s, days[0].end_s) == (date, start_s, end_s)
    assert days[1].start_s == end_s and days[1].recorded_h == 1.0


@given(
    st.sampled_from(["UTC", "Europe/Berlin", "America/Havana", "Africa/Cairo", "Asia/Beirut", "Pacific/Apia"]),
    st.datetimes(datetime(2009, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001  of the strategy
)
def test_days_follow_on_without_a_hole(zone: str, first: datetime) -> None:
    start_s = first.timestamp() // 60 * 60
    minutes = [Minute(side, start_s + k * 6 * H, 60.0, 5.0) for k in range(16) for side in SIDES]
    days = told(DayBook(timezone=ZoneInfo(zone)), [findings(minutes=minutes)])
    assert all(a.end_s == b.start_s for a, b in pairwise(days))
    assert days[0].start_s <= start_s < days[0].end_s and sum(day.recorded_h for day in days) == pytest.approx(
        16 / 60, abs=0.01
    )
    for day in days:
        local = datetime.fromtimestamp(day.start_s, ZoneInfo(zone))
        assert local.date().isoformat() == day.day and len({d.day for d in days}) == len(days)


def test_strides_of_a_sensor_that_had_slipped_are_withheld() -> None:
    rows, bout = walk(FIRST_S + H, 600)
    slip = Slip("left", FIRST_S + H + 300.0, 35.0)
    plain = findings(rows, [bout], minutes=worn(FIRST_S, FIRST_S + 7 * H))
    (with_slip,) = told(DayBook(EASY), [replace(plain, checks=[slip])])
    (without,) = told(DayBook(EASY), [plain])
    assert (with_slip.slipped, without.slipped) == (("left",), ())
    lost = {side: count - dict(with_slip.strides)[side] for side, count in without.strides}
    assert lost == {"left": 179, "right": 0}  # two minutes before it was known, and one behind


def test_strides_told_of_the_wrong_leg_are_withheld_until_the_sensors_are_right_again() -> None:
    rows, bout = walk(FIRST_S + H, 600)
    plain = findings(rows, [bout], minutes=worn(FIRST_S, FIRST_S + 7 * H))
    wrong = SideCheck(FIRST_S + H + 300.0, "swapped", 2.0, 20)
    right = SideCheck(FIRST_S + H + 400.0, "as_told", 2.0, 20)
    (whole,) = told(DayBook(EASY), [plain])
    (some,) = told(DayBook(EASY), [replace(plain, checks=[wrong, right])])
    (rest,) = told(DayBook(), [replace(plain, checks=[wrong])])
    assert {side: count - dict(some.strides)[side] for side, count in whole.strides} == {"left": 220, "right": 220}
    assert {side: count - dict(rest.strides)[side] for side, count in whole.strides} == {"left": 420, "right": 420}
    two_days = DayBook(EASY)
    before = findings(minutes=worn(FIRST_S - 24 * H, FIRST_S - 17 * H))
    (_, still_wrong) = told(two_days, [replace(before, checks=[replace(wrong, at_s=FIRST_S - 20 * H)]), plain])
    assert sum(count for _, count in still_wrong.strides) == 0
    assert "wrong legs" in still_wrong.missing
