"""A sensor's own log, kept running beside the stream: begun anew while all is well, fetched after an absence."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from surefoot.records import Gap, Samples, WornSensor
from surefoot.sensors.bluetooth.ownlog import OwnLog, OwnLogParams
from surefoot.sensors.makers.dot import PRODUCT as DOT
from surefoot.sensors.makers.dotlog import NOTICE
from surefoot.sensors.makers.product import Script
from surefoot.simulation.ankle_dot import DotFirmware
from wired import Wire

T = TypeVar("T")
BOOTED_S = 1_790_000_000.25
WORN = WornSensor("left", "shank", "dot", "C0:00:00:00:00:01", "", 60.0, 0.0)


class Home:
    """One sensor, and who keeps what it recorded."""

    def __init__(self) -> None:
        self.wire = Wire(DotFirmware())
        self.late: list[list[Samples]] = []
        self.keeps = True
        self.own = OwnLog(WORN, DOT, DOT.logbook(), lambda tick: BOOTED_S + tick * 1e-6, self.keep)
        self.wire.perform(DOT.start(60))
        self.do(self.own.keep_running(self, self.now_s))

    @property
    def now_s(self) -> float:
        return BOOTED_S + self.wire.at_s

    async def perform(self, script: Script[T]) -> T:
        return self.wire.perform(script)

    async def keep(self, blocks: Sequence[Samples]) -> bool:
        self.late.append(list(blocks))
        return self.keeps

    def do(self, work: object) -> None:
        asyncio.run(work)  # type: ignore[arg-type]  # a coroutine

    def run(self, seconds: float) -> None:
        """Near, streaming; the link asks for the log to be begun anew as often as it asks for the charge."""
        for _ in range(round(seconds / 100)):
            self.wire.run(100.0, batch=60)
            self.do(self.own.renew(self, self.now_s))

    def away(self, seconds: float) -> Gap:
        begin_s = self.now_s
        self.wire.part()
        self.wire.run(seconds, batch=60)
        self.wire.join()
        return Gap("left", "shank", begin_s, self.now_s, "away")

    def back(self, *gaps: Gap) -> int:
        """What is done before it streams again; how many notices it took."""
        before = len(self.wire.sent)
        self.wire.perform(DOT.stop())
        self.do(self.own.fetch(self, gaps, self.now_s))
        notices = sum(sent.uuid == NOTICE for sent in self.wire.sent[before:])
        self.wire.perform(DOT.start(60))
        self.do(self.own.keep_running(self, self.now_s))
        return notices

    @property
    def remembers(self) -> int:
        """Readings in the sensor's memory."""
        return sum(len(file.rows) for file in self.wire.firmware.memory._files) // 28  # type: ignore[attr-defined]


def test_after_hours_of_streaming_the_log_is_short_and_only_the_absence_is_fetched() -> None:
    home = Home()
    for hours in (1, 1):
        home.run(3600.0 * hours)
        assert home.remembers < 60 * (OwnLogParams().renew_s + 200.0)
        gap = home.away(90.0)
        assert home.back(gap) < 60 * 150  # all of it would be more than 60 * 600
        (block,) = home.late[-1]
        assert abs(block.start_s - gap.start_s) < 0.05 and abs(block.end_s - gap.end_s) < 0.05
        assert home.remembers < 60


def test_a_short_absence_is_not_worth_it() -> None:
    home = Home()
    home.run(100.0)
    home.back(home.away(30.0))
    assert home.late == [] and home.remembers > 60 * 120


def test_what_could_not_be_kept_stays_in_the_sensor_and_comes_with_the_next() -> None:
    home = Home()
    home.run(100.0)
    home.keeps = False
    first = home.away(70.0)
    home.back(first)
    home.run(100.0)
    home.keeps = True
    second = home.away(80.0)
    home.back(second)
    tried, (again, new) = home.late
    np.testing.assert_array_equal(tried[0].gyr, again.gyr)
    assert abs(new.start_s - second.start_s) < 0.05 and len(new) > 79 * 60
    assert home.remembers < 60


def test_one_that_cannot_record_while_it_streams_is_left_in_peace() -> None:
    home = Home()
    home.wire = Wire(DotFirmware(both=False))
    home.wire.perform(DOT.start(60))
    home.own = OwnLog(WORN, DOT, DOT.logbook(), lambda tick: BOOTED_S + tick * 1e-6, home.keep)
    home.do(home.own.keep_running(home, home.now_s))
    home.back(home.away(200.0))
    assert home.late == [] and home.remembers == 0
