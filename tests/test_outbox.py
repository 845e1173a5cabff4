"""The outbox: alerts first, then the oldest; a row leaves only by an answer, and nothing is dropped in silence."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

import made
from surefoot.pipeline.outbox import SPOILT, TOO_LARGE
from surefoot.pipeline.sealing import Keyring, new_key
from surefoot.pipeline.store import StoreError, open_store
from surefoot.records import DayMetric


@pytest.fixture
def home(new_url):
    store = open_store(new_url())
    yield store
    store.close()


def test_alerts_go_first_then_the_oldest(home):
    home.keep_bout(made.bout(1))
    home.keep_day(made.day(1))
    home.keep_alert(made.alert("a"))
    home.keep_incident(made.incident(1))
    home.keep_alert(made.alert("b"))
    assert [(row.seq, row.kind) for row in home.outbox.pending(10)] == [
        (3, "alert"),
        (5, "alert"),
        (1, "bout"),
        (2, "day"),
        (4, "incident"),
    ]
    assert [row.seq for row in home.outbox.pending(2, skip=[3])] == [5, 1]
    assert [row.seq for row in home.outbox.pending(10, only_alerts=True)] == [3, 5]


def test_a_row_leaves_only_by_an_answer(home):
    for number in range(4):
        home.keep_bout(made.bout(number))
    home.outbox.pending(10)
    assert home.outbox.count() == 4
    assert home.outbox.settle([1, 99], {2: "not ours"}) == 2
    assert home.outbox.settle([1], {2: "again"}) == 0
    assert [row.seq for row in home.outbox.pending(10)] == [3, 4]
    (aside,) = home.outbox.set_aside()
    assert (aside.seq, aside.kind, aside.reason) == (2, "bout", "not ours")
    assert len(home.bouts(home.gateway())) == 4


def test_a_number_is_never_used_twice(tmp_path):
    """Even when the outbox was emptied and the program started again: the clinic would take it for a replay."""
    url = f"sqlite:///{tmp_path}/home.db"
    first = open_store(url)
    first.keep_bout(made.bout(1))
    first.outbox.settle([1])
    first.close()
    second = open_store(url)
    second.keep_bout(made.bout(2))
    assert [row.seq for row in second.outbox.pending(10)] == [2]
    second.close()


def test_rows_outlive_the_program(tmp_path):
    url = f"sqlite:///{tmp_path}/home.db"
    first = open_store(url)
    first.keep_alert(made.alert("a"))
    before = first.outbox.pending(10)
    second = open_store(url)  # the first one is not closed: as after a kill
    assert second.outbox.pending(10) == before
    first.close()
    second.close()


def test_what_is_too_large_to_send_is_kept_and_said(home):
    metrics = tuple(DayMetric("left", f"{n:03}" * 26, 1.0, 1, "why " * 90) for n in range(190))
    day = made.day(1)
    large = type(day)(**{name: getattr(day, name) for name in day.__slots__} | {"metrics": metrics})
    home.keep_day(large)
    assert home.days(home.gateway()) == [large]
    assert home.outbox.count() == 0
    assert [row.reason for row in home.outbox.set_aside()] == [TOO_LARGE]


def test_listeners_hear_of_new_rows_until_they_leave(home):
    heard = []
    leave = home.outbox.listen(lambda: heard.append(home.outbox.count()))
    home.keep_bout(made.bout(1))
    home.keep_bout(made.bout(2), outbox=False)
    leave()
    home.keep_bout(made.bout(3))
    assert heard == [1]


@pytest.mark.parametrize("keys", [None, Keyring([new_key()], payloads=True)], ids=["plain", "sealed"])
def test_a_row_that_the_disk_has_spoilt_holds_up_no_other(tmp_path, keys):
    """SQLite has no checksums: rubbish in a text is found when it is read."""
    home = open_store(f"sqlite:///{tmp_path}/home.db", keys=keys)
    for number in range(1, 4):
        home.keep_bout(made.bout(number))
    home.keep_alert(made.alert("a"))
    rubbish = b"\xff\xfe rubbish" if keys is None else None
    with home._write() as connection:
        change = "body = CAST(? AS TEXT)" if rubbish else "body = substr(body, 1, 40) || 'AAAA'"
        connection.exec_driver_sql(f"UPDATE outbox SET {change} WHERE seq = 2", (rubbish,) if rubbish else ())
    assert [row.seq for row in home.outbox.pending(10)] == [4, 1, 3]
    assert [(row.seq, row.reason) for row in home.outbox.set_aside()] == [(2, SPOILT)]
    home.close()


@pytest.mark.parametrize("beside", [True, False], ids=["whole beside", "spoilt beside"])
def test_an_alert_whose_row_is_spoilt_goes_all_the_same(tmp_path, beside):
    """And what somebody told: each stands in the home's own records, too."""
    home = open_store(f"sqlite:///{tmp_path}/home.db")
    home.keep_bout(made.bout(1))
    home.keep_alert(made.alert("a", "T3"))
    home.diary.keep_check_in(made.check_in(2, 7, "both_legs_weak"))
    sent = {row.kind: row.body for row in home.outbox.pending(10)}
    with home._write() as connection:
        connection.exec_driver_sql("UPDATE outbox SET body = CAST(x'fffe' AS TEXT) WHERE seq > 1")
        if not beside:
            connection.exec_driver_sql("UPDATE alerts SET body = CAST(x'fffe' AS TEXT)")
    again = {row.kind: (row.seq, row.body) for row in home.outbox.pending(10)}
    if beside:
        assert again == {"alert": (4, sent["alert"]), "checkin": (5, sent["checkin"]), "bout": (1, sent["bout"])}
        assert home.outbox.set_aside() == []
    else:
        assert set(again) == {"bout", "checkin"} and [row.kind for row in home.outbox.set_aside()] == ["alert"]
    home.close()


def test_where_no_row_can_be_read_none_is_put_aside(tmp_path):
    home = open_store(f"sqlite:///{tmp_path}/home.db")
    home.keep_bout(made.bout(1))
    with home._write() as connection:
        connection.exec_driver_sql("ALTER TABLE outbox RENAME COLUMN body TO other")
    with pytest.raises(StoreError):
        home.outbox.pending(10)
    assert home.outbox.count() == 1
    home.close()


class AnyOrder(RuleBasedStateMachine):
    """Whatever is kept, answered and reopened in whatever order: queued = waiting + stored + set aside."""

    def __init__(self) -> None:
        super().__init__()
        self.home = open_store("sqlite://")
        self.waiting: dict[int, int] = {}  # seq -> urgency
        self.aside: set[int] = set()
        self.known: dict[object, object] = {}
        self.last = 0

    def _queued(self, name: object, content: object, urgency: int) -> None:
        if self.known.get(name) != content:
            self.last += 1
            self.waiting[self.last] = urgency
        self.known[name] = content

    @rule(number=st.integers(1, 5), speed=st.sampled_from([0.9, 1.0]))
    def keep_day(self, number: int, speed: float) -> None:
        self.home.keep_day(made.day(number, speed))
        self._queued(number, speed, 1)

    @rule(name=st.sampled_from("ab"), tier=st.sampled_from(["T1", "T2"]))
    def keep_alert(self, name: str, tier: str) -> None:
        self.home.keep_alert(made.alert(name, tier))
        self._queued(name, tier, 0)

    @rule(seqs=st.sets(st.integers(1, 12)))
    def stored(self, seqs: set[int]) -> None:
        assert self.home.outbox.settle(sorted(seqs)) == len(seqs & set(self.waiting))
        for seq in seqs:
            self.waiting.pop(seq, None)

    @rule(seq=st.integers(1, 12))
    def rejected(self, seq: int) -> None:
        self.home.outbox.settle([], {seq: "no"})
        if self.waiting.pop(seq, None) is not None:
            self.aside.add(seq)

    @invariant()
    def nothing_is_lost(self) -> None:
        order = sorted(self.waiting, key=lambda seq: (self.waiting[seq], seq))
        assert [row.seq for row in self.home.outbox.pending(100)] == order
        assert {row.seq for row in self.home.outbox.set_aside()} == self.aside

    def teardown(self) -> None:
        self.home.close()


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=25, stateful_step_count=25)
