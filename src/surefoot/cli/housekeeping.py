"""Housekeeping: what a home sees to beside the walking, so that its store can be written for months.

A full SQLite file cannot even delete: so a ballast lies on the disk that is given away when there is no room at all,
after the oldest raw readings, which are worth least. Alerts never give way.
"""

from __future__ import annotations

import math
import os
import shutil
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from surefoot.cli.board import Board
from surefoot.cli.freed import give_back
from surefoot.cli.owncertificate import OwnCertificate
from surefoot.cli.spare import Spare, renew_spare
from surefoot.config import Config
from surefoot.pipeline.ring import Ring
from surefoot.pipeline.store import Store, StoreError

BALLAST = "ballast"


@dataclass(frozen=True, slots=True)
class HouseParams:
    """Engineering choices (P)."""

    ballast_bytes: int = 8_000_000  # some of the store's journals (`engine.JOURNAL_PAGES`) fit in
    room_bytes: int = 16_000_000  # asked of the raw readings when the store's disk is full
    low_bytes: int = 64_000_000  # less on the disk than this is told before it is too late
    inside_bytes: int = 2_000_000  # kept free within the store's file while there is no ballast
    trim_s: float = 600.0  # between two looks at how large the outbox is, and at memory that is free


class Housekeeping:
    """One home's. ``look`` and ``make_room`` wait for the disk: call them in a thread, whichever."""

    def __init__(
        self, store: Store, ring: Ring, config: Config, board: Board, params: HouseParams | None = None
    ) -> None:
        self._store, self._ring, self._board = store, ring, board
        self._home, self._most = config.home, round(config.outbox_mb * 1e6)
        self._certificate = OwnCertificate.of(config)
        self._params = params or HouseParams()
        self._spare: Spare | None = None
        self._trim_due_s = -math.inf
        self._one_at_a_time = threading.Lock()

    def look(self, now_s: float) -> int:
        """See to everything; how many rows wait. Raise StoreError when the store is damaged."""
        with self._one_at_a_time:
            try:
                self._see_to_disk()
                self._spare = renew_spare(self._home, self._store, self._spare)
                if not 0.0 <= self._trim_due_s - now_s <= self._params.trim_s:
                    self._trim_due_s = now_s + self._params.trim_s
                    self._store.outbox.trim(self._most)
                    give_back()
                    told = self._certificate.warning(now_s) if self._certificate else ""
                    self._board.note_fault("certificate_ending", told)
                if not (self._home / BALLAST).exists():
                    self._keep_room_inside()
                self._board.evicted = self._store.outbox.evicted()
                self._board.aside = self._store.outbox.count_aside()
                waiting = self._store.outbox.count()
            except (StoreError, OSError) as trouble:
                if isinstance(trouble, StoreError) and trouble.trouble == "damaged":
                    raise
                why = trouble.what if isinstance(trouble, StoreError) else trouble.strerror or str(trouble)
                self._board.note_fault("disk_failing", f"{self._home} cannot be written: {why}")
                return self._board.waiting
            return waiting

    def make_room(self) -> bool:
        """The store's disk is full: give it something; whether there was anything to give."""
        with self._one_at_a_time:
            if self._ring.give_room(self._params.room_bytes):
                return True
            if (ballast := self._home / BALLAST).exists():
                ballast.unlink()
                with suppress(StoreError):
                    self._keep_room_inside()
                return True
            return False

    def _keep_room_inside(self) -> None:
        """Without a ballast the file must not grow: what is written next has to find its place among what gave way.

        Ahead of need, for a file on a full disk cannot even delete.
        """
        outbox = self._store.outbox
        outbox.fold_journal()
        missing = self._params.inside_bytes - outbox.room_inside()
        if missing > 0 and outbox.trim(max(0, outbox.size() - missing)):
            outbox.fold_journal()

    def _see_to_disk(self) -> None:
        free = shutil.disk_usage(self._home).free
        full = f"the disk of {self._home} is nearly full ({free / 1e6:.0f} MB free); free some space"
        self._board.note_fault("disk_full", full if free < self._params.low_bytes else "")
        closed = hasattr(os, "statvfs") and os.statvfs(self._home).f_flag & os.ST_RDONLY
        self._board.note_fault(
            "disk_failing", f"the disk of {self._home} cannot be written to any more" if closed else ""
        )
        ballast = self._home / BALLAST
        if not closed and not ballast.exists() and free > 3 * self._params.ballast_bytes:
            _fill(ballast, self._params.ballast_bytes)


def _fill(path: Path, size: int) -> None:
    """A file that really takes its room, or none."""
    try:
        with path.open("xb") as file:
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(file.fileno(), 0, size)
            else:
                file.write(bytes(size))
    except OSError:
        path.unlink(missing_ok=True)
        raise
