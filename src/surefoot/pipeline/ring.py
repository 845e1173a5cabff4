"""The ring: the raw readings of the last days, kept as they came, so that a day can be understood again.

At most the last second is lost when the program or the power fails. When there is no room it says so, and what is seen
live goes on without it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from surefoot.pipeline.backfill import Backfill
from surefoot.pipeline.held import HeldBack, beyond
from surefoot.pipeline.packed import Label, label, pack, pack_gap, together, unpack
from surefoot.pipeline.segments import Damaged, Segment, Segments, frames
from surefoot.records import Gap, Held, Placement, Samples, Side

Sensor = tuple[Side, Placement]
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RingParams:
    """How the ring is written. P."""

    together_s: float = 0.4  # readings packed together: less than a radio brings at once, so each time
    sync_s: float = 0.4  # onto the disk so often, all sensors at once: a power cut may lose so much more than a kill
    gap_s: float = 60.0  # a gap that grows is written so often
    segment_s: float = 3600.0  # of a file; files go whole
    segment_share: float = 0.125  # of ``keep_bytes`` a file may have
    near_s: float = 10.0  # around readings that were held is looked for those of them that were kept
    late_s: float = 120.0  # a file may begin with readings so much younger than its last ones of another sensor
    ahead_s: float = 86400.0  # a file that begins so much later than now was written while a clock stood ahead


class Ring:
    """Items of any sensors in, as a source gives them; the same ones out again, each sensor's in the order kept.

    ``folder`` is a path, or a URL ``file:///path``. Not for two threads at once, but for ``late_s``. ``keep`` and
    ``flush`` wait for the disk: not for an event loop. Readings that come late, when the ring has gone on, are kept
    with ``keep_late`` and given out in their place. Those whose times are not known yet lie beside it (``hold``) until
    they are given to ``keep``; those that a program left there when it was killed ``regain`` puts in their place.
    ``trouble``: why it does not keep at the moment, "" where it does; ``unkept``: readings that it could not keep.
    """

    def __init__(
        self,
        folder: str | Path,
        keep_days: float = 14.0,
        keep_bytes: int = 2_000_000_000,
        params: RingParams = RingParams(),
    ) -> None:
        place = Path(str(folder).removeprefix("file://")).expanduser()
        self._segments = Segments(place)
        self._keep_s, self._keep_bytes, self._params = keep_days * 86400.0, keep_bytes, params
        self._late = Backfill(place / "late", self._keep_s, keep_bytes)
        self._held = HeldBack(place / "held")
        self._blocks: dict[Sensor, list[Samples]] = {}
        self._gaps: dict[Sensor, Gap] = {}
        self._began_s: float | None = None  # the file that grows
        self._reached_s = float("inf")  # the end of what was written last
        self._synced_s = 0.0  # up to when it is on the disk
        self.trouble = ""
        self.unkept = 0
        self.damage: list[Damaged] = []  # found while reading

    def keep(self, item: Samples | Gap) -> None:
        """Take what comes next of a sensor."""
        sensor = item.side, item.placement
        if isinstance(item, Gap):
            self._write_blocks(sensor)
            self._keep_gap(sensor, item)
            return
        if not len(item):
            return
        self._write_gap(sensor)
        blocks = self._blocks.setdefault(sensor, [])
        if blocks and not together(blocks[-1], item):
            self._write_blocks(sensor)
        for part in _short(item):
            self._blocks[sensor].append(part)
            if part.end_s - self._blocks[sensor][0].start_s >= self._params.together_s:
                self._write_blocks(sensor)

    def keep_late(self, blocks: Sequence[Samples]) -> bool:
        """Take readings of a time that was told as a gap; whether they are on the disk."""
        return self._late.keep(blocks)

    def hold(self, sensor: Sensor, held: Held) -> None:
        """Take readings whose times are not known yet; those held no more were given to ``keep`` before."""
        if self._held.is_over(sensor, held):
            self.flush()
        self._try(lambda: self._held.keep(sensor, held))

    def regain(self) -> list[Samples]:
        """Take for good what is still held, of this program or of one that was killed; what that was.

        What cannot be kept stays where it is.
        """
        self.flush()
        gained: list[Samples] = []
        for sensor, holds in self._held.left().items():
            mine: list[Samples] = []
            for parts in holds:
                from_s, until_s = parts[0].samples.start_s, parts[-1].samples.end_s
                near = self.items(from_s - self._params.near_s, until_s + self._params.near_s, sensor)
                mine += beyond(parts, [item for item in near if isinstance(item, Samples)])
            if self.keep_late(mine):
                self._try(partial(self._held.drop, sensor))
                gained += mine
        return gained

    def flush(self) -> None:
        """Write all that was kept so far, and see it onto the disk."""
        for sensor in [*self._blocks]:
            self._write_blocks(sensor)
        for sensor in [*self._gaps]:
            self._write_gap(sensor)
        self._try(self._segments.sync)

    def close(self) -> None:
        self.flush()
        self._try(self._segments.close)
        self._try(self._held.close)

    def give_room(self, size: int) -> bool:
        """Remove files, but not the newest one, until so many bytes are free; whether any went.

        For whoever shares the disk and is worth more. May be called from another thread.
        """
        went = 0
        for segment in self._least_first(self._reached_s, newest_too=False):
            if went >= size or not self._try(partial(self._segments.remove, segment)):
                break
            went += segment.bytes
        return went > 0

    # ---- reading

    def items(self, start_s: float, end_s: float, sensor: Sensor | None = None) -> Iterator[Samples | Gap]:
        """What was kept of [start_s, end_s), blocks whole: those that reach into it; of one ``sensor`` or of all."""
        return self._late.into(self._in_time(start_s, end_s, sensor), start_s, end_s, sensor)

    def late_s(self, start_s: float, end_s: float) -> float:
        """How much of [start_s, end_s) came late, of the sensor of which most did."""
        return self._late.seconds(start_s, end_s)

    def sensors(self, start_s: float, end_s: float) -> dict[Sensor, list[Label]]:
        """Which sensors it holds readings of in [start_s, end_s), and of each the labels of what was packed together.

        What is damaged is left out, here as in ``items``; it is told in ``damage`` after this.
        """
        self.damage = []
        found: dict[Sensor, list[Label]] = {}
        for told, _ in self._labelled(start_s, end_s, None):
            if told.rate_hz is not None:
                found.setdefault((told.side, told.placement), []).append(told)
        return found

    def starts_s(self) -> list[float]:
        """When each file begins: roughly, when there is something."""
        return [segment.start_s for segment in self._segments.all()]

    def _in_time(self, start_s: float, end_s: float, sensor: Sensor | None) -> Iterator[Samples | Gap]:
        for _, content in self._labelled(start_s, end_s, sensor):
            yield from (item for item in unpack(content) if item.start_s < end_s and item.end_s > start_s)

    def _labelled(self, start_s: float, end_s: float, sensor: Sensor | None) -> Iterator[tuple[Label, bytes]]:
        segments, late_s = self._segments.all(), self._params.late_s
        for k, segment in enumerate(segments):
            over = k + 1 < len(segments) and segments[k + 1].start_s + late_s <= start_s
            if over or segment.start_s - late_s >= end_s:
                continue
            for content in frames(segment):
                if isinstance(content, Damaged):
                    self.damage.append(content)
                    continue
                told = label(content)
                mine = sensor is None or sensor == (told.side, told.placement)
                if mine and told.start_s < end_s and told.end_s > start_s:
                    yield told, content

    # ---- writing

    def _keep_gap(self, sensor: Sensor, gap: Gap) -> None:
        before = self._gaps.get(sensor)
        if before is not None:
            if before.end_s == gap.start_s and before.reason == gap.reason:
                gap = Gap(*sensor, before.start_s, gap.end_s, gap.reason)
            else:
                self._write_gap(sensor)
        self._gaps[sensor] = gap
        if gap.end_s - gap.start_s >= self._params.gap_s:
            self._write_gap(sensor)

    def _write_gap(self, sensor: Sensor) -> None:
        gap = self._gaps.pop(sensor, None)
        if gap is not None:
            self._write(pack_gap(gap), gap.start_s, gap.end_s, 0)

    def _write_blocks(self, sensor: Sensor) -> None:
        blocks = self._blocks.get(sensor)
        self._blocks[sensor] = []
        if blocks:
            self._write(pack(blocks), blocks[0].start_s, blocks[-1].end_s, sum(map(len, blocks)))

    def _write(self, content: bytes, start_s: float, end_s: float, readings: int) -> None:
        if self._due(end_s):
            self._try(self._segments.close)
            self._began_s = None
        if self._began_s is None:
            self._make_room(end_s)
            self._began_s = start_s
        self._reached_s = end_s
        done = self._try(lambda: self._segments.append(content, start_s))
        if not done and self._make_room(end_s, one=True):  # the oldest readings are worth least
            done = self._try(lambda: self._segments.append(content, start_s))
        if not done:
            self.unkept += readings
            return
        if not 0 <= end_s - self._synced_s < self._params.sync_s:
            self._synced_s = end_s
            self._try(self._segments.sync)

    def _due(self, end_s: float) -> bool:
        p = self._params
        old = self._began_s is not None and end_s - self._began_s >= p.segment_s
        return old or self._segments.open_bytes >= p.segment_share * self._keep_bytes

    def _make_room(self, now_s: float, one: bool = False) -> bool:
        """Remove files that are too old or too many; ``one``: one in any case. Whether any went."""
        segments = self._least_first(now_s)
        room = sum(segment.bytes for segment in segments) - (1 - self._params.segment_share) * self._keep_bytes
        went = 0
        for segment in segments:
            over_s = segment.start_s + self._params.segment_s
            if not (room > 0 or over_s < now_s - self._keep_s or (one and not went)):
                continue
            if not self._try(partial(self._segments.remove, segment)):
                break
            room -= segment.bytes
            went += 1
        return went > 0

    def _least_first(self, now_s: float, newest_too: bool = True) -> list[Segment]:
        """Files that may go: those of a clock that stood ahead, then the oldest; never the one that grows."""
        files = [one for one in self._segments.all() if one.path != self._segments.growing]
        found = sorted(files, key=lambda one: (one.start_s <= now_s + self._params.ahead_s, one.start_s))
        return found if newest_too or self._segments.growing else found[:-1]

    def _try(self, act: Callable[[], None]) -> bool:
        try:
            act()
        except OSError as error:
            told = f"the raw readings cannot be kept in {self._segments.folder}: {error.strerror or error}"
            if told != self.trouble:
                log.warning("%s; what is found in them is kept as before", told)
            self.trouble = told
            return False
        if self.trouble:
            log.warning("the raw readings are kept again; %d were not", self.unkept)
            self.trouble = ""
        return True


def _short(item: Samples) -> Iterator[Samples]:
    """Pieces of as many readings as one frame can hold."""
    if len(item) <= 32768:
        yield item
        return
    for k in range(0, len(item), 32768):
        at_s = item.start_s + k / item.rate_hz
        part = item.acc[k : k + 32768], item.gyr[k : k + 32768]
        yield Samples(item.side, item.placement, at_s, item.rate_hz, *part, item.steps)
