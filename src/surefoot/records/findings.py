"""What the arithmetic finds, signal to pipeline: strides, bouts, incidents, activities, test results."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from surefoot.records.samples import Placement, Samples, Side

IncidentKind = Literal["foot_drop", "giving_way", "stumble", "fall"]


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
    heel_strike_mps3: float | None = None  # hardest jerk of the heel at the closing contact
    slap_index: float | None = None  # of the closing contact
    slap_delay_s: float | None = None
    toe_drag_s: float | None = None  # 0: it did not
    foot_flat_s: float | None = None  # after the closing contact; 0: landed flat
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


ContactKind = Literal["initial", "final"]


@dataclass(frozen=True, slots=True)
class Incident:
    """Something that happened to the patient, with the numbers behind it and the raw signal around it (+-5 s).

    ``contacts``: when which foot came down ("initial") and left the ground ("final") in that time, as strides tell it.
    """

    kind: IncidentKind
    side: Side | None
    start_s: float
    end_s: float
    certainty: Literal["possible", "probable"]
    evidence: tuple[tuple[str, float], ...]
    snippet: tuple[Samples, ...] = field(default=(), repr=False, compare=False)
    contacts: tuple[tuple[Side, ContactKind, float], ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Rise:
    """One rising from a chair (sit to stand)."""

    start_s: float
    end_s: float


ActivityKind = Literal[
    "walking", "stairs_up", "stairs_down", "rising", "sitting_down", "standing", "sitting", "lying", "vehicle",
    "not_worn", "unknown",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Activity:
    """What the person was doing in [start_s, end_s), both legs together; ``confidence`` 0 to 1.

    "unknown" where the readings cannot tell. Turns are told stride by stride.
    """

    kind: ActivityKind
    start_s: float
    end_s: float
    confidence: float


TestKind = Literal[
    "sit_to_stand_5", "chair_stand_30s", "timed_up_and_go", "heel_rise", "heel_walk", "toe_tap", "walk_20m"
]


@dataclass(frozen=True, slots=True)
class TestResult:
    """One guided strength test. ``value`` is None when it is not usable, and ``reason`` says why.

    ``quality`` 0 to 1. ``details`` are numbers beside the value, such as each repetition's time.
    """

    __test__ = False  # pytest would take the name for a test of its own

    kind: TestKind
    side: Side | None
    start_s: float
    end_s: float
    value: float | None
    unit: str
    quality: float = 0.0
    reason: str = ""
    details: tuple[tuple[str, float], ...] = ()


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


@dataclass(frozen=True, slots=True)
class SideCheck:
    """Which leg is which, as the last ``strides`` strides of each worn leg show it: known at ``at_s``.

    ``margin`` is the evidence in units of the least one believed; "swapped": left and right sensor were exchanged, or
    the one sensor worn is on the other leg. Holds until the next check.
    """

    at_s: float
    verdict: Literal["as_told", "swapped"]
    margin: float
    strides: int
    legs: int = 2  # worn


@dataclass(frozen=True, slots=True)
class ClockCheck:
    """How far the two sensors' clocks stand apart, known at ``at_s``: the right one's shows ``offset_s`` more."""

    at_s: float
    offset_s: float
    landings: int


Check = Slip | SideCheck | ClockCheck
Finding = Stride | Bout | Incident | Rise | Activity | Minute | Check
