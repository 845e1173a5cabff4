"""Red flags: what sensors cannot see and must be asked, and the alerts that do not wait for anybody (T4).

What is asked about follows published warning signs of a pressed cauda equina and of severe new weakness (NICE NG59;
GIRFT's pathway for suspected cauda equina syndrome, 2023; Greenhalgh et al. 2018; facts/clinical.md 7.1, M), in words
of our own. Which of them make an emergency, and a fall without rising in five minutes: 7.8 (P).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import uuid5

from surefoot.alerts.rules import NAMES
from surefoot.records import Alert, Answer, CheckIn, Incident, RedFlag

PAIN = "How strong was the pain today, from 0 (none) to 10 (the worst you can think of)?"
QUESTIONS: Mapping[RedFlag, str] = {
    "saddle_numbness": (
        "Has the skin between your legs, around your bottom or your private parts, become numb or strange to the touch?"
    ),
    "bladder_or_bowel": (
        "Is anything new with passing water or stool: you cannot start or hold it, or do not feel it, "
        "or sex feels different?"
    ),
    "sudden_weakness": (
        "Has a leg or foot lost its strength all at once, so that it does not hold you or you cannot move it at all?"
    ),
    "both_legs_weak": "Have both legs become weak or numb, or does the pain now shoot into both legs?",
}
FLAGS: Mapping[RedFlag, str] = {  # as told to those who care
    "saddle_numbness": "numbness between the legs",
    "bladder_or_bowel": "a change of bladder, bowel or sexual function",
    "sudden_weakness": "a leg that suddenly lost its strength",
    "both_legs_weak": "weakness, numbness or pain of both legs",
}
EMERGENCY = (
    "CALL THE EMERGENCY NUMBER NOW (112 in Europe, 999 also in the United Kingdom, 911 in North America).\n"
    "Say: sciatica, and now what you have just answered yes to. Nerves to bladder, bowel and legs may be under "
    "pressure, and hours count.\n"
    "Do not wait for a call back, for tomorrow or for an answer from surefoot. Do not drive yourself. "
    "If you cannot call, ask somebody near you to."
)
FALLEN = (
    "CALL FOR HELP NOW (112 in Europe, 999 also in the United Kingdom, 911 in North America): it looks as if somebody "
    "fell and has not got up for five minutes.\n"
    "If it was not so, answer it: surefoot log answer no"
)
MEANWHILE = (  # to the patient, with an urgent alert
    "Your care team is being told and should contact you today; if nobody does, call them. Do not wait for them, and "
    "call the emergency number, if you become numb between the legs, if passing water or stool changes, if a leg no "
    "longer holds you, or if both legs become weak."
)
NOT_A_MEASUREMENT = (
    "Told by the patient or a companion, not measured, and not a diagnosis. The patient was shown at once to call the "
    "emergency number; whether that was done is not known here."
)
NOT_A_FALL = (
    "It looks like a fall at the ankle; a sensor that was taken off and dropped can look the same. Nobody has been "
    "called by surefoot."
)


SAME_S = 3600.0  # the form sent twice, or told by the patient and a companion (P)


@dataclass(frozen=True, slots=True)
class NotUpParams:
    """A fall without rising (7.8, P)."""

    not_up_s: float = 300.0
    ask_s: float = 300.0  # a possible one is asked about for so long, then silence is yes; a probable one at once


def red_flags(told: CheckIn) -> list[Alert]:
    """The alert of a check-in in which a red flag was answered with yes; the same flags of one hour are one alert.

    Told once more in the evening is another: whoever answered the one of the morning knows nothing of it.
    """
    if not told.flags:
        return []
    flags = sorted(told.flags)
    sentence = (
        f"Red flag, told by the {told.by}: {'; '.join(FLAGS[flag] for flag in flags)}. "
        "The emergency text was shown at once; make sure that the patient is being helped."
    )
    name = "|".join([told.day, str(int(told.at_s // SAME_S)), *flags])
    return [_alert("red_flags", name, told.at_s, told.day, sentence, NOT_A_MEASUREMENT)]


def not_up(
    fall: Incident, said: Answer | None, now_s: float, day: str, params: NotUpParams = NotUpParams()
) -> list[Alert]:
    """The alert of a fall without rising, by ``now_s``; none where the patient said that nothing happened."""
    lain_s = dict(fall.evidence).get("not_up_after_s")
    if fall.kind != "fall" or lain_s is None or lain_s < params.not_up_s or (said and said.answer == "no"):
        return []
    if said is None and fall.certainty == "possible" and now_s < fall.end_s + params.ask_s:
        return []
    answered = f"the {said.by} said it was so" if said else "nobody has answered"
    sentence = f"A fall-like event, and no rising for {lain_s / 60:.0f} minutes ({fall.certainty}); {answered}."
    return [_alert("fall_not_up", repr(fall.start_s), now_s, day, sentence, NOT_A_FALL)]


def _alert(kind: str, name: str, at_s: float, day: str, sentence: str, not_this: str) -> Alert:
    alert_id = str(uuid5(NAMES, f"T4|{kind}|{name}"))
    return Alert(alert_id, "T4", "clinical", kind, None, at_s, day, sentence, not_this)
