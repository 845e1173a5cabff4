"""Read tokens: told once, kept as a digest, limited, ended, taken back; on SQLite and PostgreSQL, and by the verbs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import story
from story import NOW_S, STEADY, WEAK
from surefoot.cli.main import surefoot
from surefoot.cli.tokens import SCOPE_NAMES
from surefoot.pipeline.stafftables import token_patients, tokens
from surefoot.pipeline.store import Store, StoreError, open_store
from surefoot.pipeline.tokens import DAY_S, LOOKS_LIKE, NOTED_S, SCOPES


@pytest.fixture
def store(new_url: Callable[[], str]) -> Iterator[Store]:
    store = open_store(new_url())
    yield store
    store.close()


def test_a_token_is_known_again_and_stands_nowhere(store: Store) -> None:
    made, text = store.office.tokens.create("ward", ["alerts:read", "patients:read"], None, 30, "Ada", NOW_S)
    assert LOOKS_LIKE.fullmatch(text) and made.scopes == ("patients:read", "alerts:read")
    assert store.office.tokens.known(text, NOW_S) == made and made.state(NOW_S) == "valid"
    with store._engine.begin() as connection:
        row = connection.execute(tokens.select()).one()
    assert not any(text[-20:] in str(cell) for cell in row), "who reads the table gets in nowhere"
    for wrong in (text[:-1], text + "A", text[:-1] + ("A" if text[-1] != "A" else "B"), "", "surefoot_", made.id):
        assert store.office.tokens.known(wrong, NOW_S) is None


def test_it_ends_and_may_be_taken_back(store: Store) -> None:
    made, text = store.office.tokens.create("ward", ["alerts:read"], None, 30, "Ada", NOW_S)
    assert made.state(NOW_S + 30 * DAY_S - 1) == "valid" and made.state(NOW_S + 30 * DAY_S) == "expired"
    store.office.tokens.revoke("ward", NOW_S + 5)
    known = store.office.tokens.known(text, NOW_S + 6)
    assert known is not None and known.state(NOW_S + 6) == "revoked" and known.revoked_s == NOW_S + 5
    assert known.used_s is None, "who is turned away has not used it"
    with pytest.raises(StoreError, match="revoked before"):
        store.office.tokens.revoke("ward", NOW_S + 7)
    with pytest.raises(StoreError, match="no token nobody"):
        store.office.tokens.revoke("nobody", NOW_S)
    with pytest.raises(StoreError, match="is, or was"):
        store.office.tokens.create("ward", ["alerts:read"], None, 30, "Ada", NOW_S)


def test_that_it_is_used_is_noted_now_and_then(store: Store) -> None:
    _, text = store.office.tokens.create("ward", ["alerts:read"], None, 30, "Ada", NOW_S)
    for after_s, used_s in ((1.0, 1.0), (NOTED_S, 1.0), (NOTED_S + 1.0, NOTED_S + 1.0)):
        store.office.tokens.known(text, NOW_S + after_s)
        assert store.office.tokens.all()[0].used_s == NOW_S + used_s


def test_of_a_deleted_patient_nothing_is_left_and_nobody_sees_more_than_before(store: Store) -> None:
    for gateway in (WEAK, STEADY):
        story.Home(gateway).sign_of_life(store, NOW_S)
    _, text = store.office.tokens.create("anna's app", ["days:read"], [WEAK], 30, "Ada", NOW_S)
    assert store.office.forget(WEAK, NOW_S, "Ada")["read_token_patients"] == 1
    with store._engine.begin() as connection:
        assert connection.execute(token_patients.select()).all() == []
    left = store.office.tokens.known(text, NOW_S)
    assert left is not None and left.patients == () and not left.sees(STEADY) and not left.sees(WEAK)


def test_what_cannot_be_a_token_is_refused(store: Store) -> None:
    for name, scopes in (("", ["days:read"]), ("x" * 81, ["days:read"]), ("a", []), ("a", ["days:write"])):
        with pytest.raises(StoreError):
            store.office.tokens.create(name, scopes, None, 30, "Ada", NOW_S)  # type: ignore[arg-type]
    assert store.office.tokens.all() == []


# ---- the verbs


def run(home: Path, *words: str) -> Result:
    return CliRunner().invoke(surefoot, ["clinic", "token", *words], env={"SUREFOOT_HOME": str(home), "COLUMNS": "200"})


def test_the_verbs_know_the_same_scopes() -> None:
    assert SCOPE_NAMES == SCOPES


def test_the_verbs_make_list_and_take_back(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/clinic.sqlite")
    story.Home(WEAK).sign_of_life(store, NOW_S)
    story.Home(STEADY).sign_of_life(store, NOW_S)
    store.label_patient(WEAK, "Anna")
    made = run(tmp_path, "create", "ward dashboard", "--scope", "alerts:read", "--patient", "Anna", "--days", "10")
    assert made.exit_code == 0, made.output
    text = made.stdout.strip()
    known = store.office.tokens.known(text, NOW_S)
    assert known is not None and known.patients == (WEAK,) and known.scopes == ("alerts:read",)
    assert "ward dashboard may read alerts:read of Anna" in made.stderr
    listed = run(tmp_path, "list").output
    assert "ward dashboard" in listed and "Anna" in listed and text not in listed
    assert run(tmp_path, "revoke", "ward dashboard").exit_code == 0
    assert "revoked" in run(tmp_path, "list").output
    assert run(tmp_path, "create", "x", "--scope", "days:read", "--patient", "Nobody").exit_code == 1
    entries = [(one.what, one.about, one.told) for one in store.office.audit.entries()]
    assert entries == [
        ("made a token", "ward dashboard", f"{known.id}, alerts:read, {WEAK}"),
        ("revoked a token", "ward dashboard", known.id),
    ]
    assert text not in str(store.office.audit.entries())
    store.close()
