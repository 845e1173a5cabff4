"""The night's export: every patient of a store into one folder, by a timer; what changed, and what it did in a line."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from pathlib import Path

import click

from surefoot.cli.clinicstore import operator
from surefoot.cli.console import note
from surefoot.config import Config
from surefoot.exports.nightly import Form, Night, remove_patients, write_patient
from surefoot.exports.tables import Range, tables
from surefoot.pipeline.store import Store


def export_night(store: Store, folder: Path, form: Form, keep_months: int | None, config: Config) -> None:
    """All patients, one after another. ExportError at the first that the disk does not take."""
    now_s, who = time.time(), operator()
    since, span = oldest_month(now_s, keep_months, config), Range(None, None, config.zone)
    for gateway in remove_patients(folder, store.office.forgotten()):
        store.office.audit.add(now_s, who, "removed an export", gateway, "the patient was deleted")
        note(f"{folder / gateway} is removed: the patient was deleted")
    done, patients, changed = Night(), store.patients(), 0
    for one in patients:
        night = write_patient(folder, one.gateway, tables(store, one.gateway, span), form, since)
        if night.written:
            store.office.audit.add(time.time(), who, "exported", one.gateway, f"nightly as {form}")
            changed += 1
        done += night
    seconds = time.time() - now_s
    told = f"{changed} of {len(patients)} patients changed: {done.written} files written, {done.same} as they were"
    click.echo(f"{folder}: {told}, {done.removed} old months removed, in {seconds:.1f} s")


def oldest_month(now_s: float, keep_months: int | None, config: Config) -> str | None:
    """The oldest that is kept: of the last so many, and none that records may no longer be of; None: all."""
    today = datetime.fromtimestamp(now_s, config.zone).date()
    limits = []
    if keep_months is not None:
        number = today.year * 12 + today.month - keep_months  # months since year 0; this one is the first of those kept
        limits.append(f"{number // 12:04d}-{number % 12 + 1:02d}")
    if config.retention_days is not None:
        limits.append((today - timedelta(days=config.retention_days)).isoformat()[:7])
    return max(limits, default=None)
