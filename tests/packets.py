"""Packets as a link brings them: readings of a known time, sent by a drifting clock, delayed and lost on the way."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from heapq import merge
from operator import itemgetter

import numpy as np

from surefoot.records import Array, Gap, Samples
from surefoot.sensors.clock.stamps import Stamp
from surefoot.sensors.clock.stream import SensorStream
from surefoot.sensors.makers.product import Packet, Traits

MILLI = Traits(  # a time in milliseconds, eight readings a packet
    rates_hz=(104.0,),
    usual_rate_hz=104.0,
    acc_step_mps2=0.0048,
    gyr_step_dps=0.061,
    acc_range_mps2=78.0,
    gyr_range_dps=2000.0,
    tick_s=1e-3,
    tick_bits=32,
    sequence_bits=None,
    readings_per_packet=8,
    mtu=160,
    silence_s=2.0,
    rate_tolerance=0.02,
    identify=False,
    battery=True,
    taps=False,
    log=False,
    streams_on=False,
)
MICRO = replace(MILLI, tick_s=1e-6, readings_per_packet=1, streams_on=True)  # wraps after 71.6 min
NANO = replace(MILLI, tick_s=1e-9, tick_bits=None, readings_per_packet=52)
NUMBERED = replace(MILLI, tick_s=None, tick_bits=None, sequence_bits=8)
TIMELESS = replace(MILLI, tick_s=None, tick_bits=None, readings_per_packet=4)
START_S = 1.8e9


@dataclass(frozen=True)
class Sent:
    """What left a sensor: packets, when each arrived (s), and when each reading was truly taken, by its own mark.

    ``parts``: what arrived of packets that come in parts, each with its time.
    """

    packets: list[tuple[float, Packet]]
    true_s: Array
    traits: Traits
    parts: list[tuple[float, Stamp]] = field(default_factory=list)

    def marks(self, samples: Samples) -> Array:
        """Numbers of the readings in a block: the sensor writes them into its acceleration."""
        counts = np.rint(samples.acc / self.traits.acc_step_mps2).astype(int)
        return counts[:, 0] + 30000 * counts[:, 1]


def sent(
    rng: np.random.Generator,
    traits: Traits = MILLI,
    seconds: float = 60.0,
    *,
    ppm: float = 0.0,
    ppm_per_h: float = 0.0,
    rate_off: float = 0.0,
    warming: float = 0.0,
    delays: str = "uniform",
    lost: float = 0.0,
    boot_s: float = 1000.0,
    start_s: float = START_S,
    readings: tuple[Array, Array] | None = None,
    parts: int = 1,
) -> Sent:
    """``ppm``: how fast its clock runs; ``rate_off``, ``warming``: its readings against that, and per hour.

    ``parts``: notifications of a packet, each late and lost by itself; what comes late makes all behind it late.
    Without ``readings`` (n, 3), (n, 3) it sends marks: the number of each reading, and turning of any kind.
    """
    each, rate_hz = traits.readings_per_packet, traits.usual_rate_hz
    count = int(len(readings[0]) if readings else seconds * rate_hz) // each * each
    number = np.arange(count)
    even = number / (rate_hz * (1 + rate_off))
    device_s = even - warming / 3600 * even**2 / 2
    true_s = start_s + device_s - 1e-6 * (ppm * device_s + ppm_per_h / 3600 * device_s**2 / 2)
    gone = true_s.reshape(-1, each)[:, -1] + 0.004  # the last reading is in it, and the radio takes its time
    arrived = np.maximum.accumulate(np.repeat(gone, parts) + late(rng, delays, np.repeat(gone, parts)))
    acc, gyr = readings or _marked(number, traits, rng)
    here = rng.random(len(arrived)) >= lost
    packets, stamps = [], []
    for k in range(len(gone)):
        part = slice(k * each, (k + 1) * each)
        tick = None
        if traits.tick_s is not None:
            tick = int((boot_s + device_s[k * each]) / traits.tick_s)
            tick %= 1 << (traits.tick_bits or 64)
        came = np.flatnonzero(here[k * parts : (k + 1) * parts]) + k * parts
        if parts > 1 and tick is not None:
            stamps += [(float(arrived[one]), Stamp(tick, each - 1)) for one in came]
        if len(came) < parts:
            continue
        sequence = None if traits.sequence_bits is None else k % (1 << traits.sequence_bits)
        packets.append((float(arrived[came[-1]]), Packet(acc[part], gyr[part], tick, sequence)))
    return Sent(packets, true_s, traits, stamps)


def _marked(number: Array, traits: Traits, rng: np.random.Generator) -> tuple[Array, Array]:
    acc = np.zeros((len(number), 3))
    acc[:, 0], acc[:, 1] = number % 30000, number // 30000
    return acc * traits.acc_step_mps2, rng.normal(0, 50, acc.shape)


def late(rng: np.random.Generator, kind: str, gone: Array) -> Array:
    """Delays (s) of packets that are ready at these times."""
    if kind == "none":
        return np.zeros(len(gone))
    if kind == "uniform":
        return rng.uniform(0, 0.2, len(gone))
    if kind == "turns":  # the link has its turn after 0 to 0.2 s, by chance, and brings all that waits
        turns = gone[0] + np.cumsum(rng.uniform(0, 0.2, int((gone[-1] - gone[0]) * 11) + 50))
        return turns[np.searchsorted(turns, gone)] - gone
    if kind == "grid":  # each 50 ms
        return np.ceil(gone / 0.05) * 0.05 - gone
    if kind == "interval":  # the link has its turn every 30 ms
        return np.ceil(gone / 0.03) * 0.03 - gone
    if kind == "stalls":  # of half a second, one in ten
        delay = rng.uniform(0, 0.015, len(gone))
        for start in rng.uniform(gone[0], gone[-1], int((gone[-1] - gone[0]) / 10)):
            held = (gone > start) & (gone < start + 0.5)
            delay[held] = start + 0.5 - gone[held]
        return delay
    if kind == "bursts":  # up to a quarter of a second, then all at once
        edges = gone[0] + np.cumsum(rng.choice([0.03, 0.03, 0.03, 0.06, 0.24], int((gone[-1] - gone[0]) / 0.03) + 2))
        return edges[np.searchsorted(edges, gone)] - gone
    raise ValueError(kind)


def streamed(sent: Sent, **settings: object) -> tuple[SensorStream, list[Samples | Gap]]:
    """Everything a stream tells of what was sent; the link is lost at the end."""
    stream = SensorStream("left", "shank", sent.traits, sent.traits.usual_rate_hz, **settings)  # type: ignore[arg-type]
    told: list[Samples | Gap] = []
    for arrived_s, what in merge(sent.parts, sent.packets, key=itemgetter(0)):
        if isinstance(what, Packet):
            told += stream.update(arrived_s, what)
        else:
            stream.heed(arrived_s, what)
    return stream, told + stream.lose(sent.packets[-1][0], "the end")


def errors(sent: Sent, told: list[Samples | Gap]) -> tuple[Array, Array]:
    """Times told (s) and how far off each is, for every reading told."""
    blocks = [item for item in told if isinstance(item, Samples)]
    at = np.concatenate([b.start_s + np.arange(len(b)) / b.rate_hz for b in blocks])
    return at, at - sent.true_s[np.concatenate([sent.marks(b) for b in blocks])]
