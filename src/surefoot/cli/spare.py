"""The spare: the little without which a home cannot go on, kept beside its store in case that is lost altogether."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from surefoot.pipeline.copies import sync
from surefoot.pipeline.store import Store
from surefoot.records import WornSensor

NAME = "home.spare.json"
AHEAD = 1000  # numbers of the outbox that are taken for used before they are: so rarely is it written


@dataclass(frozen=True, slots=True)
class Spare:
    """What was true when it was written."""

    gateway: str
    seq_used: int  # no number above it has been used
    worn: tuple[WornSensor, ...]


def read_spare(home: Path) -> Spare | None:
    try:
        told = json.loads((home / NAME).read_text(encoding="utf-8"))
        worn = tuple(WornSensor(**sensor) for sensor in told["worn"])
        return Spare(str(told["gateway"]), int(told["seq_used"]), worn)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def renew_spare(home: Path, store: Store, known: Spare | None) -> Spare:
    """Write it again where it has fallen behind the store; raise OSError when that is not possible."""
    newest, worn = store.outbox.newest(), tuple(store.worn_sensors())
    enough = known is not None and known.seq_used >= newest + AHEAD // 2
    if known is not None and enough and (known.gateway, known.worn) == (store.gateway(), worn):
        return known
    spare = Spare(store.gateway(), newest + AHEAD, worn)
    fresh = home / f"{NAME}.new"
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(asdict(spare), file)
    sync(fresh)
    fresh.replace(home / NAME)
    sync(home)
    return spare
