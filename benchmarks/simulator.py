"""What the simulated radio itself costs: two sensors, the air, and a client of bleak that only counts.

python benchmarks/simulator.py [--minutes N]
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))  # the sensors on the air are the tests'

from aired import in_virtual_time
from onair import LEFT, RATE_HZ, RIGHT, Ear, begin, place


async def heard(seconds: float) -> None:
    """Both sensors stream for so long; raise AssertionError if not all of it came."""
    async with place(seconds=60, keep=False) as here:
        ears = (Ear(), Ear())
        devices = await here.find(LEFT, RIGHT)
        async with here.client(devices[0]) as left, here.client(devices[1]) as right:
            for client, ear in zip((left, right), ears, strict=True):
                await begin(client, ear)
            await asyncio.sleep(seconds)
        assert all(len(ear.readings) > RATE_HZ * (seconds - 0.5) for ear in ears)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=20.0)
    seconds = 60 * parser.parse_args().minutes
    began_s = time.process_time()
    in_virtual_time(heard(seconds))
    cpu_s = time.process_time() - began_s
    print(f"two sensors at {RATE_HZ:g} Hz for {seconds / 60:g} min of virtual time: {cpu_s:.1f} s of one core")
    print(f"{seconds / cpu_s:.0f} times real time")


if __name__ == "__main__":
    main()
