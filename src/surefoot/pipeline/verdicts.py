"""Verdicts: what is said to the patient about how the sensors sit. Short sentences, and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from surefoot.records import SIDES, Placement, Side

Verdict = Literal["good", "swapped", "moved", "unknown"]
UPSIDE_DOWN_DEG = 120.0  # told from here on (P)
TURNED_DEG = 40.0  # around the leg: farther than a careful hand puts it on differently (P)


@dataclass(frozen=True, slots=True)
class Facts:
    """What was found: ``worn`` sides, those ``moved``, those with too ``few`` strides; angles against earlier days."""

    verdict: Verdict
    placement: Placement
    worn: tuple[Side, ...]
    moved: tuple[Side, ...] = ()
    few: tuple[Side, ...] = ()
    turned_deg: Mapping[Side, float] = field(default_factory=dict)
    tilt_deg: Mapping[Side, float] = field(default_factory=dict)


def words(facts: Facts) -> str:
    """The verdict in sentences a patient understands."""
    place = "ankle" if facts.placement == "shank" else "foot"
    match facts.verdict:
        case "good":
            said = _good(facts, place)
        case "swapped":
            said = _swapped(facts, place)
        case "moved":
            said = _moved(facts)
        case "unknown":
            said = _unknown(facts, place)
    remarks = () if facts.verdict in ("swapped", "unknown") else _remarks(facts)
    return " ".join((said, *remarks))


def _good(facts: Facts, place: str) -> str:
    if len(facts.worn) == len(SIDES):
        return f"Both sensors sit well. The left one is on the left {place}, the right one on the right {place}."
    return f"The sensor sits well, on the {facts.worn[0]} {place}."


def _swapped(facts: Facts, place: str) -> str:
    if len(facts.worn) == len(SIDES):
        wrong = "The two sensors are on the wrong legs."
        return f"{wrong} Please exchange them: the left one belongs on the left {place}. Then walk 20 steps again."
    side = facts.worn[0]
    wrong = f"The {side} sensor seems to be on the other leg."
    return f"{wrong} Please put it on the {side} {place}. Then walk 20 steps again."


def _moved(facts: Facts) -> str:
    sensors = _sensors(facts.moved)
    has, it = ("have", "them") if len(facts.moved) > 1 else ("has", "it")
    return f"The {sensors} {has} moved on the leg. Please strap {it} tighter. Then walk 20 steps again."


def _unknown(facts: Facts, place: str) -> str:
    if len(facts.few) == 1 and len(facts.worn) > 1:
        sensor = f"The {facts.few[0]} sensor saw too few steps"
        return f"{sensor}, the other one saw enough. Is it switched on, and strapped to the {facts.few[0]} {place}?"
    if facts.few:
        return "Those were too few steps to tell. Please walk 20 steps straight ahead, at your usual pace."
    look = f"Please look yourself: the left sensor belongs on the left {place}."
    if len(facts.worn) < len(SIDES):
        look = f"Please look yourself: this sensor belongs on the {facts.worn[0]} {place}."
    return f"It could not be told which sensor is on which leg. {look}"


def _remarks(facts: Facts) -> Iterator[str]:
    """What is told and does no harm: any way round measures alike."""
    over = tuple(side for side in facts.worn if facts.tilt_deg.get(side, 0.0) >= UPSIDE_DOWN_DEG)
    turned = tuple(s for s in facts.worn if s not in over and abs(facts.turned_deg.get(s, 0.0)) >= TURNED_DEG)
    if over:
        sits = "sit" if len(over) > 1 else "sits"
        yield f"The {_sensors(over)} {sits} upside down, other than before. That does no harm: you may leave it so."
    for side in turned:
        by = f"{abs(facts.turned_deg[side]):.0f} degrees"
        yield f"The {side} sensor sits {by} farther round the leg than before. That does no harm."


def _sensors(sides: Sequence[Side]) -> str:
    return "left and the right sensor" if len(sides) > 1 else f"{sides[0]} sensor"
