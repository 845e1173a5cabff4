"""The home just now: what the gateway knows at this moment, in a small file beside its store, for the patient's page.

The gateway writes it again every few seconds, whole or not at all. One that is old says that no gateway runs.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from surefoot.pipeline.suddenask import SuddenQuestion
from surefoot.records import ActivityKind, LinkState, Placement, Side

NAME = "now.json"
FRESH_S = 30.0  # it is written every 5 s; a busy computer may take longer (P)
LARGEST = 65_536


@dataclass(frozen=True, slots=True)
class SensorNow:
    """One sensor and its link."""

    side: Side
    placement: Placement
    state: LinkState
    reason: str = ""
    battery_pct: int | None = None


@dataclass(frozen=True, slots=True)
class HomeNow:
    """At ``at_s``. ``doing`` and how long somebody has been seated are minutes behind: so long it takes to tell."""

    at_s: float
    sensors: tuple[SensorNow, ...]
    mounting: str = ""  # how the sensors sit, in the patient's words
    phase: str = ""
    doing: ActivityKind | None = None
    doing_s: float | None = None  # when that ended
    seated_min: float = 0.0  # without a break
    worn_h: float | None = None  # today
    asked: tuple[SuddenQuestion, ...] = ()  # about a leg that walks differently than usual, answered or not


_FORM: TypeAdapter[HomeNow] = TypeAdapter(HomeNow)


def write_now(home: Path, now: HomeNow) -> None:
    """For whoever reads next. OSError when it cannot be written. It need not survive a power cut: then nothing runs."""
    fresh = home / f"{NAME}.new"
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(_FORM.dump_json(now, exclude_defaults=True))
    fresh.replace(home / NAME)


def read_now(home: Path, now_s: float) -> HomeNow | None:
    """What a running gateway says; None where none has said anything lately."""
    try:
        with (home / NAME).open("rb") as file:
            found = _FORM.validate_json(file.read(LARGEST))
    except (OSError, ValidationError):
        return None
    return found if abs(now_s - found.at_s) <= FRESH_S else None
