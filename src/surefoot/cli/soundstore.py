"""A sound store: the home's, opened; a damaged one is put aside, and what can be read of it goes into a new one."""

from __future__ import annotations

import time
from datetime import datetime

from surefoot.alerts.technical import store_damaged
from surefoot.cli.keyfile import home_keys
from surefoot.cli.spare import read_spare
from surefoot.config import Config
from surefoot.pipeline.salvage import Salvaged, put_aside, salvage
from surefoot.pipeline.store import Store, StoreError, open_store
from surefoot.pipeline.storecheck import look_at

LOOK_S = 10.0  # at most, through the file before it is used; a large one is looked through in part


def open_sound(config: Config, now_s: float) -> tuple[Store, str]:
    """The store, and what was done to have it, for a person to read; "" where it was whole.

    Raises:
        StoreError: it cannot be opened for another reason than damage.
    """
    path = config.home / "home.sqlite"
    try:
        _check(str(path) if path.exists() else "")
        return open_store(config.home_store, config.stride_days, home_keys(config)), ""
    except StoreError as trouble:
        if trouble.trouble != "damaged":
            raise
        why = trouble.what
    store, saved = _begun_anew(config, now_s, why)
    today = datetime.fromtimestamp(now_s, config.zone).date().isoformat()
    alert = store_damaged(now_s, today, saved.rows, saved.parts, saved.next_seq)
    store.keep_alert(alert)
    return store, f"{alert.sentence} The damaged file is kept as {saved.aside}."


def _check(path: str) -> None:
    if path:
        end_s = time.monotonic() + LOOK_S
        health = look_at(path, lambda: time.monotonic() > end_s)
        if health.faults:
            raise StoreError(f"{path} is damaged: {health.faults[0]}.", "", "", "damaged")


def _begun_anew(config: Config, now_s: float, why: str) -> tuple[Store, Salvaged]:
    path, spare = config.home / "home.sqlite", read_spare(config.home)
    stamp = datetime.fromtimestamp(now_s, config.zone).strftime("%Y%m%d-%H%M%S")
    try:
        aside = put_aside(path, stamp)
        open_store(config.home_store, config.stride_days, home_keys(config)).close()
        saved = salvage(aside, path, spare.seq_used if spare else 0)
    except OSError as error:
        raise StoreError(
            f"{why} A new one cannot be made beside it: {error.strerror or error}.",
            "Nothing is stored until that is put right; readings wait with the sensors.",
            "Free some space, and check the disk; an SD card that is worn out must be replaced.",
        ) from error
    store = open_store(config.home_store, config.stride_days, home_keys(config))
    if spare is not None:
        store.gateway(spare.gateway)
        known = {sensor.address for sensor in store.worn_sensors()}
        for sensor in spare.worn:
            if sensor.address not in known:
                store.keep_worn_sensor(sensor)
    return store, saved
