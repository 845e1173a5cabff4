"""Stumbles: a swing that is stopped short by something the toe met, with a knock, and then goes on or ends.

After the trips of the Stumblemeter (den Hartog 2021, R: one shank sensor; a gate on the impact, then the shape). A
swing has one hump; a caught toe makes it two, and shakes the shank in the dip between them. Both are measured per
stride: how deep the dip is against the swing's own peak, and how hard the knock is against the swing's own jerk (P;
simulated stumbles, real walking for not inventing any). An obstacle stepped over dips without a knock.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from surefoot.records import SIDES, Array, Incident
from surefoot.signal.contacts import JERK, RATE, Index
from surefoot.signal.ring import Ring
from surefoot.signal.table import StrideTable

AFTER_LIFT_S, BEFORE_LANDING_S = 0.04, 0.10  # the swing without the shaking at its ends
KNOCK_S = 0.06  # on both sides of the dip
DEEP_DPS = 30.0  # dips less deep are not looked at
OUTSIDE_DPS = -1e4


@dataclass(frozen=True, slots=True)
class StumbleParams:
    """Limits of a stumble; all P."""

    least_dip_dps: float = 60.0
    least_dip_share: float = 0.35  # of the swing's peak; swings of walking dip by up to 0.3
    least_knock: float = 8.0  # jerk in the dip, in units of the swing's own; walking dips with up to 5
    sure_dip_share: float = 0.4
    sure_knock: float = 10.0


@dataclass(frozen=True, slots=True, eq=False)
class Dips:
    """The deepest dip of each swing (k,): ``at`` sample, ``depth_dps``, ``peak_dps`` of the swing, ``knock``."""

    at: Array
    depth_dps: Array
    peak_dps: Array
    knock: Array

    @staticmethod
    def of(body: Ring, final: Array, end: Array, rate_hz: float) -> Dips:
        first = np.rint(final + AFTER_LIFT_S * rate_hz).astype(np.intp)
        count = np.maximum(np.rint(end - BEFORE_LANDING_S * rate_hz).astype(np.intp) - first, 1)
        length = int(min(count.max(), 3.0 * rate_hz))
        inside = np.arange(length) < count[:, None]
        swing = np.where(inside, body.windows(RATE, first, length), OUTSIDE_DPS)
        before = np.maximum.accumulate(swing, axis=1)
        behind = np.maximum.accumulate(swing[:, ::-1], axis=1)[:, ::-1]
        depth = np.where(inside, np.minimum(before, behind) - swing, 0.0)
        at = depth.argmax(axis=1)
        deepest = np.take_along_axis(depth, at[:, None], axis=1)[:, 0]
        knock = np.zeros(len(first))
        deep = np.flatnonzero(deepest >= DEEP_DPS)
        if len(deep):  # a few swings in a thousand
            knock[deep] = _knock(body, first[deep], count[deep], first[deep] + at[deep], rate_hz)
        return Dips((first + at).astype(np.float64), deepest, np.maximum(before[:, -1], 1.0), knock)


def _knock(body: Ring, first: Index, count: Index, at: Index, rate_hz: float) -> Array:
    """The greatest jerk near a dip in units of the swing's median one."""
    near = round(KNOCK_S * rate_hz)
    greatest = body.windows(JERK, at - near, 2 * near + 1).max(axis=1)
    pieces = zip(body.windows(JERK, first, int(count.max())), count, strict=True)
    usual = np.array([np.median(jerk[:n]) for jerk, n in pieces])
    return np.asarray(greatest / np.maximum(usual, 1e-9))


def stumbles(strides: StrideTable, params: StumbleParams = StumbleParams()) -> list[Incident]:
    """The stumbles in these strides, in their order; turns and stairs count too, for there people stumble."""
    p = params
    share = strides["swing_dip_dps"] / np.maximum(strides["swing_peak_dps"], 1.0)
    knock = strides["swing_knock"]
    with np.errstate(invalid="ignore"):
        caught = (strides["swing_dip_dps"] >= p.least_dip_dps) & (share >= p.least_dip_share) & (knock >= p.least_knock)
    found = []
    for row in np.flatnonzero(caught).tolist():
        at_s = float(strides["swing_dip_s"][row])
        sure = share[row] >= p.sure_dip_share and knock[row] >= p.sure_knock
        certainty: Literal["possible", "probable"] = "probable" if sure else "possible"
        evidence = (
            ("swing_dip_dps", float(strides["swing_dip_dps"][row])),
            ("swing_peak_dps", float(strides["swing_peak_dps"][row])),
            ("knock", float(knock[row])),
            ("stride_time_s", float(strides["stride_time_s"][row])),
        )
        found.append(Incident("stumble", SIDES[strides["side"][row]], at_s, at_s + 0.5, certainty, evidence))
    return found
