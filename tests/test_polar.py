"""Polar Verity Sense: its frames by the maker's own vectors, pairs of both kinds, what it answers and refuses.

Vectors: polarofficial/polar-ble-sdk, AccDataTest.kt, GyrDataTest.kt, the PMD specification and online_measurement.pdf.
"""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import byhand
from surefoot.sensors.clock.stamps import Stamp
from surefoot.sensors.makers import polar
from surefoot.sensors.makers.polarframe import ACC, GYRO, Frame, decode_frame, encode_frame, unpacked
from surefoot.sensors.makers.polarpairs import PairParams, Pairs
from surefoot.sensors.makers.product import Ask, MalformedPacket, Packet, ProductError, Stopped
from surefoot.simulation.ankle_polar import PolarFirmware

ACC_10_BIT = (  # 57 readings
    "02 0094357700000000 80"
    "7107f06a9e8d0a38be5cbeba2f96b3ee4be5adfb42b9ebbe4cfeba2f92bfee4be4b1fb12b9ecbd3c3ebb2f8fd3de4be3b5f7d2b8"
    "edbd307e7b2f8be3ce8be2baf7a2b8eebc20be7b2f88f3cecbe1bdef52f8efbc18fe3b2f8403bfcbe0c2ef32b8f0bb044ebc2e81"
    "13af0be0c6eff2f7f1b9fc7dbc2e7d279f4bdfcaebc2f7f2b8eccd7c2e7b378f4bdecee392f7f3b8e00dfd2d774b7fcbddd2df62"
    "37f5b7d44dbd2d745b6fcbdcd7d73237f6b5c88d7d2d716b4f4bdcdcd3f236f7b4bcddfd2c6f7b3f4bdbe0cfd236f8b2b02dbe2c"
    "6c8f1fcbdae3c7a276f9"
)


def frame(text):
    got = decode_frame(bytes.fromhex(text))
    assert isinstance(got, Frame), got
    return got


# ---- frames


def test_acceleration_in_6_bits():
    got = frame("02 6500000000000000 81 F1FF1400F003 06 01 7B0F08")
    assert (got.last_ns, got.raw.tolist()) == (101, [[-15, 20, 1008], [-20, 17, 1008]])


def test_bits_are_read_from_the_least_significant():
    assert unpacked(bytes.fromhex("7B0F08"), 6, 1).tolist() == [[-5, -3, 0]]  # the other way round: 30, -16, -4


def test_turning_rate_in_3_bits():
    got = frame("05 FFFFFFFFFFFFFF7F 80 EAFF08000D00 03 01 DF00")
    assert (got.last_ns, got.raw.tolist()) == (2**63 - 1, [[-22, 8, 13], [-23, 11, 16]])


def test_turning_rate_as_bits_of_floats():
    got = frame("05 0094357700000000 81 0000803F000020410000A041 1C 01 0000A001000008CDCCEC0D")
    floats = got.raw.astype("<i4").view("<f4")
    assert floats == pytest.approx(np.array([[1, 10, 20], [10, 20, 1.1]]), abs=1e-6)


def test_a_long_frame_of_acceleration():
    got = frame(ACC_10_BIT)
    assert (len(got.raw), got.last_ns) == (57, 2_000_000_000)
    assert got.raw[[0, 1, 2, -1]].tolist() == [
        [1905, 27376, -29282],
        [2095, 27271, -29367],
        [2285, 27165, -29451],
        [12274, 20173, -32449],
    ]
    assert got.raw.sum(axis=0).tolist() == [407646, 1367041, -1774775]
    assert np.array_equal(decode_frame(encode_frame(got)).raw, got.raw)


def test_the_frame_of_the_specification():
    got = frame("02 646C76C43CC67F07 80 D0FF 6501 E40F 08 02 FC07FF 0C13F2")  # the first two of its 29 changes
    assert got.last_ns == 540368444604181604
    assert got.raw.tolist() == [[-48, 357, 4068], [-52, 364, 4067], [-40, 383, 4053]]


def test_a_frame_that_is_not_compressed():
    got = frame("02 0094357700000000 01 F7FFFFFFE703 F8FFFEFFE503")
    assert got.raw.tolist() == [[-9, -1, 999], [-8, -2, 997]]
    assert encode_frame(got).hex() == "02009435770000000001f7ffffffe703f8fffeffe503"


@given(
    raw=hnp.arrays(np.int16, st.tuples(st.integers(1, 80), st.just(3))),
    kind=st.sampled_from([(ACC, 0x80), (ACC, 0x81), (ACC, 0x01), (GYRO, 0x80)]),
    last_ns=st.integers(0, 2**64 - 1),
    block=st.integers(1, 255),
)
def test_what_is_encoded_is_decoded(raw, kind, last_ns, block):
    sent = Frame(kind[0], last_ns, kind[1], raw.astype(np.int64))
    got = decode_frame(encode_frame(sent, block=block))
    assert (got.measurement, got.last_ns, got.frame_type) == (kind[0], last_ns, kind[1])
    assert np.array_equal(got.raw, raw)


@given(hnp.arrays(np.int32, st.tuples(st.integers(1, 30), st.just(3))))
def test_bits_of_floats_come_back_too(raw):
    got = decode_frame(encode_frame(Frame(GYRO, 5, 0x81, raw.astype(np.int64))))
    assert np.array_equal(got.raw, raw)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("02 00", "too short"),
        ("00 0000000000000000 00 010203", "frame type 0x00 of measurement 0"),
        ("02 0000000000000000 80 0102030405", "no first reading"),
        ("02 0000000000000000 80 010203040506 06", "a block of 0 changes"),
        ("02 0000000000000000 80 010203040506 06 00", "a block of 0 changes"),
        ("02 0000000000000000 80 010203040506 06 01 7B0F", "a block of 1 changes of 6 bits"),
        ("02 0000000000000000 80 010203040506 21 01" + "00" * 13, "a block of 1 changes of 33 bits"),
        ("02 0000000000000000 80 010203040506" + "00FF" * 3, "a block of 255 changes of 0 bits"),
        ("02 0000000000000000 01 01020304", "no whole number of readings"),
        ("02 0000000000000000 01", "no whole number of readings"),
    ],
)
def test_other_bytes_are_malformed(text, reason):
    got = decode_frame(bytes.fromhex(text))
    assert isinstance(got, MalformedPacket) and reason in got.reason


# ---- pairs


def frames_of(size, late_ns=0, rate_hz=52.0, count=1040, first=0):
    """Cut a count of readings into frames: (last_ns, values), the value being the reading's number."""
    for k in range(first, count, size):
        numbers = np.arange(k, min(k + size, count))
        yield int(numbers[-1] * 1e9 / rate_hz) + 10**18 + late_ns, np.repeat(numbers[:, None], 3, axis=1).astype(float)


def paired(frames, rate_hz=52.0):
    pairs = Pairs(rate_hz)
    return [
        p for last_ns, kind, values in sorted(frames, key=lambda f: f[:2]) for p in pairs.update(kind, last_ns, values)
    ]


@pytest.mark.parametrize("late_ms", [-9, -2, 0, 3, 9])
@pytest.mark.parametrize(("acc_size", "gyr_size"), [(36, 36), (71, 40), (7, 60)])
@pytest.mark.parametrize("true_hz", [52.0, 51.3, 53.1])
def test_readings_find_their_partner(late_ms, acc_size, gyr_size, true_hz):
    acc = [(ns, ACC, values) for ns, values in frames_of(acc_size, 0, true_hz)]
    gyr = [(ns, GYRO, values) for ns, values in frames_of(gyr_size, late_ms * 10**6, true_hz)]
    got = paired([*acc, *gyr])
    a, g = (np.vstack([getattr(p, name) for p in got])[:, 0] for name in ("acc", "gyr"))
    assert np.array_equal(a, g) and np.array_equal(np.diff(a), np.ones(len(a) - 1))
    assert len(a) >= 1040 - 71
    told = np.array([p.first_ns - 10**18 for p in got]) / 1e9
    assert told == pytest.approx([p.acc[0, 0] / true_hz for p in got], abs=0.02)


@settings(max_examples=40, deadline=None)
@given(lost=st.sets(st.integers(0, 55), max_size=30), late_ms=st.sampled_from([-6, 0, 6]))
def test_a_lost_frame_takes_its_own_readings_and_no_others(lost, late_ms):
    acc = [(ns, ACC, values) for ns, values in frames_of(36, 0, 51.8)]
    gyr = [(ns, GYRO, values) for ns, values in frames_of(40, late_ms * 10**6, 51.8)]
    there = [f for k, f in enumerate([*acc, *gyr]) if k not in lost]
    got = paired(there)
    numbers = {kind: {int(n) for _, k, values in there if k == kind for n in values[:, 0]} for kind in (ACC, GYRO)}
    a = [int(n) for p in got for n in p.acc[:, 0]]
    assert a == [int(n) for p in got for n in p.gyr[:, 0]]
    assert set(a) <= numbers[ACC] & numbers[GYRO] and len(a) == len(set(a))
    assert len(numbers[ACC] & numbers[GYRO]) - len(a) <= 75  # what came first waits for no partner's past


def test_the_same_frame_again_and_an_older_one_change_nothing():
    acc = [(ns, ACC, values) for ns, values in frames_of(36)]
    gyr = [(ns, GYRO, values) for ns, values in frames_of(36, 10**6)]
    pairs, got = Pairs(52.0), []
    for k, (a, g) in enumerate(zip(acc, gyr, strict=True)):
        for ns, kind, values in (a, g, a, *([acc[k - 1]] if k else [])):
            got += pairs.update(kind, ns, values)
    assert [int(n) for p in got for n in p.acc[:, 0]] == list(range(1040))


def test_a_stream_that_stalls_holds_up_no_more_than_some_seconds():
    pairs = Pairs(52.0)
    for ns, values in frames_of(36, count=52 * 600):
        assert pairs.update(ACC, ns, values) == []
    held = pairs._tracks[ACC].slots
    assert len(held) <= PairParams().hold_s * 52 + 1
    ((last_ns, values),) = frames_of(36, 10**6, count=52 * 600, first=52 * 600 - 36)
    (found,) = pairs.update(GYRO, last_ns, values)
    assert np.array_equal(found.acc, found.gyr)


def test_a_clock_that_is_set_begins_anew():
    first = [(ns, kind, values) for kind in (ACC, GYRO) for ns, values in frames_of(36, kind, count=360)]
    pairs, got = Pairs(52.0), []
    for shift in (0, -(10**16), 3 * 10**15):
        for ns, kind, values in sorted(first, key=lambda f: f[:2]):
            got += [(shift, p) for p in pairs.update(kind, ns + shift, values)]
    for shift in (0, -(10**16), 3 * 10**15):
        assert sum(len(p.acc) for s, p in got if s == shift) == 360


# ---- what it says and is asked


def answers(error, *, after=polar.START, measurement=ACC):
    class Unwilling(PolarFirmware):
        def write(self, uuid, data):
            sent = super().write(uuid, data)
            if list(data[:2]) == [after, measurement]:
                return [type(s)(s.uuid, s.data[:3] + bytes([error])) for s in sent]
            return sent

    return byhand.Hand(Unwilling())


def test_the_bytes_of_the_document():
    hand = byhand.Hand(PolarFirmware())
    hand.perform(polar.PRODUCT.start(52.0))
    asked = [step.data.hex() for step in hand.steps if isinstance(step, Ask)]
    assert asked[1:3] == ["0102", "02020001340001011000020108000401" + "03"]
    assert asked[4:] == ["0105", "020500013400010110000201d0070401" + "03"]
    assert hand.firmware.write(polar.CONTROL, bytes.fromhex("0102"))[0].data == bytes.fromhex(
        "F0 01 02 00 00 00 01 34 00 01 01 10 00 02 01 08 00 04 01 03"
    )


def test_the_factor_is_what_the_sensor_says():
    told = polar.settings(bytes.fromhex("05 01 40 DA 7F 39"))
    assert told[polar.FACTOR] == pytest.approx([0.000244], abs=1e-9)
    data = encode_frame(Frame(ACC, 10**18, 0x80, np.array([[4096, 0, -4096]])))
    gyro = encode_frame(Frame(GYRO, 10**18, 0x80, np.array([[100, 200, -300]])))
    before = encode_frame(Frame(ACC, 10**18 - 19_230_000, 0x80, np.array([[0, 0, 0]])))
    for factor, counts in ((polar.ACC_FACTOR, 4096), (2 * polar.ACC_FACTOR, 8192), (100.0, 32767)):
        decoder = polar.PolarDecoder(52.0)
        start = bytes([0xF0, 2, 2, 0, 0]) + polar.encode_settings({polar.FACTOR: (factor,)})
        assert decoder.update(polar.CONTROL, start) == []
        *parts, packet = (heard for sent in (before, data, gyro) for heard in decoder.update(polar.DATA, sent))
        assert parts == [Stamp(10**18 - 19_230_000), Stamp(10**18), Stamp(10**18)]
        assert packet.acc[0, 0] == counts * polar.TRAITS.acc_step_mps2
        assert packet.clipped == (counts == 32767)


@pytest.mark.parametrize(("frame_type", "value"), [(0x81, 1000), (0x01, 1000)])
def test_acceleration_in_milli_g(frame_type, value):
    decoder = polar.PolarDecoder(52.0)
    for ns in (10**18 - 19_230_000, 10**18):
        decoder.update(polar.DATA, encode_frame(Frame(ACC, ns, frame_type, np.array([[value, 0, 0]]))))
    one = struct.unpack("<i", struct.pack("<f", 100.0))[0]
    _, packet = decoder.update(polar.DATA, encode_frame(Frame(GYRO, 10**18, 0x81, np.array([[one, 0, 0]]))))
    assert packet.acc[0, 0] == pytest.approx(9.80665, abs=polar.TRAITS.acc_step_mps2)
    assert packet.gyr[0, 0] == pytest.approx(100.0, abs=polar.TRAITS.gyr_step_dps)


def test_floats_that_are_none_are_malformed():
    nan = struct.unpack("<i", struct.pack("<f", float("nan")))[0]
    (heard,) = polar.PolarDecoder(52.0).update(polar.DATA, encode_frame(Frame(GYRO, 1, 0x81, np.array([[nan, 0, 0]]))))
    assert isinstance(heard, MalformedPacket)


@pytest.mark.parametrize("mtu", [64, 100, 185, 247, 517])
def test_frames_fit_whatever_was_negotiated(mtu):
    hand = byhand.Hand(PolarFirmware(mtu=mtu))
    hand.perform(polar.PRODUCT.start(52.0))
    rng = np.random.default_rng(4)
    acc, gyr = rng.normal(0, 60, (520, 3)), rng.normal(0, 1500, (520, 3))  # nothing that a change would shorten
    sent = hand.measure(acc, gyr, 0.0)
    assert max(map(len, sent)) <= mtu - 3 and not hand.malformed
    got = hand.readings()
    assert len(got) >= 520 - 36
    grid = np.repeat([polar.TRAITS.acc_step_mps2, polar.TRAITS.gyr_step_dps], 3)
    limits = np.repeat([polar.TRAITS.acc_range_mps2, polar.TRAITS.gyr_range_dps], 3)
    sent_values = np.clip(np.hstack([acc, gyr]), -limits, limits)[: len(got)]
    assert (np.abs(got - sent_values) <= 0.51 * grid + grid * (np.abs(got) > limits)).all()


def test_its_button_ends_the_stream():
    hand = byhand.Hand(PolarFirmware())
    hand.perform(polar.PRODUCT.start(52.0))
    hand.take(hand.firmware.press())
    assert [type(h) for h in hand.heard] == [Stopped]


@pytest.mark.parametrize(
    ("hand", "told"),
    [
        (byhand.Hand(PolarFirmware(mtu=23)), "packets of this link are too small"),
        (byhand.Hand(PolarFirmware(charging=True)), "lies in its charger"),
        (byhand.Hand(PolarFirmware(gyro=False)), "has no turning rate"),
        (answers(12), "busy with something else"),
        (answers(14), "answers with error 14"),
        (answers(9, measurement=GYRO), "turning rate: it does not measure to this range"),
    ],
)
def test_what_it_refuses_is_told_with_what_to_do(hand, told):
    with pytest.raises(ProductError, match=told) as refused:
        hand.perform(polar.PRODUCT.start(52.0))
    assert refused.value.remedy


def test_another_rate_is_refused_before_it_starts():
    hand = byhand.Hand(PolarFirmware())
    with pytest.raises(ProductError, match=r"at 104 Hz.* 52 Hz"):
        hand.perform(polar.PRODUCT.start(104.0))
    assert hand.firmware.rate_hz is None


def test_a_sensor_that_says_nothing_is_told():
    class Mute(PolarFirmware):
        def write(self, uuid, data):
            return []

    with pytest.raises(ProductError, match="it did not answer"):
        byhand.Hand(Mute()).perform(polar.PRODUCT.start(52.0))


def test_left_over_measurements_are_stopped_first():
    hand = byhand.Hand(PolarFirmware())
    hand.perform(polar.PRODUCT.start(52.0))
    again = byhand.Hand(hand.firmware)
    again.perform(polar.PRODUCT.start(52.0))
    acc, gyr = byhand.tape(polar.TRAITS, 200)
    again.measure(acc, gyr, 0.0)
    assert len(again.packets) > 3 and all(isinstance(p, Packet | Stamp) for p in again.heard)


@given(st.binary(max_size=40))
def test_any_settings_are_read_or_left(data):
    for key, values in polar.settings(data).items():
        assert key in polar.SIZES and all(np.isfinite(values))
