"""Sides: whether a sensor is on the leg it is said to be on, told from how that leg lands.

Left and right legs are mirror images, and so is what they do out of the sagittal plane. Two such motions are as good
as the same in everybody recorded: when the foot takes its load the shank rolls (about the forward axis) to its own
side, and when it has left the ground the foot is thrown to the other. Neither was found described for this use (P);
the frame they are seen in comes from walking alone, so the mounting does not matter. docs/methods.md has the figures.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from surefoot.records import SIDES, Array, Placement, SideCheck
from surefoot.signal.contacts import LATERAL, ROLL, Swings
from surefoot.signal.recent import Recent
from surefoot.signal.ring import Ring
from surefoot.signal.table import StrideTable

GRAVITY_MPS2 = 9.81
LANDING_S = (0.0, 0.15)  # behind the end of the swing: mean roll of the shank, as a share of the swing's peak
LEAVING_S = (0.0, 0.10)  # behind the final contact: mean sideways acceleration of the foot, in g


@dataclass(frozen=True, slots=True)
class SideParams:
    """How sure a verdict must be; P, set on marpino and movingreality (shank) and on all feet recorded."""

    strides: int = 20  # of each leg, the last ones
    least_shank: float = 0.03  # of half the difference between the legs, or of the one leg
    least_foot: float = 0.02


def side_sign(placement: Placement, closing: Swings, body: Ring, rate_hz: float) -> Array:
    """One number a stride, positive on a left leg and negative on a right one, from around its closing swing (k,)."""
    (first_s, last_s), at = (LANDING_S, closing.ended) if placement == "shank" else (LEAVING_S, closing.final)
    row = ROLL if placement == "shank" else LATERAL
    first = np.rint(at + first_s * rate_hz).astype(np.intp)
    mean = body.windows(row, first, max(1, round((last_s - first_s) * rate_hz))).mean(axis=1)
    return np.asarray(-mean / closing.height if placement == "shank" else mean / GRAVITY_MPS2)


class SideWatch:
    """Sees the strides of both legs, in order of their end, and says when it becomes known which leg is which."""

    def __init__(self, sides: tuple[str, ...], placement: Placement, params: SideParams = SideParams()) -> None:
        self._least = params.least_shank if placement == "shank" else params.least_foot
        self._params = params
        self._legs = {SIDES.index(side): Recent(params.strides, 1) for side in SIDES if side in sides}
        self._verdict = 0  # of the last check: +1 as told, -1 swapped

    def update(self, strides: StrideTable) -> list[SideCheck]:
        """Take strides; return the checks whose verdict is new."""
        seen = strides.take(strides["valid"] & np.isfinite(strides["stride_length_m"]))  # no tilt, no forward axis
        if len(seen) == 0:
            return []
        at_s = seen["end_s"]
        evidence = np.zeros(len(seen))
        for k, recent in self._legs.items():
            mine = seen["side"] == k
            recent.add(at_s[mine], seen["side_sign"][mine, None])
            sign = 1.0 if SIDES[k] == "left" else -1.0
            evidence += sign * recent.usual(np.nextafter(at_s, np.inf))[0][:, 0] / len(self._legs)
            recent.forget_before(float(at_s[-1]) - 10.0)
        with np.errstate(invalid="ignore"):
            verdict = np.where(np.abs(evidence) >= self._least, np.sign(evidence), 0).astype(int)
        said = np.flatnonzero(verdict)
        before = np.concatenate([[self._verdict], verdict[said]])
        new = said[np.diff(before) != 0]
        self._verdict = int(before[-1])
        return [self._check(float(at_s[k]), float(evidence[k])) for k in new]

    def _check(self, at_s: float, evidence: float) -> SideCheck:
        margin = abs(evidence) / self._least
        return SideCheck(at_s, "as_told" if evidence > 0 else "swapped", margin, self._params.strides, len(self._legs))
