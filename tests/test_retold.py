"""Sentences that other rooms compose in English are known again, whole; what is not known stays as it is, marked."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

import made
from surefoot.alerts import decline, givingway, limits, redflags, rules, technical, testrules
from surefoot.pipeline.guidedwindow import in_words
from surefoot.pipeline.measures import DAY_MEASURES
from surefoot.pipeline.plan import Plan
from surefoot.pipeline.rulebook import RULES
from surefoot.records import SIDES, CheckIn, ClockCheck, Incident, Limits, SensorStatus, SideCheck
from surefoot.signal.guided.norms import NORMS
from surefoot.signal.guided.upandgo import ASK
from surefoot.web import retold as module
from surefoot.web.homework import SAFETY, TITLES, steps_on_page
from surefoot.web.language import OWN, speak
from surefoot.web.retold import FOREIGN, marked_up, retold, shapes, untold

SOURCE = Path(__file__).resolve().parent.parent / "src" / "surefoot"


@pytest.fixture(autouse=True)
def _in_german() -> Iterator[None]:
    speak("de")
    yield
    speak(OWN)


# ---- how it works


def test_what_is_not_known_is_marked_as_english() -> None:
    assert retold("Somebody wrote this.") == "\ufdd0Somebody wrote this.\ufdd1"
    assert untold(retold("Somebody wrote this.")) == "Somebody wrote this."
    assert retold("") == ""
    speak(OWN)
    assert retold("Somebody wrote this.") == "Somebody wrote this."


def test_half_of_a_sentence_is_not_translated() -> None:
    assert retold("speed unchanged; the moon was full") == "\ufdd0speed unchanged; the moon was full\ufdd1"
    assert retold("Left leg weaker (the moon): speed unchanged.").startswith(FOREIGN)


def test_fields_are_told_in_turn() -> None:
    said = retold("learning what is normal with brace (Foot-Up) and stick: 4 of at least 7 good days")
    assert said == "lernt noch, was mit Schiene (Foot-Up) und Stock normal ist: 4 von mindestens 7 gewerteten Tagen"
    assert retold("physiotherapy since 2026-01-10") == "Physiotherapie seit 10.01.2026"
    assert retold("worn 3.4 h, less than 6 h") == "3,4 h getragen, weniger als 6 h"


def test_a_field_in_braces_is_never_filled_in_twice() -> None:
    assert retold("brace ({what})") == "Schiene ({what})"


def test_marks_become_tags_on_a_page_and_go_where_tags_cannot_stand() -> None:
    page = '<title>\ufdd0T\ufdd1</title><p title="\ufdd0A\ufdd1">\ufdd0B <b>c</b>\ufdd1</p>'
    page += '<script>"\ufdd0C\ufdd1"</script>'
    assert marked_up(page) == ('<title>T</title><p title="A"><span lang="en">B <b>c</b></span></p><script>"C"</script>')


def test_a_long_sentence_of_a_strange_home_is_tried_a_few_times_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its length is bounded (docs/mqtt.md), and no part is tried more often than there are sentences in a shape."""
    tried: list[str] = []
    whole = module._whole
    monkeypatch.setattr(module, "_whole", lambda text: (tried.append(text), whole(text))[1])
    text = ("The way looked like 1 m, not 1 m. Measure it. A. " * 30)[:1200]
    assert retold(text) == f"{FOREIGN}{text}\ufdd1"
    assert len(tried) < 6 * text.count(".")


# ---- what the rooms say


def sentences() -> Iterator[str]:
    """Real ones, by the rooms' own functions."""
    chart = made.trend(metric="l5_composite")
    flagged = CheckIn("2026-01-20", 1.0, "patient", 3, tuple(redflags.FLAGS), ())
    for side in (*SIDES, None):
        one = replace(chart, side=side, change=2.0, mdc=1.0)
        changed = [replace(made.trend(metric=name), side=side, change=20.0, mdc=1.0) for name in rules.FEATURES]
        yield from (alert.sentence for alert in rules.decide([one, *changed], 0.0))
        for metric in rules.FEATURES:
            for change in (-3.0, 3.0):
                yield rules.said(replace(made.trend(metric=metric), change=change))
        much = [replace(t, state="much_worse") for t in changed]
        yield rules.decide_sudden(one, much, (0.0, 600.0), both_legs=side is None)[0].sentence
        usual = givingway.Usual(2, 30)
        for many, confirmed in ((9, False), (2, True), (3, False)):
            events = [givingway.Event(side, 86400.0 * 9 + 60 + k, confirmed) for k in range(many)]
            for alert in givingway.decide_giving_way(events, usual, 86400.0 * 10, "2026-01-20"):
                yield from (alert.sentence, alert.limit, alert.not_this)
    for by in ("patient", "companion"):
        (alert,) = redflags.red_flags(replace(flagged, by=by))
        yield from (alert.sentence, alert.not_this)
    fall = Incident("fall", None, 0.0, 300.0, "probable", (("lying_s", 300.0), ("not_up_after_s", 300.0)))
    for certainty in ("probable", "possible"):
        for alert in redflags.not_up(replace(fall, certainty=certainty), None, 900.0, "2026-01-20"):
            yield from (alert.sentence, alert.not_this)
    yield from (*redflags.QUESTIONS.values(), *redflags.FLAGS.values(), redflags.PAIN, redflags.MEANWHILE)
    yield from (*redflags.EMERGENCY.splitlines(), *redflags.FALLEN.splitlines(), rules.NOT_THIS, decline.BOTH_LEGS)
    yield technical.store_damaged(0.0, "2026-01-20", 12, ["strides"], 40).sentence
    yield technical.store_damaged(0.0, "2026-01-20", 12, [], 40).sentence
    keep = technical.Upkeep()
    alerts = [keep.checked(SideCheck(0.0, "swapped", 2.0, 40, legs), "2026-01-20") for legs in (1, 2)]
    alerts.append(keep.checked(ClockCheck(0.0, 0.05, 40), "2026-01-20"))
    battery = SensorStatus("left", "shank", 0.0, "streaming", battery_pct=7)
    alerts += [technical.Upkeep().charged(replace(battery, side=side), 0.0, "2026-01-20") for side in SIDES]
    yield from (text for alert in alerts if alert is not None for text in (alert.sentence, alert.not_this))
    yield from (text for one in DAY_MEASURES for text in (one.words, one.note))
    own = Limits(4.0, 5.0, 4.0, 4.0, 5.0, 9.0, 4.0)
    for one in limits.RANGES:
        yield from (one.words, Plan().said(one.name), Plan(own, "2026-01-20").said(one.name))
        yield from limits.faults(Limits(**{one.name: 99.5}), Limits())
        yield from limits.faults(Limits(**{one.name: one.lowest + 0.5}), Limits())
    yield from limits.changes(own, Limits(3.0, 4.0))
    yield from limits.faults(Limits(chart_review=5.5, chart_urgent=4.5), Limits())
    yield from (rule.name for rule in RULES)
    for kind in NORMS:
        units = {"heel_rise": "rises", "heel_walk": "%", "toe_tap": "taps", "chair_stand_30s": "stands"}
        unit = units.get(kind, "m/s" if kind == "walk_20m" else "s")
        for value in (0.5, 5.0, 10.4, 11.0, 12.0, 16.0, 20.0, 25.0, 45.0, 100.0):
            one = replace(made.guided_test(1), kind=kind, value=value, unit=unit)
            yield from (in_words(one, None), in_words(one, value + 0.01), in_words(one, value + 20), in_words(one, 0.2))
        yield in_words(replace(made.guided_test(1, None, "No turn was seen. " + ASK + "."), kind=kind), None)
        yield from (TITLES[kind], *steps_on_page(kind))
    yield SAFETY
    for rule in testrules.TEST_LIMITS:
        for side in ("left", None):
            one = replace(made.trend(metric=rule.metric), side=side)
            yield testrules._sentence(one, rule, rule.limit + 1.0)


def test_every_sentence_of_the_rooms_is_known_again() -> None:
    said = list(sentences())
    assert len(said) > 150
    unknown = [text for text in said if retold(text).startswith(FOREIGN) or FOREIGN in retold(text)]
    assert not unknown, "their shapes belong into web/*shapes.py, then: make languages"


# ---- and no room says more than that


ROOMS = {
    "alerts": "rules redflags technical perroot givingway testrules decline limits orders alike",
    "pipeline": "chart complaints daymetrics days measures monitored obeying plan recovery roots tested verdicts "
    "walkmetrics shoes beforeafter guidedwindow",
    "signal": "dropscreen dropscore endurance asymmetry",
    "signal/guided": "faults chair heelrise heelwalk paces toetap upandgo walk20 norms",
}
BETWEEN = re.compile(r"(?<=[.?!]) |\n|\{[^}]*\}")  # sentences, lines, and what format() puts in
NOT_SHOWN = re.compile(  # names, keys, topics, and what only a programmer meets
    r"surefoot/|is no number of a leg|no order is called|\|fall_confirmed|\|\{|_factor_|facts/|^[\w.-]*$|^[\W_\d]*$"
    r"|/down/|ordered|body\":|on call|MCID,|smallest real change,|leg reached|as legs usually are|alike than legs"
    r"|Gautschi"
)


@cache
def pieces(room: str) -> frozenset[str]:
    """The texts of a file, each f-string in its pieces; no docstrings."""
    tree, found = ast.parse((SOURCE / room).read_text(encoding="utf-8")), set()
    written = {id(node.body[0].value) for node in ast.walk(tree) if _has_docstring(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in written:
            found.add(node.value)
    return frozenset(one for one in found if " " in one.strip() and re.search(r"[a-z]{2,}", one))


def _has_docstring(node: ast.AST) -> bool:
    body = getattr(node, "body", None)
    return isinstance(body, list) and bool(body) and isinstance(body[0], ast.Expr)


FILES = [f"{room}/{file}.py" for room, files in ROOMS.items() for file in files.split()]


@pytest.mark.parametrize("room", FILES)
def test_every_piece_of_a_rooms_texts_stands_in_a_shape(room: str) -> None:
    every = "\n".join(re.sub(r"\{\w+\}", "\x00", shape) for shape in shapes())
    spoken = (piece.strip(" .;:,()%0123456789") for text in pieces(room) for piece in BETWEEN.split(text))
    lacking = [piece for piece in spoken if piece and piece not in every and not NOT_SHOWN.search(piece)]
    assert not lacking, f"{room} says these: give their sentence a shape in web/*shapes.py, then: make languages"
