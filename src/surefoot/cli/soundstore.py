"""A sound store: the home's, opened; a damaged one is put aside, and what can be read of it goes into a new one."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path

from surefoot.alerts.technical import store_damaged
from surefoot.cli.housekeeping import BALLAST
from surefoot.cli.keyfile import home_keys
from surefoot.cli.spare import Spare, read_spare
from surefoot.config import Config
from surefoot.pipeline.copies import sync
from surefoot.pipeline.salvage import put_aside, remove, salvage
from surefoot.pipeline.store import Store, StoreError, open_store
from surefoot.pipeline.storecheck import look_at
from surefoot.records import Alert

LOOK_S = 10.0  # at most, through the file before it is used; a large one is looked through in part


def open_sound(config: Config, now_s: float) -> tuple[Store, str]:
    """The store, and what was done to have it, for a person to read; "" where it was whole.

    Raises:
        StoreError: it cannot be opened for another reason than damage.
    """
    path = config.home / "home.sqlite"
    try:
        _finish(path)
        _check(str(path) if path.exists() else "")
        return open_store(config.home_store, config.stride_days, home_keys(config)), ""
    except StoreError as trouble:
        if trouble.trouble != "damaged":
            raise
        why = trouble.what
    told = _begun_anew(config, path, now_s, why)
    return open_store(config.home_store, config.stride_days, home_keys(config)), told


def _check(path: str) -> None:
    if path:
        end_s = time.monotonic() + LOOK_S
        health = look_at(path, lambda: time.monotonic() > end_s)
        if health.faults:
            raise StoreError(f"{path} is damaged: {health.faults[0]}.", "", "", "damaged")


def _begun_anew(config: Config, path: Path, now_s: float, why: str) -> str:
    """The new store takes the place of the damaged one when it is whole: till then each start saves again."""
    spare, fresh = read_spare(config.home), _fresh(path)
    stamp = datetime.fromtimestamp(now_s, config.zone).strftime("%Y%m%d-%H%M%S")
    try:
        remove(fresh)
        open_store(f"sqlite:///{fresh}", config.stride_days, home_keys(config)).close()
        saved = salvage(path, fresh, spare.seq_used if spare else 0)
        store = open_store(f"sqlite:///{fresh}", config.stride_days, home_keys(config))
        today = datetime.fromtimestamp(now_s, config.zone).date().isoformat()
        alert = store_damaged(now_s, today, saved.rows, saved.parts, saved.next_seq)
        try:
            _complete(store, spare, alert)
        except StoreError as full:  # what was saved has taken all the room there was
            if full.trouble != "full" or not (config.home / BALLAST).exists():
                raise
            (config.home / BALLAST).unlink()
            _complete(store, spare, alert)
        finally:
            store.close()
        aside = put_aside(path, stamp)
        _finish(path)
    except OSError as error:
        raise StoreError(
            f"{why} A new one cannot be made beside it: {error.strerror or error}.",
            "Nothing is stored until that is put right; readings wait with the sensors.",
            "Free some space, and check the disk; an SD card that is worn out must be replaced.",
        ) from error
    return f"{alert.sentence} The damaged file is kept as {aside}."


def _complete(store: Store, spare: Spare | None, alert: Alert) -> None:
    """With what a home cannot go on without, where it could not be read; and that it is known what happened."""
    if spare is not None:
        store.gateway(spare.gateway)
        known = {sensor.address for sensor in store.worn_sensors()}
        for sensor in spare.worn:
            if sensor.address not in known:
                store.keep_worn_sensor(sensor)
    store.keep_alert(alert)
    store.outbox.fold_journal()


def _finish(path: Path) -> None:
    """A new store, where the damaged one was put aside, takes its place: also where a start was killed in between."""
    fresh = _fresh(path)
    if fresh.exists() and not path.exists():
        remove(path)  # a journal that was left there is the damaged one's, and has been read
        fresh.replace(path)
        sync(path.parent)


def _fresh(path: Path) -> Path:
    return path.with_name(f"{path.name}.fresh")
