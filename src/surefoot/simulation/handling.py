"""Handling: sensors taken off the legs, left on a table, and put on again another way round."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from surefoot.records import SIDES, Array, Side
from surefoot.simulation import gait
from surefoot.simulation.person import Walker
from surefoot.simulation.pulses import Channel, Pulse
from surefoot.simulation.scene import Scene
from surefoot.simulation.script import Script
from surefoot.simulation.sensor import Sensor


@dataclass(frozen=True, slots=True)
class Pose:
    """How a sensor's segment axes are turned against the world, in degrees; the heading cannot be read."""

    tilt_deg: float
    roll_deg: float
    twist_deg: float

    @property
    def rotation(self) -> Array:
        """(3, 3), segment axes to the world's."""
        (ct, st), (cr, sr), (cw, sw) = (
            (np.cos(a), np.sin(a)) for a in np.deg2rad([self.tilt_deg, self.roll_deg, self.twist_deg])
        )
        tilt = np.array([[ct, 0, st], [0, 1, 0], [-st, 0, ct]])
        roll = np.array([[1, 0, 0], [0, cr, -sr], [0, sr, cr]])
        twist = np.array([[cw, -sw, 0], [sw, cw, 0], [0, 0, 1]])
        return tilt @ roll @ twist

    @property
    def up(self) -> Array:
        """(3,) which way is up, in segment axes."""
        return self.rotation[2]


def standing_pose(walker: Walker, side: Side) -> Pose:
    """Of a shank at rest, feet on the floor."""
    tilt, roll, twist = np.rad2deg(walker.cycle(side).shank[[gait.TILT, gait.ROLL, gait.TWIST], 0])
    return Pose(float(tilt), float(roll), float(twist))


def final_pose(scene: Scene, walker: Walker, side: Side) -> Pose:
    """In which a scene without strides leaves a segment."""
    left = {
        channel: sum(float(p.course[-1]) for p in scene.pulses.get(side, ()) if p.channel == channel)
        for channel in ("tilt", "roll", "twist")
    }
    start = standing_pose(walker, side)
    return Pose(start.tilt_deg + left["tilt"], start.roll_deg + left["roll"], start.twist_deg + left["twist"])


def remounted(pose: Pose, old: Sensor, new: Sensor) -> Pose:
    """The same sensor lying where it lay, told as the pose of the segment it is about to be mounted on."""
    s = pose.rotation @ old.rotation.T @ new.rotation
    tilt, roll = np.arcsin(np.clip(-s[2, 0], -1, 1)), np.arctan2(s[2, 1], s[2, 2])
    return Pose(float(np.rad2deg(tilt)), float(np.rad2deg(roll)), 0.0)


def taking_off(walker: Walker, rng: np.random.Generator, start_s: float = 0.0, *, off_s: float = 60.0) -> Scene:
    """Sitting; the sensors come off one after the other, are turned about and put down, and lie ``off_s``."""
    script = Script(walker, start_s)
    end_s = 0.0
    for i, side in enumerate(SIDES if rng.random() < 0.5 else SIDES[::-1]):
        begin = 2.0 + i * float(rng.uniform(3, 8))
        end_s = begin + _turned_about(script, side, begin, rng, None)
        script.bump(side, float(rng.uniform(0.3, 1.5)), end_s - 0.1)
    script.spend("handled", end_s + 0.5)
    script.spend("off", off_s)
    return script.scene()


def putting_on(
    walker: Walker, rng: np.random.Generator, start_s: float = 0.0, *, poses: Mapping[Side, Pose], off_s: float = 5.0
) -> Scene:
    """The sensors lie as ``poses`` say, are picked up one after the other, turned about and strapped on, sitting."""
    script = Script(walker, start_s)
    end_s = 0.0
    for i, side in enumerate(SIDES if rng.random() < 0.5 else SIDES[::-1]):
        begin = off_s + i * float(rng.uniform(5, 10))
        end_s = begin + _turned_about(script, side, begin, rng, poses[side])
    script.spend("off", off_s)
    script.spend("handled", end_s - off_s + 1.0)
    return script.scene()


def _turned_about(script: Script, side: Side, begin_s: float, rng: np.random.Generator, pose: Pose | None) -> float:
    """Turn a sensor about for some seconds: off the leg, or from ``pose`` onto it. How long it took (s)."""
    took = 0.0
    there: dict[Channel, float] = {"tilt": 0.0, "roll": 0.0, "twist": 0.0}
    if pose is not None:
        worn = standing_pose(script.walker, side)
        there["tilt"] = pose.tilt_deg - worn.tilt_deg
        there["roll"] = pose.roll_deg - worn.roll_deg
        there["twist"] = pose.twist_deg - worn.twist_deg
        script.pulses[side] += [Pulse(script.start_s, np.full(2, by), channel) for channel, by in there.items()]
    turns = int(rng.integers(5, 12))
    for number in range(turns):
        each = float(rng.uniform(0.35, 1.2))
        for channel in there:
            to = float(rng.uniform(-140, 140))
            if number == turns - 1 and pose is not None:
                to = 0.0
            script.turn(side, to - there[channel], each, begin_s + took, channel)
            there[channel] = to
        script.turn(side, float(rng.uniform(-120, 120)), each, begin_s + took, "heading")
        for way in ("forward", "left", "up"):
            script.swing(side, float(rng.uniform(-0.3, 0.3)), (0.5 * each, 0.0, 0.5 * each), begin_s + took, way)
        took += each * float(rng.uniform(0.8, 1.5))
    took += 0.3
    for _ in range(int(rng.integers(2, 5))):  # the strap
        size = float(rng.uniform(3, 12)) * (pose is not None)
        script.swing(side, size, (0.2, 0.0, 0.25), begin_s + took, "twist")
        took += 0.5
    return took
