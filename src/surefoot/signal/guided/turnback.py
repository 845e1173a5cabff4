"""Turn back: the turn of a walk there and back, told from one that wanders or turns elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from surefoot.records import Array


@dataclass(frozen=True, slots=True)
class TurnBackParams:
    """What a turn back is (P)."""

    least_deg: float = 140.0  # between the way there and the way back
    most_deg: float = 220.0
    straight_deg: float = 40.0  # each way wanders less from its own direction
    longest_s: float = 4.0  # for its middle 100 degrees, with a stick and in small steps
    least_share: float = 0.35  # of the time, on either side of it: somebody turns at the far end


@dataclass(frozen=True, slots=True)
class TurnBack:
    """``middle_s``: when half of it was turned, which is at the mark."""

    start_s: float
    middle_s: float
    end_s: float


def turn_back(
    heading_deg: Array, rate_hz: float, start_s: float, end_s: float, params: TurnBackParams = TurnBackParams()
) -> TurnBack | None:
    """The one turn back between these two moments of walking; None where there is none, or another turn as well."""
    first, last = round(start_s * rate_hz), round(end_s * rate_hz)
    walked = heading_deg[first:last]
    quarter = len(walked) // 4
    if quarter == 0:
        return None
    there, back = float(np.median(walked[:quarter])), float(np.median(walked[-quarter:]))
    if not params.least_deg <= abs(back - there) <= params.most_deg:
        return None
    share = (walked - there) / (back - there)  # 0 there, 1 back
    middle = int((share >= 0.5).argmax())
    near = params.straight_deg / abs(back - there)
    before, behind = np.flatnonzero(np.abs(share[:middle]) < near), np.flatnonzero(np.abs(share[middle:] - 1) < near)
    if not len(before) or not len(behind):
        return None
    begun, done = int(before[-1]), middle + int(behind[0])
    straight = np.abs(share[:begun]).max(initial=0.0) < near and np.abs(share[done:] - 1).max(initial=0.0) < near
    in_the_middle = params.least_share * len(walked) <= middle <= (1 - params.least_share) * len(walked)
    if not straight or not in_the_middle or done - begun > params.longest_s * rate_hz:
        return None
    return TurnBack(*(start_s + n / rate_hz for n in (begun, middle, done)))
