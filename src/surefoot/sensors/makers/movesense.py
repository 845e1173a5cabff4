"""Movesense over its GATT SensorData Protocol (GSP): readings in groups, stamped in milliseconds, in one part or two.

Commands and layouts: movesense.com, GATT SensorData Protocol (GD-77), and what is known of the hardware from
sokolmarek/movesense-commander (``docs/gsp-protocol.md``, captures in ``src/lib/gsp/layouts.hardware.test.ts``).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from surefoot.records import Array
from surefoot.sensors.clock.stamps import Stamp
from surefoot.sensors.makers.grid import LARGEST, on_grid, widened
from surefoot.sensors.makers.product import (
    Ask,
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

SERVICE = "34802252-7185-4d5d-b431-630e7050e8f0"
COMMAND, NOTICE = "34800001-7185-4d5d-b431-630e7050e8f0", "34800002-7185-4d5d-b431-630e7050e8f0"

SUBSCRIBE, UNSUBSCRIBE, GET, SYSTEM_MODE = 1, 2, 4, 7  # commands: code, reference, what it is about
ANSWER, DATA, DATA_PART2 = 1, 2, 3  # what comes: code, reference of the command, answer or data
RESTART = 5  # a system mode
STREAM, CHARGE = 0x63, 0x64  # our references
FINE, CONFLICT, EXHAUSTED = (200, 202), 409, 429

GROUPS = {13.0: 1, 26.0: 2, 52.0: 4, 104.0: 8}  # readings in a packet; at higher rates not known
FIRST_PART = 150  # bytes of data in one notification; what is longer comes in two
TICK_BITS = 32

# The steps are those of the captures: multiples of 0.244 mg with g = 9.807 m/s^2, and of 70 mdps. The range is 8 g
# and 2000 deg/s: what the firmware is built with; GSP cannot set another.
ACC_STEP_MPS2, GYR_STEP_DPS = 0.000244 * 9.807, 0.07
RANGE_MPS2, RANGE_DPS = LARGEST * ACC_STEP_MPS2, 2000.0
ROUNDED = 2.0**-22  # of a value: how far from the grid a 32-bit float of it may lie
AT_THE_END = 1 - 0.0005  # of the range: readings so near to its end stand at it
BEYOND = 1.05  # of the converter's range: what is larger was not measured (P)

TROUBLES = {
    404: ("does not know these readings at this rate", "Ask for another rate, or bring its firmware up to date."),
    EXHAUSTED: ("has no room for requests left; it was told to restart", "Wait: it is tried again in a few seconds."),
    503: ("cannot measure now", "Take its battery out and put it in again."),
    507: ("has no memory left", "Take its battery out and put it in again."),
}


class Movesense:
    """The product. It cannot blink, and its 8 g are less than a hard landing at the ankle: what is clipped is counted.

    Its chip runs up to some per cent off the rate it is asked for; its time stamps tell.
    """

    key = "movesense"
    name = "Movesense"
    service = SERVICE
    traits = Traits(
        rates_hz=tuple(GROUPS),
        usual_rate_hz=104.0,
        acc_step_mps2=ACC_STEP_MPS2,
        gyr_step_dps=GYR_STEP_DPS,
        acc_range_mps2=RANGE_MPS2 * AT_THE_END,
        gyr_range_dps=RANGE_DPS,
        tick_s=0.001,
        tick_bits=TICK_BITS,  # 49.7 days
        sequence_bits=None,
        readings_per_packet=GROUPS[104.0],
        mtu=161,
        silence_s=2.0,
        rate_tolerance=0.05,
        identify=False,
        battery=True,
        taps=False,
        log=True,
        streams_on=False,
    )

    def is_seen(self, seen: Seen) -> bool:
        """By its name: its service does not fit beside it into an advertisement."""
        return SERVICE in seen.services or (seen.name or "").startswith("Movesense")

    def start(self, rate_hz: float) -> Script[None]:
        if rate_hz not in GROUPS:
            raise ProductError(
                f"surefoot cannot read a {self.name} at {rate_hz:g} readings per second.",
                "How it would group them is not known.",
                f"Ask for one of {', '.join(f'{rate:g}' for rate in GROUPS)}.",
            )
        yield Listen(NOTICE)
        subscribe = bytes([SUBSCRIBE, STREAM]) + f"/Meas/IMU6/{rate_hz:.0f}".encode() + b"\0"
        status = yield from _ask(subscribe)
        if status == CONFLICT:  # it streams already: nobody stopped it
            yield from _ask(bytes([UNSUBSCRIBE, STREAM]))
            status = yield from _ask(subscribe)
        if status == EXHAUSTED:  # only a restart frees them
            yield Write(COMMAND, bytes([SYSTEM_MODE, STREAM, RESTART]))
            yield Wait(1.0)
        if status not in FINE:
            raise _trouble(status)

    def stop(self) -> Script[None]:
        yield Write(COMMAND, bytes([UNSUBSCRIBE, STREAM]))
        yield Unlisten(NOTICE)

    def blink(self) -> None:
        return None

    def battery(self) -> Script[int | None]:
        yield Listen(NOTICE)
        asked = bytes([GET, CHARGE]) + b"/System/Energy/Level\0"
        told = yield Ask(COMMAND, asked, NOTICE, _answers(CHARGE))
        if len(told) != 5 or _status(told) not in FINE or told[4] > 100:
            return None
        return told[4]

    def decoder(self, rate_hz: float) -> MovesenseDecoder:
        return MovesenseDecoder(rate_hz)

    def logbook(self) -> None:
        raise ProductError(
            f"surefoot cannot fetch what a {self.name} records by itself: that is not built yet.",
            "What it measures out of range is lost.",
            "Keep this computer within range, or wear a sensor whose recordings can be fetched (Movella DOT).",
        )


PRODUCT = Movesense()


class MovesenseDecoder:
    """One connection's notifications; a first part waits for its second.

    Nothing in a second part says whose it is. When a second part and the first part behind it are lost together, as
    where a computer drops a burst, the two that are left look like one packet. But the cut goes through a number: put
    together of two, it lies off the grid that all others lie on, nine times in ten.
    """

    def __init__(self, rate_hz: float) -> None:
        self._group = GROUPS.get(rate_hz)
        self._first = b""

    def update(self, uuid: str, data: bytes) -> list[Heard]:
        if uuid != NOTICE or len(data) < 2 or data[1] != STREAM or data[0] not in (DATA, DATA_PART2):
            return []
        first, self._first = self._first, b""
        payload = data[2:]
        if data[0] == DATA_PART2:
            if not first:
                return [MalformedPacket("a second part whose first part did not come")]
            whole = decode(first + payload, self._group)
            if isinstance(whole, Packet) and _is_of_two(first + payload):
                return [MalformedPacket("two parts that are of two packets")]
            return [whole]
        heard: list[Heard] = [MalformedPacket("a first part whose second part did not come")] if first else []
        if len(payload) == FIRST_PART:
            self._first = payload
            return [*heard, *([Stamp(_tick(payload), self._group - 1)] if self._group else [])]
        return [*heard, decode(payload, self._group)]


def decode(payload: bytes, group: int | None = None) -> Packet | MalformedPacket:
    """Time in ms of the first reading, all accelerations, all turnings; so many readings where that is known."""
    count, rest = divmod(len(payload) - 4, 24)
    if rest or count < 1 or count != (group or count):
        return MalformedPacket(f"{len(payload)} bytes of data, cut off or of another kind")
    values = widened(np.frombuffer(payload, "<f4", 6 * count, 4)).reshape(2, count, 3)
    acc, gyr = values[0], values[1]
    if not (_can_be(acc, ACC_STEP_MPS2) and _can_be(gyr, GYR_STEP_DPS)):
        return MalformedPacket("a reading that is no number or beyond the sensor's range")
    at_end = (np.abs(acc) >= PRODUCT.traits.acc_range_mps2) | (np.abs(gyr) >= RANGE_DPS)
    clipped = int(at_end.any(axis=1).sum())
    return Packet(on_grid(acc, ACC_STEP_MPS2), on_grid(gyr, GYR_STEP_DPS), _tick(payload), clipped=clipped)


def _tick(payload: bytes) -> int:
    return int.from_bytes(payload[:4], "little")


def _is_of_two(payload: bytes) -> bool:
    """Whether the turning that both parts share is off the grid, and no other."""
    gyr = widened(np.frombuffer(payload[4 + (len(payload) - 4) // 2 :], "<f4"))
    off = np.abs(gyr - np.rint(gyr / GYR_STEP_DPS) * GYR_STEP_DPS) > ROUNDED * np.abs(gyr)
    return bool(off[(FIRST_PART - 4) // 4 - len(gyr)] and off.sum() == 1)


def encode(packet: Packet) -> list[bytes]:
    """The one or two notifications of a packet."""
    tick = (packet.first_tick or 0) % 2**TICK_BITS
    values = np.concatenate([packet.acc.ravel(), packet.gyr.ravel()]).astype("<f4")
    payload = tick.to_bytes(4, "little") + values.tobytes()
    parts = [bytes([DATA, STREAM]) + payload[:FIRST_PART]]
    if len(payload) > FIRST_PART:
        parts.append(bytes([DATA_PART2, STREAM]) + payload[FIRST_PART:])
    return parts


def _can_be(values: Array, step: float) -> bool:
    """Whether its 16-bit converter can have said this, by any scale near ours; not where a value is no number."""
    return bool((np.abs(values) <= BEYOND * LARGEST * step).all())


def _answers(reference: int) -> Callable[[bytes], bool]:
    return lambda data: data[:2] == bytes([ANSWER, reference])


def _status(told: bytes) -> int:
    return int.from_bytes(told[2:4], "little")


def _ask(command: bytes) -> Script[int]:
    """A command about the stream; its status, 0 without an answer."""
    told = yield Ask(COMMAND, command, NOTICE, _answers(STREAM))
    return _status(told) if len(told) >= 4 else 0


def _trouble(status: int) -> ProductError:
    what, remedy = TROUBLES.get(status, (f"refuses to stream (status {status})", "Take its battery out and in again."))
    if not status:
        what = "does not answer to commands"
        remedy = "Bring its firmware to 2.3 or later with the maker's app (GSP is built in from there on)."
    return ProductError(f"The Movesense {what}.", "Nothing comes from this leg.", remedy)
