"""``surefoot log rules`` and ``orders``: every rule and how often it would have fired; what the clinic decided."""

from __future__ import annotations

import json

import click

from surefoot.cli.console import Terminal, note
from surefoot.cli.told import STORE, opened
from surefoot.config import load_config
from surefoot.pipeline.aids import aids_on
from surefoot.pipeline.lookback import sudden_would_have
from surefoot.pipeline.resumed import told_of
from surefoot.pipeline.rulebook import WouldHave, would_have
from surefoot.web.ordered import history, in_short


@click.command()
@STORE
@click.option("--last", type=click.IntRange(1, 365), default=60, show_default=True, help="Stored days looked at.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, for programs.")
def rules(store_at: str | None, last: int, as_json: bool) -> None:
    """Say which rules judge this patient's days, and how often each would have fired lately.

    Each day is judged again with the days before it, as if the rules of today had always been in force. It changes
    nothing.
    """
    store = opened(store_at, load_config())
    try:
        days = store.days(store.gateway())
        sudden = sudden_would_have(days, store.strides, lambda day: aids_on(day, store.diary.aids()), last)
        found = [sudden, *would_have(days, told_of(store), last)]
    finally:
        store.close()
    if as_json:
        for one in found:
            click.echo(json.dumps(_object(one), ensure_ascii=False))
        return
    rows = [(one.rule.name, "/".join(one.rule.tiers), str(len(one.fired)), _days(one), one.rule.grade) for one in found]
    columns = ("rule", "tier", "fired", "on", "evidence")
    Terminal().table(f"Of the last {found[0].looked} stored days", columns, rows, ("tier", "on", "evidence"))
    for one in found:
        note(f"{one.rule.name}: {one.rule.words} ({one.rule.source})")


@click.command()
@STORE
def orders(store_at: str | None) -> None:
    """Show what the clinic has decided for this patient: limits, learning normal anew, treatments, questions."""
    config = load_config()
    store = opened(store_at, config)
    try:
        told = history(store, store.gateway(), config.zone)
        plan = store.orders.plan(store.gateway())
    finally:
        store.close()
    for line in in_short(plan) or ["the usual limits hold"]:
        note(line)
    rows = [(when, what, home) for when, _, what, _, home in told]
    columns = ("when", "what", "what this home says")
    Terminal().table(f"Orders: {len(rows)}", columns, rows, columns)


def _days(one: WouldHave) -> str:
    return ", ".join(f"{day} {tier}" for day, tier in one.fired) or "never"


def _object(one: WouldHave) -> dict[str, object]:
    fired = [{"day": day, "tier": tier} for day, tier in one.fired]
    told = {"rule": one.rule.name, "tiers": one.rule.tiers, "words": one.rule.words, "source": one.rule.source}
    return {"type": "rule", **told, "grade": one.rule.grade, "looked": one.looked, "fired": fired}
