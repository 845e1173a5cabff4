"""Asymmetry: known ratios of the two legs."""

import numpy as np
import pytest

import surefoot
from surefoot.records import SIDES
from surefoot.signal.asymmetry import COMPARED, asymmetry
from surefoot.signal.table import StrideTable
from surefoot.simulation.gait import Leg
from surefoot.simulation.walker import Walker, simulate_walk


def strides(left, right, name="stride_length_m"):
    table = StrideTable.of("shank", len(left) + len(right))
    table["side"] = np.repeat(np.array([0, 1], np.int8), [len(left), len(right)])
    table[name] = np.array([*left, *right])
    return table


def test_the_sign_and_the_size():
    said = asymmetry(strides([1.0] * 10, [1.1] * 10), "stride_length_m")
    assert said.log_ratio_pct == pytest.approx(100 * np.log(1.1))
    swapped = asymmetry(strides([1.1] * 10, [1.0] * 10), "stride_length_m")
    assert swapped.log_ratio_pct == pytest.approx(-said.log_ratio_pct)


def test_odd_strides_and_turns_do_not_matter():
    table = strides([1.0] * 20 + [9.0] * 5, [1.1] * 20 + [np.nan] * 5)
    table["valid"][20:25] = False
    said = asymmetry(table, "stride_length_m")
    assert said.log_ratio_pct == pytest.approx(100 * np.log(1.1))
    assert said.strides == 20


@pytest.mark.parametrize(("left", "right"), [(9, 30), (30, 0)])
def test_too_few_strides_of_a_leg_cannot_be_said(left, right):
    said = asymmetry(strides([1.0] * left, [1.0] * right), "stride_length_m")
    assert said.log_ratio_pct is None
    assert said.strides == min(left, right)
    assert said.reason.startswith("left leg" if left < right else "right leg") and "needed" in said.reason


def test_a_weak_push_off_is_on_its_side():
    """Simulated: the left calf has lost most of its strength; healthy legs are alike."""
    for push, low, high in ((0.0, -6, 6), (0.9, 15, 60)):
        sensors, _ = simulate_walk(Walker(left=Leg(push=push)), np.random.default_rng(2), strides=30)
        walk = surefoot.analyze({side: (s.acc, s.gyr) for side, s in sensors.items()}, 100.0)
        assert set(SIDES) == {s.side for s in walk.strides}
        said = {name: asymmetry(walk.strides, name).log_ratio_pct for name in COMPARED}
        assert low < said["push_off_rate_dps"] < high
        assert abs(said["stride_length_m"]) < 6
