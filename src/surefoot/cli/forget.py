"""``surefoot clinic forget``: a patient is deleted, after asking; and what stays, and why, is said."""

from __future__ import annotations

import time

import click

from surefoot.cli.clinicstore import clear_journal, clinic_store, operator
from surefoot.cli.console import note
from surefoot.pipeline.store import Patient, Store, StoreError


@click.command()
@click.argument("patient")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_context
def forget(context: click.Context, patient: str, yes: bool) -> None:
    """Delete PATIENT (label or home id) from the clinic's records. This cannot be undone.

    Deleted: name, days, trends, walks, incidents with their raw signal, answers, check-ins, treatments, tests, alerts
    and all that happened to them, and messages that could not be read. What their home sends later is rejected.

    Staying: in the log of who saw and did what, the random id of their home, which nothing leads back to them any more:
    the clinic must be able to account for who had access. The home's own store, and copies made before, are not reached
    from here.
    """
    with clinic_store(context) as store:
        found = _found(store, patient)
        held = store.office.held(found.gateway)
        click.echo(f"{found.label}, home {found.gateway}: " + ", ".join(f"{n} {count}" for n, count in held.items()))
        if not yes:
            click.confirm("Delete all of it, for good?", abort=True)
        gone = store.office.forget(found.gateway, time.time(), operator())
        click.echo(f"Deleted: {sum(gone.values())} rows. The home's id stays in the log of who did what.")
        clear_journal(store)
    note(f"let the home send no longer: surefoot clinic revoke {found.gateway}")
    note("the home's own store is deleted there (its folder)")
    note("copies of this database still hold the patient, beside it (*.schema-N) or in it (PostgreSQL: public_N), too")


def _found(store: Store, patient: str) -> Patient:
    wanted = patient.strip().casefold()
    found = [one for one in store.patients() if wanted in (one.gateway, one.label.casefold())]
    if len(found) != 1:
        many = f"{len(found)} patients are" if found else "No patient is"
        raise StoreError(f"{many} called {patient}.", "Nothing was deleted.", "Give the id of the home, whole.")
    return found[0]
