"""Pictures of every page, on a telephone and on a desk, for the README; made-up patients of the tests' story.

    python benchmarks/screens.py [--to docs/img]

Needs Debian's chromium. Look at them before they are committed.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

import story
from servedpages import served
from story import NOW_S, WEAK
from surefoot.alerts.bodies import TreatmentBody
from surefoot.pipeline.profiles import Profile
from surefoot.pipeline.store import open_store
from surefoot.records import SIDES, Affected, Treatment, WornSensor
from surefoot.web.app import make_app
from surefoot.web.homeapp import make_home_app
from surefoot.web.homenow import HomeNow, SensorNow
from surefoot.web.incidents import line
from test_web_browser import ARGUMENTS, CHROMIUM

SIZES = {"desk": (1440, 1100), "phone": (360, 1100)}


def pages(clinic: str, home: str, incident: str) -> Iterator[tuple[str, str]]:
    """The name of each picture, and its page."""
    of_patient = f"{clinic}/patients/{WEAK}"
    yield from (("patients", clinic), ("alerts", f"{clinic}/alerts"), ("technical", f"{clinic}/alerts/technical"))
    yield from (("patient", of_patient), ("plan", f"{of_patient}/plan"), ("report", f"{of_patient}/report"))
    yield from (("incident", f"{of_patient}/{incident}"), ("digest", f"{clinic}/digest"))
    yield from (("precision", f"{clinic}/precision"), ("tokens", f"{clinic}/tokens"), ("home", home))
    yield from (("profile", f"{of_patient}/profile"), ("trends", f"{of_patient}#trends"))
    yield from (("treated", f"{of_patient}#treated"), ("tests", f"{home}/tests"), ("test", f"{home}/tests/heel_rise"))


def taken(browser: Any, url: str, size: tuple[int, int], path: Path) -> None:
    page = browser.new_page(viewport={"width": size[0], "height": size[1]})
    page.goto(url)
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(800)  # for charts to be drawn
    if "#" in url:  # they have moved it
        page.evaluate("document.getElementById(location.hash.slice(1)).scrollIntoView()")
    page.screenshot(path=path)
    page.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--to", type=Path, default=Path(__file__).resolve().parent.parent / "docs" / "img")
    to = parser.parse_args().to
    to.mkdir(parents=True, exist_ok=True)
    from playwright.sync_api import sync_playwright

    room = Path(tempfile.mkdtemp(prefix="surefoot-screens-"))
    clinic, home = (open_store(f"sqlite:///{room / name}.sqlite") for name in ("clinic", "home"))
    story.fill(clinic)
    happened = Treatment("injection", "2026-01-12"), Treatment("physiotherapy", "2026-01-19")
    clinic.office.profiles.write(WEAK, Profile("left", ("L5",), "disc", "2026-01-02", ("stick",)), "Dr. Ada", NOW_S)
    clinic.orders.give(WEAK, Affected("left", "2026-01-02"), "Dr. Ada", NOW_S, "2026-01-29", "")
    clinic.office.tokens.create("ward dashboard", ["patients:read", "alerts:read"], None, 365, "Cy", NOW_S)
    told = story.Home(WEAK)
    told._seq = 10_000
    told.tell(clinic, NOW_S, *map(TreatmentBody.of, happened))
    for side in SIDES:
        home.keep_worn_sensor(WornSensor(side, "shank", "dot", side, "", 60.0, NOW_S))
    sensors = tuple(SensorNow(side, "shank", "streaming", "", 83) for side in SIDES)
    for day in story.days(27):
        home.keep_day(day)
    found = line(clinic.incidents(WEAK)[0], None).link
    zone = ZoneInfo("UTC")
    with (
        served(make_app(clinic, lambda: NOW_S, "Clinic North", zone=zone)) as clinic_url,
        served(
            make_home_app(
                home,
                lambda: NOW_S,
                zone,
                live=lambda: HomeNow(NOW_S, sensors, worn_h=1.4),
                recorded=lambda *_: iter(()),
            )
        ) as home_url,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for name, url in pages(clinic_url, home_url, found):
            for where, size in SIZES.items():
                taken(browser, url, size, to / f"{name}-{where}.png")
        browser.close()
    clinic.close()
    home.close()
    shutil.rmtree(room)
    print(f"{2 * sum(1 for _ in pages('', '', ''))} pictures in {to}")


if __name__ == "__main__":
    main()
