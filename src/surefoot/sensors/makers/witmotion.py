"""WitMotion's Bluetooth 5 family (WT901BLE67/68, BWT901BLE5.0, WT9011DCL-BT50): a byte stream of frames without a time.

Frames and registers: WitMotion's protocol and SDK (WITMOTION/WitBluetooth_BWT901BLE5_0), and what RGu0/WT901 measured
on the hardware (``docs/protocol.md``).
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable

import numpy as np

from surefoot.sensors.makers.grid import LARGEST
from surefoot.sensors.makers.product import (
    G_MPS2,
    Ask,
    Battery,
    Heard,
    Listen,
    MalformedPacket,
    Packet,
    ProductError,
    Script,
    Seen,
    Traits,
    Unlisten,
    Wait,
    Write,
)

SERVICE, NOTICE, COMMAND = (f"0000{short}-0000-1000-8000-00805f9a34fb" for short in ("ffe5", "ffe4", "ffe9"))

FRAME, HEAD, READINGS, REGISTERS = 20, 0x55, 0x61, 0x71  # bytes of a frame, how it begins, of which two kinds it is
RATE, BANDWIDTH, READ_FROM, POWER, UNLOCK, CONTENT = 0x03, 0x1F, 0x27, 0x64, 0x69, 0x96  # registers
UNLOCKED = 0xB588
MOTION = 0  # a content: acceleration, turning, angles; the other looks the same and holds displacements

# Readings per second as measured on hardware (the maker says 10, 20, 50, 100, 200): the code of the rate, and of the
# filter that fits it. As delivered it filters at 20 Hz, which takes the landings.
CODES = {10.05: (0x06, 0x06), 19.86: (0x07, 0x05), 49.45: (0x08, 0x04), 99.3: (0x09, 0x03), 198.6: (0x0B, 0x02)}
NEAR = 0.02  # a rate within this share of one of these is meant: the maker's round numbers, too
PAUSE_S = 0.1  # that the maker wants around a write
TRIES = 3  # to have a register told: answers are lost at times (P)

# Charge from hundredths of a volt: the SDK's steps. The maker's protocol has others, up to 25 % higher; these warn
# sooner.
CHARGES = (
    (396, 100), (393, 90), (387, 75), (382, 60), (379, 50), (377, 40), (373, 30), (370, 20), (368, 15), (350, 10),
    (340, 5), (1, 0),
)  # fmt: skip

ACC_STEP_MPS2, GYR_STEP_DPS = 16 * G_MPS2 / 32768, 2000 / 32768
AT_THE_END = LARGEST * (1 - 0.0005)  # counts from here on stand at the end of the range


class Witmotion:
    """The product. It tells no time, numbers nothing and has no checksum: what is lost shows only in the count.

    It cannot blink, record or be tapped. Its time is the count of its readings, so its rates are told as they are.
    """

    key = "witmotion"
    name = "WitMotion WT901BLE"
    service = SERVICE
    traits = Traits(
        rates_hz=tuple(CODES),
        usual_rate_hz=99.3,
        acc_step_mps2=ACC_STEP_MPS2,
        gyr_step_dps=GYR_STEP_DPS,
        acc_range_mps2=AT_THE_END * ACC_STEP_MPS2,
        gyr_range_dps=AT_THE_END * GYR_STEP_DPS,
        tick_s=None,
        tick_bits=None,
        sequence_bits=None,
        readings_per_packet=4,
        mtu=4 * FRAME + 3,
        silence_s=2.0,
        rate_tolerance=0.01,
        identify=False,
        battery=True,
        taps=False,
        log=False,
        streams_on=False,
    )

    def is_seen(self, seen: Seen) -> bool:
        """By its service or its name; the BWT901CL is another kind."""
        return SERVICE in seen.services or re.match(r"B?WT(?!901CL)", seen.name or "") is not None

    def start(self, rate_hz: float) -> Script[None]:
        """It streams as soon as it is listened to. Nothing is written for good: each start tells it anew."""
        near = min(CODES, key=lambda known: abs(known - rate_hz))
        if abs(near - rate_hz) > NEAR * near:
            raise ProductError(
                f"A {self.name} cannot stream at {rate_hz:g} readings per second.",
                "What it would do instead is not known.",
                f"Ask for one of {', '.join(f'{rate:g}' for rate in CODES)}.",
            )
        rate, bandwidth = CODES[near]
        for register, value in ((CONTENT, MOTION), (BANDWIDTH, bandwidth), (RATE, rate)):
            yield from _set(register, value)
        yield Listen(NOTICE)  # only now: readings of another rate would spoil the count
        got = yield from _register(RATE)
        if got != rate:
            raise ProductError(
                f"The {self.name} did not take the rate of {rate_hz:g} readings per second (it tells {got}).",
                "It has no clock that could correct their times: they would be wrong.",
                "Switch it off and on, and try again.",
            )

    def stop(self) -> Script[None]:
        yield Unlisten(NOTICE)

    def blink(self) -> None:
        return None

    def battery(self) -> Script[int | None]:
        yield Listen(NOTICE)
        return _charge((yield from _register(POWER)))

    def decoder(self, rate_hz: float) -> WitmotionDecoder:
        return WitmotionDecoder()

    def logbook(self) -> None:
        return None


PRODUCT = Witmotion()


class WitmotionDecoder:
    """One connection's bytes, put together to frames; where they do not fit, it looks for the next that do."""

    def __init__(self) -> None:
        self._bytes = b""

    def update(self, uuid: str, data: bytes) -> list[Heard]:
        if uuid != NOTICE:
            return []
        self._bytes += data
        frames, heard = self._frames()
        found = [frame for frame in frames if frame[1] == READINGS]
        if found:
            heard.append(decode(b"".join(found)))
        for frame in frames:
            if frame[1] == REGISTERS and frame[2] == POWER and (percent := _charge(_first_value(frame))) is not None:
                heard.append(Battery(percent))
        return heard

    def _frames(self) -> tuple[list[bytes], list[Heard]]:
        """Take the frames that are whole. One that is cut is seen where the next does not follow it."""
        frames: list[bytes] = []
        at, skipped = 0, 0
        while len(self._bytes) - at >= FRAME:
            if _begins(self._bytes, at) and _begins(self._bytes, at + FRAME):
                frames.append(self._bytes[at : at + FRAME])
                at += FRAME
            else:
                following = self._bytes.find(HEAD, at + 1)
                skipped += (following if following >= 0 else len(self._bytes)) - at
                at = following if following >= 0 else len(self._bytes)
        self._bytes = self._bytes[at:]
        return frames, [MalformedPacket(f"{skipped} bytes that are no whole frame")] if skipped else []


def decode(frames: bytes) -> Packet:
    """Frames of readings, one behind the other; their angles are left."""
    raw = np.frombuffer(frames, "<i2").reshape(-1, FRAME // 2)[:, 1:7].astype(float)
    clipped = int((np.abs(raw) >= AT_THE_END).any(axis=1).sum())
    return Packet(raw[:, :3] * ACC_STEP_MPS2, raw[:, 3:] * GYR_STEP_DPS, clipped=clipped)


def encode(packet: Packet) -> bytes:
    """The frames of a packet's readings, one behind the other; all angles are 0."""
    raw = np.zeros((len(packet), FRAME // 2), "<i2")
    raw[:, 0] = READINGS << 8 | HEAD
    counts = np.hstack([packet.acc / ACC_STEP_MPS2, packet.gyr / GYR_STEP_DPS])
    raw[:, 1:7] = np.clip(np.rint(counts), -LARGEST - 1, LARGEST)
    return raw.tobytes()


def encode_registers(first: int, values: list[int]) -> bytes:
    """The frame that tells eight registers from ``first`` on."""
    return struct.pack("<BBH8H", HEAD, REGISTERS, first, *values)


def _begins(data: bytes, at: int) -> bool:
    """Whether a frame may begin here, as far as has come."""
    head = data[at : at + 2]
    return (not head or head[0] == HEAD) and (len(head) < 2 or head[1] in (READINGS, REGISTERS))


def _set(register: int, value: int) -> Script[None]:
    for what, to in ((UNLOCK, UNLOCKED), (register, value)):
        yield Write(COMMAND, struct.pack("<BBBH", 0xFF, 0xAA, what, to))
        yield Wait(PAUSE_S)


def _register(register: int) -> Script[int | None]:
    """Its value; one question at a time, for two that overlap are answered once. None: it was not told."""
    for _ in range(TRIES):
        question = struct.pack("<BBBH", 0xFF, 0xAA, READ_FROM, register)
        told = yield Ask(COMMAND, question, NOTICE, _answers(register), within_s=0.7)
        if told:
            return _first_value(_frame_of(register, told))
    return None


def _answers(register: int) -> Callable[[bytes], bool]:
    return lambda data: bool(_frame_of(register, data))


def _frame_of(register: int, data: bytes) -> bytes:
    """The frame of a notification that tells this register first; b"" when there is none."""
    frames = (data[at : at + FRAME] for at in range(0, len(data) - FRAME + 1, FRAME))
    head = struct.pack("<BBH", HEAD, REGISTERS, register)
    return next((frame for frame in frames if frame.startswith(head)), b"")


def _first_value(frame: bytes) -> int:
    return int.from_bytes(frame[4:6], "little")


def _charge(centivolts: int | None) -> int | None:
    """None where it does not know at the moment: it then tells 0."""
    return next((percent for least, percent in CHARGES if centivolts and centivolts >= least), None)
