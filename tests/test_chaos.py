"""Chaos in a minute: kill -9 of homes, broker, workers and database, and nothing that was kept is lost."""

from __future__ import annotations

import re
import time

import numpy as np
import pytest

import chaosgateway
from broker import require_mosquitto
from chaosjudge import TABLES, Journal, Verdict, alerts, compare, judge
from chaosplace import place
from chaosrounds import KINDS, during, rounds
from chaosrows import Mix
from postgres import require_postgres
from surefoot.pipeline.store import open_store

MIX = Mix()


@pytest.fixture(autouse=True)
def parts() -> None:
    require_mosquitto()
    require_postgres()


def test_nothing_is_lost_doubled_or_invented(tmp_path):
    with place(tmp_path, homes=2, workers=2, options=("--rate", "15")) as here:
        here.start()
        told = list(rounds(here, 12, np.random.default_rng(7), lambda _: None))
        here.finish(here.gateways)
        verdict = judge(here)
        latencies = during(alerts(here, here.gateways), told)
    assert verdict.is_clean, (verdict, verdict.lost[:5], verdict.invented[:5], verdict.twice[:5])
    assert verdict.kept > 200, "so few rows prove nothing"
    assert {kind for one in told for kind in one.killed} == set(KINDS)
    assert any(latencies.values())


def test_a_home_that_trusts_its_broker_loses_rows(tmp_path):
    """The control: a broker's acknowledgement is no promise, and this harness sees what that costs."""
    with place(tmp_path, homes=1, workers=1, options=("--rate", "60", "--trusting")) as here:
        here.start()
        for _ in range(3):
            time.sleep(1.0)
            here.workers[0].program.kill()
            time.sleep(1.0)
            here.workers[0].start()
            while not here.workers[0].is_up():
                time.sleep(0.05)
        here.finish(here.gateways)
        verdict = judge(here)
    assert len(verdict.lost) > 50, verdict
    assert verdict.invented == verdict.twice == []


def shown_of(*numbers):
    return [(MIX.name(number), MIX.sha256(number)) for number in numbers]


def judged(shown, received=()):
    verdict = Verdict()
    compare("home", Journal({1: 0.0, 2: 0.0, 20: 0.0}, frozenset({1, 20}), ()), MIX, shown, received, verdict)
    return verdict


def test_the_judge_finds_what_is_planted():
    assert judged(shown_of(1, 20)).is_clean and judged(shown_of(1, 2, 20)).is_clean, "2 was begun: it may be there"
    assert judged(shown_of(1, 2)).lost == ["home 20"]
    assert len(judged(shown_of(1, 20, 3)).invented) == 1
    assert len(judged(shown_of(1, 20, 20)).twice) == 1
    assert len(judged(shown_of(1, 20), [("bout", "x"), ("bout", "x")]).twice) == 1
    changed = judged([*shown_of(20), (MIX.name(1), "another digest")])
    assert (changed.lost, len(changed.invented)) == (["home 1"], 1)


def test_a_row_is_what_its_number_says(tmp_path):
    """What a home keeps under a number is what the judge expects under it."""
    store = open_store(f"sqlite:///{tmp_path}/home.sqlite")
    for number in range(1, 61):
        MIX.keep(store, number)
    with store._read() as connection:
        kept = {
            (table, str(row[0]) if table == "alerts" else repr(row[0])): row[1]
            for table, column in TABLES.items()
            for row in connection.exec_driver_sql(f"SELECT {column}, sha256 FROM {table}")
        }
    store.close()
    assert kept == {MIX.name(number): MIX.sha256(number) for number in range(1, 61)}
    assert {table for table, _ in kept} == set(TABLES)


def test_a_journal_line_is_whole(tmp_path):
    journal = chaosgateway.Journal(tmp_path / "journal")
    for word in ("up", "begun", "kept"):
        journal.write(word, 5)
    text = (tmp_path / "journal").read_text()
    assert re.fullmatch(r"(up|begun|kept) 5 [\d.]+\n" * 3, text)
    assert Journal.read(tmp_path / "journal").kept == {5}
