"""Alerts: how often each rule is wrong where nothing happened, and how soon right where something did.

    python benchmarks/alerts.py rules [--people N]     one table of all rules, on made-up charts
    python benchmarks/alerts.py acute [--people N]     the acute rule, on made-up blocks of fifty strides
    python benchmarks/alerts.py whole [--people N]     raw samples of simulated patients through the whole path

Made-up charts after facts/clinical.md 7.3: noise of one SD a day, each day hanging on the last by 0.3, half of its
variance shared by the three charts of each leg; a baseline of 14 days, 30 days watched, one day in seven not worn;
what happens, happens to the first chart. Spreads are estimated with a floor of 0.7. Days are those of the calendar.
Rules from the fact sheet stand beside those in force. Nothing here is a recording: no public one shows a person
weakening.

Made-up blocks: 40 a leg and day in 13 or so walks from 8 to 20 o'clock; each number wanders by one floor from day to
day and by one more from block to block, half of both shared by a leg's numbers and half of that by both legs; pace
wanders by 0.04 m/s a day and 0.08 m/s a walk, and numbers follow it as people differ.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

import numpy as np
from charts import USUAL
from rich.console import Console
from rich.table import Table

from surefoot.pipeline.acute import AcuteParams, AcuteWatch
from surefoot.pipeline.course import Course
from surefoot.pipeline.days import DayBook
from surefoot.pipeline.fifties import SPEED, Fifty
from surefoot.pipeline.live import run
from surefoot.pipeline.measures import MEASURES
from surefoot.pipeline.shift import ShiftParams, shift_path
from surefoot.pipeline.today import Today
from surefoot.records import SIDES, Alert, Array
from surefoot.signal.walk import WalkStream
from surefoot.simulation.patient import Patient, patient_source

CHARTS, OF_A_LEG, LEARNED, WATCHED, RHO, SHARED, FLOOR, WORN = 6, 3, 14, 30, 0.3, 0.5, 0.7, 6 / 7
Rule = Callable[[Array, Array], Array]  # z (charts, n, days) and floors (charts, n): flags of a leg's watched days

CHANGES: tuple[tuple[str, Callable[[Array], Array]], ...] = (
    *((f"step {size} SD", lambda day, size=size: np.full(len(day), float(size))) for size in (2, 3, 4, 6)),
    *((f"ramp {rate:g}/d", lambda day, rate=rate: rate * day) for rate in (0.25, 0.5, 1.0)),
)


def cusum(slack: float, limit: float) -> Rule:
    def rule(z: Array, floors: Array) -> Array:
        total, over = np.zeros((OF_A_LEG, z.shape[1])), []
        for step in np.moveaxis(np.clip(z[:OF_A_LEG, :, LEARNED:], -4, 4), 2, 0):
            total = np.maximum(0.0, total + step - slack)
            over.append(total > limit)
        return np.stack(over, axis=2)

    return rule


def two_of_three(limit: float) -> Rule:
    def rule(z: Array, floors: Array) -> Array:
        bad = np.pad(z[:OF_A_LEG, :, LEARNED:] > limit, ((0, 0), (0, 0), (2, 0))).astype(int)
        return np.asarray(bad[:, :, 2:] + bad[:, :, 1:-1] + bad[:, :, :-2] >= 2)

    return rule


def shift(limit: float) -> Rule:
    """The rule in force, as ``pipeline.trends`` draws it."""

    def rule(z: Array, floors: Array) -> Array:
        return np.stack([[_path(z[:, k], c, floors[c, k]) > limit for k in range(z.shape[1])] for c in range(OF_A_LEG)])

    return rule


def _path(z: Array, chart: int, floor: float) -> Array:
    return shift_path(z[chart], np.delete(z, chart, axis=0), LEARNED, floor)


P = ShiftParams()
RULES = {
    "CUSUM .5/6": cusum(0.5, 6),
    "CUSUM 1/5": cusum(1, 5),
    "CUSUM 1/6 (the fact sheet's T2)": cusum(1, 6),
    "CUSUM 1/8": cusum(1, 8),
    "2 of 3 > 3.0": two_of_three(3.0),
    "2 of 3 > 3.5 (the fact sheet's T3)": two_of_three(3.5),
    f"shift > {P.watch:g} (watch, T1)": shift(P.watch),
    f"shift > {P.review:g} (worse, T2)": shift(P.review),
    f"shift > {P.urgent:g} (much worse, T3)": shift(P.urgent),
}


def rules(people: int, seed: int) -> None:
    table = Table(title=f"{people} people, {WATCHED} days, seed {seed}", title_justify="left", box=None)
    heads = ("rule", "false, one chart", "any of 3", *(name for name, _ in CHANGES))
    for k, head in enumerate(heads):
        table.add_column(head, justify="right" if k else "left")
    rng = np.random.default_rng(seed)
    noise, days = _charts(rng, people), np.cumsum(_worn(rng, people), axis=1)  # of the calendar, per good day
    for name, rule in RULES.items():
        over = rule(*_standardised(noise))
        cells = [f"{100 * over[0].any(axis=1).mean():.1f} %", f"{100 * over.any(axis=(0, 2)).mean():.1f} %"]
        for _, change in CHANGES:
            changed = noise.copy()
            changed[0, :, LEARNED:] += np.apply_along_axis(change, 1, days)
            found = rule(*_standardised(changed))[0]
            when = np.where(found.any(axis=1), np.take_along_axis(days, found.argmax(axis=1)[:, None], 1)[:, 0], np.inf)
            typical = f"{np.median(when):.0f} d" if np.isfinite(np.median(when)) else "-"
            cells.append(f"{100 * (when <= 7).mean():.0f} % ({typical}; {100 * (when <= 3).mean():.0f} %)")
        table.add_row(name, *cells)
    console = Console(width=200)
    console.print(table)
    console.print("found within 7 days (median day; within 3 days), one chart")


def _charts(rng: np.random.Generator, people: int) -> Array:
    """(charts, people, days) of noise."""
    own, shared = (_wandering(rng, (n, people)) for n in (CHARTS, 1))
    return np.asarray(np.sqrt(SHARED) * shared + np.sqrt(1 - SHARED) * own)


def _wandering(rng: np.random.Generator, shape: tuple[int, int]) -> Array:
    noise = rng.standard_normal((*shape, LEARNED + WATCHED))
    for k in range(1, LEARNED + WATCHED):
        noise[:, :, k] = RHO * noise[:, :, k - 1] + np.sqrt(1 - RHO**2) * noise[:, :, k]
    return noise


def _worn(rng: np.random.Generator, people: int) -> Array:
    """Calendar days from one good day to the next, (people, WATCHED)."""
    return np.asarray(rng.geometric(WORN, (people, WATCHED)))


def _standardised(x: Array) -> tuple[Array, Array]:
    """As ``pipeline.baseline`` does it: deviations in spreads, and the floor in the same unit."""
    learned = x[:, :, :LEARNED]
    centre = np.median(learned, axis=2)
    mad = 1.4826 * np.median(np.abs(learned - centre[:, :, None]), axis=2)
    spread = np.maximum(np.maximum(mad, learned.std(axis=2, ddof=1)), FLOOR)
    return (x - centre[:, :, None]) / spread[:, :, None], FLOOR / spread


# ---- the acute rule


def acute(people: int, seed: int) -> None:
    """False alarms over 30 watched days with and without gates; a step on the first watched morning."""
    table = Table(title=f"Acute rule, {people} people, seed {seed}", title_justify="left", box=None)
    for k, head in enumerate(("", "people", "patient-days", "found", "median hours after")):
        table.add_column(head, justify="right" if k else "left")
    for words, params, spreads, days in (
        ("nothing happens, rule alone", AcuteParams(gated=False), 0.0, 30),
        ("nothing happens, with its gates", AcuteParams(), 0.0, 30),
        ("L5 worse by 4 SD in the morning", AcuteParams(), 4.0, 1),
        ("L5 worse by 6 SD in the morning", AcuteParams(), 6.0, 1),
        ("L5 worse by 8 SD in the morning", AcuteParams(), 8.0, 1),
    ):
        told = [_told_of(np.random.default_rng([seed, k]), params, spreads, days) for k in range(people)]
        one = [hours[0] for hours in told if hours]
        rate = 100 * len(one) / people
        found = f"{sum(map(len, told))} ({rate:.1f} % of people)"
        table.add_row(words, str(people), str(people * days), found, f"{np.median(one):.1f}" if one and spreads else "")
    Console(width=160).print(table)


def _told_of(rng: np.random.Generator, params: AcuteParams, spreads: float, days: int) -> list[float]:
    """Hours after the day's first block at which something sudden was told."""
    watch = AcuteWatch(lambda at_s: f"{int(at_s // 86400):05d}", params=params)
    life, hours = _Life(rng), []
    for day in range(LEARNED + days):
        weak = spreads if day >= LEARNED else 0.0
        for block in (blocks := life.day(day, weak)):
            hours += [
                (sudden.at_s - blocks[0].start_s) / 3600
                for sudden in watch.update([block])
                if not spreads or (sudden.root, sudden.side) == ("l5", "left")
            ]
    return hours


class _Life:
    """One person's days in blocks of fifty strides."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._measures = [MEASURES[name] for name in USUAL if name not in (SPEED, "mid_swing_rate_dps")]
        speeds = {m.name: m.speed for m in self._measures}
        self._powers = {name: rng.normal(one.power, one.sd) if one else 0.0 for name, one in speeds.items()}
        self._state: dict[str, float] = {}

    def day(self, number: int, weak: float) -> list[Fifty]:
        rng = self._rng
        pace_of_day = USUAL[SPEED] + 0.04 * self._wander("pace")
        both, legs = self._wander("both"), {side: self._wander(side) for side in SIDES}
        own = {(side, m.name): self._wander(f"{side} {m.name}") for side in SIDES for m in self._measures}
        starts = np.sort(rng.uniform(8 * 3600, 20 * 3600, 13))
        blocks = []
        for start, count in zip(starts, rng.geometric(1 / 3, 13), strict=True):
            pace = pace_of_day + 0.08 * rng.standard_normal()
            for k in range(min(int(count), 8)):
                at_s = 86400.0 * number + start + 58.0 * k
                shared = rng.standard_normal()
                for side in SIDES:
                    of_leg, values = rng.standard_normal(), [(SPEED, pace)]
                    for m in self._measures:
                        noise = _mixed(both, legs[side], own[side, m.name])
                        noise += _mixed(shared, of_leg, rng.standard_normal())
                        noise += m.worse * weak * (m.root == "l5" and side == "left")
                        usual = USUAL[m.name]
                        value = (usual + m.floor_at(usual) * noise) * (pace / USUAL[SPEED]) ** self._powers[m.name]
                        values.append((m.name, value))
                    blocks.append(Fifty(side, at_s, at_s + 58.0, 1, tuple(values)))
        return sorted(blocks, key=lambda block: block.end_s)

    def _wander(self, name: str) -> float:
        fresh = float(self._rng.standard_normal())
        self._state[name] = RHO * self._state[name] + np.sqrt(1 - RHO**2) * fresh if name in self._state else fresh
        return self._state[name]


def _mixed(both: float, leg: float, own: float) -> float:
    return 0.5 * both + 0.5 * leg + np.sqrt(0.5) * own


# ---- the whole path


def whole(people: int, first_seed: int) -> None:
    """Patients who are well for a fortnight and whose left foot lifts less (dorsi 0.6) on the fifteenth day."""
    table = Table(title=f"{people} simulated patients, raw samples of 15 days", title_justify="left", box=None)
    heads = ("told that day: left, L5", "as urgent (T3)", "hours after, median", "other leg or root", "anything before")
    for head in heads:
        table.add_column(head, justify="right")
    told = [_lived(first_seed + k) for k in range(people)]
    right = [
        [(h, a) for h, a in mine if (a.kind, a.side) == ("foot_lifting_weaker", "left") and h >= 0] for mine in told
    ]
    urgent = [min(h for h, a in mine if a.tier == "T3") for mine in right if any(a.tier == "T3" for _, a in mine)]
    wrong = [any(h >= 0 and (a.kind, a.side) != ("foot_lifting_weaker", "left") for h, a in mine) for mine in told]
    early = [any(h < 0 for h, _ in mine) for mine in told]
    hours = f"{np.median(urgent):.1f}" if urgent else "-"
    table.add_row(str(sum(map(bool, right))), str(len(urgent)), hours, str(sum(wrong)), str(sum(early)))
    Console(width=160).print(table)


def _lived(seed: int) -> list[tuple[float, Alert]]:
    """Every alert, with the hours after the first reading of the fifteenth day."""
    patient = Patient(seed=seed, days=15, onset_day=15, ramp_days=1.0, severity=0.6, short_days=(), drawer_days=())
    began_s = patient.first_day_s + 14 * 86400.0 + patient.habits.up_at_h * 3600
    kept: list[Alert] = []
    today = Today(lambda at_s: datetime.fromtimestamp(at_s, UTC).date().isoformat())
    asyncio.run(run(patient_source(patient), WalkStream(), DayBook(), _Alerts(kept), Course(today=today)))
    return [((alert.raised_s - began_s) / 3600, alert) for alert in kept]


class _Alerts:
    """A keeper of alerts only."""

    def __init__(self, kept: list[Alert]) -> None:
        self._kept = kept

    def keep_alert(self, alert: Alert, /) -> None:
        if alert.resolved_s is None:  # that one is over is no other alert
            self._kept.append(alert)

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *_: None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("rules", "acute", "whole"))
    parser.add_argument("--people", type=int, help="5000 for rules, 200 for acute, 100 for whole")
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    if given.what == "rules":
        rules(given.people or 5000, given.seed)
    elif given.what == "acute":
        acute(given.people or 200, given.seed)
    else:
        whole(given.people or 100, given.seed)


if __name__ == "__main__":
    main()
