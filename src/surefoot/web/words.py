"""Words: how tiers, legs, numbers and times are said on the pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from surefoot.pipeline.measures import MEASURES
from surefoot.records import Baseline, Side, Verdict

NOT_KNOWN = "not known"

TIERS = {  # tier: its shape (never colour alone), its word, what is expected of whoever reads it
    "T4": ("⬢", "patient acts at once", "the patient was told to call the emergency number"),
    "T3": ("▲", "urgent", "contact the patient the same day"),
    "T2": ("◆", "review", "a therapist reviews it within two working days"),
    "T1": ("●", "information", "for the weekly reading"),
    "T0": ("○", "data", "something about sensors or data"),
}
INCIDENTS = {  # the ankle sees what it looks like, not what it was
    "foot_drop": "foot-drop-like event",
    "giving_way": "giving-way-like event",
    "stumble": "stumble-like event",
    "fall": "fall-like event",
}
VERDICTS: dict[Verdict, str] = {"real": "Real", "not_real": "Not real", "unsure": "Unsure"}
ANSWERS = {"gave_way": "It gave way", "stumbled": "A stumble", "no": "No, nothing happened"}
TESTS = {
    "sit_to_stand_5": "Five rises from a chair",
    "chair_stand_30s": "Rises in 30 s",
    "timed_up_and_go": "Timed up and go",
    "heel_rise": "Heel rises on one leg",
    "heel_walk": "Heel walking",
    "toe_tap": "Toe taps in 10 s",
    "walk_20m": "20 m walk",
}
SIDE_WORDS = {"left": "left", "right": "right", None: "both legs"}

CHARTS = {  # composite trend: heading, what it tells
    "l5_composite": (
        "Foot lifting (L5 pattern)",
        "How far the signs of weak foot lifting stand from this patient's own normal. A pattern compatible with "
        "L5-type weakness, never a diagnosis.",
    ),
    "s1_composite": (
        "Push-off (S1 pattern)",
        "How far the signs of weak push-off stand from this patient's own normal. A pattern compatible with "
        "S1-type weakness, never a diagnosis.",
    ),
    "l4_composite": (
        "Knee control (L4 pattern)",
        "How far the signs of weak knee control stand from this patient's own normal. A pattern compatible with "
        "L4-type weakness, never a diagnosis.",
    ),
}
_DIGITS = {"m/s": 2, "s": 2, "m": 3, "/min": 1, "deg": 1, "deg/s": 0, "m/s2": 1, "m/s3": 0, "%": 1, "min": 0, "": 0}
_DIGITS |= {"points": 1, "log": 1}
_DIGITS |= dict.fromkeys(("stands", "rises", "taps"), 0)  # guided tests count
_UNITS = {"m/s2": "m/s²", "m/s3": "m/s³", "deg": "°", "deg/s": "°/s", "/min": "steps/min", "log": ""}


@dataclass(frozen=True, slots=True)
class MetricWords:
    """How one metric is said."""

    name: str
    title: str
    unit: str
    digits: int
    hint: str  # which way is worse, or what it tells

    def say_change(self, value: float | None) -> str:
        """A difference of two values: of percentages it is points."""
        return number(value, self.digits, "points" if self.unit == "%" else self.unit)

    def say(self, value: float | None) -> str:
        """A value with its unit."""
        return number(value, self.digits, self.unit)


def metric_words(name: str) -> MetricWords:
    """Words for a metric; one this program does not know is shown under its own name."""
    if name in CHARTS:
        return MetricWords(name, CHARTS[name][0], "spreads", 1, CHARTS[name][1])
    measure = MEASURES.get(name)
    if measure is None:
        return MetricWords(name, name.replace("_", " "), "", 2, "")
    hint = {1: "Higher is worse.", -1: "Lower is worse.", 0: "Neither way is worse by itself."}[measure.worse]
    if measure.speed is not None:
        hint += " Compared at this patient's usual walking speed."
    hint += f" {measure.note}" if measure.note else ""
    unit = _UNITS.get(measure.unit, measure.unit)
    title = measure.words[0].upper() + measure.words[1:]
    return MetricWords(name, title, unit, digits(measure.unit), hint)


def digits(unit: str) -> int:
    """How many decimals a number in this unit is told with."""
    return _DIGITS.get(unit, 2)


def number(value: float | None, digits: int, unit: str = "") -> str:
    """A number, or that it is not known; never a zero in its place."""
    if value is None:
        return NOT_KNOWN
    gap = "" if unit in ("", "°", "%") else "\N{NO-BREAK SPACE}"
    text = f"{value:.{digits}f}" if abs(value) < 1e7 else f"{value:.3g}"
    sign = "\N{MINUS SIGN}" if float(text) < 0 else ""  # what rounds to zero has none
    return f"{sign}{text.removeprefix('-')}{gap}{unit}"


def count(many: int, noun: str) -> str:
    return f"{many} {noun}" if many == 1 else f"{many} {noun}s"


def side(of: Side | None) -> str:
    return SIDE_WORDS[of]


def leg(of: Side | None) -> str:
    return side(of).capitalize()


def local(at_s: float, zone: tzinfo | None) -> str:
    """A time as people at the clinic read it, with its offset; a home's broken clock must not break the page."""
    try:
        return datetime.fromtimestamp(at_s, UTC).astimezone(zone).isoformat(" ", "minutes")
    except (ValueError, OverflowError, OSError):
        return f"at an impossible time ({at_s:g} s)"


def local_day(at_s: float, zone: tzinfo | None) -> str:
    return local(at_s, zone)[:10]


def span(seconds: float) -> str:
    """A length of time, rounded down to the largest unit that fits."""
    for size, noun in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            return count(int(seconds // size), noun)
    return count(max(0, int(seconds)), "second")


def ago(at_s: float, now_s: float) -> str:
    """How long ago; a time ahead of the clock is said to be that."""
    if at_s > now_s + 60:
        return f"{span(at_s - now_s)} ahead of this clock"
    return f"{span(now_s - at_s)} ago"


def normal(baseline: Baseline | None, words: MetricWords) -> str:
    """What a number is compared with."""
    if baseline is None:
        return "no baseline yet"
    still = ", still provisional" if baseline.provisional else ""
    centre, spread = words.say(baseline.centre), words.say(baseline.spread)
    return f"{centre} ± {spread} ({count(baseline.days, 'day')}, {baseline.first_day} to {baseline.last_day}{still})"
