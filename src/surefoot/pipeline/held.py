"""Held readings: those whose times are not known yet, on the disk meanwhile, for a program that does not live to know.

A sensor's clock is looked at for a while before the first times are told. What comes in that time is kept here, with
the number of each reading and the times believed at that moment, until it is in the ring for good. What a program left
here when it was killed is given the times that its clock was last believed to show.
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from surefoot.pipeline.packed import PLACEMENTS, pack, unpack
from surefoot.pipeline.segments import Damaged, Segments, frames
from surefoot.records import SIDES, Held, Placement, Samples, Side

Sensor = tuple[Side, Placement]
_NUMBER = struct.Struct("<q")
_ALIKE = 8  # so many readings in a row that are the same are the same ones (P)


@dataclass(frozen=True, slots=True)
class Part:
    """Readings that follow on, with the number of the first."""

    number: int
    samples: Samples


class HeldBack:
    """Readings that wait for their times, each sensor's of one hold at a time. Raises OSError as it comes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._segments: dict[Sensor, Segments] = {}
        self._holds: dict[Sensor, int] = {}
        self._older: dict[Sensor, set[Path]] = {}  # of programs before this one, which nobody could take for good yet

    def is_over(self, sensor: Sensor, held: Held) -> bool:
        """Whether what is kept here of a sensor is not held any more."""
        return self._holds.get(sensor, 0) not in (0, held.hold)

    def keep(self, sensor: Sensor, held: Held) -> None:
        """See what is held onto the disk; what is held no more is in the ring, and goes."""
        segments = self._of(sensor)
        if sensor not in self._older:
            self._older[sensor] = {segment.path for segment in segments.all()}
        if self.is_over(sensor, held):
            self._remove(sensor, self._older[sensor])
        if not held.hold:
            return
        self._holds[sensor] = held.hold
        for number, samples in held.parts:
            segments.append(_NUMBER.pack(number) + pack([samples]), samples.start_s)
        segments.sync()

    def drop(self, sensor: Sensor) -> None:
        """Nothing of it is needed any more."""
        self._remove(sensor, set())

    def close(self) -> None:
        """What is here stays here."""
        for segments in self._segments.values():
            segments.close()

    def left(self) -> dict[Sensor, list[list[Part]]]:
        """What is here, hold by hold, with the times that were believed last."""
        found: dict[Sensor, list[list[Part]]] = {}
        for sensor in ((side, placement) for side in SIDES for placement in PLACEMENTS):
            segments = self._of(sensor)
            segments.close()
            for segment in segments.all():
                parts = list(_whole(frames(segment)))
                if parts:
                    found.setdefault(sensor, []).append(_timed(parts))
        return found

    def _remove(self, sensor: Sensor, without: Collection[Path]) -> None:
        segments = self._of(sensor)
        segments.close()
        for segment in segments.all():
            if segment.path not in without:
                segments.remove(segment)
        self._holds.pop(sensor, None)

    def _of(self, sensor: Sensor) -> Segments:
        return self._segments.setdefault(sensor, Segments(self._folder / "-".join(sensor)))


def beyond(parts: Sequence[Part], kept: Sequence[Samples]) -> list[Samples]:
    """The readings behind the last that is among those ``kept``: the first of them may be in the ring already."""
    rows = [_rows(part.samples) for part in parts]
    there = np.isin(np.concatenate(rows), np.concatenate([_rows(block) for block in kept])) if kept else np.zeros(0)
    alike = min(_ALIKE, len(there))
    runs = np.convolve(there, np.ones(max(alike, 1)), "valid") if alike else np.zeros(0)
    ends = np.flatnonzero(runs > alike - 0.5) + alike
    done, found = int(ends[-1]) if len(ends) else 0, []
    for part in parts:
        if done < len(part.samples):
            found.append(_from(part, part.number + done).samples)
        done = max(0, done - len(part.samples))
    return found


def _whole(contents: Iterator[bytes | Damaged]) -> Iterator[Part]:
    """To the end that a crash left."""
    reached: int | None = None
    for content in contents:
        if isinstance(content, Damaged):
            continue
        number, samples = _NUMBER.unpack_from(content)[0], unpack(content[_NUMBER.size :])[0]
        assert isinstance(samples, Samples)
        part = Part(number, samples) if reached is None else _from(Part(number, samples), reached)
        if len(part.samples):
            reached = part.number + len(part.samples)
            yield part


def _timed(parts: Sequence[Part]) -> list[Part]:
    """By the clock as it was believed to be when the last of them came."""
    last = parts[-1]
    rate_hz = last.samples.rate_hz

    def start_s(number: int) -> float:
        return last.samples.start_s + (number - last.number) / rate_hz

    return [replace(p, samples=replace(p.samples, start_s=start_s(p.number), rate_hz=rate_hz)) for p in parts]


def _from(part: Part, number: int) -> Part:
    """Its readings from this number on."""
    cut = min(max(0, number - part.number), len(part.samples))
    whole = part.samples
    start_s = whole.start_s + cut / whole.rate_hz
    return Part(part.number + cut, replace(whole, start_s=start_s, acc=whole.acc[cut:], gyr=whole.gyr[cut:]))


def _rows(block: Samples) -> np.ndarray:
    """Each reading as one value that can be compared."""
    values = np.ascontiguousarray(np.hstack([block.acc, block.gyr]) + 0.0)
    return values.view(np.dtype((np.void, values.itemsize * values.shape[1]))).ravel()
