"""What stands beside the trends on a patient's page: the recovery, what the patient told, what is being done."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from typing import Any

from surefoot.alerts.redflags import FLAGS, QUESTIONS
from surefoot.pipeline.store import Store
from surefoot.records import CheckIn, DaySummary
from surefoot.web.ordered import TREATMENTS
from surefoot.web.recovering import COLUMNS, NOT_SET, recoveries
from surefoot.web.words import local

SHOWN_CHECK_INS = 60


def beside(store: Store, gateway: str, days: Sequence[DaySummary], zone: tzinfo | None) -> dict[str, Any]:
    """For the template ``_beside.html``."""
    affected = store.orders.plan(gateway).affected
    check_ins = store.diary.check_ins(gateway)[-SHOWN_CHECK_INS:]
    return {
        "affected": affected,
        "recoveries": recoveries(days, affected),
        "recovery_columns": COLUMNS,
        "recovery_not_set": NOT_SET,
        "check_ins": [_row(one, zone) for one in reversed(check_ins)],
        "treatments": [(TREATMENTS[one.kind], one.day) for one in store.diary.treatments(gateway)],
    }


def _row(one: CheckIn, zone: tzinfo | None) -> tuple[str, ...]:
    flags = "; ".join(FLAGS[flag] for flag in one.flags) or "none told"
    left = len(QUESTIONS) - len(one.flags) - len(one.ruled_out)
    answered = "all answered" if not left else f"{left} of {len(QUESTIONS)} not answered"
    pain = "not told" if one.pain is None else f"{one.pain} of 10"
    return (local(one.at_s, zone), one.by, pain, flags, answered)
