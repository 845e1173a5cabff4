"""A recording: one sensor's CSV file as a source of ``Samples`` and ``Gap``."""

from __future__ import annotations

import heapq
import math
import warnings
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from surefoot.records import Array, Gap, Placement, Samples, Side
from surefoot.sensors.files.clipping import clipping_notes
from surefoot.sensors.files.clockwork import ClockParams, Evened, even
from surefoot.sensors.files.columns import Columns, RecordingError, read_columns
from surefoot.sensors.files.gravity import convert
from surefoot.sensors.files.naming import placement_of, side_of

__all__ = ["Recording", "RecordingError", "Stretch", "check_pair", "interleave", "load", "open_recording", "source"]

UNIX_TIME_S = 1e9  # times beyond September 2001 are seconds since 1970; a recording's own clock never gets there
BLOCK_S = 10.0


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """One sensor from the first reading to the last: even stretches and the gaps between them, in time order.

    ``notes`` are sentences for the user: what was found in the file and what was done about it.
    """

    path: Path
    side: Side
    placement: Placement
    rate_hz: float
    parts: tuple[Samples | Gap, ...]
    notes: tuple[str, ...]

    @property
    def start_s(self) -> float:
        return self.parts[0].start_s

    @property
    def end_s(self) -> float:
        return self.parts[-1].end_s

    @property
    def wall_clock(self) -> bool:
        """Whether its times are seconds since 1970 (UTC), not seconds on a clock of its own."""
        return self.start_s > UNIX_TIME_S

    def blocks(self, block_s: float = BLOCK_S) -> Iterator[Samples | Gap]:
        """The same readings in blocks of at most ``block_s`` seconds; how long changes no reading and no time."""
        size = max(1, round(block_s * self.rate_hz))
        for part in self.parts:
            if isinstance(part, Gap):
                yield part
                continue
            for k in range(0, len(part), size):
                at_s = part.start_s + k / part.rate_hz
                acc, gyr = part.acc[k : k + size], part.gyr[k : k + size]
                yield Samples(part.side, part.placement, at_s, part.rate_hz, acc, gyr)


def open_recording(
    path: str | Path,
    side: Side | None = None,
    placement: Placement | None = None,
    acc_unit: str | None = None,
    gyr_unit: str | None = None,
    rate_hz: float | None = None,
    zero_s: float = 0.0,
    clock: ClockParams | None = None,
) -> Recording:
    """Read one sensor's file (header ``time_s,acc_x,acc_y,acc_z,gyr_x,gyr_y,gyr_z``; see ``columns.read_columns``).

    Args:
        side, placement: from the file's name when None (``left.csv``, ``right-foot.csv.gz``); placement else "shank".
        acc_unit: "m/s2" (when None) or "g". gyr_unit: "deg/s" (when None) or "rad/s".
        rate_hz: readings per second, for a file without ``time_s``; not used when it has times.
        zero_s: Unix time of ``time_s`` 0; not used when the times are Unix times already.

    Raises:
        RecordingError: whatever a user can get wrong, with the remedy.
    """
    path = Path(path)
    side = side or side_of(path)
    placement = placement or placement_of(path)
    return recording_of(read_columns(path), path, side, placement, acc_unit, gyr_unit, rate_hz, zero_s, clock)


def recording_of(
    columns: Columns,
    path: Path,
    side: Side,
    placement: Placement,
    acc_unit: str | None = None,
    gyr_unit: str | None = None,
    rate_hz: float | None = None,
    zero_s: float = 0.0,
    clock: ClockParams | None = None,
) -> Recording:
    """The same of columns that were read elsewhere; ``path`` is what they are called."""
    notes = list(columns.notes)
    times = columns.time_s
    if times is None:
        times = np.arange(len(columns.readings)) / _declared_rate(path, rate_hz)
    elif rate_hz is not None:
        notes.append("--rate not used: the file has times")
    if zero_s and np.nanmedian(times) > UNIX_TIME_S:
        notes.append("--start not used: the file has wall-clock times")
        zero_s = 0.0
    try:
        evened = even(times, columns.readings, clock)
        readings = np.concatenate([run.readings for run in evened.runs])
        acc, gyr, unit_notes = convert(readings[:, :3], readings[:, 3:], evened.rate_hz, acc_unit, gyr_unit)
    except RecordingError as error:
        raise RecordingError(f"{path}: {error.what}", error.meaning, error.remedy) from error
    parts = _parts((side, placement), evened, acc, gyr, zero_s)
    notes += [*evened.notes, *unit_notes, *clipping_notes(acc, gyr)]
    return Recording(path, side, placement, evened.rate_hz, parts, tuple(notes))


def interleave(recordings: Sequence[Recording], block_s: float = BLOCK_S) -> Iterator[Samples | Gap]:
    """The blocks of several sensors in the order of their ends, as a radio would bring them."""
    yield from heapq.merge(*(recording.blocks(block_s) for recording in recordings), key=lambda item: item.end_s)


async def source(recordings: Sequence[Recording], block_s: float = BLOCK_S) -> AsyncIterator[Samples | Gap]:
    """:func:`interleave` as the source that ``pipeline.live`` is given."""
    for item in interleave(recordings, block_s):
        yield item


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """Readings of one or both legs over the same time without a gap, for ``surefoot.analyze``.

    ``sensors`` maps a side to (acc (n, 3) m/s^2, gyr (n, 3) deg/s); row 0 of each was taken at ``start_s``.
    """

    sensors: dict[Side, tuple[Array, Array]]
    rate_hz: float
    placement: Placement
    start_s: float
    notes: tuple[str, ...]


def load(*paths: str | Path, left: str | Path | None = None, right: str | Path | None = None, **how: object) -> Stretch:
    """Read one or two files into arrays::

        walk = surefoot.load("left.csv", "right.csv")
        surefoot.analyze(walk.sensors, walk.rate_hz, walk.placement)

    Legs from the names, or given as ``left=`` and ``right=``; ``how`` goes to :func:`open_recording`. Arrays cannot
    hold a gap: of recordings with gaps this gives the longest stretch that all share, and warns (``notes`` say it
    too); ``open_recording(...).blocks()`` gives everything.

    Raises:
        RecordingError: as ``open_recording``; the same leg twice; two placements; no time in common.
    """
    named = [*((path, None) for path in paths), (left, "left"), (right, "right")]
    opened = [open_recording(path, side=side, **how) for path, side in named if path is not None]  # type: ignore[arg-type]
    check_pair(opened)
    start_s, end_s = _longest_shared(opened)
    rate_hz = opened[0].rate_hz
    size = math.floor((end_s - start_s) * rate_hz + 1e-6)
    notes = [f"{recording.path.name}: {note}" for recording in opened for note in recording.notes]
    left_out_s = max(recording.end_s - recording.start_s for recording in opened) - (end_s - start_s)
    if left_out_s > 1:
        notes.append(f"only the longest stretch that all recordings share: {left_out_s:.1f} s left out")
        warnings.warn(f"surefoot.load: {notes[-1]}", stacklevel=2)
    sensors = {recording.side: _cut(recording, start_s, rate_hz, size) for recording in opened}
    return Stretch(sensors, rate_hz, opened[0].placement, start_s, tuple(notes))


def check_pair(recordings: Sequence[Recording]) -> None:
    """One sensor a leg, at one placement, on one clock, at least one in all.

    Raises:
        RecordingError: otherwise.
    """
    sides = [recording.side for recording in recordings]
    if not sides:
        raise RecordingError("No recording was given.", "", "Name one file per leg, e.g. left.csv right.csv.")
    if len(set(sides)) < len(sides):
        files = " and ".join(str(recording.path) for recording in recordings)
        raise RecordingError(
            f"{files} are both of the {max(sides, key=sides.count)} leg.",
            "Which one is meant cannot be known.",
            "Give one file per leg, or say --left FILE --right FILE.",
        )
    if len({recording.placement for recording in recordings}) > 1:
        told = ", ".join(f"{recording.path.name}: {recording.placement}" for recording in recordings)
        raise RecordingError(
            f"The sensors sat at different places ({told}).",
            "Left and right would not compare.",
            "Give files of one placement, or say --placement shank|foot if the names mislead.",
        )
    if len({recording.wall_clock for recording in recordings}) > 1:
        dated, undated = sorted(recordings, key=lambda recording: not recording.wall_clock)
        raise RecordingError(
            f"{dated.path.name} tells the time of day, {undated.path.name} counts from its own zero.",
            "Left and right cannot be put beside each other.",
            "Say when that zero was: --start 2026-05-01T09:30 (in Python: zero_s, in Unix seconds).",
        )


def _longest_shared(recordings: Sequence[Recording]) -> tuple[float, float]:
    shared = [(-math.inf, math.inf)]
    for recording in recordings:
        whole = [part for part in recording.parts if isinstance(part, Samples)]
        crossed = [(max(a, part.start_s), min(b, part.end_s)) for a, b in shared for part in whole]
        shared = [(a, b) for a, b in crossed if a < b]
    if not shared:
        raise RecordingError(
            "The recordings have no time in common.",
            "Left and right cannot be put beside each other.",
            "Check that they are of the same walk and on the same clock.",
        )
    return max(shared, key=lambda span: span[1] - span[0])


def _cut(recording: Recording, start_s: float, rate_hz: float, size: int) -> tuple[Array, Array]:
    """Rows ``start_s + k / rate_hz``: those of the recording where they fall on its grid, else between two of them."""
    parts = (part for part in recording.parts if isinstance(part, Samples))
    part = next(p for p in parts if p.start_s <= start_s < p.end_s)
    place = (start_s - part.start_s) * part.rate_hz + np.arange(size) * (part.rate_hz / rate_hz)
    rows = np.rint(place)
    if np.abs(place - rows).max(initial=0) < 0.01:
        first = int(rows[0]) if size else 0
        return part.acc[first : first + size], part.gyr[first : first + size]
    own = np.arange(len(part))
    acc, gyr = (np.column_stack([np.interp(place, own, c) for c in block.T]) for block in (part.acc, part.gyr))
    return np.ascontiguousarray(acc), np.ascontiguousarray(gyr)


def _declared_rate(path: Path, rate_hz: float | None) -> float:
    if rate_hz is None:
        raise RecordingError(
            f"{path} has no column time_s.",
            "How fast it was recorded cannot be known from the readings.",
            "Give the readings per second: --rate HZ (in Python: rate_hz=100.0).",
        )
    if not 0 < rate_hz < np.inf:
        raise RecordingError(f"{rate_hz} readings per second is no rate.", "", "Give a positive number to --rate.")
    return rate_hz


def _parts(
    sensor: tuple[Side, Placement], evened: Evened, acc: Array, gyr: Array, zero_s: float
) -> tuple[Samples | Gap, ...]:
    bounds = np.cumsum([0, *(len(run.readings) for run in evened.runs)])
    parts: list[Samples | Gap] = []
    for run, rows in zip(evened.runs, map(slice, bounds[:-1], bounds[1:]), strict=True):
        start_s = run.start_s + zero_s
        if parts:
            end_s = parts[-1].end_s
            parts.append(Gap(*sensor, end_s, start_s, f"no readings in the file for {start_s - end_s:.2f} s"))
        block = np.ascontiguousarray(acc[rows]), np.ascontiguousarray(gyr[rows])
        parts.append(Samples(*sensor, start_s, evened.rate_hz, *block))
    return tuple(parts)
