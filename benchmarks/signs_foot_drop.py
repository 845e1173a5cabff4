"""Foot drop: the score by degree of simulated weakness, and what is told of real legs.

    python benchmarks/signs_foot_drop.py [--data DIR] [--walkers N] [simulated pitch sides screen flags endings]

SIMULATED are the score and the sensitivity of the screen: weakness of L4-S1 was never recorded in public. Real are the
pitch of the foot against motion capture, the weaker side after stroke, and how often healthy feet are suspected.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from accuracy import DATA, Bench
from scipy.stats import spearmanr

from surefoot.records import SIDES, Array, Placement
from surefoot.signal.dropscore import columns, learn, score_of
from surefoot.signal.dropscreen import DropScreenParams, WeakerSide, screen, weaker_side
from surefoot.signal.endurance import endurance
from surefoot.signal.table import StrideTable
from surefoot.signal.walk import analyze
from surefoot.simulation.gait import Leg, Manner
from surefoot.simulation.impacts import Impact
from surefoot.simulation.strides import Variation
from surefoot.simulation.walker import Walker, simulate_walk

PLACEMENTS: tuple[Placement, ...] = ("shank", "foot")
DEGREES = np.linspace(0, 1, 11)
SPEEDS_MPS = (0.7, 1.0, 1.25)  # of the walks scored, times the person's own pace
BASELINE_MPS = (0.6, 0.85, 1.1, 1.35)  # of the healthy walks before, other speeds and other seeds
STRIDES = 40
PLAIN = {1: "left", 9: "right", 11: "left"}  # by the feet: landings without a shock; sole flatter by 5 deg or more


class Person:
    """A pretend person unlike the others: two legs of their own manner, cadence, pace, shoes, unsteadiness."""

    def __init__(self, number: int) -> None:
        rng = np.random.default_rng([77, number])
        left, right = (_manner(rng) for _ in SIDES)
        hard = np.exp(rng.normal(0, 0.3))
        usual = Impact()
        shoes = Impact(
            acc_mps2=_times(usual.acc_mps2, hard * np.exp(rng.normal(0, 0.2, 3))),
            gyr_dps=_times(usual.gyr_dps, hard),
            gyr_sharp_dps=_times(usual.gyr_sharp_dps, hard),
            acc_hz=rng.uniform(17, 28),
            acc_decay_s=rng.uniform(0.016, 0.028),
            slap_hz=rng.uniform(28, 40),
        )
        variation = Variation(
            time_pct=rng.uniform(1.5, 4),
            length_pct=rng.uniform(2, 5),
            tilt_pct=rng.uniform(2, 5),
            lift_pct=rng.uniform(4, 10),
            impact_pct=rng.uniform(20, 40),
            unsteadiness=rng.uniform(0.7, 1.6),
        )
        self.number = number
        self.pace, self.circ = rng.uniform(0.8, 1.2), rng.uniform()
        factor = rng.normal(1, 0.06)
        self.walker = Walker(
            left_manner=left, right_manner=right, stride_time_factor=factor, impact=shoes, variation=variation
        )

    def walk(self, speed_mps: float, degree: float, placement: Placement, seed: list[int], form: bool) -> StrideTable:
        """One walk with the left foot this weak, as the sensors tell it; with ``form`` on a day unlike the baseline's.

        Day to day, lift wanders by 0.7 cm, tilt and pitch by 2 deg, push-off by 5 %, shocks by 10 % (7.4, P).
        """
        rng = np.random.default_rng(seed)
        left, shoes = self.walker.left_manner, self.walker.impact
        if form:
            wander = rng.normal(0, (0.007, 2.0, 2.0, 5.0))
            left = replace(
                left,
                lift_m=left.lift_m + wander[0],
                tilt_deg=left.tilt_deg + wander[1],
                foot_pitch_deg=left.foot_pitch_deg + wander[2],
                push_off_pct=left.push_off_pct + wander[3],
            )
            shoes = replace(shoes, acc_mps2=_times(shoes.acc_mps2, np.exp(rng.normal(0, 0.1))))
        weak = Leg(dorsi=degree, circ=self.circ)
        walker = replace(self.walker, speed_mps=speed_mps * self.pace, left=weak, left_manner=left, impact=shoes)
        sensors, _ = simulate_walk(walker, rng, strides=STRIDES, placement=placement)
        return analyze({side: (s.acc, s.gyr) for side, s in sensors.items()}, 100.0, placement).strides


def _manner(rng: np.random.Generator) -> Manner:
    usual = Manner()
    return Manner(
        lift_m=rng.normal(0, 0.01),
        tilt_deg=rng.normal(0, 4),
        foot_pitch_deg=rng.normal(0, 4),
        push_off_pct=rng.normal(0, 10),
        loading_pct=rng.normal(0, 15),
        roll_deg=_times(usual.roll_deg, rng.normal(1, 0.3, 4)),
        twist_deg=_times(usual.twist_deg, rng.normal(1, 0.4, 4)),
    )


def _times(values: tuple[float, ...], factor: Any) -> Any:
    return tuple((np.array(values) * factor).tolist())


def simulated(bench: Bench, walkers: int) -> None:
    """The score against the true degree, and the screen without a baseline, of the same walks."""
    rows, screened = [], []
    for placement in PLACEMENTS:
        for form in (False, True):
            scores = np.full((walkers, len(SPEEDS_MPS), len(DEGREES)), np.nan)
            suspected = np.zeros((2, walkers, len(DEGREES)), bool)
            for i in range(walkers):
                person = Person(i)
                healthy = [person.walk(v, 0.0, placement, [1, i, k], form=False) for k, v in enumerate(BASELINE_MPS)]
                usual = learn(columns(StrideTable.joined(placement, healthy).of_side("left")), placement)
                assert usual is not None
                for j, degree in enumerate(DEGREES):
                    walks = [
                        person.walk(v, float(degree), placement, [2, i, k, j], form) for k, v in enumerate(SPEEDS_MPS)
                    ]
                    scores[i, :, j] = [score_of(walk.of_side("left"), usual).value for walk in walks]
                    for verdict in screen(walks):
                        suspected[SIDES.index(verdict.side), i, j] = bool(verdict.pattern)
            rows.append((f"{placement}, {'day to day' if form else 'same form'}", *_told(scores)))
            weak = DEGREES >= 0.5
            share = 100 * suspected[0].mean(axis=0)
            screened.append(
                (
                    rows[-1][0],
                    " ".join(f"{x:.0f}" for x in share),
                    f"{100 * suspected[0][:, weak].mean():.0f} %",
                    f"{suspected[0][:, 0].sum()} of {walkers}",
                    f"{suspected[1].sum()} of {suspected[1].size}",
                )
            )
    bench.show(
        f"SIMULATED: score of the weak leg; {walkers} walkers, {len(SPEEDS_MPS)} speeds, {len(DEGREES)} degrees",
        ("sensors, form", "Spearman", "worst walker", "AUC 0 / >= 0.5", "middle score at 0, 0.2, 0.5, 0.8, 1"),
        rows,
    )
    bench.show(
        "SIMULATED: the screen without a baseline, three walks each",
        ("sensors, form", "suspected, %, by degree 0 .. 1", ">= 0.5", "healthy, this leg", "the healthy other leg"),
        screened,
    )


def _told(scores: Array) -> tuple[str, ...]:
    true = np.broadcast_to(DEGREES, scores.shape)
    worst = min(spearmanr(s.ravel(), t.ravel())[0] for s, t in zip(scores, true, strict=True))
    healthy, weak = scores[true == 0], scores[true >= 0.5]
    auc = ((weak[:, None] > healthy) + 0.5 * (weak[:, None] == healthy)).mean()
    middle = " ".join(f"{np.median(scores[..., k]):.2f}" for k in (0, 2, 5, 8, 10))
    return f"{spearmanr(scores.ravel(), true.ravel())[0]:.3f}", f"{worst:.3f}", f"{auc:.4f}", middle


def pitch(bench: Bench) -> None:
    """Pitch at contact per trial against the foot-strike angle by motion capture."""
    found = []
    for recording, _, walk in bench.walks("movingreality", "foot"):
        sides = [walk.strides.of_side(side) for side in SIDES]
        ours = [float(np.nanmedian(s["foot_pitch_at_contact_deg"][s["valid"]])) for s in sides]
        found.append((recording.info["subject"], recording.info["fsa_vicon_deg"], *ours))
    subject, cameras, left, right = np.array(found).T
    rows = []
    for name, ours in (
        ("mean of both feet", (left + right) / 2),
        ("the flatter foot", np.minimum(left, right)),
        ("left foot", left),
        ("right foot", right),
    ):
        away = cameras - ours
        constant = float(np.median(away))
        worst = max(np.unique(subject), key=lambda s: np.abs(away[subject == s] - constant).mean())
        rows.append(
            (
                name,
                f"{np.corrcoef(ours, cameras)[0, 1]:.3f}",
                f"{constant:+.1f}",
                f"{np.abs(away - constant).mean():.2f}",
                f"{np.abs(away).mean():.2f}",
                f"{np.abs(away[subject == worst] - constant).mean():.1f} (subject {worst:.0f})",
            )
        )
    columns_ = ("ours", "Pearson", "constant deg", "mean |error| deg", "without the constant", "worst subject")
    bench.show(f"Foot pitch at contact against motion capture: {len(found)} trials after stroke", columns_, rows)


def sides(bench: Bench) -> None:
    """The weaker side from the shanks alone: of each person, and of each trial beside what the feet show in it."""
    flatter = {r.id: _flatter_deg(walk.strides) for r, _, walk in bench.walks("movingreality", "foot")}
    people: dict[int, list[tuple[str, StrideTable]]] = defaultdict(list)
    for recording, _, walk in bench.walks("movingreality", "shank"):
        people[recording.info["subject"]].append((recording.id, walk.strides))
    rows = []
    for person, trials in people.items():
        each = [f"{_side(weaker_side([strides]))} ({flatter[which]:+.0f})" for which, strides in trials]
        told = _side(weaker_side([strides for _, strides in trials]))
        rows.append((str(person), PLAIN.get(person, "no"), told, ", ".join(each)))
    bench.show(
        "The weaker side from the shanks alone (lead in points, left positive); in brackets, by how many degrees the "
        "left foot landed flatter than the right",
        ("subject", "plain by the feet", "told of all trials", "of each"),
        rows,
    )


def _side(said: WeakerSide) -> str:
    return "cannot say" if said.lead is None else f"{said.side or 'alike'} {said.lead:+.1f}"


def _flatter_deg(strides: StrideTable) -> float:
    left, right = (x["foot_pitch_at_contact_deg"][x["valid"]] for x in map(strides.of_side, SIDES))
    return float(np.nanmedian(right) - np.nanmedian(left))


def screens(bench: Bench) -> None:
    """The screen on real legs: each recording as a bout, all recordings of a person together."""
    rows = []
    for which, placement in (
        ("movingreality", "shank"),
        ("movingreality", "foot"),
        ("marpino", "shank"),
        ("ipol1", "foot"),
        ("gaitmap", "foot"),
    ):
        people: dict[str, list[StrideTable]] = defaultdict(list)
        for recording, _, walk in bench.walks(which, placement):
            name = recording.id.split("__")[1].split("_")[0] if which == "marpino" else recording.info.get("subject")
            people[str(name or recording.id)].append(walk.strides)
        if which == "marpino":  # five metres have too few strides: each person's walks make two
            people = {k: [StrideTable.joined("shank", v[m::2]) for m in (0, 1) if v[m::2]] for k, v in people.items()}
        verdicts = [(name, v) for name, walks in people.items() for v in screen(walks)]
        suspected = ", ".join(f"{name} {v.side} ({v.bouts} of {v.of})" for name, v in verdicts if v.pattern)
        unsaid = sum(v.pattern is None for _, v in verdicts)
        rows.append((f"{which}, {placement}", str(len(verdicts)), str(unsaid), suspected or "none"))
    least = DropScreenParams().least_strides
    bench.show(
        f"The screen on real legs (bouts of {least} strides or more)",
        ("set", "legs", "cannot say", "suspected: person, side (bouts)"),
        rows,
    )


def flags(bench: Bench) -> None:
    """Strides flagged as foot drop, without a baseline, and bouts told."""
    rows = []
    for which, placement in (
        ("marpino", "shank"),
        ("marpino", "foot"),
        ("ipol1", "foot"),
        ("movingreality", "shank"),
        ("movingreality", "foot"),
    ):
        seen: dict[tuple[str, str], list[float]] = defaultdict(list)
        told = defaultdict(int)
        for recording, _, walk in bench.walks(which, placement):
            person = f"subject {recording.info['subject']}" if which == "movingreality" else "all"
            for side in SIDES:
                mine = walk.strides.of_side(side)
                seen[person, side] += mine["foot_drop"][mine["valid"]].tolist()
                told[person, side] += sum(i.kind == "foot_drop" and i.side == side for i in walk.incidents)
        for (person, side), drops in seen.items():
            share = f"{100 * np.mean(drops):.1f} %"
            rows.append((f"{which}, {placement}", person, side, str(len(drops)), share, str(told[person, side])))
    bench.show("Strides flagged", ("set", "who", "side", "strides", "flagged", "bouts told"), rows)


def endings(bench: Bench) -> None:
    """How trials of two minutes and more at the set speed of a belt end against how they began."""
    found = []
    for recording, _, walk in bench.walks("movingreality", "shank"):
        if "FB" in recording.info["trial"]:  # in the others the feet say that the belt ran otherwise
            changes = endurance(walk.strides).changes
            found += [(c.name, c.change) for c in changes]
    rows = []
    for name in dict.fromkeys(name for name, _ in found):
        mine = [change for one, change in found if one == name]
        low, middle, high = np.percentile(mine, (5, 50, 95))
        rows.append((name, str(len(mine)), f"{middle:+.1f}", f"{low:+.1f} to {high:+.1f}"))
    bench.show(
        "Change from the first to the last third, % (foot drop: points), after stroke at one belt speed",
        ("what", "trials, of both legs", "middle", "5 to 95 %"),
        rows,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA, help="folder of the recordings")
    parser.add_argument("--walkers", type=int, default=20)
    parser.add_argument("parts", nargs="*", help="simulated pitch sides screen flags endings; all when none is named")
    given = parser.parse_args()
    bench = Bench(given.data)
    parts = {
        "simulated": lambda: simulated(bench, given.walkers),
        "pitch": lambda: pitch(bench),
        "sides": lambda: sides(bench),
        "screen": lambda: screens(bench),
        "flags": lambda: flags(bench),
        "endings": lambda: endings(bench),
    }
    unknown = set(given.parts) - set(parts)
    if unknown:
        parser.error(f"no part {', '.join(sorted(unknown))}; there are: {', '.join(parts)}")
    for name in given.parts or parts:
        parts[name]()


if __name__ == "__main__":
    main()
