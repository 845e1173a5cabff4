"""A checkup: one line for each thing looked at, whatever becomes of the look."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from surefoot.records import SurefootError

State = Literal["ok", "warn", "bad"]


@dataclass(frozen=True, slots=True)
class Line:
    """What was looked at, what was seen, and what to do about it. "bad": surefoot cannot do its work like this."""

    what: str
    value: str
    state: State = "ok"
    remedy: str = ""


Look = Callable[[], Iterable[Line]]


def look_at_all(looks: Mapping[str, Look], patience_s: float) -> list[Line]:
    """What all looks tell, in their order. None raises, and one that does not come back is told of and left behind.

    They run side by side in threads that do not keep the program from ending: a dead network drive can hold one
    for minutes.
    """
    told: queue.SimpleQueue[tuple[str, list[Line]]] = queue.SimpleQueue()
    for what, look in looks.items():
        threading.Thread(target=lambda w=what, k=look: told.put((w, _looked(w, k))), daemon=True).start()
    end_s = time.monotonic() + patience_s
    found: dict[str, list[Line]] = {}
    while len(found) < len(looks) and (left_s := end_s - time.monotonic()) > 0:
        try:
            what, lines = told.get(timeout=left_s)
        except queue.Empty:
            break
        found[what] = lines
    late = f"no answer within {patience_s:g} s"
    return [line for what in looks for line in found.get(what, [Line(what, late, "bad", "Try again; then restart.")])]


def _looked(what: str, look: Look) -> list[Line]:
    try:
        return list(look())
    except SurefootError as error:
        return [Line(what, error.what, "bad", error.remedy)]
    except Exception as error:  # noqa: BLE001  told as a line: whatever is wrong here is what was asked about
        return [Line(what, f"could not be looked at ({type(error).__name__}: {error})", "warn", "Please report this.")]
