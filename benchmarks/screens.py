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
from story import NOW_S, WEAK
from surefoot.pipeline.store import open_store
from surefoot.web.app import make_app
from surefoot.web.homeapp import make_home_app
from surefoot.web.incidents import line
from test_axe import served
from test_web_browser import ARGUMENTS, CHROMIUM

SIZES = {"desk": (1440, 1100), "phone": (360, 1100)}


def pages(clinic: str, home: str, incident: str) -> Iterator[tuple[str, str]]:
    """The name of each picture, and its page."""
    of_patient = f"{clinic}/patients/{WEAK}"
    yield from (("patients", clinic), ("alerts", f"{clinic}/alerts"), ("technical", f"{clinic}/alerts/technical"))
    yield from (("patient", of_patient), ("plan", f"{of_patient}/plan"), ("report", f"{of_patient}/report"))
    yield from (("incident", f"{of_patient}/{incident}"), ("digest", f"{clinic}/digest"))
    yield from (("precision", f"{clinic}/precision"), ("home", home))


def taken(browser: Any, url: str, size: tuple[int, int], path: Path) -> None:
    page = browser.new_page(viewport={"width": size[0], "height": size[1]})
    page.goto(url)
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(800)  # for charts to be drawn
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
    for day in story.days(27):
        home.keep_day(day)
    found = line(clinic.incidents(WEAK)[0], None).link
    zone = ZoneInfo("UTC")
    with (
        served(make_app(clinic, lambda: NOW_S, "Clinic North", zone=zone)) as clinic_url,
        served(make_home_app(home, lambda: NOW_S, zone)) as home_url,
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
