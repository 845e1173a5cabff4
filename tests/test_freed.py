"""Freed memory goes back to the computer."""

from __future__ import annotations

import subprocess
import sys

import pytest

from surefoot.cli.freed import give_back

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
