"""A performance: what the door hands to each test, and what a test hands back: what it found, or why it cannot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from surefoot.records import Placement, Side, TestKind
from surefoot.signal.alignment import Aligned
from surefoot.signal.guided.readings import Readings
from surefoot.signal.walk import Walk


class NotUsable(Exception):
    """A test that was not done as asked: a plain sentence with what to do. Ends in a result without a value."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True, eq=False)
class Performance:
    """The legs' readings between the taps; ``side`` the leg a one-legged test is of; ``distance_m`` of a walk.

    ``frames``: how the sensors sit, where known from walking before. ``walk``: what the strides say, where the test
    has strides in it.
    """

    kind: TestKind
    legs: Mapping[Side, Readings]
    rate_hz: float
    placement: Placement
    side: Side | None
    frames: Mapping[Side, Aligned]
    distance_m: float
    walk: Walk | None

    @property
    def main(self) -> Readings:
        """The leg the test is of, or the first one."""
        return self.legs[self.side] if self.side else next(iter(self.legs.values()))

    @property
    def seconds(self) -> float:
        return min(len(leg.acc) for leg in self.legs.values()) / self.rate_hz


@dataclass(frozen=True, slots=True)
class Found:
    """A usable test. Times are seconds from the first sample; ``quality`` 0 to 1."""

    start_s: float
    end_s: float
    value: float
    quality: float = 1.0
    details: Mapping[str, float] = field(default_factory=dict)
