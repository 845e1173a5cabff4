"""``surefoot clinic limits`` and its siblings, as typed; and what ``surefoot log orders`` shows at home."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import story
from story import NOW_S, WEAK
from surefoot.cli.clinic import clinic
from surefoot.cli.log import log
from surefoot.pipeline.obeying import obey
from surefoot.pipeline.store import Store, open_store
from surefoot.records import Affected, Learning, Limits, Question, Treatment

ANN = ("--who", "Ann", "--note", "as agreed")


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setenv("SUREFOOT_HOME", str(tmp_path))
    opened = open_store(f"sqlite:///{tmp_path}/clinic.sqlite")
    story.Home(WEAK).sign_of_life(opened, NOW_S)
    opened.label_patient(WEAK, "P-01")
    yield opened
    opened.close()


def typed(*words: str) -> Result:
    return CliRunner().invoke(clinic, list(words))


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("limits", "P-01", *ANN, "--set", "chart_review=4.5"), Limits(chart_review=4.5)),
        (("limits", WEAK[:8], *ANN), Limits()),
        (("learn", "P-01", *ANN, "--from", "2026-01-20", "--days", "10"), Learning("2026-01-20", 10)),
        (("affected", "P-01", "left", *ANN, "--since", "2026-01-02"), Affected("left", "2026-01-02")),
        (("treatment", "P-01", "injection", *ANN, "--from", "2026-01-20"), Treatment("injection", "2026-01-20")),
        (("ask", "P-01", "check-in", *ANN), Question("check_in")),
        (("ask", "P-01", "shoes", *ANN), Question("shoes")),
        (("ask", "P-01", "heel_rise", *ANN), Question("test", "heel_rise")),
    ],
)
def test_what_is_typed_is_ordered(store: Store, words: tuple[str, ...], what: object) -> None:
    done = typed(*words)
    assert done.exit_code == 0, done.output
    (given,) = store.orders.given(WEAK)
    assert (given.order.what, given.who, given.note) == (what, "Ann", "as agreed")


@pytest.mark.parametrize("behind", [True, False])
def test_a_database_may_be_named_before_the_verb_or_behind_it(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, behind: bool
) -> None:
    monkeypatch.setenv("SUREFOOT_HOME", str(tmp_path / "elsewhere"))
    named = ("--database", f"sqlite:///{tmp_path}/clinic.sqlite")
    for words in (("limits", "P-01", *ANN), ("orders", "P-01"), ("digest",)):
        done = typed(*words, *named) if behind else typed(*named, *words)
        assert done.exit_code == 0, done.output
    assert len(store.orders.given(WEAK)) == 1
    assert "There is no clinic in" in str(typed("orders", "P-01").exception)
    assert not (tmp_path / "elsewhere").exists(), "looking begins none"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("limits", "P-01", *ANN, "--set", "chart_review=1"), "is not between 3 and 6"),
        (("limits", "P-01", *ANN, "--set", "patience=1"), "There is no limit 'patience'"),
        (("limits", "P-01", *ANN, "--set", "chart_review=lots"), "is no number"),
        (("limits", "P-02", *ANN), "No patient is called P-02"),
        (("limits", "P-01", "--who", " "), "A name is needed"),
        (("learn", "P-01", *ANN, "--days", "2"), "rests on 7 to 42 good days"),
    ],
)
def test_what_cannot_hold_is_refused(store: Store, words: tuple[str, ...], told: str) -> None:
    done = typed(*words)
    assert done.exit_code != 0
    assert told in f"{done.output} {done.exception}"
    assert store.orders.given(WEAK) == []


def test_both_sides_show_what_was_decided(store: Store, tmp_path: Path) -> None:
    typed("limits", "P-01", *ANN, "--set", "chart_review=4.5")
    shown = typed("orders", "P-01").output
    assert "the usual limits hold" in shown  # until the home has confirmed
    assert "Not yet" in shown
    home = open_store(f"sqlite:///{tmp_path}/home.sqlite")
    obey(home, store.orders.given(WEAK)[0].order, NOW_S)
    home.close()
    at_home = CliRunner().invoke(log, ["orders"]).output
    assert "4.5 standard errors, set for this patient" in at_home
    assert "Ann" not in at_home
