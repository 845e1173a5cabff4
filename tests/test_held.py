"""Held readings: those whose times are not known yet are on the disk, and a killed program's are put in their place."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from packets import MICRO, START_S, Sent, errors, sent
from surefoot.cli.undated import FOLDER, date
from surefoot.pipeline.ring import Ring
from surefoot.records import Gap, Held, Placement, Samples, Side, WornSensor
from surefoot.sensors.clock.holding import HoldParams
from surefoot.sensors.clock.stream import SensorStream, StreamParams

LEFT: tuple[Side, Placement] = ("left", "shank")
BEAT_S = 0.5
LONG = StreamParams(hold=HoldParams(most_s=20.0))
Step = tuple[float, list[Samples | Gap], Held]  # a beat: when, what is told, what is held


@pytest.fixture(scope="module")
def made() -> Sent:
    return sent(np.random.default_rng(3), MICRO, 40.0, delays="uniform", lost=0.02)


@pytest.fixture(scope="module")
def steps(made: Sent) -> list[Step]:
    return list(beats(made))


def beats(made: Sent, ask: bool = True) -> Iterator[Step]:
    """As a radio hands it on."""
    stream = SensorStream("left", "shank", made.traits, made.traits.usual_rate_hz, params=LONG)
    told: list[Samples | Gap] = []
    beat_s = START_S + BEAT_S
    for arrived_s, packet in made.packets:
        while arrived_s > beat_s:
            yield beat_s, told + stream.quiet(beat_s), stream.held() if ask else Held(0)
            told, beat_s = [], beat_s + BEAT_S
        told += stream.update(arrived_s, packet)
    yield beat_s, told + stream.lose(beat_s, "the end"), stream.held() if ask else Held(0)


def lived(folder: Path, steps: list[Step], until: int, told: int | None = None) -> float:
    """So many beats, and of the last what was ``told`` first; killed behind them. When that was."""
    ring = Ring(folder)
    for k, (_, items, held) in enumerate(steps[:until]):
        for item in items if k + 1 < until else items[:told]:
            ring.keep(item)
        if k + 1 < until or told is None:
            ring.hold(LEFT, held)
    return steps[until - 1][0]


def kept(folder: Path) -> list[Samples]:
    return [item for item in Ring(folder).items(0.0, 1e12) if isinstance(item, Samples)]


def numbers(made: Sent, blocks: list[Samples]) -> list[int]:
    return [int(mark) for block in blocks for mark in made.marks(block)]


def received(made: Sent, before_s: float) -> list[int]:
    packets = [p for at_s, p in made.packets if at_s <= before_s]
    return numbers(made, [Samples("left", "shank", 0.0, 1.0, p.acc, p.gyr) for p in packets])


def released_at(steps: list[Step]) -> int:
    """The beat at which the first times are told."""
    return next(k for k, (_, items, _) in enumerate(steps, 1) if any(isinstance(i, Samples) for i in items))


def test_what_could_not_be_taken_for_good_stays_until_it_can(made: Sent, steps: list[Step], tmp_path: Path) -> None:
    """A disk that was full when the next program started: what that one holds in its turn does not take it along."""
    lived(tmp_path, steps, 8)
    ring, again = Ring(tmp_path), sent(np.random.default_rng(4), MICRO, 40.0, delays="uniform")
    with pytest.MonkeyPatch.context() as full:
        full.setattr(ring._late, "keep", lambda blocks: False)
        assert ring.regain() == []
    for _, items, held in beats(again):
        for item in items:
            ring.keep(replace(item, start_s=item.start_s + 3600.0) if isinstance(item, Samples) else item)
        ring.hold(LEFT, held)
    gained = ring.regain()
    ring.close()
    assert numbers(made, gained)[:50] == received(made, steps[7][0])[:50]
    assert not list((tmp_path / "held").rglob("*.raw"))


def test_asking_what_is_held_changes_nothing(made: Sent, steps: list[Step]) -> None:
    asked, not_asked = ([i for _, items, _ in each for i in items] for each in (steps, beats(made, ask=False)))
    assert len(asked) == len(not_asked) > 40
    for a, b in zip(asked, not_asked, strict=True):
        assert (a.start_s, a.end_s) == (b.start_s, b.end_s)


def test_it_is_held_for_long_here_and_each_reading_is_told_of_once(steps: list[Step]) -> None:
    assert 15 < released_at(steps) * BEAT_S < 22
    held = [held for _, _, held in steps]
    assert max(one.held_s for one in held) > 10 and held[-1] == Held(0)
    counted = [n for one in held for number, samples in one.parts for n in range(number, number + len(samples))]
    assert counted == sorted(set(counted))


@pytest.mark.parametrize("until", [3, 8, 21, 30])
def test_killed_while_readings_wait_nothing_older_than_a_second_is_missing_and_their_times_are_as_good(
    made: Sent, steps: list[Step], tmp_path: Path, until: int
) -> None:
    at_s = lived(tmp_path, steps, until)
    assert not kept(tmp_path)
    ring = Ring(tmp_path)
    gained = ring.regain()
    ring.close()
    there = kept(tmp_path)
    assert sum(map(len, gained)) == sum(map(len, there))
    assert numbers(made, there) == received(made, at_s)[: len(numbers(made, there))]
    assert len(received(made, at_s - 1.0)) <= len(numbers(made, there))
    assert all(a.end_s <= b.start_s + 1e-4 for a, b in pairwise(there))
    _, off = errors(made, there)
    assert np.abs(off - 0.004).max() < (0.15 if until < 20 else 0.015)
    assert Ring(tmp_path).regain() == [] and not list((tmp_path / "held").rglob("*.raw"))


def test_killed_at_any_point_while_they_find_their_place_none_is_missing_and_none_twice(
    made: Sent, steps: list[Step], tmp_path: Path
) -> None:
    """They are in both places then: all of them, or the first pieces."""
    beat = released_at(steps)
    pieces = len(steps[beat - 1][1])
    assert pieces >= 3  # something was lost meanwhile
    for told in (0, 1, 2, pieces // 2, pieces - 1, pieces):
        folder = tmp_path / str(told)
        at_s = lived(folder, steps, beat, told)
        there = set(numbers(made, kept(folder)))
        ring = Ring(folder)
        assert not there & set(numbers(made, ring.regain())), told
        ring.close()
        got = numbers(made, kept(folder))
        assert got == sorted(set(got)), told
        assert got[: len(received(made, at_s - 1.0))] == received(made, at_s - 1.0), told
    whole = tmp_path / "whole"
    at_s = lived(whole, steps, len(steps))
    assert not list((whole / "held").rglob("*.raw")) and Ring(whole).regain() == []
    got = numbers(made, kept(whole))
    assert got == received(made, at_s)[: len(got)] and len(got) >= len(received(made, at_s - 1.0))


def test_what_cannot_be_kept_stays_and_what_a_crash_cut_is_left_out(
    made: Sent, steps: list[Step], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lived(tmp_path, steps, 12)
    (file,) = (tmp_path / "held").rglob("*.raw")
    whole = file.read_bytes()
    file.write_bytes(whole[:-5])
    with monkeypatch.context() as patch:
        patch.setattr(Ring, "keep_late", lambda *_: False)
        assert Ring(tmp_path).regain() == []
    gained = Ring(tmp_path).regain()
    got = numbers(made, gained)
    assert got == received(made, 1e12)[: len(got)] and len(got) > 400


def test_readings_without_a_date_that_were_held_are_dated_too(made: Sent, steps: list[Step], tmp_path: Path) -> None:
    from surefoot.cli.clocks import ClockReading

    now = ClockReading(wall_s=2e9, boot_s=START_S + 100.0, running_s=5.0, boot_id="one", state="synced")
    lived(tmp_path / FOLDER / "one", steps, 12)
    ring = Ring(tmp_path / "raw")
    assert "sensor minutes" in date(tmp_path, ring, now)
    ring.close()
    there = kept(tmp_path / "raw")
    assert len(numbers(made, there)) > 400 and abs(there[0].start_s - (2e9 - 100.0)) < 1.0


def test_a_start_says_what_it_found(steps: list[Step], tmp_path: Path) -> None:
    from surefoot.cli.board import Board
    from surefoot.cli.gateway import Gateway
    from surefoot.config import load_config
    from surefoot.pipeline.store import open_store

    config = load_config(home=tmp_path)
    at_s = lived(config.home_ring, steps, 30)
    told: list[str] = []

    async def nothing():  # type: ignore[no-untyped-def]
        return
        yield

    async def work() -> None:
        store, ring = open_store(config.home_store), Ring(config.home_ring)
        board = Board((WornSensor(*LEFT, "open", "C0", "", 104.0, 0.0),), "shank", config.zone, at_s)
        await Gateway(store, ring, config, board, told.append).work(nothing(), at_s + 5.0)
        ring.close()
        store.close()

    asyncio.run(work())
    assert any("sensor seconds whose times were not known yet" in line for line in told)
    assert len(kept(config.home_ring)) > 0
