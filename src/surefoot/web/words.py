"""Words: how tiers, legs, numbers and times are said on the pages."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from surefoot.pipeline.measures import MEASURES
from surefoot.records import Baseline, Side, Verdict
from surefoot.web.language import N_, OWN, _, _n, day_words, moment_words, numerals, spoken
from surefoot.web.retold import retold

NOT_KNOWN = N_("not known")
ISOLATE, END_ISOLATE = "\u2068", "\u2069"  # around text of another direction
UNNAMED = "unnamed "  # how the store calls who has no label

TIERS = {  # tier: its shape (never colour alone), its word, what is expected of whoever reads it
    "T4": ("⬢", N_("patient acts at once"), N_("the patient was told to call the emergency number")),
    "T3": ("▲", N_("urgent"), N_("contact the patient the same day")),
    "T2": ("◆", N_("review"), N_("a therapist reviews it within two working days")),
    "T1": ("●", N_("information"), N_("for the weekly reading")),
    "T0": ("○", N_("data"), N_("something about sensors or data")),
}
INCIDENTS = {  # the ankle sees what it looks like, not what it was
    "foot_drop": N_("foot-drop-like event"),
    "giving_way": N_("giving-way-like event"),
    "stumble": N_("stumble-like event"),
    "fall": N_("fall-like event"),
}
VERDICTS: dict[Verdict, str] = {"real": N_("Real"), "not_real": N_("Not real"), "unsure": N_("Unsure")}
ANSWERS = {"gave_way": N_("It gave way"), "stumbled": N_("A stumble"), "no": N_("No, nothing happened")}
TESTS = {
    "sit_to_stand_5": N_("Five rises from a chair"),
    "chair_stand_30s": N_("Rises in 30 s"),
    "timed_up_and_go": N_("Timed up and go"),
    "heel_rise": N_("Heel rises on one leg"),
    "heel_walk": N_("Heel walking"),
    "toe_tap": N_("Toe taps in 10 s"),
    "walk_20m": N_("20 m walk"),
}
SIDE_WORDS = {"left": N_("left"), "right": N_("right"), None: N_("both legs")}

CHARTS = {  # composite trend: heading, what it tells
    "l5_composite": (
        N_("Foot lifting (L5 pattern)"),
        N_(
            "How far the signs of weak foot lifting stand from this patient's own normal. A pattern compatible with "
            "L5-type weakness, never a diagnosis."
        ),
    ),
    "s1_composite": (
        N_("Push-off (S1 pattern)"),
        N_(
            "How far the signs of weak push-off stand from this patient's own normal. A pattern compatible with "
            "S1-type weakness, never a diagnosis."
        ),
    ),
    "l4_composite": (
        N_("Knee control (L4 pattern)"),
        N_(
            "How far the signs of weak knee control stand from this patient's own normal. A pattern compatible with "
            "L4-type weakness, never a diagnosis."
        ),
    ),
}
_DIGITS = {"m/s": 2, "s": 2, "m": 3, "/min": 1, "deg": 1, "deg/s": 0, "m/s2": 1, "m/s3": 0, "%": 1, "min": 0, "": 0}
_DIGITS |= {"points": 1, "log": 1}
_DIGITS |= dict.fromkeys(("stands", "rises", "taps"), 0)  # guided tests count
UNITS = {  # those that are words
    "steps/min": N_("steps/min"),
    "points": N_("points"),
    "stands": N_("stands"),
    "rises": N_("rises"),
    "taps": N_("taps"),
    "spreads": N_("spreads"),
    "standard errors": N_("standard errors"),
    "events": N_("events"),
}
NOUNS: Mapping[str, Callable[[int], str]] = {
    "patient": lambda n: _n("{n} patient", "{n} patients", n),
    "second": lambda n: _n("{n} second", "{n} seconds", n),
    "minute": lambda n: _n("{n} minute", "{n} minutes", n),
    "hour": lambda n: _n("{n} hour", "{n} hours", n),
    "day": lambda n: _n("{n} day", "{n} days", n),
    "stride": lambda n: _n("{n} stride", "{n} strides", n),
}
HINTS = {
    1: N_("Higher is worse."),
    -1: N_("Lower is worse."),
    0: N_("Neither way is worse by itself."),
}
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
        return MetricWords(name, _(CHARTS[name][0]), "spreads", 1, _(CHARTS[name][1]))
    measure = MEASURES.get(name)
    if measure is None:
        return MetricWords(name, retold(name.replace("_", " ")), "", 2, "")
    hint = [_(HINTS[measure.worse])]
    if measure.speed is not None:
        hint.append(_("Compared at this patient's usual walking speed."))
    if measure.note:
        hint.append(retold(measure.note))
    unit = _UNITS.get(measure.unit, measure.unit)
    return MetricWords(name, sentence(retold(measure.words)), unit, digits(measure.unit), " ".join(hint))


def digits(unit: str) -> int:
    """How many decimals a number in this unit is told with."""
    return _DIGITS.get(unit, 2)


def number(value: float | None, digits: int, unit: str = "") -> str:
    """A number, or that it is not known; never a zero in its place."""
    if value is None:
        return _(NOT_KNOWN)
    close = ("", "°", "%") if spoken() == OWN else ("", "°")  # other languages part a number from its per cent
    gap = "" if unit in close else "\N{NO-BREAK SPACE}"
    text = f"{value:.{digits}f}" if abs(value) < 1e7 else f"{value:.3g}"
    sign = "\N{MINUS SIGN}" if float(text) < 0 else ""  # what rounds to zero has none
    return f"{sign}{numerals(text.removeprefix('-'))}{gap}{unit_words(unit)}"


def unit_words(unit: str) -> str:
    return _(UNITS[unit]) if unit in UNITS else unit


def count(many: int, noun: str) -> str:
    return NOUNS[noun](many)


def sentence(text: str) -> str:
    """With a capital at its beginning, and nothing else changed."""
    return text[:1].upper() + text[1:]


def within(text: str) -> str:
    """A heading within a sentence: English writes it small there, other languages have their own customs."""
    return text[:1].lower() + text[1:] if spoken() == OWN else text


def side(of: Side | None) -> str:
    return _(SIDE_WORDS[of])


def leg(of: Side | None) -> str:
    return sentence(side(of))


def label(given: str) -> str:
    """A patient's label; one that nobody gave is said to be that."""
    if given.startswith(UNNAMED):
        return _("unnamed {home}", home=given.removeprefix(UNNAMED))
    return isolated(given)


def isolated(name: str) -> str:
    """A name that is read from right to left turns nothing around it: a day after it would be read backwards."""
    turns = any(unicodedata.bidirectional(one) in ("R", "AL", "AN") for one in name)
    return f"{ISOLATE}{name}{END_ISOLATE}" if turns else name


def which_leg(of: Side | None) -> str:
    return {"left": _("left leg"), "right": _("right leg"), None: _("both legs")}[of]


def whole_leg(of: Side | None) -> str:
    return {"left": _("Left leg"), "right": _("Right leg"), None: _("Both legs")}[of]


def local(at_s: float, zone: tzinfo | None) -> str:
    """A time as people at the clinic read it, with its offset; a home's broken clock must not break the page."""
    try:
        return moment_words(datetime.fromtimestamp(at_s, UTC).astimezone(zone))
    except (ValueError, OverflowError, OSError):
        return _("at an impossible time ({n} s)", n=f"{at_s:g}")


def local_day(at_s: float, zone: tzinfo | None) -> str:
    """The day as it is stored and typed, 2026-05-01; empty for an impossible time."""
    try:
        return datetime.fromtimestamp(at_s, UTC).astimezone(zone).date().isoformat()
    except (ValueError, OverflowError, OSError):
        return ""


def span(seconds: float) -> str:
    """A length of time, rounded down to the largest unit that fits."""
    for size, noun in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            return count(int(seconds // size), noun)
    return count(max(0, int(seconds)), "second")


def ago(at_s: float, now_s: float) -> str:
    """How long ago; a time ahead of the clock is said to be that."""
    for size, said in _AGO:
        if (passed_s := now_s - at_s) >= size:
            return said(int(passed_s // max(size, 1)))
    if at_s > now_s + 60:
        return _("{time} ahead of this clock", time=span(at_s - now_s))
    return _AGO[-1][1](0)


_AGO: Sequence[tuple[float, Callable[[int], str]]] = (
    (86400, lambda n: _n("{n} day ago", "{n} days ago", n)),
    (3600, lambda n: _n("{n} hour ago", "{n} hours ago", n)),
    (60, lambda n: _n("{n} minute ago", "{n} minutes ago", n)),
    (0, lambda n: _n("{n} second ago", "{n} seconds ago", n)),
)


def normal(baseline: Baseline | None, words: MetricWords) -> str:
    """What a number is compared with."""
    if baseline is None:
        return _("no baseline yet")
    said = {
        "centre": words.say(baseline.centre),
        "spread": words.say(baseline.spread),
        "days": count(baseline.days, "day"),
        "first": day_words(baseline.first_day),
        "last": day_words(baseline.last_day),
    }
    if baseline.provisional:
        return _("{centre} ± {spread} ({days}, {first} to {last}, still provisional)", **said)
    return _("{centre} ± {spread} ({days}, {first} to {last})", **said)
