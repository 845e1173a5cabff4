"""Orders: what the clinic decides reaches the home over a real broker, holds there, and is confirmed; or is refused."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import made
import story
from broker import mosquitto
from made import HOME, OTHER
from surefoot.alerts.mqtt import Link, LinkParams
from surefoot.alerts.orders import (
    OrderError,
    Unreadable,
    order_payload,
    order_topic,
    read_order,
)
from surefoot.alerts.rules import new_alert
from surefoot.pipeline.clinic import ClinicParams, serve
from surefoot.pipeline.course import Course
from surefoot.pipeline.delivery import deliver
from surefoot.pipeline.obeying import obey
from surefoot.pipeline.plan import USUAL, Plan, plan_of
from surefoot.pipeline.postman import Postman, PostParams
from surefoot.pipeline.rulebook import would_have
from surefoot.pipeline.store import Store, StoreError, open_store
from surefoot.pipeline.told import Told
from surefoot.pipeline.trends import judge
from surefoot.pipeline.window import DeliveryParams
from surefoot.records import Affected, Learning, Limits, Order, Question, Renewal, Treatment

QUICK = LinkParams(timeout_s=2.0, first_wait_s=0.02, longest_wait_s=0.1)
EAGER = DeliveryParams(answer_s=0.3, longest_answer_s=0.6, look_s=0.1)
TODAY = "2026-01-29"
NOW_S = 1769700000.0  # of that day

limits = st.builds(
    Limits, st.none() | st.floats(3, 4.5), st.none() | st.floats(5, 8), giving_way_day=st.none() | st.just(3.0)
)
whats = st.one_of(
    limits,
    st.builds(Learning, st.just("") | made.dates, st.integers(7, 42)),
    st.builds(Affected, made.sides, made.dates),
    made.treatments,
    st.builds(Renewal, st.text(max_size=50)),
    st.builds(
        Question,
        st.sampled_from(["check_in", "incident"]),
        st.none(),
        st.none() | made.kinds,
        made.any_side,
        made.maybe,
    ),
)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Store]:
    store = open_store(f"sqlite:///{tmp_path}/home.db")
    yield store
    store.close()


@pytest.fixture
def clinic(tmp_path: Path) -> Iterator[Store]:
    store = open_store(f"sqlite:///{tmp_path}/clinic.db")
    yield store
    store.close()


def ordered(what: object, given_s: float = 1.0, name: str = "a1") -> Order:
    return Order(name, given_s, what)  # type: ignore[arg-type]


# ---- the wire


@given(whats, st.floats(0, 4e9))
def test_an_order_comes_back(what, given_s):
    order = ordered(what, given_s)
    assert read_order(order_topic(HOME, what), order_payload(HOME, order)) == order


@given(st.binary(max_size=300))
def test_bytes_of_anybody_are_no_order_and_harm_nothing(payload):
    assert isinstance(read_order(f"surefoot/v1/{HOME}/down/config", payload), Unreadable)
    assert read_order(f"surefoot/v1/{HOME}/down/ack", payload) is None


def test_an_order_for_another_home_is_not_taken():
    read = read_order(f"surefoot/v1/{HOME}/down/config", order_payload(OTHER, ordered(Limits())))
    assert isinstance(read, Unreadable)
    assert read.order_id == "a1"


def test_what_a_newer_clinic_orders_is_refused_by_its_name():
    payload = json.loads(order_payload(HOME, ordered(Limits(chart_review=4.0))))
    payload["body"]["patience"] = 3
    read = read_order(f"surefoot/v1/{HOME}/down/config", json.dumps(payload).encode())
    assert isinstance(read, Unreadable)
    assert read.order_id == "a1"
    assert "patience" in read.reason


# ---- what holds


@settings(max_examples=50)
@given(st.lists(whats, max_size=6), st.randoms(use_true_random=False))
def test_the_order_in_which_orders_arrive_does_not_matter(chosen, shuffled):
    orders = [ordered(what, k, f"o{k}") for k, what in enumerate(chosen)]
    mixed = list(orders)
    shuffled.shuffle(mixed)
    assert plan_of(mixed) == plan_of(orders)


@pytest.mark.parametrize(
    ("wish", "told"),
    [
        (Limits(chart_review=2.0), "is not between 3 and 6 standard errors"),
        (Limits(chart_review=float("nan")), "is not between"),
        (Limits(chart_review=5.5), "must not be above"),
        (Limits(giving_way_day=3.5), "must be a whole number"),
        (Limits(giving_way_day=9, giving_way_week=5), "must not be above"),
        (Learning("2026-02-30"), "is no day of the calendar"),
        (Learning("", 3), "rests on 7 to 42 good days, not on 3"),
        (Treatment("surgery", "2027-01-01"), "more than 60 days ahead"),
        (Affected("left", "2026-01-30"), "lies ahead"),
    ],
)
def test_what_cannot_hold_is_refused_in_words(clinic, wish, told):
    story.Home(HOME).sign_of_life(clinic, 5.0)
    with pytest.raises(OrderError, match=told):
        clinic.orders.give(HOME, wish, "Ann", 10.0, TODAY)
    assert clinic.orders.given(HOME) == []


def test_nobody_orders_for_a_home_that_is_not_there(clinic):
    with pytest.raises(StoreError, match="No patient has the gateway"):
        clinic.orders.give(HOME, Limits(), "Ann", 10.0, TODAY)


def test_a_clock_that_goes_back_puts_no_order_before_an_earlier_one(clinic):
    story.Home(HOME).sign_of_life(clinic, 5.0)
    for at_s, review in ((100.0, 4.0), (50.0, 4.5)):
        clinic.orders.give(HOME, Limits(chart_review=review), "Ann", at_s, TODAY)
    newest = clinic.orders.given(HOME)[0]
    assert newest.order.what == Limits(chart_review=4.5)
    assert newest.order.given_s > 100.0


def test_orders_cannot_be_changed_or_deleted(clinic):
    story.Home(HOME).sign_of_life(clinic, 5.0)
    clinic.orders.give(HOME, Limits(), "Ann", 10.0, TODAY)
    for statement in ("UPDATE orders SET who = 'Bob'", "DELETE FROM orders"):
        with pytest.raises(Exception, match="append-only"), clinic._engine.begin() as connection:
            connection.exec_driver_sql(statement)


# ---- at home


def test_an_order_is_done_once_however_often_it_comes(home):
    order = ordered(Treatment("injection", TODAY), 5.0)
    assert obey(home, order, NOW_S).verdict == "applied"
    assert obey(home, order, NOW_S) is None
    assert [one.kind for one in home.outbox.pending(9)] == ["treatment", "confirmation"]
    home.outbox.settle([1, 2])
    assert obey(home, order, NOW_S) is None  # the clinic has lost the word about it, and is told again
    assert [one.kind for one in home.outbox.pending(9)] == ["confirmation"]


def test_a_refused_order_does_not_hold(home):
    told = obey(home, ordered(Limits(chart_review=9.0)), NOW_S)
    assert told.verdict == "refused"
    assert "is not between" in told.reason
    assert home.orders.plan(home.gateway()) == Plan()
    assert obey(home, Unreadable("b2", "what is this"), NOW_S).verdict == "refused"
    assert obey(home, Unreadable(None, "what is this"), NOW_S) is None


def test_an_older_order_that_arrives_late_does_not_come_back(home):
    taken = (Treatment("injection", TODAY, withdrawn=True), 6.0, "b2"), (Treatment("injection", TODAY), 5.0, "a1")
    told = [obey(home, ordered(*one), NOW_S) for one in taken]
    assert "a later order" in told[1].reason
    assert home.diary.treatments(home.gateway()) == []


# ---- what limits and learning change


def weak_days(count: int = 28):
    return story.days(count, weak_from=20)


AS_USUAL = Plan()


def alerts_of(days, plan: Plan = AS_USUAL):
    course, raised = Course(told=Told(plan=lambda: plan)), []
    for day in days:
        raised += course.update(day)[1]
    return raised


def test_a_limit_of_the_patient_decides_and_its_alert_says_so():
    usual = alerts_of(weak_days())
    assert usual[0].limit.endswith("standard errors, the usual limit")
    own = plan_of([ordered(Limits(chart_review=6.0, chart_urgent=8.0), NOW_S)])
    later = alerts_of(weak_days(), own)
    assert (usual[0].tier, later[0].tier) == ("T3", "T2")
    assert later[0].limit == "6 standard errors, set for this patient on 2026-01-29 (usual: 3.95)"
    assert [one.fired for one in would_have(weak_days(), Told(plan=lambda: own))] != [
        one.fired for one in would_have(weak_days())
    ]


def test_normal_learned_anew_compares_with_nothing_before():
    days = story.days(60, weak_from=20)
    anew = Plan(learnings=(Learning("2026-02-05", 10),))
    trends = {(t.metric, t.side): t for t in judge(days[:50], anew.judging(params()))}
    assert trends["l5_composite", "left"].baseline.first_day >= "2026-02-05"
    assert trends["l5_composite", "left"].baseline.days == 10
    before = judge(days[:30], anew.judging(params()))
    assert before == judge(days[:30])
    raised = alerts_of(story.days(60, weak_from=48), anew)  # a new weakness after it is told, whatever was told before
    assert raised


def test_a_restart_lets_an_old_alert_be_followed_by_another():
    """7.8: the reset by a clinician re-arms; without it the latch would hold for a week of quiet charts."""
    weak = story.days(24, weak_from=16, seed=2)
    days = story.days(20) + [
        replace(one, day=other.day, start_s=other.start_s, end_s=other.end_s)
        for one, other in zip(weak, story.days(44)[20:], strict=True)
    ]
    before = [new_alert("foot_lifting_weaker", tier, "left", "2026-01-19", 9.0, "Told.") for tier in ("T2", "T3")]
    course, raised = Course(alerts=before, told=Told(plan=lambda: Plan(learnings=(Learning("2026-01-21", 14),)))), []
    for day in days:
        raised += course.update(day)[1]
    told = [one.day for one in raised if (one.kind, one.side) == ("foot_lifting_weaker", "left")]
    assert "2026-02-03" < min(told) < "2026-02-11", "before a week of quiet charts could have passed"


def params():
    from surefoot.pipeline.chart import TrendParams

    return TrendParams()


def test_more_days_make_a_longer_baseline():
    days, longer = story.days(30), Plan(learnings=(Learning("", 21),))
    (chart,) = (t for t in judge(days, longer.judging(params())) if (t.metric, t.side) == ("l5_composite", "left"))
    assert chart.baseline.days == 21
    assert USUAL.chart_review == 3.95


def test_days_since_are_judged_anew_when_normal_is(home):
    for k, day in enumerate(days := weak_days(), 1):
        home.keep_day(day, judge(days[:k]))
    obey(home, ordered(Learning("2026-01-20", 7)), NOW_S)
    states = {t.day: t.state for t in home.trends(home.gateway(), "l5_composite", "left")}
    assert states["2026-01-20"] == "cannot_say"
    assert states["2026-01-19"] != "cannot_say"


# ---- the way home


def test_the_postman_spaces_his_rounds_and_waits_for_a_home_that_is_silent(clinic):
    story.Home(HOME).sign_of_life(clinic, 1000.0)
    clinic.orders.give(HOME, Limits(), "Ann", 1000.0, TODAY)
    postman = Postman(PostParams(heard_s=180.0, again_s=30.0))
    sent = [at for at in range(1000, 1300, 10) if postman.due(clinic, float(at))]
    assert sent == [1000, 1030, 1090]  # twice as long each time; then the home is silent
    story.Home(HOME).sign_of_life(clinic, 5000.0)
    assert len(postman.due(clinic, 5001.0)) == 1


async def until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(120):
        while not true():
            await asyncio.sleep(0.02)


def test_orders_reach_the_home_over_a_real_broker_and_are_confirmed(tmp_path, home, clinic):
    wishes = [
        Limits(chart_review=4.5, chart_urgent=5.5),
        Learning("2026-01-20", 14),
        Treatment("physiotherapy", "2026-01-20"),
        Affected("left", "2026-01-10"),
        Question("check_in"),
    ]
    heard = []

    async def run() -> None:
        link = Link(broker.url, "clinic", params=QUICK)
        at_home = Link(broker.url, "home", params=QUICK)
        async with asyncio.TaskGroup() as tasks:
            ready = asyncio.Event()
            running = [tasks.create_task(serve(clinic, link, time.time, ClinicParams(look_s=0.1), ready=ready))]
            await ready.wait()
            running.append(
                tasks.create_task(deliver(home, at_home, EAGER, on_order=lambda order, said: heard.append(said)))
            )
            await until(lambda: clinic.homes())
            for what in wishes:
                clinic.orders.give(home.gateway(), what, "Ann", time.time(), time.strftime("%Y-%m-%d"))
            await until(lambda: not clinic.orders.waiting())
            await until(lambda: clinic.diary.treatments(home.gateway()))
            for task in running:
                task.cancel()

    with mosquitto(tmp_path) as broker:
        asyncio.run(run())
    name = home.gateway()
    assert clinic.orders.plan(name) == home.orders.plan(name)
    assert home.orders.plan(name).limits == wishes[0]
    assert home.diary.treatments(name) == [wishes[2]] == clinic.diary.treatments(name)
    assert {one.who for one in clinic.orders.given(name)} == {"Ann"}
    assert {one.who for one in home.orders.given(name)} == {""}  # no name leaves the clinic
    assert [one.verdict for one in heard] == ["applied"] * 5
