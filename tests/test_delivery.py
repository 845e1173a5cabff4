"""Delivery: rows cross a real broker into a clinic's store, each once, whatever dies on the way."""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

import made
from broker import mosquitto
from made import HOME
from surefoot.alerts.messages import ack_topic, up_payload, up_topic
from surefoot.alerts.mqtt import Link, LinkError, LinkParams, Received
from surefoot.alerts.orders import order_payload, order_topic
from surefoot.pipeline.clinic import ClinicParams, serve
from surefoot.pipeline.delivery import _Sender, deliver
from surefoot.pipeline.store import Store, open_store
from surefoot.pipeline.window import DeliveryParams, Window
from surefoot.records import Order, Question
from surefoot.simulation.broker import small_broker

QUICK = LinkParams(timeout_s=2.0, first_wait_s=0.02, longest_wait_s=0.1)
EAGER = DeliveryParams(answer_s=0.3, longest_answer_s=0.6, look_s=0.1)


@pytest.fixture
def home(tmp_path):
    store = open_store(f"sqlite:///{tmp_path}/home.db")
    yield store
    store.close()


@pytest.fixture
def clinic(new_url):
    store = open_store(new_url())
    yield store
    store.close()


def test_an_order_is_no_answer_for_rows(home: Store) -> None:
    """A clinic that orders on this broker, and hears nothing on it: the next broker may lead there."""
    gateway, ack = home.gateway(), b'{"v":1,"gateway":"%s","stored":[],"rejected":[]}' % home.gateway().encode()
    order = Order("an-order", 5.0, Question("check_in"))
    told = [Received(order_topic(gateway, order.what), order_payload(gateway, order))]

    class Line:
        async def batches(self, most: int) -> AsyncIterator[list[Received]]:
            yield told

    async def heard_s() -> float:
        sender = _Sender(home, gateway, DeliveryParams(), False, pytest.fail)
        await sender._settle(Line())
        return sender._heard_s

    assert asyncio.run(heard_s()) == 0.0
    assert [one.order.order_id for one in home.orders.given(gateway)] == ["an-order"]
    told.append(Received(ack_topic(gateway), ack))
    assert asyncio.run(heard_s()) > 0.0


def fill(home: Store, count: int) -> None:
    """Rows of every kind: mostly bouts, some days, incidents with their signal, and an alert."""
    for number in range(1, count + 1):
        match number % 10:
            case 0:
                home.keep_day(made.day(number // 10), [made.trend(f"2026-01-{number // 10:02}")])
            case 5:
                home.keep_incident(made.incident(number, (made.signal(2.0, start_s=1000.0 * number),)))
            case 6:
                home.keep_answer(made.answer(number - 1))
            case 7:
                home.keep_test(made.guided_test(number))
            case _:
                home.keep_bout(made.bout(number))
    home.keep_alert(made.alert("weakness"))


def assert_same(home: Store, clinic: Store) -> None:
    """The clinic holds the home's rows, row by row, each once."""
    name = home.gateway()
    assert clinic.days(name) == home.days(name)
    assert clinic.trends(name) == home.trends(name)
    assert clinic.bouts(name) == home.bouts(name)
    assert clinic.incidents(name) == home.incidents(name)
    assert clinic.answers(name) == home.answers(name)
    assert clinic.tests(name) == home.tests(name)
    assert [one.alert for one in clinic.alerts(name)] == [one.alert for one in home.alerts(name)]
    for one, other in zip(clinic.incidents(name), home.incidents(name), strict=True):
        for got, sent in zip(one.snippet, other.snippet, strict=True):
            assert (got.acc == sent.acc).all()
            assert (got.gyr == sent.gyr).all()
    sent, got = home.counts(), clinic.counts()
    tables = ("days", "bouts", "incidents", "answers", "tests", "alerts")
    for table in ("trends", *tables):
        assert got[table] == sent[table] > 0
    assert got["received"] == sum(sent[table] for table in tables)
    assert (got["dead_letters"], sent["outbox"], sent["set_aside"]) == (0, 0, 0)


@asynccontextmanager
async def running(task) -> AsyncIterator[None]:
    """Something that runs for ever, while the block lasts; it must not end by itself."""
    job = asyncio.create_task(task)
    try:
        yield
        assert not job.done(), job.exception()
    finally:
        job.cancel()
        with suppress(asyncio.CancelledError):
            await job


@asynccontextmanager
async def serving(clinic: Store, link: Link, params: ClinicParams | None = None) -> AsyncIterator[None]:
    ready = asyncio.Event()
    async with running(serve(clinic, link, itertools.count(1000.0).__next__, params, ready=ready)):
        await ready.wait()
        yield


def line(broker, name: str) -> Link:
    return Link(broker.url, name, params=QUICK)


def test_every_row_arrives_once(tmp_path, home, clinic):
    async def run() -> int:
        async with serving(clinic, line(broker, "clinic")):
            settled = await deliver(home, line(broker, "home"), until_empty=True)
            while clinic.patients()[0].link != "down":  # it has said that it leaves
                await asyncio.sleep(0.01)
            return settled

    fill(home, 200)
    with mosquitto(tmp_path) as broker:
        assert asyncio.run(run()) == 201
    assert_same(home, clinic)
    assert clinic.patients()[0].pending == 0
    assert clinic.patients()[0].label == f"unnamed {home.gateway()[:8]}"


def test_nothing_is_lost_or_doubled_when_the_broker_is_killed(tmp_path, home, clinic, caplog):
    async def run() -> list[int]:
        left = []
        async with (
            serving(clinic, line(broker, "clinic")),
            running(deliver(home, line(broker, "home"), EAGER)),
        ):
            for upto in (330, 230, 130):
                while home.outbox.count() > upto:
                    await asyncio.sleep(0.005)
                await asyncio.to_thread(broker.kill)
                left.append(home.outbox.count())
                await asyncio.sleep(0.1)
                broker.start()
            while home.outbox.count():
                await asyncio.sleep(0.02)
        return left

    fill(home, 309)
    for number in range(1000, 1090):
        home.keep_bout(made.bout(number))
    with mosquitto(tmp_path) as broker, caplog.at_level(logging.WARNING):
        left = asyncio.run(run())
    assert all(0 < rows < 400 for rows in left), "the broker was to be killed in the middle"
    assert_same(home, clinic)
    assert [record for record in caplog.records if record.name == "asyncio"] == []


def test_rows_stay_while_the_clinic_is_away(tmp_path, home, clinic):
    async def run() -> None:
        async with running(deliver(home, line(broker, "home"), EAGER)):
            await asyncio.sleep(0.5)
            assert home.outbox.count() == 21
            async with serving(clinic, line(broker, "clinic")):
                while home.outbox.count():
                    await asyncio.sleep(0.02)

    fill(home, 20)
    with mosquitto(tmp_path) as broker:
        asyncio.run(run())
    assert_same(home, clinic)


def test_rows_stay_while_nobody_listens_and_whoever_waits_is_told(home):
    def give_up(error) -> None:
        raise error

    fill(home, 20)
    with pytest.raises(LinkError) as caught:
        asyncio.run(deliver(home, Link("mqtt://127.0.0.1:1", "home"), until_empty=True, on_trouble=give_up))
    assert caught.value.trouble == "refused"
    assert home.outbox.count() == 21


@pytest.mark.parametrize("who, table", [("clinic", "received"), ("home", "outbox")])
def test_a_database_that_fails_is_waited_out(tmp_path, home, clinic, who, table, caplog):
    """Nothing is answered without a commit, nothing ends, and all goes on when the database works again."""
    store = {"home": home, "clinic": clinic}[who]

    def rename(old: str, new: str) -> None:
        with store._write() as connection:
            connection.exec_driver_sql(f"ALTER TABLE {old} RENAME TO {new}")

    async def run() -> None:
        async with (
            asyncio.timeout(120),
            serving(clinic, line(broker, "clinic"), ClinicParams(pause_s=0.1)),
            running(deliver(home, line(broker, "home"), EAGER)),
        ):
            while not caplog.records:
                await asyncio.sleep(0.01)
            await asyncio.to_thread(rename, "away", table)
            while home.outbox.count():
                await asyncio.sleep(0.02)

    fill(home, 20)
    rename(table, "away")
    with mosquitto(tmp_path) as broker, caplog.at_level(logging.WARNING):
        asyncio.run(run())
    assert "no such table" in caplog.text or 'relation "' in caplog.text
    assert_same(home, clinic)


def test_two_workers_deal_the_rows_out_and_the_one_that_is_left_takes_all(tmp_path, home, clinic):
    took = [0, 0]

    def counting(number: int):
        def clock() -> float:
            took[number] += 1
            return 1000.0

        return serve(clinic, line(broker, f"clinic{number}"), clock, ClinicParams(look_s=600.0), ready=ready[number])

    async def run() -> None:
        for one in ready:
            one.clear()
        async with running(counting(0)):
            await ready[0].wait()
            async with running(counting(1)):
                await ready[1].wait()
                took[:] = 0, 0
                await deliver(home, line(broker, "home"), EAGER, until_empty=True)
                assert min(took) > 1, took
            for number in range(1000, 1040):
                home.keep_bout(made.bout(number))
            await deliver(home, line(broker, "home"), EAGER, until_empty=True)

    ready = [asyncio.Event(), asyncio.Event()]
    fill(home, 100)
    with mosquitto(tmp_path) as broker:
        asyncio.run(run())
    assert_same(home, clinic)


def test_a_batch_the_database_did_not_take_is_tried_again_without_the_home(tmp_path, home, clinic, caplog):
    """The home is too patient to send again; the worker does not let go of what it holds."""
    patient = DeliveryParams(answer_s=600.0, longest_answer_s=600.0, alert_answer_s=600.0, longest_alert_answer_s=600.0)

    async def run() -> None:
        async with asyncio.timeout(120), serving(clinic, line(broker, "clinic"), ClinicParams(pause_s=0.05, tries=400)):
            job = asyncio.create_task(deliver(home, line(broker, "home"), patient, until_empty=True))
            while not caplog.records:
                await asyncio.sleep(0.01)
            with clinic._write() as connection:
                connection.exec_driver_sql("ALTER TABLE away RENAME TO received")
            await job

    fill(home, 20)
    with clinic._write() as connection:
        connection.exec_driver_sql("ALTER TABLE received RENAME TO away")
    with mosquitto(tmp_path) as broker, caplog.at_level(logging.WARNING):
        asyncio.run(run())
    assert_same(home, clinic)


def test_an_alert_overtakes_the_backlog(tmp_path, home, clinic):
    async def run() -> None:
        async with (
            serving(clinic, line(broker, "clinic")),
            running(deliver(home, line(broker, "home"))),
        ):
            while home.outbox.count() > 250:
                await asyncio.sleep(0.001)
            await asyncio.to_thread(home.keep_alert, made.alert("now"))
            while not clinic.alerts():
                await asyncio.sleep(0.001)
            assert home.outbox.count() > 50, "the alert was to arrive before the backlog"

    for number in range(300):
        home.keep_bout(made.bout(number), outbox=True)
    with mosquitto(tmp_path) as broker:
        asyncio.run(run())


def test_an_alert_is_sent_although_the_clinic_leaves_the_window_full(tmp_path, home, clinic):
    never_again = DeliveryParams(window=5, burst=5, answer_s=600, longest_answer_s=600)  # but for alerts

    async def seen(bouts: int, ready: asyncio.Event) -> None:
        """The broker had so many of the home's while no clinic was there."""
        async with line(broker, "onlooker").connect() as session:
            await session.subscribe(up_topic(home.gateway(), "bout"))
            ready.set()
            async for batch in session.batches(1):
                bouts -= len(batch)
                if bouts <= 0:
                    return

    async def run() -> None:
        looks = asyncio.Event()
        onlooker = asyncio.create_task(seen(never_again.window, looks))
        await looks.wait()
        async with asyncio.timeout(120), running(deliver(home, line(broker, "home"), never_again)):
            await onlooker
            async with serving(clinic, line(broker, "clinic")):
                await asyncio.to_thread(home.keep_alert, made.alert("now"))
                while not clinic.alerts():
                    await asyncio.sleep(0.01)

    for number in range(20):
        home.keep_bout(made.bout(number))
    with mosquitto(tmp_path) as broker:
        asyncio.run(run())
    assert clinic.counts()["bouts"] == 0


def test_a_poison_message_is_answered_and_blocks_nobody(tmp_path, home, clinic):
    """The third row of the outbox is spoiled behind the home's back: it is set aside, the others arrive."""

    async def run() -> None:
        async with serving(clinic, line(broker, "clinic")):
            await deliver(home, line(broker, "home"), until_empty=True)

    fill(home, 20)
    with home._engine.begin() as connection:
        connection.exec_driver_sql("UPDATE outbox SET body = '{\"start_s\": NaN' WHERE seq = 3")
    with mosquitto(tmp_path) as broker:
        asyncio.run(run())
    (aside,) = home.outbox.set_aside()
    assert (aside.seq, aside.kind) == (3, "bout")
    assert "JSON" in aside.reason
    assert clinic.counts()["received"] == 20
    assert clinic.counts()["dead_letters"] == 1


def test_a_stranger_cannot_stop_the_clinic(tmp_path, home, clinic):
    """Rubbish, oversize, another home's name, a topic of no kind: all buried, and the rows arrive."""
    rubbish = [
        (up_topic(HOME, "bout"), b"\xff\x00rubbish"),
        (up_topic(HOME, "day"), b"x" * 60_000),
        (up_topic(HOME, "bout"), up_payload(home.gateway(), 1, "bout", "{}")),
        ("surefoot/v1/nobody/up/bout", b"{}"),
        (f"surefoot/v1/{HOME}/up/song/of/songs", json.dumps({"seq": 5}).encode()),
    ]

    async def run() -> None:
        async with serving(clinic, line(broker, "clinic")):
            async with line(broker, "stranger").connect() as session:
                for topic, payload in rubbish:
                    await session.publish(topic, payload)
            await deliver(home, line(broker, "home"), until_empty=True)

    fill(home, 20)
    with mosquitto(tmp_path) as broker:
        asyncio.run(run())
    assert clinic.counts()["dead_letters"] == len(rubbish)
    assert clinic.counts()["received"] == 21
    assert [patient.gateway for patient in clinic.patients()] == [home.gateway()]


def test_the_clinic_knows_whether_a_home_is_there(tmp_path, home, clinic):
    async def until(link: str) -> None:
        while not clinic.patients() or clinic.patients()[0].link != link:
            await asyncio.sleep(0.01)

    async def run() -> None:
        async with serving(clinic, line(broker, "clinic")):
            delivery = asyncio.create_task(deliver(home, line(broker, "home")))
            await until("up")
            async with line(broker, "home").connect():  # another of the same name: the broker drops the first one
                await until("down")
            await until("up")
            delivery.cancel()
            await until("down")

    with mosquitto(tmp_path) as broker:
        asyncio.run(run())


def test_through_the_small_broker_of_the_demo(home, clinic, caplog):
    async def run() -> int:
        async with small_broker() as url:
            links = [Link(url, name, protocol="3.1.1", params=QUICK) for name in ("clinic", "home")]
            async with serving(clinic, links[0]):
                return await deliver(home, links[1], until_empty=True)

    fill(home, 60)
    with caplog.at_level(logging.WARNING):
        assert asyncio.run(run()) == 61
    assert_same(home, clinic)
    assert [record.getMessage() for record in caplog.records] == []


def test_the_small_broker_says_when_it_speaks_another_protocol():
    async def run() -> None:
        async with small_broker() as url, Link(url, "home", params=QUICK).connect():
            pass

    with pytest.raises(LinkError) as caught:
        asyncio.run(run())
    assert caught.value.trouble == "protocol"


@given(st.lists(st.tuples(st.integers(1, 20), st.floats(0, 30), st.booleans()), max_size=60))
def test_the_window_never_forgets_a_row(steps):
    """Whatever is sent and answered: a row is under way, due, or answered; never waiting longer than the longest."""
    params, now_s = DeliveryParams(), 0.0
    window, unanswered = Window(params), set()
    for seq, later_s, answered in steps:
        now_s += later_s
        alert = seq % 3 == 0
        if answered:
            window.answered([seq])
            unanswered.discard(seq)
        else:
            window.sent(seq, now_s, 0.5, alert=alert)
            longest_s = params.longest_alert_answer_s if alert else params.longest_answer_s
            assert seq not in window.waiting(now_s + 1.25 * longest_s)
            unanswered.add(seq)
        assert set(window.waiting(now_s)) <= unanswered
        assert window.waiting(now_s + 1.25 * params.longest_answer_s) == []
        assert (window.next_due_s() is None) == (not unanswered)
    window.reconnected(now_s)
    assert window.room(now_s) == params.window - len(window.waiting(now_s))
