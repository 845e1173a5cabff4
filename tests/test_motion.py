"""What a sensor on the leg feels: the nearest sample, wherever blocks and gaps lie; and what it shows to everybody."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surefoot.records import Gap, Samples, Side
from surefoot.simulation.advert import decode, encode
from surefoot.simulation.firmware import Advert
from surefoot.simulation.motion import Motion, motions


def block(start_s: float, values: list[float], side: Side = "left", rate_hz: float = 100.0) -> Samples:
    column = np.array(values)[:, None]
    return Samples(side, "shank", start_s, rate_hz, np.tile(column, 3), np.tile(-column, 3))


def felt(motion: Motion, *times_s: float) -> list[float]:
    rows = motion.at(np.array(times_s))
    np.testing.assert_array_equal(rows[:, 3:], -rows[:, :3])
    return rows[:, 0].tolist()


def test_a_reading_is_the_nearest_sample() -> None:
    motion = Motion([block(10.0, [0, 1, 2, 3, 4])])
    assert felt(motion, 0.0, 0.0049, 0.0051, 0.02, 0.031) == [0, 0, 1, 2, 3]


def test_blocks_follow_each_other_and_the_last_sample_stays() -> None:
    blocks = [block(0.0, [0, 1, 2]), block(0.03, [3, 4]), block(0.1, [9])]
    assert felt(Motion(blocks), *(0.01 * k for k in range(13))) == [0, 1, 2, 3, 4, 4, 4, 4, 4, 4, 9, 9, 9]


def test_before_anything_moves_there_is_gravity_alone() -> None:
    rows = Motion([block(5.0, [7.0])], zero_s=0.0).at(np.array([0.0, 5.0]))
    np.testing.assert_allclose(rows[0], [0, 0, 9.80665, 0, 0, 0])
    assert rows[1, 0] == 7.0


@given(st.data())
def test_how_it_is_asked_and_how_it_is_cut_do_not_matter(data: st.DataObject) -> None:
    values = [float(k) for k in range(40)]
    cuts = sorted(data.draw(st.sets(st.integers(1, 39), max_size=6)))
    blocks = [block(a / 100, values[a:b]) for a, b in zip([0, *cuts], [*cuts, 40], strict=True)]
    times_s = np.array(sorted(data.draw(st.lists(st.integers(0, 500), min_size=1, max_size=30)))) * 1e-3 + 1e-4
    asked = sorted(data.draw(st.sets(st.integers(0, len(times_s)), max_size=4)))
    motion = Motion(blocks)
    pieces = [motion.at(piece)[:, 0] for piece in np.split(times_s, asked)]
    expected = np.minimum(np.rint(times_s * 100), 39)
    np.testing.assert_array_equal(np.concatenate(pieces), expected)


def test_both_legs_are_fed_from_one_stream_no_further_than_needed() -> None:
    drawn = 0

    def blocks() -> Iterator[Samples | Gap]:
        nonlocal drawn
        for second in range(1000):
            drawn += 1
            yield block(float(second), [second] * 100, "left")
            yield Gap("left", "shank", float(second), float(second), "told of nothing")
            yield block(float(second) + 0.5, [-second] * 100, "right")

    legs = motions(blocks())
    assert felt(legs["left"], 0.2, 3.2) == [0, 3]
    assert felt(legs["right"], 2.2, 3.2) == [-1, -2]
    assert drawn <= 6


@pytest.mark.parametrize(
    "advert",
    [
        Advert("Surefoot 01", ("696caff5-c4a2-43ad-bdff-987caf4a15b7",)),
        Advert("WT901BLE67", ("0000ffe5-0000-1000-8000-00805f9a34fb",)),
        Advert("Movesense 1", ("0000fdf3-0000-1000-8000-00805f9b34fb",), {0x009F: b"\x01\x02"}),
        Advert("Ä sensor"),
    ],
)
def test_an_advertisement_says_what_was_put_in(advert: Advert) -> None:
    first, second = encode(advert)
    assert len(first) <= 31
    assert len(second) <= 31
    assert decode(first + second) == advert


def test_an_advertisement_too_long_is_refused() -> None:
    with pytest.raises(ValueError, match="too much to advertise"):
        encode(Advert("x" * 30, ("696caff5-c4a2-43ad-bdff-987caf4a15b7",)))


@given(st.binary(max_size=62))
def test_any_bytes_say_something_or_nothing(data: bytes) -> None:
    assert isinstance(decode(data), Advert)
