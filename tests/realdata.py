"""Real recordings for the tests: where they are, and one of their sensors as a file of ours."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT.parent / "shared" / "data"
HEADER = "time_s,acc_x,acc_y,acc_z,gyr_x,gyr_y,gyr_z"


@cache
def _reader() -> ModuleType:
    path = DATA / "read.py"
    spec = importlib.util.spec_from_file_location("surefoot_real_recordings", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # its dataclasses look themselves up there
    spec.loader.exec_module(module)
    return module


def need() -> None:
    """Stop here without the real recordings: skip, loudly; with ``CI`` set, fail."""
    if (DATA / "read.py").is_file():
        return
    told = f"REAL RECORDINGS ABSENT: nothing at {DATA.relative_to(ROOT.parent)} beside the project"
    if os.environ.get("CI"):
        pytest.fail(f"{told}; with CI set they must be there")
    pytest.skip(f"{told}; this test proves nothing here")


def recordings(*sets: str) -> Iterator[Any]:
    """Every real recording of the named sets (all when none is named), in a fixed order.

    Each has ``set id rate_hz sensors reference info``; ``sensors["left_shank"]`` is (acc m/s^2, gyr deg/s), (n, 3).
    """
    need()
    yield from _reader().recordings(*sets)


def recording(set_name: str, recording_id: str) -> Any:
    """One real recording by name."""
    need()
    return _reader().read(DATA / set_name / f"{recording_id}.npz")


def write_csv(sensor: tuple[np.ndarray, np.ndarray], path: Path, rate_hz: float = 100.0, start_s: float = 0.0) -> Path:
    """One real sensor (acc, gyr) as a CSV file of ours; returns ``path``."""
    acc, gyr = sensor
    times = start_s + np.arange(len(acc)) / rate_hz
    rows = np.column_stack([times, acc, gyr])
    np.savetxt(path, rows, fmt=["%.6f", *["%.4f"] * 6], delimiter=",", header=HEADER, comments="")
    return path
