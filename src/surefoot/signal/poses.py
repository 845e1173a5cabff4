"""Poses: how the legs hang between movements; somebody stands as he stood before, and sits as it happens.

Who stands has the foot below the knee, so a shank comes back to where it was, within some degrees. Below a seat the
foot goes anywhere, and the shank with it, until it is moved again. How this person stands is not known beforehand: each
pose seen is tried as that one, and the likeliest course of all (``posture.py``) tells it as well. A pose tried must be
stood in where it was seen, which is no evidence; those that are like it then speak for standing, others for sitting.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from surefoot.records import Side
from surefoot.signal.leans import Movement, Pose, apart_deg
from surefoot.signal.posture import Course, Step, likeliest

Standing = Mapping[Side, Pose]  # of every leg worn, or of none where it is not known


@dataclass(frozen=True, slots=True)
class PoseParams:
    """Worth of a pose in log-odds; P, set on umafall: who rises stands within 3 deg (median) of how he stood before he
    sat down, 22 of 23 within 8, and sits 12 deg from it, 21 of 23 by 5 to 34."""

    same: float = 1.5  # for standing, as somebody stood before; of both legs, or of the only one
    apart_deg: float = 8.0  # so far from it a pose says nothing, farther it speaks for sitting
    most: float = 1.5  # against standing, however far: weight on the other leg bends a knee too
    alike_deg: float = 3.0  # nearer to each other, two poses are one
    tried: int = 8  # poses of half a minute that may be the one


def hung(movements: Sequence[Movement], first: bool, params: PoseParams = PoseParams()) -> list[tuple[float, Pose]]:
    """When a leg came to hang how, behind each of its movements; ``first``: and before the first of them.

    What moved, but neither leaned nor hangs otherwise behind, is the same rest: it says nothing twice.
    """
    told: list[tuple[float, Pose]] = []
    for k, x in enumerate(movements):
        if k == 0 and first and x.before:
            told.append((x.start_s, x.before))
        if x.behind and (x.leans or not x.before or apart_deg(x.before, x.behind) > params.alike_deg):
            told.append((x.end_s, x.behind))
    return told


def likeliest_of(
    steps: Sequence[Step],
    poses: Mapping[int, tuple[Side, Pose]],
    start: tuple[float, float],
    known: Standing,
    sides: Sequence[Side],
    params: PoseParams = PoseParams(),
) -> tuple[Course, Standing]:
    """The best course through these steps, and how this person stands; ``poses``: by the number of their step."""
    best, standing = likeliest(steps, start), known
    most = max(best.scores[-1])
    for tried, at in _tried(poses, known, sides, params):
        these = list(steps)
        for k, (side, pose) in poses.items():
            worth = _FOR_SURE if k == at else _worth(pose, tried[side], params) / len(sides)
            these[k] = replace(steps[k], standing=steps[k].standing + worth)
        course = likeliest(these, start)
        if at is not None:  # right behind it the posture may change again
            sit, stand = course.scores[at]
            course.scores[at] = max(sit, stand + these[at].change), stand
        total = max(course.scores[-1]) - (0.0 if at is None else _FOR_SURE)
        if total > most + _LEAST:
            best, standing, most = course, tried, total
    return best, standing


def _worth(pose: Pose, standing: Pose, p: PoseParams) -> float:
    return max(-p.most, p.same * (1.0 - (apart_deg(pose, standing) / p.apart_deg) ** 2))


def _tried(
    poses: Mapping[int, tuple[Side, Pose]], known: Standing, sides: Sequence[Side], p: PoseParams
) -> Iterator[tuple[Standing, int | None]]:
    """How the legs may stand, each way once, and the step it was seen at; what is known first."""
    ways = [known] if known else []
    yield from ((way, None) for way in ways)
    now = dict(reversed(list(poses.values()))) | dict(known)  # of a leg not yet seen: as it will hang first
    for k, (side, pose) in poses.items():
        now = now | {side: pose}
        if len(ways) == p.tried or len(now) < len(sides):
            return
        if all(any(apart_deg(now[s], way[s]) > p.alike_deg for s in sides) for way in ways):
            ways.append(now)
            yield now, k


_FOR_SURE = 100.0  # log-odds
_LEAST = 1e-6  # by which a way of standing must be likelier than one tried before: rounding decides nothing
