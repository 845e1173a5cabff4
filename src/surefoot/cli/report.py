"""``surefoot report``: one patient's days on two pages, to print, to send or to keep."""

from __future__ import annotations

import re
import time
from pathlib import Path

import click

from surefoot.cli.clinicstore import operator
from surefoot.cli.console import note
from surefoot.cli.told import day_given, opened
from surefoot.config import load_config
from surefoot.pipeline.store import Patient, Store, StoreError
from surefoot.web import paper
from surefoot.web.language import OWN, speak
from surefoot.web.report import report as made

FEW = 10  # patients named where one must be chosen: a clinic has hundreds


@click.command()
@click.argument("patient", required=False, default="")
@click.option(
    "--store", "store_at", metavar="PATH", help="The home's or the clinic's store, a path or a URL [this home's]."
)
@click.option("--from", "start", metavar="DAY", help="First day, such as 2026-05-01 [28 days before the last].")
@click.option("--to", "--until", "end", metavar="DAY", help="Last day [the newest that has arrived].")
@click.option("--pdf", "as_pdf", is_flag=True, help="An accessible PDF of at most two A4 pages [a web page].")
@click.option("--html", "as_html", is_flag=True, help="A web page that needs nothing else; it prints on A4.")
@click.option("--language", metavar="CODE", help="Of the report: en or de [the installation's].")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where to write it [here, by the patient's label and days].",
)
def report(
    patient: str,
    store_at: str | None,
    start: str | None,
    end: str | None,
    as_pdf: bool,
    as_html: bool,
    language: str | None,
    output: Path | None,
) -> None:
    """Print one patient's days: trends, alerts, incidents, tests, and how much wear all that rests on.

    \b
      surefoot report                                             # this home's patient, the last 28 days
      surefoot report P-01 --store clinic.sqlite --pdf
      surefoot report P-01 --store clinic.sqlite --from 2026-05-01 --to 2026-06-15 --pdf --html

    PATIENT is the label at the clinic, or the beginning of the home's name. It may be left out where there is one only.
    """
    first, last = day_given(start, "--from"), day_given(end, "--to")
    config = load_config(language=language)
    speak(config.language or OWN)
    store = opened(store_at, config)
    try:
        found = made(store, (of := named(store, patient)), first, last, time.time(), config.zone)
        store.office.audit.add(time.time(), operator(), "printed a report", of.gateway, f"{first} to {last}")
    finally:
        store.close()
    whole = output or Path(f"surefoot-{file_name(found.patient)}-{found.first_day}-{found.last_day}")
    base = whole.with_suffix("") if whole.suffix in (".html", ".pdf") else whole
    as_pdf = as_pdf or whole.suffix == ".pdf"
    if as_html or not as_pdf:
        _write(base.with_name(f"{base.name}.html"), paper.html(found).encode())
    if as_pdf:
        _write(base.with_name(f"{base.name}.pdf"), paper.pdf(found))


def named(store: Store, given: str) -> Patient:
    """The patient of that label or home; StoreError when there is none, or more than one."""
    patients = store.patients()
    if not given and len(patients) == 1:
        return patients[0]
    same = [one for one in patients if one.label.casefold() == given.casefold()]
    found = same or [one for one in patients if given and one.gateway.startswith(given.lower())]
    if len(found) == 1:
        return found[0]
    like = [one for one in patients if given and given.casefold() in one.label.casefold()]
    names = sorted(one.label for one in like or patients)
    more = f" and {len(names) - FEW} more" if len(names) > FEW else ""
    known = ", ".join(names[:FEW]) + more or "none: no home has sent anything yet"
    what = f"{len(found) or 'No'} patients are called {given!r}." if given else "The store holds several patients."
    what = "No patient is in this store." if not patients else what
    raise StoreError(what, "Nothing was written.", f"Name one: {known}.")


def file_name(label: str) -> str:
    """A label as part of a file's name."""
    return re.sub(r"[^\w.-]+", "-", label).strip("-.") or "patient"


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        what = f"{path} cannot be written ({error.strerror})."
        raise StoreError(
            what, "No report was written; what is stored is safe.", "Choose another place: -o PATH."
        ) from error
    note(f"{path} is written ({len(content) / 1e3:.0f} kB)")
