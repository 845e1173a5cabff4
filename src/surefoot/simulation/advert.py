"""What an advertisement says, as bytes: 31 of the advertisement itself and 31 of the answer to who asks for more."""

from __future__ import annotations

from collections.abc import Iterator

from surefoot.simulation.firmware import Advert

ROOM = 31  # bytes of each
FLAGS = bytes([0x02, 0x01, 0x06])
BASE = "-0000-1000-8000-00805f9b34fb"  # of the UUIDs that have a short form
SHORT_UUIDS, LONG_UUIDS, SHORT_NAME, NAME, MAKER = (0x02, 0x03), (0x06, 0x07), 0x08, 0x09, 0xFF


def encode(advert: Advert) -> tuple[bytes, bytes]:
    """The advertisement and its scan response. Raise ValueError when they have no room for it.

    Services come first: whoever looks for sensors selects by them. The name comes where there is room.
    """
    short = [bytes.fromhex(uuid[4:8])[::-1] for uuid in advert.services if _is_short(uuid)]
    long = [bytes.fromhex(uuid.replace("-", ""))[::-1] for uuid in advert.services if not _is_short(uuid)]
    first, second = FLAGS, b""
    parts = [_part(SHORT_UUIDS[1], b"".join(short)), _part(LONG_UUIDS[1], b"".join(long))]
    parts += [_part(MAKER, maker.to_bytes(2, "little") + data) for maker, data in advert.makers.items()]
    parts.append(_part(NAME, advert.name.encode()))
    for part in parts:
        if len(first) + len(part) <= ROOM:
            first += part
        elif len(second) + len(part) <= ROOM:
            second += part
        else:
            raise ValueError(f"{advert.name!r} has too much to advertise: two times {ROOM} bytes are all")
    return first, second


def decode(data: bytes) -> Advert:
    """What both together say; what is not understood is left out."""
    name, services, makers = "", [], {}
    for kind, value in _parts(data):
        if kind in SHORT_UUIDS:
            services += [f"0000{value[i : i + 2][::-1].hex()}{BASE}" for i in range(0, len(value) - 1, 2)]
        elif kind in LONG_UUIDS:
            services += [_long(value[i : i + 16]) for i in range(0, len(value) - 15, 16)]
        elif kind in (SHORT_NAME, NAME):
            name = value.decode(errors="replace")
        elif kind == MAKER and len(value) >= 2:
            makers[int.from_bytes(value[:2], "little")] = value[2:]
    return Advert(name, tuple(services), makers)


def _is_short(uuid: str) -> bool:
    return uuid.startswith("0000") and uuid.endswith(BASE)


def _long(value: bytes) -> str:
    digits = value[::-1].hex()
    return "-".join([digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]])


def _part(kind: int, value: bytes) -> bytes:
    return bytes([len(value) + 1, kind]) + value if value else b""


def _parts(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 1 < len(data) and data[at]:
        yield data[at + 1], data[at + 2 : at + 1 + data[at]]
        at += 1 + data[at]
