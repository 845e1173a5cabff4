"""Bare integration of a sensor's readings, to hold simulated readings against the motion they claim to come from."""

from __future__ import annotations

import numpy as np

G_MPS2 = 9.81


def attitudes(gyr_dps: np.ndarray, start: np.ndarray, rate_hz: float) -> np.ndarray:
    """(n, 3, 3) sensor axes to the world's at each sample, by turning with the mean rate of neighbours."""
    rates = np.deg2rad(0.5 * (gyr_dps[1:] + gyr_dps[:-1])) / rate_hz
    out = np.empty((len(gyr_dps), 3, 3))
    out[0] = start
    for k, v in enumerate(rates):
        angle = np.linalg.norm(v)
        x = np.array([[0, -v[2], v[1]], [v[2], 0, -v[0]], [-v[1], v[0], 0]])
        s, c = (1.0, 0.5) if angle < 1e-9 else (np.sin(angle) / angle, (1 - np.cos(angle)) / angle**2)
        out[k + 1] = out[k] @ (np.eye(3) + s * x + c * x @ x)
    return out


def way(acc: np.ndarray, turned: np.ndarray, rate_hz: float) -> tuple[np.ndarray, np.ndarray]:
    """How far from where it rested (3,) in metres of the world's axes, and the speeds (n, 3) on the way."""
    world = np.einsum("nij,nj->ni", turned, acc) - [0, 0, G_MPS2]
    speed = _integral(world, rate_hz)
    return _integral(speed, rate_hz)[-1], speed


def _integral(values: np.ndarray, rate_hz: float) -> np.ndarray:
    return np.concatenate([np.zeros((1, 3)), np.cumsum((values[1:] + values[:-1]) / 2, axis=0)]) / rate_hz
