"""The stream of one sensor: packets as they arrive become samples and gaps in gateway time.

Gateway time is seconds since 1970 made of the monotonic clock and an offset taken once: whoever sets the wall clock
does not bend it. Readings keep their values and their count; only when each was taken is told better the longer the
sensor's clock is known. Between two gaps samples follow on at one rate. Where the fit has come to say otherwise, a run
that is early starts again at the right time, and one that is late runs a little faster until it is right: nothing is
left out, nothing overlaps.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from surefoot.records import Gap, Held, Placement, Samples, Side
from surefoot.sensors.clock.holding import Holding, HoldParams
from surefoot.sensors.clock.missing import Missing
from surefoot.sensors.clock.order import OrderParams, PacketOrder, Placed
from surefoot.sensors.clock.run import Run
from surefoot.sensors.clock.stamps import Stamp, Stamps
from surefoot.sensors.clock.ticks import TickClock, TickParams, counted
from surefoot.sensors.makers.product import Packet, Traits


@dataclass(frozen=True, slots=True)
class StreamParams:
    """How long is waited, and how wrong a time may be. All P."""

    order: OrderParams = field(default_factory=OrderParams)
    clock: TickParams | None = None  # None: by what the product can tell
    hold: HoldParams = field(default_factory=HoldParams)  # before the first time is told
    again_s: float = 60.0  # away so long, the same again
    gather_s: float = 0.2  # readings told together
    look_s: float = 1.0  # how often the run is held against the clock
    wrong_s: float = 0.004  # further off, the time is put right: signal/leg.py then begins a new track
    wrong_still_s: float = 0.002  # the same while the sensor lies still: no stride is lost by it
    still_dps: float = 3.0  # a range of turning below this is lying still
    same_rate_ppm: float = 10.0  # nearer rates are the same
    catch_up_s: float = 30.0  # in which a run that is late gets right
    catch_up_most_s: float = 0.5  # more is no drift: readings are left out
    patience_s: float = 8.0  # what a radio held back may come as late as this: no gap is told of it before
    gap_least_s: float = 1.0  # told at once, while it lasts


class SensorStream:
    """Packets in, each with its arrival in gateway time; samples and gaps out, in order, never overlapping.

    ``readings``, ``lost``, ``clipped``: counts since the beginning. ``ppm``: how much the sensor's clock runs fast, to
    be handed in again next time.
    """

    def __init__(
        self,
        side: Side,
        placement: Placement,
        traits: Traits,
        rate_hz: float,
        *,
        ppm: float | None = None,
        params: StreamParams = StreamParams(),
    ) -> None:
        self._sensor = (side, placement)
        self._traits, self._rate_hz, self._params = traits, rate_hz, params
        self._order = PacketOrder(traits, rate_hz, params.order)
        timed = traits.tick_s is not None
        self._clock_params = params.clock or (TickParams() if timed else counted(traits.rate_tolerance))
        self._known = (ppm, self._clock_params.kept_ppm)  # of the clock: by how much it runs fast, and how surely
        self.clock = self._new_clock()
        self._packet_s = traits.readings_per_packet / rate_hz
        self._held = Holding(params.hold)  # until the clock is known
        self._run: Run | None = None
        self._right_hz = rate_hz  # the last rate that was fitted
        self._looked = 0  # at the clock, when the run had come to this number
        self._off_s = 0.0  # of the run, by the clock, when that was looked at last
        self._still = False  # what was told last
        self._told_s: float | None = None  # all before this was told
        self._gap_told = False  # last
        self._asked_s: float | None = None  # since when it is asked in vain
        self._arrived_s = -np.inf  # the last packet
        self._missing = Missing(rate_hz)  # for products that leave no other way to know
        self._stamps = Stamps(traits.tick_bits)
        self._away = ""  # why there is no link
        self.readings = self.lost = self.clipped = 0

    @property
    def ppm(self) -> float | None:
        return self._measured()[0]

    @property
    def sd_ppm(self) -> float | None:
        """Of ``ppm``, the standard deviation; None where it is not known."""
        ppm, sd_ppm = self._measured()
        return None if ppm is None else sd_ppm

    def _measured(self) -> tuple[float | None, float]:
        ppm, sd_ppm = self.clock.ppm, self.clock.sd_ppm
        if ppm is None or sd_ppm is None or self._held.lasts:
            return self._known
        return ppm, float(np.hypot(sd_ppm, self._clock_params.measured_ppm))

    @property
    def uncertainty_s(self) -> float | None:
        """The times told are so near to the line of the link's least delay, 19 times of 20; None: not known yet."""
        known = not self._held.lasts and self.clock.uncertainty_s is not None
        return (self.clock.uncertainty_s or 0.0) + self._off_s if known else None

    @property
    def repeated(self) -> int:
        """Packets that came twice."""
        return self._order.repeated

    def update(self, arrived_s: float, packet: Packet) -> list[Samples | Gap]:
        """A packet arrived."""
        back_s, self._arrived_s = arrived_s - self._arrived_s, max(arrived_s, self._arrived_s)
        if self._away and not self._held.lasts and back_s > self._params.again_s:
            self._held.begin()
        return [item for placed in self._order.update(arrived_s, packet) for item in self._take(placed)]

    def heed(self, arrived_s: float, stamp: Stamp) -> None:
        """Part of a packet arrived."""
        self._stamps.update(arrived_s, stamp)

    def quiet(self, now_s: float) -> list[Samples | Gap]:
        """Called now and then: what need not wait any longer, and the gap so far of a sensor that is silent.

        What was told of the gap before is not told again.
        """
        told = [item for placed in self._order.due(now_s) for item in self._take(placed)]
        if self._asked_s is None:
            self._asked_s = now_s - self._params.patience_s  # the other leg is not kept waiting for the first packet
        patience_s = 2 * self._packet_s + 0.5 if self._away else self._params.patience_s
        waiting = [*self._order.waiting_from_s(), *self._held.arrived_s()]
        end_s = min([now_s, *waiting]) - patience_s
        if now_s - self._arrived_s < patience_s or end_s - self._end_s() < self._params.gap_least_s:
            return told
        reason = self._away or ("no readings come" if np.isfinite(self._arrived_s) else "not heard of yet")
        told += [*self._believe_late(), *self._close_run()]
        self._told_s = self._end_s()
        return told + self._gap(end_s, reason)

    def lose(self, now_s: float, reason: str) -> list[Samples | Gap]:
        """The link is gone: all that was received is told. Packets that come again come over another connection."""
        told = [item for placed in self._order.flush(away=True) for item in self._take(placed)]
        told += [*self._believe_late(), *self._settle(), *self._close_run()]
        self._known, self._away = self._measured(), reason
        return told + self.quiet(now_s)

    def held(self) -> Held:
        """The readings that wait for the clock to be known; of them those that were not told of here before."""
        return self._held.look(lambda number: self._run_from(number, self._time_s(number), self._fitted_hz()))

    # ---- a packet and the clock

    def _take(self, placed: Placed) -> list[Samples | Gap]:
        if self._order.stamped or self._held.lasts or placed.fresh:
            return self._time(placed)
        return [item for one in self._missing.update(placed, self._time_s) for item in self._time(one)]

    def _believe_late(self) -> list[Samples | Gap]:
        return [item for one in self._missing.flush() for item in self._time(one)]

    def _time(self, placed: Placed) -> list[Samples | Gap]:
        told: list[Samples | Gap] = []
        if placed.fresh:
            told += [*self._believe_late(), *self._settle(), *self._close_run()]
            self._missing.forget()
            self._known = self._measured()
            self.clock = self._new_clock()
            self._held.begin()
            self._away = self._away or ("the sensor started anew" if self.readings else "")
        self._heed_arrivals(placed)
        if not self._held.lasts:
            return told + self._add(placed)
        self._held.add(placed)
        is_over = self._held.is_over(self.clock.uncertainty_s if self._order.timed else None)
        return told + (self._settle() if is_over else [])

    def _heed_arrivals(self, placed: Placed) -> None:
        """Show them to the clock: those of the packet's parts where it came in parts, else its own."""
        packet, period = placed.packet, self._order.pace.period if self._order.timed else 1.0
        parts = [] if packet.first_tick is None else self._stamps.of(packet.first_tick, len(packet), period)
        for ticks, arrived_s in parts or [((len(packet) - 1) * period, placed.arrived_s)]:
            self.clock.update(placed.tick + ticks, arrived_s)

    def _new_clock(self) -> TickClock:
        ppm, sd_ppm = self._known
        return TickClock(self._order.tick_s, ppm, self._clock_params, sd_ppm)

    def _settle(self) -> list[Samples | Gap]:
        """The clock is known as well as can be by now: tell what was held."""
        held = self._held.take()
        self.clock.refit()
        return [item for placed in held for item in self._add(placed)]

    def _time_s(self, number: int) -> float:
        """When the reading of this number was taken, by the fit."""
        return self.clock.gateway_s(
            self._order.pace.tick(number) if self._order.timed else number - self._missing.undone
        )

    def _fitted_hz(self) -> float:
        period = self._order.pace.period if self._order.timed else 1.0
        return 1.0 / (period * self._order.tick_s * self.clock.second_s)

    # ---- readings and their runs

    def _add(self, placed: Placed) -> list[Samples | Gap]:
        told: list[Samples | Gap] = []
        if not self._away:
            self.lost += placed.lost
        if placed.lost or self._run is None:
            told += [*self._close_run(), *self._begin(placed.number, 0 if self._away else placed.lost)]
        assert self._run is not None
        packet, cut = placed.packet, max(0, self._run.next - placed.number)
        self.lost += min(cut, len(packet))
        self.clipped += packet.clipped
        if cut < len(packet):
            self._run.add(packet.acc[cut:], packet.gyr[cut:])
            self.readings += len(packet) - cut
        if self._run.untold >= self._params.gather_s * self._rate_hz:
            told += self._tell(self._run)
            if self._run.next - self._looked >= self._params.look_s * self._rate_hz:
                told += self._look(self._run)
        return told

    def _begin(self, number: int, lost: int) -> list[Samples | Gap]:
        """A run from this reading on, at the time and rate that the clock says."""
        p, rate_hz, start_s = self._params, self._fitted_hz(), self._time_s(number)
        if abs(rate_hz / self._right_hz - 1) < p.same_rate_ppm * 1e-6:
            rate_hz = self._right_hz
        self._right_hz, late_s = rate_hz, 0.0
        if self._told_s is not None:
            late_s = self._told_s + (0.5 / rate_hz if lost else 0.0) - start_s
            if late_s > p.catch_up_most_s or (late_s > 0 and self._gap_told):
                skipped = int(np.ceil(late_s * rate_hz))
                number, start_s, late_s = number + skipped, start_s + skipped / rate_hz, 0.0
            elif late_s > 0:
                start_s, rate_hz = start_s + late_s, rate_hz * p.catch_up_s / (p.catch_up_s - late_s)
        told = self._gap_before(start_s, rate_hz, lost)
        self._run = self._run_from(number, start_s, rate_hz)
        self._run.late_s = max(0.0, late_s)
        self._looked = number
        return told

    def _run_from(self, number: int, start_s: float, rate_hz: float) -> Run:
        return Run(self._sensor, (self._traits.acc_step_mps2, self._traits.gyr_step_dps), number, start_s, rate_hz)

    def _gap_before(self, start_s: float, rate_hz: float, lost: int) -> list[Samples | Gap]:
        away, self._away = self._away, ""
        if self._told_s is None or not (lost or away or start_s - self._told_s > 1.5 / rate_hz):
            return []
        reason = away or f"{lost} reading{'s' * (lost != 1)} lost"
        if not (lost or away):
            reason = "no readings come" if self._gap_told else "the sensor's clock was put right"
        return self._gap(start_s, reason)

    def _look(self, run: Run) -> list[Samples | Gap]:
        """Hold the run's time against the clock's, and begin another where they have come apart."""
        p, self._looked = self._params, run.next
        early_s = self._time_s(run.next) - run.end_s
        self._off_s = abs(early_s)
        wrong_s = max(p.wrong_still_s if self._still else p.wrong_s, 0.5 * self.clock.restless_s)
        if run.late_s:  # on its way to be right
            if early_s < 0 and -early_s < run.late_s + wrong_s:
                return []
            wrong_s = 0.0 if self._still else min(wrong_s, p.wrong_still_s)
        if abs(early_s) <= wrong_s:
            return []
        told = self._begin(run.next, 0)
        if self._run and self._run.rate_hz == run.rate_hz:  # else it would be taken to follow on
            self._run.rate_hz = float(np.nextafter(run.rate_hz, np.inf))
        return told

    # ---- what is told

    def _end_s(self) -> float:
        if self._run:
            return self._run.end_s
        assert self._asked_s is not None
        return self._asked_s if self._told_s is None else self._told_s

    def _tell(self, run: Run) -> list[Samples | Gap]:
        told: list[Samples | Gap] = [*run.tell()]
        for item in told:
            assert isinstance(item, Samples)
            self._still = bool((np.ptp(item.gyr, axis=0) < self._params.still_dps).all())
            self._told_s, self._gap_told = run.end_s, False
        return told

    def _close_run(self) -> list[Samples | Gap]:
        run, self._run = self._run, None
        return self._tell(run) if run else []

    def _gap(self, end_s: float, reason: str) -> list[Samples | Gap]:
        start_s = self._told_s
        if start_s is None or end_s <= start_s:
            return []
        self._told_s, self._gap_told = end_s, True
        return [Gap(*self._sensor, start_s, end_s, reason)]
