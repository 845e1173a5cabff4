"""Holding: packets of a sensor whose clock is not known well yet, until it is or has been looked at for long enough."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from surefoot.records import Held, Samples
from surefoot.sensors.clock.order import Placed
from surefoot.sensors.clock.run import Run


@dataclass(frozen=True, slots=True)
class HoldParams:
    """How long the first times wait. All P."""

    least_s: float = 2.5  # looked at before the first time is told
    packets: int = 8
    within_s: float = 0.010  # and longer while a clock with ticks is not known so well,
    most_s: float = 40.0  # up to this: only where each packet is late by itself


class Holding:
    """Packets in, in order, to be taken out all at once. ``lasts``: from the beginning until they are taken."""

    def __init__(self, params: HoldParams) -> None:
        self._params = params
        self._count = 0  # of holds
        self.begin()

    def begin(self) -> None:
        """The clock is not known any more."""
        self.lasts, self._count = True, self._count + 1
        self._placed: list[Placed] = []
        self._looked = 0  # so many of them were looked at

    def add(self, placed: Placed) -> None:
        self._placed.append(placed)

    def take(self) -> list[Placed]:
        """The clock is known, or will not be."""
        taken, self._placed, self.lasts = self._placed, [], False
        return taken

    def is_over(self, uncertainty_s: float | None) -> bool:
        """Whether the clock is known well by now, or has been looked at for long enough.

        ``uncertainty_s``: how well; None where no more can be known of it.
        """
        p = self._params
        known = uncertainty_s is None or uncertainty_s <= p.within_s
        return self._seconds() >= (p.least_s if known else p.most_s) and len(self._placed) >= p.packets

    def arrived_s(self) -> list[float]:
        return [placed.arrived_s for placed in self._placed]

    def look(self, run_from: Callable[[int], Run]) -> Held:
        """What is held; of it the readings that came since the last look, ``run_from`` a number on."""
        if not self._placed:
            return Held(0)
        new, self._looked = self._placed[self._looked :], len(self._placed)
        return Held(self._count, self._seconds(), tuple(_parts(new, run_from)))

    def _seconds(self) -> float:
        return self._placed[-1].arrived_s - self._placed[0].arrived_s if self._placed else 0.0


def _parts(packets: Sequence[Placed], run_from: Callable[[int], Run]) -> Iterator[tuple[int, Samples]]:
    """Readings that follow on, with the number of the first."""
    runs: list[Run] = []
    for placed in packets:
        if not runs or placed.number != runs[-1].next:
            runs.append(run_from(placed.number))
        runs[-1].add(placed.packet.acc, placed.packet.gyr)
    for run in runs:
        yield from ((run.first, samples) for samples in run.tell())
