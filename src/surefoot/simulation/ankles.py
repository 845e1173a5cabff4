"""The virtual ankles' firmware, by the key of its product."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from surefoot.simulation.firmware import Firmware

FIRMWARE = {  # product: file and class
    "dot": ("ankle_dot", "DotFirmware"),
    "movesense": ("ankle_movesense", "MovesenseFirmware"),
    "witmotion": ("ankle_witmotion", "WitmotionFirmware"),
    "polar": ("ankle_polar", "PolarFirmware"),
    "metamotion": ("ankle_metamotion", "MetaMotionFirmware"),
    "open": ("ankle_open", "OpenFirmware"),
}


def firmware(key: str, **settings: Any) -> Firmware:
    """A sensor of this product, switched on; its own settings by name (``mtu``, ``battery``, ...)."""
    file, name = FIRMWARE[key]
    made: Firmware = getattr(import_module(f"surefoot.simulation.{file}"), name)(**settings)
    return made
