"""The keeping of a replay or a test: one patient's store, and what its user must know of what is kept there."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

from surefoot.cli.keyfile import home_keys
from surefoot.config import Config
from surefoot.pipeline.calibration import length_factors
from surefoot.pipeline.course import Course
from surefoot.pipeline.kepttest import keep_test
from surefoot.pipeline.resumed import resumed
from surefoot.pipeline.store import Store, StoreError, open_store
from surefoot.pipeline.tested import only_tests
from surefoot.records import Alert, Bout, DaySummary, Incident, Placement, Side, Stride, TestResult, Trend


class Keeping:
    """A home store as a replay writes to it. A day that counts is not replaced by one that does not.

    ``notes`` are sentences for the user about days that the store knew already.
    """

    def __init__(self, store: Store, where: str) -> None:
        self.store = store
        self.where = where
        self.notes: list[str] = []
        self._days = {day.day: day for day in store.days(store.gateway())}

    def close(self) -> None:
        self.store.close()

    def course(self, zone: ZoneInfo) -> Course:
        """What is known of the patient so far."""
        return resumed(self.store, zone)

    def length_factors(self, placement: Placement) -> tuple[tuple[Side, float], ...]:
        """What this patient's 20 m walks say of their strides, leg by leg."""
        return length_factors(self.store.tests(self.store.gateway()), placement)

    def keep_test(self, test: TestResult, zone: ZoneInfo) -> None:
        """Keep a guided test and put it on its day at once: that day and those after it are judged anew."""
        now_s = max(time.time(), test.end_s)  # a recording that somebody dates ahead has a day of its own
        keep_test(self.store, test, zone, now_s)

    def keep_strides(self, strides: Sequence[Stride]) -> None:
        self.store.keep_strides(strides)

    def keep_bout(self, bout: Bout) -> None:
        self.store.keep_bout(bout)

    def keep_incident(self, incident: Incident) -> None:
        self.store.keep_incident(incident)

    def keep_alert(self, alert: Alert) -> None:
        self.store.keep_alert(alert)

    def keep_day(self, day: DaySummary, trends: Sequence[Trend] = ()) -> None:
        known = self._days.get(day.day)
        if known is not None and known != day and not only_tests(known):
            if day.missing and not known.missing:
                self.notes.append(_stays(known, day, self.where))
                return
            self.notes.append(_replaced(known, self.where))
        self.store.keep_day(day, trends)


def _stays(known: DaySummary, day: DaySummary, where: str) -> str:
    return (
        f"{day.day} stays in {where} as it was ({_held(known)}): it counts, and this recording alone would not "
        f"({day.missing}). Strides, walks and incidents of this recording are kept"
    )


def _replaced(known: DaySummary, where: str) -> str:
    return (
        f"{known.day} was in {where} already ({_held(known)}): its summary is now that of this recording alone; "
        "strides, walks and incidents of both are kept. For a summary of both, put their readings into one file for "
        "each leg and replay that"
    )


def _held(day: DaySummary) -> str:
    return f"walked {day.walking_min:.1f} min, {sum(count for _, count in day.strides)} strides"


def open_keeping(store_at: str | None, publish: bool, config: Config) -> Keeping | None:
    """The store named ``store_at``; without a name one of its own, apart from the one live wear uses.

    None when nothing is to be kept: neither named nor needed for sending.

    Raises:
        StoreError: it cannot be opened or made.
    """
    if store_at is None and not publish:
        return None
    if store_at is not None and "://" in store_at:
        return Keeping(open_store(store_at, config.stride_days, home_keys(config)), "the store")
    path = Path(store_at).expanduser() if store_at else config.home / "replay.sqlite"
    if not store_at:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"The folder {path.parent} cannot be made ({error.strerror}).",
                "Nothing was analysed.",
                "Name a file to keep the findings in: --store PATH.",
            ) from error
    return Keeping(open_store(f"sqlite:///{path}", config.stride_days, home_keys(config)), str(path))
