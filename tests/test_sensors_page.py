"""docs/sensors.md: what it says of a sensor is what the code says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from surefoot.sensors.makers.product import G_MPS2, Product, ProductError
from surefoot.sensors.makers.products import PRODUCTS, product

PAGE = (Path(__file__).resolve().parent.parent / "docs" / "sensors.md").read_text(encoding="utf-8")
ROWS = {
    row[0]: row[1:] for line in re.findall(r"^\| `(.*) \|$", PAGE, re.M) if (row := line.replace("`", "").split(" | "))
}


def yes(can: bool) -> str:
    return "yes" if can else "no"


def in_its_unit(seconds: float) -> str:
    size, unit = next((s, u) for s, u in ((1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns")) if seconds >= s)
    return f"{seconds / size:.6g} {unit}"


def recorded(known: Product) -> str:
    if not known.traits.log:
        return "no"
    try:
        return yes(known.logbook() is not None)
    except ProductError:
        return "not built"


@pytest.mark.parametrize("key", ROWS)
def test_the_table_is_true(key: str) -> None:
    known = product(key)
    t = known.traits
    rates = [f"**{rate:g}**" if rate == t.usual_rate_hz else f"{rate:g}" for rate in t.rates_hz]
    unit = "none" if t.tick_s is None else in_its_unit(t.tick_s)
    assert ROWS[key] == [
        " ".join(rates),
        f"{t.acc_range_mps2 / G_MPS2:.0f}",
        f"{round(t.gyr_range_dps, -1):.0f}",
        unit if t.tick_bits is None else f"{unit}, {t.tick_bits} bits",
        yes(t.sequence_bits is not None),
        yes(t.identify),
        yes(t.battery),
        yes(t.taps),
        recorded(known),
        str(t.mtu),
    ]


def test_the_table_has_every_product() -> None:
    assert list(ROWS) == [known.key for known in PRODUCTS]
