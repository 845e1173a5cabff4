"""The rulebook: every rule stands in it with its source, and it tells how often each would have fired."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from surefoot.alerts.decline import Slope
from surefoot.cli.log import log
from surefoot.pipeline import rulebook
from surefoot.pipeline.course import Course
from surefoot.pipeline.rulebook import RULES, would_have
from surefoot.pipeline.store import open_store
from surefoot.pipeline.told import Told
from surefoot.records import SIDES, DaySummary, Incident
from weeks import days, name

WEAK = days(27, weak_from=18)


def fired(lived: list[DaySummary], told: Told | None = None, last: int = 60) -> dict[str, list[tuple[str, str]]]:
    return {one.rule.name: list(one.fired) for one in would_have(lived, told, last) if one.fired}


def test_what_would_have_fired_is_what_a_course_raises() -> None:
    course = Course()
    raised = [(a.day, a.tier) for one in WEAK for a in course.update(one)[1]]
    assert raised and sorted(day for found in fired(WEAK).values() for day in found) == sorted(raised)


def test_a_quiet_patient_and_one_without_days() -> None:
    assert fired(days(30, seed=5)) == {}
    assert [one.looked for one in would_have([])] == [0] * len(RULES)


def test_only_the_last_days_are_looked_at() -> None:
    assert {one.looked for one in would_have(WEAK, last=5)} == {5}
    early = [*WEAK[:25], *(replace(one, day=name(25 + k)) for k, one in enumerate(days(5, seed=9)))]
    assert all(day >= name(20) for found in fired(early, last=10).values() for day, _ in found)


def test_giving_way_fires_by_itself() -> None:
    lived = days(25)
    at_s = [lived[20].start_s + 3600.0 * k for k in (8, 11, 12)]
    happened = [Incident("giving_way", "right", start_s, 0.0, "probable", ()) for start_s in at_s]
    told = Told(lambda start_s, end_s: [one for one in happened if start_s <= one.start_s < end_s])
    assert fired(lived, told) == {"giving way": [(name(20), "T3")]}


def test_a_weakness_of_both_legs_is_urgent() -> None:
    """The right leg does what the left one does."""
    both = []
    for one in WEAK:
        left = [metric for metric in one.metrics if metric.side == "left"]
        both.append(replace(one, metrics=tuple(replace(metric, side=side) for metric in left for side in SIDES)))
    found = fired(both)
    assert len(found["charts"]) >= 2 and [tier for _, tier in found["both legs"]] == ["T3"]


def test_what_a_chart_has_told_of_is_not_told_again_as_a_decline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of that leg and root, on that day; here everything falls steeply."""
    steep = [Slope(f"{root}_composite", side, 99.0, 0.0, 14) for root in ("l4", "l5", "s1") for side in SIDES]
    monkeypatch.setattr(rulebook, "root_slopes", lambda *_: steep)
    found = fired(WEAK)
    assert found["charts"] and not {day for day, _ in found["charts"]} & {day for day, _ in found.get("decline", [])}


def test_every_rule_says_what_it_rests_on() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES) == 6
    for rule in RULES:
        assert rule.words and "facts/clinical.md" in rule.source and rule.grade in ("E1", "E2", "E3", "P")


def test_the_command(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/anna.sqlite")
    for one in WEAK:
        store.keep_day(one)
    store.close()
    given = ["rules", "--store", str(tmp_path / "anna.sqlite")]
    done = CliRunner().invoke(log, given)
    assert done.exit_code == 0 and "Of the last 27 stored days" in done.output and "never" in done.output
    lines = [
        json.loads(line) for line in CliRunner().invoke(log, [*given, "--json", "--last", "20"]).stdout.splitlines()
    ]
    assert [one["rule"] for one in lines] == ["acute", *(rule.name for rule in RULES)]
    assert lines[0]["fired"] == [] and lines[1]["looked"] == 20 and lines[1]["fired"][0]["tier"] in ("T2", "T3")
