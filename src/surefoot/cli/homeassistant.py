"""Telling Home Assistant, where that is wished: beside the gateway, on the household's own broker, never in its way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Literal

from surefoot import __version__
from surefoot.alerts.homeassistant import OFFLINE, ONLINE, HomeState, discovery, state_text, topics
from surefoot.alerts.mqtt import Address, Link, LinkError, PublishError, Session, Will
from surefoot.cli.board import STATES, Board
from surefoot.config import Config
from surefoot.pipeline.resumed import AHEAD_S
from surefoot.pipeline.store import Store, StoreError
from surefoot.records import SurefootError, Tier

LOOK_S = 10.0  # between two looks whether anything is different
AT_LEAST_S = 60.0  # it is told again, different or not
ALERT_S = 7 * 86_400.0  # so long an alert counts as open that nobody is known to have taken on (P)
Say = Callable[[str], None]


class HomeAssistantError(SurefootError):
    """A setting under which Home Assistant must not be told."""


class HomeAssistant:
    """One home's device there. ``store`` is read in threads, the board in the event loop."""

    def __init__(
        self, store: Store, board: Board, config: Config, now_s: Callable[[], float], look_s: float = LOOK_S
    ) -> None:
        self._store, self._board, self._now_s, self._look_s = store, board, now_s, look_s
        self._where = topics(store.gateway(), config.home_assistant_prefix)
        will = Will(self._where.availability, OFFLINE, retain=True)
        self._link = Link(config.home_assistant, self._where.name, protocol="any", will=will)
        self._last_data_s: float | None = None
        self._counted: dict[object, int] = {}

    async def run(self, on_trouble: Callable[[SurefootError], None]) -> None:
        """Until it is cancelled; whatever is the matter with that broker, it is tried again."""
        await self._link.keep(self._talk, on_trouble)

    async def _talk(self, session: Session) -> None:
        try:
            await session.subscribe(self._where.birth)
            await self._introduce(session)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._listen(session))
                tasks.create_task(self._tell(session))
        except* PublishError as group:  # its access list says no: the line is tried again, later and later
            denied = _first(group)
            raise LinkError("login", denied.what, denied.remedy) from denied
        finally:
            with suppress(LinkError, PublishError):  # a line that is lost has told the last will instead
                await session.publish(self._where.availability, OFFLINE, retain=True)

    async def _introduce(self, session: Session) -> None:
        keys = list(self._board.statuses)
        sides = [key[0] for key in keys if key[1] == self._board.analysed]
        await session.publish(self._where.discovery, discovery(self._where, sides, keys, __version__), retain=True)
        await session.publish(self._where.availability, ONLINE, retain=True)

    async def _listen(self, session: Session) -> None:
        """Home Assistant that has just started is told anew, in case its broker keeps nothing."""
        async for message in session.messages():
            if message.topic == self._where.birth and message.payload == ONLINE:
                await self._introduce(session)
                await session.publish(self._where.state, state_text(await self._state()), retain=True)

    async def _tell(self, session: Session) -> None:
        told, told_s = b"", float("-inf")
        while True:
            now_s, text = asyncio.get_running_loop().time(), state_text(await self._state())
            if text != told or now_s - told_s >= AT_LEAST_S:
                await session.publish(self._where.state, text, retain=True)
                told, told_s = text, now_s
            await asyncio.sleep(self._look_s)

    async def _state(self) -> HomeState:
        now_s = self._now_s()
        for key, status in tuple(self._board.statuses.items()):
            if status.readings > self._counted.get(key, 0):  # more than at the last look
                self._last_data_s = max(status.at_s, self._last_data_s or 0.0)
            self._counted[key] = status.readings
        alert, technical = await asyncio.to_thread(self._alerts, now_s)
        known = bool(self._board.minutes) and not self._board.phase  # else the day so far is still being worked through
        return HomeState(
            worn_h=self._board.worn_today_h(now_s) if known else None,
            strides=self._board.strides_today(now_s) if known else {},
            foot_drops=self._board.happened_today("foot_drop", now_s) if known else {},
            batteries={key: status.battery_pct for key, status in tuple(self._board.statuses.items())},
            last_data_s=self._last_data_s,
            alert=alert,
            not_monitored=_not_monitored(self._board, technical),
        )

    def _alerts(self, now_s: float) -> tuple[Tier | Literal["none"] | None, Sequence[str]]:
        """The worst clinical one that waits for somebody; what is the matter with the sensors, in sentences."""
        try:
            known = [one for one in self._store.alerts(self._store.gateway()) if one.alert.resolved_s is None]
        except StoreError as error:
            return None, [f"the records of this home cannot be read: {error.what}"]
        lately = [one for one in known if -AHEAD_S <= now_s - one.alert.raised_s < ALERT_S]
        clinical = [one.alert.tier for one in lately if one.alert.channel == "clinical" and one.life.is_open]
        technical = [one.alert.sentence for one in known if one.alert.channel == "technical"]
        return max(clinical, default="none"), technical


def _first(group: BaseException) -> PublishError:
    while isinstance(group, BaseExceptionGroup):
        group = group.exceptions[0]
    assert isinstance(group, PublishError)
    return group


def _not_monitored(board: Board, technical: Sequence[str]) -> str:
    """Why nothing can be said now; the first reason."""
    mine = [(key, status) for key, status in tuple(board.statuses.items()) if key[1] == board.analysed]
    away = [f"{board.name(key)}: {STATES[status.state]}" for key, status in mine if status.state != "streaming"]
    faults = [told for told in tuple(board.faults.values()) if told]
    return next((told for told in (*away, *faults, *technical)), "")


def check_apart(config: Config, brokers: Sequence[str]) -> None:
    """HomeAssistantError where the household's broker is the clinic's: what is told there is not the clinic's."""
    if not config.home_assistant:
        return
    try:
        own = Address.parse(config.home_assistant)
        clinics = [Address.parse(url) for url in brokers]
    except LinkError as error:
        raise HomeAssistantError(error.what, "Nothing was started.", error.remedy) from error
    if any((one.host, one.port) == (own.host, own.port) for one in clinics):
        what = f"home_assistant names {own}, which is the clinic's broker."
        raise HomeAssistantError(what, "Nothing was started.", "Name the household's own broker, or leave it away.")


@asynccontextmanager
async def telling(
    store: Store, board: Board, config: Config, now_s: Callable[[], float], say: Say
) -> AsyncIterator[None]:
    """Home Assistant is told as long as this lasts, if it is set. Nothing that fails in it fails the home."""
    if not config.home_assistant:
        yield
        return
    said: list[str] = []

    def trouble(error: SurefootError) -> None:
        if said[-1:] != [error.what]:  # each once
            said.append(error.what)
            say(f"Home Assistant is not told: {error.what} {error.remedy}")

    house = await asyncio.to_thread(HomeAssistant, store, board, config, now_s)
    say(f"Home Assistant is told how this home stands, by {Address.parse(config.home_assistant)} and not by the clinic")
    task = asyncio.create_task(house.run(trouble))
    task.add_done_callback(lambda done: _over(done, say))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})


def _over(task: asyncio.Task[None], say: Say) -> None:
    """It ends only when it is stopped; a fault in it is said, and the home goes on."""
    if not task.cancelled() and (error := task.exception()) is not None:
        say(f"Home Assistant is told nothing any more: this should not have happened ({error!r})")
