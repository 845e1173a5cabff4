"""``surefoot wear`` as its user starts it, killed, on a Linux whose sensors go on; for a test and a benchmark.

The sensors, their BlueZ and the bus live here; the gateway is a program of its own that runs bleak's own code.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from aired import Aired, aired, counts_of, on_grid
from onlinux import bluez_on
from surefoot.config import Config, load_config
from surefoot.pipeline.ring import Ring
from surefoot.pipeline.store import open_store
from surefoot.records import SIDES, Samples, Side
from surefoot.signal.walk import WalkStream
from surefoot.simulation.air import Faults
from surefoot.simulation.bluez import Manners
from surefoot.simulation.motion import Motion
from surefoot.simulation.person import draw_walker
from surefoot.simulation.privatebus import VARIABLE, as_system_bus, private_bus
from surefoot.simulation.sensor import noise_tape, put_on
from surefoot.simulation.walker import plan_walk

FINE_HZ = 520.0  # of what the legs feel: no two readings of a sensor are the same sample, however its clock runs
CODE = "from surefoot.cli.main import main; main()"


@dataclass
class Killed:
    """One home over all its gateways."""

    there: Aired
    config: Config
    env: dict[str, str]
    process: asyncio.subprocess.Process | None = None
    said: str = ""

    async def start(self) -> None:
        """A gateway, until both sensors stream."""
        self.process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", CODE, "wear", "--plain"),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=self.env,
        )
        self.said = ""
        self._hearing = asyncio.create_task(self._hear(self.process))
        async with asyncio.timeout(60.0):
            while not all(f"{side} ankle: streaming" in self.said for side in SIDES):
                await asyncio.sleep(0.02)
                if self.process.returncode is not None:
                    raise AssertionError(f"it ended by itself: {self.said}")
        self._streamed_s = asyncio.get_running_loop().time()

    async def _hear(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        while line := await process.stdout.readline():
            self.said += line.decode()

    async def kill(self) -> dict[Side, float]:
        """In the middle of whatever it does; of each sensor, for how long before that its readings are lost, s.

        What it held then is no loss: the next start puts it in its place, as is done here with a copy. Counted from
        when it streamed to this gateway: before that nothing was received.
        """
        assert self.process is not None
        self.process.kill()
        now_s = asyncio.get_running_loop().time()
        await self.process.wait()
        await self._hearing
        with TemporaryDirectory() as folder:
            there = Path(folder) / "raw"
            if self.config.home_ring.exists():
                shutil.copytree(self.config.home_ring, there)
            ring = Ring(there)
            ring.regain()
            ring.close()
            return {side: now_s - max(self._stored_s(side, there), self._streamed_s) for side in SIDES}

    def _stored_s(self, side: Side, folder: Path) -> float:
        stored = self.stored(side, folder)
        return float(self.sent_s(side)[stored[-1]]) if len(stored) else 0.0

    async def stop(self) -> int:
        assert self.process is not None
        self.process.terminate()
        status = await self.process.wait()
        await self._hearing
        return status

    def sent_s(self, side: Side) -> np.ndarray:
        return self.there.ankles[side].sent.at_s

    def stored(self, side: Side, folder: Path | None = None) -> np.ndarray:
        """The numbers of the readings in the ring, in its order."""
        ankle = self.there.ankles[side]
        where = {row.tobytes(): k for k, row in enumerate(counts_of(ankle, on_grid(ankle)))}
        items = Ring(folder or self.config.home_ring).items(0.0, 1e12, (side, "shank"))
        blocks = [np.hstack([item.acc, item.gyr]) for item in items if isinstance(item, Samples)]
        rows = np.vstack([np.empty((0, 6)), *blocks])
        return np.array([where[row.tobytes()] for row in counts_of(ankle, rows)], int)

    def twice(self, side: Side) -> int:
        """Readings stored more often than once."""
        stored = self.stored(side)
        return len(stored) - len(np.unique(stored))

    def understood(self) -> list[tuple[Side, float]]:
        """The strides of all that is recorded, worked through at one go."""
        walk = WalkStream()
        found = [walk.update(item) for item in Ring(self.config.home_ring).items(0.0, 1e12)] + [walk.close()]
        return sorted((stride.side, stride.start_s) for told in found for stride in told.strides)


@asynccontextmanager
async def killed(folder: Path, seconds: float, faults: Faults | None = None) -> AsyncIterator[Killed]:
    """Somebody who walks on and on, with two sensors that are paired."""
    rng = np.random.default_rng(11)
    walker = draw_walker(rng)
    scene = plan_walk(walker, rng, strides=int(seconds / walker.stride_s), stand_s=(1.0, 5.0))
    noise = noise_tape(rng)
    felt = {side: Motion([scene.readings(side, "shank", put_on(rng, noise), FINE_HZ)]) for side in SIDES}
    paths = os.pathsep.join(path for path in sys.path if path)
    with private_bus() as address, as_system_bus(address):
        there = await aired(felt=felt, faults=faults)
        config = load_config(home=folder / "home")
        env = {**os.environ, "PYTHONPATH": paths, "PYTHONUNBUFFERED": "1", VARIABLE: address}
        env |= {"SUREFOOT_HOME": str(config.home), "XDG_STATE_HOME": str(folder / "state")}
        config.home.mkdir(parents=True)
        store = open_store(config.home_store)
        for sensor in there.worn:
            store.keep_worn_sensor(sensor)
        store.close()
        async with bluez_on(address, there.air, Manners()):
            home = Killed(there, config, env)
            try:
                yield home
            finally:
                if home.process is not None and home.process.returncode is None:
                    home.process.kill()
                    await home.process.wait()
                for ankle in there.ankles.values():
                    await ankle.stop()
