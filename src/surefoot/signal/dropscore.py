"""The foot-drop score: how far a leg's landing and swing have gone from its own past, in one number that only rises.

Single signs mislead: the slap of the forefoot comes with weakness and goes again when the heel strike is lost
(facts/clinical.md 3.1), and who swings the leg round does not lift it. So signs are gathered in groups, each in points,
one point being the least change worth telling (section 10, P):

* landing (shank): the heel's shock grows softer; a slap counts instead as long as it says more, one point at most.
* way (both): lift, forward tilt and outward swing of the leg, added, because one replaces another.
* contact (foot): the pitch of the sole at contact; flat (foot): how soon the foot is flat.

The score is the mean of the groups, landing counted twice: 0 as in the baseline, 1 where they have changed by as much
as counts. All is adjusted for speed. P throughout: no such score is published. Left out, though they change in the
pretend world: pitch in mid-swing and the strike of a foot sensor, which did not tell the weak foot of real people.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from surefoot.records import Array, Bout, Placement
from surefoot.signal.adjustment import AdjustmentParams, SpeedLine, speed_line
from surefoot.signal.bouts import by_bout
from surefoot.signal.table import StrideTable

SIGNS: dict[Placement, tuple[str, ...]] = {
    "shank": ("heel_strike_mps3", "slap_index", "swing_height_m", "shank_tilt_max_deg", "lateral_excursion_m"),
    "foot": ("foot_pitch_at_contact_deg", "foot_flat_s", "swing_height_m", "lateral_excursion_m"),
}


@dataclass(frozen=True, slots=True)
class DropScoreParams:
    """What one point is, per sign: the least change worth telling (facts/clinical.md 10; P)."""

    softer_pct: float = 30.0  # of the heel's jerk; each further point as much of what is left
    slap: float = 0.4  # of the index, a logarithm
    higher_m: float = 0.015
    tilted_deg: float = 5.0
    outward_m: float = 0.02
    pitch_deg: float = 5.0
    flat_s: float = 0.02  # foot flat so much sooner: a slap halves the usual 70-100 ms (FD3)
    most_slap: float = 1.0  # point: shoes and floors change it, and the heel has lost more when the slap is gone
    most_flat: float = 2.0  # points: below some 40 ms a foot lands flat, and how much sooner says little
    most_points: float = 8.0  # of any other sign: none decides alone
    landing_weight: float = 2.0  # against 1 of any other group: how a leg is carried wanders more from day to day
    least_strides: int = 8  # 3.5
    adjustment: AdjustmentParams = field(default_factory=AdjustmentParams)


@dataclass(frozen=True, slots=True)
class Usual:
    """How this leg usually does, sign by sign, over its own speeds; ``missing`` signs were not known often enough."""

    placement: Placement
    lines: tuple[tuple[str, SpeedLine], ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DropScore:
    """The score of a bout or day; None where it cannot be said, and why. ``signs``: points of each sign known."""

    value: float | None
    strides: int
    signs: tuple[tuple[str, float], ...] = ()
    reason: str = ""


Columns = Mapping[str, Array]  # SIGNS and speed_mps, one value per stride, or one per day


def columns(strides: StrideTable) -> dict[str, Array]:
    """What the score looks at, of the valid strides of one leg."""
    valid = strides["valid"]
    return {name: strides[name][valid] for name in (*SIGNS[strides.placement], "speed_mps")}


def learn(baseline: Columns, placement: Placement, params: DropScoreParams = DropScoreParams()) -> Usual | None:
    """How a leg usually does, from strides (or medians of days) of its baseline; None where no sign is known."""
    lines: dict[str, SpeedLine | None] = {
        name: speed_line(baseline["speed_mps"], scaled(name, baseline[name]), params.adjustment)
        for name in SIGNS[placement]
    }
    known = tuple((name, line) for name, line in lines.items() if line is not None)
    return Usual(placement, known, tuple(n for n, line in lines.items() if line is None)) if known else None


def points(seen: Columns, usual: Usual, params: DropScoreParams = DropScoreParams()) -> dict[str, Array]:
    """Each sign's departure from usual in points, weakness positive; NaN where it is not known."""
    unit = point_size(params)
    found: dict[str, Array] = {}
    for name, line in usual.lines:
        away = (scaled(name, seen[name]) - line.usual(seen["speed_mps"])) / unit[name]
        found[name] = np.clip(away, -params.most_points, params.most_points)
    return found


def score(found: Mapping[str, Array], params: DropScoreParams = DropScoreParams()) -> Array:
    """One number per stride (bout, day) from the points of its signs: the mean, by weight, of the groups known."""
    groups: list[tuple[Array, float]] = []
    heel, slap = found.get("heel_strike_mps3"), found.get("slap_index")
    landing = [x for x in (heel, None if slap is None else np.minimum(slap, params.most_slap)) if x is not None]
    if landing:
        groups.append((np.fmax.reduce(landing), params.landing_weight))
    way = [found[name] for name in ("swing_height_m", "shank_tilt_max_deg", "lateral_excursion_m") if name in found]
    if way:
        groups.append((np.where(np.isfinite(way).any(axis=0), np.nansum(way, axis=0), np.nan), 1.0))
    if "foot_pitch_at_contact_deg" in found:
        groups.append((found["foot_pitch_at_contact_deg"], 1.0))
    if "foot_flat_s" in found:
        groups.append((np.minimum(found["foot_flat_s"], params.most_flat), 1.0))
    values = np.stack([group for group, _ in groups])
    weights = np.isfinite(values) * np.array([[weight] for _, weight in groups])
    total = weights.sum(axis=0)
    summed = (np.where(weights > 0, values, 0.0) * weights).sum(axis=0)
    return np.asarray(np.divide(summed, total, out=np.full(len(total), np.nan), where=total > 0))


def score_of(strides: StrideTable, usual: Usual, params: DropScoreParams = DropScoreParams()) -> DropScore:
    """The score of all these strides of one leg together, a bout or a day: of the middle of each sign."""
    seen = columns(strides)
    count = len(seen["speed_mps"])
    if count < params.least_strides:
        return DropScore(None, count, reason=f"{count} valid strides, at least {params.least_strides} are needed")
    found = points(seen, usual, params)
    middle = {name: np.array([np.nanmedian(x)]) for name, x in found.items() if np.isfinite(x).sum() * 2 >= count}
    if not middle:
        return DropScore(None, count, reason="no sign of foot drop is known of half of the strides")
    signs = tuple((name, float(x[0])) for name, x in middle.items())
    return DropScore(float(score(middle, params)[0]), count, signs)


def scores_of(
    bouts: Sequence[Bout], strides: StrideTable, usual: Usual, params: DropScoreParams = DropScoreParams()
) -> list[DropScore]:
    """The score of each bout, of the strides of one leg that lie in it."""
    return [score_of(mine, usual, params) for mine in by_bout(strides, bouts)]


def point_size(p: DropScoreParams) -> dict[str, float]:
    """Size and direction of a point."""
    return {
        "heel_strike_mps3": float(np.log(1 - p.softer_pct / 100)),
        "slap_index": p.slap,
        "swing_height_m": p.higher_m,
        "shank_tilt_max_deg": p.tilted_deg,
        "lateral_excursion_m": p.outward_m,
        "foot_pitch_at_contact_deg": -p.pitch_deg,
        "foot_flat_s": -p.flat_s,
    }


def scaled(name: str, values: Array) -> Array:
    """A strike a third as hard is as much softer whether it was strong or weak: its logarithm is compared."""
    if name != "heel_strike_mps3":
        return values
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(values > 0, np.log(values), np.nan))
