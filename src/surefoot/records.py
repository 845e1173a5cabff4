"""The words that cross doorways between rooms: frozen values, units in their names.

Times are seconds on the clock of the source they came from; where that clock is Unix time (live wear, the demo) they
are UTC seconds since 1970. Intervals are half-open, ``[start, end)``. What is not known is ``None``, with a reason
beside it where there is one; never NaN, 0 or -1.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Side = Literal["left", "right"]
Placement = Literal["shank", "foot"]
IncidentKind = Literal["foot_drop", "giving_way", "stumble", "fall"]
Tier = Literal["T0", "T1", "T2", "T3", "T4"]

SIDES: tuple[Side, Side] = ("left", "right")


class SurefootError(Exception):
    """An error a user can do something about: what happened, what it means for the data, what to do."""

    def __init__(self, what: str, meaning: str = "", remedy: str = "") -> None:
        super().__init__(" ".join(part for part in (what, meaning, remedy) if part))
        self.what = what
        self.meaning = meaning
        self.remedy = remedy


# ---- what comes in at the door: sensors -> signal


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """A block of evenly spaced readings of one sensor, all finite.

    ``acc`` (n, 3) m/s^2 with gravity included, ``gyr`` (n, 3) deg/s, both in the sensor's own axes: no mounting is
    assumed. Sample k was taken at ``start_s + k / rate_hz``.
    """

    side: Side
    placement: Placement
    start_s: float
    rate_hz: float
    acc: Array
    gyr: Array

    def __len__(self) -> int:
        return len(self.acc)

    @property
    def end_s(self) -> float:
        return self.start_s + len(self.acc) / self.rate_hz


@dataclass(frozen=True, slots=True)
class Gap:
    """Nothing usable from one sensor in [start_s, end_s): whatever streams starts afresh behind it."""

    side: Side
    placement: Placement
    start_s: float
    end_s: float
    reason: str


# ---- what the arithmetic finds: signal -> pipeline


@dataclass(frozen=True, slots=True)
class Stride:
    """One stride of one leg, from an initial contact to the next of the same foot.

    Absent numbers are ``None``. ``valid`` says whether it may enter trends; ``reason`` why not. ``confidence`` is that
    of the closing contact, ``source`` how it was found (gyro, impact, zero_crossing).
    """

    side: Side
    placement: Placement
    start_s: float
    end_s: float
    final_contact_s: float | None = None
    stride_time_s: float | None = None
    stance_s: float | None = None
    swing_s: float | None = None
    step_time_s: float | None = None  # other foot's initial contact to this stride's start
    double_support_s: float | None = None  # both phases of this stride together
    stride_length_m: float | None = None
    speed_mps: float | None = None
    swing_height_m: float | None = None
    lateral_excursion_m: float | None = None
    shank_tilt_max_deg: float | None = None
    mid_swing_rate_dps: float | None = None
    push_off_rate_dps: float | None = None
    push_off_acceleration_mps2: float | None = None
    loading_rate_dps: float | None = None
    heel_strike_mps3: float | None = None  # hardest jerk around the closing contact
    foot_pitch_at_contact_deg: float | None = None
    foot_pitch_mid_swing_deg: float | None = None
    rise_m: float | None = None  # how much higher the stride ended than it began
    turn_deg: float | None = None
    confidence: float = 1.0
    source: str = "gyro"
    no_heel_strike: bool = False
    foot_drop: bool = False
    turning: bool = False
    context: str = "level"
    valid: bool = True
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Bout:
    """A walking bout: at least three strides on each worn side, no break longer than 3 s (Mobilise-D, E1)."""

    start_s: float
    end_s: float
    left_strides: int
    right_strides: int
    cadence_spm: float | None = None
    speed_mps: float | None = None

    @property
    def duration_s(self) -> float:
        return self.end_s - self.start_s

    @property
    def length_class(self) -> Literal["under_10_s", "10_to_30_s", "30_to_60_s", "over_60_s"]:
        """Mobilise-D's classes: how people walk depends on how long they walk."""
        limits: tuple[tuple[float, Literal["under_10_s", "10_to_30_s", "30_to_60_s"]], ...]
        limits = ((10.0, "under_10_s"), (30.0, "10_to_30_s"), (60.0, "30_to_60_s"))
        return next((name for limit, name in limits if self.duration_s <= limit), "over_60_s")


@dataclass(frozen=True, slots=True)
class Incident:
    """Something that happened to the patient, with the numbers behind it and the raw signal around it (+-5 s)."""

    kind: IncidentKind
    side: Side | None
    start_s: float
    end_s: float
    certainty: Literal["possible", "probable"]
    evidence: tuple[tuple[str, float], ...]
    snippet: tuple[Samples, ...] = field(default=(), repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Rise:
    """One rising from a chair (sit to stand)."""

    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Minute:
    """How one sensor spent one minute of its clock: seconds with readings, seconds in which it moved."""

    side: Side
    start_s: float
    recorded_s: float
    moving_s: float


@dataclass(frozen=True, slots=True)
class Slip:
    """A sensor that moved on its leg: since ``at_s`` it is known to sit ``turned_deg`` away from where it sat."""

    side: Side
    at_s: float
    turned_deg: float


Finding = Stride | Bout | Incident | Rise | Minute | Slip


# ---- what a day and a fortnight say: pipeline -> alerts, store, pages


@dataclass(frozen=True, slots=True)
class DayMetric:
    """One number of one day and leg (``side`` None: both together), with the strides it rests on.

    ``value`` is None when the day does not support it, and ``reason`` says why.
    """

    side: Side | None
    name: str
    value: float | None
    strides: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class DaySummary:
    """One day of wear. A day with too little data is missing, with its reason; it is never a day of zeros."""

    day: str  # local date, YYYY-MM-DD
    start_s: float
    end_s: float
    recorded_h: float  # best sensor
    worn_h: float  # both sensors (the one, if only one is used) on a moving leg
    walking_min: float
    bouts: int
    strides: tuple[tuple[Side, int], ...]  # valid straight strides per side
    incidents: tuple[tuple[Side | None, IncidentKind, int], ...]
    metrics: tuple[DayMetric, ...]
    missing: str = ""  # empty: the day counts

    def metric(self, side: Side | None, name: str) -> DayMetric | None:
        return next((m for m in self.metrics if m.side == side and m.name == name), None)


@dataclass(frozen=True, slots=True)
class Baseline:
    """What is normal for this patient: robust centre and spread of the baseline days."""

    centre: float
    spread: float
    days: int
    first_day: str
    last_day: str
    provisional: bool


@dataclass(frozen=True, slots=True)
class Trend:
    """Where one metric of one leg stands today against the patient's own baseline.

    ``z`` is oriented: positive is worse. ``state`` "cannot_say" carries its reason; "worse" has passed both the CUSUM
    limit and the smallest change that can be told from noise (``mdc``).
    """

    day: str
    side: Side | None
    metric: str
    state: Literal["cannot_say", "quiet", "worse"]
    value: float | None = None
    baseline: Baseline | None = None
    z: float | None = None
    cusum: float | None = None
    change: float | None = None  # recent days against the baseline centre, in the metric's unit, oriented
    mdc: float | None = None
    worse_days: int = 0  # worn days in a row on the worse side of the baseline spread
    strides: int = 0
    worn_h: float | None = None
    reason: str = ""
    rearmed: str = ""  # last day by which the chart had been low for so long that an alert may be raised again


@dataclass(frozen=True, slots=True)
class Alert:
    """A finding that a person must see, with its evidence. ``alert_id`` names the episode, chosen by the sender."""

    alert_id: str
    tier: Tier
    channel: Literal["clinical", "technical"]
    kind: str
    side: Side | None
    raised_s: float
    day: str
    sentence: str
    not_this: str  # what the alert is not
    evidence: tuple[Trend, ...] = ()
