"""Codes: surefoot's own code system of measures for FHIR, made from the table of measures.

No LOINC code exists for most numbers of gait: HealthKitOnFHIR, too, has only its maker's own. Units are UCUM. The
address names the system; nothing is served there.
"""

from __future__ import annotations

from typing import Any

from surefoot import __version__
from surefoot.pipeline.measures import MEASURES

SYSTEM = "https://surefoot.invalid/fhir/CodeSystem/measures"
UCUM = "http://unitsofmeasure.org"
_UCUM = {
    "m/s": "m/s", "s": "s", "m": "m", "/min": "/min", "deg": "deg", "deg/s": "deg/s", "m/s2": "m/s2",
    "m/s3": "m/s3", "%": "%", "min": "min", "h": "h", "spreads": "{spread}", "points": "{points}", "log": "1", "": "1",
}  # fmt: skip
ROOTS = {f"{root}_composite": f"Pattern compatible with {root.upper()}-type weakness" for root in ("l4", "l5", "s1")}
TESTS = {
    "sit_to_stand_5": "Five times sit to stand", "chair_stand_30s": "Chair stands in 30 s",
    "timed_up_and_go": "Timed up and go", "heel_rise": "Single-leg heel rises", "heel_walk": "Heel walking",
    "toe_tap": "Toe taps in 10 s", "walk_20m": "20 m walk",
}  # fmt: skip
OWN = {"worn_time": "Time both sensors were on moving legs", "strides": "Strides that a number rests on"}


def ucum(unit: str) -> str:
    """The UCUM code of a unit; what is counted stands in braces."""
    return _UCUM.get(unit, f"{{{unit}}}")


def display(code: str) -> str:
    """The words of a code; a measure of a newer version is told by its own name."""
    if code in MEASURES:
        return MEASURES[code].words
    return ROOTS.get(code) or TESTS.get(code) or OWN.get(code) or code.replace("_", " ")


def coding(code: str) -> dict[str, Any]:
    """A CodeableConcept."""
    return {"coding": [{"system": SYSTEM, "code": code, "display": display(code)}], "text": display(code)}


def code_system() -> dict[str, Any]:
    """The FHIR R4 CodeSystem resource."""
    worse = {1: "Higher is worse.", -1: "Lower is worse.", 0: "Neither way is worse by itself."}
    concepts = [
        {
            "code": name,
            "display": one.words,
            "definition": f"Unit {one.unit or '1'}. {worse[one.worse]} {one.note}".strip(),
        }
        for name, one in MEASURES.items()
    ]
    others = [code for code in {**ROOTS, **TESTS, **OWN} if code not in MEASURES]
    concepts += [{"code": code, "display": display(code)} for code in others]
    return {
        "resourceType": "CodeSystem",
        "id": "surefoot-measures",
        "url": SYSTEM,
        "version": __version__,
        "name": "SurefootMeasures",
        "title": "Measures of gait and leg movement told by surefoot",
        "status": "draft",
        "experimental": True,
        "description": "Numbers of walking days from ankle-worn motion sensors. Not clinically validated.",
        "caseSensitive": True,
        "content": "complete",
        "count": len(concepts),
        "concept": concepts,
    }
