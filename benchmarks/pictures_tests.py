"""The picture of the guided tests: what each looks like, what was found, what was true. Simulated."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import numpy as np
from drawing import GREEN, INK, RED, canvas, save
from matplotlib.axes import Axes

from surefoot.records import Array, TestKind, TestResult
from surefoot.signal.guided.assess import FOOT_ONLY, ONE_LEGGED, assess
from surefoot.signal.guided.heelrise import HeelRiseParams, height_m
from surefoot.signal.guided.readings import Readings, read
from surefoot.simulation.gait import Leg
from surefoot.simulation.trials import TrialTruth, simulate_trial

WEAK = Leg(quad=0.4, push=0.5, dorsi=0.4)


def guided(folder: Path) -> Path:
    """A panel for each test."""
    kinds: tuple[TestKind, ...] = get_args(TestKind)
    figure, axes = canvas(len(kinds), size=(9, 11.5))
    for axis, kind in zip(axes, kinds, strict=True):
        _panel(axis, kind)
    axes[-1].set_xlabel("s")
    return save(
        figure, folder, "guided-tests", "Guided tests, simulated, left leg somewhat weak, sensors turned at random"
    )


def _panel(axis: Axes, kind: TestKind) -> None:
    placement = "foot" if kind in FOOT_ONLY else "shank"
    sensors, truth = simulate_trial(kind, np.random.default_rng(12), leg=WEAK, placement=placement)
    legs = {side: (samples.acc, samples.gyr) for side, samples in sensors.items()}
    side = "left" if kind in (*ONE_LEGGED, "heel_walk") else None
    result = assess(kind, legs, 100.0, placement, side=side, distance_m=truth.distance_m)
    leg = read("left", *legs["left"], 100.0)
    shown, unit = _shown(kind, leg)
    t = np.arange(len(shown)) / 100.0
    axis.plot(t, shown, color=INK, linewidth=0.8)
    axis.axvspan(result.start_s, result.end_s, color="#e8e8e8", zorder=0)
    for at in (truth.start_s, truth.end_s):
        axis.axvline(at, color=GREEN, linewidth=1.6)
    _marks(axis, result, truth, t, shown)
    axis.set(ylabel=unit, xlim=(0, t[-1]))
    axis.set_title(
        f"{kind}: {result.value:.4g} {result.unit} found, {_true(kind, truth):.4g} true", loc="left", fontsize=9
    )


def _shown(kind: TestKind, leg: Readings) -> tuple[Array, str]:
    if kind == "heel_rise":
        return 100 * height_m(leg, HeelRiseParams()), "height, cm"
    if kind in ("timed_up_and_go", "walk_20m"):
        return leg.activity, "turning, deg/s"
    lean = leg.lean_deg()
    if kind in FOOT_ONLY:
        return lean * np.sign(lean[np.argmax(np.abs(lean))]), "toes up, deg"
    return lean, "lean, deg"


def _marks(axis: Axes, result: TestResult, truth: TrialTruth, t: Array, shown: Array) -> None:
    """Repetitions found (red) and true (green)."""
    found = [
        result.start_s + value
        for name, value in result.details
        if name.split("_")[0] in ("stood", "top", "tap") and name.endswith("_s") and name != "taps_per_s"
    ]
    if not found:
        return
    top = np.interp(found, t, shown)
    axis.plot(found, top, "v", color=RED, markersize=5, zorder=5)
    axis.plot(
        truth.repetitions_s, np.full(len(truth.repetitions_s), shown.min()), "|", color=GREEN, markersize=9, mew=1.6
    )


def _true(kind: TestKind, truth: TrialTruth) -> float:
    return (truth.distance_m or 0.0) / truth.value if kind == "walk_20m" else truth.value
