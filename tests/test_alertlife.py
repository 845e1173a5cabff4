"""The life of an alert, and whom it takes to whom: any events in any order, on clocks that jump."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import get_args
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from surefoot.alerts.alertlife import AlertEvent, Life, What, live
from surefoot.alerts.escalation import (
    SILENT_HOME,
    URGENT,
    Due,
    EscalationParams,
    after_working_days,
    event_of,
    next_due,
    reached,
)

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
MONDAY_S = datetime(2026, 1, 5, 9, 0, tzinfo=UTC).timestamp()
TEAM = EscalationParams(clinical=("ann", "bob", "cy"), technical=("tech",))
LATTER = {"T0": "technical"}  # the channel of what is not clinical


def carried(life: Life, until_s: float, params: EscalationParams = TEAM, works: bool = True, kind: str = "") -> Life:
    """What a clinic that looks in time makes of an alert until then."""
    while (due := next_due(life, until_s, params, kind)) is not None and due.at_s <= until_s:
        taken = event_of(due, life, due.at_s)
        events = [*life.events, taken]
        if due.what == "tell":
            events.append(replace(taken, what="notified" if works else "failed"))
        life = live(life.tier, life.channel, life.stored_s, events)
    return life


def happened(life: Life, what: str) -> list[tuple[float, tuple[str, ...]]]:
    return [(e.at_s - life.stored_s, e.to) for e in life.events if e.what == what]


def fresh(tier: str, channel: str = "clinical", at_s: float = MONDAY_S) -> Life:
    return live(tier, channel, at_s, [AlertEvent("stored", tier, at_s)])


def then(life: Life, *events: AlertEvent) -> Life:
    return live(life.tier, life.channel, life.stored_s, [*life.events, *events])


# ---- who is told when


def test_an_urgent_alert_is_told_every_hour_and_to_the_next_person_after_four() -> None:
    life = carried(fresh("T3"), MONDAY_S + 9 * HOUR)
    assert happened(life, "escalated") == [(4 * HOUR, ("bob",)), (8 * HOUR, ("cy",))]
    notices = happened(life, "notified")
    assert [at_s / HOUR for at_s, _ in notices] == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
    assert notices[4][1] == ("ann", "bob") and notices[9][1] == ("ann", "bob", "cy")
    assert life.state(MONDAY_S + 9 * HOUR) == "escalated"


def test_an_acknowledgement_ends_it() -> None:
    life = then(carried(fresh("T3"), MONDAY_S + HOUR), AlertEvent("acknowledged", "T3", MONDAY_S + 5000, who="ann"))
    assert next_due(life, MONDAY_S + 9 * DAY, TEAM) is None
    assert life.state(MONDAY_S + 9 * DAY) == "acknowledged"


def test_while_nothing_goes_out_the_next_person_is_sought_within_minutes() -> None:
    life = carried(fresh("T3"), MONDAY_S + 40 * MINUTE, works=False)
    assert happened(life, "escalated") == [(5 * MINUTE, ("bob",)), (15 * MINUTE, ("cy",))]
    tries = [at_s / MINUTE for at_s, _ in happened(life, "failed")]
    assert tries[:5] == [0, 1, 2, 3, 4] and tries[5:] == [14, 24, 34]
    reached_at_last = carried(life, MONDAY_S + 50 * MINUTE)
    assert happened(reached_at_last, "notified") == [(44 * MINUTE, ("ann", "bob", "cy"))]


def test_a_notice_that_nobody_finished_is_sent_again() -> None:
    """Whoever began it died: rather twice than never."""
    life = then(fresh("T3"), AlertEvent("telling", "T3", MONDAY_S, to=("ann",)))
    assert next_due(life, MONDAY_S + 1, TEAM) == Due("tell", MONDAY_S + TEAM.lease_s, ("ann",))


def test_a_review_goes_to_the_next_person_after_two_working_days_and_stays_a_review() -> None:
    friday_s = MONDAY_S + 4 * DAY
    life = carried(fresh("T2", at_s=friday_s), friday_s + 10 * DAY)
    assert happened(life, "escalated") == [(4 * DAY, ("bob",)), (6 * DAY, ("cy",))]
    assert [at_s / DAY for at_s, _ in happened(life, "notified")] == [0, 4, 6, 10]
    assert life.tier == "T2"


def test_everybody_is_told_of_an_emergency_at_once_and_hourly() -> None:
    life = carried(fresh("T4"), MONDAY_S + HOUR)
    assert happened(life, "notified") == [(0, TEAM.clinical), (HOUR, TEAM.clinical)]


def test_an_information_tells_nobody_and_grows_old() -> None:
    life = carried(fresh("T1"), MONDAY_S + 15 * DAY)
    assert [(e.what, e.at_s - MONDAY_S) for e in life.events if e.what != "stored"] == [("expired", 14 * DAY)]
    assert life.state(MONDAY_S + 15 * DAY) == "resolved"


def test_a_technical_alert_is_told_once_to_the_technician_and_of_one_silent_home_after_half_a_day() -> None:
    assert happened(carried(fresh("T0", "technical"), MONDAY_S + 9 * DAY), "notified") == [(0, ("tech",))]
    silent = carried(fresh("T0", "technical"), MONDAY_S + 9 * DAY, kind=SILENT_HOME)
    assert happened(silent, "notified") == [(12 * HOUR, ("tech",))]


def test_with_one_person_on_the_list_they_are_told_for_ever() -> None:
    alone = replace(TEAM, clinical=("ann",))
    assert len(happened(carried(fresh("T3"), MONDAY_S + DAY, alone), "notified")) == 25
    assert len(happened(carried(fresh("T2"), MONDAY_S + 14 * DAY, alone), "notified")) == 6


def test_working_days_keep_the_time_of_day_across_weekends_holidays_and_summer_time() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    friday = datetime(2026, 3, 27, 16, 30, tzinfo=berlin)  # the clocks go forward on Sunday
    due = datetime.fromtimestamp(after_working_days(friday.timestamp(), 2, berlin), berlin)
    assert due.isoformat() == "2026-03-31T16:30:00+02:00"
    off = frozenset({"2026-03-31"})
    due = datetime.fromtimestamp(after_working_days(friday.timestamp(), 2, berlin, off), berlin)
    assert due.isoformat() == "2026-04-01T16:30:00+02:00"
    saturday = datetime(2026, 3, 28, 16, 30, tzinfo=berlin)
    due = datetime.fromtimestamp(after_working_days(saturday.timestamp(), 2, berlin), berlin)
    assert due.isoformat() == "2026-04-01T00:00:00+02:00"


# ---- snoozes


def test_a_snooze_quiets_reminders_and_delays_no_next_person() -> None:
    life = carried(fresh("T3"), MONDAY_S + 3.5 * HOUR)
    snooze = AlertEvent("snoozed", "T3", MONDAY_S + 3.5 * HOUR, who="ann", until_s=MONDAY_S + 5.5 * HOUR)
    life = carried(then(life, snooze), MONDAY_S + 6 * HOUR)
    assert life.is_open and happened(life, "escalated") == [(4 * HOUR, ("bob",))]
    assert [at_s / HOUR for at_s, _ in happened(life, "notified")][4:] == [4, 5.5]
    assert happened(life, "notified")[4][1] == ("bob",), "and whoever snoozed it is left alone"
    assert life.snoozed_until_s(MONDAY_S + 5 * HOUR) == MONDAY_S + 5.5 * HOUR


def test_a_snooze_ended_early_reminds_as_before() -> None:
    life = carried(fresh("T3"), MONDAY_S + 10 * MINUTE)
    snooze = AlertEvent("snoozed", "T3", MONDAY_S + 20 * MINUTE, who="ann", until_s=MONDAY_S + 140 * MINUTE)
    life = then(life, snooze, AlertEvent("woken", "T3", MONDAY_S + 30 * MINUTE, who="ann"))
    assert life.state(MONDAY_S + 31 * MINUTE) == "notified"
    assert next_due(life, MONDAY_S + 31 * MINUTE, TEAM) == Due("tell", MONDAY_S + HOUR, ("ann",))


def test_a_worse_alert_has_no_snooze_and_begins_anew() -> None:
    life = carried(fresh("T2"), MONDAY_S + HOUR)
    snooze = AlertEvent("snoozed", "T2", MONDAY_S + HOUR, who="ann", until_s=MONDAY_S + 3 * HOUR)
    worse = AlertEvent("stored", "T3", MONDAY_S + 1.5 * HOUR)
    life = live("T3", "clinical", MONDAY_S, [*life.events, snooze, worse])
    assert (life.state(MONDAY_S + 1.6 * HOUR), life.stored_s) == ("stored", worse.at_s)
    assert next_due(life, MONDAY_S + 1.6 * HOUR, TEAM) == Due("tell", worse.at_s, ("ann",))


def test_what_became_less_is_latched_until_somebody_takes_notice() -> None:
    events = [AlertEvent("stored", tier, MONDAY_S + k) for k, tier in enumerate(("T2", "T3", "T1"))]
    assert live("T1", "clinical", MONDAY_S, events).tier == "T3"
    taken = [*events, AlertEvent("acknowledged", "T3", MONDAY_S + 9, who="ann")]
    assert live("T1", "clinical", MONDAY_S, taken).acknowledged.who == "ann"


def test_a_machine_closes_technical_alerts_only() -> None:
    over = AlertEvent("resolved", "T2", MONDAY_S + 5)
    assert live("T2", "technical", MONDAY_S, [over]).state(MONDAY_S + 9) == "resolved"
    assert live("T2", "clinical", MONDAY_S, [over]).is_open
    assert live("T2", "clinical", MONDAY_S, [AlertEvent("expired", "T2", MONDAY_S + 5)]).is_open
    assert not live("T2", "clinical", MONDAY_S, [replace(over, who="ann")]).is_open


# ---- any events, any order, any clock

times = st.floats(0, 400 * DAY) | st.sampled_from([0.0, MINUTE, HOUR, 2 * HOUR])
events = st.builds(
    AlertEvent,
    st.sampled_from(get_args(What)),
    st.sampled_from(["T0", "T1", "T2", "T3", "T4"]),
    times,
    st.integers(1, 4),
    st.sampled_from(["", "ann", "bob"]),
    st.sampled_from([(), ("ann",), ("ann", "bob")]),
    st.none() | times,
)


@settings(max_examples=200)
@given(st.lists(events, max_size=12), st.data(), st.sampled_from(["T0", "T2", "T3"]), times)
def test_order_and_copies_of_events_do_not_matter(happened, data, tier, now_s) -> None:
    mixed = data.draw(st.permutations(happened + data.draw(st.lists(st.sampled_from(happened or [None]), max_size=5))))
    mixed = [event for event in mixed if event is not None]
    for channel in ("clinical", "technical"):
        life = live(tier, channel, 0.0, happened)
        assert live(tier, channel, 0.0, mixed) == life
        assert next_due(life, now_s, TEAM) == next_due(live(tier, channel, 0.0, mixed), now_s, TEAM)


@settings(max_examples=200)
@given(st.lists(events, max_size=12), times)
def test_an_open_urgent_alert_always_has_a_next_step_and_soon(happened, now_s) -> None:
    """Whatever was written and whatever the clock did, it is never left to itself."""
    life = live("T3", "clinical", 0.0, happened)
    due = next_due(life, now_s, TEAM)
    if life.is_open:
        assert life.tier in URGENT and due is not None
        assert due.at_s <= now_s + max(TEAM.urgent_again_s, TEAM.longest_snooze_s)
    else:
        assert due is None and any(e.tier >= life.tier and e.who for e in life.events)


class Alerts(RuleBasedStateMachine):
    """A clinic's alert under messages, people, workers that die and a clock that is set."""

    @initialize(tier=st.sampled_from(["T0", "T1", "T2", "T3", "T4"]))
    def begin(self, tier: str) -> None:
        self.now_s = MONDAY_S
        self.tier, self.channel = tier, LATTER.get(tier, "clinical")
        self.log: list[AlertEvent] = [AlertEvent("stored", tier, self.now_s)]
        self.taken: set[str] = set()  # tiers that somebody took notice of, or that closed by themselves

    def life(self) -> Life:
        return live(self.tier, self.channel, MONDAY_S, self.log)

    def write(self, event: AlertEvent) -> bool:
        """As the database does: each number of a kind and tier once."""
        if any((e.what, e.tier, e.number) == (event.what, event.tier, event.number) for e in self.log):
            return False
        self.log.append(event)
        return True

    @rule(tier=st.sampled_from(["T1", "T2", "T3", "T4"]), newest=st.booleans())
    def message(self, tier: str, newest: bool) -> None:
        """Again, worse, or less; one that comes late does not replace the newest, but has been."""
        if self.channel == "clinical":
            self.write(AlertEvent("stored", tier, self.now_s))
            self.tier = tier if newest else self.tier

    @rule(seconds=st.sampled_from([-DAY, -HOUR, 1.0, MINUTE, 10 * MINUTE, HOUR, 5 * HOUR, 3 * DAY, 20 * DAY]))
    def clock(self, seconds: float) -> None:
        self.now_s += seconds

    @rule(who=st.sampled_from(["ann", "bob"]), what=st.sampled_from(["acknowledged", "resolved"]))
    def notice(self, who: str, what: str) -> None:
        life = self.life()
        if life.is_open:
            self.write(AlertEvent(what, life.tier, self.now_s, who=who))
            self.taken.add(life.tier)

    @rule(seconds=st.sampled_from([15 * MINUTE, 2 * HOUR, 9 * HOUR]))
    def snooze(self, seconds: float) -> None:
        life = self.life()
        number = life.next_number("snoozed")
        self.write(AlertEvent("snoozed", life.tier, self.now_s, number, "ann", until_s=self.now_s + seconds))

    @rule(outcome=st.sampled_from(["notified", "failed", "died"]), workers=st.integers(1, 3))
    def work(self, outcome: str, workers: int) -> None:
        """Several workers see the same alert; one of them takes the step."""
        life = self.life()
        due = next_due(life, self.now_s, TEAM)
        if due is None or due.at_s > self.now_s:
            return
        event = event_of(due, life, self.now_s)
        assert [self.write(event) for _ in range(workers)] == [True] + [False] * (workers - 1)
        if due.what == "expire":
            self.taken.add("T1")
        if due.what == "tell" and outcome != "died":
            self.write(replace(event, what=outcome))

    @invariant()
    def what_nobody_took_notice_of_is_open(self) -> None:
        had = {self.tier} | {e.tier for e in self.log if e.what == "stored"}
        missed = [tier for tier in had if not any(tier <= taken for taken in self.taken)]
        assert self.life().is_open is bool(missed)
        assert self.life().tier == max(missed, default=self.tier)

    @invariant()
    def a_snooze_hides_nothing_and_ends(self) -> None:
        life, due = self.life(), next_due(self.life(), self.now_s, TEAM)
        until_s = life.snoozed_until_s(self.now_s)
        if until_s is not None:
            assert life.is_open and until_s <= self.now_s + TEAM.longest_snooze_s
        if life.is_open and life.tier in URGENT:
            assert due is not None and due.at_s <= self.now_s + TEAM.longest_snooze_s

    @invariant()
    def nobody_new_is_forgotten(self) -> None:
        """Whoever is to be told by now and was not is told next, snooze or no snooze."""
        life = self.life()
        if life.is_open and life.tier in URGENT and not set(reached(life, TEAM)) <= set(life.told()):
            due = next_due(life, self.now_s, TEAM)
            assert due is not None and due.at_s <= self.now_s + TEAM.slow_retry_s


TestAlerts = Alerts.TestCase
TestAlerts.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)


@pytest.mark.parametrize("tier", ["T2", "T3", "T4"])
def test_the_pretend_clinic_of_these_tests_carries_an_alert_to_its_end(tier: str) -> None:
    life = carried(fresh(tier), MONDAY_S + 30 * DAY)
    assert set(life.told()) == set(TEAM.clinical) and life.is_open
