"""Changes: who changed what about a patient, in one list: orders, profile, name, treatments, guided tests."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import tzinfo

from surefoot.pipeline.profiles import Profile
from surefoot.pipeline.store import Store
from surefoot.records import Treatment
from surefoot.web.ordered import TREATMENTS, history
from surefoot.web.profilewords import changes
from surefoot.web.words import TESTS, digits, leg, local, number

COLUMNS = ("When", "Who", "What", "Note", "What the home says")
AT_HOME = "At home"
STAYS = "It stays at this clinic"
Change = tuple[str, str, str, str, str, str]  # the time to sort by, then COLUMNS


def changed(store: Store, gateway: str, zone: tzinfo | None) -> list[tuple[str, ...]]:
    """Rows of ``COLUMNS``, newest first."""
    found = [*_orders(store, gateway, zone), *_profiles(store, gateway, zone), *_names(store, gateway, zone)]
    found += [*_treatments(store, gateway), *_tests(store, gateway, zone)]
    return [row[1:] for row in sorted(found, key=lambda row: row[0], reverse=True)]


def _orders(store: Store, gateway: str, zone: tzinfo | None) -> Iterator[Change]:
    for when, who, what, note, home in history(store, gateway, zone):
        yield when, when, who, what, note, home


def _profiles(store: Store, gateway: str, zone: tzinfo | None) -> Iterator[Change]:
    before = Profile()
    for one in store.office.profiles.of(gateway):
        when = local(one.at_s, zone)
        yield when, when, one.who, changes(before, one.profile), one.note or "no note", STAYS
        before = one.profile


def _names(store: Store, gateway: str, zone: tzinfo | None) -> Iterator[Change]:
    """That it was named, not how: the log holds no name."""
    for one in store.office.audit.entries(about=gateway):
        if one.what == "did label":
            when = local(one.at_s, zone)
            yield when, when, one.who, "Named the patient", "no note", STAYS


def _treatments(store: Store, gateway: str) -> Iterator[Change]:
    """Those that no order tells of: logged by the patient."""
    ordered = {(o.kind, o.day) for one in store.orders.given(gateway) if isinstance(o := one.order.what, Treatment)}
    for one in store.diary.treatments(gateway):
        if (one.kind, one.day) not in ordered:
            what = f"{TREATMENTS[one.kind]}, first day {one.day}"
            yield one.day, one.day, AT_HOME, what, "no note", "Logged at home"


def _tests(store: Store, gateway: str, zone: tzinfo | None) -> Iterator[Change]:
    for one in store.tests(gateway):
        value = f"not usable: {one.reason}" if one.value is None else number(one.value, digits(one.unit), one.unit)
        which = f", {leg(one.side).lower()} leg" if one.side else ""
        when = local(one.start_s, zone)
        yield when, when, AT_HOME, f"Guided test, {TESTS[one.kind].lower()}{which}: {value}", "no note", "Done at home"
