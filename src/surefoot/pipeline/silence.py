"""Silence: a sensor that says nothing, not even that it is lost, becomes gaps, so that the other one is heard on.

Nothing is found of either leg beyond the time up to which both are known. So whoever drops out without a word holds
everything back: the walk, the fall, the day. Silence is measured in the other sensor's time, that of its readings and
never that of a clock: a replay and a radio are judged alike, and two clocks that stand apart do no harm.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from math import floor

from surefoot.records import Gap, Placement, Samples, Side

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SilenceParams:
    """How long one sensor is waited for (P)."""

    patience_s: float = 60.0  # readings that come this late behind the other sensor's are still taken
    every_s: float = 10.0  # a silence that lasts is told of in steps of so much


class Silence:
    """Looks at what a source gives, in its order; says what of the other sensors has to be taken for lost."""

    def __init__(self, sides: Sequence[Side], placement: Placement, params: SilenceParams = SilenceParams()) -> None:
        self._params, self._placement = params, placement
        self._heard: dict[Side, float] = {}  # end of the last item of each sensor
        self._told: dict[Side, float] = {}  # end of the last gap told of each, while it is silent
        self._since: dict[Side, dict[Side, float]] = {
            side: {} for side in sides
        }  # of each: where the others spoke next

    def before(self, item: Samples | Gap) -> list[Gap]:
        """The gaps of silent sensors to be worked on before this item, the next one that the source gave."""
        gaps = [gap for side in self._since if side != item.side for gap in self._missing(side, item)]
        self._heard[item.side] = max(self._heard.get(item.side, item.end_s), item.end_s)
        self._told.pop(item.side, None)
        self._since[item.side] = {}
        return gaps

    def _missing(self, side: Side, item: Samples | Gap) -> list[Gap]:
        """Only where an item begins counts: a long one may come before the other sensor's of the same time."""
        p, since = self._params, self._since[side]
        if isinstance(item, Samples):
            since.setdefault(item.side, item.start_s)
        since_s = since.get(item.side, item.start_s)  # a sensor that was lost itself says nothing of the other one
        start_s = self._heard.get(side, since_s)
        lost_s = floor((item.start_s - max(since_s, start_s) - p.patience_s) / p.every_s) * p.every_s
        if lost_s <= 0 or start_s + lost_s <= self._told.get(side, start_s):
            return []
        if side not in self._told:
            log.warning("the %s sensor has sent nothing for %.0f s: the other one is heard on without it", side, lost_s)
        self._told[side] = start_s + lost_s
        return [Gap(side, self._placement, start_s, start_s + lost_s, "the sensor is silent")]
