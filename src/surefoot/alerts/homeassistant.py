"""What a home tells Home Assistant: one device and its entities (MQTT discovery), how it stands now, if it is there.

It goes to the household's own broker and past the clinic. So it is little: no incident but foot drop's count, no
sentence of an alert, no name, and not the number by which the clinic knows this home.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from surefoot.records import SIDES, Placement, Side, Tier

ONLINE, OFFLINE = b"online", b"offline"
SILENT_S = 300  # without a word for so long, Home Assistant shows nothing rather than what was (P)
Key = tuple[Side, Placement]
PLACES: dict[Placement, str] = {"shank": "ankle", "foot": "foot"}


@dataclass(frozen=True, slots=True)
class HomeState:
    """How a home stands. ``batteries``: per cent, None where a sensor does not say."""

    worn_h: float | None
    strides: Mapping[Side, int]  # today, as foot_drops; empty: not known yet
    foot_drops: Mapping[Side, int]
    batteries: Mapping[Key, int | None]
    last_data_s: float | None
    alert: Tier | Literal["none"] | None  # the worst clinical one that waits for somebody; None: not known
    not_monitored: str  # why nothing can be said now; empty: it can


@dataclass(frozen=True, slots=True)
class Topics:
    """Where it is told, on the household's broker."""

    prefix: str
    name: str

    @property
    def discovery(self) -> str:
        return f"{self.prefix}/device/{self.name}/config"

    @property
    def birth(self) -> str:
        """Where Home Assistant says that it has started."""
        return f"{self.prefix}/status"

    @property
    def state(self) -> str:
        return f"surefoot/home/{self.name}/state"

    @property
    def availability(self) -> str:
        return f"surefoot/home/{self.name}/available"


def topics(gateway: str, prefix: str = "homeassistant") -> Topics:
    """Under a name that follows from the home's, and does not tell it."""
    return Topics(prefix, f"surefoot_{hashlib.sha256(f'home assistant {gateway}'.encode()).hexdigest()[:12]}")


def discovery(where: Topics, sides: Sequence[Side], sensors: Sequence[Key], version: str) -> bytes:
    """The device and all its entities, in one message."""
    parts = {name: _part(where, name, words, more) for name, words, more in _parts(sides, sensors)}
    return _json(
        {
            "device": {"identifiers": [where.name], "name": "surefoot", "model": "home gateway", "sw_version": version},
            "origin": {"name": "surefoot", "sw_version": version},
            "availability_topic": where.availability,
            "state_topic": where.state,
            "qos": 1,
            "components": parts,
        }
    )


def state_text(state: HomeState) -> bytes:
    """What cannot be said is null, which Home Assistant shows as unknown."""
    last = None if state.last_data_s is None else datetime.fromtimestamp(state.last_data_s, UTC)
    told: dict[str, Any] = {
        "worn_today": None if state.worn_h is None else round(state.worn_h, 2),
        "last_data": None if last is None else last.isoformat(timespec="seconds"),
        "alert": state.alert,
        "monitored": "OFF" if state.not_monitored else "ON",
        "not_monitored_because": state.not_monitored,
    }
    told |= {f"strides_{side}": state.strides.get(side) for side in SIDES}
    told |= {f"foot_drop_{side}": state.foot_drops.get(side) for side in SIDES}
    told |= {_battery(key): pct for key, pct in state.batteries.items()}
    return _json(told)


def _parts(sides: Sequence[Side], sensors: Sequence[Key]) -> list[tuple[str, str, dict[str, Any]]]:
    hours = {"unit_of_measurement": "h", "device_class": "duration", "suggested_display_precision": 1}
    counted = {"state_class": "total_increasing"}
    charge = {"unit_of_measurement": "%", "device_class": "battery", "state_class": "measurement"}
    aside = {"entity_category": "diagnostic"}
    why = {"json_attributes_template": "{{ {'because': value_json.not_monitored_because} | tojson }}"}
    return [
        ("worn_today", "Worn today", hours),
        *((f"strides_{side}", f"Strides today, {side} leg", counted) for side in sides),
        *((f"foot_drop_{side}", f"Foot-drop-like events today, {side} leg", counted) for side in sides),
        *((_battery(key), f"Battery, {key[0]} {PLACES[key[1]]}", charge | aside) for key in sensors),
        ("last_data", "Last data", {"device_class": "timestamp"} | aside),
        ("alert", "Open alert", {"device_class": "enum", "options": ["none", "T0", "T1", "T2", "T3", "T4"]}),
        ("monitored", "Monitored", why),
    ]


def _part(where: Topics, name: str, words: str, more: Mapping[str, Any]) -> dict[str, Any]:
    is_binary = name == "monitored"
    about = {"json_attributes_topic": where.state} if "json_attributes_template" in more else {}
    return {
        "platform": "binary_sensor" if is_binary else "sensor",
        "unique_id": f"{where.name}_{name}",
        "name": words,
        "state_topic": where.state,
        "value_template": f"{{{{ value_json.{name} }}}}",
        "expire_after": SILENT_S,
        **about,
        **more,
    }


def _battery(key: Key) -> str:
    return f"battery_{key[0]}_{PLACES[key[1]]}"


def _json(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, separators=(",", ":"), allow_nan=False).encode()
