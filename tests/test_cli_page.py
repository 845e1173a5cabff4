"""``surefoot page`` as a program: it serves the patient's page of a store that is there, and says so where none is."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx

from surefoot.pipeline.store import open_store

COMMAND = [sys.executable, "-c", "from surefoot.cli.main import main; main()", "page", "--no-browser", "--port", "0"]


def test_the_page_of_a_home_is_served_until_it_is_stopped(tmp_path: Path) -> None:
    open_store(f"sqlite:///{tmp_path}/home.sqlite").close()
    surroundings = os.environ | {"SUREFOOT_HOME": str(tmp_path), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(COMMAND, env=surroundings, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        try:
            assert run.stdout is not None
            found = re.search(r"http://127\.0\.0\.1:\d+/", run.stdout.readline())
            assert found is not None
            assert "Today's check-in" in httpx.get(found[0]).text.replace("&#39;", "'")
            run.send_signal(signal.SIGTERM)
            assert run.wait(120) == 130
        finally:
            run.kill()


def test_a_home_without_a_store_is_told_so(tmp_path: Path) -> None:
    surroundings = os.environ | {"SUREFOOT_HOME": str(tmp_path)}
    done = subprocess.run(COMMAND, env=surroundings, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "There is no store" in done.stderr
    assert "Traceback" not in done.stderr
