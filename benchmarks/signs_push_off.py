"""Push-off: the two numbers of S1 in legs that differ, real ones after stroke and a simulated weak calf.

    python benchmarks/signs_push_off.py [--data DIR]

REAL are six people after stroke on a belt, both legs at one speed: by how much the right leg's numbers stand above the
left's. Their weakness comes from the brain and is not of S1. SIMULATED is the calf's weakness (docs/simulation.md).
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from pathlib import Path

import numpy as np
from accuracy import DATA, Bench

from surefoot.records import SIDES, Array, Side
from surefoot.signal.table import StrideTable
from surefoot.signal.walk import analyze
from surefoot.simulation.gait import Leg
from surefoot.simulation.walker import Walker, simulate_walk

NUMBERS = ("push_off_rate_dps", "push_off_acceleration_mps2")
DEGREES = (0.3, 0.6, 1.0)
LEAST, STRIDES, SPEED_MPS = 10, 60, 1.1


def real(bench: Bench) -> None:
    people: dict[str, list[Array]] = defaultdict(list)
    for recording, _, walk in bench.walks("movingreality", "shank"):
        left, right = (middles(walk.strides, side) for side in SIDES)
        if left is not None and right is not None:
            people[str(recording.info["subject"])].append(100 * np.log(right / left))
    trials = np.array([one for trials in people.values() for one in trials])
    rows = [(name, str(len(mine)), *(f"{x:+.0f}" for x in np.mean(mine, axis=0))) for name, mine in people.items()]
    together = float(np.corrcoef(trials.T)[0, 1])
    slope = float(trials[:, 1] @ trials[:, 0] / (trials[:, 0] @ trials[:, 0]))
    bench.show(
        f"Right over left, 100 ln: {len(trials)} trials after stroke; correlation {together:.2f}, "
        f"acceleration {slope:.1f} times the rate (least squares through 0)",
        ("person", "trials", "push-off rate", "push-off acceleration"),
        rows,
    )


def simulated(bench: Bench) -> None:
    usual = _walked(0.0)
    rows = [(f"{degree:g}", *(f"{x:+.0f} %" for x in 100 * (_walked(degree) / usual - 1))) for degree in DEGREES]
    columns = ("push (S1)", "push-off rate", "push-off acceleration")
    bench.show(f"Simulated, at {SPEED_MPS} m/s whatever the weakness: against the same leg when well", columns, rows)


def middles(strides: StrideTable, side: Side) -> Array | None:
    """Of both numbers; None where a leg has too few strides to tell, or none that push off."""
    mine = strides.of_side(side)
    mine = mine.take(mine["valid"])
    if len(mine) < LEAST:
        return None
    found = np.array([np.nanmedian(mine[name]) for name in NUMBERS])
    return found if (found > 0).all() else None


def _walked(push: float) -> Array:
    walker = Walker(speed_mps=SPEED_MPS, left=Leg(push=push))
    sensors, _ = simulate_walk(walker, np.random.default_rng(7), strides=STRIDES)
    readings = {side: (one.acc, one.gyr) for side, one in sensors.items()}
    found = middles(analyze(readings, 100.0, "shank").strides, "left")
    assert found is not None
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA, help="folder of the recordings")
    bench = Bench(parser.parse_args().data)
    real(bench)
    simulated(bench)


if __name__ == "__main__":
    main()
