"""The pulse of a program that runs for months: its parts say that they move, and systemd hears of it only while all do.

Without systemd nothing is said to anybody. The messages are those of sd_notify(3): a line of text on a socket.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress

log = logging.getLogger(__name__)
SAY_S = 30.0  # between two messages, at most


class Pulse:
    """``allowed_s``: how long each part may be silent; one that has not begun is given as long from the start."""

    def __init__(self, allowed_s: Mapping[str, float], now_s: Callable[[], float]) -> None:
        self._allowed_s, self._now_s = dict(allowed_s), now_s
        self._last_s = dict.fromkeys(allowed_s, now_s())

    def beat(self, part: str) -> None:
        """It moves. From whatever thread."""
        self._last_s[part] = self._now_s()

    def stuck(self) -> list[str]:
        now_s = self._now_s()
        return [part for part, allowed_s in self._allowed_s.items() if now_s - self._last_s[part] > allowed_s]


async def keep_telling(pulse: Pulse, how_it_stands: Callable[[], str]) -> None:
    """Ready now; then alive, as long as nothing is stuck, and how it stands, for ever."""
    tell(f"READY=1\nSTATUS={_line(how_it_stands())}")
    pause_s = min(SAY_S, watchdog_s() / 3)
    while True:
        stuck = pulse.stuck()
        if stuck:
            log.error("nothing moves any more in: %s", ", ".join(stuck))
            tell(f"STATUS=stuck: {', '.join(stuck)}")
        else:
            tell(f"WATCHDOG=1\nSTATUS={_line(how_it_stands())}")
        await asyncio.sleep(pause_s)


def watchdog_s() -> float:
    """How often systemd wants to hear of this program; infinite where it does not."""
    mine = os.environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
    asked = os.environ.get("WATCHDOG_USEC", "")
    return int(asked) / 1e6 if mine and asked.isdigit() and int(asked) else float("inf")


def tell(message: str) -> bool:
    """A message to systemd, if it started this program and listens; whether it did."""
    place = os.environ.get("NOTIFY_SOCKET", "")
    if not place:
        return False
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        line.connect("\0" + place[1:] if place.startswith("@") else place)
        line.sendall(message.encode())
        return True
    return False


def _line(text: str) -> str:
    return " ".join(text.split())[:1000]
