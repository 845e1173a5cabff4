"""Today: what strides tell before the day is over; a sudden weakness, held back while the patient may explain it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from surefoot.pipeline.acute import AcuteParams, AcuteWatch, Sudden
from surefoot.pipeline.fifties import FiftyMaker, fifties_of
from surefoot.records import SIDES, Check, SideCheck, Slip, Stride
from surefoot.signal.told import WalkFindings


class Today:
    """Findings in as they become known; what is sudden out, ``ask_s`` later and only if no aid explains it by then.

    ``day_of`` tells the local date of a moment, ``aids_on`` what the patient walks with on a date, as logged by now.
    ``strides``: those of the last weeks, oldest first, as a store keeps them. ``on_ask`` hears of a sudden change at
    once: it is the moment to ask whether something explains it; ``denied`` tells whether the answer was that nothing
    does: then nobody waits any longer. What happened before ``past_s`` becomes known late: it
    is told when all until then is known, and only if it still lasts.
    """

    def __init__(
        self,
        day_of: Callable[[float], str],
        aids_on: Callable[[str], tuple[str, ...]] = lambda day: (),
        strides: Iterable[Stride] = (),
        params: AcuteParams | None = None,
        on_ask: Callable[[Sudden], None] = lambda sudden: None,
        past_s: float = float("-inf"),
        denied: Callable[[Sudden], bool] = lambda sudden: False,
    ) -> None:
        self._params = params or AcuteParams()
        self._day_of, self._aids_on, self._on_ask = day_of, aids_on, on_ask
        self._past_s, self._denied = past_s, denied
        self._blocks = FiftyMaker()
        self._watch = AcuteWatch(day_of, aids_on, self._params, fifties_of(strides))
        self._asked: list[tuple[Sudden, tuple[str, ...]]] = []

    def update(self, findings: WalkFindings, known_s: float | None = None) -> list[Sudden]:
        """``known_s``: up to when all is known, where no minute says it: while nobody wears the sensors."""
        for check in findings.checks:
            self._doubt(check)
        for sudden in self._watch.update(self._blocks.update(findings.strides)):
            self._asked.append((sudden, self._aids_on(sudden.chart.day)))
            if not self._is_past(sudden):
                self._on_ask(sudden)
        known_s = max((minute.start_s for minute in findings.minutes), default=known_s)
        return self._due(float("-inf") if known_s is None else known_s)

    def close(self) -> list[Sudden]:
        """Nothing more will come: what was asked and not explained is told now."""
        return self._due(float("inf"))

    def _due(self, now_s: float) -> list[Sudden]:
        if now_s < self._past_s:
            return []
        ask_s = self._params.ask_s
        due = [one for one in self._asked if one[0].at_s + ask_s <= now_s or self._denied(one[0])]
        self._asked = [one for one in self._asked if one not in due]
        over = [sudden for sudden, _ in due if self._is_past(sudden) and not self._watch.lasts(sudden)]
        for sudden in over:
            self._watch.take_back(sudden)
        return [sudden for sudden, aids in due if sudden not in over and self._aids_on(sudden.chart.day) == aids]

    def _is_past(self, sudden: Sudden) -> bool:
        return sudden.at_s + self._params.ask_s < self._past_s

    def _doubt(self, check: Check) -> None:
        match check:
            case Slip(side=side, at_s=at_s):
                self._watch.doubt(side, at_s)
            case SideCheck(verdict="swapped", at_s=at_s):
                for side in SIDES:
                    self._watch.doubt(side, at_s)
