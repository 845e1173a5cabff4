"""A product: what every maker's sensor is to surefoot. What it can do is a value, what it is asked is a script.

Wire formats do no input or output. To start, stop, blink or ask a sensor is a generator of steps: whoever holds the
link does each step and sends back what it brought (``bluetooth/ble.py`` over bleak, tests by hand). UUIDs are written
in full, in small letters.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Protocol, TypeVar

from surefoot.records import Array, SurefootError
from surefoot.sensors.clock.stamps import Stamp

T = TypeVar("T")
G_MPS2 = 9.80665  # standard gravity: what makers mean by g


class ProductError(SurefootError):
    """A sensor that answers, but not as it should: what it said, what that means, what to do."""


# ---- what one notification held


@dataclass(frozen=True, slots=True, eq=False)
class Packet:
    """Readings that came together, oldest first: ``acc`` (n, 3) m/s^2, ``gyr`` (n, 3) deg/s, all finite.

    ``first_tick``: the device's own time of the first one, in ``Traits.tick_s``, as it stands on the wire (it wraps at
    ``Traits.tick_bits``); None where the product tells no time. ``sequence``: the packet's number (it wraps at
    ``Traits.sequence_bits``); None where they are not numbered. ``clipped``: readings at the end of a range.
    """

    acc: Array
    gyr: Array
    first_tick: int | None = None
    sequence: int | None = None
    clipped: int = 0

    def __len__(self) -> int:
        return len(self.acc)


@dataclass(frozen=True, slots=True)
class Battery:
    """The battery told its charge, 0 to 100."""

    percent: int


@dataclass(frozen=True, slots=True)
class Tapped:
    """The sensor's button or its tap detection fired."""


@dataclass(frozen=True, slots=True)
class Stopped:
    """The sensor says that it ended the stream by itself, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class MalformedPacket:
    """Bytes that are not what the maker's format says. The readings in them are lost; how many is not known."""

    reason: str


Heard = Packet | Stamp | Battery | Tapped | Stopped | MalformedPacket


class Decoder(Protocol):
    """Notifications of one connection in, in order of arrival; what they held out. Never raises, whatever the bytes."""

    def update(self, uuid: str, data: bytes) -> list[Heard]: ...


# ---- what a sensor is asked


@dataclass(frozen=True, slots=True)
class Read:
    """Read a characteristic; brings its bytes."""

    uuid: str


@dataclass(frozen=True, slots=True)
class Write:
    """Write to a characteristic; brings nothing."""

    uuid: str
    data: bytes
    response: bool = True


@dataclass(frozen=True, slots=True)
class Listen:
    """Have notifications (or indications) of a characteristic sent; from now on they reach the decoder.

    To listen again to what is listened to, or to cease where nobody listened, changes nothing.
    """

    uuid: str


@dataclass(frozen=True, slots=True)
class Unlisten:
    """No more notifications of this characteristic."""

    uuid: str


@dataclass(frozen=True, slots=True)
class Ask:
    """Write, and wait for the notification on ``answer_on`` (listened to before) that ``is_answer``; brings its bytes.

    Answers reach the decoder too. Brings b"" when none came ``within_s``.
    """

    uuid: str
    data: bytes
    answer_on: str
    is_answer: Callable[[bytes], bool]
    within_s: float = 2.0
    response: bool = True


@dataclass(frozen=True, slots=True)
class Hear:
    """Wait for the next notification of a characteristic that is listened to; brings its bytes.

    In order of arrival, none left out since the script's own ``Listen``, also what came during other steps; they reach
    the decoder too. Brings b"" when none came ``within_s``.
    """

    uuid: str
    within_s: float = 2.0


@dataclass(frozen=True, slots=True)
class Wait:
    """Let some time pass, as the maker wants it."""

    seconds: float


Step = Read | Write | Listen | Unlisten | Ask | Hear | Wait
Script = Generator[Step, bytes, T]


# ---- what a sensor recorded by itself


@dataclass(frozen=True, slots=True)
class Logged:
    """A recording that waits in a sensor: its number there, and when it was told to begin (seconds since 1970)."""

    number: int
    start_utc_s: int


class Download(Protocol):
    """A recording on its way. What has come stays when the link is lost: a new ``script`` goes on from there."""

    def script(self) -> Script[None]:
        """Bring (the rest of) it. Raise ProductError when the sensor does not give it."""
        ...

    def packets(self) -> list[Packet]:
        """What came since last asked, with the ticks of the device's own clock, as live packets have."""
        ...


class Logbook(Protocol):
    """A sensor's own memory, for when nobody is near."""

    def start(self, utc_s: int) -> Script[None]:
        """Have it record from now on, link or no link; nothing changes where it does so already."""
        ...

    def stop(self) -> Script[None]: ...

    def recordings(self) -> Script[tuple[Logged, ...]]: ...

    def fetch(self, logged: Logged, rate_hz: float, first: int = 0) -> Download:
        """From the reading of this number on."""
        ...

    def erase(self, utc_s: int) -> Script[None]:
        """Forget all recordings. Only when each was fetched and is safely kept."""
        ...


# ---- what a product is


@dataclass(frozen=True, slots=True)
class Traits:
    """What a product can do, at its usual rate. What it cannot do is None or False.

    Readings are kept on a grid of 16-bit numbers: ``acc_step_mps2`` and ``gyr_step_dps`` are what one count is worth.
    """

    rates_hz: tuple[float, ...]  # that can be asked for
    usual_rate_hz: float
    acc_step_mps2: float
    gyr_step_dps: float
    acc_range_mps2: float  # readings from here on are clipped
    gyr_range_dps: float
    tick_s: float | None  # of its clock; None: it tells no time, losses are seen only by the count of readings
    tick_bits: int | None  # its clock wraps after 2**tick_bits ticks; None: never in a lifetime
    sequence_bits: int | None  # packets are numbered modulo 2**sequence_bits; None: not numbered
    readings_per_packet: int  # usual number
    mtu: int  # the least that its packets need
    silence_s: float  # without a packet for so long the link is dead, whatever the radio says
    rate_tolerance: float  # its true rate is within this share of the one asked for
    identify: bool  # it can blink
    battery: bool
    taps: bool  # it can tell that it was tapped
    log: bool  # it can record by itself, to be fetched later
    streams_on: bool  # it goes on streaming when the link is lost: stop, then start


@dataclass(frozen=True, slots=True)
class Seen:
    """What an advertisement tells: what a product is recognised by."""

    name: str | None
    services: tuple[str, ...]
    makers: tuple[int, ...] = ()  # company identifiers


class Product(Protocol):
    """One maker's sensor."""

    @property
    def key(self) -> str:
        """How files and settings name it: small letters."""
        ...

    @property
    def name(self) -> str:
        """How people name it."""
        ...

    @property
    def service(self) -> str:
        """The GATT service by which a sensor that is connected already is found again."""
        ...

    @property
    def traits(self) -> Traits: ...

    def is_seen(self, seen: Seen) -> bool:
        """Whether an advertisement is one of this product."""
        ...

    def start(self, rate_hz: float) -> Script[None]:
        """Have it stream acceleration and turning. Raise ProductError when it refuses."""
        ...

    def stop(self) -> Script[None]:
        """Have it stop, whatever it was doing."""
        ...

    def blink(self) -> Script[None] | None:
        """Have it show itself; None: it cannot."""
        ...

    def battery(self) -> Script[int | None] | None:
        """Ask for its charge, 0 to 100; None: it cannot be asked. The script brings None when it did not say."""
        ...

    def decoder(self, rate_hz: float) -> Decoder:
        """Fresh, for one connection."""
        ...

    def logbook(self) -> Logbook | None:
        """What it records by itself; None: nothing. Raise ProductError where surefoot cannot fetch it yet."""
        ...


def need_mtu(product: Product, mtu: int) -> None:
    """Raise ProductError when a link's packets (``mtu``: as negotiated) are too small for a product's."""
    need = product.traits.mtu
    if mtu < need:
        raise ProductError(
            f"The link to this {product.name} carries packets of {mtu} bytes; its readings need {need}.",
            "They would come cut off, and none could be used.",
            "Take a Bluetooth adapter of version 4.2 or later (on Linux with BlueZ 5.55 or later), have the computer "
            "forget the sensor, and connect again.",
        )
