"""What comes in at the door, sensors to signal: samples, gaps, and the few words everything else is said with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Side = Literal["left", "right"]
Placement = Literal["shank", "foot"]

SIDES: tuple[Side, Side] = ("left", "right")


class SurefootError(Exception):
    """An error a user can do something about: what happened, what it means for the data, what to do."""

    def __init__(self, what: str, meaning: str = "", remedy: str = "") -> None:
        super().__init__(" ".join(part for part in (what, meaning, remedy) if part))
        self.what = what
        self.meaning = meaning
        self.remedy = remedy


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """A block of evenly spaced readings of one sensor, all finite.

    ``acc`` (n, 3) m/s^2 with gravity included, ``gyr`` (n, 3) deg/s, both in the sensor's own axes: no mounting is
    assumed. Sample k was taken at ``start_s + k / rate_hz``. ``steps``: what one count of acceleration and of turning
    is worth, where all readings are whole counts of 16 bits.
    """

    side: Side
    placement: Placement
    start_s: float
    rate_hz: float
    acc: Array
    gyr: Array
    steps: tuple[float, float] | None = None

    def __len__(self) -> int:
        return len(self.acc)

    @property
    def end_s(self) -> float:
        return self.start_s + len(self.acc) / self.rate_hz


@dataclass(frozen=True, slots=True)
class Gap:
    """Nothing usable from one sensor in [start_s, end_s): whatever streams starts afresh behind it.

    A source tells of a sensor that stays silent again and again while it lasts: nothing is found of either leg beyond
    the time up to which both are known, and the readings of the other one wait in memory till then. Where a source
    does not, ``pipeline.silence`` does after a minute.
    """

    side: Side
    placement: Placement
    start_s: float
    end_s: float
    reason: str


@dataclass(frozen=True, slots=True)
class Held:
    """What a source holds of one sensor until it is known when that was measured: for whoever must not lose it.

    ``hold`` counts the times that it held any; 0: it holds none, all were given as ``Samples``. ``held_s``: since when.
    ``parts``: those that were not told of before, each with the number of its first reading, counted on through lost
    ones; their times are what is known by now, and will be others.
    """

    hold: int
    held_s: float = 0.0
    parts: tuple[tuple[int, Samples], ...] = ()
