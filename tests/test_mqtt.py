"""The line to the broker: what goes wrong is said in words, and a lost line comes back by itself."""

from __future__ import annotations

import asyncio
import gc
import logging
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker import free_port, mosquitto
from surefoot.alerts.broker import Address, next_attempt, wait_s
from surefoot.alerts.mqtt import Link, LinkError, LinkParams, Received, Will

QUICK = LinkParams(timeout_s=2.0, first_wait_s=0.02, longest_wait_s=0.1)


def trouble_of(link: Link) -> LinkError:
    async def connect() -> None:
        async with link.connect():
            pass

    with pytest.raises(LinkError) as caught:
        asyncio.run(connect())
    error = caught.value
    assert error.what and error.remedy
    assert "No data is lost" in error.meaning
    return error


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_nobody_listens(protocol):
    error = trouble_of(Link(f"mqtt://127.0.0.1:{free_port()}", "test", protocol=protocol))
    assert error.trouble == "refused"
    assert "Nothing answers at 127.0.0.1:" in str(error)


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
@pytest.mark.parametrize("who", ["home:wrong@", "nobody:secret@", ""])
def test_wrong_password(tmp_path, who, protocol):
    with mosquitto(tmp_path, "home", "secret") as broker:
        error = trouble_of(Link(f"mqtt://{who}127.0.0.1:{broker.port}", "test", protocol=protocol))
    assert error.trouble == "login"
    assert "wrong" not in str(error)


def test_the_right_password_connects(tmp_path):
    async def connect() -> None:
        async with Link(broker.url, "test").connect() as session:
            await session.subscribe("x")

    with mosquitto(tmp_path, "home", "secret/@:") as broker:
        broker.password = "secret%2F%40%3A"
        asyncio.run(connect())


def test_unknown_host():
    assert trouble_of(Link("mqtt://nowhere.invalid", "test")).trouble == "unknown_host"


def test_unreachable_host():
    error = trouble_of(Link("mqtt://255.255.255.255:1883", "test"))  # no machine has this address
    assert error.trouble == "unreachable"


def test_a_port_where_something_else_lives():
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        url = f"mqtt://127.0.0.1:{deaf.getsockname()[1]}"
        assert trouble_of(Link(url, "test", params=LinkParams(timeout_s=0.3))).trouble == "silent"


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # paho forgets a socket whose TLS failed
def test_no_tls_where_it_is_wanted(tmp_path):
    with mosquitto(tmp_path) as broker:
        link = Link(f"mqtts://127.0.0.1:{broker.port}", "test", params=LinkParams(timeout_s=2.0))
        assert trouble_of(link).trouble == "tls"
    gc.collect()  # so that the forgotten socket is this test's, not the next one's


def test_certificates_that_are_not_there(tmp_path):
    params = LinkParams(ca_file=str(tmp_path / "none.pem"))
    assert trouble_of(Link("mqtts://127.0.0.1", "test", params=params)).trouble == "tls"


@pytest.mark.parametrize("url", ["", "127.0.0.1:1883", "http://x", "mqtt://", "mqtt://x:99999", "mqtt://x/topic"])
def test_not_an_address(url):
    with pytest.raises(LinkError) as caught:
        Link(url, "test")
    assert caught.value.trouble == "bad_url"


def test_an_address_never_shows_its_password():
    address = Address.parse("mqtts://home:secr%40t@clinic.example")
    assert (address.host, address.port, address.user, address.password) == ("clinic.example", 8883, "home", "secr@t")
    assert "secr" not in f"{address} {address!r}"


@given(st.integers(1, 10_000), st.floats(0, 1, exclude_max=True))
def test_the_wait_grows_to_its_limit_and_is_spread(attempt, chance):
    params = LinkParams()
    wait = wait_s(attempt, chance, params)
    assert params.first_wait_s / 2 <= wait <= params.longest_wait_s
    assert wait <= wait_s(attempt + 1, chance, params)
    assert wait_s(attempt, 0.0, params) * 2 == pytest.approx(wait_s(attempt, 1.0, params))


def test_only_a_connection_that_lasted_makes_the_next_wait_short_again():
    """A broker that takes every connection and drops it at once must not be hammered."""
    params = LinkParams(steady_s=5.0)
    assert [next_attempt(7, lasted_s, params) for lasted_s in (None, 0.0, 4.9, 5.0, 1e6)] == [8, 8, 8, 1, 1]
    assert wait_s(1, 1.0, params) == params.first_wait_s


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_messages_arrive_in_order(tmp_path, protocol):
    async def both() -> list[Received]:
        link = Link(broker.url, "test", protocol=protocol)
        async with link.connect() as session:
            await session.subscribe("a/#")
            for number in range(50):
                await session.publish(f"a/{number}", bytes([number]))
            got = []
            async for message in session.messages():
                got.append(message)
                if len(got) == 50:
                    return got
        raise AssertionError

    with mosquitto(tmp_path) as broker:
        assert asyncio.run(both()) == [Received(f"a/{number}", bytes([number])) for number in range(50)]


def test_the_line_comes_back_after_the_broker_was_killed(tmp_path, caplog):
    """SIGKILL in the middle of a conversation; the same Link goes on with a new connection."""
    troubles: list[str] = []

    async def talk(session) -> None:
        if not troubles:
            await asyncio.to_thread(broker.kill)
        await session.subscribe("a")
        await session.publish("a", b"hello")
        async for message in session.messages():
            assert message == Received("a", b"hello")
            return

    def note(error: LinkError) -> None:
        troubles.append(error.trouble)
        if troubles == ["lost", "refused", "refused"]:
            broker.start()

    with mosquitto(tmp_path) as broker, caplog.at_level(logging.WARNING):
        asyncio.run(Link(broker.url, "test", params=QUICK).keep(talk, note))
    assert troubles[:3] == ["lost", "refused", "refused"]
    assert [record for record in caplog.records if record.name == "asyncio"] == []


def test_a_waiting_publish_ends_with_the_line(tmp_path):
    async def talk() -> None:
        async with Link(broker.url, "test", params=LinkParams(timeout_s=60)).connect() as session:
            broker.freeze()
            waiting = asyncio.create_task(session.publish("a", b"x"))
            await asyncio.sleep(0.05)
            broker.kill()
            with pytest.raises(LinkError) as caught:
                await waiting
            assert caught.value.trouble == "lost"

    with mosquitto(tmp_path) as broker:
        asyncio.run(asyncio.wait_for(talk(), 120))


def test_a_line_lost_while_nobody_looks_leaves_no_complaint(tmp_path, caplog):
    async def doze() -> None:
        async with Link(broker.url, "test").connect():
            broker.kill()
            await asyncio.sleep(0.1)

    with mosquitto(tmp_path) as broker, caplog.at_level(logging.WARNING):
        asyncio.run(doze())
        gc.collect()
    assert [record.getMessage() for record in caplog.records] == []


def test_whoever_gives_up_is_let_go():
    def give_up(error: LinkError) -> None:
        raise error

    async def never(session) -> None:
        raise AssertionError

    with pytest.raises(LinkError):
        asyncio.run(Link(f"mqtt://127.0.0.1:{free_port()}", "test").keep(never, give_up))


def test_a_mistake_in_the_talk_is_not_taken_for_a_lost_line(tmp_path):
    async def wrong(session) -> None:
        raise ZeroDivisionError

    with mosquitto(tmp_path) as broker, pytest.raises(ZeroDivisionError):
        asyncio.run(Link(broker.url, "test").keep(wrong))


def test_the_broker_says_the_last_will(tmp_path):
    async def watch() -> Received:
        async with Link(broker.url, "watcher").connect() as session:
            await session.subscribe("will")
            dying = Link(broker.url, "dying", will=Will("will", b"gone"))
            async with dying.connect() as last:
                last._client._client.socket().shutdown(socket.SHUT_RDWR)  # the line breaks without a goodbye
                async for message in session.messages():
                    return message
        raise AssertionError

    with mosquitto(tmp_path) as broker:
        assert asyncio.run(watch()) == Received("will", b"gone")
