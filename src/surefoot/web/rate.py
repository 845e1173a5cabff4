"""Rates: how often a caller may ask, so that one who floods the pages does not take them from all others."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil

from starlette.responses import Response

from surefoot.pipeline.login import network
from surefoot.web.guard import Refusal
from surefoot.web.language import _, _n

MOST_KEPT = 10_000  # callers whose rate is remembered
SAID_EACH_S = 60.0  # to whoever reads the log of the clinic's computer, however many are refused meanwhile

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RateParams:
    """How often one may ask for pages and files of them. Engineering choices (P).

    A page that is open asks for what has changed twice a second at most; a clinic has one address for everybody, and
    fifty people who log in of a morning ask for a page and six files each.
    """

    per_minute: float = 1200.0  # of one login, or one phone that is known at home, in the long run,
    at_once: float = 600.0  # and after a rest
    strangers_per_minute: float = 600.0  # of one address (in IPv6: a network), all together that nobody is known by
    strangers_at_once: float = 600.0


USUAL = RateParams()


class Rate:
    """How often each caller has asked lately: a bucket that fills up again."""

    def __init__(self, per_minute: float, at_once: float) -> None:
        self._per_s, self._full = per_minute / 60.0, at_once
        self._left: dict[str, tuple[float, float]] = {}  # caller: requests left, and when

    def wait_s(self, caller: str, now_s: float) -> float:
        """Take one from the caller's; how long to wait where none is left, 0.0 where it was."""
        left, since_s = self._left.pop(caller, (self._full, now_s))
        left = min(self._full, left + max(0.0, now_s - since_s) * self._per_s)
        enough = left >= 1.0
        self._left[caller] = (left - 1.0 if enough else left, now_s)
        if len(self._left) > MOST_KEPT:
            del self._left[next(iter(self._left))]  # who has not asked for longest
        return 0.0 if enough else (1.0 - left) / self._per_s


class Crowd:
    """Who asks for pages, and who does so too often. Whoever is known is heard, whatever others at their address do."""

    def __init__(self, clock: Callable[[], float], refuse: Refusal, params: RateParams = USUAL) -> None:
        self._clock, self._refuse = clock, refuse
        self._known = Rate(params.per_minute, params.at_once)
        self._strangers = Rate(params.strangers_per_minute, params.strangers_at_once)
        self._said_s = float("-inf")

    def too_many(self, known: str, address: str) -> Response | None:
        """What to answer to one request too many, else None. ``known``: by what somebody is; empty: a stranger."""
        now_s = self._clock()
        wait_s = self._known.wait_s(known, now_s) if known else self._strangers.wait_s(network(address), now_s)
        if not wait_s:
            return None
        if abs(now_s - self._said_s) >= SAID_EACH_S:
            self._said_s = now_s
            log.warning("too many requests from %s%s: refused for now", address, " by one login" if known else "")
        wait = ceil(wait_s)
        told = _n("Wait {n} second, then do it again.", "Wait {n} seconds, then do it again.", wait)
        refused = self._refuse(429, _("Too much was asked for at once."), _("Nothing was shown or stored."), told)
        refused.headers["Retry-After"] = str(wait)
        return refused
