"""The mounting check: from the first steps after the sensors were put on, how they sit and on which leg.

Which leg: how the feet land decides (``signal.sides``); the patient's habit and the usual seats are added to it, and
count for little. How it sits: the frame found from walking against the frames of earlier good donnings. Every mounting
measures alike, so a sensor upside down is told and nothing more; what must be put right is told as such.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

from surefoot.pipeline.habit import COMPARED, Habit, HabitParams, differences
from surefoot.pipeline.steps import Step, in_order
from surefoot.pipeline.verdicts import Facts, Verdict, words
from surefoot.records import SIDES, Donning, Placement, Side, SideCheck, Slip
from surefoot.signal.seats import Frame, Seat, away_deg, tilted_deg, turned_deg
from surefoot.signal.sides import SideParams
from surefoot.signal.told import WalkFindings


@dataclass(frozen=True, slots=True)
class MountingParams:
    """All P; set on movingreality, marpino and terrain (docs/methods.md, Mounting)."""

    strides: int = 8  # valid ones of each worn leg: twenty steps
    enough_strides: int = 15  # up to so many a verdict must be surer: ``early_points``
    most_strides: int = 20  # by then a verdict is told, if only that it cannot be said
    exchange_s: float = 30.0  # without a stride: nobody exchanges two straps in less
    pause_s: float = 600.0  # without a stride: the sensors may have been put on anew
    side_weight: float = 3.0  # points for the least evidence that ``SideParams`` believes
    most_habit: float = 5.0  # points: decides alone where the feet say nothing
    seat_points: float = 3.0
    least_points: float = 4.0  # for a verdict on which leg is which
    early_points: float = 6.0
    same_seat_deg: float = 35.0
    other_seat_deg: float = 70.0
    loose_shank_deg: float = (
        16.0  # the frame of the last strides from the first one: outdoors 12.7 in 99 of 100 minutes
    )
    loose_foot_deg: float = 60.0  # a dragged foot wanders by up to 56
    loose_blocks: int = 20  # of walking, two seconds each; behind them ``signal.slipping`` has settled and watches
    fresh_s: float = 5.0  # a first frame this long after the first stride was learned in this donning
    usual_donnings: int = 20  # the last good ones, with the nearest of which a seat is compared
    settling_strides: int = 60  # of both legs; up to then an older frame may still be leaving


@dataclass(slots=True)
class _Worn:
    """What was seen since ``start_s``."""

    start_s: float
    last_s: float
    signs: dict[Side, list[float]]
    numbers: dict[Side, dict[str, list[float]]]
    first: dict[Side, Seat] = field(default_factory=dict)
    seats: dict[Side, Seat] = field(default_factory=dict)
    blocks: Counter[Side] = field(default_factory=Counter)  # seats told, one for each block of walking
    seen: int = 0  # valid strides of both legs
    told: Donning | None = None
    rested: bool = False  # long enough, since the verdict, to exchange the sensors
    final: bool = False

    def take(self, seat: Seat) -> None:
        self.first.setdefault(seat.side, seat)
        self.seats[seat.side] = seat
        self.blocks[seat.side] += 1

    def fewest(self) -> int:
        return min(len(signs) for signs in self.signs.values())


class MountingCheck:
    """Findings of a walk in, a ``Donning`` out when its verdict is known; a later verdict on the same one replaces it.

    ``usual``: earlier donnings; those found good tell how the sensors usually sit.
    """

    def __init__(
        self,
        sides: Sequence[Side] = SIDES,
        placement: Placement = "shank",
        usual: Sequence[Donning] = (),
        habit: Habit | None = None,
        params: MountingParams = MountingParams(),
    ) -> None:
        self._sides = tuple(side for side in SIDES if side in sides)
        self._placement: Placement = placement
        self._usual = deque((one for one in usual if one.verdict == "good" and one.seat), params.usual_donnings)
        self._habit = habit if len(self._sides) == len(SIDES) else None
        self._params = params
        self._latest: dict[Side, Seat] = {}
        self._worn: _Worn | None = None

    @property
    def strides(self) -> dict[Side, int]:
        """Valid strides of each leg since the sensors were put on, as far as they are counted."""
        return {side: len(self._worn.signs[side]) if self._worn else 0 for side in self._sides}

    def update(self, findings: WalkFindings) -> list[Donning]:
        """Verdicts that became known with these findings."""
        told: list[Donning] = []
        for _, happened in in_order(findings):
            match happened:
                case Seat():
                    told += self._sit(happened)
                case Slip():
                    told += self._slip(happened)
                case SideCheck():
                    told += self._check(happened)
                case Step():
                    told += self._walk(happened)
        return told

    def close(self) -> list[Donning]:
        """No more will come: the verdict on steps that were too few, where there were any."""
        worn, self._worn = self._worn, None
        if worn is None or worn.told is not None:
            return []
        return self._tell(worn, "unknown")

    # ---- what happens

    def _sit(self, seat: Seat) -> list[Donning]:
        worn, self._latest[seat.side] = self._worn, seat
        if worn is None:
            return []
        worn.take(seat)
        if self._loose(worn, seat.side):
            self._worn = _put_on(seat.at_s, worn.last_s, self._sides)
            return self._tell(worn, "moved", (seat.side,))
        return self._judge(worn)

    def _slip(self, slip: Slip) -> list[Donning]:
        worn = self._worn
        if worn is None:
            return []
        leaving = not self._fresh(worn, slip.side) and worn.seen < self._params.settling_strides
        self._worn = _put_on(slip.at_s, worn.last_s, self._sides)
        return [] if leaving else self._tell(worn, "moved", (slip.side,))

    def _check(self, check: SideCheck) -> list[Donning]:
        """The side check of the walk goes on all day; it is believed where it differs and an exchange was possible.

        Of a sensor that slips while somebody walks it says wonders till the frame has followed.
        """
        worn = self._worn
        if worn is None or worn.told is None or (check.verdict == "swapped") == (worn.told.verdict == "swapped"):
            return []
        if not worn.rested and worn.seen > self._params.settling_strides:
            return []
        if check.verdict == "swapped":
            worn.final = True
            return self._tell(worn, "swapped")
        self._worn = _put_on(check.at_s, worn.last_s, self._sides)  # exchanged back: look at it anew
        return []

    def _walk(self, step: Step) -> list[Donning]:
        worn = self._worn
        if worn is None or step.start_s - worn.last_s > self._params.pause_s:
            worn = self._worn = _put_on(step.start_s, step.end_s, self._sides)
            for seat in self._latest.values():
                if seat.at_s > step.start_s:  # a stride is told when it ends
                    worn.take(seat)
        worn.rested |= worn.told is not None and step.start_s - worn.last_s > self._params.exchange_s
        worn.last_s = max(worn.last_s, step.end_s)
        if not step.valid:
            return []
        worn.seen += 1
        mine = worn.signs[step.side]
        if worn.final or len(mine) >= self._params.most_strides:
            return []
        mine.append(step.sign)
        for name, value in step.numbers:
            worn.numbers[step.side][name].append(value)
        return self._judge(worn)

    # ---- what is made of it

    def _judge(self, worn: _Worn) -> list[Donning]:
        p, fewest = self._params, worn.fewest()
        most = max(len(signs) for signs in worn.signs.values())
        if worn.final or fewest < p.strides:
            silent = most >= p.most_strides and worn.told is None
            return self._tell(worn, "unknown") if silent else []
        if fewest < p.most_strides and len(worn.seats) < len(self._sides):
            return []  # strides of the first seconds are told before the frame they were seen in
        points = self._points(worn)
        if abs(points) < (p.least_points if fewest >= p.enough_strides else p.early_points):
            if fewest < p.most_strides:
                return []
            worn.final = True
            return self._tell(worn, "unknown")
        worn.final = True
        return self._tell(worn, "good" if points > 0 else "swapped")

    def _points(self, worn: _Worn) -> float:
        """Positive: the sensors are on the legs they are told to be on."""
        p, side_params = self._params, SideParams()
        least = side_params.least_shank if self._placement == "shank" else side_params.least_foot
        evidence = [median(signs) * (1 if side == "left" else -1) for side, signs in worn.signs.items()]
        points = p.side_weight * sum(evidence) / len(evidence) / least
        if self._habit is not None:
            habit = self._habit.points(differences(worn.numbers), HabitParams())
            points += max(-p.most_habit, min(p.most_habit, habit))
        return points + self._seat_points(worn)

    def _seat_points(self, worn: _Worn) -> float:
        """Whether each sensor sits as it usually sits, or as the other one does."""
        p = self._params
        frames = {side: seat.frame for side, seat in worn.seats.items()}
        as_told = self._farthest(frames, {side: side for side in SIDES})
        exchanged = self._farthest(frames, {"left": "right", "right": "left"})
        if as_told is None or exchanged is None:
            return 0.0
        if as_told < p.same_seat_deg and exchanged > p.other_seat_deg:
            return p.seat_points
        return -p.seat_points if exchanged < p.same_seat_deg and as_told > p.other_seat_deg else 0.0

    def _farthest(self, frames: dict[Side, Frame], like: dict[Side, Side]) -> float | None:
        """How far the sensor that fits less is from the nearest usual seat of the leg it is held against."""
        if set(frames) != set(SIDES):
            return None
        nearest = [self._nearest(frames[side], like[side]) for side in SIDES]
        angles = [away_deg(frames[s], usual) for s, usual in zip(SIDES, nearest, strict=True) if usual is not None]
        return max(angles) if len(angles) == len(SIDES) else None

    def _nearest(self, frame: Frame, side: Side) -> Frame | None:
        usual = [seat for donning in self._usual for leg, seat in donning.seat if leg == side]
        return min(usual, key=lambda seat: away_deg(frame, seat), default=None)

    def _fresh(self, worn: _Worn, side: Side) -> bool:
        """Whether the frame was learned in this donning, or is left over from before it."""
        return side in worn.first and worn.first[side].at_s - worn.start_s >= self._params.fresh_s

    def _loose(self, worn: _Worn, side: Side) -> bool:
        """Whether it has left its first seat before the walk's own watch for slips has settled."""
        p = self._params
        if not self._fresh(worn, side) or worn.blocks[side] > p.loose_blocks:
            return False
        most_deg = p.loose_shank_deg if self._placement == "shank" else p.loose_foot_deg
        return away_deg(worn.first[side].frame, worn.seats[side].lately) > most_deg

    def _tell(self, worn: _Worn, verdict: Verdict, moved: tuple[Side, ...] = ()) -> list[Donning]:
        frames = {side: worn.seats[side].frame for side in self._sides if side in worn.seats}
        nearest = {side: usual for side, frame in frames.items() if (usual := self._nearest(frame, side))}
        tilts = tuple((side, round(tilted_deg(frames[side], usual), 1)) for side, usual in nearest.items())
        turns = tuple(
            (side, round(turn, 1))
            for side, usual in nearest.items()
            if (turn := turned_deg(frames[side], usual)) is not None
        )
        few = tuple(side for side in self._sides if len(worn.signs[side]) < self._params.strides)
        facts = Facts(verdict, self._placement, self._sides, moved, few, dict(turns), dict(tilts))
        count = sum(len(signs) for signs in worn.signs.values())
        worn.told = Donning(worn.start_s, verdict, words(facts), count, turns, tilts, tuple(frames.items()))
        if verdict == "good":
            self._usual.append(worn.told)
        return [worn.told]


def _put_on(start_s: float, last_s: float, sides: Sequence[Side]) -> _Worn:
    return _Worn(start_s, last_s, {side: [] for side in sides}, {side: {n: [] for n in COMPARED} for side in sides})
