"""Ten metres on the heels: does a foot sensor stay toes-up while its foot carries the body?

Contacts are not needed, and those of walking on the soles do not fit: half-way between two swings a foot stands, and
there its pitch is held against the flat foot at rest before the walk.
Which way is up: known from walking before, else from the test itself, which begins by lifting the toes.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.signal import find_peaks

from surefoot.records import Array, Side
from surefoot.signal.guided.performance import Found, NotUsable, Performance
from surefoot.signal.guided.readings import Readings

ASK = "Stand still for two seconds, lift your toes, walk {distance:.0f} m on your heels, and stand still"


@dataclass(frozen=True, slots=True)
class HeelWalkParams:
    """Limits of a heel walk (P unless said)."""

    toes_up_deg: float = 10.0  # 5.3
    swing_hz: float = 2.5  # kernel that makes one hump of a swing
    swing_share: float = 0.35  # of the usual swing: a lower hump is none
    shortest_s: float = 0.6  # from swing to swing
    stance_from: float = 0.35  # the middle of stance, between two mid-swings
    stance_to: float = 0.65
    least_strides: int = 4
    longest_break_s: float = 3.0  # Mobilise-D's (E1)
    lifted_deg: float = 4.0  # toes lifted so far before the first step tell which way is up
    flat_deg: float = 8.0  # standing before and behind differ by no more
    at_end_s: float = 0.5


def heel_walk(done: Performance, params: HeelWalkParams = HeelWalkParams()) -> Found:
    """Share of stances with the toes above 10 deg, of the leg the test is of; of both in the details."""
    ask = ASK.format(distance=done.distance_m)
    if done.placement != "foot":
        raise NotUsable("This test needs a foot sensor: the shank cannot see whether the toes stay up.")
    swings = {side: _swings(leg, params) for side, leg in done.legs.items()}
    if min(map(len, swings.values())) <= params.least_strides:
        raise NotUsable(f"Too few strides were seen. {ask}.")
    _check_way(done, swings, ask, params)
    pitch_deg = {side: _stances(done, side, at, ask, params) for side, at in swings.items()}
    side = done.main.side
    first = min(int(at[0]) for at in swings.values())
    last = max(int(at[-1]) for at in swings.values())
    start = min(leg.onset(first) for leg in done.legs.values())
    end = max(leg.settled(last) for leg in done.legs.values())
    share = {s: 100 * float((p > params.toes_up_deg).mean()) for s, p in pitch_deg.items()}
    details = {f"{s}_kept_pct": value for s, value in share.items()}
    details |= {f"{s}_pitch_deg": float(np.median(p)) for s, p in pitch_deg.items()}
    details |= {"seconds": (end - start) / done.rate_hz, "strides": float(len(pitch_deg[side]))}
    return Found(start / done.rate_hz, end / done.rate_hz, share[side], 1.0, details)


def _swings(leg: Readings, params: HeelWalkParams) -> NDArray[np.intp]:
    humps = leg.smooth(np.linalg.norm(leg.gyr, axis=1), params.swing_hz)
    least = params.swing_share * float(np.percentile(humps, 95))
    swings, _ = find_peaks(humps, height=least, prominence=least, distance=round(params.shortest_s * leg.rate_hz))
    if len(swings) > 2:  # lifting the toes before and letting them down behind are humps, but a rest parts them
        swings = swings[int(_rests(leg, *swings[:2])) : len(swings) - int(_rests(leg, *swings[-2:]))]
    return np.asarray(swings)


def _rests(leg: Readings, a: int, b: int) -> bool:
    return bool((leg.activity[a:b] < leg.active_dps).any())


def _lifted(leg: Readings, pitch: Array, swing: int) -> float:
    """Pitch where the foot was quietest between its first move and its first swing, toes lifted, deg."""
    moved = round(leg.rested_s * leg.rate_hz)
    top = moved + int(np.argmax(np.abs(pitch[moved : swing + 1])))
    return float(pitch[top])


def _check_way(done: Performance, swings: dict[Side, NDArray[np.intp]], ask: str, params: HeelWalkParams) -> None:
    every = np.sort(np.concatenate(list(swings.values()))) / done.rate_hz
    breaks = np.diff(every)
    if breaks.max() > params.longest_break_s:
        raise NotUsable(f"There was a stop of {breaks.max():.0f} s on the way. {ask} without stopping.")
    ended = max(leg.settled(int(at[-1])) for leg, at in zip(done.legs.values(), swings.values(), strict=True))
    if ended / done.rate_hz > done.seconds - params.at_end_s:
        raise NotUsable(f"The recording stopped before the test did. {ask}, then tap stop.")


def _stances(done: Performance, side: Side, swings: NDArray[np.intp], ask: str, params: HeelWalkParams) -> Array:
    """Toes-up pitch in each stance between two swings, deg."""
    leg, frame = done.legs[side], done.frames.get(side)
    pitch = -leg.lean_deg(frame)
    if frame is None:
        before = _lifted(leg, pitch, int(swings[0]))
        if abs(before) < params.lifted_deg:
            raise NotUsable(
                f"Before the first step the toes of the {side} foot were not lifted, or hardly. {ask}. If they cannot "
                "be lifted, tell your care team."
            )
        pitch = pitch * np.sign(before)
    if abs(float(np.median(pitch[-round(params.at_end_s * leg.rate_hz) :]))) > params.flat_deg:
        raise NotUsable(f"The {side} foot did not stand the same way before and behind the walk. {ask}, soles flat.")
    spans = [
        (a + round(params.stance_from * (b - a)), a + round(params.stance_to * (b - a))) for a, b in pairwise(swings)
    ]
    return np.array([float(np.median(pitch[a : b + 1])) for a, b in spans])
