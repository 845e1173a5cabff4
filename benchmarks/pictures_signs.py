"""Pictures of what strides tell: bouts and stairs, giving way, wear, trends."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from drawing import BLUE, GREEN, GREY, INK, RED, canvas, leg, legend, save
from matplotlib.axes import Axes

from surefoot.pipeline.course import Course
from surefoot.pipeline.days import DayBook
from surefoot.pipeline.wear import WearParams, recorded_and_worn_h
from surefoot.records import SIDES, Alert, DaySummary, Minute, Trend
from surefoot.signal.contacts import RATE
from surefoot.signal.givingway import GivingWayParams
from surefoot.signal.recent import Recent
from surefoot.signal.stance import AFTER_CONTACT_S, BIN_S
from surefoot.signal.strides import StrideMeter, StrideParams
from surefoot.signal.table import LEANS, WORDS
from surefoot.signal.walk import WalkStream, analyze
from surefoot.simulation.patient import Patient, patient_blocks, patient_days
from surefoot.simulation.pulses import Buckle
from surefoot.simulation.walker import Walker, simulate_walk

DAY_S = 86400.0


def bouts(read: Any, folder: Path) -> Path:
    """A walk through a building and outdoors, with stairs filmed by a camera."""
    recording = read.read(read.HERE / "terrain" / "subject_001_01.npz")
    acc, gyr = recording.sensors["unknown_shank"]
    rate_hz, until_s = recording.rate_hz, 800.0
    walk = analyze({"left": (acc, gyr)}, rate_hz)
    figure, (signal, found) = canvas(2, size=(9, 4.6), sharex=True, height_ratios=(1, 1.25))
    seen = leg((acc, gyr), rate_hz, "shank")
    t = seen.time_s
    shown = t < until_s
    signal.plot(t[shown], seen.row(RATE)[shown], color=INK, linewidth=0.4)
    signal.set(ylabel="sagittal rate, deg/s")
    rows = {"camera: stairs up": 5, "camera: stairs down": 4, "found: bout": 3, "found: stride up": 2}
    rows |= {"found: stride down": 1, "found: stride level or turn": 0}
    for name, y, hatch in (("stairs_up", 5, "///"), ("stairs_down", 4, "\\\\\\")):
        spans = [(a, b - a) for a, b, label in recording.info["intervals"] if label == name and a < until_s]
        found.broken_barh(spans, (y - 0.35, 0.7), facecolor="#c7e5cc", edgecolor=GREEN, hatch=hatch)
    spans = [(b.start_s, b.end_s - b.start_s) for b in walk.bouts if b.start_s < until_s]
    found.broken_barh(spans, (2.65, 0.7), facecolor="#d9d9d9", edgecolor=INK)
    end, context = walk.strides["end_s"], walk.strides["context"]
    for name, y, marker, colour in (("stairs_up", 2, "^", RED), ("stairs_down", 1, "v", BLUE)):
        at = end[context == WORDS["context"].index(name)]
        found.plot(at, np.full(len(at), y), marker, color=colour, markersize=5)
    level = end[(context == WORDS["context"].index("level")) | (context == WORDS["context"].index("turn"))]
    found.plot(level, np.zeros(len(level)), "|", color=INK, markersize=7)
    found.set_yticks(list(rows.values()), list(rows))
    found.set(xlim=(0, until_s), ylim=(-0.6, 5.6), xlabel="s")
    return save(figure, folder, "bouts", "Bouts and stairs: one ankle of a healthy person, 40 Hz; truth: camera")


def giving_way(folder: Path) -> Path:
    """Simulated buckles: one from close by, and how many are found by how fast and how far."""
    figure, (close, grid) = canvas(1, 2, size=(9, 4.2), width_ratios=(1.5, 1))
    _one_buckle(close)
    flexions, falls, tries = (10.0, 15.0, 20.0, 30.0), (0.15, 0.3, 0.45, 0.6), 10
    share = np.array([[_found(flexion, fall, tries) for flexion in flexions] for fall in falls])
    grid.imshow(share, cmap="Greens", vmin=0, vmax=130, aspect="auto", origin="lower")
    for (i, j), value in np.ndenumerate(share):
        grid.text(j, i, f"{value:.0f} %", ha="center", va="center", color=INK)
    grid.set_xticks(range(len(flexions)), [f"{f:.0f}" for f in flexions])
    grid.set_yticks(range(len(falls)), [f"{f:.2f}" for f in falls])
    grid.set(xlabel="flexion of the knee, deg", ylabel="fall, share of g", title=f"found, of {tries} each")
    grid.spines[:].set_visible(False)
    return save(figure, folder, "giving-way", "Giving way, SIMULATED: no public recording of a real one exists")


def _one_buckle(axis: Axes) -> None:
    buckle = Buckle("left", fall_g=0.45, flexion_deg=30.0, at_stride=16)
    sensors, truth = simulate_walk(Walker(), np.random.default_rng(2), strides=24, buckles=(buckle,))
    seen = leg((sensors["left"].acc, sensors["left"].gyr), 100.0, "shank")
    strides = StrideMeter("left", "shank", 100.0, 0.0, StrideParams()).update(seen.swings, seen.body, last=True)
    p, fell = GivingWayParams(), truth.buckles[0]
    usual = Recent(p.usual_strides, len(LEANS))
    usual.add(strides["end_s"], np.stack([strides[name] for name in LEANS], axis=1))
    centre, spread = usual.usual(strides["end_s"])
    span = (fell.start_s - 3.2, fell.start_s + 2.4)
    t = seen.time_s
    shown = (t > span[0]) & (t < span[1])
    axis.axhline(0, color=GREY, linewidth=0.6)
    axis.plot(t[shown], -seen.row(RATE)[shown], color=INK, linewidth=1.1, label="lean rate of the shank")
    axis.axvspan(fell.start_s, fell.start_s + fell.falling_s, color="#c7e5cc", label="true: knee buckling")
    limit = centre + np.maximum(p.least_excess_dps, p.spreads * spread)
    looked = zip(strides["start_s"], strides["lean_bins"].astype(int), limit, strict=True)
    for k, (start, bins, high) in enumerate(x for x in looked if span[0] < x[0] < span[1] - 1):
        at = start + AFTER_CONTACT_S + BIN_S * np.arange(bins + 1)
        axis.stairs(
            high[:bins], at, color=RED, linewidth=2, baseline=None, label="limit, where it looks" if k == 0 else None
        )
    walk = analyze({side: (s.acc, s.gyr) for side, s in sensors.items()}, 100.0)
    for k, incident in enumerate(i for i in walk.incidents if i.kind == "giving_way"):
        at = incident.start_s
        words = f"found: {incident.certainty}" if k == 0 else None
        axis.plot(at, np.interp(at, t, -seen.row(RATE)), "D", color=RED, markersize=9, label=words)
    axis.set(xlim=span, ylim=(-130, 330), xlabel="s", ylabel="deg/s, forward positive")
    axis.set_title("a knee flexing by 30 deg, the body falling with 0.45 g")
    legend(axis, "upper left", ncols=2)


def _found(flexion_deg: float, fall_g: float, tries: int) -> float:
    """Percent of buckles found, at varied strides and speeds."""
    hits = 0
    for k in range(tries):
        buckle = Buckle("left", fall_g=fall_g, flexion_deg=flexion_deg, at_stride=15 + k % 5)
        rng = np.random.default_rng([8, k, round(100 * fall_g), round(flexion_deg)])
        sensors, truth = simulate_walk(Walker(speed_mps=0.8 + 0.05 * k), rng, strides=26, buckles=(buckle,))
        walk = analyze({side: (s.acc, s.gyr) for side, s in sensors.items()}, 100.0)
        at = truth.buckles[0].start_s
        hits += any(i.kind == "giving_way" and i.side == "left" and abs(i.start_s - at) < 0.6 for i in walk.incidents)
    return 100 * hits / tries


def wear(folder: Path) -> Path:
    """A simulated day on the legs and a simulated day in the drawer, minute by minute."""
    patient = Patient(days=3, drawer_days=(2,), short_days=(3,), seed=4)
    stream = WalkStream()
    minutes: list[Minute] = []
    for block in patient_blocks(patient):
        minutes += stream.update(block).minutes
    minutes += stream.close().minutes
    figure, axes = canvas(3, size=(9, 4.6), sharex=True)
    for axis, day in zip(axes, patient_days(patient), strict=True):
        mine = [m for m in minutes if 0 <= m.start_s - day.start_s < DAY_S]
        for y, side in enumerate(SIDES):
            h = np.array([(m.start_s - day.start_s) / 3600 for m in mine if m.side == side])
            moving = np.array([m.moving_s for m in mine if m.side == side])
            axis.plot(h, np.full(len(h), y), "|", color=GREY, markersize=4, label="recorded" if y == 0 else None)
            axis.vlines(
                h,
                y + 0.1,
                y + 0.1 + 0.75 * moving / 60,
                color=INK,
                linewidth=0.8,
                label="moving, share" if y == 0 else None,
            )
        worn = day.kind != "drawer"
        spans = [
            ((s.first / patient.rate_hz - day.start_s) / 3600, s.samples / patient.rate_hz / 3600)
            for s in day.stretches
        ]
        axis.broken_barh(spans if worn else [], (-0.75, 0.4), facecolor="#c7e5cc", label="true: on the legs")
        recorded_h, worn_h = recorded_and_worn_h(mine, SIDES, WearParams())
        axis.set_yticks((-0.55, 0.3, 1.3), ("true", "left", "right"))
        true_h = day.worn_s(patient.rate_hz) / 3600
        axis.set_title(f"recorded {recorded_h:.1f} h, found worn {worn_h:.1f} h; truly worn {true_h:.1f} h", loc="left")
        axis.set(xlim=(6, 20), ylim=(-0.9, 2))
    axes[-1].set_xlabel("hour of the day")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3, frameon=False)
    return save(figure, folder, "wear", "Wear, SIMULATED: an ordinary day, a day in the drawer, a short day")


def trends(folder: Path) -> Path:
    """The story of `surefoot demo`: 28 days, the left foot weakens from day 20 on."""
    patient = Patient()
    days, trended, alerts = _story(patient)
    number = {d.day: k + 1 for k, d in enumerate(days)}
    figure, axes = canvas(3, size=(9, 6), sharex=True)
    panels = (("swing_height_m", "lift of the\nankle, m"), ("foot_drop_pct", "foot-drop\nstrides, %"))
    for axis, (metric, label) in zip(axes[:2], panels, strict=True):
        for side, marker, colour in (("left", "v", RED), ("right", "o", BLUE)):
            known = [
                (number[d.day], m.value)
                for d in days
                if not d.missing and (m := d.metric(side, metric)) and m.value is not None
            ]
            axis.plot(
                *np.array(known).T, marker, linestyle="-" if side == "left" else "--", color=colour, label=f"{side} leg"
            )
        base = next(t.baseline for t in reversed(trended) if t.metric == metric and t.side == "left" and t.baseline)
        axis.axhspan(
            base.centre - base.spread,
            base.centre + base.spread,
            color=GREY,
            alpha=0.25,
            linewidth=0,
            label="left leg's own normal",
        )
        axis.set_ylabel(label)
    chart = [
        (number[t.day], t.cusum)
        for t in trended
        if t.metric == "l5_composite" and t.side == "left" and t.cusum is not None
    ]
    axes[2].plot(*np.array(chart).T, "s-", color=INK, label="chart of the left foot's lifting (CUSUM)")
    axes[2].axhline(6.0, color=RED, linestyle="--", label="limit")
    for k, alert in enumerate(alerts):
        axes[2].axvline(number[alert.day], color=RED, linestyle=":", label=f"alert {alert.tier}" if k == 0 else None)
    axes[2].set(xlabel="day (a gap: the day does not count)", ylabel="spreads")
    severity = np.array([patient.severity_on(d) for d in range(1, patient.days + 1)])
    for axis in axes:
        axis.axvspan(
            patient.onset_day - 0.5,
            patient.days + 0.5,
            color="#c7e5cc",
            alpha=0.6,
            zorder=0,
            label="true: left foot weak",
        )
        axis.set_xlim(0.5, patient.days + 0.5)
        legend(axis, "upper left", ncols=2)
    title = (
        f"Trends, SIMULATED: the demo patient; weakness grows to {severity.max():.1f} from day {patient.onset_day} on"
    )
    return save(figure, folder, "trends", title)


def _story(patient: Patient) -> tuple[list[DaySummary], list[Trend], list[Alert]]:
    stream, book, course = WalkStream(), DayBook(), Course()
    days: list[DaySummary] = []
    for block in patient_blocks(patient):
        days += book.update(stream.update(block))
    days += book.update(stream.close()) + book.close()
    judged = [course.update(day) for day in days]
    return days, [t for trends, _ in judged for t in trends], [a for _, alerts in judged for a in alerts]
