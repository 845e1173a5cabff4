"""Vibration: what a road, an engine, brakes and bends do to a leg whose foot rests on the floor of a vehicle.

One fixed tape (P: car and bus rides as everybody knows them) is played from any place. The floor moves both legs
alike; each leg also shakes a little on its own. Turning is small, so its pull of gravity is added to first order.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from surefoot.records import Array

TAPE_S = 600.0
_G_MPS2 = 9.81
_SPEED_MPS = 9.0  # sideways acceleration over speed is the rate of heading in a bend
_ROAD_MPS2 = (0.30, 0.25, 0.55)  # root mean square while driving: forward, left, up; ISO 2631 calls 0.5 "uncomfortable"
_ENGINE_MPS2 = 0.10
_LEAN_DPS = (2.2, 1.6)  # of tilt and roll


@dataclass(frozen=True, slots=True)
class Shake:
    """From which place of the tape a leg is shaken, from which its own share, and how hard (1 an ordinary road)."""

    floor: int
    own: int
    size: float = 1.0


def shake(acc: Array, gyr: Array, by: Shake, rate_hz: float) -> None:
    """Add it to ideal readings (n, 3) in place."""
    tape = _tape(rate_hz)
    at = np.arange(len(acc))
    common, own = (np.take(tape, at + offset, axis=0, mode="wrap") for offset in (by.floor, by.own))
    shaken = by.size * (common + 0.3 * own)
    acc += shaken[:, :3]
    gyr += shaken[:, 3:]


@lru_cache(maxsize=4)
def _tape(rate_hz: float) -> Array:
    """(n, 6): acceleration in m/s^2 with the pull of gravity on the lean, turn rate in deg/s."""
    drawn = np.random.default_rng(20040)  # a constant table
    n = int(TAPE_S * rate_hz)
    rolls = _driving(drawn, n, rate_hz)
    acc = np.zeros((n, 3))
    for axis, size in enumerate(_ROAD_MPS2):
        body, hop = _noise(drawn, n, rate_hz, 1.0, 4.0), _noise(drawn, n, rate_hz, 7.0, 20.0)
        acc[:, axis] = size * rolls * (0.8 * body + 0.6 * hop)
        acc[:, axis] += _ENGINE_MPS2 * _noise(drawn, n, rate_hz, 20.0, 25.0)
    acc[:, 0] += 0.35 * rolls * _noise(drawn, n, rate_hz, 0.02, 0.15) + _brakes(drawn, n, rate_hz)
    aside = 0.8 * rolls * _noise(drawn, n, rate_hz, 0.03, 0.15)
    acc[:, 1] += aside
    gyr = np.zeros((n, 3))
    for axis, size, pulled, sign in ((1, _LEAN_DPS[0], 0, -1.0), (0, _LEAN_DPS[1], 1, 1.0)):
        rate = size * rolls * _noise(drawn, n, rate_hz, 0.8, 8.0)
        lean = np.cumsum(rate) / rate_hz
        lean -= np.linspace(0, lean[-1], n)
        gyr[:, axis] = np.gradient(lean) * rate_hz
        acc[:, pulled] += sign * _G_MPS2 * np.deg2rad(lean - lean.mean())
    gyr[:, 2] = np.rad2deg(aside / _SPEED_MPS)
    return np.concatenate([acc, gyr], axis=1)


def _driving(drawn: np.random.Generator, n: int, rate_hz: float) -> Array:
    """1 on the road, less at lights and in queues, with soft edges."""
    seconds = np.arange(int(TAPE_S) + 1)
    stops = np.ones(len(seconds))
    for at in range(int(drawn.integers(20, 60)), len(seconds), 75):
        stops[at : at + int(drawn.integers(8, 30))] = 0.08
    rough = np.repeat(drawn.uniform(0.6, 1.5, len(seconds) // 20 + 1), 20)[: len(seconds)]
    return np.interp(np.arange(n) / rate_hz, seconds, np.convolve(stops * rough, np.ones(3) / 3, mode="same"))


def _brakes(drawn: np.random.Generator, n: int, rate_hz: float) -> Array:
    """Braking and pulling away, a minute apart."""
    acc, t = np.zeros(n), np.arange(n) / rate_hz
    for at in np.arange(15.0, TAPE_S - 20, 37.0):
        took = float(drawn.uniform(2, 5))
        s = np.clip((t - at) / took, 0, 1)
        acc += float(drawn.choice([-1, 1]) * drawn.uniform(0.8, 2.5)) * np.sin(np.pi * s) ** 2
    return acc


def _noise(drawn: np.random.Generator, n: int, rate_hz: float, low_hz: float, high_hz: float) -> Array:
    """Band-limited noise of root mean square 1; nothing where the rate cannot carry the band."""
    hz = np.fft.rfftfreq(n, 1 / rate_hz)
    weight = np.where((hz >= low_hz) & (hz <= high_hz), 1.0, 0.0)
    made = np.fft.irfft(weight * (drawn.standard_normal(len(hz)) + 1j * drawn.standard_normal(len(hz))), n)
    size = float(made.std())
    return made / size if size > 0 else made
