"""The radio: what of all that two sensors send arrives, when it is said to be taken, and what a gateway costs.

    python benchmarks/radio.py [--only NAME ...] [--minutes N] [--drops N] [--seconds N] [--hours N]

All of it over the simulated radio (simulation/air.py), with sensors of their own drifting clocks, through bleak and the
code that real sensors use. Everything but ``cost`` runs in virtual time and repeats exactly; ``cost`` runs in real time
for ``--seconds``. ``--hours``: of a simulated day, for the memory; it takes about a minute an hour.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

sys.path.insert(
    0, str(Path(__file__).resolve().parent.parent / "tests")
)  # the sensors on the air are those of the tests

from aired import Aired, Compared, Listener, aired, apart_s, compared, in_virtual_time
from surefoot.records import SIDES, Side
from surefoot.sensors.products import PRODUCTS
from surefoot.simulation.air import Faults

CONSOLE = Console(width=150)
BAD = Faults(lost=0.02, jitter_s=0.2)


def show(title: str, columns: tuple[str, ...], rows: list[tuple[object, ...]]) -> None:
    table = Table(title=title, title_justify="left", box=None, header_style="bold")
    for k, column in enumerate(columns):
        table.add_column(column, justify="right" if k else "left")
    for row in rows:
        table.add_row(*map(str, row))
    CONSOLE.print(table)
    CONSOLE.print()


# ---- what arrives


async def listened(key: str, faults: Faults | None, seconds: float) -> tuple[Aired, Listener]:
    """Two sensors for so long, then switched off, and whoever listened."""
    there = await aired(key, faults=faults)
    async with Listener(there) as listener:
        await asyncio.sleep(seconds)
        for ankle in there.ankles.values():
            ankle.switch_off()
        await asyncio.sleep(5.0)
    return there, listener


def arrivals(key: str, faults: Faults | None, minutes: float) -> tuple[object, ...]:
    there, listener = in_virtual_time(listened(key, faults, 60.0 * minutes))
    told = {side: compared(there.ankles[side], listener.of(side)) for side in SIDES}
    sent = sum(ankle.readings for ankle in there.ankles.values())
    late_ms = [1000 * np.percentile(np.abs(one.error_s), 95) for one in told.values()]
    apart_ms = 1000 * np.percentile(np.abs(apart_s(told["left"], told["right"])), 95)
    return (
        key,
        sent,
        sum(len(one.number) for one in told.values()),
        sum(one.missing for one in told.values()),
        sum(listener.last(side).lost for side in SIDES),
        sum(one.untold for one in told.values()),
        sum(one.unknown + _disorder(one) for one in told.values()),
        " ".join(f"{x:.1f}" for x in late_ms),
        f"{apart_ms:.1f}",
    )


def _disorder(one: Compared) -> int:
    return int((np.diff(one.number) <= 0).sum())


ARRIVED = (
    "product",
    "sent",
    "told",
    "missing",
    "said lost",
    "in no gap",
    "wrong",
    "time off, 95 %, ms",
    "legs apart, 95 %, ms",
)


def faultless(given: argparse.Namespace) -> None:
    rows = [arrivals(product.key, None, given.minutes) for product in PRODUCTS]
    show(f"Without faults, {given.minutes:g} min, clocks 80 ppm fast and slow", ARRIVED, rows)


def bad(given: argparse.Namespace) -> None:
    rows = [arrivals(product.key, BAD, given.minutes) for product in PRODUCTS]
    show(f"2 % lost, each 0 to 200 ms late, {given.minutes:g} min, clocks 80 ppm fast and slow", ARRIVED, rows)


# ---- links that break


async def broken(drops: int) -> tuple[list[float], list[tuple[int, int]], Listener]:
    there = await aired()
    rng = np.random.default_rng(4)
    took_s, left = [], []
    loop = asyncio.get_running_loop()
    async with Listener(there) as listener:
        await listener.until("right", "streaming")
        for _ in range(drops):
            await asyncio.sleep(rng.uniform(1.0, 30.0))
            side: Side = SIDES[rng.integers(2)]
            away_s = float(rng.choice([0.0, rng.uniform(3.0, 120.0)]))
            there.ankles[side].out_of_range(away_s) if away_s else there.ankles[side].lose_link()
            back_s = loop.time() + away_s
            await listener.until(side, "streaming", within_s=away_s + 120.0)
            took_s.append(loop.time() - back_s)
            left.append((len(asyncio.all_tasks()), len(list(Path("/proc/self/fd").iterdir()))))
    return took_s, left, listener


def drops(given: argparse.Namespace) -> None:
    took_s, left, listener = in_virtual_time(broken(given.drops))
    tasks, files = zip(*left, strict=True)
    row = (
        f"{len(took_s)} of {given.drops}",
        *(f"{x:.2f}" for x in (np.median(took_s), np.percentile(took_s, 95), max(took_s))),
        sum(listener.last(side).connections for side in SIDES),
        max(tasks) - min(tasks),
        max(files) - min(files),
    )
    columns = ("reconnected", "median s", "95 % s", "longest s", "connections", "tasks more", "files more")
    show(
        "Links broken, half of them by going out of range for 3 to 120 s; from being back to streaming", columns, [row]
    )


# ---- what it costs


async def bare(seconds: float) -> None:
    """The simulated person and radio, and somebody who listens and does nothing."""
    async with pastime() as person:
        bluetooth = Bluetooth(person.kit)
        lines = []
        for worn in person.worn:
            heard: list[Found] = []
            await bluetooth.look(
                10.0, lambda one, w=worn, h=heard: one.address == w.address and (h.append(one) or True)
            )
            lines.append(await bluetooth.connect(heard[0], lambda *_: None))
            await lines[-1].perform(product(worn.product).start(worn.rate_hz))
        begin = time.process_time()
        await asyncio.sleep(seconds)
        print(time.process_time() - begin)


async def whole(seconds: float, broker: str, folder: Path) -> None:
    """The same, and a whole gateway: received, recorded, understood, kept, sent."""
    async with pastime() as person:
        store, ring = open_store(f"sqlite:///{folder / 'home.sqlite'}"), Ring(folder / "recordings")
        board = Board(person.worn, "shank", load_config().zone, time.time())
        offset_s = time.time() - asyncio.get_running_loop().time()
        radio = Radio(person.worn, on_status=board.take_status, bleak=person.kit, unix_offset_s=offset_s)
        gateway = Gateway(store, ring, load_config(), board, lambda _: None)
        working = asyncio.create_task(gateway.work(radio.items(), offset_s, broker))
        await asyncio.sleep(10.0)  # connected, clocks known
        begin = time.process_time()
        await asyncio.sleep(seconds)
        print(time.process_time() - begin)
        working.cancel()
        await asyncio.wait({working})
        ring.close()
        store.close()
