"""Speed: what a number would have been at this person's usual walking speed, and how sure that is.

Per person: value = b0 + b1 x + b2 x^2, x the speed against that of the baseline days, robustly fitted (Huber 1964, E1;
the curve: facts/clinical.md 3.5, P). A fortnight at one pace cannot tell a curve, so each number brings what is known
of it in others as if it had been seen (a normal prior on b1 and b2); the person's own days outweigh it as far as they
differ in speed. What stays unsure grows with the distance from the usual speed and is told beside the value.

Not ``signal/adjustment.py``, though both fit a number on speed: that one has hundreds of strides, knows nothing of
other people, allows a curve only where many speeds were walked and tells no doubt. A chart of days needs both.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from surefoot.pipeline.measures import Speed
from surefoot.records import Array


@dataclass(frozen=True, slots=True)
class SpeedParams:
    """How a person's own curve is fitted."""

    huber: float = 1.345  # residuals beyond so many spreads count less (95 % efficiency, E1)
    rounds: int = 25  # of reweighting; the weights stand still long before
    faster: float = 3.0  # doubt counts so much more on days faster than usual: who weakens does not speed up (P)


@dataclass(frozen=True, slots=True, eq=False)
class SpeedCurve:
    """How a number of this person follows speed: in shares of ``centre``, over the speed's share beyond ``usual``."""

    centre: float
    usual: float
    curve: Array
    covariance: Array
    faster: float

    def at_usual(self, values: Array, speeds: Array) -> tuple[Array, Array]:
        """Values moved to the usual speed, and the SD of that move."""
        x = speeds / self.usual - 1.0
        moved = np.stack([x, x * x])
        doubt = np.sqrt(np.einsum("ik,ij,jk->k", moved, self.covariance, moved))
        doubt = abs(self.centre) * doubt * np.where(x > 0, self.faster, 1.0)
        return values - self.centre * (self.curve @ moved), doubt


def learn_speed(
    values: Array, speeds: Array, floor: float, known: Speed, params: SpeedParams = SpeedParams()
) -> SpeedCurve | None:
    """The curve that these values tell; None for a number that stands around zero.

    ``floor`` is the least spread of a value; ``known`` how the number follows speed in others.
    """
    centre, usual = float(np.median(values)), float(np.median(speeds))
    if usual <= 0 or abs(centre) <= 1e-6 * float(np.abs(values).max()):
        return None
    x = speeds / usual - 1.0
    shares = tuple(zip(x.tolist(), (values / centre).tolist(), strict=True))
    curve, covariance = _fit(shares, max(floor / abs(centre), 1e-3), known, params)
    return SpeedCurve(centre, usual, curve, covariance, params.faster)


def at_usual_speed(
    values: Array, speeds: Array, learned: int, floor: float, known: Speed, params: SpeedParams = SpeedParams()
) -> tuple[Array, Array]:
    """Each day's value moved to the usual speed, and the SD of that move. The first ``learned`` days tell the curve."""
    curve = learn_speed(values[:learned], speeds[:learned], floor, known, params)
    return (values, np.zeros(len(values))) if curve is None else curve.at_usual(values, speeds)


@lru_cache(maxsize=512)  # the days of a baseline are fitted anew on each day judged, and do not change
def _fit(days: tuple[tuple[float, float], ...], floor: float, known: Speed, params: SpeedParams) -> tuple[Array, Array]:
    """b1 and b2 with their covariance, in shares of the usual value, after the data and the prior."""
    x, y = np.array(days).T
    expected = np.array([0.0, known.power, known.power * (known.power - 1) / 2])
    prior = np.diag([0.0, 1.0, 1.0]) / known.sd**2
    design = np.stack([np.ones(len(x)), x, x * x], axis=1)
    b = expected + np.array([float(np.median(y)), 0.0, 0.0])
    information = prior
    for _ in range(params.rounds):
        residual = y - design @ b
        spread = max(floor, 1.4826 * float(np.median(np.abs(residual - np.median(residual)))))
        weights = params.huber / np.maximum(np.abs(residual) / spread, params.huber)
        weighted = design.T * (weights / spread**2)
        information = weighted @ design + prior
        b = np.linalg.solve(information, weighted @ y + prior @ expected)
    return b[1:], np.linalg.inv(information)[1:, 1:]
