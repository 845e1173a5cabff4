"""The intake: notifications of one sensor in, as they arrive; ``Samples``, ``Gap`` and counts out, when asked.

Between the two lies a bounded queue: the radio's callback puts and never waits. Each notification waits with the
decoder of its own connection, so that what was received counts even after that connection is gone.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from math import inf

from surefoot.records import Gap, Held, Samples, SensorStatus, WornSensor
from surefoot.sensors.bluetooth.joining import joined
from surefoot.sensors.clock.stamps import Stamp
from surefoot.sensors.clock.stream import SensorStream, StreamParams
from surefoot.sensors.makers.product import Battery, Decoder, MalformedPacket, Packet, Product, Stopped

LOOKED_AT_S = 2.0
GAPS = 2000  # the last ones are remembered, for what the sensor recorded of them by itself
QUEUE = 6000  # notifications: 100 s of a sensor that sends each reading by itself


def _gap_behind(item: Samples | Gap) -> Gap:
    return item if isinstance(item, Gap) else Gap(item.side, item.placement, item.end_s, item.end_s, "")


class Intake:
    """What one sensor sends, over all its connections. All times are gateway time."""

    def __init__(
        self, worn: WornSensor, product: Product, queue: int = QUEUE, params: StreamParams | None = None
    ) -> None:
        self._worn, self._product, self._most = worn, product, queue
        kept_ppm = worn.clock_ppm if product.traits.tick_s else None  # a count that losses bent is not believed again
        sensor, how = (worn.side, worn.placement), params or StreamParams()
        self._stream = SensorStream(*sensor, product.traits, worn.rate_hz, ppm=kept_ppm, params=how)
        self._decoder = product.decoder(worn.rate_hz)
        self._waiting: deque[tuple[float, Decoder | None, str, bytes]] = deque()
        self._heard_s = 0.0  # when the last notification came
        self._taken_s = -inf
        self._alive_s = 0.0  # when the last readings came, as far as is understood
        self._malformed_before = 0  # before this connection
        self._told: Samples | Gap | None = None  # last; a gap whole
        self._remembered = GAPS if product.traits.log else 0  # nobody asks for those of others
        self._gaps: deque[Gap] = deque(maxlen=self._remembered)  # that are over
        self._held_s = 0.0  # since when readings wait for their times, when that was asked last
        self.packets = 0  # of this connection
        self.malformed = 0
        self.overflowed = 0  # notifications that found the queue full
        self.battery_pct: int | None = None
        self.stopped: str | None = None  # why the sensor ended this connection's stream, where it did

    def connect(self) -> None:
        """A connection begins."""
        self._decoder = self._product.decoder(self._worn.rate_hz)
        self.packets, self.stopped = 0, None
        self._malformed_before = self.malformed

    def start(self, at_s: float) -> None:
        """The sensor was told to stream: from now on it should."""
        self._heard_s = self._alive_s = at_s

    def hear(self, arrived_s: float, uuid: str, data: bytes) -> None:
        """A notification arrived; quick, and never raises."""
        self._heard_s = arrived_s
        if len(self._waiting) < self._most:
            self._waiting.append((arrived_s, self._decoder, uuid, data))
        else:
            self.overflowed += 1

    def part(self, at_s: float, reason: str) -> None:
        """The connection is gone."""
        self._waiting.append((at_s, None, reason, b""))

    def take(self, now_s: float) -> list[Samples | Gap]:
        """What became of all that waits, in order and in few blocks; of a sensor silent since long, its gap so far."""
        nobody_looked = now_s - self._taken_s > LOOKED_AT_S
        self._taken_s = now_s
        found: list[Samples | Gap] = []
        while self._waiting:
            at_s, decoder, told, data = self._waiting.popleft()
            if decoder is None:
                found += self._stream.lose(at_s, told)
            else:
                found += self._understood(at_s, decoder, told, data)
        if nobody_looked:  # whether it is silent is not known yet
            self._alive_s = now_s
        told = list(joined([*found, *self._stream.quiet(now_s)]))
        for item in told:
            self._note(item)
        return told

    def held(self) -> Held:
        """The readings whose times are not known yet, as far as they were not told of here before."""
        held = self._stream.held()
        self._held_s = held.held_s
        return held

    def gateway_s(self, tick: float) -> float:
        """When a tick of the sensor's clock was, as far as is known by now."""
        return self._stream.clock.gateway_s(tick)

    def missed(self, now_s: float) -> list[Gap]:
        """The gaps that were told since it was asked last, and the one that lasts."""
        missed, self._gaps = list(self._gaps), deque(maxlen=self._remembered)
        if self._told is not None:
            missed.append(replace(_gap_behind(self._told), end_s=now_s))
        return missed

    def silent_s(self, now_s: float) -> float:
        """For how long no readings came; while nobody looks at what comes, no notifications."""
        return now_s - (self._alive_s if now_s - self._taken_s < LOOKED_AT_S else self._heard_s)

    @property
    def only_malformed(self) -> bool:
        """Whether this connection brought notifications, and none that could be read."""
        return self.malformed > self._malformed_before and not self.packets

    def counted(self, status: SensorStatus) -> SensorStatus:
        """The status with the counts of now."""
        stream = self._stream
        return replace(
            status,
            battery_pct=self.battery_pct,
            readings=stream.readings,
            lost=stream.lost,
            malformed=self.malformed,
            clipped=stream.clipped,
            held_s=self._held_s,
            clock_ppm=stream.ppm,
            clock_sd_ppm=stream.sd_ppm,
            clock_within_s=stream.uncertainty_s,
        )

    def _note(self, item: Samples | Gap) -> None:
        before, self._told = self._told, item
        if isinstance(item, Gap):
            if isinstance(before, Gap) and before.end_s == item.start_s:  # one that lasts is told in pieces
                self._told = replace(item, start_s=before.start_s)
        elif isinstance(before, Gap):
            self._gaps.append(before)

    def _understood(self, at_s: float, decoder: Decoder, uuid: str, data: bytes) -> list[Samples | Gap]:
        found: list[Samples | Gap] = []
        for heard in decoder.update(uuid, data):
            match heard:
                case Packet():
                    self._alive_s = at_s
                    self.packets += 1
                    found += self._stream.update(at_s, heard)
                case Stamp():
                    self._stream.heed(at_s, heard)
                case Battery():
                    self.battery_pct = heard.percent
                case MalformedPacket():
                    self.malformed += 1
                case Stopped():
                    self.stopped = heard.reason
        return found
