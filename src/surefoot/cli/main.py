"""The command ``surefoot``: its verbs, each loaded when it is used, and what is said when something fails."""

from __future__ import annotations

import os
import sys
import time
import traceback
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

import click

from surefoot import __version__

VERBS = {  # verb: where its click command is, what it does
    "demo": ("surefoot.cli.demo:demo", "One simulated patient, everything at once, nothing else needed."),
    "pair": ("surefoot.cli.pair:pair", "Find the sensors, learn by taps and a walk which leg they are on."),
    "wear": ("surefoot.cli.wear:wear", "The gateway: listen to the paired sensors, understand, keep, send."),
    "replay": ("surefoot.cli.replay:replay", "Analyse recordings from files, and send what is found if asked to."),
    "import": ("surefoot.cli.importing:import_", "Analyse what other gait tools wrote: columns and units are asked."),
    "page": ("surefoot.cli.page:page", "The patient's own page: check-in, questions, today's walking."),
    "log": ("surefoot.cli.log:log", "Pain, red flags, giving way, aids, treatments: only you can tell."),
    "test": ("surefoot.cli.test:test", "One guided strength test: its number and what it means."),
    "doctor": ("surefoot.cli.doctor:doctor", "What this machine lacks, each thing with its remedy."),
    "report": ("surefoot.cli.report:report", "One patient's days on two pages, to print or to send."),
    "export": ("surefoot.cli.export:export", "A patient's data as CSV, Parquet, FHIR or BIDS-Motion."),
    "sbom": ("surefoot.cli.sbom:sbom", "The bill of materials: every package this installation runs on."),
    "clinic": ("surefoot.cli.clinic:clinic", "The clinic's side: store what homes send, and show it as pages."),
}
STOPPED = {  # verb: what Ctrl-C leaves behind, where the verb does not tell it itself
    "pair": "Nothing was changed: the sensors that were paired before still are.",
    "clinic": "Nothing is lost: what came in is stored, and homes keep what they find until a clinic runs again.",
}
EXTRAS = {
    "amqtt": "demo",
    "bumble": "demo",
    "psycopg": "postgres",
    "pyarrow": "parquet",
    "typst": "report",
    "matplotlib": "report",
}  # module: the part of surefoot that brings it

FAILED, INTERRUPTED = 1, 130


class _Verbs(click.Group):
    """The verbs of the table; the file behind one is read when it is called, not to list it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in VERBS:
            return None
        module, _, command = VERBS[name][0].partition(":")
        found: click.Command = getattr(import_module(module), command)
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Verbs"):
            formatter.write_dl([(name, told) for name, (_, told) in VERBS.items()])


@click.group(cls=_Verbs, subcommand_metavar="VERB ...", context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="surefoot")
def surefoot() -> None:
    """Sees a leg getting weaker, from two ankle-worn motion sensors, and tells the care team.

    Not a diagnosis and not an emergency alarm. "surefoot VERB --help" tells all about a verb.
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command; exit 0 when all went well, 1 when it failed, 2 on wrong usage, 130 on Ctrl-C."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    try:
        status = surefoot.main(args=given, prog_name="surefoot", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        status = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        told = STOPPED.get(next((word for word in given if word in VERBS), ""), "")
        click.echo(f"Stopped. {told}".rstrip(), err=True)  # click has ended the line of the ^C
        status = INTERRUPTED
    except Exception as error:  # noqa: BLE001  a person reads this: one line, and the rest in a file
        status = _failed(error)
    sys.exit(status if isinstance(status, int) else 0)


def _failed(error: Exception) -> int:
    while isinstance(error, ExceptionGroup):  # of tasks that ran side by side; the first failed first
        error = error.exceptions[0]
    if isinstance(error, BrokenPipeError):  # whoever read the output, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    else:
        click.echo(_told(error), err=True)
    return FAILED


def _told(error: Exception) -> str:
    from surefoot.records import SurefootError  # heavy, and not needed unless something failed

    if isinstance(error, SurefootError):
        return f"surefoot: {error}"
    if isinstance(error, ModuleNotFoundError) and (extra := EXTRAS.get((error.name or "").partition(".")[0])):
        return f"surefoot: this needs a part that is not installed. Install it: pip install 'surefoot[{extra}]'"
    return (
        f"surefoot: this should not have happened ({type(error).__name__}: {error}). What was stored before is safe. "
        f"Please report it with the file {_written(error)}"
    )


def _written(error: Exception) -> str:
    """The full traceback in a file of the user's own; its name, or why there is none."""
    base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    path = Path(base) / "surefoot" / time.strftime(f"error-%Y%m%d-%H%M%S-{os.getpid()}.txt")
    text = (
        f"surefoot {__version__}, Python {sys.version}, {sys.platform}\n\n{''.join(traceback.format_exception(error))}"
    )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(text, encoding="utf-8")
    except OSError as failed:
        return f"(which could not be written: {failed})"
    return str(path)
