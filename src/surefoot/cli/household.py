"""The household: the settings, the home store, its paired sensors, and the way to the clinic's broker, looked at."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator
from dataclasses import replace

from surefoot.alerts.mqtt import Link, LinkError, LinkParams
from surefoot.cli.alignment import alignment
from surefoot.cli.checkup import Line
from surefoot.cli.identified import COPY, link_params
from surefoot.cli.owncertificate import OwnCertificate
from surefoot.config import FILE_VARIABLE, Config
from surefoot.pipeline.storecheck import look_at
from surefoot.records import SIDES

LOOK_S = 4.0  # at the store; a large one is looked through only in part
BROKER_S = 3.0


def settings(config: Config) -> Iterator[Line]:
    yield Line("Settings", os.environ.get(FILE_VARIABLE) or "the usual ones; no settings file is named")
    if config.timezone == "UTC":
        remedy = "Name the place: SUREFOOT_TIMEZONE=Europe/Berlin"
        yield Line("Time zone", "UTC: the patient's day begins at midnight in Greenwich", "warn", remedy)
    else:
        yield Line("Time zone", config.timezone)


def store(config: Config) -> Iterator[Line]:
    """The file, and the sensors named in it; nothing is written, an older file is not brought up to date."""
    path = config.home / "home.sqlite"
    if not path.exists():
        yield Line("Home store", f"{path} is not made yet")
        yield Line("Paired sensors", "none", "warn", "surefoot pair")
        return
    end_s = time.monotonic() + LOOK_S
    health = look_at(str(path), lambda: time.monotonic() > end_s)
    size = f"{path}, {path.stat().st_size / 1e6:.1f} MB"
    if health.faults:
        remedy = "Keep a copy of the file, move it away, and restore your last copy."
        yield Line("Home store", f"{size}, is damaged: {health.faults[0]}", "bad", remedy)
    elif health.schema is None:
        yield Line("Home store", f"{size}, is no store of surefoot's", "bad", "Move it away, or set SUREFOOT_HOME.")
    elif health.schema > health.newest:
        told = f"{size}, schema {health.schema}: made by a newer surefoot"
        yield Line("Home store", told, "bad", "python -m pip install --upgrade surefoot")
    else:
        whole = "whole" if health.finished else "whole as far as could be seen in a few seconds"
        later = "" if health.schema == health.newest else f", brought up to {health.newest} at the next start"
        yield Line("Home store", f"{size}, {whole}, schema {health.schema}{later}")
    for sensor in health.sensors:
        on = "ankle" if sensor.placement == "shank" else "foot"
        fast = "" if sensor.clock_ppm is None else f", its clock {sensor.clock_ppm:+.0f} ppm"
        where = f"{sensor.name or sensor.product} ({sensor.address}), {sensor.rate_hz:g} Hz{fast}"
        yield Line(f"Sensor, {sensor.side} {on}", where)
    ankles = {one.side: one.clock_within_s for one in health.sensors if one.placement == "shank"}
    if (told := alignment(ankles)) and None not in ankles.values():
        yield Line("Clocks", f"when they were kept last, {told}")
    missing = [side for side in SIDES if side not in {sensor.side for sensor in health.sensors}]
    if len(missing) == len(SIDES):
        yield Line("Paired sensors", "none", "warn", "surefoot pair")
    elif missing:
        told = f"none for the {missing[0]} leg: what compares the legs cannot be said"
        yield Line("Paired sensors", told, "warn", "surefoot pair")


def broker(config: Config) -> Iterator[Line]:
    """A whole greeting with the broker: name, network, TLS, user and password."""
    if "broker" not in config.model_fields_set:
        remedy = "To reach a care team, name their broker: SUREFOOT_BROKER=mqtts://user:password@host:8883"
        yield Line("Broker", "none is set: findings stay at home", "warn", remedy)
        return
    try:
        params = link_params(config)
    except LinkError as error:
        yield Line("Certificate", error.what.rstrip("."), "bad", f"{error.remedy} Till then findings wait at home.")
        return
    if (own := OwnCertificate.of(config)) is not None:
        yield _certificate(own, time.time())
    for url in (config.broker, *config.other_brokers):
        yield _broker(url, params)


def _certificate(own: OwnCertificate, now_s: float) -> Line:
    told = own.warning(now_s)
    try:
        of = f"of {own.name}, until {own.until:%Y-%m-%d}"
    except (OSError, ValueError):
        return Line("Certificate", told, "bad", COPY)
    remedy = "Have the clinic renew it, surefoot clinic renew, or enroll this home again."
    return Line("Certificate", told, "bad", remedy) if told else Line("Certificate", of)


def _broker(url: str, params: LinkParams) -> Line:
    try:
        link = asyncio.run(_greeted(url, params))
    except LinkError as error:
        return Line("Broker", error.what.rstrip("."), "bad", f"{error.remedy} Till then findings wait at home.")
    if not link.address.secure and link.address.host not in ("localhost", "127.0.0.1", "::1"):
        told = f"{link.address} answers, but what is sent can be read on the way"
        return Line("Broker", told, "warn", "Use mqtts:// with a broker that speaks TLS.")
    return Line("Broker", f"{link.address} answers{', with TLS' if link.address.secure else ''}")


async def _greeted(url: str, params: LinkParams) -> Link:
    params = replace(params, timeout_s=BROKER_S)
    link = Link(url, f"surefoot-doctor-{os.getpid()}", protocol="any", params=params)
    async with link.connect():
        return link
