"""The products surefoot knows: one list, and each by its key."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec

from surefoot.records import SurefootError
from surefoot.sensors.product import Product

FILES = ("dot", "movesense", "witmotion", "polar", "metamotion", "openpacket")


def _present() -> Iterator[Product]:
    for file in FILES:
        if find_spec(f"surefoot.sensors.{file}"):
            yield import_module(f"surefoot.sensors.{file}").PRODUCT


PRODUCTS: tuple[Product, ...] = tuple(_present())


def product(key: str) -> Product:
    """The product of this key. Raise SurefootError for a key that names none."""
    for known in PRODUCTS:
        if known.key == key:
            return known
    keys = ", ".join(known.key for known in PRODUCTS)
    raise SurefootError(f"No sensor product is called {key!r}.", "Its packets cannot be read.", f"Known are: {keys}.")
