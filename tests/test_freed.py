"""Freed memory goes back to the computer."""

from __future__ import annotations

import asyncio
import importlib
import subprocess
import sys

import pytest

from surefoot.cli.freed import give_back

clinic = importlib.import_module("surefoot.cli.clinic")  # the module: the package names its verb
HOLES = """
from pathlib import Path
from surefoot.cli.freed import give_back

def own_mb():
    return float(Path("/proc/self/status").read_text().split("RssAnon:")[1].split()[0]) * 1024 / 1e6

held = [bytearray(20_000) for _ in range(3000)]
full = own_mb()
del held[:-1]  # the last lies above all others: what is below it stays with the C library
free = own_mb()
assert give_back()
print(full - free, free - own_mb())
"""


@pytest.mark.skipif(not give_back(), reason="this C library cannot be asked")
def test_what_lies_below_something_in_use_goes_back_too() -> None:
    done = subprocess.run([sys.executable, "-c", HOLES], capture_output=True, text=True, check=True)
    by_itself, given_back = map(float, done.stdout.split())
    assert by_itself < 20 and given_back > 35


def test_what_stands_is_not_looked_through_again() -> None:
    code = "import gc; from surefoot.cli.freed import settle_in; settle_in(); print(gc.get_freeze_count())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(done.stdout) > 1000


def test_a_clinic_settles_in_once_and_gives_back_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    monkeypatch.setattr(clinic, "settle_in", lambda: done.append("settled"))
    monkeypatch.setattr(clinic, "give_back", lambda: done.append("given back"))
    monkeypatch.setattr(clinic, "FREE_S", 0.001)

    async def run() -> None:
        keeping = asyncio.create_task(clinic._keep_small())
        while len(done) < 4:
            await asyncio.sleep(0.001)
        keeping.cancel()

    asyncio.run(run())
    assert done[:4] == ["settled", *["given back"] * 3]
