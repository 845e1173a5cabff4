"""``surefoot test``: one guided strength test, from a recording of it to its number and what that number means."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import get_args

import click

from surefoot.cli.console import Terminal, json_line, note, number, unix_s
from surefoot.cli.keeping import open_keeping
from surefoot.cli.main import FAILED
from surefoot.config import Config, load_config
from surefoot.pipeline.samegrid import same_grid
from surefoot.records import SIDES, Array, Placement, Samples, Side, TestKind, TestResult
from surefoot.sensors.files.recording import Recording, RecordingError, check_pair, open_recording
from surefoot.signal.alignment import Aligned
from surefoot.signal.guided.assess import FOOT_ONLY, ONE_LEGGED, assess, learned
from surefoot.signal.guided.norms import NORMS, place
from surefoot.web.homework import SAFETY, STEPS, TITLES

FILE = click.Path(path_type=Path)
KINDS: tuple[TestKind, ...] = get_args(TestKind)
SIDED = (*ONE_LEGGED, "heel_walk")
HELP = f"""How strong was a leg in one guided test? KIND says which; a FILE for each sensor holds the readings from the
tap on start to the tap on stop, left or right (and foot) in its name, as for surefoot replay.

{SAFETY}

\b
  surefoot test sit_to_stand_5 --how           how to do it, step by step
  surefoot test sit_to_stand_5 left.csv right.csv
  surefoot test heel_rise left.csv right.csv --side left --baseline 14
  surefoot test toe_tap --foot-left left-foot.csv --json

\b
{chr(10).join(f"  {kind:16} {TITLES[kind]}" for kind in KINDS)}

A test done wrongly is told as not usable, with what to do, and ends with status 1. Norms are shown with their source.
--store keeps the number for the patient's trends; without it, note it, and give it next time as --baseline.
Not a diagnosis and not a measure of muscle strength; arms used to push up cannot be seen.
"""


@click.command(help=HELP)
@click.argument("kind", type=click.Choice(KINDS), metavar="KIND")
@click.argument("files", nargs=-1, type=FILE, metavar="FILE...")
@click.option("--how", is_flag=True, help="Say how to do the test, and read no file.")
@click.option("--left", type=FILE, metavar="FILE", help="The left ankle's file, whatever its name.")
@click.option("--right", type=FILE, metavar="FILE", help="The right ankle's file, whatever its name.")
@click.option("--foot-left", type=FILE, metavar="FILE", help="The left foot's file (toe_tap, heel_walk need one).")
@click.option("--foot-right", type=FILE, metavar="FILE", help="The right foot's file.")
@click.option("--side", type=click.Choice(SIDES), help="The leg of a one-legged test [that of the only file].")
@click.option(
    "--distance", type=click.FloatRange(min=1), metavar="M", help="Metres walked [walk_20m 20, heel_walk 10]."
)
@click.option("--baseline", type=float, metavar="NUMBER", help="Your own earlier result, to tell the change from.")
@click.option("--walked", type=FILE, multiple=True, metavar="FILE", help="Walking with the sensors worn the same way.")
@click.option("--acc-unit", type=click.Choice(["m/s2", "g"]), help="Unit of the acceleration [m/s2].")
@click.option("--gyr-unit", type=click.Choice(["deg/s", "rad/s"]), help="Unit of the gyroscope [deg/s].")
@click.option("--rate", type=float, metavar="HZ", help="Readings per second, for files without time_s.")
@click.option("--start", metavar="ISO-TIME", help="Wall-clock time of time_s 0, such as 2026-05-01T09:30.")
@click.option("--store", "store_at", metavar="PATH", help="Keep the result in this patient's store, for trends.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON object.")
def test(
    kind: TestKind,
    files: tuple[Path, ...],
    how: bool,
    left: Path | None,
    right: Path | None,
    foot_left: Path | None,
    foot_right: Path | None,
    side: Side | None,
    distance: float | None,
    baseline: float | None,
    walked: tuple[Path, ...],
    acc_unit: str | None,
    gyr_unit: str | None,
    rate: float | None,
    start: str | None,
    store_at: str | None,
    as_json: bool,
) -> None:
    if how:
        _teach(kind)
        return
    config = load_config()
    units = (acc_unit, gyr_unit, rate, unix_s(start, config.zone))
    named: list[tuple[Path | None, Side | None, Placement | None]] = [(path, None, None) for path in files]
    named += [
        (left, "left", "shank"),
        (right, "right", "shank"),
        (foot_left, "left", "foot"),
        (foot_right, "right", "foot"),
    ]
    opened = [open_recording(path, s, placement, *units) for path, s, placement in named if path is not None]
    chosen = _chosen(kind, opened)
    side = _side(kind, side, chosen)
    sensors, start_s, gaps = _together(chosen)
    frames = _frames([open_recording(path, None, None, *units) for path in walked], chosen[0].placement)
    _note_all(chosen)
    result = assess(
        kind, sensors, chosen[0].rate_hz, chosen[0].placement,
        side=side, frames=frames, distance_m=distance, gaps=gaps,
    )  # fmt: skip
    result = replace(result, start_s=start_s + result.start_s, end_s=start_s + result.end_s)
    if store_at:
        _keep(result, store_at, config, chosen)
    if as_json:
        click.echo(
            json.dumps({**json.loads(json_line(result)), "sentence": place(result, baseline)}, ensure_ascii=False)
        )
    else:
        _tell(result, baseline)
    if result.value is None:
        click.get_current_context().exit(FAILED)


def _keep(result: TestResult, store_at: str, config: Config, chosen: Sequence[Recording]) -> None:
    """Into the home's store, from where it goes to the clinic with the rest; usable or not."""
    if not all(recording.wall_clock for recording in chosen):
        raise click.UsageError("The recording has no date, so its test belongs to no day. Say --start ISO-TIME.")
    keeping = open_keeping(store_at, False, config)
    assert keeping
    placement = chosen[0].placement
    try:
        before = dict(keeping.length_factors(placement))
        keeping.keep_test(result, config.zone)
        now = keeping.length_factors(placement)
    finally:
        keeping.close()
    note(f"kept in {keeping.where}, in the trends of its day")
    if result.kind == "walk_20m":
        _tell_scale(now, before)


def _tell_scale(now: Sequence[tuple[Side, float]], before: Mapping[Side, float]) -> None:
    """What a walk of a known way changed."""
    for side, factor in now:
        was = before.get(side, 1.0)
        changed = f"by {factor:.2f} instead of {was:.2f}" if round(factor - was, 2) else f"by {factor:.2f} as before"
        note(f"stride lengths and speeds of the {side} leg are multiplied {changed} in recordings replayed from now on")


def _chosen(kind: TestKind, opened: Sequence[Recording]) -> list[Recording]:
    """The recordings this test is judged from: feet where it needs them, else ankles, else what there is."""
    if not opened:
        raise click.UsageError(
            f"No recording was given. surefoot test {kind} left.csv right.csv, or --how to learn it."
        )
    first: Placement = "foot" if kind in FOOT_ONLY else "shank"
    chosen = [r for r in opened if r.placement == first] or list(opened)
    check_pair(chosen)
    if abs(chosen[0].rate_hz / chosen[-1].rate_hz - 1) > 1e-3:
        note(f"the sensors ran at different rates; all readings are put on the {chosen[0].rate_hz:g} Hz of the first")
    return chosen


def _side(kind: TestKind, side: Side | None, chosen: Sequence[Recording]) -> Side | None:
    sides = [recording.side for recording in chosen]
    if side is not None and side not in sides:
        raise click.UsageError(f"There is no recording of the {side} leg for {kind}.")
    if kind in SIDED and side is None and len(sides) > 1:
        raise click.UsageError(f"{kind} is a test of one leg. Say which: --side left or --side right.")
    return side or (sides[0] if kind in SIDED else None)


def _together(
    recordings: Sequence[Recording],
) -> tuple[dict[Side, tuple[Array, Array]], float, list[tuple[float, float]]]:
    """Both legs' readings on one grid, its zero, and the gaps in it, over which a straight line is drawn."""
    start_s = max(recording.start_s for recording in recordings)
    rate_hz, end_s = recordings[0].rate_hz, min(recording.end_s for recording in recordings)
    if end_s <= start_s:
        raise RecordingError(
            "The recordings have no time in common.",
            "Left and right cannot be put beside each other.",
            "Check that they are of the same test and on the same clock.",
        )
    sensors, gaps = same_grid({one.side: one.parts for one in recordings}, rate_hz, start_s, end_s)
    return sensors, start_s, gaps


def _frames(walks: Sequence[Recording], placement: Placement) -> Mapping[Side, Aligned]:
    frames: dict[Side, Aligned] = {}
    for walk in walks:
        longest = max((part for part in walk.parts if isinstance(part, Samples)), key=len)
        found = learned(longest.acc, longest.gyr, longest.rate_hz, placement)
        if found is None:
            note(f"{walk.path.name}: too little walking to tell how the sensor sits; not used")
        else:
            frames[walk.side] = found
    return frames


def _note_all(recordings: Sequence[Recording]) -> None:
    for recording in recordings:
        for found in recording.notes:
            note(f"{recording.path.name}: {found}")
    for a, b in pairwise(recordings):
        if abs(a.start_s - b.start_s) > 1.0:
            note(f"{a.path.name} and {b.path.name} began {abs(a.start_s - b.start_s):.1f} s apart")


def _teach(kind: TestKind) -> None:
    terminal = Terminal()
    terminal.say(f"{TITLES[kind]}\n\n{SAFETY}\n")
    for k, step in enumerate(STEPS[kind], 1):
        terminal.say(f"{k}. {step}")


def _tell(result: TestResult, baseline: float | None) -> None:
    terminal = Terminal()
    side = f", {result.side} leg" if result.side else ""
    terminal.say(f"{TITLES[result.kind]}{side}")
    terminal.say(place(result, baseline))
    if result.value is None:
        terminal.say(f"How to do it: surefoot test {result.kind} --how")
        return
    terminal.say(f"Done as asked: {100 * result.quality:.0f} %\n")
    whole = [(name, number(value)) for name, value in result.details]
    terminal.table("Beside it", ("number", "value"), whole)
    bands = [
        (f"{_range(b.low)} to {_range(b.high)}", b.meaning, b.who, b.grade, b.source) for b in NORMS[result.kind].bands
    ]
    if bands:
        columns = (f"in {result.unit}", "meaning", "of whom", "grade", "source")
        terminal.table("Norms", columns, bands, columns[1:])
    terminal.say("Not a diagnosis: it says where the number lies among people, not why.")


def _range(limit: float | None) -> str:
    return "any" if limit is None else f"{limit:g}"
