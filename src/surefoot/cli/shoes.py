"""``surefoot log shoes``: the answer to "did you walk in other shoes?", which is asked when both legs change alike."""

from __future__ import annotations

import time

import click

from surefoot.cli.console import note
from surefoot.cli.told import STORE, opened
from surefoot.config import load_config
from surefoot.pipeline.shoes import SHOE_WORDS, ShoeWord, asked_shoes, keep_shoes
from surefoot.pipeline.store import StoreError


@click.command()
@click.argument("word", type=click.Choice(list(SHOE_WORDS)))
@STORE
def shoes(word: ShoeWord, store_at: str | None) -> None:
    """Answer "did you walk in other shoes?".

    \b
      still   other shoes, and still in them: logged until further notice
      until   other shoes on the days asked about only
      no      the usual shoes: the care team is told what waited for this answer

    It is asked when both legs have changed alike. Shoes nobody asked about: surefoot log aid shoes.
    """
    config, now_s = load_config(), time.time()
    store = opened(store_at, config)
    try:
        asked = asked_shoes(store, now_s)
        if asked is None:
            what = "No question about shoes is open."
            raise StoreError(what, "Nothing was kept.", "Log shoes that nobody asked about: surefoot log aid shoes.")
        alerts = keep_shoes(store, asked, word, now_s)
    finally:
        store.close()
    note(f"kept about {asked.first_day} to {asked.last_day}: {SHOE_WORDS[word]}")
    for alert in alerts:
        note(f"the care team is told ({alert.tier}): {alert.sentence}")
    if word == "no" and not alerts:
        note("what was asked about is over by now: nobody is told")
