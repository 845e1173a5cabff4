"""Live: a source runs through everything into a real store, however it is cut and however it ends."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from surefoot.pipeline.course import Course
from surefoot.pipeline.days import DayBook
from surefoot.pipeline.live import AHEAD, run
from surefoot.pipeline.store import Store, open_store
from surefoot.records import SIDES, Alert, Bout, DaySummary, Gap, Incident, Samples, Stride, Trend
from surefoot.signal.told import WalkFindings
from surefoot.signal.walk import WalkStream
from surefoot.simulation.day import Habits
from surefoot.simulation.patient import Patient, patient_blocks, patient_days
from weeks import days

Block = Samples | Gap

PATIENT = Patient(
    days=3,
    short_days=(),
    drawer_days=(2,),
    onset_day=3,
    ramp_days=1,
    habits=Habits(strides=300, worn_h=7.5, charge_at_noon=1.0),
)
ONE_DAY = Patient(days=1, habits=Habits(strides=150, worn_h=2.0))


class Keeper:
    """Remembers what was kept, in order; may fail or take its time."""

    def __init__(self, fail_on: str = "", wait: threading.Event | None = None) -> None:
        self.kept: list[tuple[str, Any]] = []
        self._fail_on, self._wait = fail_on, wait
        self.waiting = threading.Event()
        self.full = False

    def _keep(self, kind: str, what: Any) -> None:
        if kind == self._fail_on:
            raise OSError("the disk is full")
        if self._wait is not None:
            self.waiting.set()
            assert self._wait.wait(120)
        if self.full:
            raise OSError("the disk is full")
        self.kept.append((kind, what))

    def keep_strides(self, strides: Sequence[Stride]) -> None:
        self._keep("strides", list(strides))

    def keep_bout(self, bout: Bout) -> None:
        self._keep("bout", bout)

    def keep_incident(self, incident: Incident) -> None:
        self._keep("incident", incident)

    def keep_day(self, day: DaySummary, trends: Sequence[Trend]) -> None:
        self._keep("day", day)

    def keep_alert(self, alert: Alert) -> None:
        self._keep("alert", alert)

    def kinds(self) -> list[str]:
        return [kind for kind, _ in self.kept]


async def source_of(blocks: Iterable[Block], then: Exception | None = None) -> AsyncIterator[Block]:
    for block in blocks:
        yield block
    if then is not None:
        raise then


def lived(source: AsyncIterator[Block], keeper: Any, course: Course | None = None, **more: Any) -> None:
    """Run to the end; nothing may still be under way behind it."""

    async def whole() -> None:
        try:
            await run(source, WalkStream(), DayBook(), keeper, course, **more)
        finally:
            assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(whole())


def cut(blocks: Iterable[Block], seed: int) -> Iterator[Block]:
    """The same readings in blocks of any length, in the order in which they begin."""
    rng = np.random.default_rng(seed)
    waiting: list[Block] = []
    for block in blocks:
        yield from sorted((x for x in waiting if x.start_s < block.start_s), key=lambda x: x.start_s)
        waiting = [x for x in waiting if x.start_s >= block.start_s]
        if isinstance(block, Gap):
            waiting.append(block)
            continue
        edges = [0, *np.sort(rng.integers(0, len(block) + 1, rng.integers(0, 4))).tolist(), len(block)]
        for a, b in pairwise(edges):
            start_s = block.start_s + a / block.rate_hz
            piece = Samples(block.side, block.placement, start_s, block.rate_hz, block.acc[a:b], block.gyr[a:b])
            waiting.append(piece)
    yield from sorted(waiting, key=lambda x: x.start_s)


def rows(store: Store) -> dict[str, Any]:
    gateway = store.gateway()
    return {
        "strides": store.strides(0, 1e11),
        "bouts": store.bouts(gateway),
        "incidents": store.incidents(gateway),
        "days": store.days(gateway),
        "trends": store.trends(gateway),
        "alerts": store.alerts(gateway),
    }


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The rows of the patient's three days, and the days in the order in which they were heard of."""
    store = open_store(f"sqlite:///{tmp_path_factory.mktemp('live')}/home.sqlite")
    heard: list[str] = []
    lived(source_of(patient_blocks(PATIENT)), store, on_day=lambda day: heard.append(day.day))
    found = rows(store) | {"heard": heard, "counts": store.counts()}
    store.close()
    return found


# ---- three days of a patient


def test_three_days_are_in_the_store_as_they_were_lived(plain: dict[str, Any]) -> None:
    truth = list(patient_days(PATIENT))
    kept: list[DaySummary] = plain["days"]
    assert [day.missing for day in kept] == ["", "the sensors lay still: not worn", ""]
    assert plain["heard"] == [day.day for day in kept]
    for day, lived_day in zip(kept, truth, strict=True):
        assert day.recorded_h == pytest.approx(lived_day.recorded_s(100.0) / 3600, abs=0.02)
        assert day.worn_h == pytest.approx(lived_day.worn_s(100.0) / 3600, abs=0.5)
        for side, count in day.strides:
            assert 0.6 * lived_day.strides[side] <= count <= lived_day.strides[side]  # straight ones, in bouts
    assert len(plain["bouts"]) == pytest.approx(sum(len(day.walks) for day in truth), abs=5)
    assert sum(day.bouts for day in kept) == len(plain["bouts"])


def test_what_was_done_reaches_the_day(plain: dict[str, Any]) -> None:
    """Standing and sitting take time on every day worn; on a day in a drawer nobody knows."""
    for day, lay in zip(plain["days"], (False, True, False), strict=True):
        told = {m.name: m.value for m in day.metrics if m.name in ("standing_min", "longest_sitting_min")}
        assert len(told) == 2
        assert set(told.values()) == {None} if lay else min(told.values()) > 0


def test_what_a_day_counts_is_what_was_kept(plain: dict[str, Any]) -> None:
    for day in plain["days"]:
        mine = [s for s in plain["strides"] if day.start_s <= s.start_s < day.end_s and s.valid]
        for side, count in day.strides:
            assert count <= sum(s.side == side for s in mine)
        kept = [i for i in plain["incidents"] if day.start_s <= i.start_s < day.end_s]
        assert sum(count for _, _, count in day.incidents) == len(kept)
    assert {(i.kind, i.side) for i in plain["incidents"] if i.kind != "stumble"} == {("foot_drop", "left")}
    caught_s = [s.start_s for day in patient_days(PATIENT) for walk in day.walks for s in walk.stumbles]
    for stumble in (i for i in plain["incidents"] if i.kind == "stumble"):
        assert min(abs(stumble.start_s - at_s) for at_s in caught_s) < 1.0


def test_every_row_but_strides_waits_for_the_clinic(plain: dict[str, Any]) -> None:
    counts = plain["counts"]
    assert counts["outbox"] == counts["bouts"] + counts["incidents"] + counts["days"] + counts["alerts"]
    assert {t.state for t in plain["trends"]} == {"cannot_say"} and plain["alerts"] == []


@pytest.mark.parametrize("seed", [1, 2])
def test_how_the_blocks_were_cut_does_not_matter(plain: dict[str, Any], tmp_path: Path, seed: int) -> None:
    store = open_store(f"sqlite:///{tmp_path}/home.sqlite")
    lived(source_of(cut(patient_blocks(PATIENT), seed)), store)
    found = rows(store)
    store.close()
    for kind, records in found.items():
        assert records == plain[kind], kind


def test_a_day_is_over_at_night_though_nobody_wears_the_sensors(tmp_path: Path) -> None:
    """Both are away from the evening on, told as a radio tells it: a piece at a time."""
    blocks = list(patient_blocks(ONE_DAY))
    end_s, midnight_s = max(block.end_s for block in blocks), ONE_DAY.first_day_s + 86400.0
    told: list[str] = []

    async def evening() -> AsyncIterator[Block]:
        for block in blocks:
            yield block
        for k in range(200):
            for side in SIDES:
                yield Gap(side, "shank", end_s + 60.0 * k, end_s + 60.0 * (k + 1), "away")
        assert end_s + 60.0 * 200 > midnight_s + 900.0
        async with asyncio.timeout(20.0):
            while not told:
                await asyncio.sleep(0.01)

    lived(evening(), Keeper(), on_day=lambda day: told.append(day.day))
    assert len(told) == 1


def test_what_is_known_of_the_patient_comes_first(tmp_path: Path) -> None:
    """Days from before count for the trends of today."""
    before = days(10)
    keeper = Keeper()
    course = Course(days=before)
    lived(source_of(patient_blocks(ONE_DAY)), keeper, course)
    (day,) = [what for kind, what in keeper.kept if kind == "day"]
    assert day.missing.startswith("worn ") and day.day > before[-1].day


# ---- the order of what is kept


def test_the_order_of_what_is_kept() -> None:
    """Strides before their walk, and an alert before its day: a day without its alert would never be judged again."""
    keeper = Keeper()
    weak = Patient(days=2, onset_day=1, ramp_days=1, short_days=(), habits=Habits(strides=300, worn_h=7.5))
    past = days(17, weak_from=15)
    lived(source_of(patient_blocks(weak)), keeper, Course(days=past, alerts=[]))
    kinds = keeper.kinds()
    assert kinds.index("strides") < kinds.index("bout") < kinds.index("day")
    alert = kinds.index("alert")
    assert kinds[alert + 1 : alert + 3] in (["day"], ["alert", "day"], ["day", "strides"])
    assert keeper.kept[alert][1].day == next(what for kind, what in keeper.kept[alert:] if kind == "day").day
    ends = [s.end_s for kind, what in keeper.kept if kind == "strides" for s in what]
    assert ends == sorted(ends)


# ---- how it may end


def test_an_empty_source_keeps_nothing() -> None:
    keeper = Keeper()
    lived(source_of([]), keeper)
    assert keeper.kept == []


def errors_of(action: Callable[[], None]) -> list[str]:
    with pytest.raises(ExceptionGroup) as caught:
        action()
    return [str(error) for error in caught.value.exceptions]


def test_a_source_that_fails_is_told_of_after_everything_it_gave_was_worked_on() -> None:
    blocks = list(patient_blocks(ONE_DAY))[:-2]  # the last are gaps
    broken, stopped = Keeper(), Keeper()
    assert errors_of(lambda: lived(source_of(blocks, OSError("radio gone")), broken)) == ["radio gone"]
    walk = WalkStream()
    for block in blocks:
        keep(stopped, walk.update(block))
    assert broken.kept == stopped.kept and broken.kept
    assert "day" not in broken.kinds(), "the day is not over"


def keep(keeper: Keeper, found: WalkFindings) -> None:
    """What a stream says of one more block, kept without ``run``."""
    if len(found.strides):
        keeper.keep_strides(list(found.strides))
    for bout in found.bouts:
        keeper.keep_bout(bout)
    for incident in found.incidents:
        keeper.keep_incident(incident)


@pytest.mark.parametrize("kind", ["strides", "bout", "day"])
def test_a_keeper_that_fails_ends_it_and_is_told_of(kind: str) -> None:
    keeper = Keeper(fail_on=kind)
    taken = 0

    async def endless() -> AsyncIterator[Block]:
        nonlocal taken
        for block in patient_blocks(ONE_DAY):
            taken += 1
            yield block
        if kind != "day":  # which is kept at the end
            await asyncio.Event().wait()

    assert errors_of(lambda: lived(endless(), keeper)) == ["the disk is full"]
    assert kind not in keeper.kinds()


def test_a_listener_that_fails_is_told_of() -> None:
    def refuse(_: DaySummary) -> None:
        raise ValueError("not listening")

    keeper = Keeper()
    assert errors_of(lambda: lived(source_of(patient_blocks(ONE_DAY)), keeper, on_day=refuse)) == ["not listening"]
    assert keeper.kinds()[-1] == "day"


def test_a_cancelled_run_is_over_when_it_says_so() -> None:
    """The thread at work finishes its block first: nothing is written behind the back of whoever closes the store."""
    go_on = threading.Event()
    keeper = Keeper(wait=go_on)

    async def whole() -> None:
        source = source_of(patient_blocks(ONE_DAY))
        task = asyncio.create_task(run(source, WalkStream(), DayBook(), keeper))
        await asyncio.to_thread(keeper.waiting.wait, 120)
        task.cancel()
        done, _ = await asyncio.wait({task}, timeout=0.3)
        assert not done, "its thread is still keeping something"
        go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await task
        kept = len(keeper.kept)
        assert asyncio.all_tasks() == {asyncio.current_task()}
        with pytest.raises(StopAsyncIteration):
            await anext(source)  # it was closed
        await asyncio.sleep(0.2)
        assert kept == len(keeper.kept) and "day" not in keeper.kinds()

    asyncio.run(whole())


def test_a_keeper_that_fails_while_being_cancelled_is_still_told_of() -> None:
    go_on = threading.Event()
    keeper = Keeper(wait=go_on)

    async def whole() -> None:
        task = asyncio.create_task(run(source_of(patient_blocks(ONE_DAY)), WalkStream(), DayBook(), keeper))
        await asyncio.to_thread(keeper.waiting.wait, 120)
        task.cancel()
        await asyncio.sleep(0.1)
        keeper.full = True
        go_on.set()
        with pytest.raises(BaseExceptionGroup) as caught:
            await task
        assert [str(error) for error in caught.value.exceptions] == ["the disk is full"]

    asyncio.run(whole())


def test_the_source_is_read_a_few_blocks_ahead_and_no_further() -> None:
    go_on = threading.Event()
    keeper = Keeper(wait=go_on)
    blocks = list(cut(patient_blocks(ONE_DAY), 3))
    read = 0

    async def counted() -> AsyncIterator[Block]:
        nonlocal read
        for block in blocks:
            read += 1
            yield block

    async def whole() -> None:
        task = asyncio.create_task(run(counted(), WalkStream(), DayBook(), keeper))
        await asyncio.to_thread(keeper.waiting.wait, 120)
        await asyncio.sleep(0.1)
        first = read
        await asyncio.sleep(0.1)
        assert read == first < len(blocks)
        go_on.set()
        await task
        assert read == len(blocks)

    asyncio.run(whole())
    assert AHEAD < 10


def test_the_loop_stays_awake_while_readings_are_worked_on() -> None:
    beats = 0

    async def heart() -> None:
        nonlocal beats
        while True:
            await asyncio.sleep(0.005)
            beats += 1

    async def whole() -> None:
        beating = asyncio.create_task(heart())
        await run(source_of(patient_blocks(ONE_DAY)), WalkStream(), DayBook(), Keeper())
        beating.cancel()

    asyncio.run(whole())
    assert beats > 5
