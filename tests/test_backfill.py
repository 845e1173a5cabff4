"""Backfill: what came late stands where it was missing, once, whoever reads the ring."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from surefoot.pipeline.backfill import Backfill, _pieces
from surefoot.pipeline.ring import Ring
from surefoot.records import Gap, Samples, Side

HZ = 60.0
STEPS = (0.01, 0.1)
T0 = 1_790_000_000.0


def walk(side: Side, start_s: float, end_s: float) -> Samples:
    """Readings whose values are their number since T0."""
    first, last = round(start_s * HZ), round(end_s * HZ)
    counts = np.arange(first, last)[:, None] % 30000 + np.arange(6)
    return Samples(side, "shank", T0 + first / HZ, HZ, counts[:, :3] * STEPS[0], counts[:, 3:] * STEPS[1], STEPS)


def kept(folder: Path, *items: Samples | Gap) -> Ring:
    """As a radio brings it: in half seconds, both legs in turn."""
    ring = Ring(folder)
    cut = [part for item in items for part in ([item] if isinstance(item, Gap) else _pieces(item, 0.5))]
    for item in sorted(cut, key=lambda item: item.end_s):
        ring.keep(item)
    ring.flush()
    return ring


def gap(side: Side, start_s: float, end_s: float) -> Gap:
    return Gap(side, "shank", T0 + start_s, T0 + end_s, "away")


def seen(ring: Ring, side: Side, start_s: float = 0.0, end_s: float = 1e6) -> list[tuple[float, float, bool]]:
    """From when to when readings follow on (True) or are missing (False)."""
    found: list[tuple[float, float, bool]] = []
    for item in ring.items(T0 + start_s, T0 + end_s, (side, "shank")):
        piece = (round(item.start_s - T0, 2), round(item.end_s - T0, 2), isinstance(item, Samples))
        if found and found[-1][2] == piece[2] and abs(found[-1][1] - piece[0]) < 0.02:
            piece = (found.pop()[0], piece[1], piece[2])
        found.append(piece)
    return found


def test_a_gap_is_filled_and_what_is_left_of_it_stays_a_gap(tmp_path: Path) -> None:
    ring = kept(tmp_path, walk("left", 0, 10), gap("left", 10, 130), walk("left", 130, 140), walk("right", 0, 140))
    assert ring.keep_late([walk("left", 12, 60), walk("left", 70, 130)])
    assert seen(ring, "left") == [
        (0, 10, True), (10, 12, False), (12, 60, True), (60, 70, False), (70, 140, True)
    ]  # fmt: skip
    assert seen(ring, "right") == [(0, 140, True)]
    values = np.concatenate(
        [i.acc[:, 0] for i in ring.items(T0, T0 + 200, ("left", "shank")) if isinstance(i, Samples)]
    )
    numbers = np.rint(values / STEPS[0]).astype(int)
    assert numbers.tolist() == [k for k in range(140 * 60) if not (600 <= k < 720 or 3600 <= k < 4200)]
    assert ring.late_s(T0, T0 + 100) == pytest.approx(78.0) and ring.late_s(T0 + 200, T0 + 300) == 0.0


def test_it_is_read_by_another_program_and_over_files_of_both_legs(tmp_path: Path) -> None:
    """Deliveries overlap in time and come in any order."""
    ring = kept(
        tmp_path, gap("left", 0, 4000), gap("right", 0, 8000), walk("left", 4000, 4010), walk("right", 8000, 8010)
    )
    assert ring.keep_late([walk("left", 3000, 4000)]) and ring.keep_late([walk("right", 100, 7900)])
    ring.close()
    again = Ring(tmp_path)
    assert seen(again, "left") == [(0, 3000, False), (3000, 4010, True)]
    assert seen(again, "right") == [(0, 100, False), (100, 7900, True), (7900, 8000, False), (8000, 8010, True)]
    assert seen(again, "right", 5000, 5100) == [(5000, 5100, True)]
    assert seen(again, "left", 3500, 3600)[0][0] == 3500


def test_what_is_fetched_twice_or_came_on_air_as_well_is_told_once(tmp_path: Path) -> None:
    ring = kept(tmp_path, walk("left", 0, 10), gap("left", 10, 30), walk("left", 30, 40))
    for late in (walk("left", 10, 25), walk("left", 9, 32)):
        assert ring.keep_late([late])
    items = [i for i in ring.items(T0, T0 + 100) if isinstance(i, Samples)]
    until = max(i.end_s for i in items if i.start_s < T0 + 30)
    early = [i for i in items if i.start_s < T0 + 30]
    assert all(b.start_s >= a.end_s - 1e-6 for a, b in pairwise(early)) and until >= T0 + 30
    assert not any(isinstance(item, Gap) for item in ring.items(T0, T0 + 100))


def test_both_legs_go_on_side_by_side_where_no_gap_was_told(tmp_path: Path) -> None:
    """As when the program was killed before it wrote the gap down: neither leg waits for the other for a minute."""
    ring = kept(tmp_path, walk("left", 0, 10), walk("left", 300, 310), walk("right", 0, 310))
    assert ring.keep_late([walk("left", 10, 300)])
    heard, worst = {"left": T0, "right": T0}, 0.0
    for item in ring.items(T0, T0 + 1000):
        heard[item.side] = item.end_s
        worst = max(worst, abs(heard["left"] - heard["right"]))
    assert worst < 30.0 and min(heard.values()) > T0 + 309


def test_the_oldest_go_when_there_are_too_many(tmp_path: Path) -> None:
    late = Backfill(tmp_path, keep_s=10 * 86400.0, keep_bytes=4 * 30_000)
    for day in range(6):
        assert late.keep([walk("left", 86400.0 * day, 86400.0 * day + 100)])
    held = [bool(late.seconds(T0 + 86400.0 * day, T0 + 86400.0 * (day + 1))) for day in range(6)]
    assert held[-1] and not held[0] and held == sorted(held)


def test_what_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "late").write_text("no folder")
    ring = Ring(tmp_path)
    assert ring.keep_late([walk("left", 0, 5)]) is False
