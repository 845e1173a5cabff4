"""Steps: what the mounting check needs of a walk, one thing after another in the order of time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from surefoot.pipeline.habit import COMPARED
from surefoot.records import SIDES, Side, SideCheck, Slip
from surefoot.signal.seats import Seat
from surefoot.signal.told import WalkFindings


@dataclass(frozen=True, slots=True)
class Step:
    """One stride; ``sign``: positive on a left leg (``signal.sides``)."""

    side: Side
    start_s: float
    end_s: float
    valid: bool
    sign: float
    numbers: tuple[tuple[str, float], ...]


def in_order(findings: WalkFindings) -> Iterator[tuple[float, Seat | Slip | SideCheck | Step]]:
    """In the order of time; what is known of the sensors before the stride that ends at the same moment."""
    happened: list[tuple[float, Seat | Slip | SideCheck | Step]] = [(seat.at_s, seat) for seat in findings.seats]
    happened += [(check.at_s, check) for check in findings.checks if isinstance(check, Slip | SideCheck)]
    happened += [(step.end_s, step) for step in _steps(findings)]
    return iter(sorted(happened, key=lambda x: x[0]))


def _steps(findings: WalkFindings) -> Iterator[Step]:
    table = findings.strides
    if len(table) == 0:
        return
    names = ("start_s", "end_s", "side", "valid", "stride_length_m", "side_sign", *COMPARED)
    columns = (table[name].tolist() for name in names)
    for start_s, end_s, side, valid, length, sign, *values in zip(*columns, strict=True):
        usable = bool(valid) and length == length and sign == sign  # NaN inside: no tilt, so no forward axis
        numbers = tuple((n, x) for n, x in zip(COMPARED, values, strict=True) if x == x)
        yield Step(SIDES[side], start_s, end_s, usable, sign, numbers)
