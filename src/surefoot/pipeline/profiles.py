"""Profiles: what a clinic knows of a patient's sciatica, by whom and since when; append-only, the last one stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal, get_args

from pydantic import Field, TypeAdapter
from sqlalchemy import Connection, Engine, Row, select

from surefoot.pipeline.engine import plain_words, writing
from surefoot.pipeline.toldtables import profiles
from surefoot.records import AidKind, Side

Root = Literal["L4", "L5", "S1"]
Cause = Literal["disc", "stenosis", "after_surgery", "outside_spine", "other", ""]
ROOTS: tuple[Root, ...] = get_args(Root)
CAUSES: tuple[Cause, ...] = get_args(Cause)
LONGEST_REMARK = 400


@dataclass(frozen=True, slots=True)
class Profile:
    """Of one patient; what is empty is not known. ``side``: the affected leg, or both."""

    side: Side | Literal["both", ""] = ""
    roots: tuple[Root, ...] = ()
    cause: Cause = ""
    since: str = ""
    aids: tuple[AidKind, ...] = ()  # usually walked with
    remark: Annotated[str, Field(max_length=LONGEST_REMARK)] = ""


@dataclass(frozen=True, slots=True)
class Written:
    """A profile as somebody wrote it."""

    profile: Profile
    who: str
    at_s: float
    note: str


_PROFILE: TypeAdapter[Profile] = TypeAdapter(Profile)


class Profiles:
    """Of one clinic. Safe to use from several threads and programs."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def write(self, gateway: str, profile: Profile, who: str, at_s: float, note: str = "") -> None:
        """Kept behind those before it. StoreError when the records cannot be written."""
        body = _PROFILE.dump_json(profile).decode()
        row = {"gateway": gateway, "at_s": at_s, "who": who, "note": note, "body": body}
        with plain_words("The records cannot be written"), writing(self._engine) as connection:
            connection.execute(profiles.insert().values(row))

    def of(self, gateway: str) -> list[Written]:
        """All of one patient, oldest first: the last one stands."""
        with plain_words("The records cannot be read"), self._engine.begin() as connection:
            return [_written(row) for row in _rows(connection, gateway)]


def _rows(connection: Connection, gateway: str) -> Sequence[Row[tuple[object, ...]]]:
    query = select(profiles).where(profiles.c.gateway == gateway).order_by(profiles.c.id)
    return connection.execute(query).all()


def _written(row: Row[tuple[object, ...]]) -> Written:
    return Written(_PROFILE.validate_json(row.body), row.who, row.at_s, row.note)
