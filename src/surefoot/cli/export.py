"""``surefoot export``: a patient's data as files that other programs read."""

from __future__ import annotations

import re
import time
from datetime import date, datetime, timedelta
from pathlib import Path

import click

from surefoot.cli.clinicstore import open_clinic, operator
from surefoot.cli.console import note
from surefoot.cli.nightly import export_night
from surefoot.cli.recorded import NotRecordedError, recorded_day
from surefoot.cli.report import file_name, named
from surefoot.cli.told import day_given, opened
from surefoot.cli.units import NIGHTLY, once_text
from surefoot.config import Config, load_config
from surefoot.exports.bids import Event, Track, write_bids
from surefoot.exports.fhir import write_fhir
from surefoot.exports.folder import ExportError, write_folder
from surefoot.exports.parquet import write_parquet
from surefoot.exports.plain import write_csv
from surefoot.exports.table import Table
from surefoot.exports.tables import Range, strides_table, tables
from surefoot.pipeline.store import Patient, Store


class Form(click.Choice[str]):
    """A form of files. A day was meant for --until: surefoot report, too, calls its last day --to."""

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if re.fullmatch(r"[\d.-]+", value):
            self.fail(f"{value!r} is no form of files. The last day: --until {value}.", param, ctx)
        return super().convert(value, param, ctx)


@click.command()
@click.argument("patient", required=False, default="")
@click.option(
    "--to", "form", type=Form(["csv", "parquet", "fhir", "bids"]), default="csv", show_default=True,
    help="csv, parquet: tables; fhir: a bundle of observations (R4); bids: raw readings (BIDS-Motion), only at home.",
)  # fmt: skip
@click.option(
    "--store", "store_at", metavar="PATH", help="The home's or the clinic's store, a path or a URL [this home's]."
)
@click.option("--clinic", "of_clinic", is_flag=True, help="The clinic's store, as the settings name it.")
@click.option("--from", "start", metavar="DAY", help="First day, such as 2026-05-01 [the first there is].")
@click.option("--until", "end", metavar="DAY", help="Last day [the last there is].")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), metavar="FOLDER", help="A new folder [surefoot-PATIENT-FORM]."
)
@click.option(
    "--nightly", type=click.Path(path_type=Path), metavar="FOLDER", help="All patients into a folder kept up to date."
)
@click.option(
    "--keep-months", type=click.IntRange(1), metavar="N", help="Of a nightly folder: older months go [all stay]."
)
@click.option("--print-unit", "unit_wanted", is_flag=True, help="Print the systemd unit of this nightly export.")
@click.option("--print-timer", "timer_wanted", is_flag=True, help="Print the timer that starts it.")
@click.pass_context
def export(
    context: click.Context,
    patient: str,
    form: str,
    store_at: str | None,
    of_clinic: bool,
    start: str | None,
    end: str | None,
    output: Path | None,
    nightly: Path | None,
    keep_months: int | None,
    unit_wanted: bool,
    timer_wanted: bool,
) -> None:
    """Write a patient's days, numbers, trends, walks, incidents, tests and alerts into a folder.

    \b
      surefoot export                                            # this home's patient, all tables as CSV
      surefoot export P-01 --store clinic.sqlite --to parquet
      surefoot export --to bids --from 2026-05-01 --until 2026-05-02     # raw readings, as far as they are kept

    \b
    A folder that other programs read, kept up to date by a timer:
      surefoot export --nightly /srv/surefoot --clinic --keep-months 24
      surefoot export --nightly /srv/surefoot --clinic --print-unit     # surefoot-export.service, for systemd
      surefoot export --nightly /srv/surefoot --print-timer             # surefoot-export.timer

    It holds FOLDER/HOME/YYYY-MM/TABLE.csv of every patient, HOME being the home's number. Only files that changed are
    written, each whole. Months that the store no longer holds stay, unless --keep-months or retention_days says
    otherwise; a patient who was deleted at the clinic is removed. Strides and raw readings are left out.

    PATIENT is the label at the clinic, or the beginning of the home's name; it may be left out where there is one only.
    What cannot be said is an empty cell, never a zero. No name of a patient is written into any file.
    """
    if nightly is not None:
        _nightly(context, nightly)
        return
    if unit_wanted or timer_wanted or keep_months is not None:
        raise click.UsageError("--keep-months, --print-unit and --print-timer need --nightly FOLDER.")
    span = Range(day_given(start, "--from"), day_given(end, "--until"), (config := load_config()).zone)
    store, now_s = open_clinic(config) if of_clinic else opened(store_at, config), time.time()
    try:
        who = named(store, patient)
        folder = output or Path(f"surefoot-{file_name(who.label)}-{form}")

        def fill(half: Path) -> list[Path]:
            if form == "fhir":
                return write_fhir(store, who.gateway, span, now_s, half)
            if form == "bids":
                return _bids(store, who, span, config, half)
            every = _tables(store, who, span)
            return write_csv(every, half) if form == "csv" else write_parquet(every, half)

        written = write_folder(folder, fill)
        store.office.audit.add(now_s, operator(), "exported", who.gateway, f"as {form}")
    finally:
        store.close()
    size = sum(path.stat().st_size for path in written)
    told = f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{size / 1e3:.0f} kB"
    note(f"{folder}: {len(written)} files, {told}")


def _nightly(context: click.Context, folder: Path) -> None:
    """All patients into one folder, or what systemd needs for that."""
    given = context.params
    if given["patient"] or given["start"] or given["end"] or given["output"] or given["form"] not in ("csv", "parquet"):
        raise click.UsageError("--nightly takes all patients and days: no PATIENT, --from, --until, -o, fhir or bids.")
    if given["unit_wanted"] or given["timer_wanted"]:
        store = ["--clinic"] if given["of_clinic"] else ["--store", given["store_at"]] if given["store_at"] else []
        months = ["--keep-months", str(given["keep_months"])] if given["keep_months"] else []
        arguments = ["export", "--nightly", str(folder), "--to", given["form"], *store, *months]
        click.echo(once_text(NIGHTLY, given["unit_wanted"], arguments, [folder]), nl=False)
        return
    config = load_config()
    store = open_clinic(config) if given["of_clinic"] else opened(given["store_at"], config)
    try:
        export_night(store, folder, given["form"], given["keep_months"], config)
    finally:
        store.close()


def _tables(store: Store, who: Patient, span: Range) -> list[Table]:
    every = tables(store, who.gateway, span)
    strides = [one for one in store.strides(0.0, float("inf")) if span.holds_moment(one.start_s)]
    return [*every, strides_table(strides, span)] if strides else every  # only homes keep them


def _bids(store: Store, who: Patient, span: Range, config: Config, folder: Path) -> list[Path]:
    """Day by day; days without readings are left out, and told."""
    subject, written, left_out = re.sub(r"[^A-Za-z0-9]", "", who.gateway)[:8], [], []
    days = _days(store, who, span, config)
    for day in days:
        try:
            found = recorded_day(day, None, config)
        except NotRecordedError:
            left_out.append(day)
            continue
        onset_s = min(one.start_s for one in found)
        tracks = [Track(one.side, one.placement, one.rate_hz, one.blocks()) for one in found]
        end_s = max(one.end_s for one in found)
        written += write_bids(tracks, _events(store, who, onset_s, end_s), folder, subject, day.isoformat(), onset_s)
    if not written:
        what = (
            f"No raw readings of {days[0]} to {days[-1]} are kept in {config.home_ring}."
            if days
            else "There is no day."
        )
        raise ExportError(
            what, "Nothing was exported.", f"Homes keep them for {config.raw_days} days: name days since then."
        )
    if left_out:
        note(f"{len(left_out)} days are left out: no raw readings of them are kept")
    return sorted(set(written))


def _days(store: Store, who: Patient, span: Range, config: Config) -> list[date]:
    """Those asked for, else those whose raw readings may still be kept."""
    today = datetime.fromtimestamp(time.time(), config.zone).date()
    first = date.fromisoformat(span.first) if span.first else today - timedelta(days=int(config.raw_days))
    last = date.fromisoformat(span.last) if span.last else today
    return [first + timedelta(days=k) for k in range((last - first).days + 1)]


def _events(store: Store, who: Patient, start_s: float, end_s: float) -> list[Event]:
    contacts = [
        (one.start_s, 0.0, f"initial_contact_{one.side}_{one.placement}") for one in store.strides(start_s, end_s)
    ]
    happened = store.incidents(who.gateway, start_s, end_s)
    return contacts + [(one.start_s, one.end_s - one.start_s, f"{one.kind}_{one.side or 'both'}") for one in happened]
