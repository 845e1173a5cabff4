"""Terrain: strides on stairs, told from level ones by what the shank does, against what was usual lately.

Going up, the knee straightens while the foot is down: the shank leans back where it leans forward on the level, and
swings slowly. Going down, it leans forward all the time, is not pushed forward before it leaves the ground, and swings
long. The path climbs or falls. No single one of these tells (a tilt wrong by 4 degrees makes a level stride of 1.4 m
climb by 10 cm), so each adds to the odds of a stair stride; the odds of two neighbours on either side are smoothed in,
because nobody takes one stair. Weights by logistic regression, leaving one person out: P (docs/methods.md).
"""

from __future__ import annotations

from dataclasses import astuple, dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from surefoot.records import SIDES, Array, Placement
from surefoot.signal.table import WORDS, StrideTable, invalid

SHORTEST_M = 0.25  # below this a slope says nothing
STEEPEST = 1.5
SLOWEST_DPS = 20.0
LOADED, MIDDLE = 2, 26  # pieces of stance after loading, and as far as a lean is averaged (stance.py)


@dataclass(frozen=True, slots=True)
class Gait:
    """What is weighed of a stride, or how much each of it weighs (log-odds per unit)."""

    slope: float = 0.0  # rise over length
    lean_dps: float = 0.0  # forward, in mid-stance
    swing_excess: float = 0.0  # of the mid-swing over the push-off rate, of their sum
    swing_share: float = 0.0  # of the stride time
    pre_swing_mps2: float = 0.0  # forward acceleration before the final contact
    length_m: float = 0.0


@dataclass(frozen=True, slots=True)
class TerrainParams:
    """Odds of a stair stride; all P, fitted on terrain, marpino and movingreality (foot: set on gaitmap)."""

    anybody: Gait = field(default_factory=lambda: Gait(0.0, 43.0, 0.254, 0.39, 3.6, 1.17))
    up: Gait = field(default_factory=lambda: Gait(1.5, -0.052, -11.5, -2.5, -0.47, 0.0))
    down: Gait = field(default_factory=lambda: Gait(-5.0, 0.043, 7.3, 33.0, -0.74, -1.1))
    up_offset: float = -7.0
    down_offset: float = -5.2
    anybody_strides: float = 4.0  # what is usual begins as anybody's, with the weight of so many strides
    usual_strides: float = 60.0  # memory for level strides of the same leg
    level_odds: float = -2.0  # with these odds, for anybody, a stride counts half for what is usual; with more, less
    most_odds: float = 2.0  # one stride has no louder voice
    apart_s: float = 3.0  # neighbours are no farther away, and end no later than this


def terrain_params(placement: Placement) -> TerrainParams:
    """The parameters of a placement: a foot stands still in stance, so its path alone is good enough."""
    if placement == "shank":
        return TerrainParams()
    return TerrainParams(Gait(), Gait(slope=25.0), Gait(slope=-25.0), up_offset=-4.0, down_offset=-3.2)


class Terrain:
    """Weighs strides of both legs as they come, in order of their end; labels them when their neighbours are known."""

    def __init__(self, params: TerrainParams = TerrainParams()) -> None:
        self._params = params
        self._anybody = np.array(astuple(params.anybody))
        self._weights = np.array([astuple(params.up), astuple(params.down)]).T
        self._offsets = np.array([params.up_offset, params.down_offset])
        self._decay = float(np.exp(-1.0 / params.usual_strides))
        self._usual = [np.zeros(1 + len(self._anybody)) for _ in SIDES]  # count and sums of level strides

    def weigh(self, strides: StrideTable) -> None:
        """Fill the odds of these strides; absent where a measure is."""
        for k in range(len(SIDES)):
            mine = strides["side"] == k
            if mine.any():
                odds = self._weighed(self._beyond_usual(strides.take(mine), k))
                for name, column in zip(ODDS, odds.T, strict=True):
                    strides[name][mine] = column

    def label(self, strides: StrideTable, rows: NDArray[np.bool_]) -> None:
        """Set ``context`` of some of these strides, and take those on stairs out of trends."""
        p = self._params
        odds = np.full((len(ODDS), len(strides)), -np.inf)
        for k in range(len(SIDES)):
            mine = np.flatnonzero(strides["side"] == k)
            if len(mine):
                each = np.clip(np.stack([strides[name][mine] for name in ODDS]), -p.most_odds, p.most_odds)
                start, end = strides["start_s"][mine], strides["end_s"][mine]
                odds[:, mine] = _smoothed(np.where(np.isfinite(each), each, -1.0), start, end, p.apart_s)
        up = rows & (odds[0] > 0) & (odds[0] >= odds[1])
        down = rows & (odds[1] > 0) & ~up
        strides["context"] = np.where(up, _UP, np.where(down, _DOWN, strides["context"])).astype(np.int8)
        invalid(strides, up | down, "stairs")

    def _weighed(self, beyond: Array) -> Array:
        """Log-odds (k, 2) of up and down. Added one by one: a product of matrices may round by their shapes."""
        total = np.repeat(self._offsets[None], len(beyond), axis=0)
        for k, weight in enumerate(self._weights):
            total += beyond[:, k, None] * weight
        return total

    def _beyond_usual(self, strides: StrideTable, side: int) -> Array:
        """(k, 6) measures of strides of one leg, less what was usual before each of them."""
        p = self._params
        found = measures(strides)
        above = 0.5 * np.maximum(self._weighed(found - self._anybody).max(axis=1) - p.level_odds, 0.0)
        level = np.where(strides["turning"] | np.isnan(above), 0.0, 1.0 / (1.0 + above**4))
        rows = level[:, None] * np.column_stack([np.ones(len(found)), np.nan_to_num(found)])
        before = self._usual[side][None]
        sums, _ = lfilter([1.0], [1.0, -self._decay], rows, axis=0, zi=self._decay * before)
        self._usual[side] = sums[-1]
        sums = np.concatenate([before, sums[:-1]])
        usual = (sums[:, 1:] + p.anybody_strides * self._anybody) / (sums[:, :1] + p.anybody_strides)
        return np.asarray(found - usual)


def measures(strides: StrideTable) -> Array:
    """(k, 6), in the order of ``Gait``; NaN where absent."""
    length = strides["stride_length_m"]
    inside = strides.leans[LOADED:MIDDLE]
    pieces = np.clip(strides["lean_middle"] - LOADED, 1.0, MIDDLE - LOADED)
    summed = np.cumsum(np.where(np.arange(len(inside))[:, None] < pieces, inside, 0.0), axis=0)[-1]
    lean = summed / pieces  # a plain sum adds the pieces of a single stride in another order than those of several
    swing, push = (np.maximum(strides[name], SLOWEST_DPS) for name in ("mid_swing_rate_dps", "push_off_rate_dps"))
    slope = np.clip(strides["rise_m"] / np.maximum(length, SHORTEST_M), -STEEPEST, STEEPEST)
    share = strides["swing_s"] / strides["stride_time_s"]
    return np.column_stack([slope, lean, (swing - push) / (swing + push), share, strides["pre_swing_mps2"], length])


def _smoothed(odds: Array, start: Array, end: Array, apart_s: float) -> Array:
    """Weighted means of odds (2, k) over two strides of the same leg on either side, where these are near."""
    total, weight = 3.0 * odds, np.full(odds.shape[1], 3.0)
    for away, share in ((1, 2.0), (2, 1.0)):
        if odds.shape[1] > away:
            near = np.where(start[away:] - end[:-away] <= apart_s, share, 0.0)
            total[:, away:] += near * odds[:, :-away]
            weight[away:] += near
            soon = np.where(end[away:] - end[:-away] <= apart_s, share, 0.0)
            total[:, :-away] += soon * odds[:, away:]
            weight[:-away] += soon
    return np.asarray(total / weight)


ODDS = ("up_odds", "down_odds")
_UP, _DOWN = (WORDS["context"].index(word) for word in ("stairs_up", "stairs_down"))
