"""``surefoot log checkin`` and ``treatment``, as a user types them, with and without a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from surefoot.alerts.redflags import EMERGENCY, QUESTIONS
from surefoot.cli import checkin as module
from surefoot.cli.log import log
from surefoot.pipeline.store import Store, StoreError, open_store
from surefoot.records import Treatment

FIRST_LINE = EMERGENCY.splitlines()[0]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    store = open_store(f"sqlite:///{tmp_path}/anna.sqlite")
    store.gateway()
    store.close()
    return tmp_path / "anna.sqlite"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    store = open_store(f"sqlite:///{path}")
    yield store
    store.close()


def typed(path: Path, *arguments: str, keys: str = "") -> Result:
    return CliRunner().invoke(log, [*arguments, "--store", str(path)], input=keys)


def test_a_quiet_day(path: Path, store: Store) -> None:
    done = typed(path, "checkin", "--pain", "4", "--none-of-them")
    assert done.exit_code == 0 and "pain 4 of 10, 0 red flags" in done.output and FIRST_LINE not in done.output
    (kept,) = store.diary.check_ins(store.gateway())
    assert (kept.pain, kept.flags, set(kept.ruled_out), kept.by) == (4, (), set(QUESTIONS), "patient")
    assert store.alerts() == [] and [row.kind for row in store.outbox.pending(9)] == ["checkin"]


@pytest.mark.parametrize("word", module.WORDS)
def test_a_red_flag_says_what_to_do_keeps_the_alert_and_succeeds(path: Path, store: Store, word: str) -> None:
    done = typed(path, "checkin", "--yes", word, "--by", "companion")
    assert done.exit_code == 0 and done.stdout.strip().startswith(FIRST_LINE)
    (alert,) = store.alerts()
    assert alert.alert.tier == "T4" and "told by the companion" in alert.alert.sentence
    assert [row.kind for row in store.outbox.pending(9)] == ["alert", "checkin"]


def test_what_is_left_out_is_not_answered(path: Path, store: Store) -> None:
    assert "4 of 4 questions not answered" in typed(path, "checkin", "--pain", "0").output
    assert "2 of 4 questions" in typed(path, "checkin", "--yes", "both-legs-weak", "--no", "bladder-or-bowel").output
    first, second = store.diary.check_ins(store.gateway())
    assert (first.pain, first.flags, first.ruled_out) == (0, (), ())
    assert (second.pain, second.flags, second.ruled_out) == (None, ("both_legs_weak",), ("bladder_or_bowel",))


def test_the_text_comes_even_where_nothing_can_be_kept(tmp_path: Path) -> None:
    done = typed(tmp_path / "none.sqlite", "checkin", "--yes", "sudden-weakness", "--none-of-them")
    assert FIRST_LINE in done.stdout and isinstance(done.exception, StoreError)


def test_asked_at_a_terminal(path: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pain 6 after a slip of the finger, no, yes, left open, yes: the text once, before the next question."""
    monkeypatch.setattr(module, "watched", lambda: True)
    done = typed(path, "checkin", keys="eleven\n11\n6\n0\n1\n\n1\n")
    assert done.exit_code == 0, done.output
    assert done.output.count("Please type a number from 0 to 10") == 2
    assert done.output.count(FIRST_LINE) == 1
    bladder, sudden = QUESTIONS["bladder_or_bowel"], QUESTIONS["sudden_weakness"]
    assert done.output.index(bladder) < done.output.index(FIRST_LINE) < done.output.index(sudden)
    kept = store.diary.check_ins(store.gateway())[-1]
    assert (kept.pain, kept.flags, kept.ruled_out) == (6, ("bladder_or_bowel", "both_legs_weak"), ("saddle_numbness",))


def test_who_runs_for_help_is_heard(path: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "watched", lambda: True)
    done = typed(path, "checkin", keys="6\n1\n")  # and then the terminal is left
    assert done.exit_code != 0 and FIRST_LINE in done.output
    assert [one.alert.tier for one in store.alerts()] == ["T4"]
    assert [row.kind for row in store.outbox.pending(9)] == ["alert", "checkin"]


def test_nothing_answered_keeps_nothing(path: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "watched", lambda: True)
    done = typed(path, "checkin", keys="\n" * 5)
    assert done.exit_code == 0 and "nothing was answered" in done.output
    assert store.diary.check_ins(store.gateway()) == []


@pytest.mark.parametrize(
    "wrong", [(), ("--pain", "11"), ("--yes", "tired"), ("--yes", "sudden-weakness", "--no", "sudden-weakness")]
)
def test_wrong_usage(path: Path, wrong: tuple[str, ...]) -> None:
    assert typed(path, "checkin", *wrong).exit_code == 2


def test_a_treatment_is_kept_and_taken_back(path: Path, store: Store) -> None:
    given = ("treatment", "injection", "--from", "2026-05-01")
    assert "injection logged, first day 2026-05-01" in typed(path, *given).output
    assert store.diary.treatments(store.gateway()) == [Treatment("injection", "2026-05-01")]
    assert "taken back" in typed(path, *given, "--remove").output
    assert store.diary.treatments(store.gateway()) == []
    assert typed(path, "treatment", "magic").exit_code == 2
    assert typed(path, "treatment", "exercise", "--from", "soon").exit_code == 2
