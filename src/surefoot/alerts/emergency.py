"""The emergency (T4): a fixed text for the patient, at once and waiting for nobody, and an alert for the staff.

Surefoot cannot see these things; the patient tells of them (facts/clinical.md 7.8).
"""

from __future__ import annotations

from typing import Literal
from uuid import uuid5

from surefoot.alerts.rules import NAMES
from surefoot.records import Alert

TEXT = (
    "CALL THE EMERGENCY NUMBER NOW (112; in North America 911, in the UK 999). Do not wait for an answer from your "
    "care team or from this program. Say that you have sciatica, and what is new."
)
Emergency = Literal["saddle_numbness", "bladder_or_bowel", "sudden_weakness", "fall_not_risen"]
SAID: dict[Emergency, str] = {
    "saddle_numbness": "new numbness between the legs or around the back passage",
    "bladder_or_bowel": "new trouble with bladder or bowel",
    "sudden_weakness": "sudden great weakness of a leg",
    "fall_not_risen": "a fall without rising within five minutes",
}


def emergency(what: Emergency, at_s: float, day: str) -> Alert:
    """What the staff are told. The same answer again, at another time, is another alert."""
    sentence = f"The patient reports {SAID[what]}, and was told at once to call the emergency number."
    name = str(uuid5(NAMES, f"T4|{what}|{at_s!r}"))
    not_this = "What the patient said, not a measurement and not a diagnosis. The call may not have been made: ask."
    return Alert(name, "T4", "clinical", what, None, at_s, day, sentence, not_this)
