"""The open packet: what a self-built sensor sends and answers. docs/open-sensor.md is written for who builds one.

Little-endian. A packet is 8 bytes and 12 a reading, so that one reading fits the smallest notification there is.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

import numpy as np

from surefoot.sensors.makers.product import (
    G_MPS2,
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
    Tapped,
    Traits,
    Unlisten,
    Write,
)

SERVICE = "696caff5-c4a2-43ad-bdff-987caf4a15b7"
INFO, CONTROL, DATA = (f"696c000{k}-c4a2-43ad-bdff-987caf4a15b7" for k in (1, 2, 3))
BATTERY_SERVICE = "0000180f-0000-1000-8000-00805f9b34fb"
BATTERY_LEVEL = "00002a19-0000-1000-8000-00805f9b34fb"

VERSION = 1
HAS_BATTERY, TAPPED, CLIPPED, STOPPING = 0x01, 0x02, 0x04, 0x08  # flags of a packet
CAN_BLINK, CAN_FEEL_TAPS = 0x01, 0x02  # features of a sensor
START, STOP, BLINK = 0x01, 0x02, 0x03  # commands
HEADER = struct.Struct("<BBHI")
INFO_HEAD = struct.Struct("<BBBHB")
STATE = struct.Struct("<BH")
READING = 12  # bytes
MOST = 40  # readings in a packet
END = 32767  # a reading there, or at its negative, is clipped
LEAST_ACC_G, LEAST_GYR_DPS = 8, 1000  # a smaller range cuts off landings and swings (P)
NEAR = 0.05  # a rate within this share of the one asked for will do

TRAITS = Traits(
    rates_hz=(50.0, 52.0, 100.0, 104.0, 200.0, 208.0),
    usual_rate_hz=104.0,
    acc_step_mps2=16 * G_MPS2 / 32768,
    gyr_step_dps=2000 / 32768,
    acc_range_mps2=END * 16 * G_MPS2 / 32768,
    gyr_range_dps=END * 2000 / 32768,
    tick_s=1e-6,
    tick_bits=32,
    sequence_bits=16,
    readings_per_packet=10,
    mtu=23,
    silence_s=2.0,
    rate_tolerance=NEAR,
    identify=True,
    battery=True,
    taps=True,
    log=False,
    streams_on=False,
)


# ---- a packet


def encode(packet: Packet, *, battery: int | None = None, flags: int = 0) -> bytes:
    """The notification that holds these readings; the flags for battery and clipping are set as they must be."""
    raw = np.hstack([packet.acc / TRAITS.acc_step_mps2, packet.gyr / TRAITS.gyr_step_dps])
    raw = np.clip(np.rint(raw), -END - 1, END).astype("<i2")
    flags |= CLIPPED * bool(packet.clipped or (np.abs(raw.astype(np.int32)) >= END).any())
    flags |= HAS_BATTERY * (battery is not None)
    head = HEADER.pack(
        VERSION << 4 | flags, len(packet), (packet.sequence or 0) % 2**16, (packet.first_tick or 0) % 2**32
    )
    return head + raw.tobytes() + (b"" if battery is None else bytes([battery]))


def decode(data: bytes) -> list[Heard]:
    """What one notification on ``DATA`` held; a packet without readings tells only what its flags say."""
    if len(data) < HEADER.size:
        return [MalformedPacket(f"{len(data)} bytes, too short for a packet")]
    first, count, sequence, tick = HEADER.unpack_from(data)
    version, flags = first >> 4, first & 0x0F
    if version != VERSION:
        return [MalformedPacket(f"version {version} of the open packet, only {VERSION} is known")]
    charge = flags & HAS_BATTERY
    if len(data) != HEADER.size + READING * count + charge or count > MOST:
        return [MalformedPacket(f"{len(data)} bytes do not fit {count} readings")]
    if charge and data[-1] > 100:
        return [MalformedPacket(f"a battery of {data[-1]} %")]
    heard: list[Heard] = []
    if count:
        raw = np.frombuffer(data, "<i2", 6 * count, HEADER.size).reshape(count, 6)
        clipped = max(int((np.abs(raw.astype(np.int32)) >= END).any(axis=1).sum()), bool(flags & CLIPPED))
        acc, gyr = raw[:, :3] * TRAITS.acc_step_mps2, raw[:, 3:] * TRAITS.gyr_step_dps
        heard.append(Packet(acc, gyr, tick, sequence, clipped))
    if charge:
        heard.append(Battery(data[-1]))
    if flags & TAPPED:
        heard.append(Tapped())
    if flags & STOPPING:
        heard.append(Stopped("the sensor says that it switches itself off"))
    return heard


class OpenDecoder:
    """Notifications of one connection."""

    def update(self, uuid: str, data: bytes) -> list[Heard]:
        if uuid == DATA:
            return decode(data)
        if uuid == BATTERY_LEVEL and len(data) == 1 and data[0] <= 100:
            return [Battery(data[0])]
        return [MalformedPacket(f"{len(data)} bytes from a characteristic without readings")]


# ---- what it says of itself


@dataclass(frozen=True, slots=True)
class Info:
    """What the characteristic ``INFO`` tells; ``rates_hz`` in tenths of a hertz on the wire."""

    rates_hz: tuple[float, ...]
    acc_range_g: int = 16
    gyr_range_dps: int = 2000
    features: int = CAN_BLINK | CAN_FEEL_TAPS
    firmware: str = ""
    version: int = VERSION


def encode_info(info: Info) -> bytes:
    head = INFO_HEAD.pack(info.version, info.features, info.acc_range_g, info.gyr_range_dps, len(info.rates_hz))
    return head + b"".join(_tenths(rate_hz) for rate_hz in info.rates_hz) + info.firmware.encode()


def decode_info(data: bytes) -> Info:
    """Raise ProductError where it is not as docs/open-sensor.md says."""
    if data[:1] and data[0] != VERSION:
        raise ProductError(
            f"The sensor speaks version {data[0]} of the open packet; this surefoot knows {VERSION}.",
            "Its readings cannot be understood.",
            "Update surefoot, or the sensor's firmware.",
        )
    count = data[INFO_HEAD.size - 1] if len(data) >= INFO_HEAD.size else 0
    if not count or len(data) < INFO_HEAD.size + 2 * count:
        raise ProductError(
            f"The sensor says {len(data)} bytes about itself, which name no rate.",
            "What it measures is not known.",
            "Compare its firmware with docs/open-sensor.md, section Info.",
        )
    version, features, acc_range_g, gyr_range_dps, _ = INFO_HEAD.unpack_from(data)
    rates = struct.unpack_from(f"<{count}H", data, INFO_HEAD.size)
    firmware = data[INFO_HEAD.size + 2 * count :].decode(errors="replace")
    return Info(tuple(rate / 10 for rate in rates), acc_range_g, gyr_range_dps, features, firmware, version)


def _tenths(rate_hz: float) -> bytes:
    return struct.pack("<H", round(rate_hz * 10))


# ---- the product


@dataclass(frozen=True, slots=True)
class OpenSensor:
    """A sensor that somebody built from docs/open-sensor.md."""

    key: str = "open"
    name: str = "Open sensor"
    service: str = SERVICE
    traits: Traits = field(default=TRAITS)

    def is_seen(self, seen: Seen) -> bool:
        return SERVICE in seen.services

    def start(self, rate_hz: float) -> Script[None]:
        info = decode_info((yield Read(INFO)))
        rate_hz = _offered(info, rate_hz)
        if info.acc_range_g < LEAST_ACC_G or info.gyr_range_dps < LEAST_GYR_DPS:
            raise ProductError(
                f"The sensor measures to {info.acc_range_g} g and {info.gyr_range_dps} deg/s only.",
                "Landings and swings would be cut off.",
                f"Set at least {LEAST_ACC_G} g and {LEAST_GYR_DPS} deg/s in its firmware; 16 g and 2000 are best.",
            )
        yield Write(CONTROL, bytes([STOP]))
        yield Listen(DATA)
        yield Write(CONTROL, bytes([START]) + _tenths(rate_hz))
        state = yield Read(CONTROL)
        if state != STATE.pack(1, round(rate_hz * 10)):
            raise ProductError(
                f"The sensor was told to stream at {rate_hz:g} Hz and says {state.hex(' ') or 'nothing'}.",
                "No readings will come.",
                "Switch it off and on; if it stays so, compare its firmware with docs/open-sensor.md, section Control.",
            )

    def stop(self) -> Script[None]:
        yield Write(CONTROL, bytes([STOP]))
        yield Unlisten(DATA)

    def blink(self) -> Script[None]:
        if not decode_info((yield Read(INFO))).features & CAN_BLINK:
            raise ProductError("This sensor has no light.", "It cannot show itself.", "Tap it instead.")
        yield Write(CONTROL, bytes([BLINK, 5]))

    def battery(self) -> Script[int | None]:
        charge = yield Read(BATTERY_LEVEL)
        return charge[0] if len(charge) == 1 and charge[0] <= 100 else None

    def logbook(self) -> None:
        return None

    def decoder(self, rate_hz: float) -> OpenDecoder:
        return OpenDecoder()


def _offered(info: Info, rate_hz: float) -> float:
    """The rate it offers that is nearest to the one wanted."""
    nearest = min(info.rates_hz, key=lambda offered: abs(offered - rate_hz))
    if abs(nearest - rate_hz) > NEAR * rate_hz:
        raise ProductError(
            f"The sensor cannot measure at {rate_hz:g} Hz.",
            "Nothing was started.",
            f"Ask for one of its own: {', '.join(f'{rate:g}' for rate in info.rates_hz)} Hz.",
        )
    return nearest


PRODUCT = OpenSensor()
