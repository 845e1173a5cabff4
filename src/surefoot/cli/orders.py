"""``surefoot clinic limits``, ``learn``, ``affected``, ``treatment``, ``ask``, ``orders``: decide for one patient."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any, get_args

import click

from surefoot.alerts.limits import RANGES
from surefoot.cli.clinicstore import database_option, known_clinic, operator
from surefoot.cli.console import Terminal, note
from surefoot.config import load_config
from surefoot.pipeline.store import Store, StoreError
from surefoot.records import Affected, Learning, Limits, Ordered, Question, Side, TestKind, Treatment, TreatmentKind
from surefoot.web.ordered import history, in_short, said

COLUMNS = ("when", "who", "what", "note", "what the home says")
_NAMES = ", ".join(one.name for one in RANGES)


def _command(function: Callable[..., Any]) -> Callable[..., Any]:
    """What all of them take: the patient, who decides, why, and where the clinic keeps its records."""
    for option in (
        database_option,
        click.option("--note", "why", default="", metavar="TEXT", help="Why."),
        click.option("--who", metavar="NAME", required=True, help="Who decides. It stays at this clinic."),
        click.argument("patient"),
    ):
        function = option(function)
    return function


@click.command()
@_command
@click.option("--set", "wishes", multiple=True, metavar="NAME=NUMBER", help=f"A limit; may be given often: {_NAMES}.")
def limits(patient: str, who: str, why: str, wishes: tuple[str, ...]) -> None:
    """Set all limits of PATIENT (label or gateway). What is not named is as usual; without --set all are.

    \b
      surefoot clinic limits P-01 --who Ann --set chart_review=4.5 --set chart_urgent=5.5
    """
    numbers: dict[str, float] = {}
    for wish in wishes:
        name, _, number = wish.partition("=")
        if name not in {one.name for one in RANGES}:
            raise click.BadParameter(f"There is no limit {name!r}; there are: {_NAMES}.", param_hint="--set")
        try:
            numbers[name] = float(number)
        except ValueError as error:
            raise click.BadParameter(f"{number!r} is no number.", param_hint="--set") from error
    _order(patient, Limits(**numbers), who, why)


@click.command()
@_command
@click.option("--from", "first_day", default="", metavar="DAY", help="Anew from this day on [the first of all].")
@click.option("--days", default=14, show_default=True, help="Good days to learn from, 7 to 42.")
def learn(patient: str, who: str, why: str, first_day: str, days: int) -> None:
    """Have what is normal for PATIENT learned anew from a day on, or the first baseline from more days."""
    _order(patient, Learning(first_day, days), who, why)


@click.command()
@_command
@click.argument("side", type=click.Choice(["left", "right"]))
@click.option("--since", metavar="DAY", required=True, help="Since when it is affected.")
def affected(patient: str, side: Side, who: str, why: str, since: str) -> None:
    """Say which leg of PATIENT is affected, and since when: what recovery is measured from."""
    _order(patient, Affected(side, since), who, why)


@click.command()
@_command
@click.argument("kind", type=click.Choice(get_args(TreatmentKind)))
@click.option("--from", "day", metavar="DAY", help="Its first day [today].")
@click.option("--remove", is_flag=True, help="Take back what was logged by mistake.")
def treatment(patient: str, kind: TreatmentKind, who: str, why: str, day: str | None, remove: bool) -> None:
    """Log a treatment of PATIENT. Their home is told, so that a decline can be said to be "despite" it."""
    first = day or datetime.fromtimestamp(time.time(), load_config().zone).date().isoformat()
    _order(patient, Treatment(kind, first, remove), who, why)


@click.command()
@_command
@click.argument("about", type=click.Choice(["check-in", "shoes", *get_args(TestKind)]))
def ask(patient: str, about: str, who: str, why: str) -> None:
    """Ask PATIENT for the check-in, a test or about shoes, on their page. No way to reach somebody in need: call."""
    test: TestKind = about  # type: ignore[assignment]  # of click.Choice, but for those looked at here
    asked = {"check-in": Question("check_in"), "shoes": Question("shoes")}
    _order(patient, asked.get(about) or Question("test", test), who, why)


@click.command()
@click.argument("patient")
@database_option
def orders(patient: str) -> None:
    """Show what holds for PATIENT, who decided what and when, and what their home says to it."""
    with known_clinic(click.get_current_context()) as store:
        gateway, zone = gateway_of(store, patient), load_config().zone
        plan, rows = store.orders.plan(gateway), history(store, gateway, zone)
    for line in in_short(plan) or ["the usual limits hold"]:
        note(line)
    Terminal().table(f"Orders: {len(rows)}", COLUMNS, rows, COLUMNS)


def _order(patient: str, what: Ordered, who: str, why: str) -> None:
    now_s, zone = time.time(), load_config().zone
    if not who.strip():
        raise click.BadParameter("A name is needed.", param_hint="--who")
    with known_clinic(click.get_current_context()) as store:
        today = datetime.fromtimestamp(now_s, zone).date().isoformat()
        gateway = gateway_of(store, patient)
        store.orders.give(gateway, what, who.strip(), now_s, today, why)
        store.office.audit.add(
            now_s, operator(), f"ordered {type(what).__name__.lower()}", gateway, f"as {who.strip()}"
        )
    note(f"{said(what, zone)}. Stored; the running clinic sends it until the home confirms it: surefoot clinic orders")


def gateway_of(store: Store, patient: str) -> str:
    """The gateway of a label, or of the beginning of a gateway; one and only one must fit."""
    fit = [one for one in store.patients() if one.label == patient] or [
        one for one in store.patients() if len(patient) >= 4 and one.gateway.startswith(patient)
    ]
    if len(fit) != 1:
        what = f"{'No patient' if not fit else 'More than one patient'} is called {patient}."
        raise StoreError(what, "Nothing was done.", "Give the label of the list of patients, or the whole gateway.")
    return fit[0].gateway
