"""A question's whole way: a therapist asks on the clinic's page, the patient answers on theirs, and it is back."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from broker import mosquitto
from surefoot.alerts.mqtt import Link, LinkParams
from surefoot.alerts.redflags import QUESTIONS
from surefoot.pipeline.clinic import ClinicParams, serve
from surefoot.pipeline.delivery import deliver
from surefoot.pipeline.store import open_store
from surefoot.pipeline.window import DeliveryParams
from surefoot.web.app import make_app
from surefoot.web.homeapp import make_home_app
from surefoot.web.server import serve_pages
from test_web_browser import Watched, browser

__all__ = ["browser"]  # a fixture

QUICK = LinkParams(timeout_s=2.0, first_wait_s=0.02, longest_wait_s=0.1)
EAGER = DeliveryParams(answer_s=0.3, longest_answer_s=0.6, look_s=0.1)
UTC = ZoneInfo("UTC")


@contextmanager
def beside(job: Callable[[], Coroutine[Any, Any, object]]) -> Iterator[None]:
    """Something that runs for ever, in a thread with a loop of its own."""
    loop = asyncio.new_event_loop()
    task = loop.create_task(job())
    thread = threading.Thread(target=lambda: loop.run_until_complete(asyncio.wait({task})))
    thread.start()
    try:
        yield
        assert not task.done(), task.exception()
    finally:
        loop.call_soon_threadsafe(task.cancel)
        thread.join()
        loop.close()


def test_a_question_goes_home_and_its_answer_comes_back(browser: Any, tmp_path: Path) -> None:
    home, clinic = (open_store(f"sqlite:///{tmp_path}/{name}.sqlite") for name in ("home", "clinic"))
    urls: dict[str, str] = {}

    def pages(name: str, app: Any) -> Callable[[], Coroutine[Any, Any, object]]:
        return lambda: serve_pages(app, "127.0.0.1", 0, on_ready=lambda url: urls.__setitem__(name, url))

    with mosquitto(tmp_path) as broker, ExitStack() as all_of:
        links = [Link(broker.url, name, params=QUICK) for name in ("clinic", "home")]
        all_of.enter_context(beside(lambda: serve(clinic, links[0], time.time, ClinicParams(look_s=0.1))))
        all_of.enter_context(beside(lambda: deliver(home, links[1], EAGER)))
        all_of.enter_context(beside(pages("clinic", make_app(clinic, time.time, "Clinic North", zone=UTC))))
        all_of.enter_context(beside(pages("home", make_home_app(home, time.time, UTC))))
        wait(lambda: len(urls) == 2 and clinic.homes())
        therapist, patient = Watched(browser, 1440), Watched(browser, 360)
        page = therapist.open(f"{urls['clinic']}patients/{home.gateway()}/plan")
        asking = page.locator("form", has=page.get_by_label("Question"))
        asking.get_by_label("Your name").fill("Ann")
        asking.get_by_role("button", name="Ask").click()
        page.get_by_text("Stored, with your name").wait_for()
        wait(lambda: not clinic.orders.waiting())

        own = patient.open(urls["home"])
        own.get_by_text("Your care team asks you for the check-in below.").wait_for()
        own.get_by_role("radio", name="3", exact=True).check()
        for flag in QUESTIONS:
            own.locator(f"label[for={flag}-no]").click()
        own.get_by_role("button", name="Send").click()
        own.get_by_text("pain 3 of 10").wait_for()
        assert not own.get_by_text("asks you for the check-in").is_visible()

        wait(lambda: clinic.diary.check_ins(home.gateway()))
        page.reload()
        assert page.get_by_text("ANSWERED").is_visible()
        page.goto(f"{urls['clinic']}patients/{home.gateway()}#told-by")
        assert page.get_by_role("cell", name="3 of 10").is_visible()
        therapist.close()
        patient.close()
    for store in (home, clinic):
        store.close()


def wait(true: Callable[[], object], seconds: float = 20.0) -> None:
    until_s = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until_s
        time.sleep(0.02)
