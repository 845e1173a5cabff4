"""Timeline: pieces of time laid over each other become activities that follow on without overlap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from surefoot.records import Activity, ActivityKind

LONGEST_S = 300.0  # something that lasts longer is told in parts that begin at whole multiples of this
TOUCHING_S = 1e-6


@dataclass(frozen=True, slots=True)
class Piece:
    """One kind of activity in [start_s, end_s), and how sure it is, 0 to 1."""

    kind: ActivityKind
    start_s: float
    end_s: float
    sure: float


class Timeline:
    """Takes pieces in time order, none overlapping; tells each activity when it is over."""

    def __init__(self) -> None:
        self._open: list[Piece] = []

    def update(self, pieces: Sequence[Piece], until_s: float) -> list[Activity]:
        """``until_s``: nothing that begins before it will follow."""
        told: list[Activity] = []
        for piece in pieces:
            for part in _parts(piece):
                if self._open and not _follows(self._open[-1], part):
                    told.append(_activity(self._open))
                    self._open = []
                self._open.append(part)
        return told + self.close() if self._open and self._open[-1].end_s < until_s - TOUCHING_S else told

    def close(self) -> list[Activity]:
        told = [_activity(self._open)] if self._open else []
        self._open = []
        return told


def laid_over(below: Sequence[Piece], above: Sequence[Piece]) -> list[Piece]:
    """Both, where they overlap only what lies above; each in time order and without overlap."""
    result: list[Piece] = []
    for piece in below:
        start_s = piece.start_s
        for top in above:
            if top.end_s <= start_s or top.start_s >= piece.end_s:
                continue
            if top.start_s > start_s:
                result.append(Piece(piece.kind, start_s, top.start_s, piece.sure))
            start_s = max(start_s, top.end_s)
        if start_s < piece.end_s:
            result.append(Piece(piece.kind, start_s, piece.end_s, piece.sure))
    return sorted([*result, *above], key=lambda piece: piece.start_s)


def clipped(pieces: Sequence[Piece], start_s: float, end_s: float) -> list[Piece]:
    """What of these lies in [start_s, end_s)."""
    cut = [Piece(x.kind, max(x.start_s, start_s), min(x.end_s, end_s), x.sure) for x in pieces]
    return [x for x in cut if x.start_s < x.end_s]


def _parts(piece: Piece) -> list[Piece]:
    """Cut at the multiples of the longest time."""
    parts, start_s = [], piece.start_s
    while start_s < piece.end_s:
        end_s = min(piece.end_s, (start_s // LONGEST_S + 1) * LONGEST_S)
        parts.append(Piece(piece.kind, start_s, end_s, piece.sure))
        start_s = end_s
    return parts


def _follows(before: Piece, part: Piece) -> bool:
    same = before.kind == part.kind and part.start_s - before.end_s < TOUCHING_S
    return same and before.start_s // LONGEST_S == part.start_s // LONGEST_S


def _activity(pieces: Sequence[Piece]) -> Activity:
    total = sum(piece.end_s - piece.start_s for piece in pieces)
    sure = sum(piece.sure * (piece.end_s - piece.start_s) for piece in pieces) / total
    return Activity(pieces[0].kind, pieces[0].start_s, pieces[-1].end_s, min(1.0, round(sure, 3)))
