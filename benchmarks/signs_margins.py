"""How near real life comes to a false alarm: the nearest non-incidents, in units of the limits of each detector.

    python benchmarks/signs_giving_way.py margins

Each detector is run again with the limits of size put low and all else as it is. What it then tells is put in units of
the limits in force: 1 would have been told, 0.5 reached half of the limit farthest from being reached.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.table import Table

from surefoot.records import Incident
from surefoot.signal.falls import FallParams
from surefoot.signal.givingway import GivingWayParams
from surefoot.signal.standing import StandingParams
from surefoot.signal.stumbles import StumbleParams
from surefoot.signal.walk import WalkParams, analyze

SETS = ("marpino", "movingreality", "terrain", "umafall", "ipol1", "gaitmap")
SHOWN = 3

TIMED = WalkParams(giving_way=GivingWayParams(least_beyond_deg=0.5, clear_beyond_deg=1e9))
CLEAR = WalkParams(giving_way=GivingWayParams(least_beyond_deg=0.5, clear_beyond_deg=0.5))
OTHERS = WalkParams(
    standing=StandingParams(least_rate_dps=30.0, least_tilt_deg=2.0),
    stumbles=StumbleParams(least_dip_dps=30.0, least_dip_share=0.1, least_knock=1.0),
    falls=FallParams(impact_g=1.0, turn_dps=50.0, thrown_deg=40.0, push_beyond_deg=-50.0),
)


def margins(read: Any, console: Console) -> None:
    """The nearest of each detector in each set, told ones in brackets."""
    rows = {
        "giving way in walking, timing upset": ("giving_way", TIMED, _timed),
        "giving way in walking, without": ("giving_way", CLEAR, _clear),
        "giving way in standing": ("giving_way", OTHERS, _standing),
        "stumble": ("stumble", OTHERS, _stumble),
        "fall": ("fall", OTHERS, _fall),
    }
    table = Table(title="Real recordings: nearest to each detector, 1 is told")
    for name in ("detector", *SETS):
        table.add_column(name, justify="left" if name == "detector" else "right")
    cells: dict[str, list[str]] = {name: [name] for name in rows}
    for which in SETS:
        found = list(_told(read, which))
        for name, (kind, params, measure) in rows.items():
            of = [measure(dict(i.evidence)) for p, i in found if p is params and i.kind == kind]
            near = sorted((x for x in of if x), reverse=True)[:SHOWN]
            cells[name].append(", ".join(f"({x:.2f})" if x >= 1 else f"{x:.2f}" for x in near) or "-")
    for row in cells.values():
        table.add_row(*row)
    console.print(table, "")


def _told(read: Any, which: str) -> Iterator[tuple[WalkParams, Incident]]:
    for recording in read.recordings(which):
        if "Fall" in str(recording.info.get("label", "")):
            continue
        worn = {n.split("_")[0]: s for n, s in recording.sensors.items() if n.endswith("shank")}
        worn = {"left" if side == "unknown" else side: sensor for side, sensor in worn.items()}
        for params in (TIMED, CLEAR, OTHERS) if worn else ():
            for incident in analyze(worn, recording.rate_hz, params=params).incidents:
                yield params, incident


def _timed(e: dict[str, float]) -> float | None:
    return e["beyond_spread_deg"] / GivingWayParams().least_beyond_deg if "beyond_spread_deg" in e else None


def _clear(e: dict[str, float]) -> float | None:
    return e["beyond_spread_deg"] / GivingWayParams().clear_beyond_deg if "beyond_spread_deg" in e else None


def _standing(e: dict[str, float]) -> float | None:
    p = StandingParams()
    if "still_before_s" not in e:
        return None
    return min(e["lean_rate_dps"] / p.least_rate_dps, e["added_tilt_deg"] / p.least_tilt_deg)


def _stumble(e: dict[str, float]) -> float | None:
    p = StumbleParams()
    share = e["swing_dip_dps"] / max(e["swing_peak_dps"], 1.0)
    return min(e["swing_dip_dps"] / p.least_dip_dps, share / p.least_dip_share, e["knock"] / p.least_knock)


def _fall(e: dict[str, float]) -> float | None:
    p = FallParams()
    struck = min(e["impact_g"] / p.impact_g, e["turn_rate_dps"] / p.turn_dps)
    thrown_deg = e["push_deg"] + p.shaken_deg * math.log(e["shaken_g"] / p.shaken_g)
    beyond = e["push_deg"] / (e["tilt_deg"] + p.push_beyond_deg)
    return max(struck, min(thrown_deg / p.thrown_deg, beyond, e["turn_rate_dps"] / p.turn_dps))
