"""``surefoot page``: the patient's own page, on this home's store, until Ctrl-C."""

from __future__ import annotations

import asyncio
import signal
import time
import webbrowser

import click

from surefoot.cli.console import has_screen
from surefoot.cli.told import STORE, opened
from surefoot.config import load_config
from surefoot.web.homeapp import make_home_app
from surefoot.web.server import serve_pages, take_port


@click.command()
@STORE
@click.option("--port", type=click.IntRange(0, 65535), default=8421, show_default=True, help="0 takes any free one.")
@click.option("--no-browser", is_flag=True, help="Do not open the page in the browser.")
@click.option("--timezone", metavar="NAME", help="Where the patient's day begins, such as Europe/Berlin [UTC].")
def page(store_at: str | None, port: int, no_browser: bool, timezone: str | None) -> None:
    """The patient's own page: check-in, "did your leg give way?", what the clinic asks, and today's walking.

    It works on this home's store alone, beside surefoot wear or without it, with or without a line to the clinic. A red
    flag answered with yes shows at once what to do, before anything is kept or sent.

    It has no login yet, so it is served to this computer only.
    """
    config = load_config(timezone=timezone)
    listener = take_port("127.0.0.1", port)
    try:
        store = opened(store_at, config)
    except BaseException:
        listener.close()
        raise
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))  # both end it the same way

    def tell(url: str) -> None:
        click.echo(f"The patient's page is at {url} (this computer only). Ctrl-C to stop.")
        if not no_browser and has_screen():
            webbrowser.open(url)

    try:
        app = make_home_app(store, time.time, config.zone, language=config.language)
        asyncio.run(serve_pages(app, listener=listener, on_ready=tell))
    finally:
        store.close()
