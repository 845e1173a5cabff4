"""Fuzzing: anything at all to every page and form of the patient's own page, with a PIN and without.

    python benchmarks/fuzz_home.py [--inputs 50000] [--seed 1] [--workers 2]

Requests are made as in ``fuzz_forms.py``. A fault is: an exception; an answer of 500 or more; an answer without the
security headers; a script that comes back as a script; and, where there is a PIN, anything but what asks for it for
who has not given it.
"""

from __future__ import annotations

import argparse
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from zoneinfo import ZoneInfo

import numpy as np
from argon2 import PasswordHasher
from fuzz_forms import CHUNK, HOST, NOW_S, SCRIPT, Ask, Told, answered, forms, made, show

from surefoot.pipeline import passwords
from surefoot.pipeline.store import open_store
from surefoot.pipeline.suddenask import SuddenQuestion
from surefoot.records import SIDES, Incident, WornSensor
from surefoot.web.guard import HEADERS
from surefoot.web.homeapp import make_home_app
from surefoot.web.homenow import HomeNow, SensorNow

PIN, KNOWN = "395172", "phone"
HERS = "knee gives way"  # stands on her page only


class Home:
    """A patient's page on a store in memory: sensors worn, an incident to be asked about; ``pin``: behind one."""

    def __init__(self, pin: bool = False) -> None:
        passwords._HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)  # as many as possible
        self.store, self.pin, self._now_s = open_store("sqlite://"), pin, NOW_S
        for side in SIDES:
            self.store.keep_worn_sensor(WornSensor(side, "shank", "dot", side, HERS, 60.0, NOW_S))
        self.store.keep_incident(Incident("giving_way", "left", 1000.0, 1001.0, "probable", (("drop_dps", 210.5),)))
        sensors = tuple(SensorNow(side, "shank", "streaming", "", 80) for side in SIDES)
        asked = SuddenQuestion("left", "2026-01-29", NOW_S - 3600.0, NOW_S - 60.0, NOW_S + 1740.0, ("",))
        now = HomeNow(NOW_S, sensors, asked=(asked,))
        self.app = make_home_app(
            self.store, self._clock, ZoneInfo("UTC"), live=lambda: now, recorded=lambda *_: iter(())
        )
        if pin:
            self.store.office.pin.set(PIN, NOW_S)
            assert self.store.office.pin.enter(PIN, "fuzz", KNOWN, NOW_S)

    def ask(self, one: Ask, told: Told) -> None:
        """Send it, and say what is wrong with what comes back."""
        headers = {b"host": HOST.encode(), b"origin": b"http://" + HOST.encode()}
        headers |= {b"content-type": b"application/x-www-form-urlencoded"}
        headers |= {b"cookie": b"surefoot-home=" + (KNOWN if one.who else "made-up").encode()}
        answer = answered(self.app, one, headers, told)
        if answer is not None:
            told.faults += [f"{one}: {fault} ({answer[0]})" for fault in self._faults(one, *answer)]

    def _faults(self, one: Ask, status: int, headers: dict[str, str], text: str) -> list[str]:
        found = []
        if status >= 500:
            found.append("it fails")
        if "content-security-policy" not in headers or any(name.lower() not in headers for name in HEADERS):
            found.append("security headers are missing")
        if SCRIPT in text:
            found.append("a script comes back as a script")
        path = one.path.decode("latin-1")
        if self.pin and not one.who and path not in ("/pin", "/pin/") and not path.startswith("/static/"):
            led = 300 <= status < 400 and headers.get("location", "").endswith("/pin")
            if not led and status not in (400, 403, 421):
                found.append("somebody without the PIN gets past it")
        return found

    def _clock(self) -> float:
        self._now_s += 60.0  # who gave a wrong PIN waits, and must not do so for the rest of the run
        return self._now_s if self.pin else NOW_S


def by_chance(inputs: int, of: list[int], pin: bool) -> Told:
    """So many requests made here, to one home."""
    home, told, rng = Home(pin), Told(), np.random.default_rng([*of, pin])
    routes = forms(home.app)
    for _ in range(inputs):
        home.ask(replace(one := made(routes, rng), who=KNOWN if one.who else ""), told)
    home.store.close()
    return told


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--inputs", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    began_s, told = time.monotonic(), Told()
    with ProcessPoolExecutor(given.workers) as pool:
        starts = range(0, given.inputs, CHUNK)
        for job in [
            pool.submit(by_chance, min(CHUNK, given.inputs - k), [given.seed, k], k // CHUNK % 2 == 1) for k in starts
        ]:
            told.add(job.result())
    show(told, time.monotonic() - began_s)
    print(*told.faults[:5], sep="\n")
    return int(bool(told.faults))


if __name__ == "__main__":
    sys.exit(main())
