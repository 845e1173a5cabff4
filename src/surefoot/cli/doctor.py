"""``surefoot doctor``: what this machine lacks, each thing with its remedy."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from functools import partial

import click

from surefoot.cli import adapter, household, machine
from surefoot.cli.checkup import Line, Look, look_at_all
from surefoot.cli.console import Terminal
from surefoot.cli.main import FAILED
from surefoot.config import Config, ConfigError, load_config

PATIENCE_S = 12.0  # for all of it; every look has shorter limits of its own
SIGNS = {"ok": " ok ", "warn": "look", "bad": "BAD "}


@click.command()
@click.option("--simulate", is_flag=True, help="Look at what the simulated radio needs, not at Bluetooth.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one object a line.")
def doctor(simulate: bool, as_json: bool) -> None:
    """Look at this machine: can it collect readings, keep them, and reach the clinic?

    Each line says what was looked at and what was seen. "look" is worth a look, "BAD" keeps surefoot from its work;
    behind the arrow stands what to do. Nothing is changed, nothing is sent, and it takes seconds.

    \b
      surefoot doctor
      surefoot doctor --json | grep '"state": "bad"'

    Exit status 1 when something is BAD, else 0.
    """
    lines = examine(simulate)
    if as_json:
        for line in lines:
            click.echo(json.dumps({"type": "check", **asdict(line)}, ensure_ascii=False))
    else:
        _tell(lines)
    if any(line.state == "bad" for line in lines):
        click.get_current_context().exit(FAILED)


def examine(simulate: bool, patience_s: float = PATIENCE_S) -> list[Line]:
    """Everything that is looked at, in the order it is shown."""
    looks: dict[str, Look] = {
        "Python": machine.python,
        "Packages": machine.packages,
        "Bluetooth": adapter.simulated if simulate else adapter.bluetooth,
        "Clock": machine.clock,
    }
    try:
        config = load_config()
    except ConfigError as error:
        wrong = Line("Settings", error.what, "bad", error.remedy)
        looks["Settings"] = lambda: [wrong]
    else:
        looks |= _of_the_home(config)
    looks |= {"Start by itself": machine.service, "Health": machine.health}
    return look_at_all(looks, patience_s)


def _of_the_home(config: Config) -> dict[str, Look]:
    return {
        "Settings": partial(household.settings, config),
        "Home folder": partial(machine.folder, config.home),
        "Home store": partial(household.store, config),
        "Broker": partial(household.broker, config),
    }


def _tell(lines: Sequence[Line]) -> None:
    terminal = Terminal()
    for sentence in _sentences(lines):
        terminal.say(sentence)


def _sentences(lines: Sequence[Line]) -> Iterator[str]:
    widest = max(len(line.what) for line in lines)
    for line in lines:
        yield f"{SIGNS[line.state]}  {line.what:{widest}}  {line.value}"
        if line.remedy:
            yield f"{'':6}{'':{widest}}  -> {line.remedy}"
    bad = sum(line.state == "bad" for line in lines)
    look = sum(line.state == "warn" for line in lines)
    worth = f"{look} thing{'s are' if look != 1 else ' is'} worth a look."
    yield ""
    if bad:
        yield f"Put right first what is BAD ({bad}); {worth}"
    else:
        yield f"Surefoot can work here; {worth}" if look else "All is well."
