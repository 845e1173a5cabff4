"""surefoot: sees a leg getting weaker, from two ankle-worn motion sensors.

``surefoot.analyze`` and ``surefoot.load`` are fetched when first used: importing surefoot loads nothing heavy.
"""

from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from surefoot.sensors.files.recording import load
    from surefoot.signal.walk import analyze

__all__ = ["__version__", "analyze", "load"]

_HOMES = {"analyze": "surefoot.signal.walk", "load": "surefoot.sensors.files.recording"}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'surefoot' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
