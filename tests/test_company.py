"""Company: strides that have another one near them, and those that have not."""

from __future__ import annotations

import numpy as np
import pytest

import realdata
from surefoot.signal.company import Company, CompanyParams, accompanied
from surefoot.signal.table import StrideTable
from surefoot.signal.walk import analyze

P = CompanyParams()


def strides(*spans: tuple[str, float, float]) -> StrideTable:
    """Strides as (side, start, end), in order of their end."""
    table = StrideTable.of("shank", len(spans))
    table["side"][:] = [("left", "right").index(side) for side, *_ in spans]
    table["start_s"], table["end_s"] = (np.array([span[k] for span in spans]) for k in (1, 2))
    table["stride_time_s"] = table["end_s"] - table["start_s"]
    return table


@pytest.mark.parametrize(
    ("spans", "kept"),
    [
        ([("left", 10.0, 11.1)], [False]),
        ([("left", 10.0, 11.1), ("left", 11.1, 12.2)], [True, True]),
        ([("left", 10.0, 11.1), ("right", 10.5, 11.6)], [True, True]),  # one stride of each leg
        ([("left", 10.0, 11.1), ("left", 14.2, 15.3)], [False, False]),  # a break longer than a walk has
        ([("left", 10.0, 11.1), ("left", 12.9, 14.0)], [True, True]),
        ([("left", 10.0, 12.4), ("left", 12.4, 13.0)], [False, False]),  # a leg moved about
        ([("left", 1.0, 2.0), ("left", 10.0, 11.0), ("left", 11.0, 12.0)], [False, True, True]),
    ],
)
def test_who_has_company(spans: list[tuple[str, float, float]], kept: list[bool]) -> None:
    assert accompanied(strides(*spans), P).tolist() == kept


@pytest.mark.parametrize(("share", "kept"), [(0.5, True), (0.3, True), (0.05, False), (0.97, False)])
def test_legs_that_swing_together_do_not_walk(share: float, kept: bool) -> None:
    table = strides(*(("left", 1.1 * k, 1.1 * k + 1.1) for k in range(6)))
    table["other_contact_s"] = np.full(6, share * 1.1)
    assert accompanied(table, P).tolist() == [kept] * 6


def test_one_odd_landing_among_steps_is_walked() -> None:
    table = strides(*(("left", 1.1 * k, 1.1 * k + 1.1) for k in range(6)))
    table["other_contact_s"] = np.array([0.5, 0.5, 0.02, 0.5, 0.5, np.nan])
    assert accompanied(table, P).all()


def test_no_strides() -> None:
    around = Company("shank").update(StrideTable.empty("shank"), 100.0)
    assert len(around.strides) == 0


def test_a_stride_is_told_once_and_when_what_follows_it_is_known() -> None:
    company, walk = Company("shank"), strides(*(("left", 10.0 + k, 11.0 + k) for k in range(20)))
    told = []
    for known_s in np.arange(10.0, 40.0, 0.7):
        new = (walk["end_s"] < known_s) & (walk["end_s"] >= known_s - 0.7)
        around = company.update(walk.take(new), float(known_s))
        told += [(end_s, known_s) for end_s in around.strides["end_s"][around.told]]
    assert [end_s for end_s, _ in told] == walk["end_s"].tolist()
    assert all(P.wait_s < known_s - end_s <= P.wait_s + 0.71 for end_s, known_s in told)


@pytest.mark.parametrize("label", ["HandsUp", "LyingDown_OnABed", "Sitting_GettingUpOnAChair", "Bending"])
def test_nobody_walks_while_sitting_down_lying_down_or_lifting_the_hands(label: str) -> None:
    seen = 0
    for recording in realdata.recordings("umafall"):
        if recording.info["label"] == label:
            seen += 1
            (sensor,) = recording.sensors.values()
            assert len(analyze({"left": sensor}, recording.rate_hz).strides) == 0, recording.id
    assert seen > 10


def test_a_shank_that_leans_and_goes_nowhere_makes_no_stride() -> None:
    table = strides(*(("left", 1.1 * k, 1.1 * k + 1.1) for k in range(6)))
    table["stride_length_m"] = np.array([0.1, -0.4, 0.1, 0.7, 0.3, 0.1])
    table["swing_height_m"] = np.array([0.005, 0.005, 0.05, 0.005, 0.05, 0.005])
    assert accompanied(table, P).tolist() == [False, False, True, True, True, False]


def test_short_walks_keep_their_first_and_last_strides() -> None:
    """Every stride between two contacts of a real walk of five metres is told."""
    for recording in realdata.recordings("marpino"):
        sensors = {side: recording.sensors[f"{side}_shank"] for side in ("left", "right")}
        walk = analyze(sensors, recording.rate_hz)
        for side in ("left", "right"):
            mine = walk.strides.of_side(side)
            contacts = walk.initial_contacts[side]
            assert set(contacts) == set(mine["start_s"]) | set(mine["end_s"]), recording.id
