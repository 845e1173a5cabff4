"""docs/sensors.md: what it says of a sensor is what the code says."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import pytest

from surefoot.sensors.product import G_MPS2, Product, ProductError

PAGE = (Path(__file__).resolve().parent.parent / "docs" / "sensors.md").read_text(encoding="utf-8")
ROWS = {
    row[0]: row[1:] for line in re.findall(r"^\| `(.*) \|$", PAGE, re.M) if (row := line.replace("`", "").split(" | "))
}


def yes(can: bool) -> str:
    return "yes" if can else "no"


def recorded(product: Product) -> str:
    if not product.traits.log:
        return "no"
    try:
        return yes(product.logbook() is not None)
    except ProductError:
        return "not built"


@pytest.mark.parametrize("key", ROWS)
def test_the_table_is_true(key: str) -> None:
    product: Product = import_module(f"surefoot.sensors.{key}").PRODUCT
    t = product.traits
    rates = [f"**{rate:g}**" if rate == t.usual_rate_hz else f"{rate:g}" for rate in t.rates_hz]
    unit = "none" if t.tick_s is None else f"{t.tick_s * 1e6:g} µs" if t.tick_s < 1e-3 else f"{t.tick_s * 1e3:g} ms"
    assert product.key == key and ROWS[key] == [
        " ".join(rates),
        f"{t.acc_range_mps2 / G_MPS2:.0f}",
        f"{round(t.gyr_range_dps, -1):.0f}",
        unit if t.tick_bits is None else f"{unit}, {t.tick_bits} bits",
        yes(t.sequence_bits is not None),
        yes(t.identify),
        yes(t.battery),
        yes(t.taps),
        recorded(product),
        str(t.mtu),
    ]


def test_the_table_has_these_at_least() -> None:
    assert {"dot", "movesense", "witmotion"} <= set(ROWS)
