"""What forms take: for the fuzzing of forms, so that it gets behind their first refusal."""

from __future__ import annotations

from typing import get_args
from urllib.parse import urlencode

import numpy as np

from surefoot.alerts.limits import RANGES
from surefoot.alerts.redflags import QUESTIONS
from surefoot.pipeline.profiles import CAUSES, ROOTS
from surefoot.pipeline.sitbreaks import AFTER_MIN, MOST
from surefoot.records import AidKind, AnswerWord, Teller, TestKind, Tier, TreatmentKind, Verdict

GATEWAY, OTHER = (f"{k}a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d" for k in (1, 2))
NOW_S = 1_769_677_920.0
LIMITS = {one.name: (f"{one.lowest:g}", f"{one.highest:g}", "4") for one in RANGES}
UNDECLARED = {  # fields that a form reads without saying so in its route
    "/patients/{gateway}/plan/try": tuple(LIMITS),
    "/patients/{gateway}/plan/limits": (*LIMITS, "back_to_usual", "note"),
    "/checkin": (*(f"flag_{flag}" for flag in QUESTIONS), "pain", "by"),
}
FITS: dict[str, tuple[str, ...]] = {
    **LIMITS,
    **{f"flag_{flag}": ("yes", "no") for flag in QUESTIONS},
    "about": ("check_in", *get_args(TestKind), "giving_way/left/1000.0"),
    "after_min": tuple(map(str, AFTER_MIN)),
    "aids": get_args(AidKind),
    "alert_id": ("a", "b"),
    "back_to_usual": ("", "1"),
    "by": get_args(Teller),
    "cause": CAUSES,
    "day": ("2026-01-20", "2026-01-29"),
    "days": ("14", "21"),
    "first_day": ("", "2026-01-20"),
    "gateway": (GATEWAY, OTHER),
    "end_s": (repr(NOW_S - 1.0),),
    "label": ("Mr. New", ""),
    "language": ("de", "en"),
    "minutes": ("15", "120"),
    "most": tuple(map(str, MOST)),
    "name": ("Dr. Ada", "Nurse Bo"),
    "note": ("", "seen on the ward"),
    "on": ("", "1"),
    "pain": ("0", "7", "10"),
    "pin": ("395172", "000000"),
    "quiet_from_h": ("22",),
    "quiet_to_h": ("7",),
    "remark": ("", "since the fall"),
    "roots": ROOTS,
    "side": ("left", "right", ""),
    "since": ("", "2026-01-02"),
    "start": ("1000.0",),
    "start_s": (repr(NOW_S - 31.0),),
    "tier": get_args(Tier),
    "verdict": get_args(Verdict),
    "withdrawn": ("", "1"),
    "word": (*get_args(AnswerWord), "still", "until"),
}
KINDS = {"/aid": get_args(AidKind), "/patients/{gateway}/plan/treat": get_args(TreatmentKind)}  # else an incident's
WORDS = {"/sudden": (*get_args(AidKind), "no")}


def fitting(route: str, names: list[str], rng: np.random.Generator) -> bytes:
    """A form as the page would send it, as far as a field can be taken by itself."""
    fits = {**FITS, "kind": KINDS.get(route, ("giving_way",)), "word": WORDS.get(route, FITS["word"])}
    return urlencode([(name, str(rng.choice(fits.get(name, ("",))))) for name in names]).encode()
