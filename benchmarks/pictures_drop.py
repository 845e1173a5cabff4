"""Pictures of foot drop and push-off: by degree of simulated weakness, and on real legs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from drawing import BLUE, GREEN, GREY, INK, RED, canvas, leg, legend, save
from matplotlib.axes import Axes
from signs_foot_drop import BASELINE_MPS, Person

from surefoot.records import SIDES, Array, Placement
from surefoot.signal.contacts import JERK
from surefoot.signal.dropscore import columns, learn, score_of
from surefoot.signal.footdrop import FootDropParams
from surefoot.signal.table import StrideTable
from surefoot.signal.walk import analyze
from surefoot.simulation.gait import Leg
from surefoot.simulation.walker import Walker, simulate_walk

PEOPLE = 6
DEGREES = np.linspace(0, 1, 11)


def foot_drop(folder: Path) -> Path:
    """Simulated weakness of the foot's lifters on the left, by degree: two signs, flags and the score."""
    figure, axes = canvas(1, 4, size=(11, 3.4))
    shank, foot = (_walks(placement) for placement in ("shank", "foot"))
    for axis, name, label in (
        (axes[0], "heel_strike_mps3", "jerk of the heel, m/s³"),
        (axes[1], "slap_index", "slap index"),
        (axes[2], "foot_drop", "strides flagged, %"),
    ):
        for side, marker, line, colour in (("left", "v", "-", RED), ("right", "o", "--", BLUE)):
            values = np.array([[_middle(walk.of_side(side), name) for walk in walks] for _, walks in shank])
            _band(axis, values, marker, line, colour, f"{side} leg")
        axis.set(xlabel="true weakness, left foot", title=label)
    axes[0].set_yscale("log")
    axes[2].axhline(100 * FootDropParams().incident_share, color=GREY, linestyle=":", label="a bout is told")
    for walked, marker, line, colour, name in ((shank, "v", "-", RED, "shank"), (foot, "s", "--", INK, "foot")):
        scores = np.array([[score_of(walk.of_side("left"), usual).value for walk in walks] for usual, walks in walked])
        _band(axes[3], scores, marker, line, colour, f"sensor on the {name}")
    axes[3].axhline(1, color=GREY, linestyle=":", label="least change that counts")
    axes[3].set(xlabel="true weakness, left foot", title="score, left leg", ylim=(-0.6, 8.5))
    for axis, where in ((axes[0], "lower left"), (axes[2], "upper left"), (axes[3], "upper left")):
        legend(axis, where)
    title = f"Foot drop, SIMULATED: weakness 0 (none) to 1 (no lift); {PEOPLE} walkers (line: median, band: all)"
    return save(figure, folder, "foot-drop", title)


def _walks(placement: Placement) -> list[tuple[Any, list[StrideTable]]]:
    """What is usual for each person, and their walks by degree."""
    found = []
    for i in range(PEOPLE):
        person = Person(i)
        healthy = [person.walk(v, 0.0, placement, [1, i, k], form=False) for k, v in enumerate(BASELINE_MPS)]
        usual = learn(columns(StrideTable.joined(placement, healthy).of_side("left")), placement)
        walks = [person.walk(1.0, float(d), placement, [3, i, k], form=False) for k, d in enumerate(DEGREES)]
        found.append((usual, walks))
    return found


def _middle(strides: StrideTable, name: str) -> float:
    values = strides[name][strides["valid"]]
    if name == "foot_drop":
        return float(100 * values.mean())
    known = values[np.isfinite(values)]
    return float(np.median(known)) if 2 * len(known) >= len(values) else np.nan


def _band(axis: Axes, values: Array, marker: str, line: str, colour: str, label: str) -> None:
    axis.plot(DEGREES, np.median(values, axis=0), line, marker=marker, color=colour, markersize=4, label=label)
    axis.fill_between(DEGREES, values.min(axis=0), values.max(axis=0), color=colour, alpha=0.12, linewidth=0)


def foot_drop_real(read: Any, folder: Path) -> Path:
    """People after stroke: landings of a weak and a strong foot, soles at contact, and the cameras."""
    figure, (ankle, sole, cameras) = canvas(1, 3, size=(11, 3.6))
    recording = read.read(read.HERE / "movingreality" / "1019_pp09_exported004.npz")
    for side, name, line, colour in (("right", "weak", "-", RED), ("left", "strong", "--", BLUE)):
        seen = leg(recording.sensors[f"{side}_shank"], recording.rate_hz, "shank")
        at = np.rint(seen.initial_s * recording.rate_hz).astype(int)[5:-5] - seen.body.start
        around = seen.row(JERK)[at[:, None] + np.arange(-12, 18)]
        ms = 1000 * np.arange(-12, 18) / recording.rate_hz
        low, middle, high = np.quantile(around, (0.25, 0.5, 0.75), axis=0)
        ankle.plot(ms, middle, line, color=colour, label=f"{side} ({name}), {len(at)} landings")
        ankle.fill_between(ms, low, high, color=colour, alpha=0.15, linewidth=0)
    ankle.set(xlabel="ms from the contact found", title="subject 9: jerk at the ankles, m/s³")
    legend(ankle)
    pairs = []
    for trial in read.recordings("movingreality"):
        feet = {side: trial.sensors[f"{side}_foot"] for side in SIDES}
        strides = analyze(feet, trial.rate_hz, "foot").strides
        mine = [strides.of_side(side) for side in SIDES]
        pitch, flat = (
            [float(np.nanmedian(s[name][s["valid"]])) for s in mine]
            for name in ("foot_pitch_at_contact_deg", "foot_flat_s")
        )
        pairs.append((trial.info["subject"], trial.info["fsa_vicon_deg"], float(np.mean(pitch))))
        for k, side in enumerate(SIDES):
            weak = (trial.info["subject"], side) in {(9, "right"), (11, "left")}
            how = {"color": RED, "marker": "v"} if weak else {"color": BLUE, "marker": "o"}
            sole.plot(pitch[k], 1000 * flat[k], linestyle="", markersize=5, alpha=0.8, **how)
    sole.axvline(FootDropParams().flat_contact_deg, color=GREY, linestyle=":")
    sole.axhline(1000 * FootDropParams().early_flat_s, color=GREY, linestyle=":")
    labels = {"xlabel": "pitch of the sole at contact, deg", "ylabel": "ms until flat"}
    sole.set(title=f"{len(pairs)} trials, both feet", ylim=(-60, 190), **labels)
    sole.plot([], [], "v", color=RED, label="weak foot of 9 and 11")
    sole.plot([], [], "o", color=BLUE, label="all other feet")
    legend(sole, "lower right")
    subject, truth, ours = np.array(pairs).T
    for number, marker in zip(np.unique(subject), "osvD^P", strict=True):
        of = subject == number
        cameras.plot(ours[of], truth[of], marker, color=GREEN, markersize=5, label=f"subject {number:.0f}")
    span = np.array([5.0, 32.0])
    cameras.plot(span, span + np.median(truth - ours), color=GREY, linestyle="--", label="one constant for all")
    cameras.set(xlabel="ours, mean of both feet, deg", ylabel="cameras, deg", title="foot strike angle per trial")
    cameras.set_ylim(-6, 40)
    legend(cameras, "lower right", ncols=2)
    return save(figure, folder, "foot-drop-real", "Foot drop, real: six people after stroke on a treadmill")


def push_off(folder: Path) -> Path:
    """Simulated weakness of calf and thigh on the left, by degree, against the rates that tell of them."""
    figure, axes = canvas(1, 2, size=(9, 3.2))
    panels: tuple[tuple[Axes, str, str, str], ...] = (
        (axes[0], "push", "push_off_rate_dps", "push-off rate, deg/s (weak calf, S1)"),
        (axes[1], "quad", "loading_rate_dps", "loading rate, deg/s (weak thigh, L4)"),
    )
    for axis, muscle, name, label in panels:
        values = np.full((len(SIDES), PEOPLE, len(DEGREES)), np.nan)
        for i in range(PEOPLE):
            for j, degree in enumerate(DEGREES):
                walker = Walker(speed_mps=0.9 + 0.1 * i, left=Leg(**{muscle: float(degree)}))
                sensors, _ = simulate_walk(walker, np.random.default_rng([4, i, j]), strides=40)
                strides = analyze({side: (s.acc, s.gyr) for side, s in sensors.items()}, 100.0).strides
                values[:, i, j] = [_middle(strides.of_side(side), name) for side in SIDES]
        for k, (marker, line, colour) in enumerate((("v", "-", RED), ("o", "--", BLUE))):
            _band(axis, values[k], marker, line, colour, f"{SIDES[k]} leg")
        axis.set(xlabel="true weakness on the left", title=label, ylim=(0, None))
        legend(axis, "lower left")
    title = f"Push-off and loading, SIMULATED: {PEOPLE} walkers, 0.9-1.4 m/s (line: median, band: all)"
    return save(figure, folder, "push-off", title)
