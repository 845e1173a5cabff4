"""``surefoot page``: the patient's own page, on this home's store, until Ctrl-C."""

from __future__ import annotations

import asyncio
import signal
import socket
import time
import webbrowser
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click

from surefoot.cli.console import has_screen, note
from surefoot.cli.pagecertificate import own_certificate
from surefoot.cli.told import STORE, opened
from surefoot.config import Config, load_config
from surefoot.pipeline.ring import Ring
from surefoot.pipeline.store import Store
from surefoot.records import Gap, Samples
from surefoot.web.guard import is_loopback
from surefoot.web.homeapp import make_home_app
from surefoot.web.homenow import read_now
from surefoot.web.server import Outside, PortError, serve_pages, take_port

EVERYWHERE = ("0.0.0.0", "::")
FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.command()
@STORE
@click.option("--port", type=click.IntRange(0, 65535), default=8421, show_default=True, help="0 takes any free one.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen; elsewhere only with a PIN.")
@click.option("--name", "names", multiple=True, metavar="NAME", help="By which a phone asks for it [this computer's].")
@click.option("--certificate", type=FILE, metavar="FILE", help="For HTTPS [one that this home makes itself].")
@click.option("--key", type=FILE, metavar="FILE", help="Of the certificate.")
@click.option("--set-pin", is_flag=True, help="Ask for a new PIN, keep it and end.")
@click.option("--no-pin", is_flag=True, help="Take the PIN away and end; then this computer alone is served.")
@click.option("--no-browser", is_flag=True, help="Do not open the page in the browser.")
@click.option("--timezone", metavar="NAME", help="Where the patient's day begins, such as Europe/Berlin [UTC].")
def page(
    store_at: str | None,
    port: int,
    host: str,
    names: tuple[str, ...],
    certificate: Path | None,
    key: Path | None,
    set_pin: bool,
    no_pin: bool,
    no_browser: bool,
    timezone: str | None,
) -> None:
    """The patient's own page: check-in, "did your leg give way?", guided tests with a beat, sensors, today's walking.

    \b
      surefoot page                      on this computer
      surefoot page --set-pin            once, before a phone may see it
      surefoot page --host 0.0.0.0       for a phone in the house, over HTTPS and with the PIN

    It works on this home's store alone, beside surefoot wear or without it, with or without a line to the clinic. A red
    flag answered with yes shows at once what to do, before anything is kept or sent. A guided test is judged from the
    readings that surefoot wear records meanwhile.

    With a PIN nobody sees the page without it. Other machines than this one are served only then.
    """
    config = load_config(timezone=timezone)
    if (certificate is None) != (key is None):
        raise click.UsageError("--certificate and --key belong together.")
    store = opened(store_at, config)
    try:
        if set_pin or no_pin:
            _change_pin(store, set_pin)
            return
        way = _way(host, names, certificate, key, config, store.office.pin.is_set())
        listener = take_port(host, port, way.outside, login=True)
        _serve(store, config, listener, way, not no_browser)
    finally:
        store.close()


@dataclass(frozen=True, slots=True)
class _Way:
    """How the page is reached: from this computer alone, or as ``outside`` says; ``told``: what a phone will say."""

    outside: Outside
    told: str = ""


def _way(
    host: str, names: Sequence[str], certificate: Path | None, key: Path | None, config: Config, has_pin: bool
) -> _Way:
    if is_loopback(host):
        return _Way(Outside())
    if not has_pin:
        what = f"The page cannot be served at {host}: it has no PIN, so anybody there could read and answer it."
        raise PortError(what, "Nothing was started.", "Give it one: surefoot page --set-pin")
    called = tuple(names) or (tuple(_own_names()) if host in EVERYWHERE else (host,))
    if certificate is not None:
        return _Way(Outside(called, certificate, key))
    made, its_key, seen = own_certificate(config.home, called, datetime.fromtimestamp(time.time(), UTC))
    told = f"A phone warns once that it does not know this certificate. Its SHA-256 fingerprint must be\n{seen}"
    return _Way(Outside(called, made, its_key), told)


def _own_names() -> Iterator[str]:
    """By which a phone in the house may ask: this computer's name, and its address there. Nothing is sent."""
    yield socket.gethostname()
    yield f"{socket.gethostname()}.local"
    with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.connect(("192.0.2.1", 9))  # an address that nobody has (RFC 5737)
        yield line.getsockname()[0]


def _change_pin(store: Store, wanted: bool) -> None:
    if not wanted:
        store.office.pin.drop()
        click.echo("The page needs no PIN any more, and is served to this computer alone.")
        return
    given: str = click.prompt("PIN (6 to 12 digits)", hide_input=True, confirmation_prompt=True)
    store.office.pin.set(given.strip(), time.time())
    click.echo("The page asks for this PIN from now on; phones that knew another one have to give it, too.")


def _serve(store: Store, config: Config, listener: socket.socket, way: _Way, browser: bool) -> None:
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))  # both end it the same way
    secure = way.outside.certificate is not None

    def recorded(start_s: float, end_s: float) -> Iterator[Samples | Gap]:
        return Ring(config.home_ring).items(start_s, end_s)

    def tell(url: str) -> None:
        whom = f"for whoever has the PIN, as {' or '.join(way.outside.names)}" if secure else "this computer only"
        click.echo(f"The patient's page is at {url} ({whom}). Ctrl-C to stop.")
        if way.told:
            note(way.told)
        if browser and not secure and has_screen():
            webbrowser.open(url)

    app = make_home_app(
        store,
        time.time,
        config.zone,
        live=lambda: read_now(config.home, time.time()),
        recorded=recorded,
        names=way.outside.names,
        secure=secure,
        language=config.language,
    )
    asyncio.run(serve_pages(app, listener=listener, outside=way.outside if secure else None, on_ready=tell))
