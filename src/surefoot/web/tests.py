"""Guided tests: what the patient did, when, with what result, or why it cannot be used."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo

from surefoot.records import TestResult
from surefoot.web.language import _
from surefoot.web.retold import retold
from surefoot.web.words import TESTS, digits, leg, local, number

SHOWN = 50


def tests(results: Sequence[TestResult], zone: tzinfo | None) -> list[tuple[str, ...]]:
    """Rows of a table, newest first; ``results`` are oldest first."""
    return [_row(one, zone) for one in reversed(results[-SHOWN:])]


def _row(one: TestResult, zone: tzinfo | None) -> tuple[str, ...]:
    value = number(one.value, digits(one.unit), one.unit)
    why = retold(one.reason) if one.reason else _("no reason was given")
    usable = _("yes") if one.value is not None else _("no: {why}", why=why)
    return (local(one.start_s, zone), _(TESTS[one.kind]), leg(one.side), value, usable)
