"""Memory of a gateway over a simulated day, in a program of its own: nothing else of the world lives in it.

    python benchmarks/memory.py [--hours 25]

Another program plays a person of 4,000 strides of each leg, with two sensors worn for sixteen hours and then put down,
whose packets come late, some of them never. The gateway gets them through a pipe and does what ``surefoot wear`` does
from there on: puts them in time, records, understands, keeps, closes the day. What its memory is each hour is told
twice: as the system counts it, and when all that is free was given back to it; with the number of Python's objects.
Its time is virtual. The radio's own part and the sending are not in it (``benchmarks/radio.py --only cost``,
``benchmarks/soak.py``).
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import pickle
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from aired import ZERO_S, in_virtual_time
from surefoot.cli.board import Board
from surefoot.cli.freed import give_back
from surefoot.cli.gateway import Gateway
from surefoot.config import load_config
from surefoot.pipeline.ring import Ring
from surefoot.pipeline.store import open_store
from surefoot.records import SIDES, Gap, Samples, Side, WornSensor
from surefoot.sensors.clock.stream import SensorStream
from surefoot.sensors.makers.product import Packet
from surefoot.sensors.makers.products import product
from surefoot.simulation.life import LifeHabits, life_day
from surefoot.simulation.motion import motions
from surefoot.simulation.person import draw_walker

USUAL_DAY = LifeHabits(worn_h=16.0, removals=(0, 0))  # 4,000 strides of each leg
PPM = {"left": 31.0, "right": -22.0}
LOST, LATE_S = 0.005, 0.05  # as radios are (P)
PIECE_S = 5.0  # handed over at once
BEFORE_S = 30.0  # the hour: the housekeeping, which gives free memory back each ten minutes, is due then
MEMORY = Path("/dev/shm")
Come = tuple[float, Side, Packet]


# ---- the world


def pieces(hours: float, seed: int = 1) -> Iterator[list[Come]]:
    """What arrives, in pieces of ``PIECE_S``: when, of which leg, what."""
    rng, traits = np.random.default_rng(seed), product("open").traits
    rate_hz, readings = traits.usual_rate_hz, traits.readings_per_packet
    day = life_day(draw_walker(np.random.default_rng(seed)), seed, habits=USUAL_DAY, rate_hz=rate_hz)
    felt = motions(day.blocks())
    each, number = int(PIECE_S * rate_hz) // readings, dict.fromkeys(SIDES, 0)
    for _ in range(int(hours * 3600 / PIECE_S)):
        come: list[Come] = []
        for side in SIDES:
            at_s = (number[side] + np.arange(each * readings)) / rate_hz / (1 + 1e-6 * PPM[side])
            rows = felt[side].at(at_s)
            sent_s = at_s[readings - 1 :: readings] + 0.004
            arrived = np.maximum.accumulate(sent_s + rng.uniform(0, LATE_S, each)).tolist()
            for k in np.flatnonzero(rng.random(each) >= LOST).tolist():
                part = slice(k * readings, (k + 1) * readings)
                tick = int(1e6 * (number[side] + part.start) / rate_hz) % (1 << 32)
                come.append((arrived[k], side, Packet(rows[part, :3], rows[part, 3:], tick)))
            number[side] += each * readings
        yield sorted(come, key=lambda one: one[0])


def play(hours: float) -> None:
    """The gateway, begun, fed and listened to."""
    how = (sys.executable, __file__, "--child", "--hours", str(hours))
    with subprocess.Popen(how, stdin=subprocess.PIPE) as gateway:
        assert gateway.stdin is not None
        try:
            for piece in pieces(hours + 0.01):
                pickle.dump(piece, gateway.stdin)
            gateway.stdin.close()
        except BrokenPipeError:
            pass  # it has said why


# ---- the gateway


async def received(streams: dict[Side, SensorStream]) -> AsyncIterator[Samples | Gap]:
    """What comes through the pipe, when its time has come."""
    loop = asyncio.get_running_loop()
    while True:
        try:
            piece: list[Come] = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        await asyncio.sleep(max(0.0, piece[-1][0] - loop.time()))
        for arrived_s, side, packet in piece:
            for item in streams[side].update(ZERO_S + arrived_s, packet):
                yield item


async def watched(hours: float) -> list[tuple[float, float]]:
    """Megabytes at each hour: as the system counts them; when what is free was given back."""
    traits, rate_hz = product("open").traits, product("open").traits.usual_rate_hz
    worn = [WornSensor(side, "shank", "open", f"C0:{side}", side, rate_hz, 0.0) for side in SIDES]
    grown: list[tuple[float, float]] = []
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        config = load_config(home=Path(folder))
        store, ring = open_store(config.home_store), Ring(config.home_ring)
        board = Board(worn, "shank", config.zone, ZERO_S)
        streams = {side: SensorStream(side, "shank", traits, rate_hz) for side in SIDES}
        home = Gateway(store, ring, config, board, lambda _: None)
        working = asyncio.create_task(home.work(received(streams), ZERO_S, ()))  # type: ignore[arg-type]  # a generator
        for hour in range(1, round(hours) + 1):
            await asyncio.wait({working}, timeout=3600.0 * hour - BEFORE_S - asyncio.get_running_loop().time())
            if working.done():
                working.result()
            resident, kept = _own_mb(), store.counts()
            grown.append((resident, _given_back_mb()))
            told = f"{resident:.1f} {grown[-1][1]:.1f} {len(gc.get_objects())}"
            print(hour, told, sum(one.readings for one in streams.values()), kept["strides"], kept["days"], flush=True)
        working.cancel()
        await asyncio.wait({working})
        ring.close()
        store.close()
    return grown


def _own_mb() -> float:
    """Anonymous memory: what the program itself has asked for, without what it shares with files."""
    return float(Path("/proc/self/status").read_text().split("RssAnon:")[1].split()[0]) * 1024 / 1e6


def _given_back_mb() -> float:
    """The same when Python and the C library have given back what is free."""
    gc.collect()
    give_back()
    return _own_mb()


def memory(given: argparse.Namespace) -> None:
    """For ``benchmarks/radio.py`` too."""
    print("A gateway alone, of a day that begins at midnight: MB of its own at each hour, and when what is free is")
    print("given back; Python's objects; readings, strides kept, days kept", flush=True)
    play(given.hours)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hours", type=float, default=25.0)
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        grown = in_virtual_time(watched(given.hours))
        counted, given_back = ([hour[k] for hour in grown] for k in (0, 1))
        most = (f"{max(each) - each[0]:.1f}" for each in (counted, given_back))
        print("Grown after the first hour, at most: {} MB as counted, {} MB given back".format(*most), flush=True)
    else:
        memory(given)


if __name__ == "__main__":
    main()
