"""Trials: guided strength tests as a pretend person does them, right or wrong, with every repetition's true time.

Grade P throughout: shapes are smooth movements through a few postures (clinical.md 5.3: shanks 8-20 deg forward in
rising and sitting down, heel raised 5-8 cm). Weak legs: ``quad`` slows rising, ``push`` limits heel rises, ``dorsi``
slows and flattens taps and lets the toes down in heel walking. Rates and accelerations come from one motion.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from surefoot.records import SIDES, Array, Placement, Samples, Side, TestKind
from surefoot.simulation import gait
from surefoot.simulation.gait import Cycle, Leg
from surefoot.simulation.ground import LEVEL, Ground
from surefoot.simulation.performer import Performer, Readings, TrialTruth, joined, pitched, repetition
from surefoot.simulation.person import Walker
from surefoot.simulation.pulses import ease, swaying, there_and_back
from surefoot.simulation.sensor import Sensor, noise_tape, put_on
from surefoot.simulation.strides import Strides, Turn
from surefoot.simulation.walker import plan_walk

BALL_M = 0.14  # from the ankle forward to the ball of the foot, about which the heel rises
KEPT_DEG = 10.0  # a heel-walking stride keeps its toes up above this pitch (clinical.md 5.3)
STILL_S = 2.5  # sat or stood still after the first tap
WRONG: Mapping[TestKind, tuple[str, ...]] = {
    "sit_to_stand_5": ("too_few", "pause", "walking", "swaying", "still", "one_leg", "same_leg", "at_once"),
    "chair_stand_30s": ("too_short", "walking", "swaying", "still", "one_leg", "same_leg", "at_once"),
    "timed_up_and_go": ("no_turn", "no_rise", "unfinished", "rising_only", "still", "at_once"),
    "heel_rise": ("squats", "both_feet", "walking", "swaying", "still", "at_once"),
    "heel_walk": ("too_short", "still", "at_once"),
    "toe_tap": ("too_short", "walking", "still", "at_once"),
    "walk_20m": ("turned", "stopped", "unfinished", "rising_only", "still", "at_once"),
}


def simulate_trial(
    kind: TestKind,
    rng: np.random.Generator,
    *,
    leg: Leg | None = None,
    side: Side = "left",
    wrong: str = "",
    placement: Placement = "shank",
    rate_hz: float = 100.0,
    speed_mps: float = 1.1,
    sensors: Mapping[Side, Sensor] | None = None,
) -> tuple[dict[Side, Samples], TrialTruth]:
    """One test between the two taps, by a person whose ``side`` leg is as weak as ``leg`` and whose other is healthy.

    ``wrong``: a way of doing it wrongly, one of ``WRONG[kind]``; the truth is then of what was done, its value of no
    meaning. Raises ValueError for another word.
    """
    if wrong and wrong not in WRONG[kind]:
        raise ValueError(f"{wrong!r} is no way to do {kind} wrongly; there are {', '.join(WRONG[kind])}")
    person = Performer(kind, side, leg or Leg(), placement, rate_hz, speed_mps, rng)
    ideal, truth = person.still() if wrong == "still" else _HOW.get(wrong, _RIGHT[kind])(person, wrong)
    worn = dict(sensors or {s: put_on(rng, noise_tape(rng)) for s in SIDES})
    if wrong == "one_leg":  # the other sensor lies on the table
        other = SIDES[1 - SIDES.index(side)]
        acc, gyr = ideal[other]
        ideal[other] = np.broadcast_to(acc[:1], acc.shape), np.zeros_like(gyr)
    if wrong == "same_leg":
        ideal = dict.fromkeys(SIDES, ideal[side])
    first = 0
    if wrong == "at_once":  # the tap came too late
        first = round(
            (truth.start_s + 0.15 * (truth.end_s - truth.start_s) / max(len(truth.repetitions_s), 4)) * rate_hz
        )
    read = {s: worn[s].read(s, placement, ideal[s][0][first:], ideal[s][1][first:], 0.0, rate_hz) for s in SIDES}
    return read, truth


# ---- tests on the spot


def _chair(person: Performer, wrong: str) -> tuple[dict[Side, Readings], TrialTruth]:
    """Seated, up and down; a weak thigh takes longer and leans further."""
    rng, slow = person.rng, 1 + 2.2 * person.leg.quad
    took_s = person.near(1.35, 12) * slow
    swayed = wrong == "swaying"
    seconds = 12.0 if wrong == "too_short" else 30.0
    count = 5 if person.kind == "sit_to_stand_5" else max(1, int(seconds / took_s) + 2)
    count = 3 if wrong == "too_few" else count
    starts_s = person.times(count, took_s, STILL_S)
    if wrong == "pause":
        starts_s[3:] += 9.0
    sat, stood = rng.uniform(-10, 14), rng.uniform(-1, 3)
    peak = max(sat, stood) + rng.uniform(7, 13) + 3 * person.leg.quad
    at = np.array([0.0, 0.04, 0.20, 0.42, 0.52, 0.72, 0.94, 1.0]) + np.r_[0, rng.uniform(-0.02, 0.02, 6), 0]
    ideal: dict[Side, Readings] = {}
    legs: dict[Side, Strides] = {}
    for s in SIDES:
        lean, rest = peak * rng.uniform(0.85, 1.1), sat + rng.uniform(-1.5, 1.5)
        lean = max(lean, rest + 4)
        path = [rest, rest, lean, stood, stood, lean + rng.uniform(-2, 2), rest, rest]
        cycle = repetition({} if swayed else dict(zip(at, path, strict=True)), {}, {})
        legs[s] = person.repeat(starts_s + rng.uniform(-0.02, 0.02), 1 + 0.08 * rng.standard_normal(count))
        strides = legs[s] if wrong != "pause" else _paused(legs[s])
        sways = [swaying(STILL_S, STILL_S + 12, 1.2, rng)] if swayed else []
        ideal[s] = person.play(cycle, strides, sways, float(starts_s[-1]) + STILL_S)
    heights, sits = legs[person.side].times(np.array([float(np.mean(at[3:5])), at[6]]))
    start_s = legs[person.side].at(0, float(at[1]))
    if person.kind == "sit_to_stand_5":
        return ideal, person.truth(start_s, float(sits[-1]), heights, float(sits[-1] - start_s))
    if wrong != "too_short":  # stopped by the second tap, a few seconds late
        after = int((start_s + 33) * person.rate_hz)
        ideal = {s: (acc[:after], gyr[:after]) for s, (acc, gyr) in ideal.items()}
    risen = legs[person.side].times(np.array([float(np.mean(at[2:4]))]))[0]  # more than half-way up counts
    done = heights[risen <= start_s + seconds]
    return ideal, person.truth(start_s, start_s + seconds, done, float(len(done)))


def _paused(strides: Strides) -> Strides:
    """The same repetitions with rest between two of them: one repetition of size zero."""
    after = int(np.argmax(np.diff(strides.starts_s)))
    took = float(np.median(np.diff(strides.starts_s)))
    starts_s = np.insert(strides.starts_s, after + 1, strides.starts_s[after] + took)
    size = np.insert(strides.tilt, after + 1, 0.0)
    return replace(strides, starts_s=starts_s, tilt=size, lift=size, lengths_m=size, turn_rad=np.zeros(len(size)))


def _heel_rise(person: Performer, wrong: str) -> tuple[dict[Side, Readings], TrialTruth]:
    """On one leg, to the beat; a weak calf rises lower, fades sooner and stops sooner."""
    rng, push = person.rng, person.leg.push
    count = max(1, round(person.near(24, 20) * (1 - push) ** 1.3))
    starts_s = person.times(count, person.near(2.0, 4), STILL_S + 3.0, 4.0)
    high = rng.uniform(26, 36) * (1 - 0.25 * push)
    fading = 1 - (0.15 + 0.3 * push) * np.arange(count) / max(count - 1, 1)
    size = fading * (1 + 0.06 * rng.standard_normal(count))
    raised = {0.0: 0.0, 0.1: 0.0, 0.45: 1.0, 0.55: 1.0, 0.92: 0.0, 1.0: 0.0}
    squats, swayed = wrong == "squats", wrong == "swaying"
    heel = 0.0 if squats or swayed else float(np.deg2rad(high))
    up_m, ahead_m = BALL_M * np.sin(heel), BALL_M * (1 - np.cos(heel))
    lean = rng.uniform(15, 25) if squats else 0.0 if swayed else rng.uniform(2, 7)
    strides, seconds = person.repeat(starts_s, size), float(starts_s[-1]) + STILL_S
    ideal: dict[Side, Readings] = {}
    for s in SIDES:
        own = s == person.side
        lifted = [] if own or wrong == "both_feet" else [there_and_back(55, STILL_S, 0.8, starts_s[-1] - 4, 0.8)]
        sways = [swaying(STILL_S, seconds, 2.0, rng)] if swayed else []
        cycle = repetition(
            {q: lean * x * (own or wrong == "both_feet") for q, x in raised.items()},
            {q: float(up_m * x) for q, x in raised.items()},
            {q: float(ahead_m * x) for q, x in raised.items()},
            {q: -np.rad2deg(heel) * x * (own or wrong == "both_feet") for q, x in raised.items()},
        )
        ideal[s] = person.play(cycle, strides, lifted + sways, seconds)
        if lifted and person.placement == "foot":  # its toes hang
            t = np.arange(len(ideal[s][0])) / person.rate_hz
            hanging = ease(np.clip((t - STILL_S) / 0.8, 0, 1)) * ease(np.clip((starts_s[-1] - t) / 0.8, 0, 1))
            ideal[s] = pitched(ideal[s], -40.0 * hanging, person.rate_hz)
    heights = strides.times(np.array([0.5]))[0]
    return ideal, person.truth(strides.at(0, 0.1), strides.at(count - 1, 0.92), heights, float(count))


def _toe_tap(person: Performer, wrong: str) -> tuple[dict[Side, Readings], TrialTruth]:
    """Seated, heel down; a weak shin taps slower and lower."""
    rng, dorsi = person.rng, person.leg.dorsi
    took_s = person.near(1 / 4.6, 8) * (1 + 1.2 * dorsi)
    seconds = 5.0 if wrong == "too_short" else 10.6
    count = max(2, int(seconds / took_s))
    starts_s = person.times(count, took_s, STILL_S, 6.0)
    up_deg = person.near(18, 15) * (1 - 0.75 * dorsi)
    strides = person.repeat(starts_s, 1 + 0.12 * rng.standard_normal(count))
    path = {0.0: 0.0, 0.08: 0.0, 0.48: 1.0, 0.52: 1.0, 0.92: 0.0, 1.0: 0.0}
    tapping = repetition({}, {}, {}, {q: up_deg * x for q, x in path.items()})
    end_s = float(starts_s[-1]) + STILL_S
    cycles = {s: tapping if s == person.side else repetition({}, {}, {}) for s in SIDES}
    ideal = {s: person.play(cycles[s], strides, (), end_s) for s in SIDES}
    tops, start_s = strides.times(np.array([0.5]))[0], strides.at(0, 0.08)
    tops = tops[tops <= start_s + 10]
    return ideal, person.truth(start_s, start_s + 10, tops, float(len(tops)))


# ---- tests with walking


def _walk_20m(person: Performer, wrong: str) -> tuple[dict[Side, Readings], TrialTruth]:
    """About 20 m from standing to standing; the truth's ``distance_m`` is how far exactly."""
    walker = person.walker()
    count = round(20 / walker.stride_length_m) + 1
    turns = [Turn(count // 2, 180.0)] if wrong == "turned" else []
    walk = plan_walk(walker, person.rng, strides=count, turns=turns, stand_s=(STILL_S, STILL_S))
    ideal = person.walked(walk)
    if wrong == "stopped":
        more = person.walked(plan_walk(walker, person.rng, strides=count // 2, stand_s=(STILL_S, STILL_S)))
        ideal = {s: joined(ideal[s], more[s]) for s in SIDES}
    if wrong == "unfinished":
        after = int((walk.duration_s - 6) * person.rate_hz)
        ideal = {s: (ideal[s][0][:after], ideal[s][1][:after]) for s in SIDES}
    end_s = walk.duration_s - STILL_S
    truth = person.truth(STILL_S, end_s, walk.truth.legs[person.side].initial_contacts_s, end_s - STILL_S)
    return ideal, replace(truth, distance_m=walk.truth.distance_m(person.side))


def _up_and_go(person: Performer, wrong: str) -> tuple[dict[Side, Readings], TrialTruth]:
    """From the chair, three metres and back, turning at the line and before sitting down."""
    walker = person.walker()
    count = max(8, round(6.4 / walker.stride_length_m) + 2)
    turns = [] if wrong == "no_turn" else [Turn(count // 2 - 1, 180.0, 2), Turn(count - 3, 180.0, 2)]
    walk = plan_walk(
        walker, person.rng, strides=count, turns=turns, stand_s=(0.3, 0.3), seated=(wrong != "no_rise", True)
    )
    ideal = person.walked(walk)
    for s in SIDES:
        before, after = (person.play(walker.cycle(s), None, (), STILL_S) for _ in range(2))
        ideal[s] = joined(before, joined(ideal[s], after))
    if wrong == "unfinished":
        stop = int((STILL_S + walk.duration_s - 4) * person.rate_hz)
        ideal = {s: (ideal[s][0][:stop], ideal[s][1][:stop]) for s in SIDES}
    contacts = STILL_S + walk.truth.legs[person.side].initial_contacts_s
    return ideal, person.truth(STILL_S, STILL_S + walk.duration_s, contacts, walk.duration_s)


class _HeelWalker(Walker):
    """Walks on the heels: the foot hardly turns against the shank's way; its pitch is added afterwards."""

    def cycle(self, side: Side, ground: Ground = LEVEL) -> Cycle:
        usual = super().cycle(side, ground)
        foot = usual.foot.copy()
        foot[gait.TILT : gait.TILT_2 + 1] = 0.35 * (usual.shank[gait.TILT : gait.TILT_2 + 1])
        foot[gait.TILT] -= foot[gait.TILT, 0]
        return replace(usual, foot=foot, heel_strike=0.5, slap=0.0)


def _heel_walk(person: Performer, wrong: str) -> tuple[dict[Side, Readings], TrialTruth]:
    """Toes up from standing on; a weak shin lets them down on the way."""
    plain = person.walker()
    walker = _HeelWalker(0.75 * plain.speed_mps, plain.left, plain.right)
    count = 3 if wrong == "too_short" else round(10 / walker.stride_length_m) + 1
    walk = plan_walk(walker, person.rng, strides=count, stand_s=(STILL_S + 1, STILL_S))
    ideal = person.walked(walk)
    dorsi = person.leg.dorsi
    first_deg, last_deg = 27 - 10 * dorsi, 23 - 28 * dorsi
    pitch_deg: dict[Side, Array] = {}
    go_s, end_s = STILL_S + 1, walk.duration_s - STILL_S
    for s in SIDES if person.placement == "foot" else ():
        t = np.arange(len(ideal[s][0])) / person.rate_hz
        both = (first_deg, last_deg) if s == person.side else (27.0, 23.0)
        held = np.interp(t, (go_s, end_s), both)
        pitch_deg[s] = held * ease(np.clip((t - go_s + 1) / 0.9, 0, 1)) * ease(np.clip((end_s + 1 - t) / 0.9, 0, 1))
        ideal[s] = pitched(ideal[s], pitch_deg[s], person.rate_hz)
    landed = walk.truth.legs[person.side].initial_contacts_s
    held = np.interp(landed, (go_s, end_s), (first_deg, last_deg))
    share = 100.0 * float((held > KEPT_DEG).mean())
    truth = person.truth(go_s, end_s, landed, share)
    return ideal, replace(truth, distance_m=walk.truth.distance_m(person.side))


def _walking(person: Performer, wrong: str) -> tuple[dict[Side, Readings], TrialTruth]:
    """Up and away instead of the test."""
    walk = plan_walk(person.walker(), person.rng, strides=12, stand_s=(STILL_S, STILL_S))
    contacts = walk.truth.legs[person.side].initial_contacts_s
    return person.walked(walk), person.truth(STILL_S, walk.duration_s - STILL_S, contacts, 0.0)


def _rising_only(person: Performer, wrong: str) -> tuple[dict[Side, Readings], TrialTruth]:
    """Chair rises instead of a walk."""
    return _chair(replace(person, kind="sit_to_stand_5"), "")


Trial = Callable[[Performer, str], tuple[dict[Side, Readings], TrialTruth]]
_RIGHT: Mapping[TestKind, Trial] = {
    "sit_to_stand_5": _chair,
    "chair_stand_30s": _chair,
    "timed_up_and_go": _up_and_go,
    "heel_rise": _heel_rise,
    "heel_walk": _heel_walk,
    "toe_tap": _toe_tap,
    "walk_20m": _walk_20m,
}
_HOW: Mapping[str, Trial] = {"walking": _walking, "rising_only": _rising_only}  # another thing than was asked
