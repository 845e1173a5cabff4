"""Slap: heel, forefoot and flat foot of landings whose shocks are known; and of pretend walkers with weak lifters."""

import numpy as np
import pytest

import surefoot
from surefoot.signal.contacts import JERK, RATE
from surefoot.signal.ring import Ring
from surefoot.signal.slap import SlapParams, cannot_say, foot_flat_s, landing
from surefoot.simulation.gait import Leg
from surefoot.simulation.walker import Walker, simulate_walk

RATE_HZ = 100.0


def body(rate_hz=RATE_HZ, **rows):
    """A second of nothing with these values: row -> {seconds: value}."""
    ring = Ring(9)
    x = np.zeros((9, int(rate_hz)))
    x[JERK] = 10.0
    for name, values in rows.items():
        for at_s, value in values.items():
            x[{"jerk": JERK, "rate": RATE}[name], round(at_s * rate_hz)] = value
    ring.append(x)
    return ring


def one(contact_s, **rows):
    return landing(body(**rows), np.array([contact_s * RATE_HZ]), RATE_HZ)


def test_a_heel_and_a_forefoot_are_told_apart():
    found = one(0.50, jerk={0.50: 1000.0, 0.56: 800.0})
    assert found.heel_mps3[0] == 1000.0
    assert found.slap_delay_s[0] == pytest.approx(0.06)


def test_the_heel_is_found_before_a_contact_that_was_put_at_the_slap():
    found = one(0.50, jerk={0.45: 600.0, 0.50: 1900.0})
    assert found.heel_mps3[0] == 600.0
    assert found.slap_delay_s[0] == pytest.approx(0.05)
    assert found.slap_index[0] > 1


def test_what_shakes_before_the_heel_may_strike_is_no_heel():
    assert one(0.50, jerk={0.40: 900.0, 0.50: 1000.0}).heel_mps3[0] == 1000.0


def test_a_heel_alone_has_no_delay_and_a_low_index():
    found = one(0.50, jerk={0.50: 1000.0})
    assert np.isnan(found.slap_delay_s[0])
    assert found.slap_index[0] < -5


@pytest.mark.parametrize(
    ("rate", "flat_s"),
    [
        ({0.50: -100.0, 0.51: -200.0, 0.52: -120.0, 0.53: -60.0}, 0.04),
        ({0.51: -100.0, 0.52: -200.0}, 0.03),  # still for a moment before it turns
        ({0.50: -20.0, 0.51: -40.0}, 0.0),  # does not turn: landed flat
        ({0.50 + k / 100: -90.0 for k in range(40)}, None),  # never stops within the stride's first part
    ],
)
def test_flat_foot(rate, flat_s):
    found = foot_flat_s(body(rate=rate), np.array([50.0]), np.array([100.0]), RATE_HZ)
    assert np.isnan(found[0]) if flat_s is None else found[0] == pytest.approx(flat_s)


def test_slow_sensors_say_what_they_cannot():
    assert set(cannot_say("foot", 100.0)) == set()
    assert set(cannot_say("foot", 40.0)) == {"slap_index", "slap_delay_s", "toe_drag_s"}
    assert set(cannot_say("shank", 20.0)) > {"slap_index", "foot_pitch_at_contact_deg", "foot_flat_s"}
    assert all(cannot_say("shank", 20.0).values())


@pytest.mark.parametrize(("placement", "rate_hz"), [("shank", 40.0), ("shank", 100.0), ("foot", 40.0), ("foot", 100.0)])
def test_a_walk_holds_just_what_its_sensors_can_say(placement, rate_hz):
    strides = walked(0.0, placement, rate_hz)
    absent = cannot_say(placement, rate_hz)
    for name in ("slap_index", "toe_drag_s", "foot_flat_s", "foot_pitch_at_contact_deg"):
        assert np.isnan(strides[name]).all() == (name in absent), name


def walked(dorsi, placement="shank", rate_hz=RATE_HZ):
    sensors, _ = simulate_walk(
        Walker(left=Leg(dorsi=dorsi)), np.random.default_rng(4), strides=30, placement=placement, rate_hz=rate_hz
    )
    strides = surefoot.analyze({side: (s.acc, s.gyr) for side, s in sensors.items()}, rate_hz, placement).strides
    strides = strides.take(strides["valid"])
    return strides.of_side("left")


def test_the_heel_softens_all_the_way_while_the_slap_comes_and_goes():
    """Simulated: the slap is hardest at 0.5, so the hardest jerk of the whole landing is no measure of weakness."""
    walks = [walked(d) for d in (0.0, 0.25, 0.5, 0.65, 0.8)]
    heel = [np.median(w["heel_strike_mps3"]) for w in walks]
    assert np.all(np.diff(heel) < 0)
    index = [np.median(w["slap_index"]) for w in walks]
    assert index[2] > index[1] + 1 > index[0] + 1.4


def test_a_weak_foot_is_flat_sooner():
    flat = [np.nanmedian(walked(d, "foot")["foot_flat_s"]) for d in (0.0, 0.3, 0.7)]
    assert flat[0] > flat[1] > flat[2] == 0.0


def test_the_window_of_the_heel_never_looks_beyond_what_a_stride_waits_for():
    """A stride is measured when 0.35 of it, 0.16 s at least, has been seen behind its contact: no more may be used."""
    p = SlapParams()
    assert p.behind_s + p.landing_s < 0.35 * 0.46
    assert p.flat_within_share < 0.35
