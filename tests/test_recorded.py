"""Replay of what was recorded: the strides seen live, from the ring, by the loop and by the command."""

from __future__ import annotations

import asyncio
import heapq
import json
from collections.abc import AsyncIterator, Callable, Iterable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from packets import MILLI, TIMELESS, sent
from surefoot.cli import main as cli
from surefoot.pipeline.days import DayBook
from surefoot.pipeline.live import run
from surefoot.pipeline.ring import Ring
from surefoot.records import SIDES, Gap, Samples
from surefoot.sensors.clock.stream import SensorStream
from surefoot.signal.walk import WalkStream
from surefoot.simulation.pulses import Buckle
from surefoot.simulation.scene import record
from surefoot.simulation.walker import Walker, plan_walk
from test_live import Keeper

Item = Samples | Gap
NOON_S = datetime(2026, 11, 26, 12, tzinfo=UTC).timestamp()
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def heard() -> list[Item]:
    """What two sensors' streams tell of three minutes of walking, on clocks of their own, some of it lost."""
    walk = partial(plan_walk, Walker(), strides=45, buckles=(Buckle("left", 20, 12.0),))
    worn, _ = record([walk, walk, walk], np.random.default_rng(5), rate_hz=104.0)
    arriving = []
    for k, (side, traits) in enumerate(zip(SIDES, (MILLI, TIMELESS), strict=True)):
        readings = worn[side].acc, worn[side].gyr
        how = {"ppm": 60.0 * (-1) ** k, "lost": 0.002 * (1 - k), "delays": "bursts", "rate_off": 0.003 * k}
        gone = sent(np.random.default_rng(k), traits, **how, start_s=NOON_S, readings=readings)  # type: ignore[arg-type]
        arriving.append([(arrived_s, side, packet) for arrived_s, packet in gone.packets])
    streams = {side: SensorStream(side, "shank", t, 104.0) for side, t in zip(SIDES, (MILLI, TIMELESS), strict=True)}
    told = [
        i for at, side, packet in heapq.merge(*arriving, key=lambda a: a[0]) for i in streams[side].update(at, packet)
    ]
    return told + [item for side in SIDES for item in streams[side].lose(NOON_S + 1e4, "the end")]


def lived(items: Iterable[Item], then: Callable[[Item], None] | None = None) -> list[tuple[str, Any]]:
    async def source() -> AsyncIterator[Item]:
        for item in items:
            if then:
                then(item)
            yield item

    keeper = Keeper()
    asyncio.run(run(source(), WalkStream(), DayBook(), keeper))
    return keeper.kept


@pytest.fixture(scope="module")
def live(heard: list[Item], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[tuple[str, Any]]]:
    """A home whose ring kept what was heard, and what was found while it was."""
    home = tmp_path_factory.mktemp("home")
    ring = Ring(home / "raw")
    found = lived(heard, ring.keep)
    ring.close()
    assert not ring.trouble
    return home, found


def of(kept: list[tuple[str, Any]], kind: str) -> list[Any]:
    found = [what for name, what in kept if name == kind]
    return [stride for some in found for stride in some] if kind == "strides" else found


def test_a_replay_sees_exactly_what_was_seen_live(live: tuple[Path, list[tuple[str, Any]]]) -> None:
    home, found = live
    again = lived(Ring(home / "raw").items(0, 1e11))
    assert len(of(found, "strides")) > 150 and len(of(found, "bout")) >= 2
    for kind in ("strides", "bout", "incident", "day"):
        assert repr(of(again, kind)) == repr(of(found, kind)), kind


@pytest.fixture
def surefoot(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    def run_it(home: Path, *arguments: str) -> tuple[int, str, str]:
        monkeypatch.setenv("SUREFOOT_HOME", str(home))
        with pytest.raises(SystemExit) as caught:
            cli.main(["replay", *arguments])
        out, err = capsys.readouterr()
        return int(caught.value.code or 0), out, err

    return run_it


def test_the_command_replays_a_recorded_day(live: tuple[Path, list[tuple[str, Any]]], surefoot: Run) -> None:
    home, found = live
    code, out, err = surefoot(home, "--recorded", "2026-11-26", "--json")
    assert code == 0, err
    rows = [json.loads(line) for line in out.splitlines()]
    strides = [row for row in rows if row["type"] == "stride"]
    assert len(strides) == len(of(found, "strides"))
    assert [row["start_s"] for row in strides] == [stride.start_s for stride in of(found, "strides")]
    assert [row["day"] for row in rows if row["type"] == "day"] == ["2026-11-26"]


def test_the_day_is_the_patients(live: tuple[Path, list[tuple[str, Any]]], surefoot: Run) -> None:
    code, out, _ = surefoot(live[0], "--recorded", "2026-11-27", "--timezone", "Pacific/Kiritimati", "--json")
    assert code == 0 and '"stride"' in out


def test_what_cannot_be_replayed_is_said_in_words(
    live: tuple[Path, list[tuple[str, Any]]], surefoot: Run, tmp_path: Path
) -> None:
    code, _, err = surefoot(live[0], "--recorded", "2026-11-25")
    assert code == 1 and "No readings of 2026-11-25 are kept. There are some of 2026-11-26." in err
    code, _, err = surefoot(tmp_path, "--recorded", "2026-11-25")
    assert code == 1 and "No readings are kept in" in err and "surefoot wear" in err
    for more in (["left.csv"], ["--start", "2026-01-01"], ["--rate", "100"]):
        code, _, err = surefoot(live[0], "--recorded", "2026-11-26", *more)
        assert code == 2 and "--recorded DAY takes no files" in err
    assert surefoot(live[0], "--recorded", "yesterday")[0] == 2


def test_damage_is_told(live: tuple[Path, list[tuple[str, Any]]], surefoot: Run, tmp_path: Path) -> None:
    whole = min((live[0] / "raw").iterdir())
    (tmp_path / "raw").mkdir()
    content = bytearray(whole.read_bytes())
    content[len(content) // 2] ^= 4
    (tmp_path / "raw" / whole.name).write_bytes(content[:-5])
    code, out, err = surefoot(tmp_path, "--recorded", "2026-11-26", "--json")
    assert code == 0 and "bytes of the recording are damaged" in err and "breaks off 1 time" in err
    assert '"stride"' in out
