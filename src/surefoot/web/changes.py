"""Changes: who changed what about a patient, in one list: orders, profile, name, treatments, guided tests."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo

from surefoot.pipeline.profiles import Profile
from surefoot.pipeline.store import Store
from surefoot.records import Treatment
from surefoot.web.language import N_, _, day_words
from surefoot.web.ordered import TREATMENTS, history
from surefoot.web.profilewords import changes
from surefoot.web.retold import retold
from surefoot.web.words import TESTS, digits, local, number, which_leg, within

COLUMNS = (N_("When"), N_("Who"), N_("What"), N_("Note"), N_("What the home says"))
AT_HOME = N_("At home")
STAYS = N_("It stays at this clinic")
Change = tuple[str, str, str, str, str, str]  # the time to sort by, then COLUMNS


def changed(store: Store, gateway: str, zone: tzinfo | None) -> list[tuple[str, ...]]:
    """Rows of ``COLUMNS``, newest first."""
    found = [*_orders(store, gateway, zone), *_profiles(store, gateway, zone), *_names(store, gateway, zone)]
    found += [*_treatments(store, gateway), *_tests(store, gateway, zone)]
    return [row[1:] for row in sorted(found, key=lambda row: row[0], reverse=True)]


def _orders(store: Store, gateway: str, zone: tzinfo | None) -> Iterator[Change]:
    for one, row in zip(store.orders.given(gateway), history(store, gateway, zone), strict=True):
        when, who, what, note, home = row
        yield _sortable(one.order.given_s, zone), when, who, what, note, home


def _profiles(store: Store, gateway: str, zone: tzinfo | None) -> Iterator[Change]:
    before = Profile()
    for one in store.office.profiles.of(gateway):
        when = local(one.at_s, zone)
        yield _sortable(one.at_s, zone), when, one.who, changes(before, one.profile), one.note or _("no note"), _(STAYS)
        before = one.profile


def _names(store: Store, gateway: str, zone: tzinfo | None) -> Iterator[Change]:
    """That it was named, not how: the log holds no name."""
    for one in store.office.audit.entries(about=gateway):
        if one.what == "did label":
            when = local(one.at_s, zone)
            yield _sortable(one.at_s, zone), when, one.who, _("Named the patient"), _("no note"), _(STAYS)


def _treatments(store: Store, gateway: str) -> Iterator[Change]:
    """Those that no order tells of: logged by the patient."""
    ordered = {(o.kind, o.day) for one in store.orders.given(gateway) if isinstance(o := one.order.what, Treatment)}
    for one in store.diary.treatments(gateway):
        if (one.kind, one.day) not in ordered:
            day = day_words(one.day)
            what = _("{what}, first day {day}", what=_(TREATMENTS[one.kind]), day=day)
            yield one.day, day, _(AT_HOME), what, _("no note"), _("Logged at home")


def _tests(store: Store, gateway: str, zone: tzinfo | None) -> Iterator[Change]:
    for one in store.tests(gateway):
        value = number(one.value, digits(one.unit), one.unit)
        if one.value is None:
            value = _("not usable: {why}", why=retold(one.reason))
        test, when = within(_(TESTS[one.kind])), local(one.start_s, zone)
        what = _("Guided test, {test}: {value}", test=test, value=value)
        if one.side:
            what = _("Guided test, {test}, {leg}: {value}", test=test, leg=which_leg(one.side), value=value)
        yield _sortable(one.start_s, zone), when, _(AT_HOME), what, _("no note"), _("Done at home")


def _sortable(at_s: float, zone: tzinfo | None) -> str:
    """A time that sorts among days as they are stored."""
    try:
        return datetime.fromtimestamp(at_s, UTC).astimezone(zone).isoformat()
    except (ValueError, OverflowError, OSError):
        return ""
