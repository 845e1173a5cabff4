"""The clinic's records, as its verbs open them; and who is at the command line."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import contextmanager

import click

from surefoot.cli.console import note
from surefoot.cli.keyfile import clinic_keys
from surefoot.config import Config, load_config
from surefoot.pipeline.store import Store, StoreError, open_store

_NAMED = "surefoot.clinic.database"  # where the context keeps what was named behind the verb


def clinic_config(context: click.Context) -> Config:
    """The settings, with the database that was named behind the verb, or before it: surefoot clinic --database URL."""
    above, named = context, context.meta.get(_NAMED)
    while not named and above is not None:
        named, above = above.params.get("database"), above.parent
    return load_config(clinic_database=named)


def _name(context: click.Context, _: click.Parameter, url: str | None) -> None:
    context.meta[_NAMED] = url


database_option = click.option(
    "--database",
    metavar="URL",
    expose_value=False,
    callback=_name,
    help="The clinic's, also before the verb [SUREFOOT_CLINIC_DATABASE].",
)


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


@contextmanager
def known_clinic(context: click.Context) -> Iterator[Store]:
    """The records of a clinic that is there: none is begun by looking."""
    config = clinic_config(context)
    if not config.clinic_database and not (config.home / "clinic.sqlite").exists():
        raise StoreError(f"There is no clinic in {config.home}.", "Nothing was done.", "Name it: --database URL.")
    with clinic_store(context) as store:
        yield store


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
