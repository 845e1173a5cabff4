"""The notice: what goes out to people when an alert is to be told, as docs/mqtt.md shows it.

It names no patient: which home is whose is known in the clinic's database only. Clinical and technical ones never share
a topic.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from surefoot.alerts.alertlife import Channel
from surefoot.alerts.bodies import Count, Name, Sentence, Wire
from surefoot.alerts.messages import ROOT, Gateway
from surefoot.records import Tier


class Notice(Wire):
    """One alert told to people, or one fault that many homes have at once."""

    v: Literal[1] = 1
    channel: Channel
    tier: Tier
    kind: Name
    sentence: Sentence
    to: Annotated[tuple[Name, ...], Field(max_length=64)]
    number: Count  # the first, the second, ... of this alert at this tier
    gateway: Gateway | None = None  # None: many homes
    alert_id: Name | None = None
    homes: Count = 1

    def payload(self) -> bytes:
        return self.model_dump_json().encode()


def notice_topic(channel: Channel) -> str:
    return f"{ROOT}/clinic/notice/{channel}"
