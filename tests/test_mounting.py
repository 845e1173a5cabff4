"""The mounting check: which leg, how it sits, whether it slips, within twenty strides; real and simulated walkers."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

import realdata
from surefoot.pipeline.habit import Habit, habit_of
from surefoot.pipeline.mounting import MountingCheck, MountingParams
from surefoot.pipeline.verdicts import Facts, words
from surefoot.records import SIDES, Donning, Gap, Samples, SideCheck, Slip, Stride
from surefoot.signal.seats import Seat, away_deg, tilted_deg, turned_deg
from surefoot.signal.table import StrideTable
from surefoot.signal.told import WalkFindings
from surefoot.signal.walk import WalkStream
from surefoot.simulation.sensor import Sensor
from surefoot.simulation.walker import Walker, simulate_walk

OTHER = {"left": "right", "right": "left"}
PARAMS = MountingParams()


def checked(items, sides=SIDES, placement="shank", **given) -> list[Donning]:
    stream, check = WalkStream(sides, placement), MountingCheck(sides, placement, **given)
    told = [donning for item in items for donning in check.update(stream.update(item))]
    return told + check.update(stream.close()) + check.close()


def blocks(sensors, rate_hz, placement="shank", start_s=0.0, every_s=2.0) -> list[Samples]:
    items = []
    for side, (acc, gyr) in sensors.items():
        step = round(every_s * rate_hz)
        for k in range(0, len(acc), step):
            at_s = start_s + k / rate_hz
            items.append(Samples(side, placement, at_s, rate_hz, acc[k : k + step], gyr[k : k + step]))
    return sorted(items, key=lambda item: item.end_s)


def ankles(recording, seconds=None, placement="shank"):
    """Both sensors, the whole recording or so long from about the first step on."""
    sensors = {side: recording.sensors[f"{side}_{placement}"] for side in SIDES}
    if seconds is None:
        return sensors
    busy = np.abs(sensors["left"][1]).max(axis=1) > 100.0
    first = max(0, int(busy.argmax()) - round(recording.rate_hz))
    part = slice(first, first + round(seconds * recording.rate_hz))
    return {side: (acc[part], gyr[part]) for side, (acc, gyr) in sensors.items()}


def exchanged(sensors):
    return {OTHER[side]: sensor for side, sensor in sensors.items()}


def turned(sensor, turn: Rotation, from_sample=0):
    return tuple(np.concatenate([x[:from_sample], turn.apply(x[from_sample:])]) for x in sensor)


def about_the_leg(sensor, degrees) -> Rotation:
    """What a sensor reads that was turned to the person's left by so much around the leg."""
    up = sensor[0].mean(axis=0)
    return Rotation.from_rotvec(-np.deg2rad(degrees) * up / np.linalg.norm(up))


@pytest.fixture(scope="module")
def stroke():
    return list(realdata.recordings("movingreality"))


# ---- which leg: real walkers


@pytest.mark.parametrize("placement", ["shank", "foot"])
def test_legs_after_stroke_are_told_and_exchanged_ones_too_within_twenty_strides(stroke, placement):
    for recording in stroke[placement == "foot" :: 4]:
        sensors = ankles(recording, 45, placement)
        (good,) = checked(blocks(sensors, recording.rate_hz, placement), SIDES, placement)
        assert good.verdict == "good" and "right one on the right" in good.words, recording.id
        (swapped,) = checked(blocks(exchanged(sensors), recording.rate_hz, placement), SIDES, placement)
        assert swapped.verdict == "swapped" and "exchange them" in swapped.words, recording.id
        assert max(good.strides, swapped.strides) <= 2 * PARAMS.most_strides


def test_sixteen_strides_are_enough_at_the_ankle(stroke):
    told = [checked(blocks(ankles(r, 40), r.rate_hz))[0].strides for r in stroke[::3]]
    assert np.median(told) <= 2 * PARAMS.strides + 2


@pytest.mark.parametrize("side", SIDES)
def test_one_sensor_alone_is_told(stroke, side):
    for recording in stroke[::5]:
        sensor = ankles(recording, 45)[side]
        (good,) = checked(blocks({side: sensor}, recording.rate_hz), [side])
        assert (good.verdict, good.words) == ("good", f"The sensor sits well, on the {side} ankle.")
        (wrong,) = checked(blocks({OTHER[side]: sensor}, recording.rate_hz), [OTHER[side]])
        assert wrong.verdict == "swapped" and f"on the {OTHER[side]} ankle" in wrong.words


def test_five_metres_are_too_few_and_never_wrong():
    told = [checked(blocks(ankles(r), r.rate_hz)) for r in realdata.recordings("marpino")]
    assert {donning.verdict for donnings in told for donning in donnings} <= {"good", "unknown"}
    few = [d.words for donnings in told for d in donnings if d.verdict == "unknown"]
    assert len(few) >= 10 and all("too few steps" in said for said in few)


def test_healthy_feet_with_a_turn_are_told():
    recordings = list(realdata.recordings("ipol1"))[::10]
    for recording in recordings:
        sensors = ankles(recording, None, "foot")
        assert [d.verdict for d in checked(blocks(sensors, recording.rate_hz, "foot"), SIDES, "foot")] == ["good"]
        told = checked(blocks(exchanged(sensors), recording.rate_hz, "foot"), SIDES, "foot")
        assert [d.verdict for d in told] == ["swapped"]


def test_a_silent_sensor_is_named(stroke):
    sensors = ankles(stroke[0], 80)
    still = tuple(np.tile(x[:1] * scale, (len(x), 1)) for x, scale in zip(sensors["right"], (1.0, 0.0), strict=True))
    (told,) = checked(blocks({"left": sensors["left"], "right": still}, stroke[0].rate_hz))
    assert told.verdict == "unknown"
    assert "right sensor saw too few steps" in told.words and "switched on" in told.words


# ---- how it sits


def test_any_mounting_gives_the_same_verdict(stroke):
    recording = stroke[3]
    sensors = ankles(recording, 30)
    (plain,) = checked(blocks(sensors, recording.rate_hz))
    for turn in Rotation.random(3, rng=np.random.default_rng(2)):
        (other,) = checked(blocks({s: turned(x, turn) for s, x in sensors.items()}, recording.rate_hz))
        assert (other.verdict, other.strides, other.start_s) == (plain.verdict, plain.strides, plain.start_s)


def test_a_sensor_upside_down_is_told_and_does_no_harm(stroke):
    for recording in stroke[::6]:
        sensors = ankles(recording, 30)
        usual = checked(blocks(sensors, recording.rate_hz))
        assert usual[0].tilt_deg == usual[0].turned_deg == ()
        (same,) = checked(blocks(sensors, recording.rate_hz), usual=usual)
        assert same.tilt_deg == same.turned_deg == (("left", 0.0), ("right", 0.0))
        assert same.words == usual[0].words
        up = sensors["left"][0].mean(axis=0)
        across = np.cross(up, np.eye(3)[np.argmin(np.abs(up))])
        over = turned(sensors["left"], Rotation.from_rotvec(np.pi * across / np.linalg.norm(across)))
        (told,) = checked(blocks({**sensors, "left": over}, recording.rate_hz), usual=usual)
        assert told.verdict == "good" and "left sensor sits upside down" in told.words
        assert dict(told.tilt_deg)["left"] > 165 and dict(told.tilt_deg)["right"] == 0.0
        assert [side for side, _ in told.turned_deg] == ["right"]


@pytest.mark.parametrize("degrees", [-70, 25, 70])
def test_how_far_it_is_turned_around_the_leg(stroke, degrees):
    for recording in stroke[::6]:
        sensors = ankles(recording, 30)
        usual = checked(blocks(sensors, recording.rate_hz))
        round_it = turned(sensors["right"], about_the_leg(sensors["right"], degrees))
        (told,) = checked(blocks({**sensors, "right": round_it}, recording.rate_hz), usual=usual)
        assert told.verdict == "good"
        assert dict(told.turned_deg)["right"] == pytest.approx(degrees, abs=10)
        assert ("farther round the leg" in told.words) == (abs(degrees) > 40)


def test_a_sensor_that_slips_in_the_first_strides_is_told(stroke):
    """Behind the first frame, which a very slow walker has only after twelve seconds."""
    found = []
    for recording in stroke[::4]:
        sensors = ankles(recording, 45)
        loose = turned(sensors["right"], about_the_leg(sensors["right"], 45), round(12 * recording.rate_hz))
        told = checked(blocks({**sensors, "right": loose}, recording.rate_hz))
        moved = [donning.words for donning in told if donning.verdict == "moved"]
        found.append(bool(moved))
        assert all("right sensor has moved" in said and "left" not in said for said in moved)
    assert sum(found) >= len(found) - 1 >= 5


def test_a_sensor_that_slips_later_is_told_and_its_new_seat_is_checked_anew(stroke):
    recording = stroke[4]
    sensors = ankles(recording)
    half = len(sensors["left"][0]) // 2
    moved = turned(sensors["left"], about_the_leg(sensors["left"], 50), half)
    told = checked(blocks({**sensors, "left": moved}, recording.rate_hz))
    assert [donning.verdict for donning in told] == ["good", "moved", "good"]
    assert told[1].start_s == told[0].start_s < half / recording.rate_hz < told[2].start_s
    assert "left sensor has moved" in told[1].words


def test_sensors_put_on_anew_without_an_end_of_readings_have_not_slipped(stroke):
    recording = stroke[4]
    rate_hz, sensors = recording.rate_hz, ankles(recording, 50)
    count = round(900 * rate_hz)
    lying = {side: (np.tile(acc[:1], (count, 1)), np.zeros((count, 3))) for side, (acc, _) in sensors.items()}
    turn = Rotation.from_euler("xyz", [40, 60, 20], degrees=True)
    days = {
        side: tuple(np.concatenate([x, y, turn.apply(x)]) for x, y in zip(sensors[side], lying[side], strict=True))
        for side in SIDES
    }
    told = checked(blocks(days, rate_hz, every_s=10.0))
    assert "moved" not in {donning.verdict for donning in told}
    assert told[0].verdict == told[-1].verdict == "good"
    assert told[-1].start_s > 900


def test_nothing_has_moved_in_hours_outdoors():
    for recording in list(realdata.recordings("terrain"))[::3]:
        (sensor,) = recording.sensors.values()
        told = checked(blocks({"left": sensor}, recording.rate_hz, every_s=60.0), ["left"])
        assert "moved" not in {donning.verdict for donning in told}, recording.id


# ---- simulated walks


@pytest.mark.parametrize("placement", ["shank", "foot"])
@pytest.mark.parametrize("seed", range(3))
def test_simulated_sensors_any_way_round(seed, placement):
    rng = np.random.default_rng(seed)
    walk, _ = simulate_walk(Walker(), rng, strides=26, placement=placement)
    sensors = {side: (s.acc, s.gyr) for side, s in walk.items()}
    (told,) = checked(blocks(sensors, 100.0, placement), SIDES, placement)
    assert told.verdict == "good"
    (told,) = checked(blocks(exchanged(sensors), 100.0, placement), SIDES, placement)
    assert told.verdict == "swapped"


def test_a_simulated_sensor_turned_to_the_left_is_told_so():
    cos, sin = np.cos(np.deg2rad(60.0)), np.sin(np.deg2rad(60.0))
    left_by_60 = np.array([[cos, sin, 0], [-sin, cos, 0], [0, 0, 1]])  # forward, left, up to the sensor's own axes
    told = []
    for rotation in (np.eye(3), left_by_60):
        sensors = {side: Sensor(rotation=rotation) for side in SIDES}
        walk, _ = simulate_walk(Walker(), np.random.default_rng(1), strides=26, sensors=sensors)
        told += checked(blocks({s: (b.acc, b.gyr) for s, b in walk.items()}, 100.0), usual=told)
    assert dict(told[1].turned_deg) == {"left": pytest.approx(60, abs=4), "right": pytest.approx(60, abs=4)}


def test_sensors_exchanged_at_noon_are_told_and_told_again_when_they_are_right():
    items = []
    for number in range(3):
        walk, _ = simulate_walk(Walker(), np.random.default_rng(number), strides=40)
        sensors = {side: (s.acc, s.gyr) for side, s in walk.items()}
        items += blocks(exchanged(sensors) if number == 1 else sensors, 100.0, start_s=3600.0 * number)
    told = checked(items)
    assert [donning.verdict for donning in told] == ["good", "swapped", "good"]
    assert [int(donning.start_s // 3600) for donning in told] == [0, 1, 2]


def test_ten_quiet_minutes_are_a_new_donning_and_five_are_not():
    walk, _ = simulate_walk(Walker(), np.random.default_rng(1), strides=30)
    sensors = {side: (s.acc, s.gyr) for side, s in walk.items()}
    for pause_s, count in ((300.0, 1), (900.0, 2)):
        later = blocks(sensors, 100.0, start_s=60.0 + pause_s)
        assert len(checked(blocks(sensors, 100.0) + later)) == count


# ---- the cutting


RATE_HZ = 100.0
LONG = [simulate_walk(Walker(), np.random.default_rng(k), strides=30)[0] for k in range(2)]
TURN = Rotation.from_euler("xyz", [50, 40, 0], degrees=True)


def stretches(side):
    """A walk, a quarter of an hour without readings, another on the other leg that slips half-way."""
    first, second = LONG[0][side], LONG[1][OTHER[side]]
    half = len(second) // 2 if side == "left" else len(second)
    acc, gyr = turned((second.acc, second.gyr), TURN, half)
    start_s = first.end_s + 900.0
    gap = Gap(side, "shank", first.end_s, start_s, "charging")
    return first, gap, Samples(side, "shank", start_s, RATE_HZ, acc, gyr)


def cut(side, cuts):
    for item in stretches(side):
        if isinstance(item, Gap):
            yield item
            continue
        edges = [0, *sorted(c % len(item) for c in cuts), len(item)]
        for a, b in pairwise(edges):
            yield replace(item, start_s=item.start_s + a / RATE_HZ, acc=item.acc[a:b], gyr=item.gyr[a:b])


UNCUT = checked([*stretches("left"), *stretches("right")])


def test_the_example_has_verdicts():
    assert {donning.verdict for donning in UNCUT} >= {"good", "swapped"}


@settings(max_examples=10, deadline=None)
@given(st.lists(st.integers(0, 10_000), max_size=30), st.lists(st.integers(0, 10_000), max_size=30), st.randoms())
def test_verdicts_are_the_same_however_cut(left, right, order):
    queues, items = [list(cut("left", left)), list(cut("right", right))], []
    while any(queues):
        items.append(order.choice([queue for queue in queues if queue]).pop(0))
    assert checked(items) == UNCUT


# ---- what decides when the landing of the feet does not


def steps(count, sign, numbers=(), start_s=0.0, sides=SIDES) -> StrideTable:
    """Strides of both legs in turn; ``sign`` as a left leg shows it, ``numbers``: name, left, right."""
    table = StrideTable.of("shank", count * len(sides))
    k = np.arange(len(table))
    table["side"] = np.array([SIDES.index(side) for side in sides])[k % len(sides)]
    table["start_s"], table["end_s"] = start_s + 0.5 * k, start_s + 0.5 * k + 1.0
    table["stride_length_m"] = np.ones(len(table))
    table["side_sign"] = np.where(table["side"] == 0, sign, -sign)
    for name, left, right in numbers:
        table[name] = np.where(table["side"] == 0, left, right)
    return table


def findings(strides, checks=(), seats=()):
    return WalkFindings(strides, [], [], [], {}, list(checks), seats=list(seats))


HABIT = Habit((("push_off_rate_dps", -0.3, 0.1), ("swing_height_m", -0.25, 0.1)))  # weaker on the right
WEAK_RIGHT = (("push_off_rate_dps", 200.0, 150.0), ("swing_height_m", 0.1, 0.08))
WEAK_LEFT = (("push_off_rate_dps", 150.0, 200.0), ("swing_height_m", 0.08, 0.1))


@pytest.mark.parametrize(
    ("sign", "numbers", "verdict"),
    [
        (0.001, (), "unknown"),
        (0.001, WEAK_RIGHT, "good"),
        (0.001, WEAK_LEFT, "swapped"),
        (0.1, WEAK_LEFT, "good"),  # weakness that changed sides is not explained away
        (0.1, WEAK_RIGHT, "good"),
        (-0.1, WEAK_RIGHT, "swapped"),
    ],
)
def test_habit_decides_only_where_the_landing_does_not(sign, numbers, verdict):
    check = MountingCheck(habit=HABIT)
    assert [donning.verdict for donning in check.update(findings(steps(25, sign, numbers)))] == [verdict]


def seat(side, degrees, at_s=8.0, over=0.0) -> Seat:
    frame = tuple(Rotation.from_euler("yx", [degrees, over], degrees=True).as_matrix().ravel().tolist())
    return Seat(side, at_s, frame, frame)


def usual(left, right) -> Donning:
    frames = (("left", seat("left", left).frame), ("right", seat("right", right).frame))
    return Donning(0.0, "good", "", 16, seat=frames)


@pytest.mark.parametrize(
    ("left", "right", "verdict"),
    [(-90, 90, "good"), (-80, 85, "good"), (90, -90, "swapped"), (0, 90, "unknown"), (0, 0, "unknown")],
)
def test_usual_seats_help_where_sensors_face_outwards(left, right, verdict):
    check = MountingCheck(usual=[usual(-90, 90)])
    weakly = 0.012 if verdict == "good" else -0.012 if verdict == "swapped" else 0.0
    told = check.update(findings(steps(25, weakly), seats=[seat("left", left), seat("right", right)]))
    assert [donning.verdict for donning in told] == [verdict]
    alone = MountingCheck().update(findings(steps(25, weakly)))
    assert [donning.verdict for donning in alone] == ["unknown"]


def later(start_s, verdict, at_s):
    seats = [seat(side, 0.0, start_s + 1.0) for side in SIDES]
    return findings(steps(15, 0.1, start_s=start_s), [SideCheck(at_s, verdict, 3.0, 20)], seats)


def test_the_check_that_goes_on_all_day_is_believed_where_an_exchange_was_possible():
    check = MountingCheck()
    assert [d.verdict for d in check.update(later(0.0, "as_told", 14.0))] == ["good"]
    for k in range(3):  # on and on: nobody exchanges sensors in walking
        assert check.update(later(15.0 * (k + 1), "as_told", 15.0 * (k + 1) + 1)) == []
    assert check.update(later(60.0, "swapped", 70.0)) == []
    assert [(d.verdict, d.start_s) for d in check.update(later(120.0, "swapped", 130.0))] == [("swapped", 0.0)]
    back = [*check.update(later(180.0, "as_told", 182.0)), *check.update(later(195.0, "as_told", 196.0))]
    assert [(d.verdict, d.start_s) for d in back] == [("good", 182.0)]


def test_a_verdict_of_the_first_strides_may_be_corrected_at_once():
    check = MountingCheck()
    assert [d.verdict for d in check.update(later(0.0, "as_told", 14.0))] == ["good"]
    assert [(d.verdict, d.start_s) for d in check.update(later(15.0, "swapped", 20.0))] == [("swapped", 0.0)]


def test_a_slip_before_anything_was_walked_is_nothing():
    empty = StrideTable.empty("shank")
    assert MountingCheck().update(findings(empty, checks=[Slip("left", 3.0, 40.0)])) == []
    assert MountingCheck().close() == []


def test_habit_is_learned_from_strides_of_both_legs():
    rng = np.random.default_rng(4)

    def strides(count):
        for k in range(count):
            side, scale = SIDES[k % 2], 0.75 if k % 2 else 1.0
            rate = float(200 * scale * rng.normal(1, 0.05))
            yield Stride(side, "shank", float(k), k + 1.0, push_off_rate_dps=rate, swing_s=0.4)

    assert habit_of(list(strides(100))) is None
    habit = habit_of(list(strides(400)))
    assert habit is not None
    centres = {name: centre for name, centre, _ in habit.centres}
    assert centres["push_off_rate_dps"] == pytest.approx(np.log(0.75), abs=0.05)
    assert centres["swing_s"] == 0.0 and len(centres) == 2
    assert habit.points({"push_off_rate_dps": np.log(0.75)}) > 2 > -2 > habit.points({"push_off_rate_dps": 0.3})


# ---- angles and words


def test_angles_between_seats():
    a, b = seat("left", 20).frame, seat("left", -40).frame
    assert turned_deg(a, b) == pytest.approx(60) and turned_deg(b, a) == pytest.approx(-60)
    assert tilted_deg(a, b) == pytest.approx(0, abs=1e-5) and away_deg(a, b) == pytest.approx(60)
    over = seat("left", 20, over=180.0).frame
    assert tilted_deg(over, a) == pytest.approx(180) and turned_deg(over, a) is None


@pytest.mark.parametrize("placement", ["shank", "foot"])
@pytest.mark.parametrize("worn", [("left",), ("right",), SIDES])
@pytest.mark.parametrize("verdict", ["good", "swapped", "moved", "unknown"])
def test_every_verdict_is_short_sentences_that_say_what_to_do(verdict, worn, placement):
    over = dict.fromkeys(worn, 175.0)
    told = words(Facts(verdict, placement, worn, moved=worn if verdict == "moved" else (), tilt_deg=over))
    sentences = told.rstrip(".?").split(". ")
    assert all(len(sentence.split()) <= 20 for sentence in sentences), told
    assert ("Please" in told) == (verdict != "good")
    assert ("upside down" in told) == (verdict in ("good", "moved"))
    assert ("foot" in told) == (placement == "foot") or verdict == "moved"
