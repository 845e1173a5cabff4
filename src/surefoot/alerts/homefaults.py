"""Home faults: what keeps a home from its work, as its signs of life name it (docs/mqtt.md)."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Field

HomeFault = Literal["disk_full", "disk_failing", "store_failing", "not_recording", "clock_unset", "certificate_ending"]


def _known(told: Any) -> Any:
    """Those of a newer home that nobody knows here are passed over: what counts is that it lives."""
    if not isinstance(told, list):
        return told
    return tuple(one for one in told if not isinstance(one, str) or one in get_args(HomeFault))


HomeFaults = Annotated[tuple[HomeFault, ...], BeforeValidator(_known), Field(max_length=8)]
