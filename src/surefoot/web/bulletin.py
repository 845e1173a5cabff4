"""The bulletin: what changed in the store, edition after edition, found by one watcher for however many readers."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from threading import Lock

from surefoot.pipeline.alertlog import OpenAlert
from surefoot.pipeline.lookout import Found, News
from surefoot.pipeline.store import Store
from surefoot.records import Tier

KEPT = 200  # editions; who comes back from further away is told to read everything again
URGENT: Tier = "T3"  # and above: heard and seen on whatever page is open


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many alerts wait for a person."""

    clinical: int = 0
    technical: int = 0
    urgent: int = 0


@dataclass(frozen=True, slots=True)
class Edition:
    """What changed since an earlier edition. ``everything``: that is not known any more."""

    changed: Mapping[str, frozenset[News]] = field(default_factory=dict)
    raised: tuple[Tier, ...] = ()
    everything: bool = False


class Bulletin:
    """Safe to use from several threads. ``of``: a name that no other has, one of before a restart neither."""

    def __init__(self, store: Store, of: str) -> None:
        self._store = store
        self._lookout = store.lists.lookout()
        self._lock = Lock()
        self._of = of
        self._editions: deque[tuple[int, Found]] = deque(maxlen=KEPT)
        self._number = 0  # 0: nobody has looked yet
        self.waiting = Waiting()

    def look(self) -> bool:
        """Whether there is a new edition. StoreError when the records cannot be read."""
        with self._lock:
            found = self._lookout.look()
            if self._number and not found:
                return False
            self.waiting = _waiting(self._store.alert_log.waiting())
            self._number += 1
            self._editions.append((self._number, found))
            return True

    def name(self) -> str:
        """Of the newest edition; the first look is taken now, if it has not been."""
        if not self._number:
            self.look()
        return self.named(self._number)

    @property
    def number(self) -> int:
        return self._number

    def named(self, number: int) -> str:
        return f"{self._of}.{number}"

    def number_of(self, name: str) -> int:
        """0 for an edition of another bulletin, or none."""
        of, _, number = name.partition(".")
        return int(number) if of == self._of and number.isascii() and number.isdecimal() else 0

    def since(self, number: int) -> Edition:
        """All that came after an edition, as one."""
        with self._lock:
            kept = list(self._editions)
        if not kept or not kept[0][0] - 1 <= number <= kept[-1][0] or not number:
            return Edition(everything=True)
        return _together(found for at, found in kept if at > number)


def _together(many: Iterable[Found]) -> Edition:
    changed: dict[str, frozenset[News]] = {}
    raised: list[Tier] = []
    for found in many:
        for gateway, news in found.changed.items():
            changed[gateway] = changed.get(gateway, frozenset()) | news
        raised += found.raised
    return Edition(changed, tuple(sorted(raised, reverse=True)))


def _waiting(alerts: list[OpenAlert]) -> Waiting:
    clinical = [one.life.tier for one in alerts if one.life.channel == "clinical"]
    return Waiting(len(clinical), len(alerts) - len(clinical), sum(tier >= URGENT for tier in clinical))
