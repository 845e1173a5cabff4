"""Polar Verity Sense, live, over its measurement data service (PMD) in normal mode: 52 Hz, 8 g, 2000 deg/s.

Source: polarofficial/polar-ble-sdk, technical_documentation/online_measurement.pdf (bytes) and SdkModeExplained.md.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from surefoot.records import Array
from surefoot.sensors.clock.stamps import Stamp
from surefoot.sensors.makers.grid import widened
from surefoot.sensors.makers.polarframe import ACC, GYRO, Frame, decode_frame
from surefoot.sensors.makers.polarpairs import Pairs
from surefoot.sensors.makers.product import (
    G_MPS2,
    Ask,
    Battery,
    Heard,
    Listen,
    MalformedPacket,
    Packet,
    ProductError,
    Read,
    Script,
    Seen,
    Stopped,
    Traits,
    Unlisten,
)

SERVICE, CONTROL, DATA = (f"fb005c8{k}-02e7-f387-1cad-8acd2d8df0c8" for k in (0, 1, 2))
BATTERY_SERVICE = "0000180f-0000-1000-8000-00805f9b34fb"
BATTERY_LEVEL = "00002a19-0000-1000-8000-00805f9b34fb"

GET, START, STOP = 0x01, 0x02, 0x03
FEATURES, ANSWER, ENDED = 0x0F, 0xF0, 0x01  # first bytes of what the control point says
HAS = {ACC: 0x04, GYRO: 0x20}
NAMES = {ACC: "acceleration", GYRO: "turning rate"}
RATE, RESOLUTION, RANGE, CHANNELS, FACTOR = 0, 1, 2, 4, 5  # settings
SIZES = {RATE: 2, RESOLUTION: 2, RANGE: 2, 3: 2, CHANNELS: 1, FACTOR: 4, 6: 16}
WANTED = {ACC: {RATE: 52, RESOLUTION: 16, RANGE: 8, CHANNELS: 3}}
WANTED[GYRO] = WANTED[ACC] | {RANGE: 2000}
ACC_FACTOR = struct.unpack("<f", bytes.fromhex("40da7f39"))[0]  # g to a count, as the document has the sensor say
STEPS = {ACC: ACC_FACTOR, GYRO: 2000 / 32768}  # g and deg/s to a count
END = 32767

ERRORS = {  # of an answer: what it means, what to do
    3: ("it does not measure that", "Update its firmware in Polar Flow."),
    5: ("it does not take these settings", "Update its firmware in Polar Flow."),
    6: ("it measures already", "Switch it off and on; close other apps that use it."),
    8: ("it does not measure at this rate", "Update its firmware in Polar Flow."),
    9: ("it does not measure to this range", "Update its firmware in Polar Flow."),
    10: ("packets of this link are too small for it", "Use a Bluetooth 4.2 adapter or newer, which makes larger ones."),
    12: ("it is busy with something else", "Press its button until it is in sensor mode: the light beside the heart."),
    13: ("it lies in its charger", "Take it out of the charger."),
}

TRAITS = Traits(
    rates_hz=(52.0,),
    usual_rate_hz=52.0,
    acc_step_mps2=ACC_FACTOR * G_MPS2,
    gyr_step_dps=STEPS[GYRO],
    acc_range_mps2=END * ACC_FACTOR * G_MPS2,
    gyr_range_dps=END * STEPS[GYRO],
    tick_s=1e-9,
    tick_bits=64,
    sequence_bits=None,
    readings_per_packet=36,
    mtu=64,  # it says itself (error 10) when it needs more
    silence_s=5.0,  # it sends every one to two seconds
    rate_tolerance=0.05,
    identify=False,
    battery=True,
    taps=False,
    log=False,  # it has one, over another service, which is not read here
    streams_on=False,
)


# ---- what it sends


class PolarDecoder:
    """Frames of one connection, paired; the factors are those it said when it was started."""

    def __init__(self, rate_hz: float) -> None:
        self._pairs = Pairs(rate_hz)
        self._factors: dict[int, float] = {}

    def update(self, uuid: str, data: bytes) -> list[Heard]:
        if uuid == DATA:
            return self._frame(decode_frame(data))
        if uuid == CONTROL:
            return self._said(data)
        if uuid == BATTERY_LEVEL and len(data) == 1 and data[0] <= 100:
            return [Battery(data[0])]
        return [MalformedPacket(f"{len(data)} bytes from a characteristic without readings")]

    def _frame(self, frame: Frame | MalformedPacket) -> list[Heard]:
        if isinstance(frame, MalformedPacket):
            return [frame]
        counts = self._counts(frame)
        if counts is None:
            return [MalformedPacket("readings that are no numbers")]
        paired = self._pairs.update(frame.measurement, frame.last_ns, counts)
        return [Stamp(frame.last_ns % 2**64), *(_packet(p.first_ns, p.acc, p.gyr) for p in paired)]

    def _counts(self, frame: Frame) -> Array | None:
        """On the grid of TRAITS, whatever factor and kind it came with; None where a float is none."""
        values = frame.raw.astype(np.float64)
        if (frame.measurement, frame.frame_type) == (GYRO, 0x81):
            values = widened(frame.raw.astype("<i4").view("<f4"))
        if not np.isfinite(values).all():
            return None
        step = STEPS[frame.measurement]
        whole = frame.frame_type & 0x7F == 0
        factor = self._factors.get(frame.measurement, step if whole else 1.0)
        unit = 1e-3 if frame.measurement == ACC and not whole else 1.0  # milli-g
        counts: Array = np.clip(np.rint(values * (unit * factor / step)), -END - 1, END)
        return counts

    def _said(self, data: bytes) -> list[Heard]:
        match list(data[:4]):
            case [0xF0, op, measurement, 0]:
                factor = settings(data[5:]).get(FACTOR)
                if op == START and measurement in STEPS and factor:
                    self._factors[measurement] = factor[0]
            case [0x01, *ended]:
                if ACC in ended or GYRO in ended:
                    return [
                        Stopped("the sensor ended the measurement: its button was pressed, or it was put to charge")
                    ]
            case [0xF0, *_] | [0x0F, *_]:
                pass
            case _:
                return [MalformedPacket(f"{len(data)} bytes from the control point that are no answer")]
        return []


def _packet(first_ns: int, acc: Array, gyr: Array) -> Packet:
    clipped = int((np.abs(np.hstack([acc, gyr])) >= END).any(axis=1).sum())
    return Packet(acc * TRAITS.acc_step_mps2, gyr * TRAITS.gyr_step_dps, first_ns % 2**64, None, clipped)


# ---- settings


def settings(data: bytes) -> dict[int, tuple[float, ...]]:
    """Id, count, values, over and over; what cannot be read ends it."""
    found: dict[int, tuple[float, ...]] = {}
    at = 0
    while at + 2 <= len(data) and (size := SIZES.get(data[at])):
        key, count = data[at], data[at + 1]
        values = [data[at + 2 + size * k : at + 2 + size * (k + 1)] for k in range(count)]
        at += 2 + size * count
        if at > len(data):
            break
        if key == FACTOR:
            told = [factor for (factor,) in map(struct.Struct("<f").unpack, values)]
            found[key] = tuple(factor for factor in told if np.isfinite(factor) and factor > 0)
        else:
            found[key] = tuple(int.from_bytes(value, "little") for value in values)
    return found


def encode_settings(chosen: Mapping[int, tuple[float, ...]]) -> bytes:
    packed = b""
    for key, values in chosen.items():
        packed += bytes([key, len(values)])
        for value in values:
            packed += struct.pack("<f", value) if key == FACTOR else int(value).to_bytes(SIZES[key], "little")
    return packed


# ---- the product


@dataclass(frozen=True, slots=True)
class PolarVeritySense:
    key: str = "polar"
    name: str = "Polar Verity Sense"
    service: str = SERVICE
    traits: Traits = field(default=TRAITS)

    def is_seen(self, seen: Seen) -> bool:
        return (seen.name or "").startswith("Polar Sense")

    def start(self, rate_hz: float) -> Script[None]:
        yield Listen(CONTROL)
        yield Listen(DATA)
        features = (yield Read(CONTROL)) + bytes(2)
        for measurement in (ACC, GYRO):
            if features[0] == FEATURES and not features[1] & HAS[measurement]:
                raise ProductError(
                    f"This Polar sensor has no {NAMES[measurement]}.",
                    "Steps cannot be measured with it.",
                    "Use a Polar Verity Sense; the OH1 has no gyroscope.",
                )
            yield _ask(STOP, measurement)  # left over from before; that nothing ran is no fault
            offered = settings((yield _ask(GET, measurement))[5:])
            chosen = _chosen(measurement, offered, rate_hz)
            _check((yield _ask(START, measurement, encode_settings(chosen))), measurement)

    def stop(self) -> Script[None]:
        yield Listen(CONTROL)
        for measurement in (ACC, GYRO):
            yield _ask(STOP, measurement)
        yield Unlisten(DATA)
        yield Unlisten(CONTROL)

    def blink(self) -> None:
        return None

    def battery(self) -> Script[int | None]:
        charge = yield Read(BATTERY_LEVEL)
        return charge[0] if len(charge) == 1 and charge[0] <= 100 else None

    def logbook(self) -> None:
        return None

    def decoder(self, rate_hz: float) -> PolarDecoder:
        return PolarDecoder(rate_hz)


def _ask(op: int, measurement: int, more: bytes = b"") -> Ask:
    head = bytes([ANSWER, op, measurement])
    return Ask(CONTROL, bytes([op, measurement]) + more, CONTROL, lambda data: data.startswith(head), within_s=5.0)


def _chosen(measurement: int, offered: dict[int, tuple[float, ...]], rate_hz: float) -> dict[int, tuple[float, ...]]:
    """What is wanted of what it offers, in its own order; without an answer what the document shows."""
    wanted = WANTED[measurement] | {RATE: round(rate_hz)}
    if offered.get(RATE) and wanted[RATE] not in offered[RATE]:
        raise ProductError(
            f"The sensor does not measure {NAMES[measurement]} at {rate_hz:g} Hz.",
            "Nothing was started.",
            f"Ask for one of its own: {', '.join(f'{rate:g}' for rate in offered[RATE])} Hz.",
        )
    keys = [key for key, values in offered.items() if key in wanted and values] or list(wanted)
    best = {key: max(offered.get(key, ()), default=wanted[key]) for key in keys}
    return {key: (wanted[key] if wanted[key] in offered.get(key, ()) else best[key],) for key in keys}


def _check(answer: bytes, measurement: int) -> None:
    error = answer[3] if len(answer) > 3 else None
    if error == 0:
        return
    said = "it did not answer" if error is None else f"it answers with error {error}"
    why, remedy = ERRORS.get(error or -1, (said, "Switch it off and on, and try again."))
    raise ProductError(f"The sensor does not start measuring {NAMES[measurement]}: {why}.", "No readings.", remedy)


PRODUCT = PolarVeritySense()
