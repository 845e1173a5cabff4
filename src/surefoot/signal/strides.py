"""Strides: what each stride of one leg measured, from its samples between two moments of mid-stance.

    initial contact --- mid-stance A ------- final contact ~~~ swing ~~~ initial contact --- mid-stance B
    |<------------------ the stride: times ------------------------------------->|
                         |<---------------- the path: tilt, velocity, height -------------------->|

The path, with tilt, velocity and height, is in ``path.py``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from surefoot.records import SIDES, Array, Placement, Side
from surefoot.signal.contacts import FORWARD, RATE, SLOW, UP, Swings
from surefoot.signal.path import GRAVITY_MPS2, Path
from surefoot.signal.ring import Ring
from surefoot.signal.sides import side_sign
from surefoot.signal.slap import foot_flat_s, landing
from surefoot.signal.stance import Stance
from surefoot.signal.stumbles import Dips
from surefoot.signal.table import WORDS, StrideTable, invalid
from surefoot.signal.toedrag import toe_drag_s

SLOW_LAG_S = 0.12  # the row SLOW of a ring may be so much shorter than the others

PRE_SWING_S = 0.15  # before the final contact


@dataclass(frozen=True, slots=True)
class StrideParams:
    """Limits and constants of a stride."""

    shortest_s: float = 0.46  # mobgap's plausibility limits (R)
    longest_s: float = 3.0
    gather_s: float = 4.0  # strides of so long are measured together, one call for all; nobody waits for them (P)
    longest_m: float = 2.5  # beyond mobgap's 2.19 (R), for what a tilt wrong by some degrees adds
    least_push_off_dps: float = 8.0  # the leg leans forward before it swings (P)
    stance_from: float = 0.15  # mid-stance is looked for between these shares of the stride (2.2, P)
    stance_to: float = 0.35
    pendulum_m: float = 0.20  # what the shank turns about lies so far below the sensor: nearer the floor, on which the
    # foot rolls, than the ankle joint (2.2: 0.10-0.13 above the joint; P, chosen on movingreality, where ankles still
    # read 3 to 4 % slow: benchmarks/accuracy.py)
    least_gravity_mps2: float = 5.0
    turn_deg: float = 45.0  # 1.4
    most_askew_shank_deg: float = (
        65.0  # gravity in mid-stance farther from the frame's up than that: the sensor was put
    )
    most_askew_foot_deg: float = 50.0  # on otherwise and the frame does not follow yet (P; worst real walkers: 60, 40)
    least_swing_share: float = 0.2  # 1.4
    most_swing_share: float = 0.6


class StrideMeter:
    """Measures the strides of one track, each when the mid-stance behind it has been seen."""

    def __init__(self, side: Side, placement: Placement, rate_hz: float, start_s: float, params: StrideParams) -> None:
        self._side = SIDES.index(side)
        self._placement: Placement = placement
        self._rate_hz = rate_hz
        self._start_s = start_s
        self._params = params
        self._swings = Swings.none()  # the first one only opens the next stride

    @property
    def needs_from(self) -> float:
        """The earliest sample a stride still to come will look at."""
        return float(self._swings.initial[0]) - 0.3 * self._rate_hz if len(self._swings) else np.inf

    def update(self, swings: Swings, body: Ring, last: bool = False) -> StrideTable:
        """Take new swings; return the strides that can be measured from ``body`` by now."""
        if len(swings):
            self._swings = self._swings.followed_by(swings)
        gathering = self._params.gather_s * self._rate_hz
        if len(self._swings) < 2 or (self._swings.initial[1] + gathering > body.end and not last):
            return StrideTable.empty(self._placement)
        opening, closing = self._swings[:-1], self._swings[1:]
        length = closing.initial - opening.initial
        p = self._params
        plausible = (length >= p.shortest_s * self._rate_hz) & (length <= p.longest_s * self._rate_hz)
        smoothed = body.end - SLOW_LAG_S * self._rate_hz - 4
        ready = ~plausible | (closing.initial + p.stance_to * length < smoothed) | last
        count = len(ready) if ready.all() else int(np.argmin(ready))
        rows = np.flatnonzero(plausible[:count])
        self._swings = self._swings[count:]
        return self._measure(opening[rows], closing[rows], body)

    def open_from(self, known: int) -> int:
        """No stride that ends before this sample is still to come, if no contact before ``known`` is."""
        return min(known, int(self._swings.initial[1])) if len(self._swings) > 1 else known

    def _measure(self, opening: Swings, closing: Swings, body: Ring) -> StrideTable:
        table = StrideTable.of(self._placement, len(opening))
        if len(table) == 0:
            return table
        rate = self._rate_hz
        table["side"][:] = self._side
        start, end, final = opening.initial, closing.initial, closing.final
        in_order = (final > start) & (final < end)
        table["start_s"], table["end_s"] = self._start_s + start / rate, self._start_s + end / rate
        table["stride_time_s"] = (end - start) / rate
        table["final_contact_s"] = np.where(in_order, self._start_s + final / rate, np.nan)
        table["stance_s"] = np.where(in_order, (final - start) / rate, np.nan)
        table["swing_s"] = np.where(in_order, (end - final) / rate, np.nan)
        table["confidence"], table["source"] = closing.confidence, closing.source.astype(np.int8)
        table["no_heel_strike"] = closing.source != 1
        invalid(table, ~in_order, "contacts out of order")
        share = (end - final) / (end - start)
        p = self._params
        invalid(table, (share < p.least_swing_share) | (share > p.most_swing_share), "swing share implausible")
        self._rates(table, start, closing, body)
        self._path(table, start, end, body)
        return table.take(self._like_walking(table))

    def _like_walking(self, table: StrideTable) -> NDArray[np.bool_]:
        """A leg swung while sitting or bending was never pushed off, or seems to fly."""
        with np.errstate(invalid="ignore"):
            flown = table["stride_length_m"] > self._params.longest_m
        return np.asarray(~flown & (table["push_off_rate_dps"] > self._params.least_push_off_dps))

    def _rates(self, table: StrideTable, start: Array, closing: Swings, body: Ring) -> None:
        """Extremes of single rows: they need contacts, but no integration."""
        final, end = closing.final, closing.initial

        def greatest(row: int, first: Array, seconds: Array | float, sign: float = 1.0) -> Array:
            return self._greatest(body, row, first, np.asarray(seconds) * self._rate_hz, sign)

        stride_s = table["stride_time_s"]
        rate = self._rate_hz
        table["mid_swing_rate_dps"] = greatest(RATE, final, (end - final) / rate)
        table["push_off_rate_dps"] = greatest(RATE, final - 0.25 * rate, 0.25, -1.0)
        table["push_off_acceleration_mps2"] = greatest(UP, final - 0.25 * rate, 0.25) - GRAVITY_MPS2
        table["loading_rate_dps"] = greatest(RATE, start + 0.04 * rate, 0.15 * stride_s, -1.0)
        self._landing(table, start, final, end, body)
        before = round(PRE_SWING_S * rate)
        pre_swing = body.windows(FORWARD, np.rint(final).astype(np.intp) - before, before)
        table["pre_swing_mps2"] = pre_swing.mean(axis=1)
        stance = Stance.of(body, start, final, rate)
        table["side_sign"] = side_sign(self._placement, closing, body, rate)
        table["landed_s"] = self._start_s + stance.landed / rate
        table["lean_middle"], table["lean_whole"] = stance.middle, stance.whole
        table.leans[:] = stance.lean_dps.T
        dips = Dips.of(body, final, end, rate)
        table["swing_dip_s"] = self._start_s + dips.at / rate
        table["swing_dip_dps"], table["swing_peak_dps"], table["swing_knock"] = (
            dips.depth_dps,
            dips.peak_dps,
            dips.knock,
        )

    def _landing(self, table: StrideTable, start: Array, final: Array, end: Array, body: Ring) -> None:
        down = landing(body, end, self._rate_hz)
        table["heel_strike_mps3"] = down.heel_mps3
        struck = ~table["no_heel_strike"]  # without a shock there is none to be compared with
        table["slap_index"] = np.where(struck, down.slap_index, np.nan)
        table["slap_delay_s"] = np.where(struck, down.slap_delay_s, np.nan)
        table["toe_drag_s"] = toe_drag_s(body, final, end, self._rate_hz)
        if self._placement == "foot":
            table["foot_flat_s"] = foot_flat_s(body, end, end - start, self._rate_hz)

    def _greatest(self, body: Ring, row: int, first: Array, samples: Array, sign: float) -> Array:
        number = np.rint(first).astype(np.intp)
        length = np.broadcast_to(np.maximum(np.rint(samples), 1).astype(np.intp), number.shape)
        x = sign * body.windows(row, number, int(length.max()))
        return np.asarray(np.where(np.arange(x.shape[1]) < length[:, None], x, -np.inf).max(axis=1))

    def _mid_stance(self, contact: Array, length: Array, body: Ring) -> NDArray[np.intp]:
        """The sample after a contact at which the leg turns least."""
        p = self._params
        first = np.rint(contact + p.stance_from * length).astype(np.intp)
        count = np.maximum(np.rint((p.stance_to - p.stance_from) * length), 1).astype(np.intp)
        x = np.abs(body.windows(SLOW, first, int(count.max())))
        return np.asarray(first + np.where(np.arange(x.shape[1]) < count[:, None], x, np.inf).argmin(axis=1))

    def _path(self, table: StrideTable, start: Array, end: Array, body: Ring) -> None:
        a, b = self._mid_stance(start, end - start, body), self._mid_stance(end, end - start, body)
        p = self._params
        pendulum_m = p.pendulum_m if self._placement == "shank" else 0.0
        path = Path(body, a, b, self._rate_hz, pendulum_m, p.least_gravity_mps2)
        known = path.upright & (b < body.end) & (a >= body.start)

        def said(x: Array) -> Array:
            return np.where(known, x, np.nan)

        table["turn_deg"] = np.where(b < body.end, path.turn_deg, np.nan)
        table["stride_length_m"] = said(path.length_m)
        table["speed_mps"] = said(path.length_m / ((b - a) / self._rate_hz))
        table["swing_height_m"] = said(path.height_m)
        table["rise_m"] = said(path.rise_m)
        table["lateral_excursion_m"] = said(path.sideways_m)
        table["turning"] = np.abs(np.nan_to_num(table["turn_deg"])) > p.turn_deg
        table["context"] = np.where(table["turning"], WORDS["context"].index("turn"), 0).astype(np.int8)
        askew_deg = p.most_askew_shank_deg if self._placement == "shank" else p.most_askew_foot_deg
        invalid(table, path.upright & (path.askew_deg > askew_deg), "the sensor sits otherwise")
        invalid(table, table["turning"], "turning")
        invalid(table, b >= body.end, "at the edge of the data")
        if self._placement == "shank":
            table["shank_tilt_max_deg"] = said(path.tilt_max_deg)
        else:
            final = (table["final_contact_s"] - self._start_s) * self._rate_hz
            table["foot_pitch_at_contact_deg"] = said(path.pitch_at(end))
            table["foot_pitch_mid_swing_deg"] = said(path.least_pitch(final, end))
