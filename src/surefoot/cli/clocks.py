"""This computer's clocks: the time, how long it has run, and whether the time is to be relied on."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from surefoot.cli.machine import EARLIEST_YEAR, ROOT, has_clock_battery, kept_right

STEP_S = 60.0  # more than this is no correction but another time
ClockState = Literal["unset", "unsynced", "synced"]


@dataclass(frozen=True, slots=True)
class ClockReading:
    """All of them at one moment. ``boot_id`` names this start of the computer, since which two of them count.

    "unset": a time before this program was made; "unsynced": nobody has set it since the start, and there is no clock
    that runs on without power. Where that cannot be asked the time is believed.
    """

    boot_id: str
    boot_s: float  # since it was switched on, sleep included
    running_s: float  # the same without sleep: what event loops count
    wall_s: float
    state: ClockState


def read_clocks(root: Path = ROOT) -> ClockReading:
    running_s, wall_s = time.monotonic(), time.time()
    boot_s = time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else running_s
    try:
        boot_id = (root / "proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        boot_id = f"since-{round(wall_s - boot_s)}"
    return ClockReading(boot_id, boot_s, running_s, wall_s, clock_state(wall_s, kept_right(), has_clock_battery(root)))


def clock_state(wall_s: float, is_synchronised: bool | None, battery: bool) -> ClockState:
    if datetime.fromtimestamp(wall_s, UTC).year < EARLIEST_YEAR:
        return "unset"
    return "unsynced" if is_synchronised is False and not battery else "synced"


def changed(began: ClockReading, now: ClockReading) -> str:
    """What happened to the time since a session began, as a sentence; "" where nothing that it could not bear."""
    asleep_s = (now.boot_s - now.running_s) - (began.boot_s - began.running_s)
    set_by_s = (now.wall_s - began.wall_s) - (now.boot_s - began.boot_s)
    if abs(set_by_s) > STEP_S:
        return f"This computer's clock was set by {set_by_s:+.0f} s. Started anew with the time of now."
    if asleep_s > STEP_S:
        return f"This computer slept for {asleep_s:.0f} s; nothing was received meanwhile."
    return ""
