"""Posture: sitting or standing over time, from steps, leans and unrest together; the likeliest course is taken.

At an ankle sitting and standing look alike, and so do rising and sitting down. What tells them is the order of things:
walking is done standing, a lean of both shanks changes the one into the other, a standing leg sways. Each is worth some
log-odds; the course of the two postures with most of them in total is found by dynamic programming (Viterbi), each
moment's confidence by how much worse the best course through the other posture is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp

SITTING, STANDING = 0, 1


@dataclass(frozen=True, slots=True)
class PostureParams:
    """Worth of evidence in log-odds; all P, set on umafall and simulated rises."""

    unseen: float = 4.0  # price of a change without a lean
    both_legs: float = 3.0  # worth of a change at a lean of both shanks together
    both_rough: float = 1.5
    one_worn: float = 1.0  # of the only leg with a sensor
    unrecorded: float = 0.2  # the same, in a slot without readings
    flat: float = 1.0  # against standing, of a slot in which the shanks lie flat
    walking: float = 8.0  # for standing, of a stride
    at_first: float = 0.2  # for standing, before anything is known


@dataclass(frozen=True, slots=True)
class Step:
    """A moment: what it says for standing, and what a change of posture is worth in it."""

    standing: float = 0.0
    change: float = 0.0


@dataclass(frozen=True, slots=True)
class Course:
    """After each step: the posture, whether it changed with the step, and how sure it is (0.5 to 1)."""

    posture: list[int]
    changed: list[bool]
    sure: list[float]
    scores: list[tuple[float, float]]  # of sitting and standing, from what came before only


def likeliest(steps: Sequence[Step], start: tuple[float, float]) -> Course:
    """The best course through these steps; ``start``: scores of sitting and standing before the first."""
    forward: list[tuple[float, float]] = []
    sit, stand = start
    for step in steps:
        sit, stand = max(sit, stand + step.change), max(stand, sit + step.change) + step.standing
        forward.append((sit, stand))
    posture, changed, sure = [0] * len(steps), [False] * len(steps), [0.0] * len(steps)
    after_sit = after_stand = 0.0
    now = STANDING if stand > sit else SITTING
    for k in range(len(steps) - 1, -1, -1):
        step = steps[k]
        margin = (forward[k][1] + after_stand) - (forward[k][0] + after_sit)
        posture[k] = now
        sure[k] = 1.0 / (1.0 + exp(-min(abs(margin), 50.0)))
        stay_sit, stay_stand = after_sit, after_stand + step.standing
        after_sit, after_stand = max(stay_sit, stay_stand + step.change), max(stay_stand, stay_sit + step.change)
        before = forward[k - 1] if k else start
        if before[1 - now] + step.change > before[now]:
            now, changed[k] = 1 - now, True
    return Course(posture, changed, sure, forward)
