"""``surefoot import``: recordings of other gait tools; what is not declared is guessed, shown, and asked."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np

from surefoot.cli.console import note, unix_s
from surefoot.cli.replay import FILE, go_on
from surefoot.cli.sending import check_address
from surefoot.config import load_config
from surefoot.records import Placement, Side
from surefoot.sensors.files.called import Called, declared, recognized, side_in
from surefoot.sensors.files.columns import READINGS, Columns, RecordingError
from surefoot.sensors.files.frames import Frame, look_at, read
from surefoot.sensors.files.gravity import ACC_UNITS
from surefoot.sensors.files.guess import Guess, guess_acc, guess_gyr, guess_time
from surefoot.sensors.files.naming import placement_of, side_of
from surefoot.sensors.files.recording import Recording, check_pair, recording_of

TIMES = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9, "rows": None}
CHOICES = {"acc_unit": ("m/s2", "g"), "gyr_unit": ("deg/s", "rad/s"), "time_unit": tuple(TIMES),
           "placement": ("shank", "foot")}  # fmt: skip
WHAT = {"acc_unit": "acceleration", "gyr_unit": "gyroscope", "time_unit": "time", "placement": "the sensors sat on the"}


@dataclass(frozen=True, slots=True)
class Sensor:
    """One sensor of a file, as it was read: columns in their own units."""

    frame: Frame
    called: Called
    side: Side
    time: np.ndarray | None
    readings: np.ndarray
    notes: tuple[str, ...]

    @property
    def path(self) -> Path:
        named = f"{self.frame.path.name}, {self.called.sensor}" if self.called.sensor else self.frame.path.name
        return self.frame.path.with_name(named)


@click.command("import")
@click.argument("files", nargs=-1, type=FILE, metavar="FILE...")
@click.option("--left", type=FILE, metavar="FILE", help="The left leg's file, whatever its name.")
@click.option("--right", type=FILE, metavar="FILE", help="The right leg's file, whatever its name.")
@click.option("--left-sensor", metavar="NAME", help="In a file of several sensors: the left leg's.")
@click.option("--right-sensor", metavar="NAME", help="In a file of several sensors: the right leg's.")
@click.option("--columns", metavar="acc_x=NAME,...", help="Which column is which, and time=NAME [by their names].")
@click.option("--acc-unit", type=click.Choice(CHOICES["acc_unit"]), help="Of the acceleration [asked].")
@click.option("--gyr-unit", type=click.Choice(CHOICES["gyr_unit"]), help="Of the gyroscope [asked].")
@click.option("--time-unit", type=click.Choice(CHOICES["time_unit"]), help="Of the time; rows: it only counts [asked].")
@click.option(
    "--placement", type=click.Choice(CHOICES["placement"]), help="Where the sensors sat [by name, else asked]."
)
@click.option("--rate", type=float, metavar="HZ", help="Readings per second, for files without a time.")
@click.option(
    "--yes", is_flag=True, help="Take what is guessed without asking; what is not plain is asked all the same."
)
@click.option("--start", metavar="ISO-TIME", help="Wall-clock time of time 0, such as 2026-05-01T09:30.")
@click.option("--timezone", metavar="NAME", help="Where the patient's day begins, such as Europe/Berlin [UTC].")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one object a line, each with its type.")
@click.option("--store", "store_at", metavar="PATH", help="Keep what is found in this file, one for each patient.")
@click.option("--publish", metavar="URL", help="Send it to the clinic: mqtt://user:password@host:port (or mqtts://).")
def import_(
    files: tuple[Path, ...],
    left: Path | None,
    right: Path | None,
    left_sensor: str | None,
    right_sensor: str | None,
    columns: str | None,
    rate: float | None,
    yes: bool,
    start: str | None,
    timezone: str | None,
    as_json: bool,
    store_at: str | None,
    publish: str | None,
    **said: str | None,
) -> None:
    """Analyse a walk that another program recorded: one FILE for each leg, or one of both.

    CSV (.csv.gz) or Parquet, with one column for each axis of acceleration and gyroscope: gaitmap's frames (acc_x ...
    gyr_z, also of several sensors side by side), and whatever names its columns alike. Units, where neither the
    columns' names nor options tell them, are guessed from gravity and from how fast legs turn, and shown with what
    speaks for them. On a terminal you are asked; elsewhere nothing is analysed until the options it names are given.

    \b
      surefoot import walk.parquet
      surefoot import left.csv right.csv --acc-unit g --gyr-unit rad/s --time-unit ms --placement foot
      surefoot import both.csv --left-sensor imu_3 --right-sensor imu_4
      surefoot import --left l.csv --columns acc_x=ax,acc_y=ay,acc_z=az,gyr_x=p,gyr_y=q,gyr_z=r,time=t

    What is found goes the way of surefoot replay: told, kept with --store, sent with --publish.
    """
    if publish:
        check_address(publish)
    config = load_config(timezone=timezone)
    named = [*((path, None) for path in files), (left, "left"), (right, "right")]
    own: dict[str, Side] = {name: of for name, of in ((left_sensor, "left"), (right_sensor, "right")) if name}  # type: ignore[misc]  # two literals
    sensors = [one for path, side in named if path for one in _sensors(path, side, columns, own)]  # type: ignore[arg-type]  # of click.Choice
    if not sensors:
        raise click.UsageError("No recording was given. Name one file per leg, or one of both.")
    for one in sensors:
        _show(one)
    _settle(sensors, said, rate, yes)
    recordings = [_recording(one, said, rate, unix_s(start, config.zone)) for one in sensors]
    check_pair(recordings)
    go_on(recordings, store_at, publish, as_json, config)


def _sensors(path: Path, side: Side | None, columns: str | None, own: dict[str, Side]) -> list[Sensor]:
    """Those of a file that sat on a leg."""
    frame = look_at(path)
    found = [declared(columns, frame.names)] if columns else recognized(frame.names)
    alone = len(found) == 1
    legs = [(one, own.get(one.sensor) or side_in(one.sensor) or (alone and (side or side_of(path)))) for one in found]
    for one, of in legs:
        if not of:
            note(
                f"{path.name}: {one.sensor or 'a sensor without a name'} is not used: nothing says on which leg it sat"
            )
    if not any(of for _, of in legs):
        raise RecordingError(
            f"{path} holds {len(found)} sensors ({', '.join(one.sensor for one in found)}), and none says its leg.",
            "A weakness put down to the wrong leg is worse than none found.",
            "Say it: --left-sensor NAME --right-sensor NAME.",
        )
    return [_read(frame, one, of) for one, of in legs if of]


def _read(frame: Frame, called: Called, side: Side) -> Sensor:
    names = [*([called.time] if called.time else []), *(called.columns[one] for one in READINGS)]
    values, notes = read(frame, names)
    time = values[:, 0] if called.time else None
    return Sensor(frame, called, side, time, values[:, len(names) - len(READINGS) :], notes)


def _show(one: Sensor) -> None:
    """What was taken for what, and the first rows of it."""
    called = dict(one.called.columns) | ({"time": one.called.time} if one.called.time else {})
    note(f"{one.path.name}: {one.side} leg; " + ", ".join(f"{ours} = {theirs}" for ours, theirs in called.items()))
    shown = one.readings[:5] if one.time is None else np.column_stack([one.time, one.readings])[:5]
    for row in shown:
        note("    " + "  ".join(f"{value:.6g}" for value in row))


def _settle(sensors: Sequence[Sensor], said: dict[str, str | None], rate: float | None, yes: bool) -> None:
    """What neither options nor names tell is guessed, shown, and asked; ``said`` holds all of it afterwards."""
    guessed: dict[str, str] = {}
    unclear: list[str] = []
    for option, guesses in (
        ("time_unit", lambda: [guess_time(one.time) for one in sensors if one.time is not None]),
        ("acc_unit", lambda: [guess_acc(_clean(one)[:, :3], _rate(one, said, rate)) for one in sensors]),
        ("gyr_unit", lambda: [_guess_gyr(one, said, rate) for one in sensors]),
        ("placement", lambda: [Guess("placement", "shank", f"{one.path.name} does not say") for one in sensors]),
    ):
        told = {_told(one, option) for one in sensors}
        if said[option] is None and len(told) == 1 and None not in told:
            said[option] = told.pop()
            note(f"{WHAT[option]}: {said[option]}, as the names in the file say")
        if said[option] is not None or not (found := guesses()):
            continue
        values = {one.value for one in found}
        value = values.pop() if len(values) == 1 else None
        for text in dict.fromkeys(one.evidence for one in found):
            note(f"{WHAT[option]}: {f'{value}?' if value else 'not plain'} {text}")
        if value is None and _asks():
            value = click.prompt(f"{WHAT[option]}", type=click.Choice(CHOICES[option]), err=True)
        elif value is None:
            unclear.append(option)
            value = CHOICES[option][0] if option != "time_unit" else "s"
        else:
            guessed[option] = value
        said[option] = value
    _agree(guessed, unclear, yes)


def _agree(guessed: dict[str, str], unclear: Sequence[str], yes: bool) -> None:
    """Wrong usage, with what to add, where nobody has agreed to what was guessed."""
    flags = [f"--{option.replace('_', '-')} {value}" for option, value in guessed.items()]
    choices = [f"--{option.replace('_', '-')} {' or '.join(CHOICES[option])}" for option in unclear]
    if unclear or (guessed and not yes and not _asks()):
        told = "nothing was analysed: nobody has said which units these are."
        add = f" Guessed, if you agree (or --yes): {' '.join(flags)}." if flags else ""
        must = f" Not plain, to be said: {', '.join(choices)}." if choices else ""
        raise click.UsageError(f"{told[0].upper()}{told[1:]}{add}{must}")
    if guessed and not yes and not click.confirm("Is that right?", default=False, err=True):
        raise click.UsageError(f"Nothing was analysed. Say what is right, for example: {' '.join(flags)}")


def _asks() -> bool:
    return sys.stdin.isatty()


def _told(one: Sensor, option: str) -> str | None:
    """What the names of columns, sensor and file tell."""
    if option != "placement":
        return one.called.units.get(option.removesuffix("_unit"))
    named = Path(f"{one.called.sensor}-{one.frame.path.name}".replace("_", "-"))
    return placement_of(named) if any(word in named.name.lower() for word in ("foot", "shank", "ankle")) else None


def _guess_gyr(one: Sensor, said: dict[str, str | None], rate: float | None) -> Guess:
    clean = _clean(one)
    return guess_gyr(clean[:, :3] * ACC_UNITS[said["acc_unit"] or "m/s2"], clean[:, 3:], _rate(one, said, rate))


def _clean(one: Sensor) -> np.ndarray:
    rows: np.ndarray = one.readings[np.isfinite(one.readings).all(axis=1)]
    if len(rows) < 10:
        raise RecordingError(f"{one.path} holds {len(rows)} whole readings.", "That is no recording.")
    return rows


def _rate(one: Sensor, said: dict[str, str | None], rate: float | None) -> float:
    """Near enough for a guess."""
    factor = TIMES[said["time_unit"] or "rows"]
    if one.time is None or factor is None:
        if rate is None:
            what = f"{one.path} does not tell how fast it was recorded."
            raise RecordingError(what, "Nothing was analysed.", "Give the readings per second: --rate HZ.")
        return rate
    steps = np.diff(one.time[np.isfinite(one.time)]) * factor
    return 1.0 / max(float(np.median(steps[steps > 0])) if (steps > 0).any() else 0.01, 1e-4)


def _recording(one: Sensor, said: dict[str, Any], rate: float | None, zero_s: float) -> Recording:
    factor = TIMES[said["time_unit"] or "rows"]
    times = None if one.time is None or factor is None else one.time * factor
    placement: Placement = said["placement"]
    columns = Columns(times, one.readings, one.notes)
    return recording_of(columns, one.path, one.side, placement, said["acc_unit"], said["gyr_unit"], rate, zero_s)
