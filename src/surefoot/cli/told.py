"""What ``surefoot log`` writes into: the patient's store, which must be there; and days as they are typed."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from surefoot.cli.keyfile import clinic_keys, home_keys
from surefoot.config import Config
from surefoot.pipeline.store import Store, StoreError, open_store

STORE = click.option("--store", "store_at", metavar="PATH", help="The patient's store [this home's].")


def opened(store_at: str | None, config: Config) -> Store:
    """The named store, which must be there: what is told belongs to a patient who is known."""
    if store_at is not None and "://" in store_at:
        return _with_its_keys(store_at, config)
    path = Path(store_at).expanduser() if store_at else config.home / "home.sqlite"
    if not path.exists():
        raise StoreError(f"There is no store {path}.", "Nothing was kept.", "Name the patient's store: --store PATH.")
    if store_at is None:
        return open_store(f"sqlite:///{path}", config.stride_days, home_keys(config))
    return _with_its_keys(f"sqlite:///{path}", config)


def _with_its_keys(url: str, config: Config) -> Store:
    """A store that may be a clinic's or a home's: unsealed, or sealed with the keys of either."""
    try:
        return open_store(url, config.stride_days)
    except StoreError as error:
        if error.trouble != "sealed":
            raise
        sealed = error
    for keys in (clinic_keys(config), home_keys(config)):
        try:
            return open_store(url, config.stride_days, keys)
        except StoreError as error:
            if error.trouble != "sealed":
                raise
    raise sealed


def day_given(given: str | None, option: str) -> str | None:
    if given is None:
        return None
    try:
        return date.fromisoformat(given).isoformat()
    except ValueError as error:
        raise click.BadParameter(f"{given!r} is no day such as 2026-05-01.", param_hint=option) from error
