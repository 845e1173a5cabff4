"""``surefoot log``: what the patient tells, as a user types it."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import made
from surefoot.cli.log import log
from surefoot.pipeline.store import Store, StoreError, open_store
from weeks import days, name


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The store of a home with two incidents and three weeks."""
    store = opened(tmp_path / "anna.sqlite")
    for number in (1, 2):
        store.keep_incident(made.incident(number))
    for one in days(21):
        store.keep_day(one)
    store.close()
    return tmp_path / "anna.sqlite"


def opened(path: Path) -> Store:
    return open_store(f"sqlite:///{path}")


def typed(*arguments: str) -> Result:
    return CliRunner().invoke(log, arguments)


def test_an_answer_is_about_the_newest_incident_and_is_queued(path: Path) -> None:
    done = typed("answer", "gave-way", "--store", str(path))
    assert (
        done.exit_code == 0
        and "'It gave way' is kept about the giving-way-like event at 1970-01-01 00:33:20 (left)" in done.output
    )
    store = opened(path)
    (kept,) = store.answers(store.gateway())
    assert (kept.answer, kept.by, kept.start_s) == ("gave_way", "patient", made.incident(2).start_s)
    assert store.outbox.pending(100)[-1].kind == "answer"
    store.close()


def test_an_answer_can_be_changed_and_be_about_an_older_one(path: Path) -> None:
    older = ("--incident", repr(made.incident(1).start_s), "--store", str(path))
    assert typed("answer", "gave-way", *older).exit_code == 0
    assert typed("answer", "stumbled", "--by", "companion", *older).exit_code == 0
    store = opened(path)
    assert [a.answer for a in store.answers(store.gateway(), made.incident(1))] == ["gave_way", "stumbled"]
    store.close()
    listed = typed("incidents", "--store", str(path)).output
    assert "Incidents: 2" in listed and "A stumble" in listed and repr(made.incident(1).start_s) in listed


def test_what_cannot_be_answered_is_said(path: Path, tmp_path: Path) -> None:
    for arguments in (("--incident", "7.0", "--store", str(path)), ("--store", str(tmp_path / "none.sqlite"))):
        found = typed("answer", "no", *arguments)
        assert isinstance(found.exception, StoreError)
    assert not (tmp_path / "none.sqlite").exists(), "a store that is not there is not made"
    assert typed("answer", "perhaps", "--store", str(path)).exit_code == 2


def test_an_aid_is_kept_and_changes_the_days_it_is_true_of(path: Path) -> None:
    done = typed("aid", "brace", "--from", name(18), "--store", str(path))
    assert done.exit_code == 0 and "3 days judged anew" in done.output
    store = opened(path)
    assert [d.aids for d in store.days(store.gateway())] == [()] * 18 + [("brace",)] * 3
    reasons = {t.reason for t in store.trends(store.gateway(), day=name(20)) if t.side}
    assert reasons == {"learning what is normal with brace: 3 of at least 7 good days"}
    store.close()
    assert (
        "1 day judged anew"
        in typed("aid", "brace", "--from", name(18), "--until", name(19), "--store", str(path)).output
    )
    store = opened(path)
    assert [d.aids for d in store.days(store.gateway())][18:] == [("brace",), ("brace",), ()]
    store.close()


def test_a_mistake_is_taken_back(path: Path) -> None:
    given = ("aid", "shoes", "--name", "trainers", "--from", name(5), "--store", str(path))
    assert "16 days judged anew" in typed(*given).output
    assert "16 days judged anew" in typed(*given, "--remove").output
    store = opened(path)
    assert store.diary.aids() == [] and not any(d.aids for d in store.days(store.gateway()))
    store.close()
    assert isinstance(typed(*given, "--remove").exception, StoreError)


@pytest.mark.parametrize("wrong", [("--from", "yesterday"), ("--from", name(5), "--until", name(4))])
def test_days_that_are_none_are_wrong_usage(path: Path, wrong: tuple[str, ...]) -> None:
    assert typed("aid", "stick", *wrong, "--store", str(path)).exit_code == 2
