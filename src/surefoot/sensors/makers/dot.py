"""Movella DOT (Xsens DOT before 2023): its wire format, one reading in a notification, stamped in microseconds.

Commands: Movella DOT BLE Service Specification, XD0506P revision C, July 2023. Its readings in bytes: ``dotwire``; its
own recordings: ``dotlog``.
"""

from __future__ import annotations

import struct

from surefoot.sensors.makers.dotlog import DotLogbook
from surefoot.sensors.makers.dotwire import (
    ACC_STEP_MPS2,
    AT_THE_END,
    GYR_STEP_DPS,
    PADDED,
    RANGE_DPS,
    RANGE_MPS2,
    SETTLING,
    TICK_BITS,
    TICK_S,
    decode,
    dot_uuid,
    encode,
)
from surefoot.sensors.makers.product import (
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

__all__ = ["PRODUCT", "Dot", "DotDecoder", "decode", "encode"]

SETTINGS, REPORT = dot_uuid(0x1002), dot_uuid(0x1004)
MEASURE, PAYLOAD = dot_uuid(0x2001), dot_uuid(0x2003)  # the payload of medium length
BATTERY = dot_uuid(0x3001)
MAKER = 2182  # company identifier

RATE_QUANTITIES = 21  # the payload mode: time, acceleration, turning; as measured, without orientation

IDENTIFY, RATE = 0x01, 0x10  # bits of the settings' first byte: which of the others a write is about
AT_IDENTIFY, AT_RATE, SETTINGS_SIZE = 1, 24, 32

POWER_OFF, POWER_SAVING, CLICKS = 1, 4, (5, 6, 7)  # reports

RESTARTED_TICKS = 1_000_000  # a hole of a second or more: it may have been started anew


class Dot:
    """The product. Its live rate ends at 60 Hz; 120 Hz is for its recordings only.

    It cannot say live how many of the readings it takes inside (800 a second) were clipped: only what is still at the
    end of the range after they were averaged is counted.
    """

    key = "dot"
    name = "Movella DOT"
    service = dot_uuid(0x2000)
    traits = Traits(
        rates_hz=(1.0, 4.0, 10.0, 12.0, 15.0, 20.0, 30.0, 60.0),
        usual_rate_hz=60.0,
        acc_step_mps2=ACC_STEP_MPS2,
        gyr_step_dps=GYR_STEP_DPS,
        acc_range_mps2=RANGE_MPS2 * AT_THE_END,
        gyr_range_dps=RANGE_DPS * AT_THE_END,
        tick_s=TICK_S,
        tick_bits=TICK_BITS,
        sequence_bits=None,
        readings_per_packet=1,
        mtu=PADDED + 3,
        silence_s=2.0,
        rate_tolerance=0.001,
        identify=True,
        battery=True,
        taps=True,  # its button
        log=True,
        streams_on=True,
    )

    def is_seen(self, seen: Seen) -> bool:
        if seen.name is None:
            return MAKER in seen.makers
        return seen.name.lower().startswith(("movella dot", "xsens dot"))

    def start(self, rate_hz: float) -> Script[None]:
        """Stop first: it goes on streaming when a link is lost, and its rate cannot be changed meanwhile."""
        if rate_hz not in self.traits.rates_hz:
            raise ProductError(
                f"A {self.name} cannot stream at {rate_hz:g} readings per second.",
                "Its live rates end at 60; 120 is for its own recordings only.",
                f"Ask for one of {', '.join(f'{rate:g}' for rate in self.traits.rates_hz)}.",
            )
        yield from self._halt()
        yield from self._set_rate(round(rate_hz))
        for uuid in (PAYLOAD, BATTERY, REPORT):  # before the start: what is sent to nobody is not sent again
            yield Listen(uuid)
        yield Write(MEASURE, bytes([1, 1, RATE_QUANTITIES]))
        if (state := (yield Read(MEASURE)))[:3] != bytes([1, 1, RATE_QUANTITIES]):
            raise ProductError(
                f"The {self.name} did not start to measure (it answers {state.hex(' ') or 'nothing'}).",
                "Nothing comes from this leg.",
                "It may be making a recording: stop that, or switch the sensor off and on, and try again.",
            )

    def stop(self) -> Script[None]:
        yield from self._halt()
        yield Unlisten(PAYLOAD)

    def blink(self) -> Script[None]:
        """Ten seconds of red."""
        settings = yield from self._settings()
        settings[0] = settings[AT_IDENTIFY] = IDENTIFY
        yield Write(SETTINGS, bytes(settings))

    def battery(self) -> Script[int | None]:
        told = _battery((yield Read(BATTERY)))
        return told.percent if isinstance(told, Battery) else None

    def decoder(self, rate_hz: float) -> DotDecoder:
        return DotDecoder()

    def logbook(self) -> DotLogbook:
        return DotLogbook()

    def _halt(self) -> Script[None]:
        state = yield Read(MEASURE)
        yield Write(MEASURE, bytes([1, 0, state[2] if len(state) > 2 else RATE_QUANTITIES]))

    def _settings(self) -> Script[bytearray]:
        settings = yield Read(SETTINGS)
        if len(settings) != SETTINGS_SIZE:
            raise ProductError(
                f"The {self.name} tells its settings in {len(settings)} bytes instead of {SETTINGS_SIZE}.",
                "Its firmware is not one that surefoot knows; nothing was changed in it.",
                "Bring its firmware up to date with the maker's app.",
            )
        return bytearray(settings)

    def _set_rate(self, rate_hz: int) -> Script[None]:
        settings = yield from self._settings()
        settings[0], settings[AT_IDENTIFY] = RATE, 0
        struct.pack_into("<H", settings, AT_RATE, rate_hz)
        yield Write(SETTINGS, bytes(settings))
        (got,) = struct.unpack_from("<H", (yield from self._settings()), AT_RATE)
        if got != rate_hz:
            raise ProductError(
                f"The {self.name} stays at {got} readings per second; {rate_hz} were asked for.",
                "Its times would be wrong.",
                "It may be synchronised or recording: switch it off and on, and try again.",
            )


PRODUCT = Dot()


class DotDecoder:
    """One connection's notifications. The first readings after each start are left out: they are rubbish."""

    def __init__(self) -> None:
        self._settling = SETTLING
        self._tick: int | None = None

    def update(self, uuid: str, data: bytes) -> list[Heard]:
        if uuid == PAYLOAD:
            heard = decode(data)
            return [] if isinstance(heard, Packet) and self._is_rubbish(heard.first_tick) else [heard]
        if uuid == BATTERY:
            return [_battery(data)]
        if uuid == REPORT:
            return _report(data)
        return []

    def _is_rubbish(self, tick: int | None) -> bool:
        before, self._tick = self._tick, tick
        if before is not None and tick is not None and (tick - before) % 2**TICK_BITS >= RESTARTED_TICKS:
            self._settling = SETTLING
        self._settling -= 1
        return self._settling >= 0


def _battery(data: bytes) -> Battery | MalformedPacket:
    if not data or data[0] > 100:
        return MalformedPacket("a charge that is no percentage")
    return Battery(data[0])


def _report(data: bytes) -> list[Heard]:
    kind = data[0] if data else 0
    if kind in CLICKS:
        return [Tapped()]
    if kind == POWER_OFF:
        return [Stopped("it was switched off, or its battery is empty")]
    if kind == POWER_SAVING:
        return [Stopped("it went to sleep: press its button or shake it")]
    return []
