"""Pictures of incidents: giving way by size, a stumble, a fall, and everything told on real recordings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from drawing import BLUE, GREEN, GREY, INK, RED, canvas, leg, legend, save
from matplotlib.axes import Axes
from signs_giving_way import FALLS_G, found_in_standing, found_in_walking

from surefoot.records import Array, Side
from surefoot.signal.contacts import RATE
from surefoot.signal.givingway import MEASURES, GivingWayParams
from surefoot.signal.recent import Recent
from surefoot.signal.stance import FROM_S, PIECE_S, PIECES
from surefoot.signal.strides import StrideMeter, StrideParams
from surefoot.signal.walk import analyze
from surefoot.simulation.pulses import Buckle, Stumble
from surefoot.simulation.walker import Walker, simulate_walk

# told on real recordings, now or once, though nothing was known to have happened: set, recording, sensor, span, title
TOLD = (
    ("movingreality", "1019_pp09_exported004", "right_shank", 64.6, 70.0,
     "no more: a landing told early, after stroke", "giving_way"),
    ("movingreality", "1019_pp09_exported000", "right_shank", 25.2, 30.0, "told: a stumble, after stroke", "stumble"),
    ("umafall", "UMAFall_Subject_05_ADL_LyingDown_OnABed_3_2016-06-15_21-54-02", "unknown_shank", 0.0, 15.0,
     "no more: getting out of a bed", "fall"),
)  # fmt: skip


def giving_way(folder: Path) -> Path:
    """Simulated buckles: one from close by, and how many are found by how fast and how far."""
    figure, (close, walking, standing) = canvas(1, 3, size=(12, 4.2), width_ratios=(1.7, 1, 1))
    _one_buckle(close)
    flexions, tries = (10.0, 15.0, 20.0, 30.0), 8
    for axis, found, title in ((walking, found_in_walking, "walking"), (standing, found_in_standing, "standing")):
        share = np.array([[100 * np.mean([found(d, g, k) for k in range(tries)]) for d in flexions] for g in FALLS_G])
        axis.imshow(share, cmap="Greens", vmin=0, vmax=130, aspect="auto", origin="lower")
        for (i, j), value in np.ndenumerate(share):
            axis.text(j, i, f"{value:.0f} %", ha="center", va="center", color=INK)
        axis.set_xticks(range(len(flexions)), [f"{f:.0f}" for f in flexions])
        axis.set_yticks(range(len(FALLS_G)), [f"{f:.2f}" for f in FALLS_G])
        axis.set(xlabel="flexion of the knee, deg", ylabel="fall, share of g", title=f"{title}: found, of {tries} each")
        axis.spines[:].set_visible(False)
    return save(figure, folder, "giving-way", "Giving way, SIMULATED: no public recording of a real one exists")


def _one_buckle(axis: Axes) -> None:
    buckle = Buckle("left", fall_g=0.3, flexion_deg=20.0, at_stride=16)
    sensors, truth = simulate_walk(Walker(), np.random.default_rng(2), strides=24, buckles=(buckle,))
    seen = leg((sensors["left"].acc, sensors["left"].gyr), 100.0, "shank")
    strides = StrideMeter("left", "shank", 100.0, 0.0, StrideParams()).update(seen.swings, seen.body, last=True)
    p, fell = GivingWayParams(), truth.buckles[0]
    usual = Recent(p.usual_strides, MEASURES + PIECES)
    usual.add(strides["end_s"], np.concatenate([np.zeros((MEASURES, len(strides))), strides.leans]).T)
    span = (fell.start_s - 2.2, fell.start_s + 2.4)
    t = seen.time_s
    shown = (t > span[0]) & (t < span[1])
    axis.axhline(0, color=GREY, linewidth=0.6)
    axis.plot(t[shown], -seen.row(RATE)[shown], color=INK, linewidth=1.1, label="lean rate of the shank")
    axis.axvspan(fell.start_s, fell.start_s + fell.falling_s, color="#c7e5cc", label="true: knee buckling")
    rows = np.flatnonzero(
        usual.enough(strides["end_s"]) & (strides["start_s"] > span[0]) & (strides["end_s"] < span[1])
    )
    past = usual.seen(strides["end_s"][rows])[0][MEASURES:]
    centre = np.median(past, axis=2)
    spread = np.sort(np.abs(past - centre[:, :, None]), axis=2)[:, :, p.spread_rank - 1]
    for k, row in enumerate(rows.tolist()):
        count = int(strides["lean_middle"][row])
        at = float(strides["landed_s"][row]) + FROM_S + PIECE_S * np.arange(count)
        band = [(centre + sign * spread)[:count, k] for sign in (-1, 1)]
        words = "spread of the ten strides before" if k == 0 else None
        axis.fill_between(at, *band, color=RED, alpha=0.35, linewidth=0, label=words)
    for k, incident in enumerate(_incidents(sensors, "giving_way")):
        words = f"found: {incident.certainty}" if k == 0 else None
        axis.plot(incident.start_s, np.interp(incident.start_s, t, -seen.row(RATE)), "D", color=RED, label=words)
    axis.set(xlim=span, ylim=(-130, 330), xlabel="s", ylabel="deg/s, forward positive")
    axis.set_title("a knee flexing by 20 deg, the body falling with 0.3 g")
    legend(axis, "upper left", ncols=2)


def _incidents(sensors: Any, kind: str) -> list[Any]:
    walk = analyze({side: (s.acc, s.gyr) for side, s in sensors.items()}, 100.0)
    return [i for i in walk.incidents if i.kind == kind]


def stumbles_and_falls(read: Any, folder: Path) -> Path:
    """A simulated caught toe, an acted fall, and an acted lying down that is none."""
    figure, axes = canvas(1, 3, size=(12, 3.6))
    sensors, truth = simulate_walk(Walker(), np.random.default_rng(6), strides=20, stumbles=(Stumble("left", 10),))
    at_s = truth.stumbles[0].start_s
    seen = leg((sensors["left"].acc, sensors["left"].gyr), 100.0, "shank")
    shown = np.abs(seen.time_s - at_s) < 2.0
    axes[0].plot(seen.time_s[shown], seen.row(RATE)[shown], color=INK, linewidth=1.0, label="sagittal rate, deg/s")
    axes[0].axvline(at_s, color=GREEN, linewidth=3, alpha=0.5, label="true: toe caught")
    for incident in _incidents(sensors, "stumble"):
        axes[0].axvline(incident.start_s, color=RED, linestyle="--", label=f"found: {incident.certainty}")
    axes[0].set(xlabel="s", title="a caught toe, SIMULATED")
    legend(axes[0], "lower left")
    names = ("UMAFall_Subject_15_Fall_lateralFall_2", "UMAFall_Subject_09_ADL_LyingDown_OnABed_3")
    for axis, name, title in zip(axes[1:], names, ("a fall, acted, 20 Hz", "lying down on a bed, acted"), strict=True):
        recording = next(r for r in read.recordings("umafall") if r.id.startswith(name))
        _clip(axis, recording, title)
    return save(figure, folder, "stumbles-and-falls", "Stumbles and falls at one ankle")


def _clip(axis: Axes, recording: Any, title: str) -> None:
    (acc, gyr), rate_hz = next(iter(recording.sensors.values())), recording.rate_hz
    t, g = np.arange(len(acc)) / rate_hz, np.linalg.norm(acc, axis=1) / 9.81
    axis.plot(t, _tilt_deg(acc), color=BLUE, label="gravity from where it was, deg")
    axis.plot(t, 10 * g, color=INK, linewidth=0.8, label="size of the acceleration, 0.1 g")
    for incident in analyze({"left": (acc, gyr)}, rate_hz).incidents:
        axis.axvline(incident.start_s, color=RED, linestyle="--", label=f"found: {incident.kind}")
    axis.set(xlabel="s", title=title, ylim=(0, 190))
    legend(axis, "upper right")


def _tilt_deg(acc: Array) -> Array:
    start = np.median(acc[4:24], axis=0)
    smooth = np.stack([np.convolve(x, np.ones(6) / 6, "same") for x in acc.T], axis=1)
    size = np.maximum(np.linalg.norm(smooth, axis=1) * np.linalg.norm(start), 1e-9)
    return np.asarray(np.rad2deg(np.arccos(np.clip(smooth @ start / size, -1, 1))))


def told(read: Any, folder: Path) -> Path:
    """Every incident that is or was told on a real recording in which none is known to have happened."""
    figure, axes = canvas(1, len(TOLD), size=(12, 3.6))
    for axis, (which, name, sensor, from_s, to_s, title, kind) in zip(axes, TOLD, strict=True):
        recording = read.read(read.HERE / which / f"{name}.npz")
        if which == "umafall":
            _clip(axis, recording, title)
            continue
        side: Side = "left" if sensor.startswith("left") else "right"
        worn = {s: recording.sensors[f"{s}_shank"] for s in ("left", "right")}
        at = [i.start_s for i in analyze(worn, recording.rate_hz).incidents if i.kind == kind and i.side == side]
        seen = leg(recording.sensors[sensor], recording.rate_hz, "shank")
        shown = (seen.time_s > from_s) & (seen.time_s < to_s)
        axis.axhline(0, color=GREY, linewidth=0.6)
        axis.plot(seen.time_s[shown], -seen.row(RATE)[shown], color=INK, linewidth=0.9, label="lean rate, deg/s")
        for k, at_s in enumerate(x for x in at if from_s < x < to_s):
            axis.axvline(at_s, color=RED, linestyle="--", label="told" if k == 0 else None)
        axis.set(xlabel="s", title=title)
        legend(axis, "lower left")
    return save(figure, folder, "told", "Told on real recordings without a known incident, now and before")
