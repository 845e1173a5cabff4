"""``surefoot clinic``: what homes send is stored, answered and shown, until Ctrl-C."""

from __future__ import annotations

import asyncio
import signal
import socket
import time
import uuid
import webbrowser
from collections.abc import Callable
from urllib.parse import urlsplit

import click

from surefoot.alerts.escalation import EscalationParams
from surefoot.alerts.mqtt import Link, LinkError, Protocol
from surefoot.cli.console import has_screen, note
from surefoot.cli.digest import digest
from surefoot.cli.enroll import enroll, gateways, revoke
from surefoot.cli.identified import link_params
from surefoot.cli.orders import affected, ask, learn, limits, orders, treatment
from surefoot.config import Config, load_config
from surefoot.pipeline.clinic import ClinicParams, serve
from surefoot.pipeline.duty import DutyParams
from surefoot.pipeline.store import Store, open_store
from surefoot.pipeline.weekly import WeeklyParams
from surefoot.records import SurefootError
from surefoot.web.app import make_app
from surefoot.web.line import Line
from surefoot.web.server import serve_pages, take_port

HOPELESS = {"login", "protocol"}  # at the first try: waiting will not mend these


@click.group(invoke_without_command=True)
@click.option("--broker", metavar="URL", help="Broker the homes send to: mqtt://user:password@host:port (or mqtts://).")
@click.option("--database", metavar="URL", help="Where to keep it: sqlite:///clinic.sqlite or postgresql+psycopg://...")
@click.option("--host", metavar="ADDRESS", help="Address of the pages; only this machine's own [127.0.0.1].")
@click.option("--port", type=click.IntRange(0, 65535), help="Port of the pages; 0 takes any free one [8420].")
@click.option("--no-browser", is_flag=True, help="Do not open the pages in the browser.")
@click.option("--protocol", type=click.Choice(["5", "3.1.1"]), default="5", help="MQTT version of the broker [5].")
@click.option("--timezone", metavar="NAME", help="Of the times shown, such as Europe/Berlin [this machine's].")
@click.pass_context
def clinic(
    context: click.Context,
    broker: str | None,
    database: str | None,
    host: str | None,
    port: int | None,
    no_browser: bool,
    protocol: Protocol,
    timezone: str | None,
) -> None:
    """Store what homes send, answer them, and show it as pages in the browser, until Ctrl-C.

    A home deletes a row only after this clinic has stored it, so stopping or losing the broker loses nothing. The pages
    have no login yet: they are served to this computer only.

    \b
    On one machine, with a Mosquitto running:
      surefoot clinic --broker mqtt://127.0.0.1:1883 --database sqlite:///clinic.sqlite
      surefoot replay left.csv right.csv --publish mqtt://127.0.0.1:1883

    What is not given comes from the settings file named by SUREFOOT_CONFIG, or from SUREFOOT_BROKER,
    SUREFOOT_CLINIC_DATABASE, SUREFOOT_CLINIC_HOST, SUREFOOT_CLINIC_PORT, SUREFOOT_TIMEZONE,
    SUREFOOT_ON_CALL and SUREFOOT_TECHNICIANS (lists of names: on_call = ["Ann", "Bob"]), SUREFOOT_THERAPISTS (told of
    reviews before those on call, and on Mondays of the weekly digest), SUREFOOT_HOLIDAYS
    (days that are no working days: holidays = ["2026-12-25"]).
    """
    if context.invoked_subcommand is not None:
        return
    config = load_config(broker=broker, clinic_database=database, clinic_host=host, clinic_port=port, timezone=timezone)
    link = Link(config.broker, f"surefoot-clinic-{uuid.uuid4()}", protocol=protocol, params=link_params(config))
    listener = take_port(config.clinic_host, config.clinic_port)
    try:
        store = _open(config)
    except BaseException:
        listener.close()
        raise
    try:
        signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))  # both end it the same way
        asyncio.run(_run(store, link, listener, config, browser=not no_browser))
    except BaseExceptionGroup as group:  # of the tasks within
        raise _first(group) from group
    finally:
        store.close()


def _open(config: Config) -> Store:
    if not config.clinic_database:
        config.home.mkdir(parents=True, exist_ok=True)
    return open_store(config.clinic_store)


async def _run(store: Store, link: Link, listener: socket.socket, config: Config, browser: bool) -> None:
    """Ingest and pages side by side; either failing ends both."""
    where = _without_password(config.clinic_store)
    line = Line(time.time())
    zone = config.zone if "timezone" in config.model_fields_set else None
    app = make_app(store, time.time, f"Clinic, {where}", zone=zone, line=line)
    ready = asyncio.Event()

    def tell(url: str) -> None:
        click.echo(f"Clinic at {url} (this computer only), storing in {where}, broker {link.address}. Ctrl-C to stop.")
        if browser and has_screen():
            asyncio.get_running_loop().run_in_executor(None, webbrowser.open, url)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(serve_pages(app, listener=listener, on_ready=tell))
        tasks.create_task(_watch(ready, line))
        tasks.create_task(serve(store, link, params=_params(config), ready=ready, on_trouble=_teller(line)))


def _params(config: Config) -> ClinicParams:
    people = EscalationParams(
        clinical=config.on_call,
        technical=config.technicians,
        therapists=config.therapists,
        zone=config.zone,
        holidays=frozenset(config.holidays),
    )
    weekly = WeeklyParams(therapists=config.therapists or config.on_call[:1], zone=config.zone)
    return ClinicParams(duty=DutyParams(escalation=people), weekly=weekly)


async def _watch(ready: asyncio.Event, line: Line) -> None:
    """Note each time the clinic listens (again)."""
    while True:
        await ready.wait()
        ready.clear()
        line.up()
        note("connected to the broker: listening for homes")


def _teller(line: Line) -> Callable[[SurefootError], None]:
    """Says each new trouble once, on the pages as long as it lasts; ends the program where waiting will not help."""
    said = ""
    was_up = False

    def tell(trouble: SurefootError) -> None:
        nonlocal said, was_up
        is_news = trouble.what != said or (isinstance(trouble, LinkError) and line.is_up)
        said, was_up = trouble.what, was_up or line.is_up
        if not isinstance(trouble, LinkError):
            line.store_failed(trouble.what, time.time())
        elif trouble.trouble in HOPELESS and not was_up:
            raise trouble
        else:
            line.down(trouble.what, time.time())
        if is_news:
            note(f"{trouble} The pages go on with what is stored.")

    return tell


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    if "@" not in parts.netloc:
        return url
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def _first(group: BaseException) -> BaseException:
    while isinstance(group, BaseExceptionGroup):
        group = group.exceptions[0]
    return group


for _verb in (enroll, revoke, gateways, limits, learn, affected, treatment, ask, orders, digest):
    clinic.add_command(_verb)
