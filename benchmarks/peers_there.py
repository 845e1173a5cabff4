"""The peers' side of ``peers.py``: run by the Python of their own environment, imports nothing of surefoot.

    .venv-peers/bin/python -I benchmarks/peers_there.py FOLDER [ROUNDS]

Reads FOLDER/NNNN.npz (one sensor each) and FOLDER/hour.npz (two legs), whose axes point forward, left and up; writes
FOLDER/found.npz (contacts, s) and FOLDER/told.json (what ran, what did not and why, versions, speed).
"""

from __future__ import annotations

import importlib
import json
import sys
import time
import warnings
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from scipy.signal import butter, sosfilt

COLUMNS = ("acc_x", "acc_y", "acc_z", "gyr_x", "gyr_y", "gyr_z")
PACKAGES = ("gaitmap", "gaitmap-mad", "pomegranate", "protopunica", "numpy", "scipy")
Method = tuple[Any, Any]  # what segments, what finds the events in the segments


def with_pomegranate() -> str | None:
    """Let gaitmap find its HMM library, or the same library under another name; None, or why there is none."""
    try:
        importlib.import_module("pomegranate.hmm")
    except ImportError:
        try:
            importlib.import_module("protopunica.hmm")  # pomegranate 0.14.8, frozen, built for newer Pythons
        except ImportError:
            return f"needs pomegranate < 0.15, which Python {sys.version_info.major}.{sys.version_info.minor} has not"
        for name, module in list(sys.modules.items()):
            if name.split(".")[0] == "protopunica":
                sys.modules[name.replace("protopunica", "pomegranate", 1)] = module
    return None


def methods() -> tuple[dict[str, Method], dict[str, str]]:
    """What can be run here; and what cannot, with the reason."""
    names = ("gaitmap DTW, Rampp", "gaitmap constrained DTW, Rampp", "gaitmap HMM, Rampp", "gaitmap HMM, Herzer")
    try:
        events = importlib.import_module("gaitmap.event_detection")
        strides = importlib.import_module("gaitmap.stride_segmentation")
        rampp, herzer = events.RamppEventDetection(), events.HerzerEventDetection()
        found = {names[0]: (strides.BarthDtw(), rampp), names[1]: (strides.ConstrainedBarthDtw(), rampp)}
    except (ImportError, AttributeError) as error:
        return {}, {name: str(error) for name in names}
    reason = with_pomegranate()
    if reason is None:
        hmm = importlib.import_module("gaitmap.stride_segmentation.hmm")
        segmentation = hmm.HmmStrideSegmentation(hmm.PreTrainedRothSegmentationModel())
        found |= {names[2]: (segmentation, rampp), names[3]: (segmentation, herzer)}
    return found, {name: str(reason) for name in names if name not in found}


def frame(data: np.ndarray, side: str) -> Any:
    """A sensor in gaitmap's body frame, which mirrors the legs."""
    table = importlib.import_module("pandas").DataFrame(data, columns=list(COLUMNS))
    conversion = importlib.import_module("gaitmap.utils.coordinate_conversion")
    return (conversion.convert_left_foot_to_fbf if side == "left" else conversion.convert_right_foot_to_fbf)(table)


def segmented(segmentation: Any, data: Any, rate_hz: float) -> Any:
    """A table of strides."""
    return segmentation.segment(data, sampling_rate_hz=rate_hz).stride_list_


def contacts(events: Any, strides: Any, data: Any, rate_hz: float) -> tuple[np.ndarray, np.ndarray]:
    """Initial and final contact of every stride, s."""
    if len(strides) == 0:
        return np.empty(0), np.empty(0)
    found = events.detect(data=data, stride_list=strides, sampling_rate_hz=rate_hz).annotated_original_event_list_
    return found["ic"].to_numpy() / rate_hz, found["tc"].to_numpy() / rate_hz


def speed(method: Method, legs: list[Any], one_pass: Callable[[], object], rounds: int) -> list[float]:
    """Quartiles of the ratio to the passes before and behind, and median seconds, all of processor time."""

    def seconds(what: Callable[[], object]) -> float:
        began = time.process_time()
        what()
        return time.process_time() - began

    def whole(data: Any) -> None:
        contacts(method[1], segmented(method[0], data, 100.0), data, 100.0)

    whole(legs[0].iloc[:6000])  # compile
    one_pass()
    passes, spent = [seconds(one_pass)], []
    for _ in range(rounds):
        spent.append(seconds(lambda: [whole(leg) for leg in legs]))
        passes.append(seconds(one_pass))
    ratio = np.array(spent) / ((np.array(passes[1:]) + np.array(passes[:-1])) / 2)
    return [*np.quantile(ratio, (0.25, 0.5, 0.75)).tolist(), float(np.median(spent))]


def versions() -> dict[str, str]:
    there = {"Python": sys.version.split()[0]}
    for name in PACKAGES:
        try:
            there[name] = version(name)
        except PackageNotFoundError:
            continue
    return there


def main(folder: Path, rounds: int) -> None:
    warnings.simplefilter("ignore")  # pandas' and gaitmap's advice to their own users
    run, missing = methods()
    found: dict[str, np.ndarray] = {}
    for path in sorted(folder.glob("[0-9]*.npz")) if run else ():
        with np.load(path) as sensor:
            data, rate_hz = frame(sensor["data"], str(sensor["side"])), float(sensor["rate_hz"])
        strides = {id(s): segmented(s, data, rate_hz) for s in dict.fromkeys(s for s, _ in run.values())}
        for name, (segmentation, events) in run.items():
            found[f"{name}/{path.stem}"] = np.array(contacts(events, strides[id(segmentation)], data, rate_hz))
    times: dict[str, list[float]] = {}
    if rounds and run:
        with np.load(folder / "hour.npz") as hour:
            legs = [frame(hour[side], side) for side in ("left", "right")]
            numbers = np.ascontiguousarray(np.concatenate([hour["left"].T, hour["right"].T]))
        sos = butter(4, 15.0, fs=100.0, output="sos")
        one_each = {name: m for name, m in run.items() if name.endswith("Rampp")}  # events cost next to nothing
        times = {name: speed(m, legs, lambda: sosfilt(sos, numbers, axis=1), rounds) for name, m in one_each.items()}
    np.savez(folder / "found.npz", **found)
    told = {"missing": missing, "versions": versions(), "speed": times}
    (folder / "told.json").write_text(json.dumps(told), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0)
