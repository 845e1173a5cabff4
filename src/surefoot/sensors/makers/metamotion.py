"""MbientLab MetaMotion R, RL (BMI160) and S (BMI270): live, one time-stamped reading of both kinds in a notification.

Its plain streams carry neither time nor number and come apart for each kind. So it is told to build a chain of its data
processors: a buffer keeps the turning rate, a fuser adds it to each acceleration, an accounter puts the time before.
Source: mbientlab/MetaWear-SDK-Cpp, its tests (bytes); that the accounter may follow the fuser directly is derived.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from surefoot.sensors.makers.product import (
    G_MPS2,
    Ask,
    Battery,
    Heard,
    Listen,
    Logbook,
    MalformedPacket,
    Packet,
    ProductError,
    Script,
    Seen,
    Step,
    Tapped,
    Traits,
    Unlisten,
    Write,
)

SERVICE, COMMAND, NOTIFY = (f"326a900{k}-85cb-9195-d9dd-464cfbbae75a" for k in (0, 1, 6))

SWITCH, LED, ACC, PROCESSOR, EVENT, LOG, TIMER, SETTINGS, GYRO = 0x01, 0x02, 0x03, 0x09, 0x0A, 0x0B, 0x0C, 0x11, 0x13
INFO = 0x80  # read of register 0: which implementation, which revision
START, ENABLE, CONFIG = 0x01, 0x02, 0x03  # registers of accelerometer and gyroscope
ADD, NOTICE, SUBSCRIBE = 0x02, 0x03, 0x07  # registers of the data processor
BATTERY = 0x8C  # read of register 12 of the settings
BUFFER, FUSER, ACCOUNTER = 0x0F, 0x1B, 0x11
FUSERS_SINCE = 3  # revision of the data processor
TIMERS = 8
LIMIT = 32767

READING = struct.Struct("<BBBI6h")  # module, register, processor, tick, acc, gyr
ODR = {25.0: 6, 50.0: 7, 100.0: 8}

BLINKS = bytes.fromhex("02 03 00 02 1f 00 0000 3200 0000 f401 0000 0a")  # green, 10 times in 5 s
INTERVAL = struct.pack("<BB4H", SETTINGS, 0x09, 6, 12, 0, 600)  # 7.5 to 15 ms, link lost after 6 s
TEAR_DOWN = tuple(  # streams, then whatever processors, events, loggers and timers somebody left in it
    bytes.fromhex(command) for command in ("030100", "130100", "03020001", "13020001", "0b0100", "0908", "0a05", "0b0a")
) + tuple(bytes([TIMER, 0x05, k]) for k in range(TIMERS))


@dataclass(frozen=True, slots=True)
class Chip:
    """What differs between the models."""

    acc_odr: int  # added to the code of the rate
    acc_range: int  # code of 16 g
    turning: int  # register of the gyroscope's readings


CHIPS = {1: Chip(0x20, 0x0C, 0x05), 4: Chip(0xA0, 0x03, 0x04)}  # by the accelerometer's implementation: BMI160, BMI270

TRAITS = Traits(
    rates_hz=tuple(ODR),
    usual_rate_hz=100.0,
    acc_step_mps2=G_MPS2 / 2048,
    gyr_step_dps=1 / 16.4,
    acc_range_mps2=LIMIT * G_MPS2 / 2048,
    gyr_range_dps=LIMIT / 16.4,
    tick_s=48 / 32768,
    tick_bits=32,
    sequence_bits=None,
    readings_per_packet=1,
    mtu=23,
    silence_s=2.0,
    rate_tolerance=0.05,
    identify=True,
    battery=True,
    taps=True,  # its button
    log=True,
    streams_on=True,
)
SCALE = np.repeat([TRAITS.acc_step_mps2, TRAITS.gyr_step_dps], 3).reshape(2, 1, 3)


# ---- what it sends


def counts(data: bytes, at: int) -> NDArray[np.int16]:
    """Triples of numbers from there to the end, (n, 3)."""
    return np.frombuffer(data, "<i2", offset=at).reshape(-1, 3)


def encode(packet: Packet, processor: int = 2) -> bytes:
    """The notification that holds one reading."""
    raw = np.clip(np.rint(np.stack([packet.acc, packet.gyr]) / SCALE), -LIMIT - 1, LIMIT).astype(int)
    return READING.pack(PROCESSOR, NOTICE, processor, (packet.first_tick or 0) % 2**32, *raw.ravel())


def decode(data: bytes) -> list[Heard]:
    match data[:2]:
        case b"\x09\x03":
            return [_reading(data)]
        case b"\x11\x8c":
            fine = len(data) == 5 and data[2] <= 100
            return [Battery(data[2]) if fine else MalformedPacket("a battery that is no percentage")]
        case b"\x01\x01":
            return [Tapped()] if data[2:] == b"\x01" else []
        case b"\x03\x04" | b"\x03\x05" | b"\x03\x1c" | b"\x13\x04" | b"\x13\x05" | b"\x13\x07":
            return []  # one kind alone, left over from somebody else
    if len(data) >= 2 and (data[1] & 0x80 or data[:2] == bytes([PROCESSOR, ADD])):
        return []  # an answer
    return [MalformedPacket(f"{len(data)} bytes that begin {data[:2].hex(' ') or 'not at all'}")]


def _reading(data: bytes) -> Packet | MalformedPacket:
    if len(data) != READING.size:
        return MalformedPacket(f"{len(data)} bytes instead of the {READING.size} of a reading")
    tick = int.from_bytes(data[3:7], "little")
    raw = counts(data, 7).reshape(2, 1, 3)
    acc, gyr = raw * SCALE
    return Packet(acc, gyr, tick, None, int(raw.max() >= LIMIT or raw.min() <= -LIMIT))


class MetaMotionDecoder:
    def update(self, uuid: str, data: bytes) -> list[Heard]:
        if uuid == NOTIFY:
            return decode(data)
        return [MalformedPacket(f"{len(data)} bytes from a characteristic without readings")]


# ---- the product


@dataclass(frozen=True, slots=True)
class MetaMotion:
    key: str = "metamotion"
    name: str = "MbientLab MetaMotion"
    service: str = SERVICE
    traits: Traits = field(default=TRAITS)

    def is_seen(self, seen: Seen) -> bool:
        return SERVICE in seen.services or (seen.name or "").startswith(("MetaWear", "MetaMotion"))

    def start(self, rate_hz: float) -> Script[None]:
        if rate_hz not in ODR:
            raise ProductError(
                f"A {self.name} does not stream both kinds at {rate_hz:g} Hz.",
                "Nothing was started.",
                f"Ask for one of {', '.join(f'{rate:g}' for rate in ODR)} Hz.",
            )
        yield Listen(NOTIFY)
        chip = yield from _chip()
        for command in TEAR_DOWN:
            yield _write(command)
        code = ODR[rate_hz]
        yield _write(bytes([ACC, CONFIG, chip.acc_odr + code, chip.acc_range]))
        yield _write(bytes([GYRO, CONFIG, 0x20 + code, 0]))  # 2000 deg/s
        keeper = yield from _processor(bytes([GYRO, chip.turning, 0xFF, 0xA0, BUFFER, 5]))
        fused = yield from _processor(bytes([ACC, 0x04, 0xFF, 0xA0, FUSER, 1, keeper, *bytes(11)]))
        timed = yield from _processor(bytes([PROCESSOR, NOTICE, fused, 0x60, ACCOUNTER, 0x31, 0x03]))
        for command in (
            bytes([PROCESSOR, SUBSCRIBE, timed, 1]),
            bytes([PROCESSOR, NOTICE, 1]),
            bytes([SWITCH, 0x01, 1]),
            INTERVAL,
            *(bytes([module, ENABLE, 1, 0]) for module in (ACC, GYRO)),
            *(bytes([module, START, 1]) for module in (ACC, GYRO)),
        ):
            yield _write(command)

    def stop(self) -> Script[None]:
        for command in (*TEAR_DOWN, bytes([SWITCH, 0x01, 0])):
            yield _write(command)
        yield Unlisten(NOTIFY)

    def blink(self) -> Script[None]:
        yield _write(BLINKS)
        yield _write(bytes([LED, 0x01, 0x01]))

    def battery(self) -> Script[int | None]:
        yield Listen(NOTIFY)
        heard = decode((yield _ask(bytes([SETTINGS, BATTERY]), bytes([SETTINGS, BATTERY]))))
        return next((said.percent for said in heard if isinstance(said, Battery)), None)

    def decoder(self, rate_hz: float) -> MetaMotionDecoder:
        return MetaMotionDecoder()

    def logbook(self) -> Logbook | None:
        raise ProductError(
            f"Surefoot cannot fetch yet what a {self.name} recorded by itself.",
            "Readings out of reach of this computer are lost.",
            "Wear a Movella DOT where that matters.",
        )


PRODUCT = MetaMotion()


def _write(command: bytes) -> Step:
    return Write(COMMAND, command, response=False)


def _ask(command: bytes, begins: bytes) -> Step:
    return Ask(COMMAND, command, NOTIFY, lambda data: data.startswith(begins), response=False)


def _chip() -> Script[Chip]:
    """Which model it is; raise ProductError where it cannot do what is needed."""
    told = {}
    for module in (ACC, GYRO, PROCESSOR):
        told[module] = ((yield _ask(bytes([module, INFO]), bytes([module, INFO]))) + b"\xff\xff\xff\xff")[2:4]
    chip = CHIPS.get(told[ACC][0])
    if chip is None or told[GYRO][0] == 0xFF:
        raise ProductError(
            "This MetaWear board has not the accelerometer and gyroscope that surefoot knows.",
            "Steps cannot be measured with it.",
            "Use a MetaMotion R, RL or S.",
        )
    if told[PROCESSOR][1] == 0xFF or told[PROCESSOR][1] < FUSERS_SINCE:
        raise ProductError(
            "The firmware of this MetaMotion cannot send both kinds of readings with their time.",
            "Losses could not be seen.",
            "Bring its firmware up to date with the maker's app.",
        )
    return chip


def _processor(what: bytes) -> Script[int]:
    """Have it make a data processor; brings its number."""
    answer = yield _ask(bytes([PROCESSOR, ADD]) + what, bytes([PROCESSOR, ADD]))
    if len(answer) != 3:
        raise ProductError(
            "The MetaMotion did not set up a data processor.",
            "No readings will come.",
            "Switch it off and on (or reset it in the maker's app), and try again.",
        )
    return answer[2]
