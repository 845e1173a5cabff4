"""The firmware of a self-built sensor, as docs/open-sensor.md asks for it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from surefoot.records import Array
from surefoot.sensors.makers import openpacket as wire
from surefoot.sensors.makers.product import Packet, Product
from surefoot.simulation.firmware import (
    INVALID_LENGTH,
    READ_NOT_PERMITTED,
    WRITE_NOT_PERMITTED,
    Advert,
    AttError,
    Characteristic,
    Sent,
    Service,
)
from surefoot.simulation.gathering import Gathered, Gathering

UNKNOWN_COMMAND, RATE_NOT_OFFERED = 0x80, 0x81
HEADER_OF_ATT = 3  # bytes of the MTU that are not the notification's
PACKETS_PER_S = 10  # wanted
NONE = Gathered(np.zeros(1), np.empty((0, 6)))  # no readings, at no time


class OpenFirmware:
    """Sends about ten packets a second, as many readings in each as that needs and ``mtu`` has room for."""

    def __init__(
        self,
        *,
        name: str = "Surefoot 01",
        mtu: int = 247,
        battery: int = 100,
        rates_hz: Sequence[float] = wire.TRAITS.rates_hz,
        info: wire.Info | None = None,
    ) -> None:
        self.info = info or wire.Info(tuple(rates_hz), firmware="virtual 1.0")
        self.blinks = 0
        self._name, self._mtu, self._charge = name, mtu, battery
        self._rate_hz: float | None = None
        self._listened = False
        self._sequence = 0
        self._tapped = self._tell_charge = False
        self._gathering = Gathering(1)

    @property
    def product(self) -> Product:
        return wire.PRODUCT

    @property
    def advert(self) -> Advert:
        return Advert(self._name, (wire.SERVICE,))

    @property
    def services(self) -> tuple[Service, ...]:
        return (
            Service(
                wire.SERVICE,
                (
                    Characteristic(wire.INFO, ("read",)),
                    Characteristic(wire.CONTROL, ("read", "write")),
                    Characteristic(wire.DATA, ("notify",)),
                ),
            ),
            Service(wire.BATTERY_SERVICE, (Characteristic(wire.BATTERY_LEVEL, ("read",)),)),
        )

    @property
    def rate_hz(self) -> float | None:
        return self._rate_hz if self._listened else None

    def read(self, uuid: str) -> bytes:
        match uuid:
            case wire.INFO:
                return wire.encode_info(self.info)
            case wire.CONTROL:
                return wire.STATE.pack(self._rate_hz is not None, round((self._rate_hz or 0) * 10))
            case wire.BATTERY_LEVEL:
                return bytes([self._charge])
        raise AttError(READ_NOT_PERMITTED)

    def write(self, uuid: str, data: bytes) -> list[Sent]:
        if uuid != wire.CONTROL:
            raise AttError(WRITE_NOT_PERMITTED)
        match list(data):
            case [wire.START, low, high]:
                self._start((low + 256 * high) / 10)
            case [wire.STOP]:
                self._rate_hz = None
            case [wire.BLINK, _]:
                self.blinks += 1
            case [wire.START | wire.STOP | wire.BLINK, *_] | []:
                raise AttError(INVALID_LENGTH)
            case _:
                raise AttError(UNKNOWN_COMMAND)
        return []

    def listen(self, uuid: str, on: bool) -> list[Sent]:
        if uuid == wire.DATA:
            self._listened = on
        return []

    def measure(self, acc: Array, gyr: Array, at_s: float) -> list[Sent]:
        if self.rate_hz is None:
            return []
        full = self._gathering.update(acc, gyr, at_s, self.rate_hz)
        return [sent for done in full for sent in self._packets(done)]

    def tap(self) -> None:
        """Somebody taps it: the next packet says so."""
        self._tapped = True

    def part(self) -> None:
        self._rate_hz, self._listened = None, False

    def drain(self, percent: int) -> list[Sent]:
        """Told with the next packet; at 0 it says that it stops."""
        self._charge, self._tell_charge = percent, True
        if percent > 0 or self.rate_hz is None:
            return []
        self._rate_hz = None
        return [self._packet(NONE, wire.STOPPING, self._charge)]

    def _start(self, rate_hz: float) -> None:
        if rate_hz not in self.info.rates_hz:
            raise AttError(RATE_NOT_OFFERED)
        room = (self._mtu - HEADER_OF_ATT - wire.HEADER.size - 1) // wire.READING
        self._gathering = Gathering(max(1, min(room, round(rate_hz / PACKETS_PER_S), wire.MOST)))
        self._rate_hz, self._sequence, self._tell_charge = rate_hz, 0, True

    def _packets(self, done: Gathered) -> list[Sent]:
        """The charge goes with the readings; before them where there is no room for it, as at the least MTU."""
        charge = self._charge if self._tell_charge else None
        self._tell_charge = False
        room = self._mtu - HEADER_OF_ATT - wire.HEADER.size - wire.READING * len(done.readings)
        if charge is not None and room < 1:
            return [self._packet(Gathered(done.at_s, NONE.readings), 0, charge), self._packet(done)]
        return [self._packet(done, 0, charge)]

    def _packet(self, done: Gathered, flags: int = 0, charge: int | None = None) -> Sent:
        acc, gyr = done.readings[:, :3], done.readings[:, 3:]
        packet = Packet(acc, gyr, round(float(done.at_s[0]) * 1e6), self._sequence)
        self._sequence = (self._sequence + (len(acc) > 0)) % 2**16
        flags |= wire.TAPPED * self._tapped
        self._tapped = False
        return Sent(wire.DATA, wire.encode(packet, battery=charge, flags=flags))
