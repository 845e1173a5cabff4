"""Poses: the way of hanging that comes back is how somebody stands, however the sensor sits and on whichever legs."""

from __future__ import annotations

from math import cos, radians, sin

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surefoot.records import Side
from surefoot.signal.leans import Lean, Movement, Pose
from surefoot.signal.poses import Standing, hung, likeliest_of
from surefoot.signal.posture import SITTING, STANDING, Step

NOTHING, LEAN, STRIDE = Step(0.0, -4.0), Step(0.0, 1.0), Step(8.0, -4.0)
STILL, SWAY = Step(-0.15, -4.0), Step(0.25, -4.0)
NEVER: Standing = {}  # seen how this person stands
EVEN = (0.0, 0.2)  # scores before the first step


def tilted(deg: float) -> Pose:
    return (sin(radians(deg)), cos(radians(deg)), 0.0)


def course(*moments: Step | float, known: Standing = NEVER) -> tuple[list[int], Standing]:
    """Posture at each moment and how the person stands; a number is the left leg's tilt as it comes to rest."""
    steps: list[Step] = []
    poses: dict[int, tuple[Side, Pose]] = {}
    for k, moment in enumerate(moments):
        steps.append(moment if isinstance(moment, Step) else NOTHING)
        if not isinstance(moment, Step):
            poses[k] = ("left", tilted(moment))
    found, standing = likeliest_of(steps, poses, EVEN, known, ("left",))
    return [found.posture[k] for k in poses], standing


@pytest.mark.parametrize(
    ("moments", "postures"),
    [
        ([0.0, LEAN, 15.0, LEAN, 2.0], [STANDING, SITTING, STANDING]),
        ([0.0, LEAN, 15.0, SWAY, SWAY, LEAN, 2.0], [STANDING, SITTING, STANDING]),  # a foot plays below the seat
        ([15.0, LEAN, 0.0, LEAN, 15.0], [STANDING, SITTING, STANDING]),  # nothing tells it from the first
        ([15.0, LEAN, 0.0, STRIDE, 0.0, LEAN, 15.0], [SITTING, STANDING, STANDING, SITTING]),
        ([0.0, LEAN, 1.0], [STANDING, STANDING]),  # knees bent, hands raised: as before
        ([0.0, LEAN, 2.0, LEAN, 1.0], [STANDING, SITTING, STANDING]),  # but twice with a rest between them is a seat
        ([0.0, LEAN, 30.0, LEAN, 12.0, LEAN, 1.0], [STANDING, SITTING, SITTING, STANDING]),  # moved in the seat
        ([0.0, *[STILL] * 30, 10.0, *[STILL] * 30], [SITTING, SITTING]),  # nothing speaks for standing
    ],
)
def test_courses(moments: list[Step | float], postures: list[int]) -> None:
    assert course(*moments)[0] == postures


def test_how_somebody_stands_is_learned_where_he_walks_and_known_from_then_on() -> None:
    _, standing = course(12.0, LEAN, 0.0, STRIDE, 1.0)
    assert standing["left"] in (tilted(0.0), tilted(1.0))
    assert course(20.0, LEAN, 1.0, known=standing)[0] == [SITTING, STANDING]
    assert course(1.0, LEAN, 20.0, known=standing)[0] == [STANDING, SITTING]


def test_a_sensor_put_on_otherwise_is_learned_anew() -> None:
    _, standing = course(40.0, LEAN, 55.0, LEAN, 41.0, STRIDE, 40.0, known={"left": tilted(0.0)})
    assert standing["left"] == tilted(40.0)


def test_nothing_is_known_of_who_never_stood() -> None:
    assert course(0.0, *[STILL] * 40, 10.0, *[STILL] * 40, 20.0)[1] == {}


def test_the_last_pose_seen_is_held_no_surer_than_a_change_unseen() -> None:
    poses: dict[int, tuple[Side, Pose]] = {0: ("left", tilted(0.0)), 1: ("left", tilted(7.0)), 2: ("left", tilted(3.5))}
    found, standing = likeliest_of([NOTHING] * 3, poses, EVEN, NEVER, ("left",))
    assert standing["left"] == tilted(3.5), "the one between the others"
    sit, stand = found.scores[-1]
    assert stand - sit == pytest.approx(-NOTHING.change)


def test_of_two_legs_each_is_half_the_evidence() -> None:
    stood = {"left": tilted(0.0), "right": tilted(3.0)}
    one, both, alone = (
        likeliest_of([NOTHING] * 2, poses, EVEN, {side: stood[side] for side in sides}, sides)[0].scores[-1][STANDING]
        for poses, sides in (
            ({1: ("left", tilted(0.0))}, ("left", "right")),
            ({0: ("left", tilted(0.0)), 1: ("right", tilted(3.0))}, ("left", "right")),
            ({1: ("left", tilted(0.0))}, ("left",)),
        )
    )
    assert both - EVEN[STANDING] == pytest.approx(2 * (one - EVEN[STANDING]))
    assert both == pytest.approx(alone)


@given(st.lists(st.sampled_from([0.0, 2.0, 9.0, 17.0, 30.0, LEAN, SWAY, STILL]), max_size=12), st.integers(0, 99))
def test_how_the_sensor_sits_does_not_matter(moments: list[Step | float], seed: int) -> None:
    turn, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))
    steps = [x if isinstance(x, Step) else NOTHING for x in moments] or [NOTHING]
    straight = {k: tilted(x) for k, x in enumerate(moments) if not isinstance(x, Step)}
    turned = {k: tuple((turn @ np.array(pose)).tolist()) for k, pose in straight.items()}
    courses = [
        likeliest_of(steps, {k: ("left", pose) for k, pose in poses.items()}, EVEN, {}, ("left",))[0]
        for poses in (straight, turned)
    ]
    assert courses[0].sure == pytest.approx(courses[1].sure, abs=1e-3)
    pairs = zip(courses[0].posture, courses[1].posture, courses[0].sure, strict=True)
    assert all(a == b for a, b, sure in pairs if sure > 0.501)


def test_the_same_rest_says_nothing_twice() -> None:
    lean = Lean(20.5, 21.5, 21.0, 12.0, False)
    moved = [
        Movement(10.0, 11.0, tilted(0), tilted(2)),  # a toe that taps
        Movement(20.0, 22.0, tilted(2), tilted(1), (lean,)),
        Movement(30.0, 30.4, tilted(1), tilted(9)),  # a foot put elsewhere
        Movement(40.0, 44.0, tilted(9), None),  # off for a walk
        Movement(90.0, 94.0, tilted(9), tilted(8)),
    ]
    assert hung(moved, first=False) == [(22.0, tilted(1)), (30.4, tilted(9))]
    assert hung(moved, first=True)[0] == (10.0, tilted(0))
    assert hung([Movement(0.0, 3.0, None, tilted(5))], first=True) == [(3.0, tilted(5))]
