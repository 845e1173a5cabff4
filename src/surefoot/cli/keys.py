"""``surefoot clinic key``: the keys that names and notes are sealed with."""

from __future__ import annotations

import time

import click

from surefoot.cli.clinicstore import clear_journal, clinic_config, clinic_store, operator
from surefoot.cli.console import note
from surefoot.cli.keyfile import clinic_file, clinic_keys, keys_in, write_keys
from surefoot.cli.secretfile import SecretError
from surefoot.config import Config
from surefoot.pipeline.sealing import new_key
from surefoot.pipeline.store import open_store


@click.group("key")
def key() -> None:
    """The keys that patients' names and notes are sealed with in the database (AES-256-GCM).

    They lie in the file that SUREFOOT_KEYS names, else in clinic.keys of SUREFOOT_HOME. Whoever has the database or a
    copy of it, and not that file, reads no name. Keep a copy of the file, not beside copies of the database: without
    it the names are lost for good.
    """


@key.command()
@click.pass_context
def make(context: click.Context) -> None:
    """Make the first key, and seal what is stored."""
    config = clinic_config(context)
    path = clinic_file(config)
    if path.exists():
        raise SecretError(f"There are keys already, in {path}.", "Nothing was changed.", "Another one: key rotate")
    open_store(config.clinic_store).close()  # what is sealed already, with keys that are not here, is told now
    write_keys(path, [new_key()])
    _seal(config, "made a key")
    note(f"the key is in {path}: keep a copy, and not beside copies of the database")
    note("start a running clinic again: it has no key yet, so it cannot read what is sealed now")


@key.command()
@click.pass_context
def rotate(context: click.Context) -> None:
    """Make a new key and seal everything anew with it. The old ones stay in the file: the log's digests need them.

    It may be stopped anywhere and run again. A clinic that is running goes on; start it again afterwards.
    """
    config = clinic_config(context)
    path = clinic_file(config)
    if not path.exists():
        raise SecretError(f"There are no keys in {path}.", "Nothing was changed.", "surefoot clinic key make")
    write_keys(path, [*keys_in(path), new_key()])
    _seal(config, "made a new key")
    note(f"the keys in {path} are others than in your copy: copy them anew, and start a running clinic again")


@key.command()
@click.pass_context
def show(context: click.Context) -> None:
    """Which keys there are, by their ids, and which the database is sealed with. Seals what is not sealed yet."""
    config = clinic_config(context)
    keys = clinic_keys(config)
    with clinic_store(context) as store:
        sealed = store.office.sealed_with()
        if keys is None or sealed is None:
            click.echo(
                "Patients' names and notes are stored as they are: there is no key. Make one: surefoot clinic key make"
            )
            return
        if done := store.office.seal_anew():
            clear_journal(store)
    ids = [one.id for one in keys_in(clinic_file(config))]
    click.echo(f"Keys in {clinic_file(config)}: {', '.join(ids)}; the last one seals.")
    if done:
        click.echo(f"{done} texts were not sealed with it and are now.")


def _seal(config: Config, what: str) -> None:
    keys = clinic_keys(config)
    store = open_store(config.clinic_store, keys=keys)
    try:
        store.office.audit.add(time.time(), operator(), what, told=keys.newest if keys else "")
        click.echo(f"Sealed {store.office.seal_anew()} names and notes.")
        clear_journal(store)
    finally:
        store.close()
