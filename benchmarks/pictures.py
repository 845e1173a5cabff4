"""The pictures of docs/methods.md: the signal, what was found, what was true.

    python benchmarks/pictures.py [--data DIR] [--into DIR] [NAME ...]

Real recordings where there are any; giving way, foot drop by degree, wear and trends are simulated and say so.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

import pictures_activities as doing
import pictures_contacts as one_leg
import pictures_drop as drop
import pictures_incidents as incidents
import pictures_signs as signs
import pictures_tests as tests
import pictures_worn as worn
from accuracy import DATA, module

PICTURES = Path(__file__).resolve().parent.parent / "docs" / "pictures"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA, help="folder of the recordings")
    parser.add_argument("--into", type=Path, default=PICTURES, help="folder of the pictures")
    parser.add_argument("names", nargs="*", help="only these")
    given = parser.parse_args()
    simulated: dict[str, Callable[[], Path]] = {
        "activities": lambda: doing.activities(given.into),
        "foot-drop": lambda: drop.foot_drop(given.into),
        "push-off": lambda: drop.push_off(given.into),
        "giving-way": lambda: incidents.giving_way(given.into),
        "wear": lambda: signs.wear(given.into),
        "trends": lambda: signs.trends(given.into),
        "guided-tests": lambda: tests.guided(given.into),
    }
    real: dict[str, Callable[[], Path]] = {}
    if given.data.is_dir():
        read, score = module(given.data, "read"), module(given.data, "score")
        real = {
            "alignment": lambda: one_leg.alignment(read, given.into),
            "slips": lambda: worn.slips(read, given.into),
            "sides": lambda: worn.sides(read, given.into),
            "clocks": lambda: worn.clocks(read, given.into),
            "contacts-ankle": lambda: one_leg.ankle(read, given.into),
            "contacts-foot": lambda: one_leg.foot(read, given.into),
            "strikes": lambda: one_leg.strikes(read, given.into),
            "misses": lambda: one_leg.misses(read, score, given.into),
            "path": lambda: one_leg.path(read, given.into),
            "foot-drop-real": lambda: drop.foot_drop_real(read, given.into),
            "bouts": lambda: signs.bouts(read, given.into),
            "stumbles-and-falls": lambda: incidents.stumbles_and_falls(read, given.into),
            "told": lambda: incidents.told(read, given.into),
        }
    else:
        print(f"no recordings at {given.data}: only the simulated pictures are made; name their folder with --data")
    known = real | simulated
    unknown = set(given.names) - set(known)
    if unknown:
        sys.exit(f"no picture {', '.join(sorted(unknown))}; there are: {', '.join(known)}")
    given.into.mkdir(parents=True, exist_ok=True)
    for name in given.names or known:
        path = known[name]()
        print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
