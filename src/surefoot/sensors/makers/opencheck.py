"""A self-test for who builds a sensor: notifications as hex, one a line, against docs/open-sensor.md.

python -m surefoot.sensors.makers.opencheck dump.txt
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from surefoot.records import Array
from surefoot.sensors.makers.openpacket import TRAITS, decode
from surefoot.sensors.makers.product import G_MPS2, MalformedPacket, Packet

HEX = re.compile(r"(?:[0-9a-fA-F]{2}[ :,-]?){8,}")
STILL_MPS2, STILL_DPS = 0.3, 3.0  # a sensor on a table is quieter than that
OFF = 0.02  # of gravity: no chip on a table reads so far from it
LATE = 0.5  # of a reading's time


def notifications(lines: Iterable[str]) -> Iterator[bytes]:
    """The longest run of hex bytes of each line, as apps that log notifications write them."""
    for line in lines:
        if runs := HEX.findall(line):
            yield bytes.fromhex(re.sub(r"[^0-9a-fA-F]", "", max(runs, key=len)))


def complaints(sent: Iterable[bytes]) -> list[str]:
    """What is wrong with notifications that followed one another; empty: nothing was found."""
    found: list[str] = []
    packets: list[Packet] = []
    for k, data in enumerate(sent, 1):
        for heard in decode(data):
            if isinstance(heard, MalformedPacket):
                found.append(f"notification {k}: {heard.reason}")
            elif isinstance(heard, Packet):
                packets.append(heard)
    if not packets:
        return [*found, "no readings"]
    return [*found, *_numbering(packets), *_timing(packets), *_values(packets)]


def rate_hz(packets: Sequence[Packet]) -> float | None:
    """Readings per second by the sensor's own times; None from a single packet."""
    spans = _steps(packets, "first_tick", TRAITS.tick_bits or 0) * (TRAITS.tick_s or 0)
    per_reading = spans / [len(packet) for packet in packets[:-1]]
    middle = float(np.median(per_reading)) if len(spans) else 0.0
    return 1 / middle if middle > 0 else None


def _numbering(packets: Sequence[Packet]) -> Iterator[str]:
    steps = _steps(packets, "sequence", TRAITS.sequence_bits or 0)
    for k in np.flatnonzero(steps != 1)[:5]:
        yield f"packet {k + 2} has number {packets[k + 1].sequence}, the one before {packets[k].sequence}"


def _timing(packets: Sequence[Packet]) -> Iterator[str]:
    if not (rate := rate_hz(packets)):
        return
    spans = _steps(packets, "first_tick", TRAITS.tick_bits or 0) * (TRAITS.tick_s or 0)
    late = spans - np.array([len(packet) for packet in packets[:-1]]) / rate
    in_order = _steps(packets, "sequence", TRAITS.sequence_bits or 0) == 1  # of the others it is told already
    for k in np.flatnonzero((np.abs(late) > LATE / rate) & in_order)[:5]:
        yield (
            f"packet {k + 2} begins {1000 * late[k]:+.1f} ms off: readings were lost before it, or its time was taken "
            "when it was sent and not when its first reading was"
        )


def _values(packets: Sequence[Packet]) -> Iterator[str]:
    acc, gyr = np.vstack([p.acc for p in packets]), np.vstack([p.gyr for p in packets])
    if len(acc) > 20 and not np.ptp(gyr, axis=0).any():
        yield "the gyroscope always says the same"
    if len(acc) > 20 and acc.std(axis=0).max() < STILL_MPS2 and gyr.std(axis=0).max() < STILL_DPS:
        size = float(np.linalg.norm(acc.mean(axis=0)))
        if abs(size - G_MPS2) > OFF * G_MPS2:
            yield f"it lies still and reads {size:.2f} m/s2 instead of {G_MPS2:.2f}: wrong step, or a bad sensor"


def _steps(packets: Sequence[Packet], name: str, bits: int) -> Array:
    steps: Array = np.diff([getattr(packet, name) for packet in packets]).astype(np.float64) % 2**bits
    return steps


def main(arguments: Sequence[str] | None = None) -> int:
    """Status 0: nothing wrong was found, 1: something is, 2: it could not be read."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("dump", type=Path, nargs="?", help="a text file; without it, what is typed or piped in")
    dump: Path | None = parser.parse_args(arguments).dump
    try:
        text = dump.read_text(errors="replace") if dump else sys.stdin.read()
    except OSError as error:
        parser.error(f"{dump} cannot be read: {error.strerror}.")
    sent = list(notifications(text.splitlines()))
    for k, data in enumerate(sent, 1):
        print(f"{k:4} {len(data):3} bytes ", *(_told(heard) for heard in decode(data)), sep="  ")
    packets = [heard for data in sent for heard in decode(data) if isinstance(heard, Packet)]
    rate = rate_hz(packets) if packets else None
    print(f"\n{len(sent)} notifications, {sum(map(len, packets))} readings, {rate or 0:.2f} a second")
    found = complaints(sent)
    print("\n".join(f"WRONG: {told}" for told in found) or "Nothing wrong was found.")
    return int(bool(found))


def _told(heard: object) -> str:
    if not isinstance(heard, Packet):
        return str(heard)
    first = " ".join(f"{value:.2f}" for value in [*heard.acc[0], *heard.gyr[0]])
    return f"number {heard.sequence}, {heard.first_tick} us, {len(heard)} readings, the first {first}"


if __name__ == "__main__":
    sys.exit(main())
