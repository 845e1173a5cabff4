"""The sending of what waits: a home store's outbox goes to the clinic, or it is said why it stays."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from surefoot.alerts.mqtt import Address, Link, LinkError, LinkParams, PublishError
from surefoot.pipeline.delivery import deliver
from surefoot.pipeline.store import Store
from surefoot.records import SurefootError

PATIENCE_S = 20.0  # without an answer of the clinic
LOOK_S = 0.5


class SendingError(SurefootError):
    """Rows that could not be sent, and how many wait."""


def check_address(broker_url: str) -> None:
    """Before any work is done for it.

    Raises:
        SendingError: this cannot be the address of a broker.
    """
    try:
        Address.parse(broker_url)
    except LinkError as error:
        raise SendingError(error.what, "Nothing was analysed or sent.", error.remedy) from error


def send(
    store: Store,
    broker_url: str,
    advance: Callable[[float], None],
    patience_s: float = PATIENCE_S,
    params: LinkParams | None = None,
) -> int:
    """Send everything that waits; return how many rows the clinic has stored or refused.

    Raises:
        SendingError: no way to the broker, or a clinic that does not answer for ``patience_s``; the rows wait.
    """
    before = store.outbox.count()
    try:
        link = Link(broker_url, f"surefoot-{store.gateway()}", protocol="any", params=params)
        asyncio.run(_send(store, link, advance, patience_s))
    except (LinkError, PublishError) as error:
        raise SendingError(error.what, _waiting(store), f"{error.remedy} Then run the same command again.") from error
    except TimeoutError as error:
        raise SendingError(
            f"The broker took the messages, but no clinic answered within {patience_s:g} s.",
            _waiting(store),
            "Start the clinic (surefoot clinic), then run the same command again.",
        ) from error
    return before - store.outbox.count()


async def _send(store: Store, link: Link, advance: Callable[[float], None], patience_s: float) -> None:
    """Deliver until the outbox is empty; TimeoutError when it stops shrinking."""
    async with asyncio.timeout(patience_s) as limit:
        watch = asyncio.create_task(_watch(store, limit, advance, patience_s))
        try:
            await deliver(store, link, until_empty=True, on_trouble=_give_up)
        except ExceptionGroup as group:  # of the tasks within
            raise group.exceptions[0] from group
        finally:
            watch.cancel()


async def _watch(store: Store, limit: asyncio.Timeout, advance: Callable[[float], None], patience_s: float) -> None:
    """Each answer gives the clinic its full time again."""
    left = await asyncio.to_thread(store.outbox.count)
    while True:
        await asyncio.sleep(LOOK_S)
        now = await asyncio.to_thread(store.outbox.count)
        if now < left:
            advance(left - now)
            limit.reschedule(asyncio.get_running_loop().time() + patience_s)
        left = now


def _give_up(trouble: SurefootError) -> None:
    if not (isinstance(trouble, LinkError) and trouble.trouble == "lost"):  # a lost line is tried again
        raise trouble


def _waiting(store: Store) -> str:
    count = store.outbox.count()
    return f"Nothing is lost: {count} row{'s' * (count != 1)} wait{'s' * (count == 1)} in the outbox."
