"""Enrolling: each gateway reads and writes what is its own on a real Mosquitto, and a revoked one nothing."""

from __future__ import annotations

import asyncio
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import paho.mqtt.client as mqtt
import pytest
from click.testing import CliRunner
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from broker import require_mosquitto
from enrolled import Enrolled
from surefoot.alerts.broker import LinkError, LinkParams, PublishError
from surefoot.alerts.identity import CLINIC, issue, new_authority
from surefoot.alerts.mqtt import Link
from surefoot.cli.authority import Authority, AuthorityError, now_utc
from surefoot.cli.clinic import clinic
from surefoot.cli.identified import NAMES, link_params, take_name
from surefoot.config import Config, load_config
from surefoot.pipeline.store import StoreError, open_store

NOW = now_utc(time.time())
ANNA, BERT, CARL = (f"{n}a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d" for n in (1, 2, 3))
WAIT_S = 0.3  # for what must not come


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Enrolled]:
    require_mosquitto()
    place = Enrolled(tmp_path, (ANNA, BERT))
    place.start()
    yield place
    place.stop()


async def heard(place: Enrolled, listener: str, topic_filter: str, speaker: str, topic: str) -> list[bytes]:
    """What a listener hears of one message of a speaker; a refusal of either is silence."""
    got: list[bytes] = []
    async with place.link(listener).connect() as ear, place.link(speaker).connect() as mouth:
        try:
            await ear.subscribe(topic_filter)
        except LinkError:
            return got

        async def listen() -> None:
            async for message in ear.messages():
                got.append(message.payload)  # noqa: PERF401  # as they come

        listening = asyncio.create_task(listen())
        with suppress(PublishError):
            await mouth.publish(topic, b"here")
        await asyncio.sleep(WAIT_S)
        listening.cancel()
        await asyncio.wait({listening})
    return got


OWN = [
    (CLINIC, "surefoot/v1/+/up/#", ANNA, f"surefoot/v1/{ANNA}/up/day"),
    (BERT, f"surefoot/v1/{BERT}/down/ack", CLINIC, f"surefoot/v1/{BERT}/down/ack"),
    (CLINIC, "surefoot/v1/clinic/notice/#", CLINIC, "surefoot/v1/clinic/notice/clinical"),
]
FOREIGN = [
    (CLINIC, "surefoot/v1/+/up/#", ANNA, f"surefoot/v1/{BERT}/up/day"),  # to write in another's name
    (BERT, f"surefoot/v1/{BERT}/down/ack", ANNA, f"surefoot/v1/{BERT}/down/ack"),  # to answer for the clinic
    (BERT, f"surefoot/v1/{BERT}/up/#", ANNA, f"surefoot/v1/{ANNA}/up/day"),
    *(
        (BERT, everything, ANNA, f"surefoot/v1/{ANNA}/up/day")  # to read another's
        for everything in (f"surefoot/v1/{ANNA}/up/#", "surefoot/v1/+/up/#", "#", "+/+/+/+/+")
    ),
    *(
        (BERT, everything, CLINIC, f"surefoot/v1/{ANNA}/down/ack")
        for everything in (
            f"surefoot/v1/{ANNA}/down/ack",
            "surefoot/v1/+/down/#",
            "#",
            f"$share/x/surefoot/v1/{ANNA}/#",
        )
    ),
    (ANNA, f"surefoot/v1/{ANNA}/down/ack", ANNA, f"surefoot/v1/{ANNA}/down/ack"),  # to answer itself
    (ANNA, "surefoot/v1/clinic/#", CLINIC, "surefoot/v1/clinic/notice/clinical"),  # to read what staff are told
    (CLINIC, "surefoot/v1/clinic/#", ANNA, "surefoot/v1/clinic/notice/clinical"),  # or to say it
]


def test_what_is_ones_own_arrives_and_what_is_another_s_does_not(place: Enrolled) -> None:
    for case in OWN:
        assert asyncio.run(heard(place, *case)) == [b"here"], case
    leaks = [case for case in FOREIGN if asyncio.run(heard(place, *case))]
    assert leaks == [], f"{len(leaks)} of {len(FOREIGN)} leaked"


class Paho:
    """A client that does as it likes: any name, any last will, and it can drop its line without a word."""

    def __init__(self, place: Enrolled, who: str, name: str = "", will: str = "", days: int = 0) -> None:
        params, self.heard = place.params(who), list[bytes]()
        self._client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, name or str(uuid4()), protocol=mqtt.MQTTv5)
        self._client.tls_set(params.ca_file, params.certificate_file, params.key_file)
        self._client.on_message = lambda _client, _data, message: self.heard.append(message.payload)
        if will:
            self._client.will_set(will, b"a will", 1, retain=True)
        kept = Properties(PacketTypes.CONNECT)
        kept.SessionExpiryInterval = 86400 * days
        self._client.connect("127.0.0.1", place.port, clean_start=not days, properties=kept)
        self._client.loop_start()
        while not self._client.is_connected():
            time.sleep(0.01)

    def listen(self, topic_filter: str) -> None:
        self._client.subscribe(topic_filter, 1)
        time.sleep(WAIT_S)

    def say(self, topic: str, payload: bytes, retain: bool = False) -> None:
        self._client.publish(topic, payload, 1, retain)
        time.sleep(WAIT_S)

    def leave(self, word: bool = True) -> None:
        if word:
            self._client.disconnect()
        else:
            self._client._sock_close()
        self._client.loop_stop()
        time.sleep(WAIT_S)


def test_last_wills_kept_messages_and_anothers_session_are_no_way_round(place: Enrolled) -> None:
    acks, clinic = f"surefoot/v1/{BERT}/down/ack", Paho(place, CLINIC)
    clinic.listen("surefoot/v1/#")
    own, foreign, notice = (f"surefoot/v1/{of}" for of in (f"{ANNA}/up/status", f"{BERT}/up/status", "clinic/notice/x"))
    for will, told in ((own, [b"a will"]), (foreign, []), (notice, [])):
        clinic.heard.clear()
        Paho(place, ANNA, will=will).leave(word=False)
        assert clinic.heard == told, f"a will to {will}"
    bert = Paho(place, BERT, "bert", days=1)
    bert.listen(acks)
    bert.leave()
    clinic.say(acks, b"while he is away")
    anna = Paho(place, ANNA, "bert", days=1)  # under the name of his session, with all he had asked for
    clinic.say(acks, b"while she has it")
    anna.say(acks, b"a forged answer", retain=True)
    anna.listen("#")
    assert anna.heard == []
    bert = Paho(place, BERT)
    bert.listen(acks)
    assert bert.heard == []
    for one in (anna, bert, clinic):
        one.leave()


async def connects(link: Link) -> bool:
    try:
        async with link.connect() as session:
            await session.subscribe(f"surefoot/v1/{ANNA}/down/ack")
            await session.publish(f"surefoot/v1/{ANNA}/up/status", b"{}")
    except (LinkError, PublishError):  # at the door, or behind it where the broker reads its lists in that moment
        return False
    return True


async def stays_out(link: Link) -> bool:
    """Once the broker has read its lists anew, which it does when it comes round to it."""
    async with asyncio.timeout(60):
        while await connects(link):
            await asyncio.sleep(0.05)
    return not await connects(link)


def test_without_a_certificate_of_this_clinic_nobody_gets_in(place: Enrolled, tmp_path: Path) -> None:
    assert asyncio.run(connects(place.link(ANNA)))
    url, ca = f"mqtts://127.0.0.1:{place.port}", str(place.authority.folder / "authority.crt")
    assert not asyncio.run(connects(Link(url, "nobody", params=LinkParams(ca_file=ca))))
    assert not asyncio.run(connects(Link(f"mqtt://127.0.0.1:{place.port}", "in the clear")))
    stranger = issue(new_authority("another", NOW), ANNA, NOW)
    for name, content in (("crt", stranger.certificate), ("key", stranger.key)):
        (tmp_path / f"stranger.{name}").write_bytes(content)
    files = {"certificate_file": str(tmp_path / "stranger.crt"), "key_file": str(tmp_path / "stranger.key")}
    assert not asyncio.run(connects(Link(url, "stranger", params=LinkParams(ca_file=ca, **files))))


def test_a_revoked_gateway_is_out_at_once_even_while_it_is_connected(place: Enrolled) -> None:
    async def story() -> tuple[list[bytes], list[bytes]]:
        got: list[bytes] = []
        async with place.link(CLINIC).connect() as ear, place.link(ANNA).connect() as mouth:
            await ear.subscribe("surefoot/v1/+/up/#")

            async def listen() -> None:
                async for message in ear.messages():
                    got.append(message.payload)  # noqa: PERF401  # as they come

            listening = asyncio.create_task(listen())
            await mouth.publish(f"surefoot/v1/{ANNA}/up/day", b"before")
            await asyncio.sleep(WAIT_S)
            before = list(got)
            place.authority.revoke(ANNA, NOW)
            assert place.authority.tell_broker()
            await asyncio.sleep(WAIT_S)
            with suppress(LinkError, PublishError):
                await mouth.publish(f"surefoot/v1/{ANNA}/up/day", b"after")
            await asyncio.sleep(WAIT_S)
            listening.cancel()
            await asyncio.wait({listening})
        return before, got

    before, whole = asyncio.run(story())
    assert before == whole == [b"before"]
    assert not asyncio.run(connects(place.link(ANNA))), "nor does it get in again"
    assert asyncio.run(heard(place, *OWN[1])) == [b"here"], "the others are not concerned"


# ---- certificates and files


def test_a_certificate_holds_for_a_clock_that_was_never_set() -> None:
    own = new_authority("ours", NOW)
    mine = issue(own, ANNA, NOW, days=30)
    assert mine.name == ANNA and mine.until == NOW + timedelta(days=30)
    assert mine._read().not_valid_before_utc <= NOW - timedelta(days=365)
    assert "PRIVATE" not in repr(mine), "a key is never shown by accident"


@pytest.mark.parametrize("name", ["", "a+b", "#", "a/b", "a b"])
def test_no_name_can_be_a_pattern(name: str) -> None:
    with pytest.raises(ValueError, match="not a name"):
        issue(new_authority("ours", NOW), name, NOW)


@pytest.mark.skipif(sys.platform == "win32", reason="modes are of POSIX")
def test_keys_are_for_their_owner_only_and_others_are_refused(tmp_path: Path) -> None:
    authority = Authority(tmp_path / "authority")
    authority.make(["clinic.example"], 8883, NOW)
    folder = authority.enroll(ANNA, NOW, 30)
    keys = sorted(path for path in authority.folder.rglob("*.key"))
    assert len(keys) == 4 and all(stat.S_IMODE(key.stat().st_mode) == 0o600 for key in keys)
    assert stat.S_IMODE(authority.folder.stat().st_mode) == 0o700
    (folder / "gateway.key").chmod(0o640)
    with pytest.raises(LinkError, match=r"can be read by others.*chmod 600"):
        link_params(Config(identity=folder))
    (folder / "gateway.key").unlink()
    with pytest.raises(LinkError, match="There is no"):
        link_params(Config(identity=folder))


def test_a_home_goes_by_the_name_on_its_certificate(tmp_path: Path, new_url: Callable[[], str]) -> None:
    authority = Authority(tmp_path / "authority")
    authority.make(["clinic.example"], 8884, NOW)
    config = load_config(authority.enroll(ANNA, NOW, 30) / "surefoot.toml")
    assert config.broker == "mqtts://clinic.example:8884" and link_params(config).key_file is not None
    fresh = open_store(new_url())
    take_name(fresh, config)
    take_name(fresh, config)
    assert fresh.gateway() == ANNA
    older = open_store(new_url())
    with pytest.raises(StoreError, match=rf"gone by {(name := older.gateway())}.*clinic enroll {name}"):
        take_name(older, config)
    fresh.close(), older.close()


def run(folder: Path, *words: str) -> tuple[int, str]:
    done = CliRunner().invoke(clinic, [*words, "--folder", str(folder)])
    return done.exit_code, done.output if not done.exception else f"{done.output}{done.exception}"


def test_the_commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUREFOOT_HOME", str(tmp_path / "home"))
    folder = tmp_path / "authority"
    status, told = run(folder, "enroll")
    assert status == 1 and "no authority yet" in told and "--host" in told
    status, told = run(folder, "enroll", ANNA, "--host", "clinic.example")
    assert status == 0 and f"{ANNA} is enrolled for 365 days." in told and "mosquitto -c" in told
    assert {path.name for path in (folder / "gateways" / ANNA).iterdir()} == {*NAMES, "surefoot.toml", "home.keys"}
    assert run(folder, "enroll")[0] == 0 and run(folder, "enroll", "not-an-id")[0] == 2
    assert run(folder, "revoke", CARL)[0] == 1
    assert run(folder, "revoke", ANNA)[0] == 0
    status, told = run(folder, "gateways")
    assert status == 0 and told.count("may send") == 1 and told.count("revoked") == 1
    store = open_store(f"sqlite:///{tmp_path}/home/clinic.sqlite")
    logged = [(one.what, one.about == ANNA) for one in store.office.audit.entries()]
    enrolled = "enrolled a gateway"
    assert logged == [(enrolled, True), (enrolled, False), ("revoked a gateway", True)]
    store.close()
    with pytest.raises(AuthorityError, match="was revoked"):
        Authority(folder).enroll(ANNA, NOW, 30)


def test_it_is_said_which_brokers_still_let_a_revoked_one_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUREFOOT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SUREFOOT_OTHER_BROKERS", '["mqtts://user:secret@spare.example:8883"]')
    folder = tmp_path / "authority"
    assert run(folder, "enroll", ANNA, "--host", "clinic.example")[0] == 0
    status, told = run(folder, "revoke", ANNA)
    assert status == 0 and "let in at spare.example:8883 until" in told and "secret" not in told


@pytest.mark.skipif(not Path("/proc/self/comm").exists(), reason="what a program is called is asked of /proc")
def test_a_number_that_is_another_program_s_by_now_is_left_alone(tmp_path: Path) -> None:
    """A broker that was killed leaves its number behind."""
    other = subprocess.Popen(["sleep", "60"])
    (tmp_path / "mosquitto.pid").write_text(str(other.pid))
    assert not Authority(tmp_path).tell_broker()
    with pytest.raises(subprocess.TimeoutExpired):
        other.wait(0.3)
    other.kill()
    other.wait()


def test_a_gateway_is_revoked_although_the_database_does_not_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUREFOOT_HOME", str(tmp_path / "home"))
    folder = tmp_path / "authority"
    assert run(folder, "enroll", ANNA, "--host", "clinic.example")[0] == 0
    (tmp_path / "home" / "clinic.sqlite").write_bytes(b"no database " * 100)
    status, told = run(folder, "revoke", ANNA)
    assert status == 1 and f"{ANNA} is revoked." in told and "clinic.sqlite" in told, "and what is not in the log"
    assert Authority(folder).gateways()[0].is_revoked
