"""Pictures of what strides tell: bouts and stairs, wear, trends."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from drawing import BLUE, GREEN, GREY, INK, RED, canvas, leg, legend, save

from surefoot.pipeline.course import Course
from surefoot.pipeline.days import DayBook
from surefoot.pipeline.wear import WearParams, recorded_and_worn_h
from surefoot.records import SIDES, Alert, DaySummary, Minute, Trend
from surefoot.signal.contacts import RATE
from surefoot.signal.table import WORDS
from surefoot.signal.walk import WalkStream, analyze
from surefoot.simulation.patient import Patient, patient_blocks, patient_days

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
        (number[t.day], t.shift)
        for t in trended
        if t.metric == "l5_composite" and t.side == "left" and t.shift is not None
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
