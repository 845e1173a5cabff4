"""docs/alerts.md: its numbers are the code's, and every state and tier is on it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from surefoot.alerts.alertlife import State
from surefoot.alerts.alike import AlikeParams
from surefoot.alerts.escalation import EscalationParams
from surefoot.alerts.givingway import GivingWayLimitParams
from surefoot.alerts.limits import RANGES, LimitRange
from surefoot.alerts.perroot import PerRootParams
from surefoot.alerts.technical import TechnicalParams
from surefoot.pipeline.chart import TrendParams
from surefoot.pipeline.clinic import ClinicParams
from surefoot.pipeline.digest import DigestParams
from surefoot.pipeline.monitored import MonitorParams
from surefoot.pipeline.plan import USUAL
from surefoot.pipeline.weekly import WeeklyParams
from surefoot.records import Tier

PAGE = (Path(__file__).resolve().parent.parent / "docs" / "alerts.md").read_text(encoding="utf-8")
OF = (
    AlikeParams,
    ClinicParams,
    EscalationParams,
    GivingWayLimitParams,
    MonitorParams,
    TechnicalParams,
    DigestParams,
    WeeklyParams,
    PerRootParams,
)
CLASSES = {of.__name__: of for of in (*OF, TrendParams)}
CONSTANTS = re.findall(r"`(\w+Params)\.(\w+)`\s+=\s+([\d.]*\d)", PAGE)


@pytest.mark.parametrize(("of", "field", "value"), CONSTANTS)
def test_its_numbers_are_the_codes(of: str, field: str, value: str) -> None:
    assert getattr(CLASSES[of](), field) == float(value)


def test_every_time_is_on_it() -> None:
    told = {(of, field) for of, field, _ in CONSTANTS}
    numbers = {
        (of, field)
        for of in ("EscalationParams", "MonitorParams", "TechnicalParams")
        for field, value in ((name, getattr(CLASSES[of](), name)) for name in CLASSES[of].__slots__)
        if isinstance(value, int | float)
    }
    assert numbers - told == {("MonitorParams", "recent_s")}


@pytest.mark.parametrize("word", [*get_args(State), *get_args(Tier)])
def test_every_state_and_tier_is_on_it(word: str) -> None:
    assert re.search(rf"^\| {word}\b", PAGE, re.M)


@pytest.mark.parametrize("one", RANGES, ids=lambda one: one.name)
def test_every_limit_that_can_be_set_is_on_it_with_its_range(one: LimitRange) -> None:
    usual = getattr(USUAL, one.name)
    said = "by the leg's own rate" if usual is None else rf"{usual:g}[^|]*"
    assert re.search(rf"^\| [^|]+ \| {said} \| {one.lowest:g}, {one.highest:g}[^|]* \|$", PAGE, re.M)
