"""What came of a chaos run: what the homes wrote down that they kept, held against what the clinic's database shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from chaosplace import Gateway, Place
from chaosrows import Mix, Name
from surefoot.pipeline.store import open_store

TABLES = {"alerts": "alert_id", "incidents": "start_s", "tests": "start_s", "bouts": "start_s"}
Shown = tuple[Name, str]  # a row of the clinic's tables, and the digest of its content


@dataclass(frozen=True, slots=True)
class Journal:
    """What one home wrote down: when each row was begun first, and which were kept."""

    begun: dict[int, float]
    kept: frozenset[int]
    ups: tuple[float, ...]

    @classmethod
    def read(cls, path: Path) -> Journal:
        begun: dict[int, float] = {}
        kept: set[int] = set()
        ups: list[float] = []
        for line in path.read_text().splitlines():
            word, number, at_s = line.split()
            match word:
                case "begun":
                    begun.setdefault(int(number), float(at_s))
                case "kept":
                    kept.add(int(number))
                case "up":
                    ups.append(float(at_s))
        return cls(begun, frozenset(kept), tuple(ups))


@dataclass(slots=True)
class Verdict:
    """Of all homes together."""

    kept: int = 0
    shown: int = 0
    lost: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    invented: list[str] = field(default_factory=list)
    refused: int = 0  # rows rejected, dead letters, rows that still wait

    @property
    def is_clean(self) -> bool:
        return not (self.lost or self.twice or self.invented or self.refused)

    def __str__(self) -> str:
        figures = f"{len(self.lost)} lost, {len(self.twice)} twice, {len(self.invented)} invented"
        return f"{self.kept} kept, {self.shown} shown: {figures}, {self.refused} refused or waiting"


@dataclass(frozen=True, slots=True)
class Told:
    """One alert: when its home began to keep it, and when the clinic's database had committed it."""

    begun_s: float
    stored_s: float

    @property
    def latency_s(self) -> float:
        return self.stored_s - self.begun_s


def judge(here: Place) -> Verdict:
    """Every row kept must be shown, once, as it was; every row shown must have been begun.

    Alerts that the clinic itself raises, about a home that is silent for one, have no number and are no home's rows.
    """
    verdict = Verdict()
    with psycopg.connect(here.database.url().replace("+psycopg", "")) as connection:
        known = {name for (name,) in connection.execute("SELECT gateway FROM gateways")}
        verdict.invented += sorted(known - {gateway.name for gateway in here.gateways})
        (dead,) = connection.execute("SELECT count(*) FROM dead_letters").fetchone() or (0,)
        verdict.refused += dead
        for gateway in here.gateways:
            shown = [  # no number: the clinic itself raised it, when rows did not arrive or a home was silent
                ((table, key if table == "alerts" else repr(key)), sha256)
                for table, column in TABLES.items()
                for key, sha256 in connection.execute(
                    f"SELECT {column}, sha256 FROM {table} WHERE gateway = %s AND seq IS NOT NULL", [gateway.name]
                )
            ]
            received = connection.execute("SELECT kind, sha256 FROM received WHERE gateway = %s", [gateway.name])
            compare(gateway.name, Journal.read(gateway.journal), gateway.mix, shown, list(received), verdict)
            verdict.refused += _left_behind(gateway)
    return verdict


def compare(
    name: str, journal: Journal, mix: Mix, shown: Sequence[Shown], received: Iterable[tuple[str, str]], verdict: Verdict
) -> None:
    """One home's journal against what is shown of it; what is wrong is added to ``verdict``."""
    expected = {mix.name(number): (number, mix.sha256(number)) for number in journal.begun}
    right = {row for row, sha256 in shown if row in expected and expected[row][1] == sha256}
    verdict.kept += len(journal.kept)
    verdict.shown += len(shown)
    kept = {row: number for row, (number, _) in expected.items() if number in journal.kept}
    verdict.lost += [f"{name} {number}" for row, number in kept.items() if row not in right]
    verdict.invented += [f"{name} {row}" for row, _ in shown if row not in right]
    verdict.twice += [f"{name} {row}" for row, count in Counter(row for row, _ in shown).items() if count > 1]
    verdict.twice += [f"{name} {row}" for row, count in Counter(received).items() if count > 1]


def alerts(here: Place, gateways: Sequence[Gateway]) -> list[Told]:
    """All alerts of these homes that are stored, by when they were begun."""
    found = []
    with psycopg.connect(here.database.url().replace("+psycopg", "")) as connection:
        for gateway in gateways:
            begun = Journal.read(gateway.journal).begun
            rows = connection.execute(
                "SELECT substr(alert_id, 2)::bigint, extract(epoch FROM pg_xact_commit_timestamp(r.xmin))::float "
                "FROM alerts a JOIN received r ON r.gateway = a.gateway AND r.seq = a.seq WHERE a.gateway = %s",
                [gateway.name],
            )
            found += [Told(begun[number], stored_s) for number, stored_s in rows if number in begun]
    return sorted(found, key=lambda one: one.begun_s)


def drained(here: Place, gateway: Gateway, rows: int) -> tuple[float, float]:
    """When the first and the last of a home's first ``rows`` rows were committed at the clinic."""
    with psycopg.connect(here.database.url().replace("+psycopg", "")) as connection:
        first_s, last_s = connection.execute(
            "SELECT extract(epoch FROM min(pg_xact_commit_timestamp(xmin)))::float, "
            "extract(epoch FROM max(pg_xact_commit_timestamp(xmin)))::float "
            "FROM received WHERE gateway = %s AND seq <= %s",
            [gateway.name, rows],
        ).fetchone() or (0.0, 0.0)
    return first_s, last_s


def _left_behind(gateway: Gateway) -> int:
    store = open_store(gateway.database)
    try:
        return store.outbox.count() + len(store.outbox.set_aside())
    finally:
        store.close()
