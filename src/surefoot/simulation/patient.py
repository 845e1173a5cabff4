"""The patient: a walker over weeks, whose leg weakens from a known day on, seen through two sensors worn by day."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from surefoot.records import SIDES, Array, Gap, Samples, Side
from surefoot.simulation.day import Day, DayKind, Habits, plan_day
from surefoot.simulation.gait import ROLL_DEG, TWIST_DEG, Leg, Manner
from surefoot.simulation.person import Walker
from surefoot.simulation.sensor import noise_tape, put_on
from surefoot.simulation.tape import Tape, lying, sitting

_DAY_S = 86400.0
_RHO = 0.3  # of day to day, facts/clinical.md 7.3


@dataclass(frozen=True, slots=True)
class DaySpread:
    """Standard deviations between the days of somebody who does not change (facts/clinical.md 7.4, grade P)."""

    speed_mps: float = 0.04
    stride_time_pct: float = 1.8  # 2 steps/min
    lift_m: float = 0.007
    tilt_deg: float = 2.0
    push_off_pct: float = 5.0
    loading_pct: float = 5.0
    foot_pitch_deg: float = 2.0


@dataclass(frozen=True, slots=True)
class Patient:
    """One pretend patient. Days are counted from 1; ``first_day_s`` is the midnight (UTC) that begins day 1.

    ``weak_side`` weakens from ``onset_day`` on, within ``ramp_days`` to ``severity`` (0 nobody weakens .. 1), in
    ``weakness``: dorsi (L5, foot drop), push (S1) or quad (L4, giving way); none: only slower, as in pain. Same
    patient, same samples, always.
    """

    seed: int = 1
    days: int = 28
    first_day_s: float = 1_788_134_400.0  # Monday 2026-08-31
    weak_side: Side = "left"
    weakness: Literal["dorsi", "push", "quad", "none"] = "dorsi"
    onset_day: int = 20
    ramp_days: float = 3.0
    severity: float = 0.7
    speed_mps: float = 1.1
    slowing_pct: float = 10.0  # of the speed, lost at severity 1
    short_days: tuple[int, ...] = (6,)
    drawer_days: tuple[int, ...] = (11,)
    unworn_days: tuple[int, ...] = ()
    rate_hz: float = 100.0
    habits: Habits = field(default_factory=Habits)
    spread: DaySpread = field(default_factory=DaySpread)

    def severity_on(self, day: int) -> float:
        """How weak the weak leg is on this day, 0 .. ``severity``."""
        return self.severity * float(np.clip((day - self.onset_day + 1) / self.ramp_days, 0, 1))


async def patient_source(patient: Patient) -> AsyncIterator[Samples | Gap]:
    """All of ``patient_blocks``, as a source."""
    for block in patient_blocks(patient):
        yield block


def patient_blocks(patient: Patient, first_day: int = 1) -> Iterator[Samples | Gap]:
    """Every block of every day from ``first_day`` on in time order, left before right; a Gap where both sensors charge.

    Blocks last up to 15 minutes, are contiguous per side between gaps, and share memory while the patient sits:
    they are read-only.
    """
    noise, resting, drawer = _tapes(patient)
    until: dict[Side, float] = dict.fromkeys(SIDES, patient.first_day_s + (first_day - 1) * _DAY_S)
    for day in patient_days(patient, first_day):
        rng = np.random.default_rng([patient.seed, 3, day.number])
        donning = -1
        for stretch in day.stretches:
            start_s = stretch.first / patient.rate_hz
            if stretch.donning != donning:
                donning = stretch.donning
                yield from _charging(until, start_s)
                sensors = {side: put_on(rng, noise, drift_from_s=start_s) for side in SIDES}
                tape = (drawer if day.kind == "drawer" else resting).worn(sensors, rng)
            if stretch.walk is None:
                yield from tape.play(stretch.first, stretch.samples, rng)
            else:
                for side in SIDES:
                    offset = int(rng.integers(len(noise)))
                    yield stretch.walk.readings(side, "shank", sensors[side], patient.rate_hz, offset)
            until = dict.fromkeys(SIDES, (stretch.first + stretch.samples) / patient.rate_hz)
    yield from _charging(until, patient.first_day_s + patient.days * _DAY_S)


def patient_days(patient: Patient, first_day: int = 1) -> Iterator[Day]:
    """The plan of each day with its truth (strides, walks, severity, wear), without writing out any sample."""
    own = _own_manner(patient)
    forms = _forms(patient)
    for number in range(first_day, patient.days + 1):
        rng = np.random.default_rng([patient.seed, 2, number])
        severity = patient.severity_on(number)
        walker = _walker(patient, own, forms[number - 1], severity)
        start_s = patient.first_day_s + (number - 1) * _DAY_S
        kind = _kind(patient, number)
        yield plan_day(number, start_s, kind, severity, walker, patient.habits, patient.rate_hz, rng)


def _kind(patient: Patient, number: int) -> DayKind:
    for days, kind in ((patient.drawer_days, "drawer"), (patient.unworn_days, "unworn"), (patient.short_days, "short")):
        if number in days:
            return kind  # type: ignore[return-value]  # one of the three above
    return "worn"


def _tapes(patient: Patient) -> tuple[Array, Tape, Tape]:
    rng = np.random.default_rng([patient.seed, 0])
    noise = noise_tape(rng)
    return noise, sitting(patient.rate_hz, rng), lying(patient.rate_hz)


def _own_manner(patient: Patient) -> dict[Side, Manner]:
    """What makes this person's legs their own, on every day."""
    rng = np.random.default_rng([patient.seed, 1])
    return {
        side: Manner(
            lift_m=float(rng.normal(0, 0.008)),
            tilt_deg=float(rng.normal(0, 2)),
            foot_pitch_deg=float(rng.normal(0, 2)),
            push_off_pct=float(rng.normal(0, 4)),
            loading_pct=float(rng.normal(0, 6)),
            roll_deg=tuple((ROLL_DEG + rng.normal(0, 1.2, 4)).tolist()),
            twist_deg=tuple((TWIST_DEG + rng.normal(0, 2.5, 4)).tolist()),
        )
        for side in SIDES
    }


def _forms(patient: Patient) -> Array:
    """(days, 12) standard-normal day-to-day departures, each AR(1)."""
    rng = np.random.default_rng([patient.seed, 4])
    drawn = rng.standard_normal((patient.days, 12))
    for i in range(1, patient.days):
        drawn[i] = _RHO * drawn[i - 1] + np.sqrt(1 - _RHO**2) * drawn[i]
    return drawn


def _walker(patient: Patient, own: dict[Side, Manner], form: Array, severity: float) -> Walker:
    spread = patient.spread
    slower = 1 - patient.slowing_pct / 100 * severity
    manners = {side: _today(own[side], form[2 + 5 * i : 7 + 5 * i], spread) for i, side in enumerate(SIDES)}
    weak = Leg() if patient.weakness == "none" else Leg(**{patient.weakness: severity})
    return Walker(
        speed_mps=float(np.clip(patient.speed_mps * slower + spread.speed_mps * form[0], 0.3, 1.8)),
        left=weak if patient.weak_side == "left" else Leg(),
        right=weak if patient.weak_side == "right" else Leg(),
        left_manner=manners["left"],
        right_manner=manners["right"],
        stride_time_factor=float(1 + spread.stride_time_pct / 100 * form[1]),
    )


def _today(own: Manner, form: Array, spread: DaySpread) -> Manner:
    return replace(
        own,
        lift_m=own.lift_m + spread.lift_m * float(form[0]),
        tilt_deg=own.tilt_deg + spread.tilt_deg * float(form[1]),
        push_off_pct=own.push_off_pct + spread.push_off_pct * float(form[2]),
        loading_pct=own.loading_pct + spread.loading_pct * float(form[3]),
        foot_pitch_deg=own.foot_pitch_deg + spread.foot_pitch_deg * float(form[4]),
    )


def _charging(until: dict[Side, float], start_s: float) -> Iterator[Gap]:
    for side in SIDES:
        if start_s > until[side]:
            yield Gap(side, "shank", until[side], start_s, "charging")
