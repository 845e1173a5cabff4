"""The edge of many points: which straight line all of them lie above, when none says itself that it lies on it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from surefoot.records import Array

SLOPES = 33  # weighed at once
GROUPS = 16  # of points, whose minima tell how dense they are above the edge


@dataclass(frozen=True, slots=True)
class Edge:
    """Lines below all points, each as steep as ``slopes``, at ``heights`` where x is 0, and how likely (sum 1).

    ``above``: so far, in the mean, the lowest of all points lies above the edge.
    """

    slopes: Array
    heights: Array
    weights: Array
    above: float

    @property
    def slope(self) -> float:
        return float(self.weights @ self.slopes)

    @property
    def slope_sd(self) -> float:
        return float(self.weights @ (self.slopes - self.slope) ** 2) ** 0.5

    def at(self, x: float) -> tuple[float, float]:
        """How high it is there, and the standard deviation of that."""
        ends = self.heights - self.above + self.slopes * x
        mean = float(self.weights @ ends)
        return mean, float(np.hypot(self.above, float(self.weights @ (ends - mean) ** 2) ** 0.5))


def lower_edge(x: Array, y: Array, near: tuple[float, float], prior: tuple[float, float]) -> Edge:
    """Weigh all lines below all points; x must rise, at least two points.

    ``near``: a slope, and how far around it is looked at first. ``prior``: what is expected of it. Each a standard
    deviation behind a mean. Near the edge points are about evenly dense; then a line of slope b that touches them is
    likely as exp(density x its height at their middle), and one that lies lower by d is less so by exp(-density x d).
    """
    slope, sd = near
    level = y - slope * x
    minima = np.minimum.reduceat(level, np.unique(np.searchsorted(x, np.linspace(x[0], x[-1], GROUPS))))
    above = max(float(minima.mean() - minima.min()) / len(minima), 1e-7)
    middle = float(x[0] + x[-1]) / 2
    for _ in range(8):
        slopes = slope + sd * np.linspace(-4, 4, SLOPES)
        heights = (y - slopes[:, None] * x).min(axis=1)
        likely = (heights + slopes * middle) / above - 0.5 * ((slopes - prior[0]) / prior[1]) ** 2
        best = int(likely.argmax())
        weights = np.exp(likely - likely[best])
        weights /= weights.sum()
        slope = float(weights @ slopes)
        spread = float(weights @ (slopes - slope) ** 2) ** 0.5
        if best in (0, SLOPES - 1):
            sd *= 4
        elif spread < sd / 4:
            sd = max(spread, sd / 8)
        else:
            break
    return Edge(slopes, heights, weights, above)
