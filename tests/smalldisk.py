"""A small disk: a tmpfs in a mount namespace of its own, on which a piece of Python runs; it fills and closes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

_AS_ROOT = [] if hasattr(os, "geteuid") and os.geteuid() == 0 else ["-r"]


def on_small_disk(folder: Path, megabytes: int, code: str) -> Any:
    """Run ``code`` with ``disk`` (a Path, so large) and ``remount(options)``; what it hands to ``answer``."""
    place = folder / "disk"
    place.mkdir()
    prelude = (
        "import json, subprocess, sys\nfrom pathlib import Path\n"
        f"disk = Path({str(place)!r})\n"
        "def remount(options):\n"
        "    subprocess.run(['mount', '-o', 'remount,' + options, str(disk)], check=True)\n"
        "def answer(found):\n    print('ANSWER ' + json.dumps(found))\n"
    )
    script = folder / "on_small_disk.py"
    script.write_text(prelude + code)
    mounted = f"mount -t tmpfs -o size={megabytes}m tmpfs {place} && exec {sys.executable} {script}"
    if shutil.which("unshare") is None or not _may_mount(folder):
        pytest.skip("no mount namespaces here: nothing is tested on a disk that is really full or closed")
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([*(p for p in sys.path if p), str(Path(__file__).parent)])}
    done = subprocess.run(
        ["unshare", *_AS_ROOT, "-m", "sh", "-c", mounted], capture_output=True, text=True, env=env, timeout=300
    )
    assert done.returncode == 0, done.stderr
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("ANSWER ")]
    return json.loads(line.removeprefix("ANSWER "))


def _may_mount(folder: Path) -> bool:
    probe = folder / "probe"
    probe.mkdir()
    asked = ["unshare", *_AS_ROOT, "-m", "mount", "-t", "tmpfs", "tmpfs", str(probe)]
    return subprocess.run(asked, capture_output=True).returncode == 0
