"""Movella DOT: its published bytes, its scripts against a pretend one, and what it makes of rubbish."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surefoot.sensors.makers.dot import BATTERY, MEASURE, PAYLOAD, REPORT, SETTINGS, DotDecoder, decode, encode
from surefoot.sensors.makers.dot import PRODUCT as DOT
from surefoot.sensors.makers.dotwire import as_packet, measured
from surefoot.sensors.makers.product import (
    Battery,
    MalformedPacket,
    Packet,
    ProductError,
    Seen,
    Stopped,
    Tapped,
    need_mtu,
)
from surefoot.simulation.ankle_dot import FIRST, DotFirmware
from wired import Wire, readings

# Built from values in published recordings (luw31/movella_dot_pc); the mode has a magnetometer behind the turning.
MODE_20 = "74efb90f fca9f13c a69bc43c 6ff02041 151df9bf 431c4b3f 666626bf 7809 510e dd08 000000000000"
TRAITS = DOT.traits


def test_the_published_payload() -> None:
    packet = decode(bytes.fromhex(MODE_20))
    assert isinstance(packet, Packet) and packet.first_tick == 263843700 and packet.clipped == 0
    assert packet.acc == pytest.approx(np.array([[0.0295, 0.0240, 10.0587]]), abs=3e-3)
    assert packet.gyr == pytest.approx(np.array([[-1.9462, 0.7934, -0.65]]), abs=0.031)


@given(st.integers(0, 2**32 - 1), st.lists(st.integers(-32767, 32767), min_size=6, max_size=6))
def test_what_is_encoded_is_decoded(tick: int, counts: list[int]) -> None:
    acc, gyr = np.array([counts[:3]]) * TRAITS.acc_step_mps2, np.array([counts[3:]]) * TRAITS.gyr_step_dps
    data = encode(Packet(acc, gyr, tick))
    packet = decode(data)
    assert isinstance(packet, Packet) and len(data) == 40 == TRAITS.mtu - 3
    assert (packet.first_tick, len(packet)) == (tick, 1)
    np.testing.assert_array_equal(packet.acc, acc)
    np.testing.assert_array_equal(packet.gyr, gyr)


@given(st.lists(st.floats(-1.375, 1.375, width=32), min_size=6, max_size=6))
def test_live_and_recorded_readings_are_kept_alike(parts: list[float]) -> None:
    acc, gyr = (np.float32([part]).astype(float) for part in (np.array(parts[:3]) * 157, np.array(parts[3:]) * 2000))
    live = decode(encode(Packet(acc, gyr, 7)))
    assert isinstance(live, Packet) == bool(measured(acc, gyr)[0])
    if isinstance(live, Packet):
        recorded = as_packet(acc, gyr, 7)
        np.testing.assert_array_equal(live.acc, recorded.acc)
        np.testing.assert_array_equal(live.gyr, recorded.gyr)
        assert live.clipped == recorded.clipped


@given(st.sampled_from([PAYLOAD, BATTERY, REPORT, MEASURE, "no uuid"]), st.lists(st.binary(max_size=70), max_size=4))
def test_any_bytes_are_heard(uuid: str, notices: list[bytes]) -> None:
    decoder = DotDecoder()
    for thing in (thing for data in notices for thing in decoder.update(uuid, data)):
        assert isinstance(thing, Packet | Battery | Tapped | Stopped | MalformedPacket)
        if isinstance(thing, Packet):
            assert np.isfinite(thing.acc).all() and np.isfinite(thing.gyr).all()


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 3e4])
def test_what_cannot_be_measured_is_malformed(bad: float) -> None:
    for place in range(6):
        values = [1.0] * 6
        values[place] = bad
        assert isinstance(decode(struct.pack("<I6f", 1, *values)), MalformedPacket)


def test_no_number_of_any_kind_is_worth_a_warning() -> None:
    for bits in (0x7FA00000, 0x7FC00000, 0xFFA00001, 0x7F800001):
        assert isinstance(decode(struct.pack("<7I", 1, *[bits] * 6)), MalformedPacket)


def test_readings_at_the_end_of_a_range_are_counted() -> None:
    for acc, gyr, count in ((156.9, 0.0, 1), (-156.9, 0.0, 1), (156.0, 1998.0, 0), (0.0, -2000.0, 1)):
        packet = decode(encode(Packet(np.full((1, 3), acc), np.full((1, 3), gyr), 0)))
        assert isinstance(packet, Packet) and packet.clipped == count


def test_a_dot_is_known_by_its_name() -> None:
    assert (
        DOT.is_seen(Seen("Movella DOT", ()))
        and DOT.is_seen(Seen("Xsens DOT", ()))
        and DOT.is_seen(Seen(None, (), (2182,)))
    )
    assert not DOT.is_seen(Seen("Movesense 0123", (), (159,))) and not DOT.is_seen(Seen(None, ()))
    assert DOT.is_seen(Seen(DotFirmware.advert.name, DotFirmware.advert.services, tuple(DotFirmware.advert.makers)))


def test_it_streams_what_it_measures_but_for_the_first_two() -> None:
    wire = Wire(DotFirmware())
    wire.perform(DOT.start(60))
    heard = wire.run(3.0)
    acc, gyr = readings(heard)
    assert len(acc) == 178 == len(heard)
    np.testing.assert_array_equal(acc, wire.acc[2:180])
    np.testing.assert_array_equal(gyr, wire.gyr[2:180])
    ticks = np.array([p.first_tick for p in heard if isinstance(p, Packet)])
    assert set(np.diff(ticks)) == {16666, 16667}
    first = decode(wire.sent[0].data)
    assert isinstance(first, Packet) and first.acc[0] == pytest.approx(FIRST, abs=3e-3)
    wire.perform(DOT.stop())
    assert wire.firmware.rate_hz is None and wire.run(1.0) == []


def test_it_goes_on_when_the_link_is_lost_and_is_stopped_before_it_is_started_anew() -> None:
    wire = Wire(DotFirmware(rate_hz=30))
    wire.perform(DOT.start(60))
    wire.run(1.0)
    wire.part()
    wire.run(2.0)
    assert wire.firmware.rate_hz == 60
    wire.join()
    wire.perform(DOT.start(30))
    assert wire.firmware.rate_hz == 30
    wire.decoder = DOT.decoder(30)
    assert len(readings(wire.run(1.0))[0]) == 28


def test_a_start_within_a_connection_brings_no_rubbish() -> None:
    wire = Wire(DotFirmware())
    wire.perform(DOT.start(60))
    wire.run(1.0)
    wire.perform(DOT.stop())
    wire.run(2.0)
    wire.perform(DOT.start(60))
    heard = wire.run(1.0)
    assert len(heard) == 58 and all(np.abs(p.acc[0] - FIRST).max() > 1e-3 for p in heard if isinstance(p, Packet))


def test_lost_readings_cost_no_others() -> None:
    wire = Wire(DotFirmware())
    wire.perform(DOT.start(60))
    wire.run(1.0)
    wire.lose = lambda sent: True
    assert wire.run(0.5) == []
    wire.lose = lambda sent: False
    assert len(wire.run(0.5)) == 30


@pytest.mark.parametrize("rate_hz", [120, 104, 0, 60.5])
def test_a_rate_it_has_not_is_refused(rate_hz: float) -> None:
    with pytest.raises(ProductError, match="60"):
        Wire(DotFirmware()).perform(DOT.start(rate_hz))


def test_settings_that_are_not_understood_are_left_alone() -> None:
    class Odd(DotFirmware):
        def read(self, uuid: str) -> bytes:
            return super().read(uuid)[:16]

        def write(self, uuid: str, data: bytes) -> list:
            assert uuid == MEASURE
            return super().write(uuid, data)

    with pytest.raises(ProductError, match="firmware"):
        Wire(Odd()).perform(DOT.blink())
    with pytest.raises(ProductError, match="firmware"):
        Wire(Odd()).perform(DOT.start(60))


def test_a_rate_that_does_not_take_is_told() -> None:
    class Synchronised(DotFirmware):
        def _change(self, data: bytes) -> None:
            pass

    with pytest.raises(ProductError, match="stays at 30"):
        Wire(Synchronised(rate_hz=30)).perform(DOT.start(60))


def test_it_blinks_and_keeps_its_settings() -> None:
    firmware = DotFirmware(rate_hz=20)
    wire = Wire(firmware)
    before = firmware.read(SETTINGS)
    wire.perform(DOT.blink())
    assert firmware.identified == 1 and firmware.read(SETTINGS) == before


def test_battery_button_and_end_are_told() -> None:
    firmware = DotFirmware(battery=71)
    wire = Wire(firmware)
    assert wire.perform(DOT.battery()) == 71
    wire.perform(DOT.start(60))
    wire.take(firmware.click(2, 9.0))
    wire.take(firmware.drain(40))
    wire.take(firmware.drain(1))
    told = [thing for thing in wire.heard if not isinstance(thing, Packet)]
    assert told[:3] == [Tapped(), Battery(40), Battery(1)] and isinstance(told[3], Stopped)
    assert firmware.rate_hz is None


def test_small_packets_cut_readings_off_and_are_told_before() -> None:
    wire = Wire(DotFirmware(), mtu=23)
    wire.perform(DOT.start(60))
    heard = wire.run(0.5)
    assert len(heard) == 30 and all(isinstance(thing, MalformedPacket) for thing in heard)
    with pytest.raises(ProductError, match="packets of 23 bytes; its readings need 43"):
        need_mtu(DOT, 23)
    need_mtu(DOT, 43)
