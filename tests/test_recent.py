"""What was usual lately: the last strides, of the same donning and not of long ago."""

import numpy as np
import pytest

from surefoot.signal.recent import Recent


def filled(times_s, within_s=np.inf, count=3):
    recent = Recent(count, 1, within_s)
    recent.add(np.asarray(times_s, float), np.arange(float(len(times_s)))[:, None])
    return recent


def middle(recent, *before_s):
    return recent.usual(np.array(before_s, float))[0][:, 0].tolist()


def test_the_last_few_before_each_time_are_usual():
    recent = filled([1, 2, 3, 4, 5])
    assert middle(recent, 3.5, 4.5, 99.0) == [1.0, 2.0, 3.0]
    assert np.isnan(middle(recent, 2.5)[0])


@pytest.mark.parametrize(("before_s", "usual"), [(12.0, True), (13.9, True), (14.1, False)])
def test_what_is_long_ago_is_not_usual(before_s, usual):
    recent = filled([2, 3, 4], within_s=12.0)
    assert recent.enough(np.array([before_s])).tolist() == [usual]
    assert np.isfinite(middle(recent, before_s)[0]) == usual


def test_what_was_before_the_sensor_was_put_on_is_not_usual_behind_it():
    recent = filled([1, 2, 3, 11, 12, 13, 14])
    recent.put_on(10.0)
    told = middle(recent, 5.0, 12.5, 13.5, 20.0)
    assert told[0] == 1.0 and np.isnan(told[1]) and told[2:] == [4.0, 5.0]


def test_forgetting_changes_nothing_of_what_is_asked_later():
    recent = filled([1, 2, 3, 11, 12, 13, 14])
    recent.put_on(0.5)
    recent.put_on(10.0)
    before = recent.enough(np.array([12.5, 13.5, 15.0])).tolist()
    recent.forget_before(12.5)
    assert recent.enough(np.array([12.5, 13.5, 15.0])).tolist() == before == [False, True, True]
