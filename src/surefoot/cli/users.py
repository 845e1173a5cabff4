"""``surefoot clinic user``: who may log in at the pages, and as what."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from surefoot.cli.clinicstore import clinic_store, operator
from surefoot.cli.console import Terminal, note
from surefoot.cli.secretfile import secret_in

ROLE_NAMES = (
    "therapist",
    "care-team",
    "admin",
    "wall-screen",
)  # pipeline.staff.ROLES, which is heavy to load for a help text
_ROLE = click.option(
    "--role",
    "roles",
    multiple=True,
    required=True,
    type=click.Choice(ROLE_NAMES),
    help="What they are; may be given twice.",
)
_FILE = click.option(
    "--password-file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Read the password from its first line instead of asking; the file must be yours alone (chmod 600).",
)


@click.group("user")
def user() -> None:
    """Who may log in at the clinic's pages, and as what.

    \b
      therapist   sees patients; names them, sets their thresholds; alerts
      care-team   sees patients; alerts: acknowledge, snooze, resolve
      admin       technical alerts, read tokens; logins are given out here, at the command line
      wall-screen reads the list and the alerts and does nothing; stays logged in for 30 days

    As soon as somebody has a login, nobody gets in without one. Without any the pages are open to this computer alone.
    """


@user.command()
@click.argument("name")
@_ROLE
@_FILE
@click.pass_context
def add(context: click.Context, name: str, roles: Sequence[str], password_file: Path | None) -> None:
    """Give NAME a login: the name they sign with, such as "Dr. Ada Example"."""
    with clinic_store(context) as store:
        first = not store.office.staff.is_there()
        store.office.staff.add(name, roles, _password(password_file), time.time())  # type: ignore[arg-type]  # by click
        store.office.audit.add(time.time(), operator(), "gave a login", " ".join(name.split()), ", ".join(roles))
        click.echo(f"{name} may log in as: {', '.join(roles)}.")
        if first:
            note("from now on nobody sees these pages without a login")


@user.command()
@click.argument("name")
@_FILE
@click.pass_context
def passwd(context: click.Context, name: str, password_file: Path | None) -> None:
    """Give NAME another password. Wherever they are logged in, they have to log in again."""
    with clinic_store(context) as store:
        name = store.office.staff.set_password(name, _password(password_file), time.time())
        store.office.audit.add(time.time(), operator(), "gave a new password", name)
        click.echo(f"{name} has a new password.")


@user.command()
@click.argument("name")
@_ROLE
@click.pass_context
def role(context: click.Context, name: str, roles: Sequence[str]) -> None:
    """Change what NAME is."""
    with clinic_store(context) as store:
        name = store.office.staff.set_roles(name, roles)  # type: ignore[arg-type]  # by click
        store.office.audit.add(time.time(), operator(), "changed the roles", name, ", ".join(roles))
        click.echo(f"{name} is now: {', '.join(roles)}.")


@user.command()
@click.argument("name")
@click.pass_context
def remove(context: click.Context, name: str) -> None:
    """NAME may log in no longer, at once. What they did stays signed by them, and nobody else gets the name."""
    with clinic_store(context) as store:
        name = store.office.staff.remove(name)
        store.office.audit.add(time.time(), operator(), "took away the login", name)
        click.echo(f"{name} may log in no longer.")
        if not store.office.staff.is_there():
            note("nobody has a login now: the pages are open to whoever uses this computer, and to no other")


@user.command("list")
@click.pass_context
def list_(context: click.Context) -> None:
    """Everybody who has or had a login."""
    with clinic_store(context) as store:
        rows = [
            (
                one.person.name,
                ", ".join(one.person.roles),
                _day(one.changed_s),
                "may log in" if one.may_log_in else "has left",
            )
            for one in store.office.staff.everybody()
        ]
    Terminal().table("Logins", ("name", "roles", "password of", "state"), rows)


def _password(file: Path | None) -> str:
    if file is not None:
        return (secret_in(file).splitlines() or [""])[0]
    given: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    return given


def _day(at_s: float) -> str:
    return datetime.fromtimestamp(at_s, UTC).date().isoformat()
