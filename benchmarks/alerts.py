"""Rules: how often each rule of a chart is wrong where nothing happened, and how soon right where something did.

    python benchmarks/alerts.py [--people N]     one table of all rules, on made-up charts

Made-up charts after facts/clinical.md 7.3: noise of one SD a day, each day hanging on the last by 0.3, half of its
variance shared by the three charts of each leg; a baseline of 14 days, 30 days watched, one day in seven not worn;
what happens, happens to the first chart. Spreads are estimated with a floor of 0.7. Days are those of the calendar,
but for the last figure in brackets. Rules from the fact sheet stand beside those in force. Nothing here is a
recording: no public one shows a person weakening.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np
from rich.console import Console
from rich.table import Table

from surefoot.pipeline.shift import ShiftParams, shift_path
from surefoot.records import Array

CHARTS, OF_A_LEG, LEARNED, WATCHED, RHO, SHARED, FLOOR, WORN = 6, 3, 14, 30, 0.3, 0.5, 0.7, 6 / 7
Rule = Callable[[Array, Array, int], Array]  # z (charts, n, days), floors (charts, n): flags of the first charts' days

CHANGES: tuple[tuple[str, Callable[[Array], Array]], ...] = (
    *((f"step {size} SD", lambda day, size=size: np.full(len(day), float(size))) for size in (2, 3, 4, 6)),
    *((f"ramp {rate:g}/d", lambda day, rate=rate: rate * day) for rate in (0.25, 0.5, 1.0)),
)


def cusum(slack: float, limit: float) -> Rule:
    def rule(z: Array, floors: Array, count: int) -> Array:
        total, over = np.zeros((count, z.shape[1])), []
        for step in np.moveaxis(np.clip(z[:count, :, LEARNED:], -4, 4), 2, 0):
            total = np.maximum(0.0, total + step - slack)
            over.append(total > limit)
        return np.stack(over, axis=2)

    return rule


def two_of_three(limit: float) -> Rule:
    def rule(z: Array, floors: Array, count: int) -> Array:
        bad = np.pad(z[:count, :, LEARNED:] > limit, ((0, 0), (0, 0), (2, 0))).astype(int)
        return np.asarray(bad[:, :, 2:] + bad[:, :, 1:-1] + bad[:, :, :-2] >= 2)

    return rule


def shift(limit: float) -> Rule:
    """The rule in force, as ``pipeline.trends`` draws it."""

    def rule(z: Array, floors: Array, count: int) -> Array:
        return np.stack([[_path(z[:, k], c, floors[c, k]) > limit for k in range(z.shape[1])] for c in range(count)])

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
        over = rule(*_standardised(noise), OF_A_LEG)
        cells = [f"{100 * over[0].any(axis=1).mean():.1f} %", f"{100 * over.any(axis=(0, 2)).mean():.1f} %"]
        for _, change in CHANGES:
            changed = noise.copy()
            changed[0, :, LEARNED:] += np.apply_along_axis(change, 1, days)
            found = rule(*_standardised(changed), 1)[0]
            when = np.where(found.any(axis=1), np.take_along_axis(days, found.argmax(axis=1)[:, None], 1)[:, 0], np.inf)
            typical = f"{np.median(when):.0f} d" if np.isfinite(np.median(when)) else "-"
            worn = 100 * found[:, :3].any(axis=1).mean()
            cells.append(
                f"{100 * (when <= 7).mean():.0f} % ({typical}; {100 * (when <= 3).mean():.0f} %; {worn:.0f} %)"
            )
        table.add_row(name, *cells)
    console = Console(width=230)
    console.print(table)
    console.print("found within 7 days (median day; within 3 days; within the first 3 worn days), one chart")


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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    rules(given.people, given.seed)


if __name__ == "__main__":
    main()
