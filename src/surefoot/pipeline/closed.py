"""Closed: whether somebody has closed an alert, as a question to the database; what is not asked for costs nothing."""

from __future__ import annotations

from functools import cache

from sqlalchemy import Alias, ColumnElement, select

from surefoot.alerts.alertlife import MACHINE
from surefoot.pipeline.schema import alert_events, alerts

SAME_ALERT = (alert_events.c.gateway == alerts.c.gateway) & (alert_events.c.alert_id == alerts.c.alert_id)


@cache
def is_closed() -> ColumnElement[bool]:
    """Whether somebody has closed an alert at its tier and every higher one it ever had, as `live` would say it.

    Made once: each alias is a thousand objects in circles, and asked for at every look they pile up until memory is
    next collected.
    """
    closing, higher = alert_events.alias(), alert_events.alias()
    of_alert = (closing.c.gateway == alerts.c.gateway) & (closing.c.alert_id == alerts.c.alert_id)
    of_closing = (higher.c.gateway == closing.c.gateway) & (higher.c.alert_id == closing.c.alert_id)
    by_person = (closing.c.who != MACHINE) & closing.c.what.in_(("acknowledged", "resolved", "expired"))
    worse = select(higher.c.id).where(of_closing, higher.c.what == "stored", higher.c.tier > closing.c.tier)
    covers = closing.c.tier >= alerts.c.tier
    return select(closing.c.id).where(of_alert, by_person | _by_itself(closing), covers, ~worse.exists()).exists()


def _by_itself(closing: Alias) -> ColumnElement[bool]:
    technical = (alerts.c.channel == "technical") & closing.c.what.in_(("resolved", "expired"))
    return technical | ((closing.c.what == "expired") & (closing.c.tier <= "T1"))
