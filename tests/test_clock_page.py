"""docs/clock.md: its constants are the code's, its picture and its command are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from surefoot.sensors.clock.holding import HoldParams
from surefoot.sensors.clock.missing import MissingParams
from surefoot.sensors.clock.order import OrderParams
from surefoot.sensors.clock.stream import StreamParams
from surefoot.sensors.clock.ticks import TickParams
from surefoot.sensors.clock.waiting import WaitingParams

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "clock.md").read_text(encoding="utf-8")
PARAMS = (HoldParams, MissingParams, OrderParams, StreamParams, TickParams, WaitingParams)
OWNERS = {owner.__name__: owner for owner in PARAMS}
CONSTANTS = re.findall(r"`(\w+Params)\.(\w+)`\s+=\s+(-?[\d.]*\d)", PAGE)


@pytest.mark.parametrize(("owner", "name", "value"), CONSTANTS)
def test_constants_are_the_codes(owner: str, name: str, value: str) -> None:
    assert getattr(OWNERS[owner](), name) == float(value)


def test_all_it_names_is_there() -> None:
    assert len(CONSTANTS) >= 12
    for script in re.findall(r"python (benchmarks/\w+\.py)", PAGE):
        assert (ROOT / script).exists()
    for file in re.findall(r"`((?:sensors|pipeline|signal|tests)/[\w/]+\.py)`", PAGE):
        assert (ROOT / file).exists() or (ROOT / "src" / "surefoot" / file).exists(), file
