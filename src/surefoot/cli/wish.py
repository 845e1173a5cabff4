"""The wish of a pairing: which sensors are to be found and for which places; what a person sees of it meanwhile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from surefoot.records import Placement, Side, SurefootError
from surefoot.sensors.bluetooth.ble import Found
from surefoot.sensors.makers.product import Product

Place = tuple[Side, Placement]
Doing = Literal["stand", "walk"] | Place  # a place is one to tap
PLACES = {"shank": "ankle", "foot": "foot"}
NEAR = "Put the sensors beside this computer, switch them on or shake them, and end other programs that use them"
KEPT = "Nothing was changed."


class PairingError(SurefootError):
    """Pairing that cannot go on: what happened, and what to do."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be paired, and how patient the pairing is (P). ``given``: the addresses of those who know them."""

    places: tuple[Place, ...] = (("left", "shank"), ("right", "shank"))
    given: Mapping[Place, str] = field(default_factory=dict)
    window_s: float = 60.0  # for finding the sensors
    settle_s: float = 4.0  # looked on when enough were heard: a nearer one may come
    streams_s: float = 45.0  # until readings come from all
    tap_s: float = 60.0
    ask_again_s: float = 12.0  # a knock may be lost on air
    stand_s: float = 5.0
    still_dps: float = 40.0
    still_within_s: float = 30.0
    walk_s: float = 90.0
    steps: int = 20
    verdict_s: float = 8.0  # after so many steps; strides are told when their neighbours are known


@dataclass(frozen=True, slots=True)
class Heard:
    """A sensor that was found; ``battery_pct`` None: not asked yet, or it does not say."""

    found: Found
    product: Product
    battery_pct: int | None = None


class View(Protocol):
    """What a person sees."""

    def say(self, sentence: str) -> None: ...
    def ask(self, sentence: str, doing: Doing) -> None:
        """Something to do now, in large letters."""
        ...

    def heard(self, sensors: Sequence[Heard], left_s: float) -> None: ...
    def count(self, told: str) -> None:
        """A number that changes, in its place."""
        ...
