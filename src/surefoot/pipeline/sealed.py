"""Sealed columns: written sealed where their database has keys, and read as what was written."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Dialect, Engine, Text
from sqlalchemy.types import TypeDecorator

from surefoot.pipeline.sealing import Keyring, is_sealed, key_of, missing

_RING = "surefoot_keyring"  # the keys belong to one engine; its dialect is what a column is told of it


class Sealed(TypeDecorator[str]):
    """Text that is personal. ``payload``: a whole record, sealed only where the key ring says so.

    ``of`` names the column: what was sealed for it opens nowhere else.
    """

    impl = Text
    cache_ok = True

    def __init__(self, of: str, *, payload: bool = False) -> None:
        super().__init__()
        self.of = of
        self.payload = payload

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        keys = keys_of(dialect)
        if not value or keys is None or (self.payload and not keys.payloads):
            return value
        return keys.seal(value, self.of)

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:
        if value is None or not is_sealed(value):
            return value
        keys = keys_of(dialect)
        if keys is None:
            raise missing(key_of(value))
        return keys.open(value, self.of)


def give_keys(engine: Engine, keys: Keyring | None) -> None:
    """Have an engine seal and open with these, from its first statement on."""
    setattr(engine.dialect, _RING, keys)


def keys_of(of: Dialect) -> Keyring | None:
    found: Keyring | None = getattr(of, _RING, None)
    return found
