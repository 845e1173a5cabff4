"""Freed memory: what a program that runs for months has let go, given back to the computer.

A C library keeps what is freed between things that are still in use. Days of that look like a leak to whoever counts
(systemd, a small computer that runs out), though nothing is held.
"""

from __future__ import annotations

import ctypes
import sys


def give_back() -> bool:
    """Whether there was anybody to ask: the C library of most Linuxes; others have no such call. Takes milliseconds."""
    if sys.platform != "linux":
        return False
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is None:  # musl
        return False
    trim(ctypes.c_size_t(0))
    return True
