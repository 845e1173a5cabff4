"""The log of alerts in a real database: whatever messages and people do, nothing that nobody took notice of is lost."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

import made
from made import HOME
from story import NOW_S
from surefoot.alerts.actions import acknowledge, resolve, snooze
from surefoot.alerts.bodies import AlertBody
from surefoot.alerts.messages import up_payload, up_topic
from surefoot.alerts.mqtt import Received
from surefoot.pipeline.clinic import take
from surefoot.pipeline.store import Store, open_store

NAMES, TIERS = ("a", "b", "c"), ("T1", "T2", "T3", "T4")
Sent = tuple[int, str, str]  # sequence number, alert, tier


def message(sent: Sent) -> Received:
    seq, name, tier = sent
    body = AlertBody.of(made.alert(name, tier))
    return Received(up_topic(HOME, "alert"), up_payload(HOME, seq, "alert", body.json_text()))


def waiting(store: Store) -> dict[str, str]:
    return {one.alert_id: one.life.tier for one in store.alert_log.waiting()}


def shown(store: Store) -> dict[str, str]:
    """Open alerts as the pages list them."""
    return {one.alert.alert_id: one.life.tier for one in store.alerts() if one.life.is_open}


sent_once = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(TIERS)), min_size=1, max_size=6).map(
    lambda told: [(k, *one) for k, one in enumerate(told, 1)]
)


@settings(max_examples=40, deadline=None)
@given(sent_once, st.data())
def test_the_same_messages_in_any_order_and_number_leave_the_same_alerts_open(told: list[Sent], data) -> None:
    copies = data.draw(st.lists(st.sampled_from(told), max_size=4))
    mixed = data.draw(st.permutations(told + copies))
    cut = data.draw(st.integers(0, len(mixed)))
    highest = {name: max(tier for _, of, tier in told if of == name) for _, name, _ in told}
    newest = {name: tier for _, name, tier in told}
    for batches in ([told], [mixed[:cut], mixed[cut:]], [[one] for one in mixed]):
        store = open_store("sqlite://")
        try:
            for batch in batches:
                take(store, [message(one) for one in batch], NOW_S)
            assert waiting(store) == shown(store) == highest
            assert {one.alert.alert_id: one.alert.tier for one in store.alerts()} == newest
            (patient,) = store.patients()
            assert (patient.open_alerts, patient.worst_tier) == (len(highest), max(highest.values()))
        finally:
            store.close()


class Clinic(RuleBasedStateMachine):
    """A clinic that gets messages early, late and twice, while people do with alerts what the pages let them."""

    @initialize()
    def begin(self) -> None:
        self.store, self.now_s = open_store("sqlite://"), NOW_S
        self.sent: list[Sent] = []
        self.came: set[tuple[str, str]] = set()  # alert, tier
        self.noticed: set[tuple[str, str]] = set()  # and the tier it had when somebody took notice

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.store.close()

    @rule(name=st.sampled_from(NAMES), tier=st.sampled_from(TIERS), held_back=st.booleans())
    def send(self, name: str, tier: str, held_back: bool) -> None:
        self.sent.append((len(self.sent) + 1, name, tier))
        if not held_back:
            self.deliver(self.sent[-1])

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def come(self, data) -> None:
        """Again, or late at last."""
        self.deliver(data.draw(st.sampled_from(self.sent)))

    def deliver(self, one: Sent) -> None:
        take(self.store, [message(one)], self.now_s)
        self.came.add((one[1], one[2]))

    @precondition(lambda self: self.came)
    @rule(data=st.data(), seen=st.sampled_from([*TIERS, None]), resolves=st.booleans())
    def take_notice(self, data, seen: str | None, resolves: bool) -> None:
        """Of the tier it has, from a page that may be old: what that page did not show was not noticed."""
        name = data.draw(st.sampled_from(sorted({name for name, _ in self.came})))
        before = waiting(self.store).get(name)
        deed = resolve if resolves else acknowledge
        self.store.alert_log.act(HOME, name, lambda life: deed(life, "ann", self.now_s, "looked", seen))
        if before is not None and (seen is None or before <= seen):
            self.noticed.add((name, before))

    @precondition(lambda self: self.came)
    @rule(data=st.data(), minutes=st.sampled_from([15, 120, 9999]))
    def put_off(self, data, minutes: float) -> None:
        name = data.draw(st.sampled_from(sorted({name for name, _ in self.came})))
        self.store.alert_log.act(HOME, name, lambda life: snooze(life, "ann", self.now_s, 60.0 * minutes))

    @rule(hours=st.sampled_from([-1.0, 0.1, 5.0, 100.0]))
    def time_goes_on(self, hours: float) -> None:
        self.now_s += 3600 * hours

    @invariant()
    def nothing_that_nobody_took_notice_of_disappears(self) -> None:
        missed = [one for one in self.came if not any(of == one[0] and one[1] <= tier for of, tier in self.noticed)]
        expected = {name: max(tier for of, tier in missed if of == name) for name, _ in missed}
        assert waiting(self.store) == shown(self.store) == expected
        if expected:
            (patient,) = self.store.patients()
            assert (patient.open_alerts, patient.worst_tier) == (len(expected), max(expected.values()))


TestClinic = Clinic.TestCase
TestClinic.settings = settings(max_examples=25, stateful_step_count=16, deadline=None)
