"""WitMotion: captured bytes, its scripts against a pretend one, and a byte stream with holes and rubbish."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surefoot.sensors.makers.product import (
    Ask,
    Battery,
    Heard,
    MalformedPacket,
    Packet,
    ProductError,
    Seen,
    Write,
    need_mtu,
)
from surefoot.sensors.makers.witmotion import CODES, COMMAND, NOTICE, WitmotionDecoder, decode, encode, encode_registers
from surefoot.sensors.makers.witmotion import PRODUCT as WIT
from surefoot.simulation.ankle_witmotion import TRUE_RATES_HZ, WitmotionFirmware
from wired import Wire, readings

# The first notification of a hardware recording at 100 Hz: RGu0/WT901, tests/data/recordings/wt901-100hz.jsonl
CAPTURED = bytes.fromhex(
    "55612706bc0179065500e7fec4fa3e00eaff0000 55613806c7016b0698ff79fe74fb3e00eaff0000"
    "55618006cc017f06b2feb8fe0dfc3e00eaff0000 55618206ad018c0696fe58ff65fc3e00eaff0000"
)
TRAITS = WIT.traits
G_MPS2 = 9.80665

COUNTS = st.lists(st.lists(st.integers(-32768, 32767), min_size=6, max_size=6), min_size=1, max_size=8)
TRICKY = st.sampled_from([0x6155, 0x7155, 0x5555, 0x6161, 0x0055, 0x5500])  # values whose bytes look like beginnings


def heard(*notices: bytes) -> list[Heard]:
    decoder = WitmotionDecoder()
    return [thing for data in notices for thing in decoder.update(NOTICE, data)]


def test_the_captured_notification() -> None:
    (packet,) = heard(CAPTURED)
    assert isinstance(packet, Packet) and len(packet) == 4 and packet.first_tick is packet.sequence is None
    assert packet.clipped == 0
    raw = np.hstack([packet.acc / TRAITS.acc_step_mps2, packet.gyr / TRAITS.gyr_step_dps])
    assert raw[0] == pytest.approx([1575, 444, 1657, 85, -281, -1340])
    assert packet.acc[0] / G_MPS2 == pytest.approx([0.76904, 0.21680, 0.80908], abs=1e-4)
    assert packet.gyr[0] == pytest.approx([5.1880, -17.1509, -81.7871], abs=1e-4)
    assert packet.acc[3] / G_MPS2 == pytest.approx([0.81348, 0.20947, 0.81836], abs=1e-4)
    assert packet.gyr[3] == pytest.approx([-22.0947, -10.2539, -56.3354], abs=1e-4)


@given(COUNTS)
def test_what_is_encoded_is_decoded(counts: list[list[int]]) -> None:
    raw = np.array(counts)
    acc, gyr = raw[:, :3] * TRAITS.acc_step_mps2, raw[:, 3:] * TRAITS.gyr_step_dps
    data = encode(Packet(acc, gyr))
    (packet,) = heard(data)
    assert isinstance(packet, Packet) and len(data) == 20 * len(packet)
    np.testing.assert_array_equal(packet.acc, acc)
    np.testing.assert_array_equal(packet.gyr, gyr)
    assert packet.clipped == (np.abs(raw) >= 32751).any(axis=1).sum()


@given(st.lists(st.integers(0, 80), max_size=6), st.lists(TRICKY, min_size=24, max_size=24))
def test_how_the_bytes_are_cut_into_notifications_does_not_matter(cuts: list[int], tricky: list[int]) -> None:
    raw = np.array(tricky, "<u2").view("<i2").reshape(4, 6)
    data = encode(Packet(raw[:, :3] * TRAITS.acc_step_mps2, raw[:, 3:] * TRAITS.gyr_step_dps))
    for whole in (data, CAPTURED):
        edges = [0, *sorted(cuts), len(whole)]
        got = heard(*(whole[a:b] for a, b in pairwise(edges)))
        assert not any(isinstance(thing, MalformedPacket) for thing in got)
        np.testing.assert_array_equal(readings(got)[0], readings(heard(whole))[0])


@given(
    st.lists(st.one_of(st.binary(max_size=90), st.sampled_from([CAPTURED, CAPTURED[:-3], CAPTURED[5:]])), max_size=8)
)
def test_any_bytes_are_heard(notices: list[bytes]) -> None:
    decoder = WitmotionDecoder()
    for data in notices:
        for thing in decoder.update(NOTICE, data):
            assert isinstance(thing, Packet | MalformedPacket | Battery)
            if isinstance(thing, Packet):
                assert np.isfinite(thing.acc).all() and 0 <= thing.clipped <= len(thing)
        assert len(decoder._bytes) < 20
    assert decoder.update("another", CAPTURED) == []


@pytest.mark.parametrize("cut", range(1, 80))
def test_a_notification_cut_short_costs_no_more_than_was_cut(cut: int) -> None:
    packet = readings(heard(CAPTURED))[0]
    got = heard(CAPTURED, CAPTURED[:cut], CAPTURED, CAPTURED)
    kept = np.concatenate([packet, packet[: cut // 20], packet, packet])
    np.testing.assert_array_equal(readings(got)[0], kept)
    assert sum(isinstance(thing, MalformedPacket) for thing in got) == bool(cut % 20)


def test_rubbish_between_frames_is_skipped_and_told() -> None:
    got = heard(CAPTURED[:20], b"\x55\x55\x61rubbish", CAPTURED[20:])
    assert [type(thing) for thing in got] == [Packet, MalformedPacket, Packet]
    assert len(readings(got)[0]) == 4


def test_registers_among_the_readings_are_no_readings() -> None:
    told = encode_registers(0x64, [0x018D, 0, 0x1147, 0x901A, 0, 0, 0, 0])
    got = heard(CAPTURED[:40] + told + CAPTURED[40:])
    assert len(readings(got)[0]) == 4 and Battery(100) in got
    assert not any(isinstance(thing, Battery) for thing in heard(encode_registers(0x64, [0] * 8)))


def test_it_is_told_as_the_maker_wants_it() -> None:
    steps = []
    script = WIT.start(99.3)
    step = next(script)
    while not isinstance(step, Ask):
        steps.append(step)
        step = script.send(b"")
    written = [step.data.hex() for step in steps if isinstance(step, Write)]
    assert written == ["ffaa6988b5", "ffaa960000", "ffaa6988b5", "ffaa1f0300", "ffaa6988b5", "ffaa030900"]
    assert step.uuid == COMMAND and step.data == bytes.fromhex("ffaa270300") and step.answer_on == NOTICE
    assert step.is_answer(CAPTURED + encode_registers(3, [9] * 8)) and not step.is_answer(encode_registers(4, [9] * 8))


@pytest.mark.parametrize("rate_hz", sorted(CODES))
def test_it_streams_what_it_measures(rate_hz: float) -> None:
    wire = Wire(WitmotionFirmware())
    wire.perform(WIT.start(rate_hz))
    code, bandwidth = CODES[rate_hz]
    true_hz = TRUE_RATES_HZ[code]
    assert wire.firmware.rate_hz == true_hz == pytest.approx(rate_hz, rel=TRAITS.rate_tolerance)
    assert wire.firmware.bandwidth == bandwidth  # type: ignore[attr-defined]
    wire.run(4.0)
    acc, gyr = readings(wire.heard)  # from the first on: none came at another rate
    all_acc, all_gyr = (np.concatenate([block[k] for block in wire.measured]) for k in (1, 2))
    assert len(all_acc) - 8 < len(acc) <= len(all_acc)
    np.testing.assert_array_equal(acc, all_acc[: len(acc)])
    np.testing.assert_array_equal(gyr, all_gyr[: len(acc)])
    wire.perform(WIT.stop())
    assert wire.firmware.rate_hz is None


def test_one_that_was_left_telling_displacements_tells_motion_again() -> None:
    firmware = WitmotionFirmware()
    firmware._registers[0x96] = 1
    wire = Wire(firmware)
    wire.perform(WIT.start(100))
    wire.heard.clear()
    assert np.abs(readings(wire.run(1.0))[0]).max() > 5


def test_lost_answers_are_asked_again_and_a_rate_that_does_not_take_is_told() -> None:
    wire = Wire(WitmotionFirmware(deaf=2))
    wire.perform(WIT.start(100))
    with pytest.raises(ProductError, match="did not take"):
        Wire(WitmotionFirmware(deaf=3)).perform(WIT.start(100))
    locked = WitmotionFirmware()
    wire = Wire(locked)
    plain = locked.write
    locked.write = lambda uuid, data: [] if data[2] == 0x69 else plain(uuid, data)  # type: ignore[method-assign]
    with pytest.raises(ProductError, match="tells 6"):
        wire.perform(WIT.start(100))
    wire = Wire(WitmotionFirmware())
    wire.perform(WIT.start(200))  # as the maker calls it
    assert wire.firmware.rate_hz == 198.43
    with pytest.raises(ProductError, match=r"49\.45, 99\.3, 198\.6"):
        wire.perform(WIT.start(125))


def test_its_charge_comes_from_its_volts() -> None:
    for percent, told in ((100, 100), (64, 60), (40, 40), (7, 5), (0, 0)):
        wire = Wire(WitmotionFirmware(battery=percent))
        assert wire.perform(WIT.battery()) == told
    firmware = WitmotionFirmware(battery=60)
    wire = Wire(firmware)
    firmware.write(COMMAND, bytes.fromhex("ffaa6988b5"))
    firmware.write(COMMAND, bytes.fromhex("ffaa000000"))  # saving takes it a while
    assert wire.perform(WIT.battery()) is None
    assert wire.perform(WIT.battery()) == 60


def test_what_it_is_known_by_and_what_it_cannot() -> None:
    shown = WitmotionFirmware.advert
    assert WIT.is_seen(Seen(shown.name, shown.services)) and WIT.is_seen(Seen(None, (WIT.service,)))
    assert WIT.is_seen(Seen("BWT901BLE5.0", ())) and not WIT.is_seen(Seen("BWT901CL", ()))
    assert WIT.service.endswith("9a34fb")  # not the base of the Bluetooth SIG
    assert WIT.blink() is None and WIT.logbook() is None
    assert TRAITS.tick_s is TRAITS.tick_bits is TRAITS.sequence_bits is None and not TRAITS.log
    with pytest.raises(ProductError, match="need 83"):
        need_mtu(WIT, 23)


def test_small_packets_only_cut_its_frames_apart() -> None:
    (packet,) = heard(CAPTURED)
    assert isinstance(packet, Packet)
    got = heard(*(CAPTURED[k : k + 7] for k in range(0, 80, 7)))
    np.testing.assert_array_equal(readings(got)[0], packet.acc)
    np.testing.assert_array_equal(decode(CAPTURED).acc, packet.acc)
