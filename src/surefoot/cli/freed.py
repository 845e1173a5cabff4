"""Freed memory: what a program that runs for months has let go, given back to the computer.

A C library keeps what is freed between things that are still in use. Days of that look like a leak to whoever counts
(systemd, a small computer that runs out), though nothing is held.
"""

from __future__ import annotations

import ctypes
import gc
import sys


def settle_in() -> None:
    """To be called once a program stands: what it holds for good is not looked through again by the collector.

    Without it a full turn of the collector waits until a quarter of all there is has been let go in circles: hours, in
    which a quiet program grows by megabytes, and each turn holds everything up for a tenth of a second.
    """
    gc.collect()
    gc.freeze()


def give_back() -> bool:
    """Whether there was anybody to ask: the C library of most Linuxes; others have no such call. Takes milliseconds."""
    if sys.platform != "linux":
        return False
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is None:  # musl
        return False
    trim(ctypes.c_size_t(0))
    return True
