"""The name of a recording: which leg and which place on it a file name tells."""

from __future__ import annotations

import re
from pathlib import Path

from surefoot.records import SIDES, Placement, Side
from surefoot.sensors.files.columns import RecordingError

_WORDS = ("left", "right", "foot", "shank", "ankle")
_SPELT = re.compile(f"(?:{'|'.join(_WORDS)})+")


def side_of(path: Path) -> Side:
    """The leg a file's name tells. Whether the sensor really was on that leg cannot be known from its readings.

    Raises:
        RecordingError: the name tells no leg, or both.
    """
    words = _words(path)
    found = [side for side in SIDES if side in words]
    if len(found) != 1:
        raise RecordingError(
            f"{path} does not say which leg it is from.",
            "A weakness put down to the wrong leg is worse than none found.",
            "Put left or right into the name, or use --left FILE --right FILE (in Python: side='left').",
        )
    return found[0]


def placement_of(path: Path) -> Placement:
    """Where the name says the sensor sat: "foot" or "shank" (ankle); "shank" when it says nothing."""
    return "foot" if "foot" in _words(path) else "shank"


def _words(path: Path) -> set[str]:
    """left-foot.csv, Right_Shank_2.csv.gz and leftfoot.csv say it; cleft.csv and alright.csv do not."""
    tokens = [token for token in re.findall("[a-z]+", path.name.lower()) if _SPELT.fullmatch(token)]
    return {word for token in tokens for word in _WORDS if word in token}
