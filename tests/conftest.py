"""What holds for every test: hypothesis does not fail one for being slow on a busy machine; databases of both kinds."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import settings

from postgres import FAST, Postgres, postgres

settings.register_profile("surefoot", deadline=None)
settings.load_profile("surefoot")

KINDS = ("sqlite", "postgresql")
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Callable[[], Postgres]]:
    """A PostgreSQL for the whole session, started by the first test that asks."""
    with ExitStack() as end:
        running: list[Postgres] = []

        def started() -> Postgres:
            if not running:
                running.append(end.enter_context(postgres(*FAST)))
            return running[0]

        yield started


@pytest.fixture(params=KINDS)
def new_url(request: pytest.FixtureRequest, tmp_path: Path, cluster: Callable[[], Postgres]) -> Callable[[], str]:
    """Makes URLs of new, empty databases: the test runs once with SQLite and once with PostgreSQL."""

    def made() -> str:
        number = next(_numbers)
        if request.param == "sqlite":
            return f"sqlite:///{tmp_path}/new{number}.sqlite"
        return cluster().new_place(f"new{number}")

    return made
