"""``surefoot clinic digest``: a paragraph about each patient's week, for the therapist to read."""

from __future__ import annotations

import json
import time
from datetime import datetime

import click

from surefoot.cli.clinicstore import database_option, known_clinic
from surefoot.cli.console import Terminal
from surefoot.cli.told import day_given
from surefoot.config import load_config
from surefoot.web.digest import digest as all_of
from surefoot.web.digest import summary, yesterday


@click.command()
@click.option("--to", "last", metavar="DAY", help="The last day of the week [yesterday].")
@database_option
@click.option("--only-news", is_flag=True, help="Only patients with something that is not there every week.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, for programs.")
def digest(last: str | None, only_news: bool, as_json: bool) -> None:
    """Tell each patient's week in a paragraph, what is worth reading first. It changes nothing.

    What needs an answer is an alert and stands in the inbox; this is for reading (tier T1).
    """
    today = datetime.fromtimestamp(time.time(), load_config().zone).date().isoformat()
    with known_clinic(click.get_current_context()) as store:
        found = all_of(store, day_given(last, "--to") or yesterday(today))
    shown = [one for one in found if one.worth_reading or not only_news]
    if as_json:
        for one in shown:
            told = {"type": "digest", "gateway": one.gateway, "label": one.label}
            click.echo(json.dumps(told | {"news": one.worth_reading, "text": one.text}, ensure_ascii=False))
        return
    terminal = Terminal()
    terminal.say(summary(found))
    for one in shown:
        terminal.say()
        terminal.say(f"{one.label}{'' if one.worth_reading else ' (as usual)'}: {one.text}")
