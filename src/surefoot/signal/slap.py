"""Slap: how a foot comes down behind its first touch; heel, then forefoot, then flat.

    jerk        heel          forefoot
      |          /\\              /\\                 a foot let down by its lifters has no second shock;
      |_________/  \\____________/  \\______           weak lifters let it slap; without them there is no heel
             onset   |<- delay ->|

The contact itself lies at half of the hardest jerk, which is the slap's where that is the harder one; so the landing is
looked at from its onset, the first clear rise of the jerk. After FD3 to FD6 of facts/clinical.md 3.4 (P: no detector of
slap at the shank is published). Deviation: the jerk, whose power grows with frequency, stands for a band-pass of
20-45 Hz, which would smear 40 ms over its neighbours.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from surefoot.records import Array, Placement
from surefoot.signal.contacts import JERK, RATE
from surefoot.signal.ring import Ring

SHOCKS = "readings come too slowly for the shocks of a landing"
FOOT_ONLY = "needs a sensor on the foot"


@dataclass(frozen=True, slots=True)
class SlapParams:
    """Where heel and forefoot are looked for, from the onset of the landing on; P but where said."""

    least_rate_hz: float = 90.0  # shocks of 20-45 Hz must be in the readings (1.1 asks for 200 Hz)
    before_s: float = 0.07  # the onset lies at most so long before the contact: the heel of a foot that slaps
    behind_s: float = 0.03  # or so long behind it
    onset_share: float = 0.25  # of the hardest jerk of the landing
    heel_s: float = 0.04  # the heel's shock (3.4: -20 .. +20 ms around the contact)
    landing_s: float = 0.12  # heel and forefoot together (3.4)
    least_apart_s: float = 0.03  # two shocks, not one (3.4)
    least_slap: float = 0.4  # of the heel's jerk, to be a shock of its own
    flat_dps: float = 50.0  # 3.4
    flat_within_share: float = 0.3  # of the stride: it is never looked at further behind its contact


@dataclass(frozen=True, slots=True, eq=False)
class Landing:
    """k landings: jerk of the heel, slap index, slap delay; NaN where absent."""

    heel_mps3: Array
    slap_index: Array
    slap_delay_s: Array


def cannot_say(placement: Placement, rate_hz: float, params: SlapParams = SlapParams()) -> dict[str, str]:
    """Fields of ``Stride`` about foot drop that this sensor cannot give, and why."""
    reasons: dict[str, str] = {}
    if placement == "shank":
        names = ("foot_pitch_at_contact_deg", "foot_pitch_mid_swing_deg", "foot_flat_s")
        reasons |= dict.fromkeys(names, FOOT_ONLY)
    if rate_hz < params.least_rate_hz:
        reasons |= dict.fromkeys(("slap_index", "slap_delay_s", "toe_drag_s"), SHOCKS)
    return reasons


def landing(body: Ring, contact: Array, rate_hz: float, params: SlapParams = SlapParams()) -> Landing:
    """Heel and forefoot of the landings around these contacts (sample numbers)."""
    p = params
    before, behind, heel, whole = (round(s * rate_hz) for s in (p.before_s, p.behind_s, p.heel_s, p.landing_s))
    first = np.rint(contact).astype(np.intp) - before
    jerk = body.windows(JERK, first, before + behind + whole)
    seen = jerk[:, : before + behind + 1]
    onset = (seen >= p.onset_share * jerk[:, : before + whole].max(axis=1)[:, None]).argmax(axis=1)
    here = np.take_along_axis(jerk, onset[:, None] + np.arange(whole), axis=1)
    peak = here[:, : heel + 1].max(axis=1)
    absent = np.full(len(first), np.nan)
    if rate_hz < p.least_rate_hz:
        return Landing(peak, absent, absent)
    power = here * here
    forefoot, heeled = power[:, heel:].mean(axis=1), power[:, :heel].mean(axis=1)
    felt = (forefoot > 0) & (heeled > 0)  # not so where a sensor says the same again and again
    index = np.log(np.where(felt, forefoot, np.nan)) - np.log(np.where(felt, heeled, np.nan))
    return Landing(peak, index, _delay(here, heel, peak, rate_hz, p))


def foot_flat_s(body: Ring, contact: Array, length: Array, rate_hz: float, params: SlapParams = SlapParams()) -> Array:
    """From the contact until the foot has stopped turning down; 0 where it landed flat, NaN where it never stops.

    ``contact`` and ``length`` of the stride in samples.
    """
    first = np.rint(contact).astype(np.intp)
    within = params.flat_within_share * length[:, None]
    rate = body.windows(RATE, first, max(1, int(within.max())))
    column = np.arange(rate.shape[1])
    landing = (column < params.landing_s * rate_hz) & (column < within)
    trough = np.where(landing, rate, np.inf).argmin(axis=1)
    still = (rate > -params.flat_dps) & (column >= trough[:, None]) & (column < within)
    flat = np.where(still.any(axis=1), (first + still.argmax(axis=1) - contact) / rate_hz, np.nan)
    turned = np.take_along_axis(rate, trough[:, None], axis=1)[:, 0] < -params.flat_dps
    return np.asarray(np.where(turned, flat, 0.0))


def _delay(jerk: Array, heel: int, peak: Array, rate_hz: float, p: SlapParams) -> Array:
    """From the heel's shock to the hardest separate one behind it; NaN where there is none."""
    at = jerk[:, : heel + 1].argmax(axis=1)
    column = np.arange(jerk.shape[1])
    rising = np.diff(jerk, axis=1, prepend=np.inf) > 0
    falling = np.diff(jerk, axis=1, append=np.inf) <= 0
    apart = column >= (at + round(p.least_apart_s * rate_hz))[:, None]
    second = np.where(rising & falling & apart & (jerk > p.least_slap * peak[:, None]), jerk, 0.0)
    return np.asarray(np.where(second.any(axis=1), (second.argmax(axis=1) - at) / rate_hz, np.nan))
