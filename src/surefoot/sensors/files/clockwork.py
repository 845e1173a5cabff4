"""The clock of a recording: times as a file gives them become even runs of readings, and what was wrong is told."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from surefoot.records import Array
from surefoot.sensors.files.columns import RecordingError

Rows = np.ndarray
DAY_S = 86400.0


@dataclass(frozen=True, slots=True)
class ClockParams:
    """What a file's clock may do. All P: chosen for 100 Hz ankle sensors, no published test."""

    hole_s: float = 0.050  # a longer hole is a gap (law 3 of the design: never interpolated over)
    snap: float = 0.2  # of a period: readings this near to the even grid are taken as they are
    shared: float = 0.1  # of a period: readings closer than this came in one packet with one time stamp
    glitch_s: float = 1.0  # one stamp this far out of line with both neighbours is rubbish
    late_share: float = 0.01  # of the rows: more of them out of order is a broken file, not a hiccup
    rate_min_hz: float = 10.0
    rate_max_hz: float = 4000.0


@dataclass(frozen=True, slots=True)
class Run:
    """Even readings without a gap: row k of ``readings`` (n, 6) was taken at ``start_s + k / rate_hz``."""

    start_s: float
    readings: Array


@dataclass(frozen=True, slots=True)
class Evened:
    """A recording on an even grid: its rate, its runs (a gap lies between two), and what was found."""

    rate_hz: float
    runs: tuple[Run, ...]
    notes: tuple[str, ...]


def even(times: Array, readings: Array, params: ClockParams | None = None) -> Evened:
    """Put readings (n, 6) taken at ``times`` (n,) s on an even grid. Times are believed, not row numbers.

    Rows with a value that is not finite are left out, and so become holes. A hole of up to ``hole_s`` is interpolated
    (straight lines), a longer one ends the run. Readings that share one time stamp (a packet) are spread back evenly
    over the time since the stamp before. A run near an even grid keeps its values exactly.

    Raises:
        RecordingError: fewer than two usable rows, times out of order, standing still, or of no possible rate.
    """
    params = params or ClockParams()
    notes: list[str] = []
    times, readings = _finite(times, readings, notes)
    times, readings = _in_order(times, readings, params, notes)
    times = _spread_packets(times, params, notes)
    rate_hz = _rate(times, params)
    edges = np.flatnonzero(np.diff(times) - 1 / rate_hz > params.hole_s + 1e-6) + 1
    runs, filled, jitter_s = [], 0, 0.0
    for part in np.split(np.arange(len(times)), edges):
        run, holes, off_s = _run(times[part], readings[part], rate_hz, params)
        runs.append(run)
        filled += holes
        jitter_s = max(jitter_s, off_s)
    if filled:
        notes.append(
            f"{filled} missing reading{_s(filled)} in holes of up to {params.hole_s * 1000:.0f} ms interpolated"
        )
    if len(edges):
        notes.append(f"{len(edges)} gap{_s(len(edges))}, {_gap_s(runs, rate_hz):.2f} s without readings in all")
    if jitter_s > params.snap / rate_hz:
        notes.append(f"times are uneven (up to {jitter_s * 1000:.1f} ms off): put on an even grid of {rate_hz:g} Hz")
    return Evened(rate_hz, tuple(runs), tuple(notes))


def _s(count: int) -> str:
    return "" if count == 1 else "s"


def _gap_s(runs: list[Run], rate_hz: float) -> float:
    ends = [run.start_s + len(run.readings) / rate_hz for run in runs]
    return sum(run.start_s - end for run, end in zip(runs[1:], ends, strict=False))


def _finite(times: Array, readings: Array, notes: list[str]) -> tuple[Array, Array]:
    good = np.isfinite(times) & np.isfinite(readings).all(axis=1)
    bad = int(len(good) - good.sum())
    if bad:
        notes.append(f"{bad} row{_s(bad)} with values that are missing or not finite left out")
    if good.sum() < 2:
        raise RecordingError(
            f"Only {int(good.sum())} usable reading{_s(int(good.sum()))} in the recording.",
            "Nothing can be told from so little.",
            "Check the export: seven numbers in each row, one row for each reading.",
        )
    return (times[good], readings[good]) if bad else (times, readings)


def _in_order(times: Array, readings: Array, params: ClockParams, notes: list[str]) -> tuple[Array, Array]:
    glitches = _glitches(times, params.glitch_s)
    if glitches.any():
        count = int(glitches.sum())
        notes.append(f"{count} row{_s(count)} with a time far out of line left out")
        times, readings = times[~glitches], readings[~glitches]
    latest = np.maximum.accumulate(times)
    back = np.concatenate([[False], times[1:] < latest[:-1]])
    count = int(back.sum())
    if count > max(3, params.late_share * len(times)):
        k = int(back.argmax())
        raise RecordingError(
            f"time_s goes back from {times[k - 1]:.3f} to {times[k]:.3f} s (reading {k + 1}), "
            f"and {count} of {len(times)} readings lie before an earlier one.",
            "Their order cannot be known: two recordings in one file, or a clock that was set back.",
            "Split the file there and read the parts one by one, or sort it by time_s.",
        )
    if count:
        notes.append(f"{count} row{_s(count)} whose time goes back left out")
    same = np.concatenate([[False], (np.diff(times) == 0) & (np.diff(readings, axis=0) == 0).all(axis=1)])
    doubled = int((same & ~back).sum())
    if doubled:
        notes.append(f"{doubled} row{_s(doubled)} that repeat{'s' * (doubled == 1)} the one before left out")
    keep = ~(back | same)
    return (times, readings) if keep.all() else (times[keep], readings[keep])


def _glitches(times: Array, glitch_s: float) -> Rows:
    """Single stamps out of line: both neighbours lie close together, in order, and this one far away.

    At either end, where there is one neighbour: a day away from it, or on its wrong side.
    """
    lone = np.zeros(len(times), dtype=bool)
    if len(times) < 3:
        return lone
    step, across = np.diff(times), times[2:] - times[:-2]
    far = np.minimum(np.abs(step[:-1]), np.abs(step[1:])) > glitch_s
    lone[1:-1] = far & (np.sign(step[:-1]) != np.sign(step[1:])) & (across >= 0) & (across < glitch_s)
    lone[0] = not lone[1] and not -glitch_s <= step[0] < DAY_S
    lone[-1] = not lone[-2] and not -glitch_s <= step[-1] < DAY_S
    return lone


def _spread_packets(times: Array, params: ClockParams, notes: list[str]) -> Array:
    steps = np.diff(times)
    moving = steps[steps > 0]
    near = steps[steps <= max(params.glitch_s, 20 * np.median(moving))] if len(moving) else steps
    if not len(moving) or near.mean() <= 0:
        raise RecordingError(
            "time_s never moves: every reading has the same time.",
            "No interval can be measured.",
            "Give times in seconds, or leave the column out and give --rate HZ.",
        )
    first = np.concatenate([[True], steps > params.shared * near.mean()])
    if first.all():
        return times
    starts = np.flatnonzero(first)
    counts = np.diff(np.append(starts, len(times)))
    stamps = times[starts + counts - 1]  # a packet is stamped when it arrives: after its last reading
    since = np.diff(stamps) / counts[1:]
    period = float(np.median(since)) if len(since) else float(near.mean())
    spacing = np.concatenate([[period], np.minimum(since, period)])
    behind = np.repeat(starts + counts - 1, counts) - np.arange(len(times))
    notes.append(
        f"{len(times) - len(starts)} of {len(times)} readings share the time of another (the sensor's packets, or a "
        "coarse clock): spread evenly over the time since the one before"
    )
    spread: Array = np.repeat(stamps, counts) - behind * np.repeat(spacing, counts)
    return spread


def _rate(times: Array, params: ClockParams) -> float:
    """Readings per second where the file is whole; a round number when that fits the times as well."""
    steps = np.diff(times)
    period = float(np.sort(steps)[(len(steps) - 1) // 2])  # of an even count the lower: a step that does occur
    gaps_before = np.concatenate([[0], np.cumsum(steps - period > params.hole_s + 1e-6)])
    for rows, least in ((min(8, len(steps)), 1), (64, 64)):  # then well enough known to trust that no row is too many
        whole = gaps_before[rows:] == gaps_before[:-rows]
        if not whole.any():
            break
        passed = (times[rows:] - times[:-rows])[whole]
        periods = np.maximum(np.rint(passed / period), least)
        period = float(passed.sum() / periods.sum())
    rate_hz = 1 / period
    if not params.rate_min_hz <= rate_hz <= params.rate_max_hz:
        raise RecordingError(
            f"time_s moves by {period:g} a row, which would be {rate_hz:g} readings a second.",
            f"Surefoot needs {params.rate_min_hz:g} to {params.rate_max_hz:g} a second.",
            "time_s must be in seconds: are these milli- or microseconds? Else drop the column and give --rate HZ.",
        )
    slack = params.snap / 2 / len(times)  # what a rounder rate may shift the last reading by, of a period
    rounder = (round(rate_hz, digits) for digits in range(6))
    return next((r for r in rounder if r > 0 and abs(r / rate_hz - 1) < slack), rate_hz)


def _run(times: Array, readings: Array, rate_hz: float, params: ClockParams) -> tuple[Run, int, float]:
    """One run on its grid; how many readings were filled in; how far off the grid the worst time was (s)."""
    place = (times - times[0]) * rate_hz
    centre = float(np.median(place - np.rint(place)))  # not 0 where the first stamp was rounded or late
    centre = centre if abs(centre) > 1e-4 else 0.0
    slots = np.rint(place - centre)
    off_s = float(np.abs(place - centre - slots).max() / rate_hz)
    if off_s <= params.snap / rate_hz and bool((np.diff(slots) >= 1).all()):
        place, start_s = slots, float(times[0] + centre / rate_hz)
    else:
        start_s = float(times[0])
    size = int(place[-1] + 1e-6) + 1
    filled = max(size - len(readings), 0)
    if size > len(readings) or place is not slots:
        grid = np.arange(size)
        readings = np.column_stack([np.interp(grid, place, column) for column in readings.T])
    return Run(start_s, np.ascontiguousarray(readings)), filled, off_s
