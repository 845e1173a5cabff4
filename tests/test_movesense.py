"""Movesense: captured bytes, its scripts against a pretend one, and what it makes of rubbish."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surefoot.sensors.clock.stamps import Stamp
from surefoot.sensors.makers.grid import on_grid
from surefoot.sensors.makers.movesense import (
    ACC_STEP_MPS2,
    COMMAND,
    GROUPS,
    GYR_STEP_DPS,
    NOTICE,
    STREAM,
    MovesenseDecoder,
    decode,
    encode,
)
from surefoot.sensors.makers.movesense import PRODUCT as MOVESENSE
from surefoot.sensors.makers.product import Ask, Listen, MalformedPacket, Packet, ProductError, Seen, need_mtu
from surefoot.simulation.ankle_movesense import MovesenseFirmware
from wired import Wire, readings

# Captured from hardware: sokolmarek/movesense-commander, src/lib/gsp/layouts.hardware.test.ts
IMU6_52 = (
    "aca1020094b578bf399b8840cdb20d4155ff7cbf6a60884092c70c4182627cbfa2e988405da00c418bf871bf71248940c38c0c41"
    "48e17abf713daabf3333b3bec3f568bf713daabf3e0ad7beae4721bff628bcbf3e0ad7beae4721bf3333b3bf3e0ad7be"
)
ACC_52 = "03de010055ab8bbf69f78d4081dd0a412b1387bf975a8d4020840b41e79190bf076d8e401bf10a412b1387bf316e8d40b9660b41"
GYRO_52 = "03de0100295c8f3f666606c03e0a57beae47a13f85eb01c0295c8fbeae47a13fc3f5e8bf295c8fbe295c8f3f85ebf1bf3e0a57be"
IMU9_52 = (
    "159e01005c6e61bd56d29cbd8c2a1dc1ee54e6bdccd5febc8c2a1dc1c987dcbd310513bd273e1dc1ccd5febdec0644bdf7a91dc1"
    "48e1fa3f8fc225c0c3f5683f66660640cdcc1cc03e0a573f85eb0140cdcc1cc03e0a573f66660640ae4721c0b81e453f"
    "52a86f42817bb0c272e85a431b6e6a42f053acc24add5a4377706d4204ecb1c2db61594335906f420b7eb0c2d2345a43"
)
SUBSCRIBE_IMU6_52 = "01632f4d6561732f494d55362f353200"  # GATT SensorData Protocol, GD-77
TRAITS = MOVESENSE.traits

COUNTS = st.lists(st.integers(-28000, 28000), min_size=48, max_size=48)


def test_the_captured_packet() -> None:
    packet = decode(bytes.fromhex(IMU6_52), 4)
    assert isinstance(packet, Packet) and (packet.first_tick, len(packet), packet.clipped) == (172460, 4, 0)
    assert packet.acc[0] == pytest.approx([-0.971521, 4.268948, 8.856153], abs=1e-5)
    assert packet.gyr[0] == pytest.approx([-0.98, -1.33, -0.35], abs=1e-5)
    assert packet.gyr[3] == pytest.approx([-0.63, -1.40, -0.42], abs=1e-5)


@pytest.mark.parametrize(
    ("text", "axes", "tick", "first"),
    [
        (ACC_52, 3, 122371, (-1.091166, 4.436451, 8.679078)),
        (GYRO_52, 3, 122371, (1.12, -2.10, -0.21)),
        (IMU9_52, 9, 106005, (-0.05504, -0.07657, -9.82289)),
    ],
)
def test_other_captures_have_the_same_form_and_the_same_grid(
    text: str, axes: int, tick: int, first: tuple[float, ...]
) -> None:
    data = bytes.fromhex(text)
    values = np.array(struct.unpack_from(f"<{(len(data) - 4) // 4}f", data, 4))
    assert len(values) == 4 * axes and struct.unpack_from("<I", data) == (tick,)
    assert values[:3] == pytest.approx(first, abs=1e-4)
    parts = values.reshape(-1, 12)
    for part, step in zip(parts, (GYR_STEP_DPS,) if text == GYRO_52 else (ACC_STEP_MPS2, GYR_STEP_DPS), strict=False):
        assert np.abs(part / step - np.rint(part / step)).max() < 1e-3
    assert isinstance(decode(data, 4), MalformedPacket)  # it was not asked for


def test_it_asks_as_documented() -> None:
    script = MOVESENSE.start(52)
    assert next(script) == Listen(NOTICE)
    step = script.send(b"")
    assert isinstance(step, Ask) and step.uuid == COMMAND and step.data == bytes.fromhex(SUBSCRIBE_IMU6_52)
    assert step.is_answer(bytes([1, STREAM, 200, 0])) and not step.is_answer(bytes([2, STREAM, 200, 0]))


@given(st.integers(0, 2**32 - 1), st.sampled_from(sorted(GROUPS)), COUNTS)
def test_what_is_encoded_is_decoded(tick: int, rate_hz: float, counts: list[int]) -> None:
    group = GROUPS[rate_hz]
    raw = np.array(counts[: 6 * group]).reshape(2, group, 3)
    acc, gyr = raw[0] * ACC_STEP_MPS2, raw[1] * GYR_STEP_DPS
    notices = encode(Packet(acc, gyr, tick))
    assert all(len(data) <= 152 <= TRAITS.mtu - 3 for data in notices) and len(notices) == 1 + (group == 8)
    decoder = MovesenseDecoder(rate_hz)
    *parts, packet = [heard for data in notices for heard in decoder.update(NOTICE, data)]
    assert isinstance(packet, Packet) and packet.first_tick == tick
    assert parts == [Stamp(tick, 7)] * (group == 8)
    np.testing.assert_array_equal(packet.acc, acc)
    np.testing.assert_array_equal(packet.gyr, gyr)


GOOD = encode(Packet(np.ones((8, 3)), np.ones((8, 3)), 1))
ANY = st.one_of(
    st.binary(max_size=210),
    st.binary(max_size=200).map(lambda tail: bytes([2, STREAM]) + tail),
    st.binary(min_size=150, max_size=150).map(lambda tail: bytes([2, STREAM]) + tail),
    st.binary(min_size=46, max_size=46).map(lambda tail: bytes([3, STREAM]) + tail),
    st.sampled_from(GOOD),
)


@given(st.sampled_from([13.0, 26.0, 52.0, 104.0, 208.0]), st.lists(ANY, max_size=6))
def test_any_bytes_are_heard(rate_hz: float, notices: list[bytes]) -> None:
    decoder = MovesenseDecoder(rate_hz)
    for thing in (thing for data in notices for thing in decoder.update(NOTICE, data)):
        assert isinstance(thing, Packet | Stamp | MalformedPacket)
        if isinstance(thing, Packet):
            assert np.isfinite(thing.acc).all() and np.isfinite(thing.gyr).all() and 0 <= thing.clipped <= len(thing)


def test_a_part_without_its_other_costs_one_packet_only() -> None:
    first, second = GOOD
    decoder = MovesenseDecoder(104)

    def kinds(*notices: bytes) -> list[type]:
        return [type(heard) for data in notices for heard in decoder.update(NOTICE, data)]

    assert kinds(first, second) == [Stamp, Packet]
    assert kinds(first, first, second) == [Stamp, MalformedPacket, Stamp, Packet]
    assert kinds(second, first, second) == [MalformedPacket, Stamp, Packet]
    assert kinds(first, second[:-1], first, second) == [Stamp, MalformedPacket, Stamp, Packet]
    assert kinds(first[:-24], second, first, second) == [MalformedPacket, MalformedPacket, Stamp, Packet]
    assert kinds(bytes([1, STREAM, 200, 0]), bytes([2, 9]) + first[2:]) == []


def test_parts_of_two_packets_are_told_from_those_of_one() -> None:
    """Nine times in ten, of a leg that turns; and a packet that is whole is never taken for two."""
    rng = np.random.default_rng(5)
    acc, passed = np.ones((8, 3)), 0
    for _ in range(2000):
        (first, second), (_, other) = (
            encode(Packet(acc, on_grid(rng.normal(0, 250, (8, 3)), GYR_STEP_DPS), 1)) for _ in range(2)
        )
        decoder = MovesenseDecoder(104)
        _, whole = decoder.update(NOTICE, first) + decoder.update(NOTICE, second)
        _, joined = decoder.update(NOTICE, first) + decoder.update(NOTICE, other)
        assert isinstance(whole, Packet)
        passed += isinstance(joined, Packet)
    assert passed <= 0.12 * 2000


def test_a_sensor_of_another_grid_is_not_taken_for_torn() -> None:
    gyr = np.random.default_rng(6).normal(0, 250, (8, 3))
    decoder = MovesenseDecoder(104)
    first, second = encode(Packet(np.ones((8, 3)), gyr, 1))
    assert [type(heard) for data in (first, second) for heard in decoder.update(NOTICE, data)] == [Stamp, Packet]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 3e3])
def test_what_cannot_be_measured_is_malformed(bad: float) -> None:
    for place in range(24):
        values = np.ones(24)
        values[place] = bad
        assert isinstance(decode(struct.pack("<I24f", 1, *values), 4), MalformedPacket)
    assert isinstance(decode(struct.pack("<25I", 1, *[0x7FA00000] * 24), 4), MalformedPacket)  # numpy warns of those


def test_readings_at_the_end_of_its_range_are_counted() -> None:
    acc, gyr = np.ones((4, 3)), np.ones((4, 3))
    acc[1, 2], acc[2, 0], gyr[2, 1], gyr[3, 0] = -8 * 9.807, 78.0, 2100.0, 1999.0
    packet = decode(encode(Packet(acc, gyr, 0))[0][2:], 4)
    assert isinstance(packet, Packet) and packet.clipped == 2


def test_it_is_known_by_its_name() -> None:
    shown = MovesenseFirmware.advert
    assert MOVESENSE.is_seen(Seen(shown.name, shown.services, tuple(shown.makers)))
    assert not MOVESENSE.is_seen(Seen("Suunto Smart Sensor", (), (0x009F,)))


@pytest.mark.parametrize("rate_hz", sorted(GROUPS))
def test_it_streams_what_it_measures(rate_hz: float) -> None:
    wire = Wire(MovesenseFirmware())
    wire.decoder = MOVESENSE.decoder(rate_hz)
    wire.perform(MOVESENSE.start(rate_hz))
    heard = wire.run(2.0)
    packets = [thing for thing in heard if isinstance(thing, Packet)]
    assert not any(isinstance(thing, MalformedPacket) for thing in heard)
    assert {len(p) for p in packets} == {GROUPS[rate_hz]}
    acc, gyr = readings(heard)
    assert len(acc) == 2 * rate_hz
    np.testing.assert_array_equal(acc, np.clip(wire.acc[: len(acc)], -32767 * ACC_STEP_MPS2, 32767 * ACC_STEP_MPS2))
    np.testing.assert_array_equal(gyr, wire.gyr[: len(gyr)])
    due = 5000 + np.arange(len(packets)) * GROUPS[rate_hz] * 1000 / rate_hz
    assert np.abs([p.first_tick for p in packets] - due).max() <= 0.5
    wire.perform(MOVESENSE.stop())
    assert wire.firmware.rate_hz is None


def test_a_lost_link_ends_its_stream_and_a_second_start_in_one_connection_works() -> None:
    wire = Wire(MovesenseFirmware())
    wire.perform(MOVESENSE.start(104))
    wire.run(1.0)
    wire.perform(MOVESENSE.start(104))
    assert len(readings(wire.run(1.0))[0]) == 104
    wire.part()
    assert wire.firmware.rate_hz is None
    wire.join()
    wire.perform(MOVESENSE.start(104))
    assert len(readings(wire.run(1.0))[0]) == 104


def test_its_charge_is_told_while_it_streams() -> None:
    wire = Wire(MovesenseFirmware(battery=42))
    wire.perform(MOVESENSE.start(104))
    wire.run(0.5)
    assert wire.perform(MOVESENSE.battery()) == 42
    wire.firmware.drain(7)
    assert wire.perform(MOVESENSE.battery()) == 7
    wire.lose = lambda sent: True
    assert wire.perform(MOVESENSE.battery()) is None


def test_one_that_has_no_room_for_requests_is_restarted() -> None:
    wire = Wire(MovesenseFirmware())
    for _ in range(4):
        wire.take(wire.firmware.write(COMMAND, b"\x04\x09/Info\0"))
    with pytest.raises(ProductError, match="restart"):
        wire.perform(MOVESENSE.start(104))
    assert wire.firmware.restarts == 1
    assert wire.perform(MOVESENSE.battery()) == 80
    wire.perform(MOVESENSE.start(104))
    assert wire.firmware.rate_hz == 104


@pytest.mark.parametrize("status", [404, 503, 507, 401])
def test_a_refusal_is_told_with_a_remedy(status: int) -> None:
    script = MOVESENSE.start(104)
    next(script)
    script.send(b"")
    with pytest.raises(ProductError) as told:
        script.send(struct.pack("<BBH", 1, STREAM, status))
    assert told.value.remedy


def test_no_answer_means_too_old_a_firmware() -> None:
    wire = Wire(MovesenseFirmware())
    wire.lose = lambda sent: True
    with pytest.raises(ProductError, match=r"2\.3"):
        wire.perform(MOVESENSE.start(104))
    with pytest.raises(ProductError, match="13, 26, 52, 104"):
        wire.perform(MOVESENSE.start(100))


def test_its_own_recordings_cannot_be_fetched_yet_and_it_cannot_blink() -> None:
    assert TRAITS.log and MOVESENSE.blink() is None and not TRAITS.identify
    with pytest.raises(ProductError, match="not built yet"):
        MOVESENSE.logbook()


def test_small_packets_are_told() -> None:
    wire = Wire(MovesenseFirmware(), mtu=23)
    wire.perform(MOVESENSE.start(104))
    heard = wire.run(1.0)
    assert heard and all(isinstance(thing, MalformedPacket) for thing in heard)
    with pytest.raises(ProductError, match="need 161"):
        need_mtu(MOVESENSE, 23)
