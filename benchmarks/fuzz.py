"""Fuzzing: any bytes at all, to every product's decoder; what it hears must be sound, and it must never raise.

    python benchmarks/fuzz.py [--inputs 10000000] [--seed 1] [--workers 2]

Stretches of a hundred inputs take turns. Wild: a quarter is chance alone, a quarter a real notification's head with
chance behind it, the rest notifications of the product's own firmware in any order, whole or damaged (bytes changed,
cut off, grown, two spliced). Calm: the firmware's stream in order, one in four so treated. All follow one another on
one decoder, renewed every thousand, so that what a decoder remembers is tried too: it must stay small. Every reading
must be finite, on the product's grid and within its 16 bits; a warning of numpy is a fault. Faults are shown in hex.
"""

from __future__ import annotations

import argparse
import pickle
import sys
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field

import numpy as np
from rich.console import Console
from rich.table import Table

from surefoot.sensors.clock.stamps import Stamp
from surefoot.sensors.makers.product import (
    Ask,
    Battery,
    Heard,
    Listen,
    MalformedPacket,
    Packet,
    Read,
    Stopped,
    Tapped,
    Traits,
    Write,
)
from surefoot.sensors.makers.products import PRODUCTS, product
from surefoot.simulation.ankles import firmware
from surefoot.simulation.firmware import Sent

LONGEST = 260  # bytes of chance
STRETCH = 100  # inputs
ON_ONE = 1000  # inputs to one decoder
CHUNK = 40_000  # inputs of one piece of work
REMEMBERS = 100_000  # bytes: more than any decoder may keep
SOUND = (Packet, Battery, Tapped, Stopped, MalformedPacket)
Input = tuple[str, bytes]


@dataclass
class Told:
    """What came of the inputs to one product's decoders."""

    inputs: int = 0
    readings: int = 0
    seconds: float = 0.0
    heard: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def add(self, other: Told) -> None:
        self.inputs += other.inputs
        self.readings += other.readings
        self.seconds += other.seconds
        self.heard += other.heard
        self.faults += other.faults


# ---- inputs


def real(key: str, rng: np.random.Generator) -> list[Sent]:
    """Notifications of the product's own firmware: its answers to a start, and readings."""
    made = firmware(key)
    script = product(key).start(product(key).traits.usual_rate_hz)
    sent: list[Sent] = []
    brought = b""
    try:
        step = next(script)
        while True:
            match step:
                case Read(uuid):
                    brought = made.read(uuid)
                case Listen(uuid):
                    sent += made.listen(uuid, True)
                case Write(uuid, data):
                    sent += made.write(uuid, data)
                case Ask(uuid, data, _, is_answer):
                    answers = made.write(uuid, data)
                    sent += answers
                    brought = next((a.data for a in answers if is_answer(a.data)), b"")
            step = script.send(brought)
    except StopIteration:
        return sent + made.measure(rng.normal(0, 30, (5000, 3)), rng.normal(0, 500, (5000, 3)), 3.0)


def inputs(key: str, count: int, rng: np.random.Generator) -> Iterator[Input]:
    sent = real(key, rng)
    uuids = sorted({c.uuid for service in firmware(key).services for c in service.characteristics})
    chance = rng.bytes(1 << 18)
    whole = rng.integers(0, 1 << 30, (count, 8)).tolist()
    for k, (kind, size, where, pick, cut, value, other, elsewhere) in enumerate(whole):
        calm = k // STRETCH % 2
        notice = sent[(k if calm else pick) % len(sent)]
        if calm and pick % 4:
            yield notice.uuid, notice.data
            continue
        data, begin = notice.data, where % (len(chance) - LONGEST)
        cut %= len(data) + 1
        match kind % 12:
            case 0 | 1 | 2:
                data = chance[begin : begin + size % LONGEST]
            case 3 | 4 | 5:
                data = (
                    data[: cut % 13] + chance[begin : begin + (size % LONGEST if size & 512 else len(data) - cut % 13)]
                )
            case 6 | 7:
                data = data[:cut] + bytes([value % 256]) + data[cut + 1 :]
            case 8:
                data = data[:cut]
            case 9:
                data = data + chance[begin : begin + size % 30]
            case 10:
                data = data[:cut] + sent[other % len(sent)].data[value % 200 :]
        yield (uuids[other % len(uuids)] if elsewhere % 20 == 0 else notice.uuid), data


# ---- what must hold


def tried(key: str, count: int, seed: Sequence[int]) -> Told:
    """So many inputs to one product's decoders."""
    told, began_s = Told(), time.process_time()
    known = product(key)
    warnings.simplefilter("error")
    batch: list[Input] = []
    for given in inputs(key, count, np.random.default_rng(seed)):
        batch.append(given)
        if len(batch) == ON_ONE:
            run(key, known.traits, batch, told)
            batch = []
    run(key, known.traits, batch, told)
    told.seconds = time.process_time() - began_s
    return told


def run(key: str, traits: Traits, batch: Sequence[Input], told: Told) -> None:
    """All of them to one decoder."""
    decoder = product(key).decoder(traits.usual_rate_hz)
    packets: list[Packet] = []
    for k, (uuid, data) in enumerate(batch):
        try:
            heard = decoder.update(uuid, data)
        except Exception:  # noqa: BLE001 - whatever it raises is the finding
            told.faults.append(f"{key} raises at input {k} of its decoder, {data.hex()}\n{traceback.format_exc()}")
            return
        told.inputs += 1
        for h in heard:
            told.heard[type(h).__name__] += 1
            if isinstance(h, Packet):
                packets.append(h)
            elif fault := wrong(h):
                told.faults.append(f"{key} at input {k}, {data.hex()}: {fault}")
    told.readings += sum(map(len, packets))
    if fault := unsound(packets, traits):
        told.faults.append(f"{key}: {fault}; the batch ends {batch[-1][1].hex()}")
    if (kept := len(pickle.dumps(decoder))) > REMEMBERS:
        told.faults.append(f"{key}: its decoder keeps {kept} bytes")


def wrong(heard: Heard) -> str:
    match heard:
        case Battery(percent) if not 0 <= percent <= 100:
            return f"a battery of {percent} %"
        case MalformedPacket(reason) | Stopped(reason) if not reason:
            return f"{heard} without a reason"
        case Stamp(tick) if not 0 <= tick < 2**64:
            return f"a stamp of {tick}"
        case Stamp() | Battery() | MalformedPacket() | Stopped() | Tapped():
            return ""
    return f"{heard!r} is nothing that a decoder may say"


def unsound(packets: Sequence[Packet], traits: Traits) -> str:
    """What is wrong with readings, all packets of a batch at once; empty: nothing."""
    if not packets:
        return ""
    for p in packets:
        if p.acc.shape != (len(p), 3) or p.gyr.shape != (len(p), 3) or not len(p) or not 0 <= p.clipped <= len(p):
            return f"a packet of shape {p.acc.shape}, {p.gyr.shape} with {p.clipped} clipped"
        if p.first_tick is not None and not 0 <= p.first_tick < 2 ** (traits.tick_bits or 64):
            return f"tick {p.first_tick}"
        if p.sequence is not None and not 0 <= p.sequence < 2 ** (traits.sequence_bits or 0):
            return f"number {p.sequence}"
    for name, step in (("acc", traits.acc_step_mps2), ("gyr", traits.gyr_step_dps)):
        counts = np.concatenate([getattr(p, name) for p in packets]) / step
        if not np.isfinite(counts).all():
            return f"{name} is not finite"
        if np.abs(counts).max() > 32768.001 or np.abs(counts - np.rint(counts)).max() > 1e-6:
            return f"{name} is off the grid of 16 bits"
    return ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--inputs", type=int, default=10_000_000, help="in all, shared evenly by the products")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    began_s = time.monotonic()
    all_told = {known.key: Told() for known in PRODUCTS}
    each = -(-given.inputs // len(PRODUCTS))
    with ProcessPoolExecutor(given.workers) as pool:
        jobs = [
            (key, pool.submit(tried, key, min(CHUNK, each - first), [given.seed, k, first]))
            for first in range(0, each, CHUNK)
            for k, key in enumerate(all_told)
        ]
        for key, job in jobs:
            all_told[key].add(job.result())
    show(all_told, time.monotonic() - began_s)
    faults = [fault for told in all_told.values() for fault in told.faults]
    print(*faults[:5], sep="\n")
    return int(bool(faults))


def show(all_told: dict[str, Told], seconds: float) -> None:
    table = Table(title=f"{sum(t.inputs for t in all_told.values()):,} inputs in {seconds:.0f} s")
    for column in ("decoder", "inputs", "packets", "readings", "malformed", "other", "us each", "faults"):
        table.add_column(column, justify="left" if column == "decoder" else "right")
    for key, t in all_told.items():
        other = t.heard.total() - t.heard["Packet"] - t.heard["MalformedPacket"]
        numbers = (t.inputs, t.heard["Packet"], t.readings, t.heard["MalformedPacket"], other)
        each_us = f"{1e6 * t.seconds / max(t.inputs, 1):.1f}"
        table.add_row(key, *(f"{number:,}" for number in numbers), each_us, str(len(t.faults)))
    Console().print(table)


if __name__ == "__main__":
    sys.exit(main())
