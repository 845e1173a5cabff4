"""Drawing: what the pictures share, one leg as the signal path sees it, and marks that do not need colour."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from surefoot.records import Array, Placement
from surefoot.signal.alignment import Alignment
from surefoot.signal.contacts import JERK, RATE, Swings, contact_params
from surefoot.signal.filters import smoothing_kernel
from surefoot.signal.ring import Ring
from surefoot.signal.track import Track

mpl.use("Agg")
import matplotlib.pyplot as plt

INK, GREY, RED, BLUE, GREEN = "#1a1a1a", "#8a8a8a", "#b2182b", "#2166ac", "#1b7837"
TRUE_INITIAL: dict[str, Any] = {"color": GREEN, "linestyle": "-", "linewidth": 1.6, "alpha": 0.8}
TRUE_FINAL: dict[str, Any] = {"color": GREEN, "linestyle": (0, (4, 2)), "linewidth": 1.6, "alpha": 0.8}
FOUND_INITIAL: dict[str, Any] = {"marker": "v", "color": RED, "linestyle": "", "markersize": 8, "zorder": 5}
FOUND_FINAL: dict[str, Any] = {"marker": "^", "color": BLUE, "linestyle": "", "markersize": 8, "zorder": 5}
plt.rcParams.update(
    {
        "font.size": 9.5,
        "axes.titlesize": 10,
        "legend.fontsize": 8.5,
        "axes.spines.top": False,
        "axes.spines.right": False,
    }
)


@dataclass(frozen=True)
class Leg:
    """One sensor in body axes with its swings; ``body`` has rows named in ``surefoot.signal.contacts``."""

    body: Ring
    swings: Swings
    rate_hz: float

    @property
    def time_s(self) -> Array:
        return (self.body.start + np.arange(self.body.rows.shape[1])) / self.rate_hz

    def row(self, number: int) -> Array:
        return self.body.rows[number]

    def jerk(self) -> Array:
        """Size of the jerk, smoothed as the search for strikes smooths it."""
        kernel = smoothing_kernel(contact_params("shank").jerk_hz, self.rate_hz)
        return np.convolve(self.row(JERK), kernel, mode="same")

    @property
    def initial_s(self) -> Array:
        return self.swings.initial / self.rate_hz

    @property
    def final_s(self) -> Array:
        return self.swings.final / self.rate_hz


def leg(sensor: tuple[Array, Array], rate_hz: float, placement: Placement) -> Leg:
    track = Track(rate_hz, contact_params(placement), Alignment(placement))
    track.take(*sensor)
    swings = Swings.none()
    for _, more in (track.work(ending=True), track.close()):
        swings = swings.followed_by(more)
    return Leg(track.body, swings, rate_hz)


def contacts(axis: Axes, seen: Leg, span_s: tuple[float, float], row: int = RATE) -> None:
    """The sagittal rate with the contacts found, inside a span of time."""
    t = seen.time_s
    inside = (t >= span_s[0]) & (t <= span_s[1])
    axis.axhline(0, color=GREY, linewidth=0.6)
    axis.plot(t[inside], seen.row(row)[inside], color=INK, linewidth=1.1)
    for times, how, what in (
        (seen.initial_s, FOUND_INITIAL, "initial contact found"),
        (seen.final_s, FOUND_FINAL, "final contact found"),
    ):
        shown = times[(times >= span_s[0]) & (times <= span_s[1])]
        axis.plot(shown, np.interp(shown, t, seen.row(row)), **how, label=what)
    axis.set_xlim(*span_s)


def lines(axis: Axes, times_s: Iterable[float], span_s: tuple[float, float], how: dict[str, Any], what: str) -> None:
    """True times as vertical lines."""
    for k, at in enumerate(x for x in times_s if span_s[0] <= x <= span_s[1]):
        axis.axvline(at, **how, label=what if k == 0 else None)


def legend(axis: Axes, where: str = "upper right", **more: Any) -> None:
    axis.legend(loc=where, framealpha=0.9, edgecolor="none", **more)


def legend_beside(axis: Axes) -> None:
    axis.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False)


def canvas(rows: int, columns: int = 1, size: tuple[float, float] = (9.0, 5.0), **more: Any) -> tuple[Figure, Any]:
    return plt.subplots(rows, columns, figsize=size, layout="constrained", **more)


def save(figure: Figure, folder: Path, name: str, title: str) -> Path:
    figure.suptitle(title, fontsize=10.5, x=0.01, ha="left")
    path = folder / f"method-{name}.png"
    figure.savefig(path, dpi=100)
    plt.close(figure)
    with Image.open(path) as picture:
        few = picture.convert("RGB").quantize(64)
    few.save(path, optimize=True)
    return path
