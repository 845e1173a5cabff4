"""The wardrobe: paired sensors and donnings are kept at home, one sensor in one place, and older databases get both."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import made
from surefoot.pipeline.store import open_store
from surefoot.records import Donning, WornSensor

LEFT = WornSensor("left", "shank", "dot", "D4:22:CD:00:00:01", "Movella DOT", 60.0, 1000.0)
RIGHT = replace(LEFT, side="right", address="D4:22:CD:00:00:02")

worn = st.builds(
    WornSensor,
    *(made.sides, st.sampled_from(["shank", "foot"]), made.names, made.names, made.texts, made.numbers, made.numbers),
)
angles = st.lists(st.tuples(made.sides, made.numbers), max_size=2).map(tuple)
donnings = st.builds(
    Donning,
    *(st.floats(0, 1e10), st.sampled_from(["good", "swapped", "moved", "unknown"]), made.texts, made.counts),
    *(angles, angles, st.lists(st.tuples(made.sides, st.lists(made.numbers).map(tuple)), max_size=2).map(tuple)),
)


@pytest.fixture
def home(new_url):
    store = open_store(new_url())
    yield store
    store.close()


@settings(max_examples=30)
@given(worn, donnings)
def test_any_sensor_and_donning_is_read_back(sensor, donning):
    store = open_store("sqlite://")
    store.keep_worn_sensor(sensor)
    store.keep_donning(donning)
    assert store.worn_sensors() == [sensor]
    assert store.donnings(donning.start_s, donning.start_s + 1.0) == [donning]
    assert store.donnings(donning.start_s + 1.0, 2e10) == []
    store.close()


def test_a_place_has_one_sensor_and_a_sensor_one_place(home):
    for sensor in (RIGHT, replace(LEFT, placement="foot", address="F"), LEFT):
        home.keep_worn_sensor(sensor)
    assert [(one.side, one.placement) for one in home.worn_sensors()] == [
        ("left", "shank"),
        ("right", "shank"),
        ("left", "foot"),
    ]
    newer = replace(LEFT, address="D4:22:CD:00:00:03", paired_s=2000.0)
    home.keep_worn_sensor(newer)
    assert home.worn_sensors()[0] == newer
    moved = replace(RIGHT, side="left")
    home.keep_worn_sensor(moved)
    assert [one.address for one in home.worn_sensors()] == [RIGHT.address, "F"]
    assert home.drop_worn_sensor(RIGHT.address) and not home.drop_worn_sensor(RIGHT.address)
    assert len(home.worn_sensors()) == 1


def test_both_sensors_may_change_legs_in_two_steps(home):
    for sensor in (LEFT, RIGHT, replace(LEFT, side="right"), replace(RIGHT, side="left")):
        home.keep_worn_sensor(sensor)
    assert [one.address for one in home.worn_sensors()] == [RIGHT.address, LEFT.address]


def test_a_later_verdict_on_a_donning_replaces_the_earlier_one_and_nothing_is_sent(home):
    first = Donning(100.0, "good", "Both sensors sit well.", 20, (("left", -90.0),))
    home.keep_donning(Donning(5000.0, "unknown", "Too few steps.", 3))
    home.keep_donning(first)
    moved = replace(first, verdict="moved", words="The left sensor has slipped.")
    home.keep_donning(moved)
    home.keep_worn_sensor(LEFT)
    assert home.donnings(0.0, 5000.0) == [moved]
    assert [one.verdict for one in home.donnings(0.0, 1e9)] == ["moved", "unknown"]
    assert home.outbox.count() == 0


def test_a_database_from_before_gets_both_tables(new_url):
    url = new_url()
    store = open_store(url)
    store.keep_bout(made.bout(1))
    with store._write() as connection:
        for table in ("worn_sensors", "donnings"):
            connection.exec_driver_sql(f"DROP TABLE {table}")
        connection.exec_driver_sql("UPDATE about SET value = '2' WHERE name = 'schema'")
    store.close()
    store = open_store(url)
    store.keep_worn_sensor(LEFT)
    store.keep_donning(Donning(1.0, "good", "", 20))
    assert [store.counts()[name] for name in ("bouts", "worn_sensors", "donnings")] == [1, 1, 1]
    store.close()


def test_a_clock_is_kept_with_its_sensor_and_goes_with_it(home):
    for sensor in (LEFT, RIGHT):
        home.keep_worn_sensor(sensor)
    home.keep_clock(LEFT.address, 31.5, 0.004)
    home.keep_clock("gone", 99.0, None)
    assert home.worn_sensors() == [replace(LEFT, clock_ppm=31.5, clock_within_s=0.004), RIGHT]
    home.keep_worn_sensor(replace(LEFT, address="another"))
    assert home.worn_sensors()[0].clock_ppm is None
