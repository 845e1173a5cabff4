"""A kept line: the next broker at once, the first again when it is back, and what a broker refuses blocks nothing."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

import pytest

import made
from broker import Mosquitto, free_port, mosquitto, require_mosquitto
from surefoot.alerts.broker import LinkError, LinkParams, PublishError
from surefoot.alerts.keeping import keep
from surefoot.alerts.mqtt import Link, Will
from surefoot.pipeline.clinic import serve
from surefoot.pipeline.delivery import deliver
from surefoot.pipeline.store import Store, open_store
from surefoot.pipeline.window import DeliveryParams
from surefoot.simulation.broker import small_broker

QUICK = LinkParams(timeout_s=2.0, first_wait_s=0.02, longest_wait_s=0.1, steady_s=0.0, return_s=0.2)
EAGER = DeliveryParams(answer_s=0.3, longest_answer_s=0.6, look_s=0.1)


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


@contextmanager
def particular(folder: Path, *lines: str) -> Iterator[Mosquitto]:
    """A Mosquitto with these lines more in its configuration."""
    require_mosquitto()
    broker = Mosquitto(folder)
    config = folder / "mosquitto.conf"
    kept = [
        line for line in config.read_text().splitlines() if line.split()[0] not in {one.split()[0] for one in lines}
    ]
    config.write_text("\n".join([*kept, *lines]) + "\n")
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()


@asynccontextmanager
async def serving(store: Store, links: list[Link]) -> AsyncIterator[None]:
    ready = asyncio.Event()
    job = asyncio.create_task(serve(store, links, itertools.count(1000.0).__next__, ready=ready))
    await ready.wait()
    try:
        yield
        assert not job.done(), job.exception()
    finally:
        job.cancel()
        with suppress(asyncio.CancelledError):
            await job


class Door:
    """A way that is open or not; ``used`` says which ways were talked through."""

    params = LinkParams(first_wait_s=0.01, longest_wait_s=0.02, steady_s=0.0, return_s=0.02)

    def __init__(self, name: str, used: list[str], is_open: bool = True) -> None:
        self.name, self.used, self.is_open = name, used, is_open

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[Door]:
        if not self.is_open:
            raise LinkError("refused", f"{self.name} is shut", "")
        yield self


def talk_through(doors: list[Door], steps: int, then: dict[int, list[tuple[Door, bool]]]) -> list[str]:
    """Talk so often over doors that shut and open behind the step named."""
    used, troubles = doors[0].used, []

    async def talk(door: Door) -> None:
        used.append(door.name)
        for other, is_open in then.get(len(used), []):
            other.is_open = is_open
        if len(used) == steps:
            return
        while door.is_open:
            await asyncio.sleep(0.005)
        raise LinkError("lost", f"{door.name} was lost", "")

    asyncio.run(asyncio.wait_for(keep(doors, talk, lambda error: troubles.append(error.what)), 30))
    return troubles


def test_the_next_is_tried_at_once_and_the_first_again_when_it_is_back() -> None:
    used: list[str] = []
    a, b, c = (Door(name, used, is_open) for name, is_open in (("a", False), ("b", True), ("c", True)))
    troubles = talk_through([a, b, c], 4, {1: [(b, False)], 2: [(a, True)], 3: [(a, False), (b, True)]})
    assert used == ["b", "c", "a", "b"], "shut; lost, the next; the first is back; lost, the next"
    assert troubles == ["a is shut", "b was lost", "a was lost"]


def test_where_all_are_shut_they_are_tried_again_in_order() -> None:
    used: list[str] = []
    a, b = Door("a", used, False), Door("b", used, False)
    seen: list[str] = []

    async def run() -> None:
        async def talk(door: Door) -> None:
            seen.append(door.name)

        def note(error: LinkError) -> None:
            seen.append(error.what)
            a.is_open = len(seen) == 4

        await asyncio.wait_for(keep([a, b], talk, note), 30)

    asyncio.run(run())
    assert seen == ["a is shut", "b is shut", "a is shut", "b is shut", "a"]


def test_a_broker_of_3_1_1_is_found_out() -> None:
    async def run() -> str:
        async with small_broker() as url:
            said: list[str] = []

            async def talk(session: object) -> None:
                said.append("talked")

            will = Will("a/will", b"gone")
            await Link(url, "home", protocol="any", will=will, params=QUICK).keep(
                talk, lambda error: said.append(error.what)
            )
            return " ".join(said)

    assert asyncio.run(run()) == "talked"


def test_rows_go_by_the_second_broker_while_the_first_is_away_and_by_the_first_again(
    tmp_path: Path, home: Store, clinic: Store
) -> None:
    """Two real brokers; the clinic listens to both. Each of three batches of rows goes while another one is up."""
    (tmp_path / "1").mkdir()
    (tmp_path / "2").mkdir()

    async def gone(count: int) -> None:
        while home.outbox.count() or clinic.counts()["received"] < count:
            await asyncio.sleep(0.02)

    async def run() -> None:
        urls = [first.url, second.url]
        async with (
            asyncio.timeout(60),
            serving(clinic, [Link(url, "clinic", params=QUICK) for url in urls]),
        ):
            delivery = asyncio.create_task(deliver(home, [Link(url, "home", params=QUICK) for url in urls], EAGER))
            for number in range(1, 11):
                home.keep_bout(made.bout(number))
            await gone(10)
            await asyncio.to_thread(first.kill)
            home.keep_alert(made.alert("now"))
            await gone(11)
            first.start()
            await asyncio.sleep(1.0)  # it goes back to the first
            await asyncio.to_thread(second.kill)
            home.keep_bout(made.bout(11))
            await gone(12)
            delivery.cancel()
            with suppress(asyncio.CancelledError):
                await delivery

    with mosquitto(tmp_path / "1") as first, mosquitto(tmp_path / "2") as second:
        asyncio.run(run())
        second.start()
    assert len(clinic.bouts(home.gateway())) == 11 and len(clinic.alerts()) == 1


def test_behind_a_broker_where_no_clinic_answers_the_next_one_is_tried(
    tmp_path: Path, home: Store, clinic: Store
) -> None:
    (tmp_path / "1").mkdir()
    (tmp_path / "2").mkdir()
    impatient = DeliveryParams(answer_s=0.2, longest_answer_s=0.2, look_s=0.1, unanswered_s=0.5)
    slow_return = LinkParams(timeout_s=2.0, first_wait_s=0.02, longest_wait_s=0.1, return_s=600.0)
    told: list[str] = []

    async def run() -> int:
        links = [Link(broker.url, "home", params=slow_return) for broker in (deserted, second)]
        async with asyncio.timeout(60), serving(clinic, [Link(second.url, "clinic", params=QUICK)]):
            return await deliver(home, links, impatient, until_empty=True, on_trouble=lambda e: told.append(e.what))

    home.keep_bout(made.bout(1))
    with mosquitto(tmp_path / "1") as deserted, mosquitto(tmp_path / "2") as second:
        assert asyncio.run(run()) == 1
    assert told == ["The broker took the rows, and for 0.5 s no clinic has answered."]


def test_a_publish_that_the_access_list_refuses_is_noticed_and_blocks_nothing(
    tmp_path: Path, home: Store, clinic: Store
) -> None:
    """MQTT 5: the broker answers 0x87, and both libraries underneath would call that success."""
    access = tmp_path / "access"
    access.write_text("topic read surefoot/#\ntopic write surefoot/v1/+/down/#\ntopic write surefoot/v1/+/up/alert\n")
    access.chmod(0o600)
    told: list[str] = []

    async def run() -> None:
        async with asyncio.timeout(60), serving(clinic, [Link(broker.url, "clinic", params=QUICK)]):
            link = Link(broker.url, "home", params=QUICK)
            delivery = asyncio.create_task(deliver(home, link, EAGER, on_trouble=lambda e: told.append(str(e))))
            while home.outbox.count() > 3:
                await asyncio.sleep(0.02)
            delivery.cancel()
            with suppress(asyncio.CancelledError):
                await delivery

    for number in range(3):
        home.keep_bout(made.bout(number))
    home.keep_alert(made.alert("now"))
    with particular(tmp_path, f"acl_file {access}") as broker:
        asyncio.run(run())
    assert [row.kind for row in home.outbox.pending(10)] == ["bout"] * 3, "what was refused stays"
    assert [one.alert.alert_id for one in clinic.alerts()] == ["now"]
    assert home.outbox.set_aside() == []
    refused = [text for text in told if "does not let this user write" in text]
    assert refused and "(code 0x87)" in refused[0] and "access list" in refused[0]


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_a_message_too_large_for_the_broker_stays_and_the_others_arrive(
    tmp_path: Path, home: Store, clinic: Store, protocol: str
) -> None:
    """By MQTT 5 it is not even sent; by 3.1.1 it costs the line each time, ever more seldom, and the others get by."""
    told: list[str] = []

    async def run() -> None:
        async with (
            asyncio.timeout(90),
            serving(clinic, [Link(broker.url, "clinic", protocol=protocol, params=QUICK)]),  # type: ignore[arg-type]
        ):
            link = Link(broker.url, "home", protocol=protocol, params=QUICK)  # type: ignore[arg-type]  # parametrised
            delivery = asyncio.create_task(deliver(home, link, EAGER, on_trouble=lambda e: told.append(e.what)))
            while home.outbox.count() > 1:
                await asyncio.sleep(0.02)
            delivery.cancel()
            with suppress(asyncio.CancelledError):
                await delivery

    home.keep_incident(made.incident(1, (made.signal(30.0, start_s=990.0),)))
    for number in range(40):
        home.keep_bout(made.bout(number))
    home.keep_alert(made.alert("now"))
    with particular(tmp_path, "max_packet_size 20000") as broker:
        asyncio.run(run())
    assert [row.kind for row in home.outbox.pending(10)] == ["incident"]
    assert len(clinic.bouts(home.gateway())) == 40 and len(clinic.alerts()) == 1
    if protocol == "5":
        assert any("is more than the broker at" in text for text in told) and not any("was lost" in t for t in told)


def test_what_a_broker_refuses_is_an_error_of_that_message_alone(tmp_path: Path) -> None:
    async def run() -> str:
        async with Link(broker.url, "test").connect() as session:
            with pytest.raises(PublishError) as caught:
                await session.publish("a", b"x" * 3000)
            await session.publish("a", b"x" * 100)
            return caught.value.trouble

    with particular(tmp_path, "max_packet_size 2000") as broker:
        assert asyncio.run(run()) == "too_large"


def test_nobody_listens_anywhere(home: Store) -> None:
    def give_up(error: LinkError) -> None:
        troubles.append(error.trouble)
        if len(troubles) == 4:
            raise error

    troubles: list[str] = []
    links = [Link(f"mqtt://127.0.0.1:{free_port()}", "home", params=QUICK) for _ in range(2)]
    with pytest.raises(LinkError):
        asyncio.run(deliver(home, links, on_trouble=give_up))  # type: ignore[arg-type]  # none but LinkErrors here
    assert troubles == ["refused"] * 4
