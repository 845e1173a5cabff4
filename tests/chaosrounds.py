"""Rounds of a chaos run: something is killed with SIGKILL and started again at once, then the next."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from chaosjudge import Told
from chaosplace import Gateway, Place, Worker

KINDS = ("gateway", "broker", "worker", "database")
RESTART_S = 0.1  # systemd's own RestartSec
DOUBLE = 0.2  # of the rounds kill two at once
PAUSE_S = (1.0, 4.0)  # between a kill and the next
AROUND_S = (1.0, 3.0)  # alerts begun so long before a kill and after it are those it may have delayed


@dataclass(frozen=True, slots=True)
class Round:
    """What was killed and when."""

    killed: tuple[str, ...]
    at_s: float


def rounds(
    here: Place, kills: int, rng: np.random.Generator, tell: Callable[[str], None] = print, apart_s: float = 0.0
) -> Iterator[Round]:
    """Rounds until so many processes were killed, each kind as likely. A program that is not up yet is let be.

    ``apart_s``: so much longer from a kill to the next. One worker is always left: that two of two are down at once is
    no single failure.
    """
    done = 0
    while done < kills:
        count = 2 if rng.random() < DOUBLE else 1
        killed = _round(here, [str(kind) for kind in rng.choice(KINDS, count, replace=False)], rng)
        if killed is not None:
            yield killed
            done += len(killed.killed)
            if done % 20 < len(killed.killed):
                tell(f"{done} kills")
        time.sleep(apart_s + rng.uniform(*PAUSE_S))


def _round(here: Place, kinds: Sequence[str], rng: np.random.Generator) -> Round | None:
    gateways = [one for one in here.gateways if one.is_up()]
    workers = [one for one in here.workers if one.is_up()]
    able: dict[str, Sequence[Gateway | Worker]] = {"gateway": gateways, "worker": workers[1:] and workers}
    victims = {kind: able[kind][rng.integers(len(able[kind]))] for kind in kinds if able.get(kind)}
    others = {"broker": here.broker, "database": here.database}
    at_s = time.time()
    for kind in kinds:
        if kind in victims:
            victims[kind].program.kill()
        elif kind in others:
            others[kind].kill()
    time.sleep(RESTART_S)
    for kind in kinds:
        if kind in others:
            others[kind].start()
    for one in victims.values():
        one.start()
    killed = tuple(kind for kind in kinds if kind in victims or kind in others)
    return Round(killed, at_s) if killed else None


def during(alerts: Sequence[Told], told: Sequence[Round]) -> dict[str, list[float]]:
    """Latencies of alerts begun around single kills, by what was killed; a kill close to another is none."""
    found: dict[str, list[float]] = {kind: [] for kind in KINDS}
    before_s, after_s = AROUND_S
    begun_s = np.array([one.begun_s for one in alerts])
    for k, one in enumerate(told):
        alone = len(one.killed) == 1 and (k == 0 or one.at_s - told[k - 1].at_s > after_s)
        until_s = min([one.at_s + after_s, *(other.at_s - before_s for other in told[k + 1 : k + 2])])
        if alone and until_s > one.at_s:
            first, last = np.searchsorted(begun_s, [one.at_s - before_s, until_s])
            found[one.killed[0]] += [alert.latency_s for alert in alerts[first:last]]
    return found
