"""Activities: rises counted, and how much of each thing done is told as such.

    python benchmarks/activities.py [--data DIR] [--people N]

Simulated people (truth known): guided tests of 3 to 12 rises, and days in small with sitting, standing, walking, a
ride, lying and taking the sensors off. Real ones: umafall's clips of 15 s (one ankle, 20 Hz, no truth but the label).
"""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
from accuracy import DATA, Bench
from chair_clips import kind_of

from surefoot.records import SIDES, Activity, Samples, Side
from surefoot.signal.walk import Walk, analyze
from surefoot.simulation import chairs, floor, handling, riding, standing
from surefoot.simulation.person import Walker
from surefoot.simulation.scene import Plan, record
from surefoot.simulation.truth import Context
from surefoot.simulation.walker import plan_walk

KINDS = {
    "sit": "sitting", "stand": "standing", "shift": "standing", "step_on_spot": "standing", "walk": "walking",
    "lie": "lying", "ride": "vehicle", "off": "not_worn", "rise": "rising", "sit_down": "sitting_down",
    "stairs_up": "stairs_up", "stairs_down": "stairs_down",
}  # fmt: skip
WORDS = (*dict.fromkeys(KINDS.values()), "unknown")
WORN: tuple[tuple[str, tuple[Side, ...], float], ...] = (
    ("two legs, 100 Hz", SIDES, 100.0), ("one leg, 100 Hz", ("left",), 100.0), ("two legs, 25 Hz", SIDES, 25.0),
)  # fmt: skip


LATER = (0, 1, 2, 3, 5, 7, 9, 11, 13, 15)  # readings left out at the beginning of a clip


def walk(walker: Walker, strides: int, seated: tuple[bool, bool] = (False, False)) -> Plan:
    return lambda rng, start_s: plan_walk(walker, rng, start_s=start_s, strides=strides, seated=seated)


def test_of(walker: Walker, rises: int, took_s: float) -> list[Plan]:
    """A short walk to the chair, rest, the test, rest."""
    rest = partial(chairs.sitting, walker, seconds=30)
    return [
        walk(walker, 12, (True, True)),
        rest,
        partial(chairs.chair_stands, walker, repetitions=rises, took_s=took_s),
        rest,
    ]


def day_of(walker: Walker) -> list[Plan]:
    """Everything once or twice, half an hour in all."""
    return [
        partial(chairs.sitting, walker, seconds=200),
        walk(walker, 25, (True, False)),
        partial(standing.standing, walker, seconds=120),
        walk(walker, 20),
        partial(chairs.sitting_down, walker),
        partial(chairs.sitting, walker, seconds=300),
        partial(chairs.rising, walker),
        partial(standing.standing, walker, seconds=60),
        partial(chairs.sitting_down, walker),
        partial(riding.riding, walker),
        partial(chairs.rising, walker),
        walk(walker, 40),
        partial(floor.lying_down, walker, seconds=300),
        walk(walker, 20, (False, True)),
        partial(chairs.sitting, walker, seconds=120),
        partial(handling.taking_off, walker, off_s=300),
    ]


def lived(plans: Sequence[Plan], seed: list[int], rate_hz: float) -> tuple[dict[Side, Samples], list[Context]]:
    samples, truths = record(plans, np.random.default_rng(seed), rate_hz=rate_hz)
    return samples, [context for truth in truths for context in truth.context if context.kind != "turn"]


def seen(samples: dict[Side, Samples], sides: Sequence[Side]) -> Walk:
    return analyze({side: (samples[side].acc, samples[side].gyr) for side in sides}, samples["left"].rate_hz)


def person(seed: int) -> Walker:
    return Walker(speed_mps=float(np.random.default_rng([9, seed]).uniform(0.5, 1.4)))


def counted(people: int) -> list[tuple[str, ...]]:
    rows = []
    for name, sides, rate_hz in WORN:
        right, off = 0, []
        for seed in range(people):
            rng = np.random.default_rng([7, seed])
            rises = int(rng.integers(3, 13))
            samples, truth = lived(test_of(person(seed), rises, rises * rng.uniform(1.5, 4.0)), [seed], rate_hz)
            from_s = truth[-1].start_s - sum(c.end_s - c.start_s for c in truth[-2 * rises - 3 : -1])
            found = sum(r.start_s > from_s for r in seen(samples, sides).rises)
            right += found == rises
            off.append(found - rises)
        rows.append((name, str(people), f"{100 * right / people:.0f} %", f"{min(off):+d} .. {max(off):+d}"))
    return rows


def clips(bench: Bench) -> list[tuple[str, ...]]:
    counts: dict[str, Counter[int]] = defaultdict(Counter)
    ordered = Counter[str]()
    for recording, _, found in bench.walks("umafall"):
        if "Fall" not in str(recording.info["label"]):
            label = str(recording.info["label"])
            label += f", {kind_of(recording)}" * ("Sitting" in label)
            counts[label][min(len(found.rises), 2)] += 1
            ordered[label] += len(found.rises) == 1 and behind_sitting_down(found)
    return [
        (label, *(str(c[k]) for k in range(3)), str(ordered[label]) if "Sitting" in label else "")
        for label, c in sorted(counts.items())
    ]


def begun_later(bench: Bench) -> list[tuple[str, ...]]:
    """Clips of sitting down and rising, each begun at ten moments: how much hangs on where readings are cut."""
    told: dict[str, list[tuple[bool, bool]]] = defaultdict(list)
    for recording in bench.recordings("umafall"):
        if "Sitting" in str(recording.info["label"]):
            ((acc, gyr),) = recording.sensors.values()
            for k in LATER:
                found = analyze({"left": (acc[k:], gyr[k:])}, recording.rate_hz)
                one = len(found.rises) == 1
                told[kind_of(recording)].append((one, one and behind_sitting_down(found)))
    return [
        (kind, str(len(x)), *(f"{100 * share:.1f} %" for share in np.mean(x, axis=0)))
        for kind, x in sorted(told.items())
    ]


def behind_sitting_down(found: Walk) -> bool:
    """Whether the first rise comes later than a sitting down: these clips begin with somebody who stands."""
    return any(a.kind == "sitting_down" and a.start_s < found.rises[0].start_s for a in found.activities)


def shares(people: int, sides: Sequence[Side], rate_hz: float) -> list[tuple[str, ...]]:
    totals: dict[str, Counter[str]] = defaultdict(Counter)
    for seed in range(people):
        samples, truth = lived(day_of(person(seed)), [3, seed], rate_hz)
        for kind, told in tenths(truth, seen(samples, sides).activities).items():
            totals[kind].update(told)
    rows = []
    for kind in WORDS[:-1]:
        total = totals[kind].total()
        if total:
            rows.append((kind, f"{total / 600:.1f}", *(f"{100 * totals[kind][word] / total:.0f}" for word in WORDS)))
    return rows


def tenths(truth: Sequence[Context], found: Sequence[Activity]) -> dict[str, Counter[str]]:
    """By what was done, tenths of a second of each thing told."""
    length = round(10 * truth[-1].end_s)
    true, told = (np.full(length, "nothing", dtype=object) for _ in range(2))
    for context in truth:
        true[round(10 * context.start_s) : round(10 * context.end_s)] = KINDS.get(context.kind, "other")
    for activity in found:
        told[round(10 * activity.start_s) : round(10 * activity.end_s)] = activity.kind
    return {kind: Counter(told[true == kind].tolist()) for kind in set(true.tolist())}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA, help="folder of the recordings")
    parser.add_argument("--people", type=int, default=20, help="simulated ones")
    given = parser.parse_args()
    bench = Bench(given.data)
    bench.show("Simulated tests of 3 to 12 rises", ("", "tests", "counted right", "off by"), counted(given.people))
    if given.data.is_dir():
        bench.show("umafall clips by number of rises told", ("", "none", "one", "more", "one, in order"), clips(bench))
        columns = ("", "readings", "one rise", "one, in order")
        bench.show("umafall clips of sitting down and rising, each begun at ten moments", columns, begun_later(bench))
    for name, sides, rate_hz in WORN:
        title = f"Simulated, {name}: of the time spent with each, per cent told as"
        bench.show(title, ("", "minutes", *WORDS), shares(max(2, given.people // 4), sides, rate_hz))


if __name__ == "__main__":
    main()
