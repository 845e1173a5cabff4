"""The whole story, with nothing pretended but the legs: gateway, patient's page, Mosquitto, clinic, two browsers.

``surefoot wear``, ``surefoot page`` and ``surefoot clinic`` run as their users start them; the clinic keeps its records
in SQLite and in PostgreSQL. Sensors and giving way are simulated.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

import story
from broker import Mosquitto, mosquitto
from killed import CODE, Killed, killed
from surefoot.pipeline.store import open_store
from test_cli_clinic import Clinic, clinic
from test_web_browser import Watched, browser

__all__ = ["browser"]  # a fixture

pytestmark = pytest.mark.skipif(shutil.which("dbus-daemon") is None, reason="tests/parts.sh installs dbus-daemon")


@contextmanager
def home_of(folder: Path, broker: Mosquitto) -> Iterator[Killed]:
    """Somebody who walks with two sensors, and their gateway; their leg has given way twice today."""
    up, ended = threading.Event(), threading.Event()
    found: list[Any] = []

    async def live() -> None:
        async with killed(folder, 120.0) as home:
            home.env["SUREFOOT_BROKER"] = broker.url
            store = open_store(home.config.home_store)
            for days in story.days(3):
                store.keep_day(days)
            for ago_s in (5400.0, 1800.0):
                store.keep_incident(story.incident(time.time() - ago_s))
            found.extend((home, store.gateway()))
            store.close()
            await home.start()
            up.set()
            while not ended.is_set():
                await asyncio.sleep(0.05)
            assert await home.stop() == 0, home.said

    def run() -> None:
        try:
            asyncio.run(live())
        except BaseException as error:  # noqa: BLE001  # handed to the test
            found.append(error)
        up.set()

    thread = threading.Thread(target=run)
    thread.start()
    up.wait()
    try:
        if isinstance(found[-1], BaseException):
            raise found[-1]
        yield found[0]
    finally:
        ended.set()
        thread.join()
    if isinstance(found[-1], BaseException):
        raise found[-1]


@contextmanager
def own_page(home: Killed) -> Iterator[str]:
    """``surefoot page`` on the same store, beside the gateway."""
    command = [sys.executable, "-c", CODE, "page", "--port", "0", "--no-browser"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=home.env)
    assert process.stdout is not None
    try:
        address = re.search(r"http://\S+", process.stdout.readline())
        assert address is not None
        yield address[0]
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


def test_an_alert_arrives_is_understood_judged_and_taken_and_the_patient_sees_it(
    browser: Any, tmp_path: Path, new_url: Callable[[], str]
) -> None:
    database = new_url()
    with ExitStack() as all_of:
        broker = all_of.enter_context(mosquitto(tmp_path))
        running: Clinic = all_of.enter_context(clinic(tmp_path, "--broker", broker.url, "--database", database))
        running.says("connected to the broker")
        home = all_of.enter_context(home_of(tmp_path, broker))
        their_url = all_of.enter_context(own_page(home))
        therapist, patient = Watched(browser, 1440), Watched(browser, 360)

        # The inbox is open at the clinic, and quiet.
        inbox = therapist.open(f"{running.url}alerts")
        inbox.get_by_text("Live.", exact=True).wait_for()
        inbox.get_by_text("No clinical alert is open").wait_for()
        assert inbox.title() == "Alerts - surefoot"

        # The patient says of both that the leg gave way.
        own = patient.open(their_url)
        for left in (1, 0):
            own.get_by_role("button", name="It gave way").first.click()
            own.wait_for_url("**told=*")
            assert own.get_by_role("heading", name="Did your leg give way?").count() == left
        own.get_by_role("heading", name="Your care team is being told").wait_for()

        # It appears in the inbox by itself, and is heard of in the title.
        card = inbox.locator("#waiting article", has_text="as the patient says")
        card.wait_for()
        assert "T3" in card.inner_text() and inbox.title() == "(1) Alerts - surefoot"

        # The therapist opens the patient and sees why; then the raw signal, and says it was real.
        card.get_by_role("link").first.click()
        page = therapist.page
        page.locator("#headline", has_text="as the patient says").wait_for()
        page.get_by_text("The limit it has passed: 2 in 24 hours that the patient says were so").wait_for()
        page.locator("#incidents + p ~ * a, section[aria-labelledby=incidents] table a").first.click()
        page.wait_for_url("**/incidents/giving_way/**")
        therapist.wait_for_charts()
        assert page.locator("#snippet .scatterlayer .trace").count() >= 12
        assert page.get_by_text("It gave way, told by the patient").is_visible()
        page.get_by_label("Your name").fill("Dr. Ada")
        page.get_by_role("button", name="Real", exact=True).click()
        page.get_by_text("says Dr. Ada").wait_for()

        # It is acknowledged, and the title is quiet again.
        page.goto(f"{running.url}alerts")
        page.get_by_text("Live.", exact=True).wait_for()
        page.wait_for_timeout(600)  # a list that has just moved takes no button
        card = page.locator("#waiting article", has_text="as the patient says")
        card.get_by_label("Your name").fill("Dr. Ada")
        card.get_by_label("Note").fill("Called; comes today.")
        card.get_by_role("button", name="Acknowledge").click()
        page.locator("#closed article", has_text="Acknowledged by Dr. Ada").wait_for()
        assert page.title() == "Alerts - surefoot"

        # The patient's page says that it was seen, without anybody's name.
        seen = own.get_by_text(re.compile("Your care team has taken notice of this at"))
        until_s = time.monotonic() + 60
        while not seen.count():
            assert time.monotonic() < until_s, own.inner_text("main")
            own.wait_for_timeout(500)
            own.goto(their_url)
        assert "Ada" not in own.inner_text("body")
        for tab in (therapist, patient):
            tab.close()

    kept = open_store(database)
    (judged,) = [one for _, one in kept.judgements.standing()]
    assert (judged.verdict, judged.who, judged.kind) == ("real", "Dr. Ada", "giving_way")
    kept.close()
