"""How far the simulated walker is from real ankles: waveforms, spectra, stride-to-stride variation.

    python benchmarks/simulation.py [FOLDER OF REAL RECORDINGS]

writes docs/pictures/simulation-*.png and the table between the markers in docs/simulation.md. Real and simulated
sensors go through the same steps: axis by PCA of the gyroscope, sign by the swing, strides cut at the downward zero
crossing that ends each swing, time normalised. Each real recording is matched by four simulated walks of the same speed
(treadmill; overground the fitted 0.82 m/s), stride time and number of strides, of somebody drawn, with healthy legs.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
import numpy as np
from scipy.signal import butter, find_peaks, sosfiltfilt, welch

from surefoot.records import SIDES
from surefoot.simulation.gait import REFERENCE_SPEED_MPS
from surefoot.simulation.person import Walker, draw_walker
from surefoot.simulation.walker import simulate_walk

mpl.use("Agg")
import matplotlib.pyplot as plt

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "simulation.md"
PICTURES = ROOT / "docs" / "pictures"
PHASE = np.linspace(0, 1, 101)
PARTNERS = 4  # simulated people for each real recording: widths of few are not to be trusted
BANDS_HZ = ((0.5, 3.0), (3.0, 10.0), (10.0, 20.0), (20.0, 45.0))
GROUPS = {  # name -> set, slowest and fastest treadmill speed
    "marpino (overground, young and elderly)": ("marpino", 0.0, 9.9),
    "movingreality 0.4 m/s (stroke)": ("movingreality", 0.3, 0.5),
    "movingreality 0.8-0.9 m/s (stroke)": ("movingreality", 0.7, 1.0),
    "movingreality 1.2 m/s (stroke)": ("movingreality", 1.1, 1.3),
    "movingreality 1.6 m/s (stroke)": ("movingreality", 1.5, 1.7),
}


@dataclass
class Gait:
    """One sensor's walking: median waves over PHASE, spectra, and how much strides differ."""

    rate: np.ndarray
    force: np.ndarray
    hz: np.ndarray
    gyr_db: np.ndarray
    acc_db: np.ndarray
    stride_s: float
    strides: int
    cv_time: float
    cv_peak: float
    strike: float
    swing_peak: float


def describe(acc: np.ndarray, gyr: np.ndarray, rate_hz: float) -> Gait | None:
    """One sensor, mounted any way; None where fewer than four steady strides are found."""
    turning = gyr - np.median(gyr, axis=0)
    moving = turning[np.linalg.norm(turning, axis=1) > 30]
    omega = turning @ np.linalg.svd(moving, full_matrices=False)[2][0]
    slow = sosfiltfilt(butter(2, 6, fs=rate_hz, output="sos"), omega)
    if np.percentile(slow, 98) < -np.percentile(slow, 2):
        omega, slow = -omega, -slow
    peaks, _ = find_peaks(slow, height=max(60, 0.5 * np.percentile(slow, 98)), distance=int(0.6 * rate_hz))
    ends = np.array([_falls_through_zero(slow, p) for p in peaks]) / rate_hz
    took = np.diff(ends)
    if not len(took):
        return None
    keep = (took > 0.7) & (took < 2.6) & (np.abs(took / np.median(took) - 1) < 0.25)
    if keep.sum() < 4:
        return None
    t, force = np.arange(len(omega)) / rate_hz, np.linalg.norm(acc, axis=1)
    grids = [a + (b - a) * PHASE for a, b in zip(ends[:-1][keep], ends[1:][keep], strict=True)]
    rates, forces = (np.array([np.interp(g, t, y) for g in grids]) for y in (omega, force))
    span = slice(int(ends[0] * rate_hz), int(ends[-1] * rate_hz) + 1)
    hz, gyr_db = _spectrum(gyr[span], rate_hz)
    took = took[keep]
    return Gait(
        rate=np.median(rates, axis=0),
        force=np.median(forces, axis=0),
        hz=hz,
        gyr_db=gyr_db,
        acc_db=_spectrum(acc[span], rate_hz)[1],
        stride_s=float(np.median(took)),
        strides=len(took),
        cv_time=_cv(took),
        cv_peak=_cv(rates.max(axis=1)),
        strike=float(np.median(forces[:, :20].max(axis=1))),
        swing_peak=float(np.median(rates.max(axis=1))),
    )


def _falls_through_zero(omega: np.ndarray, peak: int) -> float:
    below = np.flatnonzero(omega[peak:] < 0)
    if not len(below):
        return float(peak)
    k = peak + below[0]
    return k - omega[k] / (omega[k] - omega[k - 1])


def _spectrum(xyz: np.ndarray, rate_hz: float) -> tuple[np.ndarray, np.ndarray]:
    """All three axes together, so that the mounting does not matter; dB."""
    hz, power = welch(xyz, rate_hz, nperseg=min(len(xyz), int(4 * rate_hz)), axis=0)
    grid = np.arange(0.5, 45.01, 0.25)
    return grid, np.interp(grid, hz, 10 * np.log10(power.sum(axis=1) + 1e-12))


def _cv(values: np.ndarray) -> float:
    """Robust coefficient of variation in percent."""
    middle = np.median(values)
    return float(100 * 1.4826 * np.median(np.abs(values - middle)) / middle)


def collect(folder: Path, name: str, slowest: float, fastest: float) -> tuple[list[Gait], list[Gait]]:
    """Real sensors of a group and simulated partners for each."""
    real: list[Gait] = []
    made: list[Gait] = []
    for number, recording in enumerate(_reader(folder).recordings(name)):
        speed = recording.info.get("speed_fixed", REFERENCE_SPEED_MPS)
        if not slowest <= speed <= fastest:
            continue
        found = [describe(*recording.sensors[f"{side}_shank"], recording.rate_hz) for side in SIDES]
        pairs = [gait for gait in found if gait is not None]
        if not pairs:
            continue
        stride_s = float(np.mean([gait.stride_s for gait in pairs]))
        factor = stride_s / Walker(speed_mps=speed).stride_s
        real += pairs
        for partner in range(PARTNERS):
            rng = np.random.default_rng([7, number, partner])
            walker = draw_walker(rng, speed_mps=speed, stride_time_factor=factor)
            strides = max(8, pairs[0].strides + 2)
            sensors, _ = simulate_walk(walker, rng, strides=strides, rate_hz=recording.rate_hz)
            partners = [describe(s.acc, s.gyr, s.rate_hz) for s in sensors.values()]
            made += [gait for gait in partners if gait is not None]
    return real, made


def _reader(folder: Path):
    spec = importlib.util.spec_from_file_location("real_recordings", folder / "read.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def compare(real: list[Gait], made: list[Gait]) -> dict[str, str]:
    """The figures of one group, as words for the table."""
    row = {"sensors": f"{len(real)}"}
    for name, label in (("rate", "sagittal rate"), ("force", "acceleration")):
        a, b = (np.median([getattr(g, name) for g in gs], axis=0) for gs in (real, made))
        row[f"{label}, RMSE % of range"] = f"{100 * np.sqrt(np.mean((a - b) ** 2)) / np.ptp(a):.1f}"
    for name, label in (("gyr_db", "gyr"), ("acc_db", "acc")):
        a, b = (np.median([getattr(g, name) for g in gs], axis=0) for gs in (real, made))
        hz = real[0].hz
        gaps = [np.mean((b - a)[(hz >= low) & (hz < high)]) for low, high in BANDS_HZ]
        row[f"{label} spectrum, dB at 0.5-3 / 3-10 / 10-20 / 20-45 Hz"] = " / ".join(f"{g:+.1f}" for g in gaps)
    for name, label in (("rate", "sagittal rate"), ("force", "acceleration")):
        label = f"width of the band, {label}, % of range (real > simulated)"
        row[label] = " > ".join(f"{width(gs, name):.0f}" for gs in (real, made))
    for name, label in (
        ("swing_peak", "swing peak, deg/s"),
        ("strike", "heel strike, m/s^2"),
        ("cv_time", "stride time CV, %"),
        ("cv_peak", "swing peak CV, %"),
    ):
        a, b = (np.median([getattr(g, name) for g in gs]) for gs in (real, made))
        row[label + " (real > simulated)"] = f"{a:.1f} > {b:.1f}" if a < 100 else f"{a:.0f} > {b:.0f}"
    return row


def width(gaits: list[Gait], name: str) -> float:
    """How far sensors lie apart, 5 to 95 %, mean over the stride, in percent of the median wave's range."""
    waves = np.array([getattr(gait, name) for gait in gaits])
    low, high = np.percentile(waves, [5, 95], axis=0)
    return float(100 * np.mean(high - low) / np.ptp(np.median(waves, axis=0)))


def draw(name: str, real: list[Gait], made: list[Gait], path: Path) -> None:
    """Median and 5-95 % band over sensors, real against simulated."""
    figure, axes = plt.subplots(2, 2, figsize=(8, 5), layout="constrained")
    panels = (
        ("rate", PHASE * 100, "sagittal rate, deg/s", "% of stride from end of swing"),
        ("force", PHASE * 100, "|acceleration|, m/s²", "% of stride from end of swing"),
        ("gyr_db", real[0].hz, "gyroscope, dB (deg/s)²/Hz", "Hz"),
        ("acc_db", real[0].hz, "accelerometer, dB (m/s²)²/Hz", "Hz"),
    )
    for axis, (field, x, label, below) in zip(axes.flat, panels, strict=True):
        for gaits, colour, who in ((real, "#3b6ea5", "real"), (made, "#c8553d", "simulated")):
            waves = np.array([getattr(g, field) for g in gaits])
            axis.fill_between(x, *np.percentile(waves, [5, 95], axis=0), color=colour, alpha=0.18, linewidth=0)
            axis.plot(x, np.median(waves, axis=0), color=colour, linewidth=1.6, label=f"{who}, {len(waves)} sensors")
        axis.set(ylabel=label, xlabel=below)
        axis.grid(alpha=0.25)
    axes[0, 0].legend(frameon=False, fontsize=8)
    figure.suptitle(name, fontsize=11)
    figure.savefig(path, dpi=100)
    plt.close(figure)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT.parent / "shared" / "data")
    folder = parser.parse_args().folder
    if not (folder / "read.py").is_file():
        sys.exit(f"No real recordings in {folder}: nothing can be compared. Name the folder that holds read.py.")
    PICTURES.mkdir(exist_ok=True)
    table: dict[str, dict[str, str]] = {}
    for name, group in GROUPS.items():
        real, made = collect(folder, *group)
        table[name] = compare(real, made)
        slug = name.split(" (")[0].replace(" ", "-").replace("m/s", "").strip("-").replace("/", "")
        draw(name, real, made, PICTURES / f"simulation-{slug}.png")
    lines = ["| | " + " | ".join(table) + " |", "|---|" + "---|" * len(table)]
    lines += [
        f"| {key} | " + " | ".join(row[key] for row in table.values()) + " |" for key in next(iter(table.values()))
    ]
    print("\n".join(lines))
    if PAGE.is_file():
        before, _, rest = PAGE.read_text().partition("<!-- table -->\n")
        PAGE.write_text(
            before + "<!-- table -->\n" + "\n".join(lines) + "\n<!-- end -->" + rest.partition("<!-- end -->")[2]
        )


if __name__ == "__main__":
    main()
