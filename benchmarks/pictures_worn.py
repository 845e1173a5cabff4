"""Pictures of how sensors are worn: left and right legs, a sensor that slips, two clocks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from drawing import BLUE, GREEN, GREY, INK, RED, canvas, leg, legend, save
from scipy.spatial.transform import Rotation

from surefoot.records import SIDES, Array, ClockCheck, Samples
from surefoot.signal.alignment import Aligned
from surefoot.signal.contacts import ROLL
from surefoot.signal.sides import LANDING_S, SideParams
from surefoot.signal.slipping import SlipParams, angle_deg
from surefoot.signal.walk import WalkStream, analyze

MARKS = {"left": (RED, "v"), "right": (BLUE, "^")}


def sides(read: Any, folder: Path) -> Path:
    """What the shank does out of the sagittal plane as it lands, and the number made of it, leg by leg."""
    figure, (wave, numbers) = canvas(1, 2, size=(9, 3.4), width_ratios=(1, 1.2))
    places = (("marpino", "young, elderly"), ("movingreality", "after stroke"))
    for k, (which, _) in enumerate(places):
        for j, recording in enumerate(read.recordings(which)):
            for side in SIDES:
                colour, mark = MARKS[side]
                sensor = recording.sensors[f"{side}_shank"]
                walk = analyze({side: sensor}, recording.rate_hz)
                own = walk.strides["side_sign"][walk.strides["valid"]]
                x = 40 * k + j
                numbers.plot(x, np.median(own), mark, color=colour, markersize=5)
                if which == "movingreality" and j % 5 == 0:
                    t, rolled = _around_landing(sensor, recording.rate_hz)
                    wave.plot(t, rolled, color=colour, linestyle="-" if side == "left" else "--", linewidth=0.9)
    wave.axvspan(*LANDING_S, color="#e5e5e5")
    wave.set(xlabel="s from the end of the swing", ylabel="roll rate, share of the swing's peak")
    wave.set_title("medians of six trials (left -, right - -)")
    for limit in (SideParams().least_shank, -SideParams().least_shank):
        numbers.axhline(limit, color=GREY, linestyle=":", linewidth=1)
    for side in SIDES:
        numbers.plot([], [], MARKS[side][1], color=MARKS[side][0], label=f"{side} leg", linestyle="")
    numbers.set_xticks([9, 53], [words for _, words in places])
    numbers.set(title="the leg's number; dotted: the least believed", ylim=(-0.32, 0.32))
    legend(numbers, "upper right", ncols=2)
    return save(figure, folder, "sides", "Which leg is which: ankles, mounting not told; truth: the recordings' names")


def _around_landing(sensor: tuple[Array, Array], rate_hz: float) -> tuple[Array, Array]:
    seen = leg(sensor, rate_hz, "shank")
    around = np.arange(-round(0.2 * rate_hz), round(0.3 * rate_hz))
    inside = (seen.swings.ended > 40) & (seen.swings.ended < seen.body.end - 60)
    at = seen.swings.ended[inside, None] + around - seen.body.start
    return around / rate_hz, np.median(seen.row(ROLL)[at] / seen.swings.height[inside, None], axis=0)


def slips(read: Any, folder: Path) -> Path:
    """A sensor turned by 30 deg half-way through a real walk: how far each frame stands from the settled one."""
    recording = list(read.recordings("movingreality"))[4]
    acc, gyr = recording.sensors["right_shank"]
    half, rate_hz = len(acc) // 2, recording.rate_hz
    up = acc.mean(axis=0) / np.linalg.norm(acc.mean(axis=0)) + 0.3 * np.eye(3)[0]
    turn = Rotation.from_rotvec(np.deg2rad(30.0) * up / np.linalg.norm(up))
    acc, gyr = (np.concatenate([x[:half], turn.apply(x[half:])]) for x in (acc, gyr))
    stream, step = WalkStream(["right"]), round(2 * rate_hz)
    rows: list[tuple[float, float, float]] = []
    home, told = None, []
    for k in range(0, len(acc), step):
        block = Samples("right", "shank", k / rate_hz, rate_hz, acc[k : k + step], gyr[k : k + step])
        told += [c.at_s for c in stream.update(block).checks if hasattr(c, "turned_deg")]
        state = stream.mounting("right")
        if isinstance(state, Aligned):
            home = state.rotation if home is None and block.end_s > 45 else home
            if home is not None:
                rows.append((block.end_s, angle_deg(home, state.rotation), angle_deg(home, state.lately)))
    told += [c.at_s for c in stream.close().checks if hasattr(c, "turned_deg")]
    at_s, minute, lately = np.array(rows).T
    figure, axis = canvas(1, size=(9, 3.0))
    axis.axvline(half / rate_hz, color=GREEN, linewidth=1.8, label="true: the sensor is turned by 30 deg")
    axis.plot(at_s, minute, color=INK, marker=".", label="frame of the last minute")
    axis.plot(at_s, lately, color=BLUE, linestyle="--", marker="x", label="frame of the last 16 s of walking")
    for limit, colour in ((SlipParams().slipped_deg, INK), (SlipParams().slipped_lately_deg, BLUE)):
        axis.axhline(limit, color=colour, linestyle=":", linewidth=1)
    for k, at in enumerate(told):
        axis.axvline(at, color=RED, linestyle="-.", label=None if k else "found: slipped")
    axis.set(xlabel="s", ylabel="deg from where it had settled")
    legend(axis, "upper left")
    return save(figure, folder, "slips", "A sensor that slips on the leg: an ankle after stroke, turned on purpose")


def clocks(read: Any, folder: Path) -> Path:
    """Real ankles whose clocks are set apart on purpose: what is told against what was done."""
    figure, axis = canvas(1, size=(5, 3.6))
    for recording in list(read.recordings("movingreality"))[::3]:
        truth, told = [], []
        for late in (-4, -2, 0, 2, 4):
            sensors = {side: recording.sensors[f"{side}_shank"] for side in SIDES}
            side = "left" if late > 0 else "right"
            sensors[side] = tuple(x[abs(late) :] for x in sensors[side])
            checks = [c for c in analyze(sensors, recording.rate_hz).checks if isinstance(c, ClockCheck)]
            if checks:
                truth.append(1000 * late / recording.rate_hz)
                told.append(1000 * checks[-1].offset_s)
        axis.plot(truth, told, "-", marker="v", color=RED, linewidth=0.7, markersize=5)
    axis.plot([-40, 40], [-40, 40], color=GREEN, linewidth=1.8, label="true, if they stood together before")
    axis.set(xlabel="set apart by, ms", ylabel="found, ms", title="one line a trial")
    legend(axis, "upper left")
    return save(figure, folder, "clocks", "Clocks set apart: ankles after stroke")
