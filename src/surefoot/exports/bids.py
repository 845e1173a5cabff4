"""BIDS-Motion: raw readings of one day as a data set that other gait tools read (BIDS 1.9 and later).

One tracking system a sensor, since each has a clock of its own; every row has its latency, so that gaps stay gaps.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from surefoot import __version__
from surefoot.records import Array, Gap, Placement, Samples, Side

CHANNELS = [(kind, axis) for kind in ("ACCEL", "GYRO") for axis in "xyz"]
UNITS = {"ACCEL": "m/s^2", "GYRO": "deg/s"}
Event = tuple[float, float, str]  # start (Unix s), length (s), what


@dataclass(frozen=True, slots=True)
class Track:
    """One sensor's recording: its items in order, of the rate its maker names."""

    side: Side
    placement: Placement
    rate_hz: float
    items: Iterable[Samples | Gap]

    @property
    def name(self) -> str:
        return ("imu" if self.placement == "shank" else "imuFoot") + ("L" if self.side == "left" else "R")


def write_bids(
    tracks: Sequence[Track], events: Sequence[Event], folder: Path, subject: str, day: str, onset_s: float
) -> list[Path]:
    """``subject`` letters and digits only; ``onset_s``: the moment that all latencies are counted from."""
    session = day.replace("-", "")
    motion = folder / f"sub-{subject}" / f"ses-{session}" / "motion"
    motion.mkdir(parents=True, exist_ok=True)
    written, gaps = _about(folder, subject), []
    for track in tracks:
        base = motion / f"sub-{subject}_ses-{session}_task-dailylife_tracksys-{track.name}"
        written += _track(track, base, onset_s, gaps)
    head = motion / f"sub-{subject}_ses-{session}_task-dailylife_events"
    written += _events(head, sorted([*events, *gaps]), onset_s)
    return written


def _track(track: Track, base: Path, onset_s: float, gaps: list[Event]) -> list[Path]:
    tsv, rows, first_s, last_s = base.with_name(f"{base.name}_motion.tsv"), 0, 0.0, 0.0
    known = len(gaps)
    with tsv.open("w", encoding="utf-8", newline="\n") as file:
        for item in track.items:
            if isinstance(item, Gap):
                gaps.append((item.start_s, item.end_s - item.start_s, f"gap_{track.side}_{track.placement}"))
                continue
            first_s = first_s if rows else item.start_s
            rows, last_s = rows + len(item), item.end_s
            _rows(file, item, onset_s)
    length_s = last_s - first_s
    side = {
        "TaskName": "dailylife",
        "TaskDescription": "Daily life with two ankle-worn motion sensors; nothing was asked of the person.",
        "Manufacturer": "n/a",
        "SamplingFrequency": round(track.rate_hz, 6),
        "SamplingFrequencyEffective": round(rows / length_s, 6) if length_s > 0 else "n/a",
        "TrackingSystemName": track.name,
        "MotionChannelCount": len(CHANNELS) + 1,
        "ACCELChannelCount": 3,
        "GYROChannelCount": 3,
        "LATENCYChannelCount": 1,
        "RecordingDuration": round(length_s, 6),
        "RecordingType": "discontinuous" if len(gaps) > known else "continuous",
        "MissingValues": "rows of a gap are left out: see the latency and the events",
        "SoftwareVersions": f"surefoot {__version__}",
    }  # fmt: skip
    return [tsv, _json(base.with_name(f"{base.name}_motion.json"), side), _channels(track, base)]


def _rows(file: TextIO, block: Samples, onset_s: float) -> None:
    latency: Array = block.start_s - onset_s + np.arange(len(block)) / block.rate_hz
    np.savetxt(file, np.column_stack((block.acc, block.gyr, latency)), fmt="%.6g\t" * 6 + "%.6f")


def _channels(track: Track, base: Path) -> Path:
    path = base.with_name(f"{base.name}_channels.tsv")
    point = f"{track.side}_{'ankle' if track.placement == 'shank' else 'foot'}"
    lines = ["name\tcomponent\ttype\ttracked_point\tunits\tsampling_frequency"]
    lines += [
        f"{point}_{kind}_{axis}\t{axis}\t{kind}\t{point}\t{UNITS[kind]}\t{track.rate_hz:g}" for kind, axis in CHANNELS
    ]
    lines.append(f"{point}_latency\tn/a\tLATENCY\tn/a\ts\t{track.rate_hz:g}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _events(head: Path, events: Sequence[Event], onset_s: float) -> list[Path]:
    tsv = head.with_suffix(".tsv")
    lines = ["onset\tduration\ttrial_type"]
    lines += [f"{start_s - onset_s:.3f}\t{length_s:.3f}\t{what}" for start_s, length_s, what in events]
    tsv.write_text("\n".join(lines) + "\n", encoding="utf-8")
    told = {
        "onset": {"Description": "Since the moment all latencies are counted from", "Units": "s"},
        "duration": {"Description": "Length", "Units": "s"},
        "trial_type": {
            "Description": "initial_contact: a foot's first touch as surefoot found it; an incident as it looked "
            "like at the ankle (exploratory); gap: nothing usable of that sensor"
        },
    }
    return [tsv, _json(head.with_suffix(".json"), told)]


def _about(folder: Path, subject: str) -> list[Path]:
    readme = (
        "Raw readings of ankle-worn motion sensors, exported by surefoot.\n\nAxes are the sensor's own; how it sat on "
        "the leg is not known beforehand. Acceleration holds gravity. Each sensor\nhas its own clock, brought to the "
        "gateway's; the LATENCY channel tells each reading's time. Files have no header (BIDS-Motion).\n"
    )
    described = {
        "Name": "surefoot recording",
        "BIDSVersion": "1.9.0",
        "DatasetType": "raw",
        "GeneratedBy": [{"Name": "surefoot", "Version": __version__}],
        "License": "n/a",
        "Authors": ["n/a"],
    }
    (folder / "README").write_text(readme, encoding="utf-8")
    people = folder / "participants.tsv"
    known = people.read_text("utf-8").splitlines()[1:] if people.exists() else []
    listed = sorted({*known, f"sub-{subject}"})
    people.write_text("\n".join(["participant_id", *listed]) + "\n", encoding="utf-8")
    return [_json(folder / "dataset_description.json", described), folder / "README", people]


def _json(path: Path, content: dict[str, Any]) -> Path:
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path
