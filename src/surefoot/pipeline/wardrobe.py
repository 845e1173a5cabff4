"""The wardrobe: which sensors were paired for which leg, and how they sat each time they were put on; all at home."""

from __future__ import annotations

from dataclasses import replace

from pydantic import TypeAdapter
from sqlalchemy import Connection, select

from surefoot.pipeline.rows import upsert
from surefoot.pipeline.schema import donnings, worn_sensors
from surefoot.records import Donning, WornSensor

_SENSOR: TypeAdapter[WornSensor] = TypeAdapter(WornSensor)
_DONNING: TypeAdapter[Donning] = TypeAdapter(Donning)


def keep_sensor(connection: Connection, sensor: WornSensor) -> None:
    """In its place on the leg; a sensor that was paired for another place leaves that one."""
    columns = worn_sensors.c
    elsewhere = (columns.side != sensor.side) | (columns.placement != sensor.placement)
    connection.execute(worn_sensors.delete().where((columns.address == sensor.address) & elsewhere))
    row = {"side": sensor.side, "placement": sensor.placement, "address": sensor.address}
    upsert(connection, worn_sensors, {**row, "body": _SENSOR.dump_json(sensor).decode()})


def keep_clock(connection: Connection, address: str, ppm: float, within_s: float | None) -> None:
    """Of a sensor that is paired still; others may have taken its place meanwhile."""
    for sensor in sensors(connection):
        if sensor.address == address:
            keep_sensor(connection, replace(sensor, clock_ppm=ppm, clock_within_s=within_s))


def drop_sensor(connection: Connection, address: str) -> bool:
    return connection.execute(worn_sensors.delete().where(worn_sensors.c.address == address)).rowcount == 1


def sensors(connection: Connection) -> list[WornSensor]:
    """Left before right, the shank before the foot."""
    order = worn_sensors.c.placement.desc(), worn_sensors.c.side
    return [_SENSOR.validate_json(body) for body in connection.scalars(select(worn_sensors.c.body).order_by(*order))]


def keep_donning(connection: Connection, donning: Donning) -> None:
    body = _DONNING.dump_json(donning).decode()
    upsert(connection, donnings, {"start_s": donning.start_s, "body": body})


def donnings_between(connection: Connection, start_s: float, end_s: float) -> list[Donning]:
    start = donnings.c.start_s
    query = select(donnings.c.body).where(start >= start_s, start < end_s).order_by(start)
    return [_DONNING.validate_json(body) for body in connection.scalars(query)]
