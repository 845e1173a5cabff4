"""``surefoot clinic``: what homes send is stored, answered and shown, until Ctrl-C."""

from __future__ import annotations

import asyncio
import signal
import socket
import time
import uuid
import webbrowser
from collections.abc import Callable, Sequence
from functools import partial
from urllib.parse import urlsplit

import click

from surefoot.alerts.escalation import EscalationParams
from surefoot.alerts.mqtt import Link, LinkError, Protocol
from surefoot.cli.auditing import audit
from surefoot.cli.clinicstore import open_clinic
from surefoot.cli.console import has_screen, note
from surefoot.cli.digest import digest
from surefoot.cli.enroll import enroll, gateways, renew, revoke
from surefoot.cli.forget import forget
from surefoot.cli.freed import give_back, settle_in
from surefoot.cli.identified import link_params
from surefoot.cli.keys import key as keys
from surefoot.cli.orders import affected, ask, learn, limits, orders, treatment
from surefoot.cli.pulse import Pulse, keep_telling
from surefoot.cli.secretfile import secret_in
from surefoot.cli.tokens import token
from surefoot.cli.units import print_unit
from surefoot.cli.users import user
from surefoot.config import Config, load_config
from surefoot.pipeline.clinic import ClinicParams, serve
from surefoot.pipeline.duty import DutyParams
from surefoot.pipeline.store import Store, StoreError
from surefoot.pipeline.weekly import WeeklyParams
from surefoot.records import SurefootError
from surefoot.web.app import make_app
from surefoot.web.guard import is_loopback
from surefoot.web.line import Line
from surefoot.web.server import Outside, serve_pages, take_port

DAY_S = 86_400.0
FREE_S = 600.0  # between two times that memory let go is given back
HOPELESS = {"login", "protocol"}  # at the first try: waiting will not mend these


@click.group(invoke_without_command=True)
@click.option("--broker", metavar="URL", help="Broker the homes send to: mqtt://user:password@host:port (or mqtts://).")
@click.option("--database", metavar="URL", help="Where to keep it: sqlite:///clinic.sqlite or postgresql+psycopg://...")
@click.option("--host", metavar="ADDRESS", help="Address of the pages; another than [127.0.0.1] needs the next three.")
@click.option("--name", "names", multiple=True, metavar="NAME", help="By which others reach the pages, over HTTPS.")
@click.option("--certificate", metavar="FILE", help="Of the pages (PEM); without it a proxy here speaks HTTPS.")
@click.option("--key", metavar="FILE", help="Of that certificate; yours alone to read.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port of the pages; 0 takes any free one [8420].")
@click.option("--no-browser", is_flag=True, help="Do not open the pages in the browser.")
@click.option("--protocol", type=click.Choice(["5", "3.1.1"]), default="5", help="MQTT version of the broker [5].")
@click.option("--timezone", metavar="NAME", help="Of the times shown, such as Europe/Berlin [this machine's].")
@print_unit("clinic")
@click.pass_context
def clinic(
    context: click.Context,
    broker: str | None,
    database: str | None,
    host: str | None,
    names: tuple[str, ...],
    certificate: str | None,
    key: str | None,
    port: int | None,
    no_browser: bool,
    protocol: Protocol,
    timezone: str | None,
) -> None:
    """Store what homes send, answer them, and show it as pages in the browser, until Ctrl-C.

    A home deletes a row only after this clinic has stored it, so stopping or losing the broker loses nothing. The pages
    are open to this computer alone until somebody has a login (surefoot clinic user add); then nobody gets in without.

    \b
    On one machine, with a Mosquitto running:
      surefoot clinic --broker mqtt://127.0.0.1:1883 --database sqlite:///clinic.sqlite
      surefoot replay left.csv right.csv --publish mqtt://127.0.0.1:1883

    What is not given comes from the settings file named by SUREFOOT_CONFIG, or from SUREFOOT_BROKER,
    SUREFOOT_CLINIC_DATABASE, SUREFOOT_CLINIC_HOST, SUREFOOT_CLINIC_NAMES, SUREFOOT_CLINIC_CERTIFICATE,
    SUREFOOT_CLINIC_KEY, SUREFOOT_CLINIC_PORT, SUREFOOT_TIMEZONE, SUREFOOT_LANGUAGE; SUREFOOT_OTHER_BROKERS,
    SUREFOOT_ON_CALL and SUREFOOT_TECHNICIANS are lists: on_call = ["Ann", "Bob"]; SUREFOOT_THERAPISTS are told of
    reviews before those on call, and on Mondays of the weekly digest; SUREFOOT_HOLIDAYS days that are no working days:
    holidays = ["2026-12-25"].
    """
    if context.invoked_subcommand is not None:
        return
    config = load_config(
        broker=broker,
        clinic_database=database,
        clinic_host=host,
        clinic_names=names or None,
        clinic_certificate=certificate,
        clinic_key=key,
        clinic_port=port,
        timezone=timezone,
    )
    name, params = f"surefoot-clinic-{uuid.uuid4()}", link_params(config)
    links = [Link(url, name, protocol=protocol, params=params) for url in (config.broker, *config.other_brokers)]
    outside = _outside(config)
    listener = take_port(config.clinic_host, config.clinic_port, outside, login=_has_login(config))
    try:
        store = open_clinic(config)
    except BaseException:
        listener.close()
        raise
    try:
        signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))  # both end it the same way
        if store.office.staff.is_there() and store.office.sealed_with() is None:
            note("patients' names are stored as they are: seal them with surefoot clinic key make")
        asyncio.run(_run(store, links, listener, outside, config, browser=not no_browser))
    except BaseExceptionGroup as group:  # of the tasks within
        raise _first(group) from group
    finally:
        store.close()


def _outside(config: Config) -> Outside:
    if config.clinic_key is not None:
        secret_in(config.clinic_key)
    return Outside(config.clinic_names, config.clinic_certificate, config.clinic_key)


def _has_login(config: Config) -> bool:
    """Asked before the port is taken, and only where it matters: other machines may ask for the pages."""
    if is_loopback(config.clinic_host):
        return False
    store = open_clinic(config)
    try:
        return store.office.staff.is_there()
    finally:
        store.close()


async def _run(
    store: Store, links: Sequence[Link], listener: socket.socket, outside: Outside, config: Config, browser: bool
) -> None:
    """Ingest and pages side by side; either failing ends both."""
    where = _without_password(config.clinic_store)
    brokers = f"broker{'s' * (len(links) > 1)} {', '.join(str(link.address) for link in links)}"
    line = Line(time.time())
    zone = config.zone if "timezone" in config.model_fields_set else None
    title = f"Clinic, {where}"
    params = _params(config)
    people = {"language": config.language, "people": params.duty.escalation}
    app = make_app(store, time.time, title, zone=zone, line=line, names=outside.names, **people)
    ready = asyncio.Event()

    def tell(url: str) -> None:
        who = "a login is needed" if outside.names or store.office.staff.is_there() else "this computer only"
        click.echo(f"Clinic at {url} ({who}), storing in {where}, {brokers}. Ctrl-C to stop.")
        if browser and has_screen():
            asyncio.get_running_loop().run_in_executor(None, webbrowser.open, url)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(serve_pages(app, listener=listener, outside=outside, on_ready=tell))
        tasks.create_task(_watch(ready, line))
        tasks.create_task(_keep_no_longer(store, config.retention_days))
        tasks.create_task(_keep_small())
        pulse = Pulse({"duty": 600.0}, time.monotonic)
        tasks.create_task(keep_telling(pulse, lambda: f"{brokers}: {'listening' if line.is_up else 'no line'}"))
        looked = partial(pulse.beat, "duty")
        teller = _teller(line)
        tasks.create_task(serve(store, links, params=params, ready=ready, on_trouble=teller, on_look=looked))


async def _keep_no_longer(store: Store, days: int | None) -> None:
    """Once a day, what is older than it may be is deleted."""
    while days is not None:
        now_s = time.time()
        try:
            await asyncio.to_thread(store.office.forget_older, now_s - days * DAY_S, now_s)
        except StoreError as error:
            note(str(error))
        await asyncio.sleep(DAY_S)


async def _keep_small() -> None:
    settle_in()
    while True:
        await asyncio.sleep(FREE_S)
        await asyncio.to_thread(give_back)


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
    """Neither before the host nor among what follows a question mark."""
    parts = urlsplit(url)
    if "@" not in parts.netloc and not parts.query:
        return url
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="").geturl()


def _first(group: BaseException) -> BaseException:
    while isinstance(group, BaseExceptionGroup):
        group = group.exceptions[0]
    return group


for _verb in (
    enroll,
    renew,
    revoke,
    gateways,
    user,
    audit,
    forget,
    keys,
    limits,
    learn,
    affected,
    treatment,
    ask,
    orders,
    digest,
    token,
):
    clinic.add_command(_verb)
