"""Firmware: a product seen from inside, as its virtual ankle runs it: what it offers, answers and sends.

It does no waiting and knows no radio: the ankle calls it, and sends what it returns.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from surefoot.records import Array
from surefoot.sensors.makers.product import Product

Property = Literal["read", "write", "write-without-response", "notify", "indicate"]
READ_NOT_PERMITTED, WRITE_NOT_PERMITTED, INVALID_LENGTH, UNLIKELY = 0x02, 0x03, 0x0D, 0x0E


class AttError(Exception):
    """The sensor refuses a read or a write: the code of the Attribute Protocol."""

    def __init__(self, code: int) -> None:
        super().__init__(f"ATT error 0x{code:02x}")
        self.code = code


@dataclass(frozen=True, slots=True)
class Advert:
    """What it shows to everybody while nobody is connected."""

    name: str
    services: tuple[str, ...] = ()
    makers: Mapping[int, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Characteristic:
    uuid: str
    properties: tuple[Property, ...]


@dataclass(frozen=True, slots=True)
class Service:
    uuid: str
    characteristics: tuple[Characteristic, ...]


@dataclass(frozen=True, slots=True)
class Sent:
    """A notification or indication."""

    uuid: str
    data: bytes


class Firmware(Protocol):
    """One sensor that is switched on. State is its own: whether it streams, its settings, its log."""

    @property
    def product(self) -> Product: ...

    @property
    def advert(self) -> Advert: ...

    @property
    def services(self) -> tuple[Service, ...]: ...

    @property
    def rate_hz(self) -> float | None:
        """At which it wants readings now; None while it measures nothing."""
        ...

    def read(self, uuid: str) -> bytes:
        """Raise AttError where it refuses."""
        ...

    def write(self, uuid: str, data: bytes) -> list[Sent]:
        """Take a command and return what it answers; raise AttError where it refuses."""
        ...

    def listen(self, uuid: str, on: bool) -> list[Sent]:
        """Somebody began or ceased to listen to this characteristic."""
        ...

    def measure(self, acc: Array, gyr: Array, at_s: float) -> list[Sent]:
        """The next reading(s), (n, 3) m/s^2 and deg/s, the first taken ``at_s`` on the sensor's own clock since it was
        switched on, the others at ``rate_hz``; return the packets that are complete with them."""
        ...

    def part(self) -> None:
        """The link is gone."""
        ...

    def drain(self, percent: int) -> list[Sent]:
        """The battery has come down to this charge."""
        ...
