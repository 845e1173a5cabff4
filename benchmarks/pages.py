"""How soon the clinic's pages are there, how much they weigh, and how soon 50 open pages hear of an alert.

    python benchmarks/pages.py [--patients 500] [--days 365] [--database URL] [--viewers 50] [--part live]

Without --database once in SQLite and, where there is one, once in a PostgreSQL of its own. Needs Debian's chromium for
what a person sees. A few made-up lives are judged by the real rules and taken in through the real door; the other
patients are copies of their rows under other names. The pages are served by a process of their own.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from sqlalchemy import Table, func, insert, literal, select

import made
import story
from postgres import POSTGRES, postgres
from story import Home
from surefoot.alerts.bodies import AlertBody, IncidentBody
from surefoot.pipeline.engine import open_engine, writing
from surefoot.pipeline.holes import reached
from surefoot.pipeline.schema import alert_events, alerts, days, gateways, incidents, received, trends
from surefoot.pipeline.store import Store, open_store
from surefoot.web.app import make_app
from surefoot.web.incidents import line
from surefoot.web.server import serve_pages
from test_web_browser import ARGUMENTS, CHROMIUM

COPIED: tuple[Table, ...] = (gateways, reached, received, days, trends, alerts, incidents, alert_events)
LIVES = 3  # one of them grows weak at the end, one in spring
EVERY_DAYS = 40  # of each life somebody has answered an alert that often
TIMES = 5
WIDE = {"viewport": {"width": 1440, "height": 900}}


def seed(url: str, patients: int, many_days: int) -> tuple[str, float]:
    """Fill an empty database; a patient who needs a look, and what time it is there."""
    store, now_s = open_store(url), story.day_s(many_days) + 9.2 * 3600
    names = [str(uuid.UUID(int=k, version=4)) for k in range(1, patients + 1)]
    if store.homes():
        store.close()
        return names[0], now_s
    for k, name in enumerate(names[:LIVES]):
        home, weak = Home(name), (many_days - 8, many_days // 3)[k] if k < 2 else None
        home.live(store, now_s, story.days(many_days, weak_from=weak, gone=tuple(range(9, many_days, 31)), seed=k))
        told = [story.incident(story.day_s(day) + 40_000) for day in range(3, many_days, 5)]
        for first in range(0, len(told), 20):
            home.tell(store, now_s, *map(IncidentBody.of, told[first : first + 20]))
        for day in range(0, many_days, EVERY_DAYS):
            alert_id = f"old-{day}"
            home.tell(store, story.day_s(day), AlertBody.of(made.alert(alert_id, raised_s=story.day_s(day))))
            store.acknowledge(alert_id, "Ann", story.day_s(day) + 3600, "Called.", gateway=name)
        for alert in store.alerts(name) if k else ():  # of the first they wait
            store.acknowledge(alert.alert.alert_id, "Ann", now_s, gateway=name)
    store.close()
    engine = open_engine(url)
    with writing(engine) as connection:
        for k, name in enumerate(names[LIVES:], LIVES):
            for table in COPIED:
                columns = [column for column in table.c if column.name not in ("id", "gateway")]
                old = names[k % LIVES if k % 10 == 0 else 1 + k % (LIVES - 1)]  # one in fifty needs a look
                rows = select(literal(name), *columns).where(table.c.gateway == old)
                if table is alert_events:
                    rows = rows.order_by(table.c.id)
                connection.execute(insert(table).from_select(["gateway", *(one.name for one in columns)], rows))
    with engine.begin() as connection:
        rows = connection.scalar(select(func.count()).select_from(days))
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("ANALYZE")
    engine.dispose()
    print(f"  {rows} days of {patients} patients")
    return names[0], now_s


def serve(url: str, now_s: float) -> None:
    """What --serve does: the pages in this process until it is ended; their address goes to standard output."""
    store = open_store(url)
    app = make_app(store, lambda: now_s, "Clinic")
    asyncio.run(serve_pages(app, "127.0.0.1", 0, on_ready=lambda at: print(at, flush=True)))


@contextmanager
def server(url: str, now_s: float) -> Iterator[tuple[str, int]]:
    command = [sys.executable, __file__, "--serve", url, str(now_s)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip().rstrip("/"), process.pid
    finally:
        process.kill()
        process.wait()


def cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_mb(pid: int) -> float:
    return next(int(one.split()[1]) / 1024 for one in Path(f"/proc/{pid}/status").open() if one.startswith("VmRSS"))


def weigh(url: str, path: str, pid: int) -> tuple[float, float, float, int, int]:
    """First answer, the usual one and what it costs, s; bytes as they are and as they are sent."""
    took, used_s = [], cpu_s(pid)
    with httpx.Client(timeout=120) as client:
        for _ in range(TIMES + 1):
            began_s = time.perf_counter()
            with client.stream("GET", url + path) as answer:
                raw = b"".join(answer.iter_raw())
                assert answer.status_code == 200, (path, answer.status_code)
            took.append(time.perf_counter() - began_s)
        cost_s = (cpu_s(pid) - used_s) / len(took)
        whole = len(client.get(url + path).content)
    return took[0], statistics.median(took[1:]), cost_s, whole, len(raw)


def seen(browser: Any, url: str, path: str) -> tuple[float, float]:
    """When a person sees the first of it, and when all charts are drawn, s from the click; the median."""
    first, drawn = [], []
    for _ in range(TIMES):
        page = browser.new_page(**WIDE)
        began_s = time.perf_counter()
        page.goto(url + path, wait_until="commit", timeout=300_000)
        paint = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
        whole = "document.readyState === 'complete' && [...document.querySelectorAll('.chart')]"
        whole += ".every(one => one.querySelector('.main-svg .trace'))"
        while not page.evaluate(whole):
            page.wait_for_timeout(20)
        drawn.append(time.perf_counter() - began_s)
        while (at := page.evaluate(paint)) is None:
            page.wait_for_timeout(20)
        first.append(at / 1000)
        page.close()
    return statistics.median(first), statistics.median(drawn)


async def hear(url: str, pid: int, viewers: int, commit: Callable[[int], float], path: str) -> None:
    """So many open pages: what they cost while nothing happens, and how soon all of them know and show an alert."""
    at: list[asyncio.Queue[float]] = [asyncio.Queue() for _ in range(viewers)]
    ready = [asyncio.Event() for _ in range(viewers)]
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)  # the server drops idle ones
    async with httpx.AsyncClient(timeout=120, limits=limits) as client:

        async def view(k: int) -> None:
            async with client.stream("GET", f"{url}/live") as answer:
                async for text in answer.aiter_lines():
                    if text.startswith("data: "):
                        ready[k].set()
                        if json.loads(text[6:])["changed"]:
                            at[k].put_nowait(time.perf_counter())

        tasks = [asyncio.create_task(view(k)) for k in range(viewers)]
        await asyncio.gather(*(one.wait() for one in ready))
        began, waited_s = cpu_s(pid), 20.0
        await asyncio.sleep(waited_s)
        idle = (cpu_s(pid) - began) / waited_s
        print(f"  {viewers} viewers: {100 * idle:.1f} % of a processor while nothing happens, {memory_mb(pid):.0f} MB")
        told, shown, cost = [], [], []
        for number in range(TIMES):
            used = cpu_s(pid)
            committed_s = await asyncio.to_thread(commit, number)
            times = await asyncio.gather(*(one.get() for one in at))
            told.append(max(times) - committed_s)
            await asyncio.gather(*(client.get(url + path) for _ in range(viewers)))
            shown.append(time.perf_counter() - committed_s)
            cost.append(cpu_s(pid) - used)
            await asyncio.sleep(1.0)
        for task in tasks:
            task.cancel()
    print(f"  from the commit to all {viewers} told: median {statistics.median(told):.2f} s, at most {max(told):.2f} s")
    print(
        f"  ... and all have fetched what changed: median {statistics.median(shown):.2f} s, at most {max(shown):.2f} s;"
        f" {statistics.median(cost):.2f} s of a processor"
    )


def measured(url: str, args: argparse.Namespace) -> None:
    began_s = time.perf_counter()
    patient, now_s = seed(url, args.patients, args.days)
    print(f"  made in {time.perf_counter() - began_s:.0f} s")
    store = open_store(url)
    incident = line(store.incidents(patient, story.day_s(0), story.day_s(10))[0], None).link
    of = f"?of={patient}"
    pages = {
        "list of patients": "/", "patient": f"/patients/{patient}", "alerts": "/alerts",
        "incident": f"/patients/{patient}/{incident}", "technical": "/alerts/technical", "digest": "/digest",
        "news of the list": f"/{of}", "news of the alerts": f"/alerts{of}",
        "news of a patient": f"/patients/{patient}{of}",
    }  # fmt: skip
    print(f"  load of the machine {os.getloadavg()[0]:.1f}, with {os.cpu_count()} processors")
    with server(url, now_s) as (at, pid):
        if args.part != "live":
            _pages(at, pid, pages)
        if args.part != "pages":
            asyncio.run(hear(at, pid, args.viewers, _teller(store, patient, now_s), pages["news of the alerts"]))
    store.close()


def _pages(at: str, pid: int, pages: dict[str, str]) -> None:
    print(f"  {'page':<20}{'first s':>9}{'then s':>9}{'cpu s':>9}{'kB':>9}{'sent kB':>9}")
    for name, path in pages.items():
        first, then, cost, whole, sent = weigh(at, path, pid)
        print(f"  {name:<20}{first:>9.2f}{then:>9.2f}{cost:>9.3f}{whole / 1024:>9.0f}{sent / 1024:>9.0f}")
    if CHROMIUM:
        from playwright.sync_api import sync_playwright

        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            for name in ("list of patients", "patient", "alerts"):
                first, whole_s = seen(browser, at, pages[name])
                print(f"  Chromium, {name}: first content {first:.2f} s, all drawn {whole_s:.2f} s")
            browser.close()


def _teller(store: Store, gateway: str, now_s: float) -> Callable[[int], float]:
    """Takes in an alert, and says when it was committed."""
    home = Home(gateway)
    home._seq, run = 1_000_000 + store.counts()["alerts"] * 1000, store.counts()["alerts"]

    def commit(number: int) -> float:
        home.tell(store, now_s, AlertBody.of(made.alert(f"new-{run}-{number}", "T3", raised_s=now_s)))
        return time.perf_counter()

    return commit


def main() -> None:
    if sys.argv[1:2] == ["--serve"]:
        serve(sys.argv[2], float(sys.argv[3]))
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--patients", type=int, default=500)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--viewers", type=int, default=50)
    parser.add_argument("--part", choices=["pages", "live"], help="only these")
    parser.add_argument("--database", metavar="URL", help="an empty one, or one that was filled by this before")
    args = parser.parse_args()
    with ExitStack() as end:
        if args.database:
            urls = [args.database]
        else:
            room = end.enter_context(tempfile.TemporaryDirectory(prefix="surefoot-pages-"))
            urls = [f"sqlite:///{room}/clinic.sqlite"]
            if POSTGRES:
                urls.append(end.enter_context(postgres()).new_place("pages"))
        for url in urls:
            print(f"{url.partition(':')[0]}, {args.patients} patients x {args.days} days")
            measured(url, args)


if __name__ == "__main__":
    main()
