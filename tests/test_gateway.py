"""The gateway: a day is whole however often it was stopped, and what cannot be written waits."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import fields, replace
from itertools import pairwise
from pathlib import Path

import pytest

import made
from surefoot.alerts.mqtt import Link
from surefoot.alerts.redflags import EMERGENCY, FALLEN
from surefoot.cli.backlog import MOST, Backlog
from surefoot.cli.board import Board
from surefoot.cli.gateway import Gateway
from surefoot.cli.homekeeper import HomeKeeper
from surefoot.cli.latecomers import Latecomers, LateParams
from surefoot.cli.marks import MarkParams
from surefoot.config import load_config
from surefoot.pipeline.clinic import serve
from surefoot.pipeline.ring import Ring, RingParams
from surefoot.pipeline.store import Store, StoreError, open_store
from surefoot.records import SIDES, DaySummary, Gap, Samples, SensorStatus, Stride, WornSensor
from surefoot.sensors.bluetooth.ble import BleParams
from surefoot.sensors.bluetooth.joining import joined
from surefoot.sensors.bluetooth.link import LinkParams
from surefoot.sensors.bluetooth.ownlog import OwnLogParams
from surefoot.sensors.bluetooth.radio import RadioParams
from surefoot.simulation.broker import small_broker
from surefoot.simulation.day import Habits
from surefoot.simulation.patient import Patient, patient_blocks

PATIENCE_S = 300.0  # of a busy machine
PATIENT = Patient(days=2, short_days=(), drawer_days=(), habits=Habits(strides=100, worn_h=0.6))
WORN = [WornSensor(side, "shank", "open", f"C0:00:00:00:00:0{k}", "", 100.0, 0.0) for k, side in enumerate(SIDES, 1)]
Block = Samples | Gap


def blocks(patient: Patient = PATIENT) -> list[Block]:
    """A day that is over when the next begins, in pieces of a minute as a radio would bring half seconds."""
    found: list[Block] = []
    for block in patient_blocks(patient):
        if isinstance(block, Gap):
            found.append(block)
            continue
        for k in range(0, len(block), 6000):
            at_s = block.start_s + k / block.rate_hz
            parts = block.acc[k : k + 6000], block.gyr[k : k + 6000]
            found.append(Samples(block.side, "shank", at_s, block.rate_hz, *parts))
    return sorted(found, key=lambda item: item.end_s)


def in_turn(items: list[Block]) -> list[Block]:
    """No gap begins before the readings in front of it end: as a radio tells it."""
    reached = dict.fromkeys(SIDES, 0.0)
    found: list[Block] = []
    for item in items:
        cut = isinstance(item, Gap) and item.start_s < reached[item.side]
        found.append(replace(item, start_s=reached[item.side]) if cut else item)
        reached[item.side] = item.end_s
    return found


class Home:
    """One home's files, and a gateway on them whenever it is started."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self.told: list[str] = []
        self.failures: list[BaseException] = []
        self.given = False  # all readings, to the gateway
        self.most = MOST  # that wait to be understood

    def run(
        self, items: Sequence[Block], stop: Callable[[], bool] | None = None, broken: type[Store] | None = None
    ) -> Board:
        """Give a gateway these readings; it is stopped when ``stop`` says so, or ends with the source."""
        return asyncio.run(self.work(items, stop, broken))

    async def work(
        self,
        items: Sequence[Block],
        stop: Callable[[], bool] | None = None,
        broken: type[Store] | None = None,
        broker: str | None = None,
        late: list[Samples] | None = None,
    ) -> Board:
        """``late`` comes when all others were given."""
        self.given = False
        store = open_store(f"sqlite:///{self.folder / 'home.sqlite'}")
        if broken is not None:
            store.__class__ = broken
        ring = Ring(self.folder / "raw")
        board = Board(WORN, "shank", load_config().zone, 0.0)

        async def source() -> AsyncGenerator[Block, None]:
            for item in items:
                yield item
            self.given = True
            if stop:
                await asyncio.Event().wait()

        offset_s = (items[-1].end_s if late else items[0].start_s) - asyncio.get_running_loop().time()
        gateway = self.gateway = Gateway(store, ring, load_config(timezone="UTC"), board, self.told.append)
        gateway._fresh = Backlog(self.most)
        gateway._late = Latecomers(gateway._now_s, LateParams(rest_s=0.0, look_s=0.05))
        working = asyncio.create_task(gateway.work(source(), offset_s, [broker] if broker else []))
        if stop:
            async with asyncio.timeout(PATIENCE_S):
                while not (self.given and stop()):
                    await asyncio.sleep(0.05)
                    if self.given and late:
                        assert await gateway.take_late([late.pop(0)])
            working.cancel()
            await asyncio.wait({working})
            if not working.cancelled() and (error := working.exception()):
                self.failures.append(error)
        else:
            await working
        ring.close()
        store.close()
        return board

    def days(self) -> list[DaySummary]:
        store = open_store(f"sqlite:///{self.folder / 'home.sqlite'}")
        try:
            return store.days(store.gateway())
        finally:
            store.close()

    def strides(self) -> list[Stride]:
        store = open_store(f"sqlite:///{self.folder / 'home.sqlite'}")
        try:
            return store.strides(0.0, 1e12)
        finally:
            store.close()


def test_what_the_day_holds_so_far_is_on_the_board(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("surefoot.cli.gateway.LOOK_S", 0.02)
    home = Home(tmp_path)
    board = home.run(in_turn(blocks()))
    store = open_store(f"sqlite:///{tmp_path / 'home.sqlite'}")
    for day in store.days(store.gateway()):
        assert round(board.worn_today_h(day.end_s - 1.0), 3) == day.worn_h > 0.05
    store.close()


def test_sensors_that_need_a_person_become_technical_alerts_that_end(tmp_path: Path) -> None:
    """What the sensors say of their batteries is kept for the clinic once, and that it is over; also over a restart."""
    kept: list[str] = []

    async def run(*levels: int) -> None:
        store = open_store(f"sqlite:///{tmp_path / 'home.sqlite'}")
        ring, board = Ring(tmp_path / "raw"), Board(WORN, "shank", load_config().zone, 0.0)

        async def source() -> AsyncGenerator[Block, None]:
            for pct in levels:
                board.take_status(SensorStatus("left", "shank", 0.0, "streaming", battery_pct=pct))
                async with asyncio.timeout(PATIENCE_S):
                    while not (alerts := store.alerts()) or (alerts[0].alert.resolved_s is None) is (pct > 50):
                        await asyncio.sleep(0.05)
            yield blocks()[0]

        await Gateway(store, ring, load_config(timezone="UTC"), board, kept.append).work(source(), 1.8e9)
        ring.close()
        store.close()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("surefoot.cli.gateway.LOOK_S", 0.05)
        asyncio.run(run(12))
        asyncio.run(run(12, 90))
    told = [line for line in kept if line.startswith("ALERT T0")]
    assert len(told) == 2 and "battery of the left sensor is at 12 %" in told[0] and told[1].endswith("This is over.")


@pytest.mark.parametrize(("kind", "text"), [("red_flags", EMERGENCY), ("fall_not_up", FALLEN)])
def test_what_cannot_wait_is_said_before_it_is_stored(tmp_path: Path, kind: str, text: str) -> None:
    said: list[str] = []
    stopping = threading.Event()
    stopping.set()
    store = open_store(f"sqlite:///{tmp_path / 'home.sqlite'}")
    with store._write() as connection:
        connection.exec_driver_sql("CREATE TRIGGER full BEFORE INSERT ON alerts BEGIN SELECT RAISE(ABORT, 'full'); END")
    board = Board(WORN, "shank", load_config().zone, 0.0)
    keeper = HomeKeeper(store, board, lambda: 0.0, said.append, stopping, lambda: False)
    with pytest.raises(StoreError):
        keeper.keep_alert(replace(made.alert("a", "T4"), kind=kind))
    assert "\n".join(said).startswith(text)
    store.close()


def test_a_gateway_stopped_at_noon_tells_the_whole_day(tmp_path: Path) -> None:
    given = blocks()
    midnight_s = PATIENT.first_day_s + 86400.0
    today = [k for k, item in enumerate(given) if isinstance(item, Samples) and item.end_s < midnight_s]
    at = today[len(today) // 2]
    whole, twice = Home(tmp_path / "whole"), Home(tmp_path / "twice")
    whole.run(given)
    twice.run(given[:at], lambda: len(twice.strides()) > 20)
    assert twice.days() == []  # a day that is not over is not told
    early = twice.strides()
    twice.run(given[at:])
    assert 0 < len(early) < len(whole.strides())
    assert [day.recorded_h for day in twice.days()] == [day.recorded_h for day in whole.days()]
    assert twice.days() == whole.days() and twice.strides() == whole.strides()


@pytest.mark.parametrize("told_before", [True, False], ids=["a day that was told", "the day that is open"])
def test_readings_that_come_late_make_a_day_whole_and_mark_it(tmp_path: Path, told_before: bool) -> None:
    """Minutes of the left leg are missing on the second day; they come when the third has begun, or sooner."""
    given = in_turn(blocks(replace(PATIENT, days=3)))
    edges_s = [PATIENT.first_day_s + 86400.0 * day for day in (1, 2)]
    day_two = [item for item in given if isinstance(item, Samples) and edges_s[0] <= item.start_s < edges_s[1]]
    walks = [item for item in day_two if item.side == "left"][6:18]
    until = given.index(day_two[-1]) + 1
    gap = Gap("left", "shank", walks[0].start_s, walks[-1].end_s, "away")
    thin = sorted([gap, *(item for item in given if item not in walks)], key=lambda item: item.end_s)
    whole, home = Home(tmp_path / "whole"), Home(tmp_path / "late")
    whole.run(given)
    if told_before:
        late_min = [0.0, round((gap.end_s - gap.start_s) / 60, 1)]
        enough = len(whole.strides()) - 4

        def done() -> bool:
            told = [day.late_min for day in home.days()]
            return told == pytest.approx(late_min, abs=0.1) and len(home.strides()) >= enough

        asyncio.run(home.work(thin, done, late=[*walks]))
        assert sum(f"{home.days()[1].day} is over" in line for line in home.told) >= 2
    else:
        early = [item for item in thin if any(item is one for one in given[:until]) or item is gap]
        enough = sum(stride.start_s < edges_s[1] for stride in whole.strides()) - 4
        asyncio.run(home.work(early, lambda: len(home.strides()) >= enough, late=[*walks]))
        home.run(given[until:])
    day, true = (next(d for d in one.days() if d.start_s == edges_s[0]) for one in (home, whole))
    assert day.late_min == pytest.approx((gap.end_s - gap.start_s) / 60, abs=0.1) and true.late_min == 0
    assert day.recorded_h == pytest.approx(true.recorded_h, abs=0.02)
    assert dict(day.strides)["left"] == pytest.approx(dict(true.strides)["left"], abs=3) and day.strides[1][1] > 50
    named = [(stride.side, stride.start_s) for stride in home.strides()]
    assert len(named) == pytest.approx(len(whole.strides()), abs=4)
    for side in SIDES:
        starts = [start_s for one, start_s in named if one == side]
        assert all(b - a > 0.4 for a, b in pairwise(starts)), "none counts twice"


def test_days_told_before_stay_as_they_are(tmp_path: Path) -> None:
    """Started again on the second day, it works through the second day alone."""
    given = blocks()
    home = Home(tmp_path)
    home.run(given, lambda: any("is over" in line for line in home.told))
    (first,) = home.days()
    told = len(home.told)
    end_s = given[-1].end_s
    home.run([Gap(side, "shank", end_s, end_s + 60.0, "off") for side in SIDES])
    assert home.days()[0] == first and len(home.days()) == 2
    assert [line for line in home.told[told:] if "is over" in line and first.day in line] == []


def test_a_day_told_while_the_clock_was_ahead_stops_nothing(tmp_path: Path) -> None:
    """The clock stood ten years ahead and was put right: what is worn from now on is understood from now on."""
    given = in_turn(blocks())[:80]
    home, other = Home(tmp_path / "ahead"), Home(tmp_path / "other")
    other.run(given)
    store = open_store(f"sqlite:///{tmp_path / 'ahead' / 'home.sqlite'}")
    ahead_s = given[0].start_s + 3652 * 86400.0
    store.keep_day(replace(made.day(1), day="2036-03-02", start_s=ahead_s, end_s=ahead_s + 86400.0))
    store.close()
    home.run(given)
    assert home.strides() == other.strides() != []


def test_what_is_found_reaches_the_clinic(tmp_path: Path) -> None:
    """By a broker that knows MQTT 3.1.1 only."""
    home = Home(tmp_path / "home")
    clinic = open_store(f"sqlite:///{tmp_path / 'clinic.sqlite'}")

    async def work() -> None:
        async with small_broker() as broker:
            ready = asyncio.Event()
            serving = asyncio.create_task(serve(clinic, Link(broker, "clinic", protocol="3.1.1"), ready=ready))
            await ready.wait()
            await home.work(blocks(), lambda: bool(clinic.counts()["days"]), broker=broker)
            serving.cancel()
            await asyncio.wait({serving})

    asyncio.run(work())
    (patient,) = clinic.patients()
    assert clinic.days(patient.gateway) == home.days() and len(home.days()) == 1
    clinic.close()


class Full(Store):
    """A store whose disk is full for the first two attempts."""

    left = 2

    def keep_strides(self, strides: Sequence[Stride], *, anew: bool = False) -> None:
        if Full.left:
            Full.left -= 1
            raise StoreError("The records cannot be written: the disk is full.", "", "Make room.")
        super().keep_strides(strides, anew=anew)


def test_a_full_disk_is_waited_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("surefoot.cli.homekeeper.RETRY_S", 0.05)
    given = blocks()[:80]
    home, other = Home(tmp_path / "full"), Home(tmp_path / "other")
    home.run(given, broken=Full)
    other.run(given)
    assert Full.left == 0 and home.strides() == other.strides() != []
    assert sum("disk is full" in line for line in home.told) == 1


def test_while_nothing_can_be_kept_readings_are_recorded_and_understood_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever receives does not wait: what is more than memory should hold is read from the ring again."""
    monkeypatch.setattr("surefoot.cli.homekeeper.RETRY_S", 0.05)
    monkeypatch.setattr(Full, "left", 10**9)
    given = in_turn(blocks())
    home, other = Home(tmp_path / "full"), Home(tmp_path / "other")
    home.most = 20

    def end_of_trouble() -> bool:
        Full.left = 0  # all was given by now
        return len(home.days()) == 1 and home.gateway._fresh.is_empty()

    home.run(given, end_of_trouble, Full)
    home.run([Gap(side, "shank", given[-1].end_s, given[-1].end_s + 1.0, "off") for side in SIDES])
    other.run(given)
    assert home.strides() == other.strides() != [] and home.days() == other.days()
    assert sum("disk is full" in line for line in home.told) == 1


def test_a_full_disk_does_not_keep_it_from_being_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Full, "left", 10**9)
    home = Home(tmp_path)
    home.run(blocks()[:80], lambda: bool(home.told), Full)  # else this would not end
    assert home.strides() == [] and "disk is full" in repr(home.failures)


PARAMS = (BleParams(), LinkParams(), RadioParams(), OwnLogParams(), LateParams(), RingParams(), MarkParams())
ELSEWHERE = {
    ("LateParams", "look_s"),
    *(("RingParams", f"{name}") for name in ("gap_s", "segment_s", "segment_share", "near_s", "late_s", "ahead_s")),
}


def test_the_page_tells_the_constants_of_the_code() -> None:
    page = (Path(__file__).resolve().parent.parent / "docs" / "gateway.md").read_text(encoding="utf-8")
    told = re.findall(r"`(\w+Params)\.(\w+)`\s+=\s+([\d.]*\d)", page)
    usual = {type(one).__name__: one for one in PARAMS}
    assert {(name, field): float(value) for name, field, value in told} == {
        (name, field.name): value
        for name, one in usual.items()
        for field in fields(one)
        if isinstance(value := getattr(one, field.name), int | float) and (name, field.name) not in ELSEWHERE
    }


def test_pieces_that_follow_on_are_joined_and_nothing_else_changes() -> None:
    given = blocks()[:80]
    together = list(joined(given, 300.0))
    assert len(together) < len(given) / 3
    for side in SIDES:
        for name in ("acc", "gyr"):
            cut, whole = (
                [getattr(b, name) for b in items if isinstance(b, Samples) and b.side == side]
                for items in (given, together)
            )
            assert b"".join(x.tobytes() for x in cut) == b"".join(x.tobytes() for x in whole)
    assert all(item.end_s - item.start_s < 365.0 for item in together if isinstance(item, Samples))
