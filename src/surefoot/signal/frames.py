"""Frames: the axes of a sensor from what was summed of walking, many at once."""

from __future__ import annotations

import numpy as np

from surefoot.records import Array


def frames_of(axis: Array, up: Array) -> Array:
    """Rotations (k, 3, 3) whose rows are forward, up and medio-lateral."""
    vertical = np.where(np.any(up, axis=1, keepdims=True), up, _any_across(axis))
    vertical = vertical - (vertical * axis).sum(axis=1)[:, None] * axis
    vertical /= np.linalg.norm(vertical, axis=1)[:, None]
    return np.stack([_cross(vertical, axis), vertical, axis], axis=1)


def axes_of(shape: Array, gravity_mps2: float) -> tuple[Array, Array]:
    """Medio-lateral axis, its sign still open, and up (zero where there is no gravity), each (k, 3)."""
    acc = shape[:, 10:13] / shape[:, :1]
    size = np.linalg.norm(acc, axis=1)
    up = np.where((size > gravity_mps2)[:, None], acc / np.maximum(size, 1e-9)[:, None], 0.0)
    across = np.eye(3) - up[:, :, None] * up[:, None, :]
    axes = np.linalg.eigh(across @ shape[:, 1:10].reshape(-1, 3, 3) @ across)[1]
    return np.ascontiguousarray(axes[:, :, 2]), up


def _cross(a: Array, b: Array) -> Array:
    return np.asarray(a[:, _NEXT] * b[:, _LAST] - a[:, _LAST] * b[:, _NEXT])


_NEXT, _LAST = [1, 2, 0], [2, 0, 1]


def _any_across(axis: Array) -> Array:
    """Some direction across each axis, for recordings without gravity: tilt cannot be said there anyway."""
    return np.asarray(np.eye(3)[np.argmin(np.abs(axis), axis=1)])


def angles_deg(acc: Array, upright: Array) -> Array:
    """Of (3, n) accelerations from upright (3,), degrees (n,)."""
    size = np.sqrt((acc * acc).sum(axis=0) * (upright * upright).sum())
    return np.asarray(np.rad2deg(np.arccos(np.clip(upright @ acc / np.maximum(size, 1e-9), -1.0, 1.0))))
