"""What was done, over a sitting and over a day: sitting without a break, and how long of each thing.

For a hint to get up after half an hour or an hour of sitting (off unless asked for), and for what a patient can bear:
the longest walk and the longest time on the feet without a rest ("standing and walking tolerance").
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from surefoot.records import Activity, ActivityKind

ON_FEET: frozenset[ActivityKind] = frozenset(("walking", "stairs_up", "stairs_down", "standing"))
WALKING: frozenset[ActivityKind] = frozenset(("walking", "stairs_up", "stairs_down"))
SEATED: frozenset[ActivityKind] = frozenset(("sitting", "vehicle"))
IGNORED: frozenset[ActivityKind] = frozenset(("rising", "sitting_down", "unknown"))  # neither break nor rest by itself


@dataclass(frozen=True, slots=True)
class SittingParams:
    """When sitting has lasted too long, and what breaks it (P)."""

    remind_after_min: float | None = None  # None: no hints; 30 to 60 is usual
    again_after_min: float = 15.0  # a hint that was not followed is repeated so much later
    break_s: float = 60.0  # on the feet, lying, or the sensors off: a shorter stand is none
    hole_s: float = 120.0  # a longer time without any activity told ends what came before it


@dataclass(frozen=True, slots=True)
class ToleranceParams:
    """What may lie inside one walk or one time on the feet (P)."""

    rest_s: float = 10.0  # sitting or lying for longer ends a time on the feet
    stop_s: float = 10.0  # standing for longer ends a walk
    touch_s: float = 1.0  # two stretches of standing, or of sitting, with less between them are one


@dataclass(frozen=True, slots=True)
class ActivityTotals:
    """Minutes of a day in each posture; the longest walk and time on the feet without a rest, stand and sit."""

    walking_min: float
    standing_min: float
    sitting_min: float
    lying_min: float
    vehicle_min: float
    not_worn_min: float
    unknown_min: float
    longest_walk_min: float
    longest_on_feet_min: float
    longest_standing_min: float
    longest_sitting_min: float


class SittingWatch:
    """Activities in time order in; how long the person has been sitting, and when to say so, out."""

    def __init__(self, params: SittingParams = SittingParams()) -> None:
        self._params = params
        self._since_s: float | None = None
        self._up_s = 0.0  # spent otherwise since the person last sat
        self._end_s = 0.0  # of the last activity
        self._reminded_s: float | None = None

    @property
    def seated_min(self) -> float:
        """Without a break, up to the end of the last activity; 0 when not sitting."""
        return 0.0 if self._since_s is None else (self._end_s - self._since_s) / 60.0

    def update(self, activity: Activity) -> bool:
        """Take the next activity; true when it is time for a hint to get up."""
        p = self._params
        if self._since_s is not None and activity.start_s - self._end_s > p.hole_s:
            self._forget()
        self._end_s = max(self._end_s, activity.end_s)
        if activity.kind in SEATED:
            self._since_s = activity.start_s if self._since_s is None else self._since_s
            self._up_s = 0.0
            return self._due(activity)
        if activity.kind not in IGNORED and self._since_s is not None:
            self._up_s += activity.end_s - activity.start_s
            if self._up_s >= p.break_s:
                self._forget()
        return False

    def _due(self, activity: Activity) -> bool:
        p = self._params
        if p.remind_after_min is None or self.seated_min < p.remind_after_min:
            return False
        if self._reminded_s is not None and activity.end_s - self._reminded_s < 60.0 * p.again_after_min:
            return False
        self._reminded_s = activity.end_s
        return True

    def _forget(self) -> None:
        self._since_s, self._up_s, self._reminded_s = None, 0.0, None


def totals_of(
    activities: Sequence[Activity], start_s: float, end_s: float, params: ToleranceParams = ToleranceParams()
) -> ActivityTotals:
    """Sums over the part of these activities, given in time order, that lies in [start_s, end_s)."""
    inside = [(a.kind, max(a.start_s, start_s), min(a.end_s, end_s)) for a in activities]
    inside = [x for x in inside if x[1] < x[2]]

    def minutes(*kinds: ActivityKind) -> float:
        return sum(b - a for kind, a, b in inside if kind in kinds) / 60.0

    return ActivityTotals(
        walking_min=minutes(*WALKING),
        standing_min=minutes("standing"),
        sitting_min=minutes("sitting"),
        lying_min=minutes("lying"),
        vehicle_min=minutes("vehicle"),
        not_worn_min=minutes("not_worn"),
        unknown_min=minutes("unknown"),
        longest_walk_min=_longest(inside, WALKING, params.stop_s) / 60.0,
        longest_on_feet_min=_longest(inside, ON_FEET, params.rest_s) / 60.0,
        longest_standing_min=_longest(inside, frozenset(("standing",)), params.touch_s) / 60.0,
        longest_sitting_min=_longest(inside, frozenset(("sitting",)), params.touch_s) / 60.0,
    )


def _longest(
    inside: Iterable[tuple[ActivityKind, float, float]], kinds: frozenset[ActivityKind], pause_s: float
) -> float:
    """The longest span of these kinds with no pause beyond this, in seconds."""
    longest = 0.0
    began_s = reached_s = float("-inf")
    for kind, start_s, end_s in inside:
        if kind not in kinds:
            continue
        if start_s - reached_s > pause_s:
            began_s = start_s
        reached_s = end_s
        longest = max(longest, reached_s - began_s)
    return longest
