"""The postman: which of the clinic's orders are to be sent now, to homes that can hear them, until they confirm.

He remembers what he sent only to space it out: a clinic that starts anew sends once more, and a home does it once.
"""

from __future__ import annotations

from dataclasses import dataclass

from surefoot.alerts.orders import order_payload, order_topic
from surefoot.pipeline.store import Store


@dataclass(frozen=True, slots=True)
class PostParams:
    """How often an order goes out. Engineering choices, not from the field."""

    heard_s: float = 180.0  # a home that was heard so lately has a line
    again_s: float = 30.0  # then twice as long each time, up to
    slowest_s: float = 1800.0


class Postman:
    """``due`` says what goes out at this look."""

    def __init__(self, params: PostParams | None = None) -> None:
        self._params = params or PostParams()
        self._sent: dict[tuple[str, str], tuple[float, int]] = {}  # last time, how often

    def due(self, store: Store, now_s: float) -> list[tuple[str, bytes]]:
        """Topic and payload of each order to be sent now."""
        waiting, homes = store.orders.waiting(), {}
        if waiting:
            homes = store.homes()
        keys = {(gateway, order.order_id) for gateway, order in waiting}
        self._sent = {key: sent for key, sent in self._sent.items() if key in keys}
        letters = []
        for gateway, order in waiting:
            heard_s = homes.get(gateway)
            if heard_s is None or abs(now_s - heard_s) > self._params.heard_s:
                continue
            last_s, times = self._sent.get((gateway, order.order_id), (-float("inf"), 0))
            pause_s = min(self._params.slowest_s, self._params.again_s * 2 ** max(0, times - 1))
            if not 0 <= now_s - last_s < pause_s:
                self._sent[gateway, order.order_id] = now_s, times + 1
                letters.append((order_topic(gateway, order.what), order_payload(gateway, order)))
        return letters
