"""The clinic's duty on a real database: who is told, once, whatever dies in between; and who is not monitored."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

import made
import story
from aired import in_virtual_time
from broker import mosquitto
from made import HOME
from story import DAY_S, NOW_S, STEADY, WEAK
from surefoot.alerts.actions import acknowledge, resolve, see, snooze, wake
from surefoot.alerts.alertlife import AlertEvent
from surefoot.alerts.bodies import AlertBody
from surefoot.alerts.escalation import EscalationParams
from surefoot.alerts.mqtt import Link
from surefoot.alerts.notice import Notice, notice_topic
from surefoot.pipeline import clinic as clinic_module
from surefoot.pipeline import duty
from surefoot.pipeline.clinic import ClinicParams, serve
from surefoot.pipeline.closed import is_closed
from surefoot.pipeline.duty import DutyParams, look, settle
from surefoot.pipeline.monitored import MonitorParams, thin_days
from surefoot.pipeline.schema import alerts
from surefoot.pipeline.store import Store, StoreError, open_store
from surefoot.records import DaySummary

MINUTE, HOUR = 60.0, 3600.0
TEAM = DutyParams(EscalationParams(clinical=("ann", "bob"), technical=("tech",)))


@pytest.fixture
def clinic(new_url: Callable[[], str]) -> Iterator[Store]:
    store = open_store(new_url())
    yield store
    store.close()


@pytest.fixture
def on_disk(new_url: Callable[[], str]) -> Iterator[Store]:
    store = open_store(new_url())
    yield store
    store.close()


def alerted(store: Store, tier: str = "T3") -> story.Home:
    home = story.Home(HOME)
    home.tell(store, NOW_S, AlertBody.of(made.alert("a", tier)))
    return home


def told(store: Store, now_s: float, failure: str = "") -> list[tuple[str, ...]]:
    claims = look(store, now_s, TEAM)
    for claim in claims:
        settle(store, claim, now_s, failure)
    return [claim.notice.to for claim in claims]


def trail(store: Store, name: str = "a") -> list[str]:
    return [f"{e.what} {e.number}" for e in store.alert_log.events(HOME, name)]


# ---- telling people


def test_an_alert_is_told_once_then_hourly_until_somebody_acknowledges(clinic: Store) -> None:
    alerted(clinic)
    assert told(clinic, NOW_S + 1) == [("ann",)]
    assert told(clinic, NOW_S + 11) == told(clinic, NOW_S + 50 * MINUTE) == []
    assert told(clinic, NOW_S + 61 * MINUTE) == [("ann",)]
    clinic.acknowledge("a", "ann", NOW_S + 62 * MINUTE, gateway=HOME)
    assert told(clinic, NOW_S + 9 * HOUR) == []
    assert trail(clinic) == ["stored 1", "telling 1", "notified 1", "telling 2", "notified 2", "acknowledged 1"]


def test_the_notice_says_what_and_no_name(clinic: Store) -> None:
    alerted(clinic)
    clinic.label_patient(HOME, "Mrs. Example")
    (claim,) = look(clinic, NOW_S, TEAM)
    notice = claim.notice
    assert (notice.gateway, notice.alert_id, notice.tier, notice.channel) == (HOME, "a", "T3", "clinical")
    assert notice.sentence == made.alert("a").sentence and b"Example" not in notice.payload()


def test_of_two_who_look_at_once_one_tells(on_disk: Store) -> None:
    alerted(on_disk)
    waiting = on_disk.alert_log.waiting()
    other = open_store(str(on_disk._engine.url))
    other.alert_log.waiting = lambda: waiting  # it looked before the first one wrote
    assert len(look(on_disk, NOW_S, TEAM)) == 1 and look(other, NOW_S, TEAM) == []
    other.close()


def test_what_does_not_go_out_is_tried_again_and_goes_to_the_next_person(clinic: Store) -> None:
    alerted(clinic)
    for minute in range(5):
        assert told(clinic, NOW_S + minute * MINUTE, "no line") == [("ann",)]
    assert told(clinic, NOW_S + 5 * MINUTE, "no line") == []  # it is written that bob is next
    assert trail(clinic)[-1] == "escalated 1"
    assert told(clinic, NOW_S + 15 * MINUTE) == [("ann", "bob")]
    assert [e.note for e in clinic.alert_log.events(HOME, "a") if e.what == "failed"] == ["no line"] * 5


def test_a_snooze_is_written_quiets_and_ends(clinic: Store) -> None:
    alerted(clinic)
    told(clinic, NOW_S)
    until = clinic.alert_log.act(HOME, "a", lambda life: snooze(life, "ann", NOW_S + 60, 2 * HOUR))
    assert until.life.snoozed_until_s(NOW_S + HOUR) == NOW_S + 60 + 2 * HOUR
    assert clinic.patients()[0].worst_tier == "T3", "it is still open"
    assert told(clinic, NOW_S + 119 * MINUTE) == []
    assert told(clinic, NOW_S + 122 * MINUTE) == [("ann",)]


def test_what_people_may_not_do_changes_nothing(clinic: Store) -> None:
    alerted(clinic).tell(clinic, NOW_S, AlertBody.of(made.alert("b", "T4")))
    act = clinic.alert_log.act
    before = clinic.counts()["alert_events"]
    act(HOME, "a", lambda life: snooze(life, "ann", NOW_S, 2 * HOUR + 1))
    act(HOME, "a", lambda life: snooze(life, "ann", NOW_S, HOUR, seen="T2"))
    act(HOME, "b", lambda life: snooze(life, "ann", NOW_S, HOUR))
    act(HOME, "a", lambda life: wake(life, "ann", NOW_S))
    act(HOME, "a", lambda life: resolve(life, "ann", NOW_S, ""))
    act(HOME, "a", lambda life: resolve(life, "ann", NOW_S, "was a cramp", seen="T2"))
    act(HOME, "a", lambda life: acknowledge(life, "ann", NOW_S, seen="T2"))
    assert clinic.counts()["alert_events"] == before


def test_who_saw_it_and_who_resolved_it_stay_known(clinic: Store) -> None:
    home, act = alerted(clinic), clinic.alert_log.act
    assert act(HOME, "a", lambda life: see(life, "ann", NOW_S)).life.state(NOW_S) == "seen"
    assert act(HOME, "a", lambda life: see(life, "bob", NOW_S + 1)).life.seen.who == "ann"
    over = act(HOME, "a", lambda life: resolve(life, "ann", NOW_S + 2, "was a cramp"))
    assert (over.life.state(NOW_S + 3), over.life.resolved.note, over.acknowledged.who) == (
        "resolved",
        "was a cramp",
        "ann",
    )
    assert clinic.patients()[0].open_alerts == 0 and clinic.alert_log.waiting() == []
    home.tell(clinic, NOW_S + 10, AlertBody.of(made.alert("a", "T4")))
    assert [one.life.tier for one in clinic.alert_log.waiting()] == ["T4"], "a worse one is another matter"


def test_a_higher_tier_stays_open_whatever_order_messages_come_in(clinic: Store) -> None:
    bodies = [AlertBody.of(made.alert("a", tier)) for tier in ("T3", "T1")]
    for gateway, order in ((HOME, bodies), (made.OTHER, bodies[::-1])):
        home = story.Home(gateway)
        home.tell(clinic, NOW_S, *order, *order)
    for one in clinic.alerts():
        assert (one.life.tier, one.life.is_open) == ("T3", True)
    assert sorted(one.life.tier for one in clinic.alert_log.waiting()) == ["T3", "T3"]
    assert {patient.worst_tier for patient in clinic.patients()} == {"T3"}
    clinic.acknowledge("a", "ann", NOW_S, gateway=HOME, seen="T1")
    assert len(clinic.alert_log.waiting()) == 2, "who was shown a T1 has not taken notice of a T3"


def test_an_information_grows_old_and_the_silence_of_sensors_raises_nothing(clinic: Store) -> None:
    alerted(clinic, "T1")
    assert told(clinic, NOW_S + 15 * DAY_S) == [] and clinic.alerts()[0].life.state(NOW_S + 15 * DAY_S) == "resolved"
    before = clinic.counts()["alert_events"]
    assert told(clinic, NOW_S + 90 * DAY_S) == [] and clinic.counts()["alert_events"] == before


happened = st.tuples(
    st.integers(0, 2),
    st.builds(
        AlertEvent,
        st.sampled_from(["stored", "acknowledged", "resolved", "expired", "notified", "snoozed"]),
        st.sampled_from(["T0", "T1", "T2", "T3", "T4"]),
        st.just(NOW_S),
        st.integers(1, 2),
        st.sampled_from(["", "ann"]),
    ),
)


@settings(max_examples=60)
@given(st.lists(st.sampled_from(["T1", "T2", "T3"]), min_size=3, max_size=3), st.lists(happened, max_size=12))
def test_what_waits_is_what_is_open_by_its_events(tiers: list[str], events: list[tuple[int, AlertEvent]]) -> None:
    """The database leaves out what is closed; it must not leave out anything else. One is technical."""
    store = open_store("sqlite://")
    made_up = [
        replace(made.alert(f"a{k}", tier), channel="technical" if k else "clinical") for k, tier in enumerate(tiers)
    ]
    story.Home(HOME).tell(store, NOW_S, *map(AlertBody.of, made_up))
    store.alert_log.add_all([(HOME, f"a{k}", event) for k, event in events])
    is_open = {one.alert.alert_id: one.life for one in store.alerts() if one.life.is_open}
    assert {one.alert_id: one.life for one in store.alert_log.waiting()} == is_open
    with store._read() as connection:
        closed = connection.scalars(select(alerts.c.alert_id).where(is_closed())).all()
    store.close()
    assert set(closed) == {"a0", "a1", "a2"} - set(is_open), "and nothing that is closed is looked at for ever"


def _work(url: str, now_s: float, sent: str) -> None:
    """A worker that looks, sends (a line in a file) and settles, until it is killed."""
    store = open_store(url)
    while True:
        now_s += 20.0
        for claim in look(store, now_s, TEAM):
            with Path(sent).open("a") as file:
                file.write(f"{claim.notice.alert_id} {claim.notice.number}\n")
            settle(store, claim, now_s)


def test_workers_that_are_killed_lose_no_notice(on_disk: Store, tmp_path: Path) -> None:
    """Each is killed at any moment; the next one knows from the database alone what is still to be done."""
    names = [f"alert {k}" for k in range(12)]
    story.Home(HOME).tell(on_disk, NOW_S, *(AlertBody.of(made.alert(name, "T3")) for name in names))
    sent, context = tmp_path / "sent", multiprocessing.get_context("spawn")
    sent.touch()
    url = str(on_disk._engine.url)
    workers = [context.Process(target=_work, args=(url, NOW_S, str(sent)), daemon=True) for _ in range(2)]
    for worker in workers:
        worker.start()
    while not sent.read_text():
        time.sleep(0.005)
    for worker in workers:
        os.kill(worker.pid, signal.SIGKILL)
        worker.join()
    late_s = NOW_S + 2 * DAY_S
    for claim in look(on_disk, late_s, TEAM):
        settle(on_disk, claim, late_s)
    for name in names:
        events = on_disk.alert_log.events(HOME, name)
        done = [e.number for e in events if e.what == "notified"]
        begun = [e.number for e in events if e.what == "telling"]
        assert done and len(set(done)) == len(done) and len(set(begun)) == len(begun)
        assert on_disk.alerts()[0].life.is_open
    lines = sent.read_text().splitlines()
    assert len(lines) == len(set(lines)), "each notice was sent by one of the two"


def test_a_notice_arrives_over_mqtt_and_waits_for_a_broker_that_is_away(clinic: Store, tmp_path: Path) -> None:
    """The whole loop: what a home sends is told to whoever listens, and what cannot go out goes out later."""
    quick = replace(TEAM.escalation, retry_s=0.0, patient_tries=10**6)
    params = ClinicParams(look_s=0.05, duty=replace(TEAM, escalation=quick))

    async def heard(url: str, clinics: Link) -> Notice:
        async with Link(url, "pager").connect() as session:
            await session.subscribe(notice_topic("clinical"))
            serving = asyncio.create_task(serve(clinic, clinics, lambda: NOW_S + 1, params))
            try:
                async for message in session.messages():
                    return Notice.model_validate_json(message.payload)
            finally:
                serving.cancel()
                await asyncio.wait({serving})
        raise AssertionError("the line ended")

    async def away(clinics: Link) -> None:
        serving = asyncio.create_task(serve(clinic, clinics, lambda: NOW_S, params, on_trouble=lambda _: None))
        while "failed 1" not in trail(clinic):
            await asyncio.sleep(0.02)
        serving.cancel()
        await asyncio.wait({serving})

    alerted(clinic)
    with mosquitto(tmp_path) as broker:
        clinics = Link(broker.url, "clinic")
        broker.stop()
        asyncio.run(away(clinics))
        broker.start()
        notice = asyncio.run(heard(broker.url, clinics))
    assert (notice.alert_id, notice.gateway, notice.to, notice.tier) == ("a", HOME, ("ann",), "T3")
    reasons = {e.note for e in clinic.alert_log.events(HOME, "a") if e.what == "failed"}
    assert reasons == {"there is no line to the broker"}


def test_people_are_told_of_a_leg_whatever_keeps_the_look_at_homes(
    clinic: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A day of some home that cannot be read any more must not silence the alert of another one."""

    def unreadable(*_: object, **__: object) -> None:
        raise StoreError("The records cannot be read: a sealed text was changed.", "", "", "sealed")

    alerted(clinic)
    monkeypatch.setattr(clinic, "days", unreadable)
    troubles: list[str] = []

    async def looked() -> None:
        params = ClinicParams(look_s=0.02, duty=TEAM)
        away = Link("mqtt://127.0.0.1:9", "clinic")
        tell = {"on_trouble": lambda trouble: troubles.append(trouble.what)}
        serving = asyncio.create_task(serve(clinic, away, lambda: NOW_S, params, **tell))
        try:
            async with asyncio.timeout(10.0):
                while "failed 1" not in trail(clinic):
                    await asyncio.sleep(0.02)
        finally:
            serving.cancel()
            await asyncio.wait({serving})

    asyncio.run(looked())
    assert any("sealed text" in one for one in troubles), "and it is said"


def test_what_cannot_be_written_of_one_notice_holds_up_no_other(clinic: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    home = story.Home(HOME)
    for name in ("a", "b", "c"):
        home.tell(clinic, NOW_S, AlertBody.of(made.alert(name, "T3")))
    sent: list[str] = []
    write = clinic.alert_log.add_all

    def refuses(events: list[tuple[str, str, AlertEvent]]) -> list[bool]:
        if any((name, event.what) == ("a", "notified") for _, name, event in events):
            raise StoreError("The records cannot be written: database is locked.", "", "", "busy")
        return write(events)

    async def send(notice: Notice) -> str:
        sent.append(str(notice.alert_id))
        return ""

    async def looked() -> None:
        line, troubles = clinic_module._Line(lambda: NOW_S), []
        monkeypatch.setattr(line, "send", send)
        monkeypatch.setattr(clinic.alert_log, "add_all", refuses)
        params = ClinicParams(look_s=60.0, duty=TEAM)
        keeping = asyncio.create_task(
            clinic_module._keep_duty(clinic, line, lambda: NOW_S, params, troubles.append, lambda: None)
        )
        async with asyncio.timeout(10.0):
            while len(sent) < 3 or not troubles:
                await asyncio.sleep(0.02)
        keeping.cancel()
        await asyncio.wait({keeping})

    asyncio.run(looked())
    assert sorted(sent) == ["a", "b", "c"], "in one look"
    assert "notified 1" in trail(clinic, "b") and "notified 1" not in trail(clinic, "a")


# ---- who is not monitored


def watch(store: Store, now_s: float, since_s: float = 0.0) -> dict[str, str]:
    """Open alerts of the clinic's own by kind, after a look."""
    duty.watch(store, now_s, since_s, TEAM)
    return {one.kind: one.gateway for one in store.alert_log.waiting()}


def test_a_silent_home_is_told_of_within_three_minutes_and_clears_by_itself(clinic: Store) -> None:
    home = story.Home(WEAK)
    home.sign_of_life(clinic, NOW_S)
    assert watch(clinic, NOW_S + 179) == {}
    assert watch(clinic, NOW_S + 180) == watch(clinic, NOW_S + 300) == {"gateway_silent": WEAK}
    (stored,) = clinic.alerts()
    assert (stored.alert.tier, stored.alert.channel, stored.stored_s) == ("T0", "technical", NOW_S + 180)
    home.sign_of_life(clinic, NOW_S + 400)
    assert watch(clinic, NOW_S + 401) == {}
    over = clinic.alerts()[0].life
    assert (over.state(NOW_S + 401), over.resolved.at_s, over.acknowledged) == ("resolved", NOW_S + 401, None)
    assert watch(clinic, NOW_S + 600) == {"gateway_silent": WEAK}
    assert len(clinic.alerts()) == 2, "another silence is another alert"


def test_a_silence_that_somebody_took_notice_of_is_told_to_be_over_too(clinic: Store) -> None:
    home = story.Home(WEAK)
    home.sign_of_life(clinic, NOW_S)
    watch(clinic, NOW_S + 200)
    clinic.acknowledge(clinic.alerts()[0].alert.alert_id, "tech", NOW_S + 250)
    assert watch(clinic, NOW_S + 300) == {} and clinic.alerts()[0].life.state(NOW_S + 300) == "acknowledged"
    home.sign_of_life(clinic, NOW_S + 400)
    for after_s in (401, 411):
        watch(clinic, NOW_S + after_s)
    life = clinic.alerts()[0].life
    assert (life.state(NOW_S + 420), life.resolved.at_s, life.acknowledged.who) == ("resolved", NOW_S + 401, "tech")


def test_while_the_clinics_own_line_has_just_changed_no_home_is_blamed(clinic: Store) -> None:
    story.Home(WEAK).sign_of_life(clinic, NOW_S)
    assert watch(clinic, NOW_S + 9000, since_s=NOW_S + 8900) == {}
    assert watch(clinic, NOW_S + 9080, since_s=NOW_S + 8900) == {"gateway_silent": WEAK}
    assert watch(clinic, NOW_S + 9100, since_s=NOW_S + 9090) == {"gateway_silent": WEAK}, "nor said to be back"


@pytest.mark.parametrize("later_s", [0.001, 2.0, 59.0])
def test_who_is_heard_while_a_look_begins_is_not_silent(clinic: Store, later_s: float) -> None:
    """A look takes its time first and reads what came afterwards; another worker's clock may be a little ahead."""
    story.Home(WEAK).sign_of_life(clinic, NOW_S + later_s)
    assert watch(clinic, NOW_S, since_s=NOW_S - 5 * HOUR) == {}
    assert clinic.alerts() == []
    assert watch(clinic, NOW_S + 240, since_s=NOW_S - 5 * HOUR) == {"gateway_silent": WEAK}


@pytest.mark.parametrize("set_by_s", [DAY_S, -DAY_S])
def test_a_clinic_whose_clock_is_set_blames_no_home_and_misses_none(
    new_url: Callable[[], str], set_by_s: float
) -> None:
    """One home goes on, the other falls silent at the moment the clock is set, by a day."""
    store, began_s = open_store(new_url()), NOW_S
    homes = story.Home(WEAK), story.Home(STEADY)
    silent: list[tuple[float, list[str]]] = []

    async def run() -> None:
        loop, set_at_s = asyncio.get_running_loop(), 300.0

        def now_s() -> float:
            return began_s + loop.time() + (set_by_s if loop.time() >= set_at_s else 0.0)

        line = clinic_module._Line(now_s)
        params = ClinicParams(duty=TEAM)
        keeping = asyncio.create_task(clinic_module._keep_duty(store, line, now_s, params, pytest.fail, lambda: None))
        for _ in range(15):
            homes[0].sign_of_life(store, now_s())
            if loop.time() < set_at_s:
                homes[1].sign_of_life(store, now_s())
            silent.append((loop.time(), [one.gateway for one in store.alert_log.waiting()]))
            await asyncio.sleep(60.0)
        keeping.cancel()
        await asyncio.wait({keeping})

    in_virtual_time(run())
    assert all(found in ([], [STEADY]) for _, found in silent), "whoever is heard is not called silent"
    assert [found for at_s, found in silent if at_s < 300 + 120] == [[]] * 7
    assert all(found == [STEADY] for at_s, found in silent if at_s > 300 + 300)
    store.close()


def test_many_silent_homes_are_one_notice(clinic: Store) -> None:
    homes = [f"{k:08x}-4e5f-4a6b-8c7d-9e0f1a2b3c4d" for k in range(31)]
    for k, home in enumerate(homes):
        story.Home(home).sign_of_life(clinic, NOW_S + k)
    claims = []
    for after_s in range(180, 620, 20):
        duty.watch(clinic, NOW_S + after_s, 0.0, TEAM, days=False)
        found = look(clinic, NOW_S + after_s, TEAM)
        for claim in found:
            settle(clinic, claim, NOW_S + after_s)
        claims += found
    (claim,) = claims
    assert claim.notice.sentence.startswith("31 homes are silent.") and claim.notice.homes == 31
    assert (claim.notice.channel, claim.notice.gateway) == ("technical", None)
    assert len(clinic.alert_log.waiting()) == 31, "each patient is not monitored"


def test_one_silent_home_disturbs_nobody_for_half_a_day(clinic: Store) -> None:
    story.Home(WEAK).sign_of_life(clinic, NOW_S)
    watch(clinic, NOW_S + 200)
    assert told(clinic, NOW_S + 11 * HOUR) == []
    assert told(clinic, NOW_S + 13 * HOUR) == [("tech",)]


def lived(*worn_h: float) -> list[DaySummary]:
    return [replace(day, worn_h=h) for day, h in zip(story.days(len(worn_h)), worn_h, strict=True)]


def test_two_thin_days_running_are_told_of_until_a_day_counts(clinic: Store) -> None:
    home, days = story.Home(STEADY), lived(9.0, 5.9, 4.0, 3.0, 8.0)
    end_s = [day.end_s for day in days]
    found = []
    for number in range(1, 6):
        story.Home(STEADY).live(clinic, end_s[number - 1], days[:number])
        home.sign_of_life(clinic, end_s[number - 1] + 1)
        found.append("not_worn" in watch(clinic, end_s[number - 1] + 1))
    assert found == [False, False, True, True, False]
    (stored,) = clinic.alerts(STEADY)
    assert "5.9 h on 2026-01-02, 4.0 h on 2026-01-03" in stored.alert.sentence
    assert stored.life.state(end_s[-1]) == "resolved"


def test_thin_days_count_only_in_a_row_and_up_to_the_newest() -> None:
    params = MonitorParams()
    days = lived(9.0, 2.0, 2.0, 9.0, 2.0, 2.0)
    assert [day.day for day in thin_days(days, params)] == ["2026-01-05", "2026-01-06"]
    assert thin_days(days[:4], params) == thin_days(days[:5], params) == thin_days([], params) == []
    assert thin_days([days[1], days[4]], params) == [], "what happened between is not known"


def test_thin_days_that_come_late_raise_nothing(clinic: Store) -> None:
    days = lived(9.0, 2.0, 2.0)
    story.Home(STEADY).live(clinic, days[-1].end_s, days)
    now_s = days[-1].end_s + 4 * DAY_S
    story.Home(STEADY).sign_of_life(clinic, now_s)
    assert watch(clinic, now_s) == {}


def test_technical_alerts_never_count_as_clinical(clinic: Store) -> None:
    story.Home(WEAK).sign_of_life(clinic, NOW_S)
    watch(clinic, NOW_S + 200)
    (patient,) = clinic.patients()
    assert (patient.open_alerts, patient.worst_tier, patient.open_technical) == (0, None, 1)
    for claim in look(clinic, NOW_S + DAY_S, TEAM):
        assert claim.notice.channel == "technical" and claim.notice.to == ("tech",)


def test_events_are_kept_as_they_were_written(clinic: Store) -> None:
    alerted(clinic)
    event = AlertEvent("snoozed", "T3", 5.5, 3, "ann", ("bob", "cy"), 9.25, "a note\nof two lines")
    assert clinic.alert_log.add_all([(HOME, "a", event), (HOME, "a", event)]) == [True, False]
    assert clinic.alert_log.events(HOME, "a")[-1] == event
