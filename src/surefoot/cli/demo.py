"""``surefoot demo``: one simulated patient's story through every real part, with nothing installed beside Python."""

from __future__ import annotations

import asyncio
import signal
import socket
import tempfile
import time
import webbrowser
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from surefoot.alerts.mqtt import Link
from surefoot.cli.console import NOT_KNOWN, Terminal, number, progress
from surefoot.cli.demolive import living
from surefoot.cli.main import INTERRUPTED
from surefoot.pipeline.clinic import serve
from surefoot.pipeline.days import DayBook
from surefoot.pipeline.delivery import deliver
from surefoot.pipeline.live import run
from surefoot.pipeline.resumed import resumed
from surefoot.pipeline.store import Store, open_store
from surefoot.records import DaySummary, Gap, Samples, Trend
from surefoot.signal.walk import WalkStream
from surefoot.simulation.broker import small_broker
from surefoot.simulation.patient import Patient, patient_blocks
from surefoot.web.app import make_app
from surefoot.web.server import address_of, serve_pages, take_port
from surefoot.web.words import INCIDENTS, side

DAY_S = 86400.0
LABEL = "Demo patient (simulated)"


@click.command()
@click.option("--days", default=28, show_default=True, type=click.IntRange(1, 365), help="Days of the patient's life.")
@click.option("--once", is_flag=True, help="Tell the story, print its summary and end: no pages, no browser.")
@click.option("--no-browser", is_flag=True, help="Do not open the browser.")
@click.option("--port", default=8420, show_default=True, type=click.IntRange(0, 65535), help="Port of the pages.")
def demo(days: int, once: bool, no_browser: bool, port: int) -> None:
    """Everything at once: a simulated patient, a broker, a clinic and its pages, all in this one program.

    The patient wears two ankle sensors; from day 20 on the left foot is lifted less and less. Readings go through the
    same path as those of real sensors, findings go over MQTT into the clinic's store, and what is printed and shown is
    read from there. Past days are worked through as fast as they go; today is lived at its own pace, over a simulated
    radio and the Bluetooth code that real sensors use. Nothing is scripted, nothing leaves this computer, nothing is
    kept: the data ends with the demo.
    """
    listener = None if once else take_port("127.0.0.1", port)
    midnight_s = time.time() // DAY_S * DAY_S
    patient = Patient(days=days, first_day_s=midnight_s - days * DAY_S)
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))  # both end it the same way
    try:
        with tempfile.TemporaryDirectory(prefix="surefoot-demo-") as folder:
            asyncio.run(_demo(Path(folder), patient, listener, browse=not no_browser))
    except KeyboardInterrupt:
        click.echo("\nThe demo is over, and its data is gone with it.", err=True)
        click.get_current_context().exit(INTERRUPTED)


@dataclass(frozen=True, slots=True)
class _Places:
    """The two stores of the demo: what a home keeps, and what a clinic knows of it."""

    home: Store
    clinic: Store


async def _demo(folder: Path, patient: Patient, listener: socket.socket | None, browse: bool) -> None:
    places = _Places(*(open_store(f"sqlite:///{folder / name}.sqlite") for name in ("home", "clinic")))
    try:
        async with small_broker() as broker_url, asyncio.TaskGroup() as tasks:
            ready = asyncio.Event()
            clinic = Link(broker_url, "surefoot-clinic", protocol="3.1.1")
            others: list[asyncio.Task[Any]] = [tasks.create_task(serve(places.clinic, clinic, ready=ready))]
            if listener is not None:
                app = make_app(places.clinic, title="Demo clinic")
                others.append(tasks.create_task(serve_pages(app, listener=listener)))
            await ready.wait()
            home = Link(broker_url, f"surefoot-{places.home.gateway()}", protocol="3.1.1")
            others.append(tasks.create_task(deliver(places.home, home)))
            await _story(places, patient)
            click.echo("Today the patient goes on, with two simulated sensors heard over Bluetooth ...", err=True)
            async with living(places.home, folder, lambda told: click.echo(told, err=True)) as board:
                now = "; ".join(board.sensor_lines(time.time()))
                Terminal().say(f"Today, over the simulated radio: {now}.")
                if listener is not None:
                    await _show(address_of(listener), browse)
                    await asyncio.Event().wait()  # until Ctrl-C
            for task in others:
                task.cancel()
    finally:
        places.home.close()
        places.clinic.close()


async def _story(places: _Places, patient: Patient) -> None:
    """The patient's days, from readings to the clinic's store, and what the clinic then knows."""
    began = time.monotonic()
    zone = ZoneInfo("UTC")
    with progress("a patient's days", patient.days) as advance:
        source = _in_thread(patient_blocks(patient))

        def day_over(_: DaySummary) -> None:
            advance(1)

        course = resumed(places.home, zone)
        await run(source, WalkStream(), DayBook(timezone=zone), places.home, course, on_day=day_over)
    while await asyncio.to_thread(places.home.outbox.count):  # the last rows are under way
        await asyncio.sleep(0.05)
    places.clinic.label_patient(places.home.gateway(), LABEL)
    _tell(places, patient, time.monotonic() - began)


async def _in_thread(blocks: Iterable[Samples | Gap]) -> AsyncIterator[Samples | Gap]:
    """A source made beside the event loop, which has a broker and pages to serve."""
    iterator = iter(blocks)
    while (block := await asyncio.to_thread(next, iterator, None)) is not None:
        yield block


def _tell(places: _Places, patient: Patient, took_s: float) -> None:
    """The summary; every number of it is read from the clinic's store."""
    terminal = Terminal()
    clinic, gateway = places.clinic, places.home.gateway()
    days = clinic.days(gateway)
    good = [day for day in days if not day.missing]
    strides = sum(count for day in days for _, count in day.strides)
    worn_h = sum(day.worn_h for day in days)
    kinds = Counter(f"{INCIDENTS[i.kind]}, {side(i.side)}" for i in clinic.incidents(gateway))
    terminal.say(
        f"{LABEL}: {len(days)} days, {worn_h:.0f} h worn, {strides:,} strides, {len(clinic.bouts(gateway))} walks"
    )
    for day in (d for d in days if d.missing):
        terminal.say(f"  {day.day} does not count: {day.missing}")
    told = "; ".join(f"{kind}: {count}" for kind, count in sorted(kinds.items())) or "none"
    terminal.say(f"Exploratory (a walk with foot drop counts as one event): {told}")
    terminal.say()
    for stored in reversed(clinic.alerts(gateway)):
        alert = stored.alert
        number_of_day = 1 + [d.day for d in days].index(alert.day) if alert.day in {d.day for d in days} else None
        ended = next((day.end_s for day in days if day.day == alert.day), alert.raised_s)
        raised = datetime.fromtimestamp(alert.raised_s, UTC)
        when = f"at {raised:%H:%M} on" if alert.raised_s < ended else "at the end of"
        terminal.say(f"ALERT {alert.tier}, raised {when} day {number_of_day} ({alert.day}), stored by the clinic")
        terminal.say(f"  {alert.sentence}")
        terminal.table("Evidence", _EVIDENCE, [_row(trend) for trend in alert.evidence])
        terminal.say(f"  {alert.not_this}")
        terminal.say()
    if not clinic.alerts(gateway):
        terminal.say(f"No alert was raised in {len(good)} days that count. That is not a finding of health.")
    terminal.say(f"Truth: {_truth(patient)}. Time taken: {took_s:.1f} s.")


def _truth(patient: Patient) -> str:
    foot = f"the {patient.weak_side} foot"
    if patient.onset_day > patient.days:
        return f"{foot} does not weaken in these {patient.days} days (from day {patient.onset_day} on it would)"
    catches = " and now and then catches its toe" if patient.weakness == "dorsi" else ""
    return f"{foot} weakens from day {patient.onset_day} on{catches}"


_EVIDENCE = ("measure", "leg", "value", "own normal", "days", "change", "smallest real", "z", "shift", "strides")


def _row(trend: Trend) -> tuple[str, ...]:
    normal = f"{_short(trend.baseline.centre)} ± {_short(trend.baseline.spread)}" if trend.baseline else NOT_KNOWN
    days = str(trend.baseline.days) if trend.baseline else NOT_KNOWN
    sizes = (_short(x) for x in (trend.change, trend.mdc))
    judged = (number(x, 1) for x in (trend.z, trend.shift))
    return (trend.metric, trend.side or "both", _short(trend.value), normal, days, *sizes, *judged, str(trend.strides))


def _short(value: float | None) -> str:
    """Three figures, whatever the unit."""
    if value is None:
        return NOT_KNOWN
    value = round(value, 9)  # the middle of deviations is 0 but for rounding
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}"


async def _show(address: str, browse: bool) -> None:
    click.echo(f"Pages: {address}  (only this computer can see them; Ctrl-C ends the demo)")
    if browse and not await asyncio.to_thread(webbrowser.open, address):  # one in this terminal would stop the pages
        click.echo("No browser could be opened here: copy the address into one.")
