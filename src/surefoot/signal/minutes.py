"""Minutes: how much of each minute a sensor sent readings and moved; what wear time is decided from."""

from __future__ import annotations

from math import floor

import numpy as np

from surefoot.records import Minute, Side
from surefoot.signal.hops import Hops

MINUTE_S = 60.0


class MinuteBook:
    """Counts hops into the minutes of the source's clock; a minute is told when a later one begins."""

    def __init__(self, side: Side, moving_span_dps: float) -> None:
        self._side = side
        self._moving_span_dps = moving_span_dps
        self._number: int | None = None
        self._counted: dict[tuple[int, float], list[int]] = {}  # (track, rate): samples recorded, samples moving
        self._track = 0

    def restart(self) -> None:
        """A new track begins."""
        self._track += 1

    def update(self, hops: Hops, length: int, start_s: float, rate_hz: float) -> list[Minute]:
        """Count hops of ``length`` samples, the first of which begins at ``start_s``."""
        if len(hops) == 0:
            return []
        moving = hops.span > self._moving_span_dps
        done: list[Minute] = []
        for number, a, b in _minutes(len(hops), length / rate_hz, start_s):
            if self._number is not None and number != self._number:
                done += self.close()
            self._number = number
            counted = self._counted.setdefault((self._track, rate_hz), [0, 0])
            counted[0] += (b - a) * length
            counted[1] += int(np.count_nonzero(moving[a:b])) * length
        return done

    def over_by(self, known_s: float) -> list[Minute]:
        """The minute begun, where nothing more of it will come: a gap has gone on beyond it."""
        return self.close() if self._number is not None and (self._number + 1) * MINUTE_S <= known_s else []

    def close(self) -> list[Minute]:
        """The minute begun, as it is."""
        if self._number is None:
            return []
        recorded, moved = (sum(c[k] / rate for (_, rate), c in self._counted.items()) for k in (0, 1))
        minute = Minute(self._side, self._number * MINUTE_S, recorded, moved)
        self._number, self._counted = None, {}
        return [minute]


def _minutes(count: int, hop_s: float, start_s: float) -> list[tuple[int, int, int]]:
    """The minutes in which ``count`` hops begin: number, first hop and the one after the last."""
    if floor(start_s / MINUTE_S) == floor((start_s + (count - 1) * hop_s) / MINUTE_S):  # most calls
        return [(floor(start_s / MINUTE_S), 0, count)]
    number = np.floor((start_s + np.arange(count) * hop_s) / MINUTE_S).astype(np.int64)
    first = np.flatnonzero(np.diff(number, prepend=number[0] - 1))
    return list(zip(number[first].tolist(), first.tolist(), [*first[1:].tolist(), count], strict=True))
