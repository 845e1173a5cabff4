"""``surefoot clinic token``: which programs may read this clinic's records, what of them, and until when."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime

import click

from surefoot.cli.clinicstore import clinic_store, operator
from surefoot.cli.console import Terminal, note
from surefoot.cli.report import named

SCOPE_NAMES = ("patients:read", "days:read", "incidents:read", "alerts:read", "exports:read")  # pipeline.tokens.SCOPES


@click.group("token")
def token() -> None:
    """Which programs may read this clinic's records, over /api/v1, and what of them.

    \b
      patients:read    who is a patient, by name, and who needs a look
      days:read        days, coverage, numbers, courses, trends
      incidents:read   foot drop, giving way, stumbles, falls, and what was said of them
      alerts:read      alerts and what happened to them
      exports:read     everything of a patient as files
    """


@token.command()
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    required=True,
    type=click.Choice(SCOPE_NAMES),
    help="May be given several times.",
)
@click.option(
    "--patient", "patients", multiple=True, metavar="PATIENT",
    help="Only of this patient (label, or beginning of the home's name); may be given several times [all].",
)  # fmt: skip
@click.option("--days", type=click.IntRange(1, 730), default=365, show_default=True, help="It ends after so many days.")
@click.pass_context
def create(context: click.Context, name: str, scopes: Sequence[str], patients: Sequence[str], days: int) -> None:
    """Make a token for a program. NAME says for which, such as "ward dashboard".

    The token is printed once, alone on its line, and cannot be read again. A program sends it with each request:

    \b
      Authorization: Bearer surefoot_...

    never in an address, which would end up in logs.
    """
    now_s = time.time()
    with clinic_store(context) as store:
        who = [named(store, one) for one in patients]
        only = tuple(one.gateway for one in who) if patients else None
        made, text = store.office.tokens.create(name, scopes, only, days, operator(), now_s)  # type: ignore[arg-type]
        told = f"{made.id}, {', '.join(made.scopes)}, {' '.join(only) if only else 'all patients'}"
        store.office.audit.add(now_s, operator(), "made a token", made.name, told)
        click.echo(text)
        of = ", ".join(one.label for one in who) or "all patients, also those to come"
        note(f"{made.name} may read {', '.join(made.scopes)} of {of}, until {_day(made.expires_s)}")
        note("this is the only time it is shown; take it back with: surefoot clinic token revoke NAME")


@token.command("list")
@click.pass_context
def list_(context: click.Context) -> None:
    """Every token there is or was."""
    now_s = time.time()
    with clinic_store(context) as store:
        labels = {one.gateway: one.label for one in store.patients()}
        rows = [
            (
                one.name,
                one.id,
                ", ".join(one.scopes),
                "all" if one.patients is None else ", ".join(labels.get(p, p[:8]) for p in one.patients) or "none left",
                f"{_day(one.made_s)} by {one.made_by}",
                "never" if one.used_s is None else _minute(one.used_s),
                _stands(one.state(now_s), one.expires_s, one.revoked_s),
            )
            for one in store.office.tokens.all()
        ]
    Terminal().table("Tokens", ("name", "id", "may", "of", "made", "last used (UTC)", "state"), rows)


@token.command()
@click.argument("name")
@click.pass_context
def revoke(context: click.Context, name: str) -> None:
    """Take a token back, by NAME or id: it lets nobody in from now on."""
    now_s = time.time()
    with clinic_store(context) as store:
        gone = store.office.tokens.revoke(name, now_s)
        store.office.audit.add(now_s, operator(), "revoked a token", gone.name, gone.id)
        click.echo(f"{gone.name} may read nothing any more.")


def _stands(state: str, expires_s: float, revoked_s: float | None) -> str:
    if revoked_s is not None:
        return f"revoked {_day(revoked_s)}"
    return f"{'ended' if state == 'expired' else 'until'} {_day(expires_s)}"


def _day(at_s: float) -> str:
    return datetime.fromtimestamp(at_s, UTC).date().isoformat()


def _minute(at_s: float) -> str:
    return datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%d %H:%M")
