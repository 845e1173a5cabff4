"""Bad lines: whatever a line between home and broker does, the home comes back to it, and no row is lost or doubled."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

import made
from broker import require_mosquitto
from enrolled import Enrolled
from faultproxy import Proxy, bad_line
from made import HOME
from surefoot.alerts.identity import CLINIC
from surefoot.alerts.mqtt import Link, LinkError
from surefoot.pipeline.clinic import ClinicParams, serve
from surefoot.pipeline.delivery import deliver
from surefoot.pipeline.store import Store, open_store
from surefoot.pipeline.window import DeliveryParams

ROWS = 120
EAGER = DeliveryParams(answer_s=0.5, longest_answer_s=1.0, alert_answer_s=0.5, look_s=0.1)


@dataclass
class Line:
    """A home behind a bad line to an enrolled broker, and the clinic behind a good one."""

    home: Store
    clinic: Store
    proxy: Proxy
    troubles: list[str]

    def add(self, first: int, count: int) -> None:
        for number in range(first, first + count):
            self.home.keep_bout(made.bout(number))
        self.home.keep_alert(made.alert(f"a{first}"))

    async def empty(self) -> None:
        while await asyncio.to_thread(self.home.outbox.count):
            await asyncio.sleep(0.02)

    async def down_to(self, rows: int) -> None:
        while await asyncio.to_thread(self.home.outbox.count) > rows:
            await asyncio.sleep(0.005)


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Enrolled]:
    require_mosquitto()
    broker = Enrolled(tmp_path_factory.mktemp("broker"), [HOME])
    broker.start()
    yield broker
    broker.stop()


@asynccontextmanager
async def lines(folder: Path, broker: Enrolled, timeout_s: float) -> AsyncIterator[Line]:
    home, clinic = (open_store(f"sqlite:///{folder}/{name}.sqlite") for name in ("home", "clinic"))
    home.gateway(HOME)
    ready = asyncio.Event()
    async with asyncio.timeout(120), bad_line(broker.port) as proxy:
        params = replace(broker.params(HOME), timeout_s=timeout_s, first_wait_s=0.05, longest_wait_s=0.2)
        link = Link(f"mqtts://127.0.0.1:{proxy.port}", f"home-{time.monotonic_ns()}", params=params)
        line = Line(home, clinic, proxy, [])

        def note(trouble: Exception) -> None:
            if isinstance(trouble, LinkError):
                line.troubles.append(trouble.trouble)

        jobs = [asyncio.create_task(serve(clinic, broker.link(CLINIC), lambda: 1000.0, ClinicParams(), ready=ready))]
        await ready.wait()
        line.add(1, ROWS)
        jobs.append(asyncio.create_task(deliver(home, link, EAGER, on_trouble=note)))
        try:
            yield line
            assert not any(job.done() for job in jobs)
        finally:
            for job in jobs:
                job.cancel()
            await asyncio.wait(jobs)
            home.close(), clinic.close()


def run(folder: Path, broker: Enrolled, story: Callable[[Line], Awaitable[None]], timeout_s: float = 1.0) -> list[str]:
    """Play a story; then every row must be at the clinic, once. What the home noticed meanwhile."""

    async def played() -> list[str]:
        async with lines(folder, broker, timeout_s) as line:
            await story(line)
            await line.empty()
            assert line.clinic.bouts(HOME) == line.home.bouts(HOME)
            assert len(line.clinic.alerts()) == len(line.home.alerts()) > 0
            counts = line.clinic.counts()
            assert counts["received"] == counts["bouts"] + counts["alerts"]
            assert counts["dead_letters"] == line.home.counts()["set_aside"] == 0
            return line.troubles

    return asyncio.run(played())


def test_a_long_way(tmp_path: Path, broker: Enrolled) -> None:
    """A way of a third of a second there and back costs time, not rows, and no connection."""

    async def story(line: Line) -> None:
        await line.down_to(ROWS)  # connected
        line.proxy.faults.latency_s = 0.17
        began_s = time.monotonic()
        line.add(1000, 100)
        await line.empty()
        assert time.monotonic() - began_s < 30.0, "each row waited for the one before it"

    assert run(tmp_path, broker, story, timeout_s=20.0) == []


def test_cut_again_and_again(tmp_path: Path, broker: Enrolled) -> None:
    async def story(line: Line) -> None:
        for rows in (ROWS, 80, 40):
            await line.down_to(rows)
            line.proxy.cut()
        line.add(1000, 5)

    assert "lost" in run(tmp_path, broker, story)


def test_reset_again_and_again(tmp_path: Path, broker: Enrolled) -> None:
    async def story(line: Line) -> None:
        for rows in (ROWS, 80, 40):
            await line.down_to(rows)
            line.proxy.cut(reset=True)
        line.add(1000, 5)

    assert "lost" in run(tmp_path, broker, story)


def test_half_open(tmp_path: Path, broker: Enrolled) -> None:
    """The connection stands and nothing passes: noticed by the answer that does not come, and another one is made."""

    async def story(line: Line) -> None:
        await line.down_to(60)
        line.proxy.faults.silent = True
        line.add(1000, 5)
        while "lost" not in line.troubles:
            await asyncio.sleep(0.02)
        taken = line.proxy.taken
        line.proxy.faults.silent = False
        await line.empty()
        assert line.proxy.taken > taken or line.proxy.taken > 1

    assert "lost" in run(tmp_path, broker, story)


def test_slow(tmp_path: Path, broker: Enrolled) -> None:
    """A few kilobytes a second: an alert does not wait behind all that is not one."""

    async def story(line: Line) -> None:
        await line.down_to(ROWS)
        line.proxy.faults.bytes_per_s = 20_000.0
        line.add(1000, 60)
        while len(line.clinic.alerts()) < 2:
            await asyncio.sleep(0.02)
        assert line.home.outbox.count() > 20
        line.proxy.faults.bytes_per_s = 0.0

    run(tmp_path, broker, story)


@pytest.mark.parametrize("who", ["home", "broker"])
def test_rubbish_before_tls(tmp_path: Path, broker: Enrolled, who: str) -> None:
    """A captive portal, or a broken box in between: told as a line that cannot be trusted, and tried again."""

    async def story(line: Line) -> None:
        await line.down_to(60)
        line.proxy.faults.rubbish_to = who
        line.proxy.cut()
        line.add(1000, 5)
        while not {"tls", "silent"} & set(line.troubles):
            await asyncio.sleep(0.02)
        assert line.home.outbox.count() > 0
        line.proxy.faults.rubbish_to = ""

    run(tmp_path, broker, story)


def test_nobody_there_for_a_while(tmp_path: Path, broker: Enrolled) -> None:
    async def story(line: Line) -> None:
        await line.down_to(60)
        line.proxy.faults.refused = True
        line.proxy.cut()
        line.add(1000, 5)
        while len(line.troubles) < 4:
            await asyncio.sleep(0.02)
        line.proxy.faults.refused = False

    run(tmp_path, broker, story)
