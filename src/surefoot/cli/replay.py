"""``surefoot replay``: recordings from files go the way live readings go."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click

from surefoot.cli.checks import said
from surefoot.cli.console import Terminal, note, progress, unix_s
from surefoot.cli.findings import Findings, tables
from surefoot.cli.identified import link_params
from surefoot.cli.keeping import Keeping, open_keeping
from surefoot.cli.main import INTERRUPTED
from surefoot.cli.recorded import recorded_day
from surefoot.cli.sending import check_address, send
from surefoot.config import Config, load_config
from surefoot.pipeline.course import Course
from surefoot.pipeline.days import DayBook
from surefoot.pipeline.live import run
from surefoot.records import Check, Gap, Placement, Samples, Side
from surefoot.sensors.files.naming import side_of
from surefoot.sensors.files.recording import Recording, check_pair, interleave, open_recording
from surefoot.signal.rates import not_at_this_rate
from surefoot.signal.told import USUAL
from surefoot.signal.walk import WalkStream

FILE = click.Path(path_type=Path)
Factors = tuple[tuple[Side, float], ...]


@dataclass(frozen=True, slots=True)
class _How:
    """How the files are to be read."""

    placement: Placement | None
    acc_unit: str | None
    gyr_unit: str | None
    rate: float | None


@click.command()
@click.argument("files", nargs=-1, type=FILE, metavar="FILE...")
@click.option("--left", type=FILE, metavar="FILE", help="The left leg's file, whatever its name.")
@click.option("--right", type=FILE, metavar="FILE", help="The right leg's file, whatever its name.")
@click.option("--recorded", type=click.DateTime(["%Y-%m-%d"]), metavar="DAY", help="A day the home recorded itself.")
@click.option("--placement", type=click.Choice(["shank", "foot"]), help="Where the sensors sat [by name, else shank].")
@click.option("--acc-unit", type=click.Choice(["m/s2", "g"]), help="Unit of the acceleration [m/s2].")
@click.option("--gyr-unit", type=click.Choice(["deg/s", "rad/s"]), help="Unit of the gyroscope [deg/s].")
@click.option("--rate", type=float, metavar="HZ", help="Readings per second, for files without time_s.")
@click.option("--start", metavar="ISO-TIME", help="Wall-clock time of time_s 0, such as 2026-05-01T09:30.")
@click.option("--timezone", metavar="NAME", help="Where the patient's day begins, such as Europe/Berlin [UTC].")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one object a line, each with its type.")
@click.option("--store", "store_at", metavar="PATH", help="Keep what is found in this file, one for each patient.")
@click.option("--publish", metavar="URL", help="Send it to the clinic: mqtt://user:password@host:port (or mqtts://).")
def replay(
    files: tuple[Path, ...],
    left: Path | None,
    right: Path | None,
    recorded: datetime | None,
    start: str | None,
    timezone: str | None,
    as_json: bool,
    store_at: str | None,
    publish: str | None,
    **how: object,
) -> None:
    """Analyse a walk recorded with one or two sensors: one FILE for each leg, left or right in its name.

    A file is CSV, or .csv.gz, with the header time_s,acc_x,acc_y,acc_z,gyr_x,gyr_y,gyr_z in seconds, m/s2 and deg/s.
    The sensors may be mounted any way round.

    \b
      surefoot replay left.csv right.csv
      surefoot replay left.csv right.csv --start 2026-05-01T09:30 --store anna.sqlite
      surefoot replay left.csv right.csv --store anna.sqlite --publish mqtt://127.0.0.1:1883
      surefoot replay --recorded 2026-11-26

    --recorded takes the raw readings that surefoot wear kept on that day of the patient's (--timezone), of the last two
    weeks unless settings say otherwise, and finds in them what was found live.

    Nothing is kept without --store or --publish. What is found first goes into the store; what the clinic has not
    answered for waits there, and the same command sends it again. Without --store, --publish keeps it in replay.sqlite
    in the folder that SUREFOOT_HOME names [this user's folder for data]: one patient there, too.

    Not a diagnosis. A day counts for trends when the sensors were worn for 6 hours of it.
    """
    if publish:
        check_address(publish)
    config = load_config(timezone=timezone)
    named = [*((path, None) for path in files), (left, "left"), (right, "right")]
    given = _How(**how)  # type: ignore[arg-type]  # as click has checked them
    if recorded:
        recordings = _recorded(recorded.date(), any(path for path, _ in named), start, given, config)
    else:
        recordings = _read(_legs(named), unix_s(start, config.zone), given)
    go_on(recordings, store_at, publish, as_json, config)


def go_on(
    recordings: Sequence[Recording], store_at: str | None, publish: str | None, as_json: bool, config: Config
) -> None:
    """Recordings, wherever they come from, are analysed, told, kept and sent."""
    _note_all(recordings, kept=bool(store_at or publish))
    keeping = open_keeping(store_at, bool(publish), config)
    findings = Findings(keeping, as_json)
    analysed = False
    try:
        if keeping and not store_at:
            note(f"kept in {keeping.where}, which is one patient's: for another patient, give --store another file")
        factors = keeping.length_factors(recordings[0].placement) if keeping else ()
        for side, factor in factors:
            note(f"lengths and speeds of the {side} leg are multiplied by {factor:.2f}, as the 20 m walks in it say")
        _analyse(recordings, findings, keeping.course(config.zone) if keeping else Course(), config, factors)
        analysed = True
        _tell(recordings, findings, config, as_json)
        if keeping:
            _publish(keeping, publish, config)
    except KeyboardInterrupt:
        click.echo(f"\n{_stopped(keeping, analysed)}", err=True)
        click.get_current_context().exit(INTERRUPTED)
    finally:
        if keeping:
            keeping.close()


def _legs(named: Sequence[tuple[Path | None, Side | None]]) -> dict[Side, Path]:
    """Which file is of which leg; wrong usage when there is none, or two of one leg."""
    legs: dict[Side, Path] = {}
    for path, given in named:
        if path is not None:
            side = given or side_of(path)
            if side in legs:
                told = f"{legs[side]} and {path} are both of the {side} leg."
                raise click.UsageError(f"{told} Give one file per leg, or say --left FILE --right FILE.")
            legs[side] = path
    if not legs:
        raise click.UsageError("No recording was given. Name one file per leg: surefoot replay left.csv right.csv")
    return legs


def _read(legs: dict[Side, Path], zero_s: float, how: _How) -> list[Recording]:
    recordings = []
    with progress("reading", len(legs)) as advance:
        for side, path in legs.items():
            recording = open_recording(path, side, how.placement, how.acc_unit, how.gyr_unit, how.rate, zero_s)
            recordings.append(recording)
            advance(1)
    check_pair(recordings)
    return recordings


def _recorded(day: date, files: bool, start: str | None, how: _How, config: Config) -> list[Recording]:
    """A day out of the home's ring; wrong usage with anything that only files need."""
    if files or start or how.acc_unit or how.gyr_unit or how.rate:
        raise click.UsageError("--recorded DAY takes no files, and none of --start, --rate and the units.")
    sensors: list[Any] = recorded_day(day, how.placement, config)  # they have what a Recording has
    return sensors


def _note_all(recordings: Sequence[Recording], kept: bool) -> None:
    """What the files' readers found, and what cannot be said from these files, before anything else."""
    for recording in recordings:
        for found in recording.notes:
            note(f"{recording.path.name}: {found}")
    for told in not_at_this_rate(min(recording.rate_hz for recording in recordings), recordings[0].placement):
        note(told)
    if len(recordings) == 1:
        only = f"only the {recordings[0].side} leg was recorded"
        note(f"{only}: what compares the legs (step time, double support, left against right) cannot be said")
    elif max(r.start_s for r in recordings) >= min(r.end_s for r in recordings):
        note("the two recordings share no time: nothing can be said that compares the legs")
    if kept and not all(recording.wall_clock for recording in recordings):
        note("the recording has no date: its day is kept as 1970-01-01 (--start gives it one)")


def _analyse(
    recordings: Sequence[Recording], findings: Findings, course: Course, config: Config, factors: Factors
) -> None:
    sides = tuple(recording.side for recording in recordings)
    walk = WalkStream(sides, recordings[0].placement, replace(USUAL, length_factors=factors))
    zone = config.zone if recordings[0].wall_clock else UTC  # a clock that starts at 0 has its midnight there
    book = DayBook(timezone=zone, sides=sides, length_factors=factors)
    total_s = sum(recording.end_s - recording.start_s for recording in recordings)
    with progress("analysing", total_s) as advance:

        async def source() -> AsyncIterator[Samples | Gap]:
            for item in interleave(recordings):
                yield item
                advance(item.end_s - item.start_s)

        def checked(check: Check) -> None:
            note(f"at {check.at_s - min(recording.start_s for recording in recordings):.0f} s: {said(check)}")

        asyncio.run(run(source(), walk, book, findings, course, on_check=checked, on_doing=findings.keep_doing))


def _tell(recordings: Sequence[Recording], findings: Findings, config: Config, as_json: bool) -> None:
    seconds = max(recording.end_s - recording.start_s for recording in recordings)
    if not findings.strides:
        note(f"no walking found in {seconds:.1f} s of readings")
    if not as_json:
        tables(findings, Terminal(), config.zone, recordings[0].wall_clock)


def _publish(keeping: Keeping, url: str | None, config: Config) -> None:
    for told in keeping.notes:
        note(told)
    if url is None:
        return
    outbox, aside = keeping.store.outbox, keeping.store.outbox.set_aside()
    with progress("sending", outbox.count()) as advance:
        left = send(keeping.store, url, advance, params=link_params(config))
    refused = [row for row in outbox.set_aside() if row not in aside]
    for row in refused:
        note(f"row {row.seq} ({row.kind}) stays at home: {row.reason}")
    stored = left - len(refused)
    home = f"its pages show this patient as home {keeping.store.gateway()[:8]}"
    if left:
        note(f"{stored} row{'s' * (stored != 1)} stored by the clinic; {home}")
    else:
        note(f"nothing new to send: the clinic has answered for all of it before; {home}")


def _stopped(keeping: Keeping | None, analysed: bool) -> str:
    """What Ctrl-C left behind."""
    if keeping is None:
        return "Stopped. Nothing was kept."
    if not analysed:
        told = f"What was found so far is kept in {keeping.where}, the day's summary is not"
        return f"Stopped before the end. {told}. The same command again does all of it."
    waiting = keeping.store.outbox.count()
    rows = f"{waiting} row{'s' * (waiting != 1)} wait{'s' * (waiting == 1)} there for the clinic"
    return f"Stopped. What was found is kept in {keeping.where}; {rows}. Nothing is lost: --publish sends what waits."
