"""MbientLab MetaMotion: the maker's vectors, the chain of processors it is told to build, what others left in it.

Vectors: mbientlab/MetaWear-SDK-Cpp, test/*.py. The entries of its own log are not read here: no test of theirs.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import byhand
from surefoot.sensors.makers import metamotion as wire
from surefoot.sensors.makers.product import Battery, MalformedPacket, Packet, ProductError, Tapped
from surefoot.simulation.ankle_metamotion import MetaMotionFirmware, Processor


def streaming(**settings):
    hand = byhand.Hand(MetaMotionFirmware(**settings))
    hand.perform(wire.PRODUCT.start(100.0))
    return hand


def written(hand):
    return [step.data.hex() for step in hand.steps if hasattr(step, "data")]


# ---- vectors

TICKS = ("a6330d00", "ad330d00", "b4330d00", "ba330d00", "c1330d00", "c8330d00")


@pytest.mark.parametrize(
    ("text", "header", "per_unit", "values"),
    [
        ("0304 16c494a22ad0", 2, 8192, [(-1.872, -2.919, -1.495)]),
        (
            "031c 62b7530de9fd16d04d0e57028affa1050a01",
            2,
            4096,
            [(-4.539, 0.833, -0.131), (-2.995, 0.894, 0.146), (-0.029, 0.352, 0.065)],
        ),
        ("1305 3e43ff7f0080", 2, 65.6, [(262.409, 499.497, -499.512)]),
        (
            "1307 0915ad2608de8a1a0d2665e48d20ac2773ec",
            2,
            32.8,
            [(164.177, 301.860, -265.122), (207.134, 296.982, -215.457), (254.055, 309.634, -152.591)],
        ),
        ("090300 a6330d00 c100b12419cd", 7, 16384, [(0.0118, 0.573, -0.795)]),
    ],
)
def test_triples_of_numbers(text, header, per_unit, values):
    assert wire.counts(bytes.fromhex(text), header) / per_unit == pytest.approx(np.array(values), abs=1e-3)


def test_ticks_of_the_accounter():
    ticks = [int.from_bytes(bytes.fromhex(t), "little") for t in TICKS]
    ms = [round(1000 * tick * wire.TRAITS.tick_s) for tick in ticks]
    assert np.diff(ms).tolist() == [10, 11, 8, 11, 10]


def test_both_kinds_in_one_notification():
    (got,) = wire.decode(bytes.fromhex("090303 1e020000 f40d3c399911 0180d691d367"))
    assert got.first_tick == 542 and got.clipped == 1  # -32767 is the end of its range
    assert got.acc[0] / wire.TRAITS.acc_step_mps2 == pytest.approx([3572, 14652, 4505])
    assert got.gyr[0] / wire.TRAITS.gyr_step_dps == pytest.approx([-32767, -28202, 26579])


def test_the_battery():
    assert wire.decode(bytes.fromhex("118c 63 3410")) == [Battery(99)]
    assert byhand.Hand(MetaMotionFirmware(battery=37)).perform(wire.PRODUCT.battery()) == 37


@given(raw=hnp.arrays(np.int16, (2, 1, 3)), tick=st.integers(0, 2**32 - 1), processor=st.integers(0, 27))
def test_what_is_encoded_is_decoded(raw, tick, processor):
    acc, gyr = raw * wire.SCALE
    (got,) = wire.decode(wire.encode(Packet(acc, gyr, tick), processor))
    assert got.first_tick == tick and got.clipped == (np.abs(raw.astype(int)).max() >= 32767)
    assert np.array_equal(got.acc, acc) and np.array_equal(got.gyr, gyr)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "0 bytes that begin not at all"),
        ("4207", "2 bytes that begin 42 07"),
        ("0903020000000000", "8 bytes instead of the 19"),
        ("118c653410", "no percentage"),
        ("118c", "no percentage"),
    ],
)
def test_other_bytes_are_malformed(text, reason):
    (heard,) = wire.decode(bytes.fromhex(text))
    assert isinstance(heard, MalformedPacket) and reason in heard.reason


@pytest.mark.parametrize(
    "text", ["0380 0101", "090201", "0b84 00000000 05", "0304 16c494a22ad0", "1305 3e43ff7f0080", "010100"]
)
def test_answers_and_streams_of_one_kind_are_passed_over(text):
    assert wire.decode(bytes.fromhex(text)) == []


# ---- what it is told


def test_the_chain_of_an_r():
    told = written(streaming(model="R"))
    chain = ["0902 1305ffa00f05", "0902 0304ffa01b01000000000000000000000000", "0902 0903016011 3103"]
    config = ["0303 280c", "1303 2800"]
    rest = ["09070201", "090301", "010101", "110906000c0000005802", "03020100", "13020100", "030101", "130101"]
    wanted = [text.replace(" ", "") for text in config + chain + rest]
    assert told[-len(wanted) :] == wanted
    assert told[:3] == ["0380", "1380", "0980"]
    assert all(len(text) <= 36 for text in told if not text.startswith("0902"))  # commands of 18 bytes


def test_the_chain_of_an_s():
    told = written(streaming(model="S"))
    assert "0303a803" in told and "13032800" in told and "09021304ffa00f05" in told


@pytest.mark.parametrize("model", ["R", "S"])
def test_what_others_left_in_it_is_gone(model):
    hand = streaming(model=model)
    for k in range(3):  # an app that takes processors and streams one kind alone
        hand.firmware.write(wire.COMMAND, bytes.fromhex("0902 0304ffa00f05") + bytes([k]))
    hand.firmware.write(wire.COMMAND, bytes.fromhex("030401"))
    hand.firmware.part()
    assert hand.firmware.rate_hz == 100.0  # goes on by itself
    again = byhand.Hand(hand.firmware)
    again.perform(wire.PRODUCT.start(100.0))
    assert len(hand.firmware.processors) == 3
    acc, gyr = byhand.tape(wire.TRAITS, 50)
    again.measure(acc, gyr, 30.0)
    assert [len(p) for p in again.packets] == [1] * 50 and len(again.heard) == 50


def test_a_wrong_register_of_the_gyroscope_streams_nothing():
    """The firmware is no yes-man: told as an R, an S has nothing to fuse."""
    hand = streaming(model="S")
    hand.firmware.write(wire.COMMAND, bytes.fromhex("0908"))
    for text in ("0902 1305ffa00f05", "0902 0304ffa01b0100" + "00" * 11, "0902 09030160113103", "09070201", "090301"):
        hand.firmware.write(wire.COMMAND, bytes.fromhex(text))
    acc, gyr = byhand.tape(wire.TRAITS, 20)
    assert hand.measure(acc, gyr, 1.0) == []


def test_processors_may_have_any_numbers():
    class Crowded(MetaMotionFirmware):
        """Something in it takes processors that no reset removes."""

        def _obey(self, data):
            super()._obey(data)
            if data == b"\x09\x08":
                self.processors = {k: Processor((0x05, 0x80, 0xFF), 0x02, b"\x0c") for k in (0, 1, 3)}

    hand = byhand.Hand(Crowded())
    hand.perform(wire.PRODUCT.start(100.0))
    acc, gyr = byhand.tape(wire.TRAITS, 20)
    assert len(hand.measure(acc, gyr, 1.0)) == len(hand.packets) == 20


def test_its_button_tells_as_a_tap():
    hand = streaming()
    hand.take(hand.firmware.press())
    assert hand.heard[-1:] == [Tapped()] and sum(isinstance(h, Tapped) for h in hand.heard) == 1


def test_it_blinks():
    hand = byhand.Hand(MetaMotionFirmware())
    hand.perform(wire.PRODUCT.blink())
    assert hand.firmware.blinks == 1
    assert written(hand) == ["020300021f00000032000000f40100000a", "020101"]


class Odd(MetaMotionFirmware):
    """Answers some questions otherwise."""

    def __init__(self, said):
        super().__init__()
        self.said = said

    def _answer(self, data):
        return next((said for begin, said in self.said.items() if data.startswith(begin)), super()._answer(data))


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({b"\x03\x80": b"\x03\x80\x03\x01"}, "not the accelerometer and gyroscope"),
        ({b"\x13\x80": b"\x13\x80\xff\xff"}, "not the accelerometer and gyroscope"),
        ({b"\x03\x80": b""}, "not the accelerometer and gyroscope"),
        ({b"\x09\x80": b"\x09\x80\x00\x02\x1c"}, "cannot send both kinds"),
        ({b"\x09\x80": b"\x09\x80"}, "cannot send both kinds"),
        ({b"\x09\x02\x03": b""}, "did not set up a data processor"),
    ],
)
def test_what_it_cannot_do_is_told_with_what_to_do(said, told):
    firmware = Odd(said)
    with pytest.raises(ProductError, match=told) as refused:
        byhand.Hand(firmware).perform(wire.PRODUCT.start(100.0))
    assert refused.value.remedy and firmware.rate_hz is None


def test_a_rate_that_would_need_packing_is_refused():
    with pytest.raises(ProductError, match="25, 50, 100 Hz"):
        byhand.Hand(MetaMotionFirmware()).perform(wire.PRODUCT.start(200.0))


def test_its_own_recordings_cannot_be_fetched_yet():
    with pytest.raises(ProductError, match="cannot fetch yet"):
        wire.PRODUCT.logbook()
