"""A recorded day: what the home's ring of raw readings holds of it, replayed as a recording from files is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np

from surefoot.config import Config
from surefoot.pipeline.ring import Ring
from surefoot.records import Gap, Placement, Samples, Side, SurefootError


class NotRecordedError(SurefootError):
    """The ring holds nothing of what was asked for."""


@dataclass(frozen=True, slots=True)
class RecordedSensor:
    """One sensor's day, with all that ``sensors.files.recording.Recording`` has; its readings stay on the disk."""

    path: Path
    side: Side
    placement: Placement
    rate_hz: float
    start_s: float
    end_s: float
    notes: tuple[str, ...]
    wall_clock: bool = True

    def blocks(self, _: float = 0.0) -> Iterator[Samples | Gap]:
        """What the sensor gave, cut as it was live."""
        for item in Ring(self.path).items(self.start_s, self.end_s, (self.side, self.placement)):
            if item.start_s >= self.start_s:
                yield item


def recorded_day(day: date, placement: Placement | None, config: Config) -> list[RecordedSensor]:
    """The sensors that gave readings on a day of the patient's, those above the ankles where there are others too.

    Raises:
        NotRecordedError: there is no ring, or nothing of that day in it.
    """
    ring = Ring(config.home_ring)
    midnights = (datetime.combine(day + timedelta(days=k), datetime.min.time(), config.zone) for k in (0, 1))
    start_s, end_s = (midnight.timestamp() for midnight in midnights)
    found = ring.sensors(start_s, end_s)
    where = placement or ("shank" if any(place == "shank" for _, place in found) else "foot")
    chosen = sorted(sensor for sensor in found if sensor[1] == where)
    if not chosen:
        raise _nothing(day, ring, config)
    notes = _notes(ring, sorted({place for _, place in found} - {where}))
    sensors = []
    for side, place in chosen:
        labels = found[side, place]
        rate_hz = float(np.median([told.rate_hz or 0.0 for told in labels]))
        span = max(start_s, labels[0].start_s), min(end_s, labels[-1].end_s)
        sensors.append(RecordedSensor(config.home_ring, side, place, rate_hz, *span, () if sensors else notes))
    return sensors


def _notes(ring: Ring, others: list[Placement]) -> tuple[str, ...]:
    notes = []
    if others:
        other = others[0]
        notes.append(f"sensors at the {other} were recorded too and are left out: --placement {other} takes them")
    rotten = sum(damaged.bytes for damaged in ring.damage if not damaged.cut_off)
    if rotten:
        notes.append(f"{rotten} bytes of the recording are damaged and left out: is the disk failing?")
    ends = sum(damaged.cut_off for damaged in ring.damage)
    if ends:
        notes.append(f"the recording breaks off {ends} time{'s' * (ends != 1)} in the middle of a second")
    return tuple(notes)


def _nothing(day: date, ring: Ring, config: Config) -> NotRecordedError:
    days = sorted({datetime.fromtimestamp(at_s, config.zone).date() for at_s in ring.starts_s()})
    if not days:
        return NotRecordedError(
            f"No readings are kept in {config.home_ring}.",
            "There is nothing to replay.",
            "They are kept while surefoot wear runs. Is SUREFOOT_HOME the home that it runs with?",
        )
    told = ", ".join(str(one) for one in days[-10:])
    return NotRecordedError(f"No readings of {day} are kept.", f"There are some of {told}.", "Name one of these days.")
