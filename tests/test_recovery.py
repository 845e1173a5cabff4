"""Recovery: the band, what is said of a course, and when nothing can be said."""

from __future__ import annotations

from collections.abc import Callable
from math import exp

import numpy as np
import pytest

from surefoot.pipeline.recovery import NO_IMPROVEMENT, Deficit, Recovery, deficits, expected_pct, recovery
from weeks import day, name


def course(pct: Callable[[float], float], weeks: float, noise: float = 2.0, seed: int = 1) -> list[Deficit]:
    """A deficit over so many weeks, given at each week's part."""
    rng = np.random.default_rng(seed)
    return [Deficit(name(k), pct(k / 7) + noise * rng.standard_normal()) for k in range(round(7 * weeks) + 1)]


def judged(pct: Callable[[float], float], weeks: float, seed: int = 1) -> Recovery:
    return recovery(course(pct, weeks, seed=seed), name(0))


def test_the_band() -> None:
    assert expected_pct(40.0, 0.0) == (40.0, 40.0)
    assert expected_pct(40.0, 3.0) == pytest.approx((40 / np.e, 40 * exp(-0.3)))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    ("pct", "weeks", "state"),
    [
        (lambda week: 40 * exp(-week / 3), 3, "improving"),
        (lambda week: 60 * exp(-week / 10), 5, "improving"),
        (lambda week: 40 * exp(-week / 3), 8, "even"),
        (lambda week: 20 + 20 * exp(-week), 8, "plateau"),
        (lambda week: 40.0, 8, "plateau"),
        (lambda week: 40.0, 4, "cannot_say"),
        (lambda week: 20 + 6 * max(0.0, week - 3), 6, "worse"),
    ],
)
def test_what_is_said(pct: Callable[[float], float], weeks: float, state: str, seed: int) -> None:
    assert judged(pct, weeks, seed).state == state


def test_no_improvement_at_six_weeks_is_a_finding_and_not_before() -> None:
    assert judged(lambda week: 40.0, 5.9).findings == ()
    (finding,) = judged(lambda week: 40.0, 6.0).findings
    assert finding.startswith(NO_IMPROVEMENT) and "41 % behind at first, 39 % now" in finding
    assert judged(lambda week: 20 + 20 * exp(-week), 8).findings == (), (
        "a plateau after an improvement is another thing"
    )


def test_the_numbers_beside_it() -> None:
    found = judged(lambda week: 40 * exp(-week / 3), 3)
    assert (found.week, found.reason) == (3.0, "")
    assert found.began_pct == pytest.approx(35, abs=4) and found.now_pct == pytest.approx(17, abs=3)
    assert found.mild_pct is not None and found.severe_pct is not None and found.began_pct is not None
    assert found.mild_pct == pytest.approx(found.began_pct / np.e) and found.severe_pct > found.mild_pct
    assert found.per_week_pct == pytest.approx(-8, abs=2) and 4 < (found.mdc_pct or 0) < 7


def test_when_nothing_can_be_said() -> None:
    assert recovery([], name(0)).state == "cannot_say"
    late = recovery(course(lambda week: 40.0, 8)[9:], name(0))
    assert (late.state, late.reason) == ("cannot_say", "0 days of the first week tell of both legs")
    small = judged(lambda week: 3.0, 8)
    assert small.state == "cannot_say" and "which noise reaches too" in small.reason and small.findings == ()
    gaps = [one for k, one in enumerate(course(lambda week: 40.0, 8)) if k < 7 or k > 52]
    assert recovery(gaps, name(0)).reason == "too few days of the last three weeks tell of both legs"


def test_days_before_the_start_do_not_count() -> None:
    found = recovery(course(lambda week: 60.0 if week < 4 else 30.0, 8), name(28))
    assert found.week == 4.0 and found.began_pct == pytest.approx(30.0, abs=3)


def test_the_deficit_is_that_of_the_other_leg() -> None:
    def both(left: float | None, right: float | None) -> dict:
        return {("left", "push_off_rate_dps"): left, ("right", "push_off_rate_dps"): right}

    lived = [
        *(day(0, both(120.0, 160.0)), day(1, both(160.0, 120.0)), day(2, both(None, 160.0)), day(3, both(120.0, 0.0))),
        *(day(4, both(120.0, 160.0), missing="not worn"), day(5)),
    ]
    assert deficits(lived, "left", "push_off_rate_dps") == [
        Deficit(name(0), 25.0),
        Deficit(name(1), pytest.approx(-100 / 3)),
    ]
    assert deficits(lived, "right", "push_off_rate_dps")[1].pct == pytest.approx(25.0)
    for metric in ("foot_drop_pct", "walking_min"):
        with pytest.raises(ValueError, match="less is worse"):
            deficits(lived, "left", metric)
