"""What columns are called elsewhere: which of a frame's hold which reading of which sensor, and the units in names."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from surefoot.records import SIDES, Side
from surefoot.sensors.files.columns import READINGS, RecordingError

_ACC = r"acc(?:el(?:eration|erometer|erometre)?)?"
_GYR = r"(?:gyr(?:o(?:scope)?)?|angular[\W_]*(?:velocity|rate)|omega|rot(?:ation)?(?:[\W_]*rate)?)"
_READING = re.compile(
    rf"^(?P<of>.*?)[\W_]*(?<![a-z])(?:(?P<acc>{_ACC})|(?P<gyr>{_GYR}))[\W_]*(?P<axis>[xyz])(?![a-z])(?P<unit>.*)$", re.I
)
_SHORT = re.compile(r"^(?P<kind>[agw])(?P<axis>[xyz])$", re.I)
_TIME = re.compile(
    r"^(?:.*\s)?(?:time|timestamp|time_?stamp|t|epoch|unix(?:_?time)?|datetime|seconds|sampletime(?:fine)?)"
    r"(?:[\W_]+(?P<unit>s|sec|seconds|ms|us|µs|ns)\W*)?$",
    re.I,
)
_UNITS = {  # as they stand in names
    "m/s2": "m/s2", "m/s^2": "m/s2", "m/s²": "m/s2", "m*s-2": "m/s2", "ms-2": "m/s2", "ms^-2": "m/s2", "mps2": "m/s2",
    "g": "g", "deg/s": "deg/s", "°/s": "deg/s", "dps": "deg/s", "degree/s": "deg/s", "rad/s": "rad/s", "rps": "rad/s",
    "s": "s", "sec": "s", "seconds": "s", "ms": "ms", "us": "us", "µs": "us", "ns": "ns",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Called:
    """One sensor's columns: ours to theirs; ``units`` that their names tell, of acc, gyr and time."""

    sensor: str  # "" where the file is one sensor's
    columns: Mapping[str, str]
    time: str | None
    units: Mapping[str, str]


def declared(text: str, names: Sequence[str]) -> Called:
    """``acc_x=ax,...``: what whoever imports says. RecordingError for a name that is not there, or is missing."""
    pairs = [one.partition("=") for one in text.split(",") if one.strip()]
    given = {ours.strip(): theirs.strip() for ours, _, theirs in pairs}
    for ours, theirs in given.items():
        if ours not in (*READINGS, "time"):
            raise RecordingError(f"--columns knows no {ours!r}.", "", f"It takes {', '.join((*READINGS, 'time'))}.")
        if theirs not in names:
            raise RecordingError(f"There is no column {theirs!r}.", "Nothing was read.", _there(names))
    missing = [one for one in READINGS if one not in given]
    if missing:
        raise RecordingError(
            f"--columns does not say which is {', '.join(missing)}.", "Nothing was read.", _there(names)
        )
    return Called("", {one: given[one] for one in READINGS}, given.get("time"), {})


def recognized(names: Sequence[str]) -> list[Called]:
    """The sensors of a frame. RecordingError when there is none whole, or columns that may both be meant."""
    found: dict[str, dict[str, list[str]]] = {}
    units: dict[str, dict[str, str]] = {}
    for name in names:
        hit, short = _READING.match(name), _SHORT.match(name)
        if hit is None and short is None:
            continue
        kind = ("acc" if hit["acc"] else "gyr") if hit else ("acc" if short and short["kind"] in "aA" else "gyr")
        of = hit["of"].strip(" _-./:") if hit else ""
        axis = (hit or short)["axis"].lower()  # type: ignore[index]  # one of them it is
        found.setdefault(of, {}).setdefault(f"{kind}_{axis}", []).append(name)
        if hit and (unit := _unit(hit["unit"])):
            units.setdefault(of, {})[kind] = unit
    whole = [of for of, mine in found.items() if set(READINGS) <= set(mine)]
    if not whole:
        raise RecordingError(
            "The columns of acceleration and gyroscope are not known by their names.",
            "Nothing was read.",
            f"Say which is which: --columns acc_x=NAME,acc_y=NAME,...,gyr_z=NAME,time=NAME. {_there(names)}",
        )
    for of in whole:
        doubled = [ours for ours in READINGS if len(found[of][ours]) > 1]
        if doubled:
            told = f"{' and '.join(found[of][doubled[0]])} may both be {doubled[0]}."
            raise RecordingError(told, "Nothing was read.", "Say which: --columns acc_x=NAME,...,gyr_z=NAME,time=NAME.")
    times = [(name, hit) for name in names if (hit := _TIME.match(name))]
    time, hit_ = times[0] if times else (None, None)
    of_time = {"time": unit} if hit_ and (unit := _UNITS.get((hit_["unit"] or "").lower())) else {}
    return [
        Called(of, {ours: found[of][ours][0] for ours in READINGS}, time, {**units.get(of, {}), **of_time})
        for of in whole
    ]


def side_in(sensor: str) -> Side | None:
    """The leg that a sensor's name tells; None: none, or both."""
    words = set(re.findall("[a-z]+", sensor.lower()))
    found = [side for side in SIDES if side in words]
    return found[0] if len(found) == 1 else None


def _unit(text: str) -> str | None:
    bare = text.strip(" _-()[]").lower().replace(" ", "")
    return _UNITS.get(bare)


def _there(names: Sequence[str]) -> str:
    return f"The file has: {', '.join(name or '(no name)' for name in names[:20])}{' ...' * (len(names) > 20)}."
