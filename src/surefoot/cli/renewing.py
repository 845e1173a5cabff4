"""Renewing: gateways' certificates are made anew in time, and go to their homes as orders."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from surefoot.alerts.identity import Identity
from surefoot.cli.authority import Authority, AuthorityError, Enrolled, now_utc
from surefoot.pipeline.orderbook import GivenOrder
from surefoot.pipeline.store import Store
from surefoot.records import Renewal

LEFT = 1 / 3  # of its time: then it is renewed (facts/reliability.md 6: a certificate of a year after eight months)
SHORTEST_DAYS = 120  # a new one lasts: a home warns in its last month, and must have the next one by then (P)

AGAIN_S = 7 * 86400.0  # after a refusal: each that is sent is kept here and there for good (P)


@dataclass(frozen=True, slots=True)
class Standing:
    """How it stands with one gateway's certificate. ``until``: as far as is known, of the one its home has."""

    gateway: str
    until: datetime
    state: str
    is_wrong: bool = False

    def row(self) -> tuple[str, str, str]:
        return self.gateway, f"{self.until:%Y-%m-%d}", self.state


def renew_due(authority: Authority, store: Store, now_s: float, days: int, by: str) -> list[Standing]:
    """Renew what is due, each by an order to its home; how it stands with all that are not revoked."""
    homes, now = set(store.homes()), now_utc(now_s)
    found = []
    for one in authority.gateways():
        if one.is_revoked:
            continue
        sent = [given for given in store.orders.given(one.gateway) if isinstance(given.order.what, Renewal)]
        until = _held_until(one, sent)
        if until - now >= timedelta(days=days) * LEFT:
            found.append(Standing(one.gateway, until, "good"))
        elif one.gateway not in homes:
            state = "nothing was ever heard of it here: carry its folder there, enroll it again, or revoke it"
            found.append(Standing(one.gateway, until, state, until < now))
        elif sent and sent[0].confirmation is None:
            state = f"a new one waits for the home since {_day(sent[0].order.given_s)}: it is taken when it is heard"
            found.append(Standing(one.gateway, until, state, until < now))
        elif (why := _refused(sent)) and 0.0 <= now_s - sent[0].order.given_s < AGAIN_S:
            state = f"the home refused the one of {_day(sent[0].order.given_s)}: {why}; another is sent after a week"
            found.append(Standing(one.gateway, until, state, is_wrong=True))
        else:
            found.append(_renewed(authority, store, one.gateway, until, sent, now_s, days, by))
    return found


def _renewed(
    authority: Authority, store: Store, gateway: str, until: datetime, sent: list[GivenOrder], now_s: float, days: int,
    by: str,
) -> Standing:  # fmt: skip
    try:
        certificate = authority.renew(gateway, now_utc(now_s), days)
    except AuthorityError as error:
        return Standing(gateway, until, f"{error.what} {error.remedy}", is_wrong=True)
    store.orders.give(gateway, Renewal(certificate), by, now_s, now_utc(now_s).date().isoformat())
    store.office.audit.add(now_s, by, "renewed a certificate", gateway, f"for {days} days")
    if why := _refused(sent):
        return Standing(gateway, until, f"sent again; the home refused the last one: {why}", is_wrong=True)
    return Standing(gateway, until, "renewed: on its way to the home")


def _refused(sent: list[GivenOrder]) -> str:
    """Why its home did not take the last one; empty: it did, or has said nothing yet."""
    last = sent[0].confirmation if sent else None
    return last.reason if last is not None and last.verdict == "refused" else ""


def _held_until(one: Enrolled, sent: list[GivenOrder]) -> datetime:
    """Of what was carried there, and of what its home says it has taken."""
    taken = {
        Identity(given.order.what.certificate.encode(), b"").serial
        for given in sent
        if isinstance(given.order.what, Renewal) and given.confirmation and given.confirmation.verdict == "applied"
    }
    return max(given.until for given in one.issued if not given.is_renewal or given.serial in taken)


def _day(time_s: float) -> str:
    return f"{now_utc(time_s):%Y-%m-%d}"
