"""``surefoot log``: what the patient tells is written into the home's store."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime
from typing import get_args

import click

from surefoot.cli.checkin import checkin, treatment
from surefoot.cli.console import NOT_KNOWN, Terminal, clock_time, note
from surefoot.cli.rules import orders, rules
from surefoot.cli.shoes import shoes
from surefoot.cli.told import STORE, day_given, opened
from surefoot.config import load_config
from surefoot.pipeline.aids import changed_by
from surefoot.pipeline.asking import ABOUT
from surefoot.pipeline.chart import TrendParams
from surefoot.pipeline.store import StoreError
from surefoot.pipeline.telling import keep_answer
from surefoot.records import Aid, AidKind, AnswerWord, Incident, Teller
from surefoot.web.words import ANSWERS, INCIDENTS, side


@click.group()
def log() -> None:
    """Tell what sensors cannot know. It is kept in the patient's store and sent to the clinic with the rest."""


log.add_command(checkin)
log.add_command(treatment)
log.add_command(rules)
log.add_command(orders)
log.add_command(shoes)


@log.command()
@click.argument("word", type=click.Choice(["gave-way", "stumbled", "no"]))
@STORE
@click.option(
    "--incident", "which", metavar="START", help="Its start, as surefoot log incidents shows it [the newest]."
)
@click.option("--by", type=click.Choice(["patient", "companion"]), default="patient", show_default=True, help="Who.")
def answer(word: str, store_at: str | None, which: str | None, by: Teller) -> None:
    """Answer "did your leg give way?".

    It is about the newest giving way, stumble or fall, or with --incident about another one. The last answer stands;
    earlier ones are kept.
    """
    config = load_config()
    store = opened(store_at, config)
    try:
        about = _asked_about(store.incidents(store.gateway()), which)
        said: AnswerWord = word.replace("-", "_")  # type: ignore[assignment]  # click.Choice
        alerts = keep_answer(store, about, said, by, time.time(), config.zone)
    finally:
        store.close()
    when = clock_time(about.start_s, config.zone, True)
    note(f"{ANSWERS[said]!r} is kept about the {INCIDENTS[about.kind]} at {when} ({side(about.side)})")
    for alert in alerts:
        note(f"the care team is told ({alert.tier}): {alert.sentence}")


@log.command()
@STORE
def incidents(store_at: str | None) -> None:
    """List what can be answered about.

    Oldest first, each with its start and the answer that stands.
    """
    config = load_config()
    store = opened(store_at, config)
    try:
        known = store.incidents(store.gateway())
        answers = {(a.kind, a.side, a.start_s): a for a in store.answers(store.gateway())}
    finally:
        store.close()
    rows = []
    for one in (one for one in known if one.kind in ABOUT):
        stands = answers.get((one.kind, one.side, one.start_s))
        words = (INCIDENTS[one.kind], side(one.side), one.certainty, ANSWERS[stands.answer] if stands else NOT_KNOWN)
        rows.append((clock_time(one.start_s, config.zone, True), *words, repr(one.start_s)))
    columns = ("time", "what it looked like", "leg", "certainty", "answer", "start")
    Terminal().table(f"Incidents: {len(rows)}", columns, rows, columns)


@log.command()
@click.argument("kind", type=click.Choice(get_args(AidKind)))
@STORE
@click.option("--from", "start", metavar="DAY", help="First day with it, such as 2026-05-01 [today].")
@click.option("--until", "end", metavar="DAY", help="Last day with it [until further notice].")
@click.option("--name", default="", help="Which one, where there are several: other shoes are another aid.")
@click.option("--remove", is_flag=True, help="Take back what was logged with this first day by mistake.")
def aid(kind: str, store_at: str | None, start: str | None, end: str | None, name: str, remove: bool) -> None:
    """Log a brace, a stick, shoes, or another strap that holds the sensors.

    Days with it are compared only with days with it.

    \b
      surefoot log aid brace --from 2026-05-01
      surefoot log aid brace --from 2026-05-01 --until 2026-05-20

    The same kind, name and first day again changes the last day. Days that are told already are judged anew.
    """
    config = load_config()
    first = day_given(start, "--from") or datetime.fromtimestamp(time.time(), config.zone).date().isoformat()
    last = day_given(end, "--until")
    if last is not None and last < first:
        raise click.BadParameter(f"{last} is before {first}.", param_hint="--until")
    logged = Aid(kind, first, last, name.strip())  # type: ignore[arg-type]  # one of click.Choice
    store = opened(store_at, config)
    try:
        if not remove:
            store.diary.keep_aid(logged)
        elif not store.diary.drop_aid(logged):
            what = f"No {logged.words} was logged from {first} on."
            raise StoreError(what, "Nothing was changed.", "Give the first day it was logged with: --from.")
        plan = store.orders.plan(store.gateway())
        changed = list(changed_by(store.days(store.gateway()), store.diary.aids(), plan.judging(TrendParams())))
        for day, trends in changed:
            store.keep_day(day, trends)
    finally:
        store.close()
    done = "taken back" if remove else f"logged from {first} {f'to {last}' if last else 'on'}"
    note(f"{logged.words} {done}; {len(changed)} day{'s' * (len(changed) != 1)} judged anew")


def _asked_about(incidents: Sequence[Incident], which: str | None) -> Incident:
    asked = [one for one in incidents if one.kind in ABOUT]
    if which is not None:
        asked = [one for one in asked if repr(one.start_s) == which]
    if not asked:
        none = "No giving way, stumble or fall is stored, and only about those is asked."
        what = "No incident of that start is stored." if which else none
        raise StoreError(what, "No answer was kept.", "surefoot log incidents lists those there are.")
    return asked[-1]
