"""The clinic's records, as its verbs open them; and who is at the command line."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import contextmanager

import click

from surefoot.cli.console import note
from surefoot.cli.keyfile import clinic_keys
from surefoot.config import Config, load_config
from surefoot.pipeline.store import Store, open_store


def clinic_config(context: click.Context) -> Config:
    """The settings, with the database that was named before the verb: surefoot clinic --database URL user list."""
    above: click.Context | None = context
    while above is not None and "database" not in above.params:
        above = above.parent
    return load_config(clinic_database=above.params["database"] if above else None)


def open_clinic(config: Config) -> Store:
    if not config.clinic_database:
        config.home.mkdir(parents=True, exist_ok=True)
    return open_store(config.clinic_store, keys=clinic_keys(config))


@contextmanager
def clinic_store(context: click.Context) -> Iterator[Store]:
    store = open_clinic(clinic_config(context))
    try:
        yield store
    finally:
        store.close()


def operator() -> str:
    """Whoever typed the command, as the log names them."""
    try:
        return f"{getpass.getuser()} (command line)"
    except (OSError, KeyError):
        return "(command line)"


def clear_journal(store: Store) -> None:
    """Behind what deletes or seals: no byte of it stands as it was, or it is said where."""
    if not store.office.clear_journal():
        note(
            "another program reads the database just now, so its files still hold what was there before: end that "
            "program, then start the clinic again: whoever closes the database last clears it"
        )
