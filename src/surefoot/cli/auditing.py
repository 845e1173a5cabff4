"""``surefoot clinic audit``: who saw and did what, and whether that log is as it was written."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime

import click

from surefoot.cli.clinicstore import clinic_store
from surefoot.cli.console import Terminal
from surefoot.cli.main import FAILED


@click.group()
def audit() -> None:
    """Who saw and did what: entries are only ever added, and each vouches for all before it."""


@audit.command()
@click.option("--newest", default=50, show_default=True, type=click.IntRange(1), help="So many, the last ones.")
@click.option("--about", default="", metavar="ID", help="Only about this patient's home, or this person.")
@click.option("--who", default="", metavar="NAME", help="Only what this person did.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one object a line.")
@click.pass_context
def show(context: click.Context, newest: int, about: str, who: str, as_json: bool) -> None:
    """Print the log, oldest first. Patients are in it by the random id of their home only."""
    with clinic_store(context) as store:
        entries = store.office.audit.entries(newest, about, who)
    if as_json:
        for one in entries:
            click.echo(json.dumps({"type": "audit", **asdict(one)}, ensure_ascii=False))
        return
    rows = [(str(one.number), _when(one.at_s), one.who, one.what, one.about, one.told) for one in entries]
    Terminal().table("Who saw and did what (times in UTC)", ("no.", "when", "who", "what", "about", "also"), rows)


@audit.command()
@click.option("--noted", default="", metavar="HEAD", help="A head written down before: it must be in the log still.")
@click.pass_context
def verify(context: click.Context, noted: str) -> None:
    """Look through the whole log: was an entry changed, added or taken away? Exit status 1 when so.

    It prints the log's head, which vouches for everything up to it. Whoever holds the clinic's key and its database
    could write a log of their own: note the head elsewhere from time to time (on paper, in a mail), and give it with
    --noted.
    """
    with clinic_store(context) as store:
        found = store.office.audit.verify(noted)
    if found.wrong is not None:
        click.echo(f"The log was tampered with, at entry {found.wrong}: {found.why}.")
        click.echo("What stands before it is as it was written.")
        context.exit(FAILED)
    click.echo(f"All {found.entries} entries are as they were written.")
    if found.head:
        click.echo(f"Head: {found.head}")
    if found.unkeyed:
        click.echo(f"{found.unkeyed} of them without a key: whoever may write the database could have made them anew.")


def _when(at_s: float) -> str:
    return datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%d %H:%M:%S")
