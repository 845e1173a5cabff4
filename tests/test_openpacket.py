"""The open packet: its bytes, what it refuses, and the smallest radio it must work over."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import byhand
from surefoot.sensors.makers import openpacket as wire
from surefoot.sensors.makers.product import Battery, MalformedPacket, Packet, ProductError, Stopped, Tapped
from surefoot.simulation.ankle_open import OpenFirmware
from surefoot.simulation.firmware import AttError

STEPS = np.repeat([wire.TRAITS.acc_step_mps2, wire.TRAITS.gyr_step_dps], 3)


def packet(raw, tick=0, sequence=0):
    readings = np.asarray(raw, dtype=float) * STEPS
    return Packet(readings[:, :3], readings[:, 3:], tick, sequence)


@given(
    raw=hnp.arrays(np.int16, st.tuples(st.integers(1, wire.MOST), st.just(6))),
    tick=st.integers(0, 2**32 - 1),
    sequence=st.integers(0, 2**16 - 1),
    battery=st.none() | st.integers(0, 100),
    flags=st.sampled_from([0, wire.TAPPED, wire.STOPPING, wire.TAPPED | wire.STOPPING]),
)
def test_what_is_encoded_is_decoded(raw, tick, sequence, battery, flags):
    got, *rest = wire.decode(wire.encode(packet(raw, tick, sequence), battery=battery, flags=flags))
    assert (got.first_tick, got.sequence) == (tick, sequence)
    assert np.array_equal(np.hstack([got.acc, got.gyr]), raw * STEPS)
    assert got.clipped == (np.abs(raw.astype(int)) >= 32767).any(axis=1).sum()
    said = [Battery(battery)] * (battery is not None) + [Tapped()] * bool(flags & wire.TAPPED)
    assert rest[: len(said)] == said
    assert [type(h) for h in rest[len(said) :]] == [Stopped] * bool(flags & wire.STOPPING)


def test_a_packet_without_readings_tells_only_what_its_flags_say():
    empty = wire.encode(packet(np.empty((0, 6)), 5, 7), battery=55, flags=wire.TAPPED)
    assert wire.decode(empty) == [Battery(55), Tapped()]


def test_a_sensor_may_say_that_its_smaller_range_was_reached():
    sent = packet([[16384, 0, 0, 0, 0, 0], [1, 2, 3, 4, 5, 6]])
    (got,) = wire.decode(wire.encode(Packet(sent.acc, sent.gyr, 0, 0, clipped=1)))
    assert got.clipped == 1


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("", "0 bytes, too short"),
        ("10 01 0000 00000000", "8 bytes do not fit 1 reading"),
        ("10 01 0000 00000000" + "00" * 11, "19 bytes do not fit"),
        ("10 01 0000 00000000" + "00" * 13, "21 bytes do not fit"),
        ("10 29 0000 00000000" + "00" * 12 * 41, "500 bytes do not fit 41 readings"),
        ("20 00 0000 00000000", "version 2"),
        ("11 00 0000 00000000 65", "a battery of 101 %"),
    ],
)
def test_other_bytes_are_malformed(data, reason):
    (heard,) = wire.decode(bytes.fromhex(data))
    assert isinstance(heard, MalformedPacket) and reason in heard.reason


@pytest.mark.parametrize("mtu", [23, 24, 40, 185, 247, 517])
@pytest.mark.parametrize("rate_hz", [50.0, 104.0, 208.0])
def test_packets_fit_whatever_was_negotiated(mtu, rate_hz):
    hand = byhand.Hand(OpenFirmware(mtu=mtu, battery=42))
    hand.perform(wire.PRODUCT.start(rate_hz))
    acc, gyr = byhand.tape(wire.TRAITS, 500)
    sent = [data for k in range(500) for data in hand.measure(acc[k : k + 1], gyr[k : k + 1], k / rate_hz)]
    assert max(len(data) for data in sent) <= mtu - 3
    assert len(hand.readings()) > 500 - 21 and not hand.malformed
    assert [p.sequence for p in hand.packets] == list(range(len(hand.packets)))
    assert hand.heard.count(Battery(42)) == 1


def test_a_hole_between_readings_ends_the_packet():
    hand = byhand.Hand(OpenFirmware())
    hand.perform(wire.PRODUCT.start(100.0))
    acc, gyr = byhand.tape(wire.TRAITS, 25)
    hand.measure(acc[:13], gyr[:13], 1.0)
    hand.measure(acc[13:], gyr[13:], 1.2)
    assert [(p.first_tick, len(p)) for p in hand.packets] == [(1_000_000, 10), (1_100_000, 3), (1_200_000, 10)]


def test_the_nearest_rate_it_offers_is_taken():
    hand = byhand.Hand(OpenFirmware(rates_hz=(59.5, 101.7, 119.0)))
    hand.perform(wire.PRODUCT.start(104.0))
    assert hand.firmware.rate_hz == 101.7


@pytest.mark.parametrize(
    ("info", "what"),
    [
        (wire.Info((25.0, 300.0)), "cannot measure at 104 Hz"),
        (wire.Info((104.0,), acc_range_g=4), "measures to 4 g"),
        (wire.Info((104.0,), gyr_range_dps=500), "500 deg/s only"),
        (wire.Info((104.0,), version=2), "version 2 of the open packet"),
        (wire.Info(()), "name no rate"),
    ],
)
def test_a_sensor_that_will_not_do_is_refused_with_what_to_do(info, what):
    hand = byhand.Hand(OpenFirmware(info=info))
    with pytest.raises(ProductError, match=what) as refused:
        hand.perform(wire.PRODUCT.start(104.0))
    assert refused.value.remedy
    assert hand.firmware.rate_hz is None


def test_a_sensor_that_takes_the_start_and_does_not_stream_is_noticed():
    class Deaf(OpenFirmware):
        def write(self, uuid, data):
            return []

    with pytest.raises(ProductError, match="told to stream at 104 Hz"):
        byhand.Hand(Deaf()).perform(wire.PRODUCT.start(104.0))


def test_a_sensor_without_a_light_cannot_show_itself():
    dark, lit = OpenFirmware(info=wire.Info((104.0,), features=0)), OpenFirmware()
    with pytest.raises(ProductError, match="no light"):
        byhand.Hand(dark).perform(wire.PRODUCT.blink())
    byhand.Hand(lit).perform(wire.PRODUCT.blink())
    assert (dark.blinks, lit.blinks) == (0, 1)


@pytest.mark.parametrize(
    ("command", "code"), [("", 0x0D), ("01", 0x0D), ("0202", 0x0D), ("7f", 0x80), ("010100", 0x81)]
)
def test_commands_it_does_not_know_are_refused(command, code):
    with pytest.raises(AttError) as refused:
        OpenFirmware().write(wire.CONTROL, bytes.fromhex(command))
    assert refused.value.code == code


@given(st.binary(max_size=40))
def test_whatever_it_says_of_itself_is_understood_or_refused(data):
    try:
        info = wire.decode_info(data)
    except ProductError:
        return
    assert info.rates_hz and wire.encode_info(info)[: 6 + 2 * len(info.rates_hz)] == data[: 6 + 2 * len(info.rates_hz)]
