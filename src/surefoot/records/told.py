"""What the patient tells, beside what the sensors see: giving way, aids, the day's pain, red flags, treatments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from surefoot.records.findings import IncidentKind
from surefoot.records.samples import Side

AnswerWord = Literal["gave_way", "stumbled", "no"]
Teller = Literal["patient", "companion"]  # no names: they never leave the clinic
AidKind = Literal["brace", "stick", "shoes", "strap"]
RedFlag = Literal["saddle_numbness", "bladder_or_bowel", "sudden_weakness", "both_legs_weak"]
TreatmentKind = Literal[
    "physiotherapy", "injection", "shockwave", "stimpod", "surgery", "medication", "exercise", "other"
]


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to "did your leg give way?" about the incident of this ``kind``, ``side`` and ``start_s``.

    The last one, by ``at_s``, stands; all are kept.
    """

    kind: IncidentKind
    side: Side | None
    start_s: float
    answer: AnswerWord
    by: Teller
    at_s: float


Verdict = Literal["real", "not_real", "unsure"]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What somebody at the clinic says of an incident after a look at its raw signal. The last one stands."""

    kind: IncidentKind
    side: Side | None
    start_s: float
    certainty: Literal["possible", "probable"]  # it was told with
    verdict: Verdict
    who: str
    at_s: float
    note: str = ""


@dataclass(frozen=True, slots=True)
class Aid:
    """What the patient walks with from ``start_day`` to ``end_day``, both included; None: until further notice.

    ``name`` tells two of a kind apart: another pair of shoes is another aid. A strap is what holds the sensors.
    """

    kind: AidKind
    start_day: str
    end_day: str | None = None
    name: str = ""

    @property
    def words(self) -> str:
        return f"{self.kind} ({self.name})" if self.name else self.kind


@dataclass(frozen=True, slots=True)
class CheckIn:
    """The day's pain, and what sensors cannot see. A question that was not answered stands nowhere; all are kept."""

    day: str
    at_s: float
    by: Teller
    pain: int | None = None  # 0 none to 10 the worst one can think of; None: not told
    flags: tuple[RedFlag, ...] = ()  # answered yes
    ruled_out: tuple[RedFlag, ...] = ()  # answered no


@dataclass(frozen=True, slots=True)
class Treatment:
    """A treatment and its first day. The same kind and day again replaces it; ``withdrawn``: logged by mistake."""

    kind: TreatmentKind
    day: str
    withdrawn: bool = False
