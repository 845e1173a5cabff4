"""Rounds of a chaos run: something is killed with SIGKILL, started again, and the next is killed when it is back."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from chaosjudge import Told
from chaosplace import Place, wait_for

KINDS = ("gateway", "broker", "worker", "database")
RESTART_S = 0.1  # systemd's own RestartSec
DOUBLE = 0.2  # of the rounds kill two at once
PAUSE_S = (0.5, 2.0)  # between the last one back and the next kill


@dataclass(frozen=True, slots=True)
class Round:
    """What was killed and when, and when it was back."""

    killed: tuple[str, ...]
    at_s: float
    back_s: float


def rounds(here: Place, kills: int, rng: np.random.Generator, tell: Callable[[str], None] = print) -> Iterator[Round]:
    """Rounds until so many processes were killed; each kind as likely."""
    done = 0
    while done < kills:
        count = 2 if rng.random() < DOUBLE else 1
        killed = tuple(str(kind) for kind in rng.choice(KINDS, count, replace=False))
        yield _round(here, killed, rng)
        done += count
        if done % 20 < count:
            tell(f"{done} kills")
        time.sleep(rng.uniform(*PAUSE_S))


def _round(here: Place, killed: Sequence[str], rng: np.random.Generator) -> Round:
    gateway = here.gateways[rng.integers(len(here.gateways))]
    worker = here.workers[rng.integers(len(here.workers))]
    victims = {"gateway": gateway.program, "worker": worker.program, "broker": here.broker, "database": here.database}
    at_s = time.time()
    for kind in killed:
        victims[kind].kill()
    time.sleep(RESTART_S)
    for kind in sorted(killed, key=KINDS[::-1].index):  # a worker ends by itself where there is no database
        {"gateway": gateway, "worker": worker, "broker": here.broker, "database": here.database}[kind].start()
    for one in (gateway, *here.workers):
        wait_for(one)
    return Round(tuple(killed), at_s, time.time())


def during(alerts: Sequence[Told], told: Sequence[Round], around_s: float = 1.0) -> dict[str, list[float]]:
    """Latencies of alerts begun around single kills, from a little before to a little after, by what was killed."""
    found: dict[str, list[float]] = {kind: [] for kind in KINDS}
    begun_s = np.array([one.begun_s for one in alerts])
    for one in told:
        if len(one.killed) == 1:
            first, last = np.searchsorted(begun_s, [one.at_s - around_s, one.back_s + around_s])
            found[one.killed[0]] += [alert.latency_s for alert in alerts[first:last]]
    return found
