"""The clocks: a start at which nobody knows the time, a clock set by a day, a sleep; and readings dated rightly."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from surefoot.cli.clocks import STEP_S, ClockReading, changed, clock_state, read_clocks
from surefoot.cli.undated import FOLDER, date, wait_for_time
from surefoot.pipeline.ring import Ring
from surefoot.records import Gap, Samples

NOW_S = 1.8e9
BEGAN = ClockReading("this-start", 20.0, 20.0, NOW_S, "unsynced")
DAY_S = 86400.0


def later(seconds: float, *, asleep_s: float = 0.0, set_by_s: float = 0.0, state: str = "synced") -> ClockReading:
    """The clocks so much after ``BEGAN``."""
    boot_s = BEGAN.boot_s + seconds + asleep_s
    wall_s = BEGAN.wall_s + seconds + asleep_s + set_by_s
    return ClockReading(BEGAN.boot_id, boot_s, BEGAN.running_s + seconds, wall_s, state)  # type: ignore[arg-type]


def test_the_clocks_of_this_machine_make_sense() -> None:
    first = read_clocks()
    second = read_clocks()
    assert first.boot_id == second.boot_id != "" and changed(first, second) == ""
    assert second.boot_s >= first.boot_s >= first.running_s - 1e-3 > 0
    assert second.wall_s >= first.wall_s > 1.7e9 and first.state in ("unsynced", "synced")


@pytest.mark.parametrize(
    ("wall_s", "synchronised", "battery", "state"),
    [
        (0.0, True, True, "unset"),
        (NOW_S, True, False, "synced"),
        (NOW_S, False, True, "synced"),  # a clock with a battery is believed
        (NOW_S, False, False, "unsynced"),
        (NOW_S, None, False, "synced"),  # where it cannot be asked
    ],
)
def test_whether_the_time_is_to_be_relied_on(
    wall_s: float, synchronised: bool | None, battery: bool, state: str
) -> None:
    assert clock_state(wall_s, synchronised, battery) == state


@pytest.mark.parametrize(
    ("now", "words"),
    [
        (later(3600.0), ""),
        (later(3600.0, set_by_s=STEP_S - 1), ""),
        (later(60.0, set_by_s=DAY_S), "set by +86400 s"),
        (later(60.0, set_by_s=-DAY_S), "set by -86400 s"),
        (later(60.0, asleep_s=7200.0), "slept for 7200 s"),
        (later(60.0, asleep_s=7200.0, set_by_s=-DAY_S), "set by -86400 s"),
    ],
)
def test_a_clock_that_is_set_is_told_from_a_sleep(now: ClockReading, words: str) -> None:
    assert (words in changed(BEGAN, now)) if words else changed(BEGAN, now) == ""


# ---- a start without the time


def piece(start_s: float, side: str = "left", seconds: float = 2.0) -> Samples:
    rng = np.random.default_rng(round(start_s))
    size = (round(100 * seconds), 3)
    counts = rng.integers(-3000, 3000, (2, *size)).astype(float)
    return Samples(side, "shank", start_s, 100.0, counts[0] / 256, counts[1] / 16, (1 / 256, 1 / 16))  # type: ignore[arg-type]


def radio_of(*at_s: float) -> Callable[[float, object], AsyncGenerator[Samples | Gap, None]]:
    """Readings at these times of the loop's clock, then silence for ever."""

    async def items(offset_s: float, _: object) -> AsyncGenerator[Samples | Gap, None]:
        for k, one in enumerate(at_s):
            yield piece(one + offset_s, ("left", "right")[k % 2])
        await asyncio.Event().wait()

    return items


def clocks_of(*readings: ClockReading) -> Callable[[], ClockReading]:
    """One after another, the last one for ever."""
    left = list(readings)
    return lambda: left.pop(0) if len(left) > 1 else left[0]


def kept(ring: Ring) -> list[tuple[str, float]]:
    return sorted((item.side, round(item.start_s, 3)) for item in ring.items(0.0, 1e12) if isinstance(item, Samples))


def waited(home: Path, ring: Ring, clocks: Callable[[], ClockReading], *at_s: float) -> list[str]:
    said: list[str] = []
    asyncio.run(asyncio.wait_for(wait_for_time(home, ring, clocks, radio_of(*at_s), said.append, 60.0), 60))
    return said


@pytest.mark.parametrize("set_by_s", [DAY_S, -DAY_S, 0.0])
def test_what_was_received_before_the_time_was_known_is_dated_when_it_is(tmp_path: Path, set_by_s: float) -> None:
    ring = Ring(tmp_path / "raw")
    clocks = clocks_of(BEGAN, later(1, state="unsynced"), later(1, state="unsynced"), later(10, set_by_s=set_by_s))
    said = waited(tmp_path, ring, clocks, 21.0, 21.5, 23.0, 23.5)
    ring.flush()
    true_s = NOW_S + set_by_s  # of the moment when the clocks showed BEGAN
    want = [
        (side, round(true_s + at_s, 3)) for side, at_s in (("left", 1.0), ("left", 3.0), ("right", 1.5), ("right", 3.5))
    ]
    assert {side for side, _ in kept(ring)} == {"left", "right"}
    assert kept(ring)[0] == want[0] and kept(ring)[-1][1] <= want[-1][1] + 2.0
    total = sum(len(item) for item in ring.items(0.0, 1e12) if isinstance(item, Samples))
    assert total == 4 * 200
    first = next(item for item in ring.items(0.0, 1e12) if isinstance(item, Samples) and item.side == "left")
    assert (first.acc == piece(21.0).acc[: len(first)]).all()
    assert "does not know the time yet" in said[0] and "are dated now" in said[1]
    assert not (tmp_path / FOLDER).exists()
    ring.close()


def test_where_the_time_is_known_nothing_waits(tmp_path: Path) -> None:
    ring = Ring(tmp_path / "raw")
    assert waited(tmp_path, ring, clocks_of(later(0.0)), 21.0) == [] and kept(ring) == []
    ring.close()


def test_a_computer_that_has_run_for_long_without_the_time_is_not_waited_for(tmp_path: Path) -> None:
    """Begun again by itself, say: no time server has come in five minutes, and none will now."""
    ring = Ring(tmp_path / "raw")
    assert waited(tmp_path, ring, clocks_of(later(100.0, state="unsynced")), 21.0) == []
    ring.close()


def test_patience_ends_and_the_computers_own_time_is_taken(tmp_path: Path) -> None:
    ring = Ring(tmp_path / "raw")
    clocks = clocks_of(BEGAN, later(1, state="unsynced"), later(40, state="unsynced"))
    waited(tmp_path, ring, clocks, 21.0)
    ring.flush()
    assert kept(ring)[0] == ("left", NOW_S + 1.0)
    ring.close()


def test_a_gateway_killed_while_it_waited_dates_that_too_but_not_after_another_start(tmp_path: Path) -> None:
    for boot_id, at_s in ((BEGAN.boot_id, 25.0), ("an earlier start", 400.0)):
        undated = Ring(tmp_path / FOLDER / boot_id)
        undated.keep(piece(at_s))
        undated.close()
    ring = Ring(tmp_path / "raw")
    told = date(tmp_path, ring, later(100.0, set_by_s=DAY_S))
    assert kept(ring)[0] == ("left", NOW_S + DAY_S + 5.0)
    assert "are dated now" in told and "of an earlier start could not be dated and are lost" in told
    assert not (tmp_path / FOLDER).exists()
    assert date(tmp_path, ring, later(200.0)) == ""
    ring.close()


def test_a_radio_that_fails_is_not_hidden(tmp_path: Path) -> None:
    async def broken(offset_s: float, _: object) -> AsyncGenerator[Samples | Gap, None]:
        yield piece(offset_s + 21.0)
        raise ZeroDivisionError

    ring = Ring(tmp_path / "raw")
    with pytest.raises(ZeroDivisionError):
        asyncio.run(wait_for_time(tmp_path, ring, lambda: replace(BEGAN), broken, lambda _: None))
    ring.close()
