"""``surefoot log checkin`` and ``surefoot log treatment``: the day's pain, red flags, and what is being done."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from datetime import datetime
from typing import get_args

import click

from surefoot.alerts.redflags import EMERGENCY, PAIN, QUESTIONS
from surefoot.cli.console import Terminal, note
from surefoot.cli.told import STORE, day_given, opened
from surefoot.config import load_config
from surefoot.pipeline.telling import keep_check_in, told_check_in
from surefoot.pipeline.treated import keep_treatment
from surefoot.records import RedFlag, Teller, Treatment, TreatmentKind

WORDS: dict[str, RedFlag] = {flag.replace("_", "-"): flag for flag in QUESTIONS}
KINDS: tuple[TreatmentKind, ...] = get_args(TreatmentKind)
_SAID = click.Choice(list(WORDS))


@click.command()
@click.option("--pain", type=click.IntRange(0, 10), help="The day's pain, 0 none to 10 the worst.")
@click.option("--yes", "yes", type=_SAID, multiple=True, help="A red flag that is so; may be given several times.")
@click.option("--no", "no", type=_SAID, multiple=True, help="A red flag that is not so.")
@click.option("--none-of-them", is_flag=True, help="All red flags not given with --yes are not so.")
@click.option("--by", type=click.Choice(["patient", "companion"]), default="patient", show_default=True, help="Who.")
@STORE
def checkin(
    pain: int | None, yes: tuple[str, ...], no: tuple[str, ...], none_of_them: bool, by: Teller, store_at: str | None
) -> None:
    """Tell the day's pain, and whether there are red flags.

    Without options it asks. What is left out counts as not answered, never as no.

    \b
      surefoot log checkin
      surefoot log checkin --pain 4 --none-of-them
      surefoot log checkin --yes saddle-numbness

    A red flag that is so is an emergency. What to do is said at once, before anything is kept, and waits for no clinic.
    """
    if contrary := set(yes) & set(no):
        raise click.UsageError(f"Both yes and no: {', '.join(sorted(contrary))}.")
    said = {WORDS[word]: True for word in yes} | {WORDS[word]: False for word in no}
    if none_of_them:
        said = dict.fromkeys(QUESTIONS, False) | said
    if any(said.values()):
        _emergency()
    if pain is None and not said:
        if not watched():
            raise click.UsageError("Nobody can be asked here: give --pain, --yes, --no or --none-of-them.")
        pain, said = _asked(by, store_at)
    if pain is None and not said:
        note("nothing was answered, so nothing is kept")
        return
    _keep(pain, said, by, store_at)


def _keep(pain: int | None, said: dict[RedFlag, bool], by: Teller, store_at: str | None) -> None:
    config = load_config()
    now_s = time.time()
    told = told_check_in(now_s, config.zone, pain, said, by)
    day, flags, ruled_out = told.day, told.flags, told.ruled_out
    store = opened(store_at, config)
    try:
        keep_check_in(store, told)
    finally:
        store.close()
    hurts = "pain not told" if pain is None else f"pain {pain} of 10"
    open_ones = len(QUESTIONS) - len(flags) - len(ruled_out)
    also = f", {open_ones} of {len(QUESTIONS)} questions not answered" if open_ones else ""
    note(f"the check-in of {day} is kept: {hurts}, {len(flags)} red flag{'s' * (len(flags) != 1)}{also}")
    if flags:
        note("an urgent message to the care team is queued before everything else; do not wait for an answer")


@click.command()
@click.argument("kind", type=click.Choice(KINDS))
@STORE
@click.option("--from", "day", metavar="DAY", help="Its first day, such as 2026-05-01 [today].")
@click.option("--remove", is_flag=True, help="Take back what was logged with this first day by mistake.")
def treatment(kind: TreatmentKind, store_at: str | None, day: str | None, remove: bool) -> None:
    """Log a treatment by its first day, so that what comes after can be held against it.

    From an operation on normal is learned anew: nothing before it is compared with any more.

    \b
      surefoot log treatment physiotherapy --from 2026-05-01
      surefoot log treatment injection
    """
    config = load_config()
    now_s = time.time()
    first = day_given(day, "--from") or datetime.fromtimestamp(now_s, config.zone).date().isoformat()
    store = opened(store_at, config)
    try:
        changed = keep_treatment(store, Treatment(kind, first, remove), now_s)
    finally:
        store.close()
    anew = f"; {changed} day{'s' * (changed != 1)} judged anew" if changed else ""
    note(f"{kind} {'taken back' if remove else 'logged'}, first day {first}{anew}")


def watched() -> bool:
    """Whether somebody sits there to be asked."""
    return sys.stdin.isatty()


def _asked(by: Teller, store_at: str | None) -> tuple[int | None, dict[RedFlag, bool]]:
    """Pain and red flags as they are typed; an empty line leaves one open.

    At the first yes the text stands there and the alert is kept: who runs for help answers nothing more.
    """
    click.echo("Answer with a number. An empty line leaves a question open.\n")
    pain = _number(PAIN, 10)
    said: dict[RedFlag, bool] = {}
    for flag, answer in _questions():
        said[flag] = answer == 1
        if answer == 1 and sum(said.values()) == 1:
            _emergency()
            _keep(pain, said, by, store_at)
    return pain, said


def _questions() -> Iterator[tuple[RedFlag, int]]:
    for flag, question in QUESTIONS.items():
        answer = _number(f"{question}\n  1 yes   0 no", 1)
        if answer is not None:
            yield flag, answer


def _number(question: str, most: int) -> int | None:
    while True:
        typed: str = click.prompt(question, default="", show_default=False, prompt_suffix=" > ").strip()
        if not typed:
            return None
        if typed.isascii() and typed.isdigit() and int(typed) <= most:
            return int(typed)
        click.echo(f"Please type a number from 0 to {most}, or nothing.")


def _emergency() -> None:
    terminal = Terminal()
    for line in ("", *EMERGENCY.splitlines(), ""):
        terminal.say(line)
    sys.stdout.flush()
