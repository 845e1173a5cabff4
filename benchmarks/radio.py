"""The radio: what of all that two sensors send arrives, when it is said to be taken, and what a gateway costs.

    python benchmarks/radio.py [--only NAME ...] [--minutes N] [--drops N] [--seconds N] [--kills N] [--hours N]

All of it over the simulated radio (simulation/air.py), with sensors of their own drifting clocks, through bleak and the
code that real sensors use. Everything but ``cost`` and ``kills`` runs in virtual time and repeats exactly; ``cost``
takes ``--seconds`` of real time. ``--hours``: of a simulated day, for the memory (benchmarks/memory.py); it takes about
half a minute an hour. At the 25th the day has been told.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))  # the sensors on the air are the tests'

from memory import memory

from aired import Aired, Compared, Listener, aired, apart_s, compared, in_virtual_time
from killed import killed
from surefoot.alerts.mqtt import Link as ClinicLink
from surefoot.cli.board import Board
from surefoot.cli.gateway import Gateway
from surefoot.config import load_config
from surefoot.pipeline.clinic import serve
from surefoot.pipeline.ring import Ring
from surefoot.pipeline.store import open_store
from surefoot.records import SIDES, Side
from surefoot.sensors.bluetooth.radio import Radio
from surefoot.sensors.makers.products import PRODUCTS
from surefoot.simulation.air import Faults
from surefoot.simulation.broker import small_broker
from surefoot.simulation.pretend import pretend_radio

CONSOLE = Console(width=150)
BAD = Faults(lost=0.02, jitter_s=0.2)  # none overtakes another: one that is late makes those behind it late
TURNS = Faults(lost=0.02, turns_s=0.2)  # as late, but what waits comes together
GRID = Faults(lost=0.02, interval_s=0.05)  # as radios have it: what is said in between comes together


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


ARRIVED = ("product", "sent", "told", "missing", "said lost", "in no gap", "wrong", "95 % off, ms", "95 % apart, ms")


def faultless(given: argparse.Namespace) -> None:
    rows = [arrivals(product.key, None, given.minutes) for product in PRODUCTS]
    show(f"Without faults, {given.minutes:g} min, clocks 80 ppm fast and slow", ARRIVED, rows)


def bad(given: argparse.Namespace) -> None:
    rows = [arrivals(product.key, BAD, given.minutes) for product in PRODUCTS]
    show(f"2 % lost, each 0 to 200 ms late, {given.minutes:g} min, clocks 80 ppm fast and slow", ARRIVED, rows)


def turns(given: argparse.Namespace) -> None:
    rows = [arrivals(product.key, TURNS, given.minutes) for product in PRODUCTS]
    show(f"2 % lost, turns 0 to 200 ms apart, {given.minutes:g} min, clocks 80 ppm fast and slow", ARRIVED, rows)


def gridded(given: argparse.Namespace) -> None:
    rows = [arrivals(product.key, GRID, given.minutes) for product in PRODUCTS]
    show(f"2 % lost, arrivals on a grid of 50 ms, {given.minutes:g} min, clocks 80 ppm fast and slow", ARRIVED, rows)


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
    title = "Links broken, half of them by going out of range for 3 to 120 s; from being back to streaming"
    show(title, columns, [row])


# ---- what it costs


async def gateway(seconds: float, broker: str, folder: Path) -> None:
    """A whole gateway on bleak's own code for Linux; prints its share of a core (%), readings a second, MB at ends."""
    offset_s = time.time() - asyncio.get_running_loop().time()
    config = load_config(home=folder)
    async with pretend_radio(apart=True) as person:
        store, ring = open_store(config.home_store), Ring(folder / "recordings")
        board = Board(person.worn, "shank", config.zone, time.time())
        radio = Radio(person.worn, on_status=board.take_status, bleak=person.kit, unix_offset_s=offset_s)
        home = Gateway(store, ring, config, board, lambda _: None)
        working = asyncio.create_task(home.work(radio.items(), offset_s, [broker]))
        while not all(status.readings > 1000 for status in board.statuses.values()):
            await asyncio.wait({working}, timeout=1.0)
            if working.done():
                working.result()
        begin, seen, before_mb = time.process_time(), dict(board.statuses), _resident_mb()
        await asyncio.sleep(seconds)
        share = 100 * (time.process_time() - begin) / seconds
        now = board.statuses  # told every ten seconds
        rate_hz = sum((now[key].readings - was.readings) / (now[key].at_s - was.at_s) for key, was in seen.items())
        print(f"{share:.2f} {rate_hz:.1f} {before_mb:.1f} {_resident_mb():.1f}")
        working.cancel()
        await asyncio.wait({working})
        ring.close()
        store.close()


def cost(given: argparse.Namespace) -> None:
    """Each in a process of its own: the simulated world, the gateway, and a broker with a clinic (this one)."""
    row = asyncio.run(_cost(given.seconds))
    columns = ("core, %", "readings/s", "memory before, MB", "after, MB", "stored by the clinic")
    show(f"A whole gateway (receive, record, understand, keep, send), walking, {given.seconds:g} s", columns, [row])


async def _cost(seconds: float) -> tuple[object, ...]:
    with tempfile.TemporaryDirectory() as folder:
        clinic = open_store(f"sqlite:///{folder}/clinic.sqlite")
        async with small_broker() as broker:
            ready = asyncio.Event()
            serving = asyncio.create_task(serve(clinic, ClinicLink(broker, "clinic", protocol="3.1.1"), ready=ready))
            await ready.wait()
            how = ("--child", "--seconds", str(seconds), "--broker", broker, "--folder", folder)
            home = await asyncio.create_subprocess_exec(sys.executable, __file__, *how, stdout=asyncio.subprocess.PIPE)
            told, _ = await home.communicate()
            serving.cancel()
            await asyncio.wait({serving})
        stored = sum(clinic.counts().get(name, 0) for name in ("bouts", "incidents", "days"))
        clinic.close()
    return (*told.decode().split(), f"{stored} rows")


def _resident_mb() -> float:
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


# ---- killed at any moment


def kills(given: argparse.Namespace) -> None:
    row = asyncio.run(_kills(given.kills))
    columns = ("killed", "lost, median s", "most s", "stored and gone", "stored twice", "strides", "of those recorded")
    columns += ("twice or wrong", "pairing", "outbox")
    show(
        "surefoot wear killed (SIGKILL) at random moments while somebody walks, on bleak's own code for Linux",
        columns,
        [row],
    )


async def _kills(count: int) -> tuple[object, ...]:
    """Real time. "lost": from when the last reading that is stored was measured to the kill; in the foreground only,
    for what is started with SIGINT ignored does not end by it.
    """
    rng = np.random.default_rng(21)
    lost_s: list[float] = []
    gone = twice = 0
    with tempfile.TemporaryDirectory() as folder:
        async with killed(Path(folder), 60.0 * count) as home:
            before = {side: np.empty(0, int) for side in SIDES}
            for _ in range(count):
                await home.start()
                await asyncio.sleep(float(rng.uniform(0.0, 12.0)))
                lost_s += (await home.kill()).values()
                for side in SIDES:
                    now = home.stored(side)
                    gone += len(np.setdiff1d(before[side], now))
                    twice = max(twice, home.twice(side))
                    before[side] = now
            await home.start()
            await asyncio.sleep(30.0)
            await home.stop()
            store = open_store(home.config.home_store)
            kept = sorted((stride.side, stride.start_s) for stride in store.strides(0.0, 1e12))
            paired = store.worn_sensors() == home.there.worn
            outbox = store.outbox.count() >= len(store.bouts(store.gateway())) > 0
            store.close()
            true = home.understood()
            wrong = len(kept) - len(set(kept) & set(true))
    said = (f"{one:.2f}" for one in (np.median(lost_s), max(lost_s)))
    whole = ("kept" if one else "LOST" for one in (paired, outbox))
    return (count, *said, gone, twice, len(kept), len(true), wrong, *whole)


ALL = {
    "faultless": faultless,
    "gridded": gridded,
    "turns": turns,
    "bad": bad,
    "drops": drops,
    "cost": cost,
    "kills": kills,
    "memory": memory,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=ALL, default=[*ALL])
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--drops", type=int, default=200)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--hours", type=float, default=25.0)
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--broker", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        asyncio.run(gateway(given.seconds, given.broker, given.folder))
    else:
        for name in given.only:
            ALL[name](given)


if __name__ == "__main__":
    main()
