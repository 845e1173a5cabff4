"""docs/open-sensor.md against the code that decodes, and the self-test it offers."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import byhand
from surefoot.sensors import opencheck
from surefoot.sensors import openpacket as wire
from surefoot.sensors.product import Battery, Packet, Tapped
from surefoot.simulation.ankle_open import RATE_NOT_OFFERED, UNKNOWN_COMMAND, OpenFirmware
from surefoot.simulation.firmware import INVALID_LENGTH

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
        (lambda sent: altered(sent, 30, first_tick=4294_000_000), "its time was taken when it was sent"),
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
    run = [sys.executable, "-m", "surefoot.sensors.opencheck", str(dump)]
    done = subprocess.run(run, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Nothing wrong was found." in done.stdout and "50 readings, 104.00 a second" in done.stdout
    dump.write_text(dump.read_text().replace("(0x) 10", "(0x) 20", 1))
    done = subprocess.run(run, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "WRONG: " in done.stdout
