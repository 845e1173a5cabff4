"""docs/open-sensor.md against the code that decodes, and the self-test it offers."""

from __future__ import annotations

import re
import struct
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import byhand
from surefoot.sensors.makers import opencheck
from surefoot.sensors.makers import openpacket as wire
from surefoot.sensors.makers.product import Battery, Packet, ProductError, Tapped
from surefoot.simulation.ankle_open import RATE_NOT_OFFERED, UNKNOWN_COMMAND, OpenFirmware
from surefoot.simulation.firmware import INVALID_LENGTH, Sent

PAGE = (Path(__file__).resolve().parent.parent / "docs" / "open-sensor.md").read_text(encoding="utf-8")


def shown(what):
    """The bytes in the row that begins so."""
    (row,) = re.findall(rf"^\| {re.escape(what)}[^|]*\| `([0-9a-f ]+)` \|$", PAGE, re.M)
    return bytes.fromhex(row)


def streamed(count=520, rate_hz=104.0, **settings):
    hand = byhand.Hand(OpenFirmware(**settings))
    hand.perform(wire.PRODUCT.start(rate_hz))
    acc = np.tile([0.0, 0.0, 2048.0], (count, 1)) * wire.TRAITS.acc_step_mps2
    gyr = np.random.default_rng(2).integers(-9, 9, (count, 3)) * wire.TRAITS.gyr_step_dps
    return hand.measure(acc, gyr, 4290.0)  # across the wrap of its clock


# ---- the page


def test_the_worked_packet_is_as_the_page_takes_it_apart():
    (whole,) = re.findall(r"^`(11 02 [0-9a-f ]+)`$", PAGE, re.M)
    parts = re.findall(r"^\| `([0-9a-f ]+)` \| (?!.*`)(.+) \|$", PAGE.split("## A packet, byte by byte")[1], re.M)
    assert " ".join(part for part, _ in parts) == whole
    packet, battery = wire.decode(bytes.fromhex(whole))
    assert (packet.sequence, packet.first_tick, len(packet), battery) == (258, 123456789, 2, Battery(87))
    triples = [told for _, told in parts if told.startswith("counts")]
    values = [packet.acc[0], packet.gyr[0], packet.acc[1], packet.gyr[1]]
    steps = [wire.TRAITS.acc_step_mps2, wire.TRAITS.gyr_step_dps] * 2
    for told, got, step in zip(triples, values, steps, strict=True):
        counts, units = ([float(x) for x in re.findall(r"-?\d+\.?\d*", part)[:3]] for part in told.split(":"))
        assert np.rint(got / step).tolist() == counts
        assert got == pytest.approx(units, abs=0.006)
    assert wire.encode(packet, battery=87).hex(" ") == whole


def test_the_other_bytes_of_the_page():
    info = wire.Info((52.0, 104.0), 16, 2000, wire.CAN_BLINK | wire.CAN_FEEL_TAPS, "mine 0.1")
    assert shown("Info:") == wire.encode_info(info) and wire.decode_info(shown("Info:")) == info
    assert wire.decode(shown("tapped, battery 55 %")) == [Battery(55), Tapped()]
    hand = byhand.Hand(OpenFirmware(info=info))
    hand.perform(wire.PRODUCT.start(104.0))
    assert hand.firmware.read(wire.CONTROL) == shown("Control read")
    hand.perform(wire.PRODUCT.blink())
    hand.perform(wire.PRODUCT.stop())
    written = [step.data for step in hand.steps if hasattr(step, "data")]
    assert written == [shown("stop"), shown("start at"), shown("blink"), shown("stop")]


def test_the_page_s_tables_are_the_code_s():
    for uuid in (wire.SERVICE, wire.INFO, wire.CONTROL, wire.DATA, wire.BATTERY_SERVICE, wire.BATTERY_LEVEL):
        assert f"| `{uuid}` |" in PAGE
    for flag in (wire.HAS_BATTERY, wire.TAPPED, wire.CLIPPED, wire.STOPPING):
        assert re.search(rf"^\| 0x{flag:02x} \|", PAGE, re.M)
    for code in (INVALID_LENGTH, UNKNOWN_COMMAND, RATE_NOT_OFFERED):
        assert f"0x{code:02X}" in PAGE
    assert f"({wire.TRAITS.acc_step_mps2:.7f} m/s2" in PAGE and f"({wire.TRAITS.gyr_step_dps:.7f} deg/s" in PAGE
    assert f"+-{wire.LEAST_ACC_G} g or +-{wire.LEAST_GYR_DPS} deg/s" in PAGE
    assert f"within {100 * wire.NEAR:.0f} %" in PAGE and f"{wire.TRAITS.silence_s:.0f} s without a packet" in PAGE
    assert f"number of readings, 0 to {wire.MOST} |" in PAGE


@pytest.mark.parametrize("mtu", [23, 185, 247])
def test_the_room_in_a_packet(mtu):
    (plain, charged) = re.findall(rf"^\| {mtu} \| (\d+) \| (\d+)", PAGE, re.M)[0]
    assert int(plain) == (mtu - 3 - wire.HEADER.size) // wire.READING
    assert int(charged) == (mtu - 3 - wire.HEADER.size - 1) // wire.READING


# ---- a firmware written from the page alone


class Stranger:
    """What somebody builds who has read the page and no code: a chip of +-8 g, 0.244 mg and 70 mdps a count."""

    product = wire.PRODUCT
    base = "696c{}-c4a2-43ad-bdff-987caf4a15b7"

    def __init__(self, mtu=185):
        self.tenths, self.on, self.number, self.waiting = 0, False, 0, []
        self.most = min(10, (mtu - 3 - 8 - 1) // 12)

    @property
    def rate_hz(self):
        return self.tenths / 10 if self.tenths and self.on else None

    def read(self, uuid):
        if uuid == self.base.format("0001"):
            return bytes([1, 0x02, 8]) + struct.pack("<H", 2000) + bytes([1]) + struct.pack("<H", 1017) + b"shed 3"
        if uuid == self.base.format("0002"):
            return struct.pack("<BH", self.tenths > 0, self.tenths)
        assert uuid == "00002a19-0000-1000-8000-00805f9b34fb"
        return bytes([71])

    def write(self, uuid, data):
        assert uuid == self.base.format("0002")
        if data[0] == 1:
            (self.tenths,) = struct.unpack("<H", data[1:])
            assert self.tenths == 1017  # else answer with 0x81
            self.number, self.waiting = 0, []
        elif data[0] == 2:
            self.tenths = 0
        return []

    def listen(self, uuid, on):
        assert uuid == self.base.format("0003")
        self.on = on
        return []

    def data_ready(self, acc_counts, gyr_counts, clock_us):
        """The interrupt: counts as the chip has them."""
        acc = [round(c * 0.244 / 0.48828125) for c in acc_counts]
        gyr = [max(-32768, min(32767, round(c * 1.1469))) for c in gyr_counts]
        full = max(map(abs, acc_counts)) >= 32767
        self.waiting.append((clock_us, full, struct.pack("<6h", *acc, *gyr)))
        if len(self.waiting) < self.most:
            return []
        flags = (0x01 if self.number == 0 else 0) | (0x04 if any(full for _, full, _ in self.waiting) else 0)
        head = struct.pack("<BBHI", 0x10 | flags, len(self.waiting), self.number % 65536, self.waiting[0][0] % 2**32)
        packet = head + b"".join(reading for _, _, reading in self.waiting) + (bytes([71]) if flags & 1 else b"")
        self.waiting, self.number = [], self.number + 1
        return [Sent(self.base.format("0003"), packet)]


def test_a_firmware_from_the_page_alone_is_understood():
    hand = byhand.Hand(Stranger())
    hand.perform(wire.PRODUCT.start(100.0))
    assert hand.perform(wire.PRODUCT.battery()) == 71
    for k in range(200):
        acc = [100 + k, -200, 32767 if k == 33 else 4098]  # 1 g is 4098 of its counts
        hand.take(hand.firmware.data_ready(acc, [1000, -32768, k % 7], 4_294_000_000 + k * 9833))
    assert not hand.malformed and [p.sequence for p in hand.packets] == list(range(20))
    got = hand.readings()
    at_rest = np.delete(got, 33, axis=0)
    assert at_rest[:, 2] == pytest.approx(9.80665, rel=1e-3)
    assert at_rest[:, 0] == pytest.approx(np.delete(100 + np.arange(200), 33) * 0.244e-3 * 9.80665, abs=0.003)
    assert got[:, 3] == pytest.approx(70.0, abs=0.05) and got[:, 4] == pytest.approx(-2000.0)
    assert sum(p.clipped for p in hand.packets) == 200  # the turning rate stands at its end all the time
    assert np.diff([p.first_tick for p in hand.packets]).tolist().count(98330 - 2**32) == 1
    assert opencheck.complaints([s.data for s in hand.sent]) == []
    hand.perform(wire.PRODUCT.stop())
    assert hand.firmware.rate_hz is None
    with pytest.raises(ProductError, match="no light"):
        hand.perform(wire.PRODUCT.blink())


# ---- the self-test


def test_a_sound_stream_has_nothing_wrong():
    assert opencheck.complaints(streamed()) == []
    assert opencheck.complaints(streamed(mtu=23)) == []


def altered(sent, k, **changes):
    packet = next(heard for heard in wire.decode(sent[k]) if isinstance(heard, Packet))
    return [*sent[:k], wire.encode(replace(packet, **changes)), *sent[k + 1 :]]


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        (lambda sent: [*sent[:9], sent[9][:-1], *sent[10:]], "notification 10: 127 bytes do not fit 10 readings"),
        (lambda sent: sent[:20] + sent[21:], "packet 21 has number 21, the one before 19"),
        (
            lambda sent: altered(sent[:20] + sent[21:], 30, first_tick=4294_000_000),
            "its time was taken when it was sent",
        ),
        (lambda sent: [s[:8] + np.full(60, 500, "<i2").tobytes() for s in sent[1:]], "the gyroscope always says"),
        (lambda sent: altered(sent, 3, acc=np.zeros((10, 3)))[3:4] * 4, "lies still and reads 0.00 m/s2"),
        (lambda sent: [], "no readings"),
    ],
)
def test_what_is_wrong_is_named(broken, told):
    found = opencheck.complaints(broken(streamed()))
    assert any(told in complaint for complaint in found), found


def test_it_reads_what_apps_log(tmp_path):
    sent = streamed(50)
    dump = tmp_path / "dump.txt"
    dump.write_text(
        "I 10:21:04.113 connected\n"
        + "".join(f"A 10:21:04.2{k} Notification received, value: (0x) {s.hex('-')}\n" for k, s in enumerate(sent))
    )
    assert list(opencheck.notifications(dump.read_text().splitlines())) == sent
    run = [sys.executable, "-m", "surefoot.sensors.makers.opencheck", str(dump)]
    done = subprocess.run(run, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Nothing wrong was found." in done.stdout and "50 readings, 104.00 a second" in done.stdout
    dump.write_text(dump.read_text().replace("(0x) 10", "(0x) 20", 1))
    done = subprocess.run(run, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "WRONG: " in done.stdout
    done = subprocess.run([*run[:-1], str(tmp_path / "none")], capture_output=True, text=True, check=False)
    assert done.returncode == 2 and "none cannot be read: No such file" in done.stderr


def test_a_packet_lost_on_air_is_told_once():
    sent = streamed()
    assert opencheck.complaints(sent[:20] + sent[21:]) == ["packet 21 has number 21, the one before 19"]
