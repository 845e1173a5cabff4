"""The products surefoot knows: one list, and each by its key."""

from __future__ import annotations

from surefoot.records import SurefootError
from surefoot.sensors.makers import dot, metamotion, movesense, openpacket, polar, witmotion
from surefoot.sensors.makers.product import Product

PRODUCTS: tuple[Product, ...] = tuple(
    file.PRODUCT for file in (dot, movesense, witmotion, polar, metamotion, openpacket)
)


def product(key: str) -> Product:
    """The product of this key. Raise SurefootError for a key that names none."""
    for known in PRODUCTS:
        if known.key == key:
            return known
    keys = ", ".join(known.key for known in PRODUCTS)
    raise SurefootError(f"No sensor product is called {key!r}.", "Its packets cannot be read.", f"Known are: {keys}.")
