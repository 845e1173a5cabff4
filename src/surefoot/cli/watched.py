"""The walk as the gateway watches it: the mounting check sees all that is found, and its verdicts are kept and told."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

from surefoot.cli.board import Board
from surefoot.cli.marks import Marks
from surefoot.pipeline.habit import habit_of
from surefoot.pipeline.mounting import MountingCheck
from surefoot.pipeline.retold import Retold
from surefoot.pipeline.store import Store
from surefoot.records import Donning, Gap, Minute, Placement, Samples, Side
from surefoot.signal.told import WalkFindings, WalkParams
from surefoot.signal.walk import WalkStream

HABIT_DAYS = 3  # the last ones that count tell the patient's habit
MINUTES = 4 * 1440  # kept of both legs: two days of them
USUAL_S = 60 * 86400.0  # donnings of so long tell how the sensors usually sit


class WatchedWalk(WalkStream):
    """A walk, what the mounting check says of it and the patient by taps, in the thread that works on it."""

    def __init__(
        self,
        sides: Sequence[Side],
        placement: Placement,
        params: WalkParams,
        check: MountingCheck,
        told: Callable[[Donning], None],
        retold: Retold,
        marks: Marks,
    ) -> None:
        super().__init__(sides, placement, params)
        self._check, self._told, self._retold, self._marks = check, told, retold, marks
        self.minutes: deque[Minute] = deque(maxlen=MINUTES)

    def update(self, item: Samples | Gap) -> WalkFindings:
        self._marks.update(item)
        return self._watched(super().update(item))

    def close(self) -> WalkFindings:
        return self._watched(super().close())

    def _watched(self, findings: WalkFindings) -> WalkFindings:
        for donning in self._check.update(findings):
            self._told(donning)
        self.minutes += findings.minutes
        return self._retold.named(findings)


def mounting_check(store: Store, sides: Sequence[Side], placement: Placement, now_s: float) -> MountingCheck:
    """A check that knows this patient: how the sensors sat before, and the habit of earlier days."""
    counted = [day for day in store.days(store.gateway()) if not day.missing][-HABIT_DAYS:]
    strides = [stride for day in counted for stride in store.strides(day.start_s, day.end_s)]
    return MountingCheck(sides, placement, store.donnings(now_s - USUAL_S, now_s), habit_of(strides))


def show(walk: WatchedWalk | None, board: Board) -> None:
    """What a walk tells of itself beside what it finds."""
    board.walked = walk.clock_offset if walk else None
    board.minutes = walk.minutes if walk else ()
