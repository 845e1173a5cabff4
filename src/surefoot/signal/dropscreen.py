"""The foot-drop screen: what can be said of a foot before there is a baseline, from its own walks and the other leg.

With sensors on the feet the sole itself is seen: flat or toe-first at contact in the middle of two bouts (facts/
clinical.md 3.5, P). With sensors on the shanks the other leg is the only yardstick: a heel strike that is lost on one
side alone, or much softer together with a second sign. The words are "pattern compatible with foot drop", and a
clinician must look: nerve root, peroneal nerve, stroke and a brace look alike, and both feet at once look like neither.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from surefoot.records import SIDES, Array, Side
from surefoot.signal.dropscore import SIGNS, DropScoreParams, columns, point_size, scaled, score
from surefoot.signal.table import StrideTable

PATTERN = "pattern compatible with foot drop; a clinician must confirm it"
ONE_LEG = "one leg has no sensor: there is nothing to compare with"


@dataclass(frozen=True, slots=True)
class DropScreenParams:
    """Limits of the screen; points as in the score (P)."""

    least_bouts: int = 2  # 3.5
    least_share: float = 0.3  # of the bouts looked at: over a whole day two of forty are chance
    least_strides: int = 8  # 3.5, of each leg
    flat_contact_deg: float = 5.0  # 3.5
    level_m: float = 0.08  # 1.4: on steps every foot lands flat; seen by sensors on the feet only
    lost_share: float = 0.3  # strides without a heel strike
    other_share: float = 0.1  # and of the other leg at most: who has none on either side shuffles
    soft_points: float = 2.0  # heel softer than the other leg's
    second_points: float = 2.0  # slap, or the leg's way, beyond the other leg's
    least_lead: float = 0.75  # points by which one leg must lead before a side is named


@dataclass(frozen=True, slots=True)
class DropScreen:
    """What the screen says of one leg: ``pattern`` None where it cannot say, and why."""

    side: Side
    pattern: bool | None
    bouts: int  # in which the pattern was seen
    of: int  # bouts long enough to look at
    words: str


@dataclass(frozen=True, slots=True)
class WeakerSide:
    """The side whose foot is lifted worse, told from the two legs alone; None where they are alike or not known."""

    side: Side | None
    lead: float | None  # points by which the left leg is worse, in the middle; negative: the right one
    reason: str = ""


def screen(bouts: Sequence[StrideTable], params: DropScreenParams = DropScreenParams()) -> list[DropScreen]:
    """Look at the strides of each bout; one verdict per side that was worn."""
    walked = StrideTable.joined(bouts[0].placement, bouts) if bouts else None
    sides = [side for side in SIDES if walked is not None and len(walked.of_side(side))]
    return [_verdict(side, [_seen(bout, side, params) for bout in bouts], params) for side in sides]


def weaker_side(bouts: Sequence[StrideTable], params: DropScreenParams = DropScreenParams()) -> WeakerSide:
    """Which leg lands softer, slaps, or is lifted, tilted or swung out more, all together, in the middle of the bouts.

    One bout may hide it: who watches his foot can lift it.
    """
    alike = DropScoreParams(landing_weight=1.0)  # between healthy legs landings differ as much as ways do
    leads = []
    for points in (against(bout, "left", params) for bout in bouts):
        if points is not None:
            left, right = (float(score({n: s * x for n, x in points.items()}, alike)[0]) for s in (1, -1))
            leads.append(0.5 * (left - right))
    if not leads:
        return WeakerSide(None, None, f"fewer than {params.least_strides} valid strides of each leg")
    lead = float(np.median(leads))
    if abs(lead) < params.least_lead:
        return WeakerSide(None, lead, "the legs are too much alike")
    return WeakerSide("left" if lead > 0 else "right", lead)


def against(strides: StrideTable, side: Side, params: DropScreenParams = DropScreenParams()) -> dict[str, Array] | None:
    """Points (one value each) by which this leg is worse than the other; None where one has too few strides."""
    other: Side = "right" if side == "left" else "left"
    mine, its = (columns(strides.of_side(s)) for s in (side, other))
    if min(len(x["speed_mps"]) for x in (mine, its)) < params.least_strides:
        return None
    size, most = point_size(DropScoreParams()), DropScoreParams().most_points
    away = {n: (_middle(n, mine) - _middle(n, its)) / size[n] for n in SIGNS[strides.placement]}
    return {n: np.array([np.clip(x, -most, most)]) for n, x in away.items() if np.isfinite(x)}


def _middle(name: str, seen: Mapping[str, Array]) -> float:
    values = scaled(name, seen[name])
    return float(np.nanmedian(values)) if np.isfinite(values).any() else np.nan


def _verdict(side: Side, seen: Sequence[bool | str], p: DropScreenParams) -> DropScreen:
    looked = [x for x in seen if not isinstance(x, str)]
    found = sum(looked)
    if found >= max(p.least_bouts, p.least_share * len(looked)):
        return DropScreen(side, True, found, len(looked), PATTERN)
    if len(looked) < p.least_bouts:
        reason = ONE_LEG if ONE_LEG in seen else f"{len(looked)} bouts long enough, {p.least_bouts} are needed"
        return DropScreen(side, None, found, len(looked), reason)
    return DropScreen(side, False, found, len(looked), "no such pattern; this does not rule weakness out")


def _seen(bout: StrideTable, side: Side, p: DropScreenParams) -> bool | str:
    """Whether this bout shows the pattern on this side, or why nothing can be said."""
    mine, its = (x.take(x["valid"]) for x in (bout.of_side(s) for s in (side, "right" if side == "left" else "left")))
    if len(mine) < p.least_strides:
        return f"fewer than {p.least_strides} strides"
    if bout.placement == "foot":
        pitch = mine["foot_pitch_at_contact_deg"][np.abs(mine["rise_m"]) < p.level_m]
        if len(pitch) < p.least_strides:
            return f"fewer than {p.least_strides} strides on level ground"
        return bool(np.median(pitch) < p.flat_contact_deg)
    if len(its) < p.least_strides:
        return ONE_LEG if len(its) == 0 else f"fewer than {p.least_strides} strides"
    lost, of_other = (float(x["no_heel_strike"].mean()) for x in (mine, its))
    if lost >= p.lost_share:
        return of_other <= p.other_share
    return _soft_and_more(against(bout, side, p) or {}, p)


def _soft_and_more(points: Mapping[str, Array], p: DropScreenParams) -> bool:
    """A heel much softer than the other leg's, and a slap or the leg's way says the same."""
    way = ("swing_height_m", "shank_tilt_max_deg", "lateral_excursion_m")
    second = max(sum(float(points[n][0]) for n in way if n in points), float(points.get("slap_index", np.zeros(1))[0]))
    soft = float(points.get("heel_strike_mps3", np.zeros(1))[0])
    return soft >= p.soft_points and second >= p.second_points
