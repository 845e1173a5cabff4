"""The client of one connection: aiomqtt's, and what it leaves out: what the broker refuses, and how large it may be."""

from __future__ import annotations

import asyncio
from typing import Any

import aiomqtt

_FIXED = 16  # bytes of a packet around topic and payload, at most


class Client(aiomqtt.Client):
    """``largest``: bytes of the largest packet this broker takes, None where it does not say (in 3.1.1 it cannot)."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.largest: int | None = None
        self._unanswered: dict[int, asyncio.Future[int]] = {}

    def fits(self, topic: str, payload: bytes) -> bool:
        return self.largest is None or len(topic.encode()) + len(payload) + _FIXED <= self.largest

    async def hand_over(self, topic: str, payload: bytes, timeout_s: float, retain: bool = False) -> int:
        """Publish with QoS 1; the broker's reason code, 0 to 0x7f where it took the message.

        aiomqtt's own ``publish`` returns as if nothing were wrong when the broker said no. Raise MqttError when it
        says nothing in time.
        """
        sent = self._client.publish(topic, payload, qos=1, retain=retain)
        if sent.rc != 0:
            raise aiomqtt.MqttCodeError(sent.rc, "Could not publish message")
        answer = self._unanswered[sent.mid] = asyncio.get_running_loop().create_future()
        try:
            return await asyncio.wait_for(answer, timeout_s)
        except TimeoutError:
            raise aiomqtt.MqttError("Operation timed out") from None
        finally:
            self._unanswered.pop(sent.mid, None)

    def _on_connect(self, client: Any, data: Any, flags: Any, reason_code: Any, properties: Any = None) -> None:
        self.largest = getattr(properties, "MaximumPacketSize", None)
        super()._on_connect(client, data, flags, reason_code, properties)

    def _on_publish(self, client: Any, data: Any, mid: int, reason_code: Any, properties: Any) -> None:
        answer = self._unanswered.get(mid)
        if answer is not None and not answer.done():
            answer.set_result(number(reason_code))


def number(code: Any) -> int:
    """A reason code as a number, whichever way paho gives it."""
    return int(getattr(code, "value", code))
