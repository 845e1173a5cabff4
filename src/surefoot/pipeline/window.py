"""The window of delivery: which rows are under way, and when an unanswered one is due again. Pure: time is given."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DeliveryParams:
    """How eagerly a home sends. Engineering choices, not from the field."""

    window: int = 100  # rows under way at a time; alerts go beside it
    burst: int = 20  # rows sent before looking for a new alert
    answer_s: float = 5.0  # an unanswered row is sent again after this, then twice as long, ...
    longest_answer_s: float = 30.0
    alert_answer_s: float = 1.0  # likewise an alert: what was on its way to a clinic that died is not waited for
    longest_alert_answer_s: float = 5.0
    look_s: float = 1.0  # rows queued by another program are noticed this often
    unanswered_s: float = 60.0  # rows under way and nothing heard of any for so long: the line is begun anew
    status_s: float = 60.0  # between two signs of life


class Window:
    """Rows sent and not yet answered."""

    def __init__(self, params: DeliveryParams) -> None:
        self._params = params
        self._tries: dict[int, int] = {}
        self._due_s: dict[int, float] = {}

    def sent(self, seq: int, now_s: float, chance: float, *, alert: bool = False) -> None:
        """A row goes out. It is due again later each time, so that one row cannot take the line from the others."""
        tries, p = self._tries.get(seq, 0), self._params
        first_s, longest_s = (p.alert_answer_s, p.longest_alert_answer_s) if alert else (p.answer_s, p.longest_answer_s)
        patience_s = min(longest_s, first_s * 2.0 ** min(tries, 30))
        self._tries[seq] = tries + 1
        self._due_s[seq] = now_s + patience_s * (1.0 + 0.25 * chance)

    def answered(self, seqs: Iterable[int]) -> None:
        for seq in seqs:
            self._tries.pop(seq, None)
            self._due_s.pop(seq, None)

    def reconnected(self, now_s: float) -> None:
        """The line is new: what went out once may have got lost with the old one and is due now."""
        for seq, tries in self._tries.items():
            if tries == 1:
                self._due_s[seq] = now_s

    def waiting(self, now_s: float) -> list[int]:
        """Rows that are not to be sent now."""
        return [seq for seq, due_s in self._due_s.items() if due_s > now_s]

    def room(self, now_s: float) -> int:
        """How many ordinary rows may go out now."""
        return max(0, self._params.window - len(self.waiting(now_s)))

    def next_due_s(self) -> float | None:
        return min(self._due_s.values(), default=None)
