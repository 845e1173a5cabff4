"""Giving way in walking: a knee that buckles under load, seen at the shank as a sudden forward lean that comes back.

After facts/clinical.md 4.3 and 4.4 (P throughout: no public recording of a buckle at the ankle exists; tested on
simulation for finding it and on real walking for not inventing it). The lean of a stance is held, piece by piece,
against what this leg did at the same time after its last ten landings. What is within their spread does not count, nor
what a landing some hundredths earlier or later would explain, or a tenth where the strides around it say the same;
what is left must turn forward fast, turn back, and upset the timing of this leg or the other. Without a thigh sensor a
lurch of the trunk can look the same: "giving-way-like". Buckles in quiet standing are looked for in ``standing.py``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from surefoot.records import SIDES, Array, Incident, Side
from surefoot.signal.recent import Recent
from surefoot.signal.stance import FROM_S, PIECE_S, PIECES
from surefoot.signal.table import StrideTable

WIDTHS = (3, 4, 6, 10)  # pieces: 60 to 200 ms, what the pulses of 4.3 take
SHIFTS = (0, -2, -1, 1, 2, 3)  # pieces by which the landing may be told wrong (P)
MEASURES = 4  # in front of the leans: stride time, other foot's contact, pieces of mid-stance, no heel strike


@dataclass(frozen=True, slots=True)
class GivingWayParams:
    """Trigger and score (facts/clinical.md 4.4; all P)."""

    usual_strides: int = 10
    usual_within_s: float = 10800.0  # since the sensor was put on, and no longer ago: other shoes walk otherwise
    spread_rank: int = 8  # of the ten deviations from their median, in order: two odd strides do not widen the spread
    from_s: float = 0.15  # after the landing: the loading response is over (4.4: 0.10)
    least_beyond_deg: float = 2.2  # forward turn beyond the spread of the usual, if timing is upset too
    clear_beyond_deg: float = 6.0  # and without: timing not upset, or not known because the other leg is not worn
    back_share: float = 0.25  # of it that must turn back within back_s; the rest may run into push-off or a rescue step
    back_s: float = 0.4
    rescue_share: float = 0.78  # of its usual delay, the other foot is down: a rescue step; the lean need not come back
    most_unstruck: float = 0.3  # of the ten strides: with more landings without a strike, timing says nothing
    most_alone: float = 0.3  # of the ten strides: with more without the other foot, its usual time is not known, ...
    most_loose_s: float = 0.15  # ... nor where it lands so far from it: that sensor was just put on another way round
    upset_s: float = 0.05  # stride longer, or other foot later, or sooner, by so much: a rescue hurries the other foot
    most_shorter_s: float = 0.2  # a stride that differs more is another movement: hop, halt, obstacle
    most_longer_s: float = 0.4
    following_strides: float = 1.6  # two strides before this one must lie so close, in stride times: no first strides
    strong_beyond_deg: float = 3.5
    strong_tilt_deg: float = 10.0
    strong_dps: float = 100.0
    off_s: float = 0.10
    probable: int = 3  # points of five: see ``_points``


class GivingWay:
    """Looks through strides of both legs, in order of their end, for a lean out of the ordinary."""

    def __init__(self, params: GivingWayParams = GivingWayParams()) -> None:
        self._params = params
        self._usual = [Recent(params.usual_strides, MEASURES + PIECES, params.usual_within_s) for _ in SIDES]

    def put_on(self, side: Side, time_s: float) -> None:
        """The sensor of a leg was put on anew at this time."""
        self._usual[SIDES.index(side)].put_on(time_s)

    def find(self, strides: StrideTable) -> list[Incident]:
        """The incidents in these strides, in time order; their snippets are still to be cut."""
        found: list[Incident] = []
        for k in range(len(SIDES)):
            mine = strides.take(strides["side"] == k)
            if len(mine):
                found += self._of_leg(k, mine)
        return sorted(found, key=lambda incident: (incident.start_s, incident.side or ""))

    def _of_leg(self, k: int, mine: StrideTable) -> list[Incident]:
        usual, p = self._usual[k], self._params
        level = ~mine["turning"] & (mine["context"] == 0)
        other_s = np.where(
            np.isfinite(mine["other_contact_s"]), mine["other_contact_s"], mine["stride_time_s"]
        )  # alone
        measures = np.concatenate(
            [[mine["stride_time_s"], other_s, mine["lean_middle"], mine["no_heel_strike"]], mine.leans]
        )
        usual.add(mine["end_s"][level], measures[:, level].T)
        found = []
        rows = np.flatnonzero(level & self._sudden(usual, mine))
        if len(rows):
            seen, times_s = usual.seen(mine["end_s"][rows])
            centre = np.median(seen, axis=2)
            spread = np.sort(np.abs(seen - centre[:, :, None]), axis=2)[:, :, p.spread_rank - 1]
            alone = (seen[1] == seen[0]).mean(axis=1) > p.most_alone
            centre[1] = np.where(alone | (spread[1] > p.most_loose_s), np.nan, centre[1])
            near = times_s[:, -2] >= mine["start_s"][rows] - p.following_strides * centre[0]
            part = mine.take(rows)
            rescued = part["other_contact_s"] < p.rescue_share * centre[1]
            rescued &= seen[0, :, -1] < centre[0] + p.upset_s  # else the contact between the two strides is told late
            timed = seen[3].mean(axis=1) <= p.most_unstruck  # a foot that does not strike is not told to 50 ms
            early_s = _told_early(part, seen[:2, :, -1], centre, p)
            pulses = _pulses(part, rescued & timed, centre, spread, early_s, p)
            for j in np.flatnonzero(near & (pulses.beyond_deg >= p.least_beyond_deg)).tolist():
                usual_s = [*centre[:2, j].tolist(), float(early_s[j])]
                incident = self._judge(SIDES[k], mine, int(rows[j]), pulses, j, usual_s, bool(timed[j]))
                found += [incident] if incident else []
        usual.forget_before(float(mine["end_s"].min()) - 10.0)
        return found

    def _sudden(self, usual: Recent, mine: StrideTable) -> NDArray[np.bool_]:
        """Strides with ten before them that lean more than the last two did: few, and only these are looked at."""
        p = self._params
        end_s = mine["end_s"]
        sudden = usual.enough(end_s)
        lately = usual.seen(end_s[sudden], 2, slice(MEASURES, None))[0].max(axis=2)
        inside = np.arange(PIECES)[:, None] < mine["lean_middle"][sudden]
        more = np.where(inside, np.maximum(mine.leans[:, sudden] - lately, 0.0), 0.0)[_first_piece(p) :]
        turned = PIECE_S * np.cumsum(more, axis=0)
        rise = turned[WIDTHS[-1] :] - turned[: -WIDTHS[-1]]
        sudden[sudden] = np.maximum(rise.max(axis=0), turned[WIDTHS[-1] - 1]) >= p.least_beyond_deg
        return sudden

    def _judge(
        self,
        side: Side,
        mine: StrideTable,
        row: int,
        pulses: _Pulses,
        j: int,
        usual_s: list[float],
        timed: bool,
    ) -> Incident | None:
        p = self._params
        longer_s = float(mine["stride_time_s"][row]) - usual_s[0] - usual_s[2]
        later_s = float(mine["other_contact_s"][row]) - usual_s[1] - usual_s[2]  # NaN where the other leg is not worn
        beyond_deg = float(pulses.beyond_deg[j])
        upset = timed and later_s == later_s and max(longer_s, abs(later_s)) >= p.upset_s
        if not -p.most_shorter_s <= longer_s <= p.most_longer_s or not (upset or beyond_deg >= p.clear_beyond_deg):
            return None
        points = _points(pulses, j, longer_s, later_s, p)
        evidence = [
            ("lean_rate_dps", float(pulses.rate_dps[j])),
            ("beyond_usual_dps", float(pulses.excess_dps[j])),
            ("added_tilt_deg", float(pulses.turned_deg[j])),
            ("returned_tilt_deg", float(pulses.back_deg[j])),
            ("beyond_spread_deg", beyond_deg),
            ("stride_time_s", float(mine["stride_time_s"][row])),
            ("usual_stride_time_s", usual_s[0]),
        ]
        if later_s == later_s:
            evidence.append(("other_contact_s", float(mine["other_contact_s"][row])))
            evidence.append(("usual_other_contact_s", usual_s[1]))
        at_s = float(mine["landed_s"][row]) + FROM_S + PIECE_S * int(pulses.first[j])
        certainty: Literal["possible", "probable"] = "probable" if points >= p.probable else "possible"
        return Incident("giving_way", side, at_s, at_s + 0.5, certainty, (*evidence, ("score", float(points))))


@dataclass(frozen=True, slots=True, eq=False)
class _Pulses:
    """Per stride, the lean that stands out most: beyond the spread (what counts), and plainly against the median."""

    beyond_deg: Array
    first: NDArray[np.intp]  # piece
    turned_deg: Array
    back_deg: Array
    excess_dps: Array
    rate_dps: Array


def _points(pulses: _Pulses, j: int, longer_s: float, later_s: float, p: GivingWayParams) -> int:
    """One point each: far beyond the spread; far; fast; this leg late; the other one late, or early to the rescue."""
    far = pulses.beyond_deg[j] >= p.strong_beyond_deg, pulses.turned_deg[j] >= p.strong_tilt_deg
    return sum((*far, pulses.excess_dps[j] >= p.strong_dps, longer_s >= p.off_s, abs(later_s) >= p.off_s))


def _told_early(part: StrideTable, before_s: Array, centre: Array, p: GivingWayParams) -> Array:
    """How much too early each landing was told, as far as time itself says so; less than ``upset_s`` is none.

    The stride before and its last step are then shorter by as much as this stride is longer, and the other foot comes
    down later by as much. A knee that gives way shortens nothing that was before. ``before_s``: stride time and other
    foot's contact of that stride.
    """
    longer_s, later_s = part["stride_time_s"] - centre[0], part["other_contact_s"] - centre[1]
    shorter_s, step_s = centre[0] - before_s[0], centre[0] - centre[1] - (before_s[0] - before_s[1])
    alone = later_s != later_s
    early_s = np.min(
        [longer_s, shorter_s, np.where(alone, longer_s, later_s), np.where(alone, shorter_s, step_s)], axis=0
    )
    return np.where(early_s >= p.upset_s, early_s, 0.0)


def _first_piece(p: GivingWayParams) -> int:
    return int(np.ceil((p.from_s - FROM_S) / PIECE_S))


def _pulses(
    strides: StrideTable, rescued: NDArray[np.bool_], centre: Array, spread: Array, early_s: Array, p: GivingWayParams
) -> _Pulses:
    """Of k strides: the pulse with the most turn, where the landing is shifted to make it least."""
    k, lean, middle, whole = len(strides), strides.leans.T, strides["lean_middle"], strides["lean_whole"]
    held = np.minimum(np.arange(PIECES), np.maximum(centre[2] - 1, 0)[:, None]).astype(np.intp)  # before push-off
    usual, wide = (np.take_along_axis(x[MEASURES:].T, held, axis=1) for x in (centre, spread))
    best, first, width = np.full(k, np.inf), np.zeros(k, np.intp), np.full(k, WIDTHS[0])
    early = np.rint(early_s / PIECE_S).astype(np.intp)
    for shift in (*(x + 0 * early for x in SHIFTS), *(x + early for x in (0, -1, 1))):
        rows = np.flatnonzero(best >= p.least_beyond_deg)  # of the others a shift has explained enough
        if len(rows) == 0:
            break
        shifted = _shifted(usual[rows], shift[rows]), _shifted(wide[rows], shift[rows])
        score, at, of = _best_pulse(lean[rows], *shifted, middle[rows], whole[rows], rescued[rows], p)
        less = score < best[rows]
        best[rows[less]], first[rows[less]], width[rows[less]] = score[less], at[less], of[less]
    piece, after = np.arange(PIECES), (first + width)[:, None]
    inside = (piece >= first[:, None]) & (piece < after)
    excess = lean - usual
    turned = PIECE_S * np.where(inside, excess, 0.0).sum(axis=1)
    behind = (piece >= after) & (piece < np.minimum(whole[:, None], after + p.back_s / PIECE_S))
    back = -PIECE_S * np.cumsum(np.where(behind, excess, 0.0), axis=1)
    greatest, fastest = (np.where(inside, x, -np.inf).max(axis=1) for x in (excess, lean))
    return _Pulses(best, first, turned, np.maximum(back.max(axis=1), 0.0), greatest, fastest)


def _best_pulse(
    lean: Array,
    usual: Array,
    wide: Array,
    middle: Array,
    whole: Array,
    rescued: NDArray[np.bool_],
    p: GivingWayParams,
) -> tuple[Array, NDArray[np.intp], NDArray[np.intp]]:
    """Greatest turn beyond the spread that comes back, degrees; its first piece; how many pieces it takes."""
    beyond = lean - usual
    beyond = np.sign(beyond) * np.maximum(np.abs(beyond) - wide, 0.0)
    tilt = np.zeros((len(lean), PIECES + 1))
    np.cumsum(PIECE_S * beyond, axis=1, out=tilt[:, 1:])
    edge = np.arange(PIECES + 1)
    low = np.where(edge <= whole[:, None], tilt, np.inf)
    least = low.copy()
    for ahead in range(1, round(p.back_s / PIECE_S) + 1):
        least[:, :-ahead] = np.minimum(least[:, :-ahead], low[:, ahead:])
    scores = []
    for width in WIDTHS:
        turned, back = tilt[:, width:] - tilt[:, :-width], tilt[:, width:] - least[:, width:]
        allowed = (edge[:-width] >= _first_piece(p)) & (edge[width:] <= middle[:, None])
        score = np.zeros_like(tilt)
        caught = np.where(rescued[:, None], turned, np.minimum(turned, back / p.back_share))
        score[:, :-width] = np.where(allowed, caught, 0.0)
        scores.append(score)
    every = np.stack(scores, axis=1).reshape(len(lean), -1)
    at = every.argmax(axis=1)
    widths = np.array(WIDTHS)[at // (PIECES + 1)]
    return np.take_along_axis(every, at[:, None], axis=1)[:, 0], at % (PIECES + 1), widths


def _shifted(x: Array, pieces: NDArray[np.intp]) -> Array:
    """Each row later by so many pieces; the first or last one stays."""
    return np.take_along_axis(x, np.clip(np.arange(PIECES) - pieces[:, None], 0, PIECES - 1), axis=1)
