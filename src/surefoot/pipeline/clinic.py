"""The clinic's side of the wire: take what homes send, store it, and answer after the commit."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from surefoot.alerts.messages import Refused, Rejection, UpMessage, ack_payload, ack_topic, read_up, up_filter
from surefoot.alerts.mqtt import Link, Received, Session
from surefoot.pipeline.inbox import Receipt
from surefoot.pipeline.store import Store, StoreError
from surefoot.records import SurefootError

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ClinicParams:
    """How the clinic takes messages. Engineering choices, not from the field."""

    batch: int = 100  # messages in one transaction
    answers: int = 40  # sequence numbers in one answer, so that it stays small whatever the reasons
    pause_s: float = 1.0  # after the database failed; the homes send again


async def serve(
    store: Store,
    link: Link,
    clock: Callable[[], float] = time.time,
    params: ClinicParams | None = None,
    *,
    ready: asyncio.Event | None = None,
    on_trouble: Callable[[SurefootError], None] | None = None,
) -> None:
    """Ingest for ever. ``ready`` is set whenever the clinic listens; troubles go to ``on_trouble`` (default: the log).

    When the database fails nothing is answered, so every home keeps its rows and sends them again.
    """
    params, tell = params or ClinicParams(), on_trouble or _log

    async def talk(session: Session) -> None:
        await session.subscribe(up_filter())
        if ready is not None:
            ready.set()
        async for batch in session.batches(params.batch):
            try:
                answers = await asyncio.to_thread(take, store, batch, clock(), params)
            except StoreError as error:
                tell(error)
                await asyncio.sleep(params.pause_s)
                continue
            for topic, payload in answers:
                await session.publish(topic, payload)

    await link.keep(talk, on_trouble)


def take(
    store: Store, batch: Sequence[Received], now_s: float, params: ClinicParams | None = None
) -> list[tuple[str, bytes]]:
    """Validate and store a batch; the answers (topic, payload) to send now that it is committed."""
    messages: list[UpMessage] = []
    refused: list[Refused] = []
    for one in batch:
        read = read_up(one.topic, one.payload)
        if isinstance(read, Refused):
            log.warning("A message on %s is refused: %s", read.topic, read.reason)
            refused.append(read)
        else:
            messages.append(read)
    return _answers(store.ingest(messages, now_s, refused), (params or ClinicParams()).answers)


def _answers(receipt: Receipt, most: int) -> list[tuple[str, bytes]]:
    stored: defaultdict[str, list[int]] = defaultdict(list)
    rejected: defaultdict[str, list[Rejection]] = defaultdict(list)
    for gateway, seq in receipt.stored:
        stored[gateway].append(seq)
    for gateway, seq, reason in receipt.rejected:
        rejected[gateway].append(Rejection(seq=seq, reason=reason))
    answers = []
    for gateway in {**stored, **rejected}:
        for start in range(0, max(len(stored[gateway]), len(rejected[gateway])), most):
            part = slice(start, start + most)
            payload = ack_payload(gateway, stored[gateway][part], rejected[gateway][part])
            answers.append((ack_topic(gateway), payload))
    return answers


def _log(trouble: SurefootError) -> None:
    log.warning("%s", trouble)
