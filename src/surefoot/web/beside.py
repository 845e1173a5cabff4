"""What stands beside the trends on a patient's page: the recovery, what the patient told, what is being done."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from typing import Any

from surefoot.alerts.redflags import FLAGS, QUESTIONS
from surefoot.pipeline.store import Store
from surefoot.records import CheckIn, DaySummary, Teller
from surefoot.web.language import N_, _
from surefoot.web.ordered import TREATMENTS
from surefoot.web.recovering import COLUMNS, recoveries
from surefoot.web.retold import retold
from surefoot.web.words import local

SHOWN_CHECK_INS = 60
TELLERS: dict[Teller, str] = {"patient": N_("patient"), "companion": N_("companion")}


def beside(store: Store, gateway: str, days: Sequence[DaySummary], zone: tzinfo | None) -> dict[str, Any]:
    """For the template ``_beside.html``."""
    affected = store.orders.plan(gateway).affected
    check_ins = store.diary.check_ins(gateway)[-SHOWN_CHECK_INS:]
    return {
        "affected": affected,
        "recoveries": recoveries(days, affected),
        "recovery_columns": [_(one) for one in COLUMNS],
        "check_ins": [_row(one, zone) for one in reversed(check_ins)],
        "treatments": [(_(TREATMENTS[one.kind]), one.day) for one in store.diary.treatments(gateway)],
    }


def _row(one: CheckIn, zone: tzinfo | None) -> tuple[str, ...]:
    flags = "; ".join(retold(FLAGS[flag]) for flag in one.flags) or _("none told")
    left = len(QUESTIONS) - len(one.flags) - len(one.ruled_out)
    answered = _("{left} of {all} not answered", left=left, all=len(QUESTIONS)) if left else _("all answered")
    pain = _("not told") if one.pain is None else _("{pain} of 10", pain=one.pain)
    return (local(one.at_s, zone), _(TELLERS[one.by]), pain, flags, answered)
