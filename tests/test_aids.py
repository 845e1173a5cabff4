"""Aids: days with a brace, a stick or other shoes have a normal of their own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from surefoot.pipeline.aids import changed_by, with_aids
from surefoot.pipeline.trends import judge
from surefoot.records import WORSE, Aid, DaySummary
from weeks import day, days, name

METRIC = "no_heel_strike_pct"
BRACE = Aid("brace", name(10), name(12))


def values(days: list[DaySummary]) -> tuple[str, float | None, str]:
    (found,) = [t for t in judge(days) if (t.metric, t.side) == (METRIC, "left")]
    return found.state, found.baseline.centre if found.baseline else None, found.reason


@pytest.mark.parametrize(("number", "aids"), [(9, ()), (10, ("brace",)), (12, ("brace",)), (13, ())])
def test_an_aid_is_on_its_days_first_and_last_among_them(number: int, aids: tuple[str, ...]) -> None:
    assert with_aids(day(number), [BRACE]).aids == aids


def test_aids_stand_in_order_each_once_and_without_an_end_for_good() -> None:
    aids = [Aid("stick", name(0)), Aid("shoes", name(3), name="trainers"), BRACE, replace(BRACE, start_day=name(9))]
    assert with_aids(day(11), aids).aids == ("brace", "shoes (trainers)", "stick")
    assert with_aids(day(400), aids).aids == ("shoes (trainers)", "stick")


def lived(plain: float, braced: float, pattern: str) -> list[DaySummary]:
    """A day for each letter: b with a brace, . without."""
    rng = np.random.default_rng(3)
    told = []
    for k, letter in enumerate(pattern):
        value = (braced if letter == "b" else plain) + rng.normal()
        told.append(replace(day(k, {("left", METRIC): value}), aids=("brace",) if letter == "b" else ()))
    return told


def test_a_brace_is_never_compared_with_days_without() -> None:
    """Its days learn anew, and say so; with the brace off the old normal is there again."""
    state, centre, reason = values(lived(5.0, 60.0, "." * 16 + "bbb"))
    assert (state, centre, reason) == (
        "cannot_say",
        None,
        "learning what is normal with brace: 3 of at least 7 good days",
    )
    state, centre, _ = values(lived(5.0, 60.0, "." * 16 + "b" * 15))
    assert state == "quiet" and centre == pytest.approx(60.0, abs=1.0)
    state, centre, _ = values(lived(5.0, 60.0, "." * 16 + "b" * 15 + "."))
    assert state == "quiet" and centre == pytest.approx(5.0, abs=1.0)


def test_a_brace_now_and_then_has_one_normal() -> None:
    state, centre, _ = values(lived(5.0, 60.0, ".b" * 15))
    assert state == "quiet" and centre == pytest.approx(60.0, abs=1.0)


def test_who_weakens_with_a_brace_is_found() -> None:
    weak = lived(5.0, 60.0, "." * 16 + "b" * 14) + [
        replace(d, aids=("brace",)) for d in (day(30 + k, {("left", METRIC): 95.0}) for k in range(4))
    ]
    assert values(weak)[0] in WORSE


def test_what_is_logged_late_changes_the_days_told_from_then_on() -> None:
    told = days(20)
    changed = list(changed_by(told, [Aid("brace", name(16), name(17))]))
    assert [d.day for d, _ in changed] == [name(k) for k in range(16, 20)]
    assert [d.aids for d, _ in changed] == [("brace",), ("brace",), (), ()]
    stamped = [*told[:16], *(d for d, _ in changed)]
    assert changed[-1][1] == judge(stamped)
    assert list(changed_by(stamped, [Aid("brace", name(16), name(17))])) == [], "nothing is left to change"
