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

LONG = (
    "test_cli_clinic",
    "test_course",
    "test_axe",
    "test_live_browser",
    "test_german_browser",
    "test_gateway",
    "test_link",
    "test_live",
    "test_gait_real",
    "test_report",
    "test_speed",
    "test_silence",
    "test_replay",
    "test_delivery",
    "test_pair",
    "test_duty",
    "test_web",
)  # half a minute of work and more each, or much waiting; longest first
KINDS = ("sqlite", "postgresql")
_numbers = itertools.count(1)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where files run beside each other, the long ones begin: a long one that begins last runs alone."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: LONG.index(item.path.stem) if item.path.stem in LONG else len(LONG))


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
