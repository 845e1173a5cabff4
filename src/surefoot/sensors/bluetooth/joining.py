"""Joining: blocks of one sensor that follow on become fewer, longer ones. No reading and no time changes by it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from surefoot.records import Gap, Placement, Samples, Side

CLOSE_S = 1e-6  # sums of float times differ by less


def joined(items: Iterable[Samples | Gap], longest_s: float = np.inf) -> Iterator[Samples | Gap]:
    """The same readings and gaps in blocks of up to about ``longest_s``, each sensor's in its own order.

    A block waits for what follows on; it is told before the next gap of its sensor and at the end.
    """
    waiting: dict[tuple[Side, Placement], list[Samples]] = {}
    for item in items:
        key = (item.side, item.placement)
        begun = waiting.get(key)
        if begun and not (isinstance(item, Samples) and _follows(begun[-1], item)):
            yield _one(waiting.pop(key))
        if isinstance(item, Gap):
            yield item
            continue
        parts = waiting.setdefault(key, [])
        parts.append(item)
        if item.end_s - parts[0].start_s >= longest_s:
            yield _one(waiting.pop(key))
    yield from sorted((_one(parts) for parts in waiting.values()), key=lambda block: block.end_s)


def _follows(before: Samples, block: Samples) -> bool:
    alike = (block.rate_hz, block.steps) == (before.rate_hz, before.steps)
    return alike and abs(block.start_s - before.end_s) < CLOSE_S


def _one(parts: Sequence[Samples]) -> Samples:
    first = parts[0]
    if len(parts) == 1:
        return first
    acc, gyr = (np.concatenate([getattr(part, name) for part in parts]) for name in ("acc", "gyr"))
    return replace(first, acc=acc, gyr=gyr)
