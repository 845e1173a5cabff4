"""``surefoot wear``: the gateway at home, and how a person sees it at work."""

from __future__ import annotations

import asyncio
import signal
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext, suppress
from pathlib import Path

import click

from surefoot.alerts.broker import LinkError
from surefoot.cli.board import PLACES, Board, analysed
from surefoot.cli.clocks import changed, read_clocks
from surefoot.cli.freed import settle_in
from surefoot.cli.gateway import MOVES_S, Gateway
from surefoot.cli.homeassistant import check_apart, telling
from surefoot.cli.identified import take_name
from surefoot.cli.main import INTERRUPTED
from surefoot.cli.nowfile import keep_now
from surefoot.cli.pulse import Pulse, keep_telling
from surefoot.cli.sending import check_address
from surefoot.cli.soundstore import open_sound
from surefoot.cli.undated import wait_for_time
from surefoot.cli.units import print_unit
from surefoot.cli.wearview import Lines, Picture
from surefoot.config import Config, load_config
from surefoot.pipeline.ring import Ring
from surefoot.pipeline.store import Store, StoreError
from surefoot.records import Gap, Samples, SensorStatus, SurefootError, WornSensor
from surefoot.sensors.bluetooth.ble import BleakKit
from surefoot.sensors.bluetooth.radio import OnHeld, Radio

CLOCK_LOOK_S = 60.0
UNRELIABLE = "no time server has set this computer's clock since it was switched on: days may be misdated"


@click.command()
@click.option("--publish", metavar="URL", help="The clinic's broker: mqtts://user:password@host:8883 [SUREFOOT_BROKER]")
@click.option("--timezone", metavar="NAME", help="Where the patient's day begins, such as Europe/Berlin [UTC].")
@click.option("--for", "seconds", type=click.FloatRange(min=1), metavar="SECONDS", help="End by itself after so long.")
@click.option("--plain", is_flag=True, help="Log lines instead of the live picture, on a terminal too.")
@click.option("--simulate", is_flag=True, help="A simulated person with simulated sensors; nothing is kept.")
@print_unit("wear")
def wear(publish: str | None, timezone: str | None, seconds: float | None, plain: bool, simulate: bool) -> None:
    """Run the gateway: listen to the paired sensors, understand the walking, keep it, send it. For months.

    \b
      surefoot pair                      once: which sensor is on which ankle
      surefoot wear                      from then on; Ctrl-C ends it
      surefoot wear --publish mqtts://anna:secret@clinic.example:8883
      surefoot wear --simulate           see how it goes, without sensors
      surefoot wear --print-unit         a systemd unit, so that it runs whenever this computer does

    A sensor that is lost (out of reach, switched off, empty) is looked for until it is back, and the readings missed
    are kept as a gap, never guessed. Everything received is recorded first, for two weeks (raw_days), in the folder raw
    of the home (SUREFOOT_HOME); what is found goes into home.sqlite beside it, and to the clinic if a broker is set.
    Without a line to the clinic it waits there, for as long as it takes.

    Stopped and started again within a day, it works through what was recorded of that day first: the day's summary
    covers the whole day. Only the time it did not run is missing.

    Home Assistant in the same house can show wear, strides, batteries and open alerts: home_assistant in the settings
    (docs/home-assistant.md). It is told past the clinic, and nothing unless that is set.

    Not a diagnosis, and not an emergency alarm.
    """
    config = load_config(timezone=timezone, broker=publish)
    for url in _brokers(config):
        check_address(url)
    check_apart(config, _brokers(config))
    terminated = _end_on_sigterm()
    try:
        with tempfile.TemporaryDirectory(prefix="surefoot-simulated-") if simulate else nullcontext() as folder:
            if folder:
                config = config.model_copy(update={"home": Path(folder)})
            asyncio.run(_wear(config, seconds, plain or not sys.stdout.isatty(), simulate))
    except KeyboardInterrupt:
        kept = "The simulation is over; nothing is kept." if simulate else _kept(config)
        click.echo(f"\n{kept}", err=True)
        click.get_current_context().exit(0 if terminated else INTERRUPTED)


def _end_on_sigterm() -> list[bool]:
    """Both signals end it the same way; what is answered tells whether it was this one: a service that is stopped."""
    terminated: list[bool] = []

    def end(*_: object) -> None:
        terminated.append(True)
        signal.raise_signal(signal.SIGINT)

    signal.signal(signal.SIGTERM, end)
    return terminated


def _kept(config: Config) -> str:
    return (
        f"Stopped. What was found and all that was recorded is kept in {config.home}; the day goes on when surefoot "
        "wear runs again."
    )


async def _wear(config: Config, seconds: float | None, plain: bool, simulate: bool) -> None:
    """Anew whenever somebody sets this computer's clock or the store is damaged, until it is stopped."""
    async with AsyncExitStack() as end:
        store, told = await asyncio.to_thread(_opened, config)
        end.push_async_callback(asyncio.to_thread, lambda: store.close())
        worn, kit = await end.enter_async_context(_simulated()) if simulate else (_paired(store), None)
        limit = asyncio.timeout(seconds)
        with suppress(TimeoutError) if seconds else nullcontext():
            async with limit:
                greeting = f"{told} {_greeting(worn, config.home, simulate)}".strip()
                if not simulate:
                    await _time_known(config, worn)
                while True:
                    try:
                        changed_to = await _session(config, store, worn, kit, plain, greeting)
                    except BaseExceptionGroup as group:
                        if not _is_damage(group):
                            raise
                        await asyncio.to_thread(store.close)
                        store, greeting = await asyncio.to_thread(_opened, config)
                        continue
                    if not changed_to:
                        return
                    greeting = changed_to


async def _time_known(config: Config, worn: Sequence[WornSensor]) -> None:
    """Received before that is recorded; a home with a clock of its own goes on at once."""

    def radio(offset_s: float, on_held: OnHeld) -> AsyncGenerator[Samples | Gap, None]:
        return Radio(worn, unix_offset_s=offset_s, on_held=on_held).items()

    ring = await asyncio.to_thread(Ring, config.home_ring, config.raw_days, config.raw_mb * 1_000_000)
    try:
        await wait_for_time(config.home, ring, read_clocks, radio, click.echo)
    finally:
        await asyncio.to_thread(ring.close)


def _is_damage(error: BaseException) -> bool:
    if isinstance(error, BaseExceptionGroup):
        return any(map(_is_damage, error.exceptions))
    return isinstance(error, StoreError) and error.trouble == "damaged"


async def _session(
    config: Config, store: Store, worn: Sequence[WornSensor], kit: BleakKit | None, plain: bool, greeting: str
) -> str:
    """Until this computer's time is another; what happened to it."""
    began = read_clocks()
    clock = asyncio.get_running_loop().time
    unix_offset_s = time.time() - clock()  # once: a step of the wall clock bends no reading

    def now_s() -> float:
        return clock() + unix_offset_s

    async with AsyncExitStack() as end:
        ring = await asyncio.to_thread(Ring, config.home_ring, config.raw_days, config.raw_mb * 1_000_000)
        end.push_async_callback(asyncio.to_thread, ring.close)
        board = Board(worn, analysed(worn), config.zone, now_s())
        view = end.enter_context(Lines(board, now_s) if plain else Picture(board, now_s))
        view.say(greeting)
        pulse = Pulse(MOVES_S, time.monotonic)

        def take_status(status: SensorStatus) -> None:
            pulse.beat("radio")
            view.take_status(status)

        gateway = Gateway(store, ring, config, board, view.say, pulse)
        late = {"on_late": gateway.take_late, "on_held": gateway.take_held}
        radio = Radio(worn, bleak=kit, unix_offset_s=unix_offset_s, on_status=take_status, **late)
        line = keep_telling(pulse, lambda: board.line(now_s()))
        for told in (view.show(), line, keep_now(config.home, board, now_s)):
            end.callback(asyncio.create_task(told).cancel)
        if kit is None:  # a simulated person is nobody's household
            await end.enter_async_context(telling(store, board, config, now_s, view.say))
        settle_in()
        working = asyncio.create_task(gateway.work(radio.items(), unix_offset_s, _brokers(config)))
        try:
            board.note_fault("clock_unset", "" if began.state == "synced" else UNRELIABLE)
            while not working.done():
                await asyncio.wait({working}, timeout=CLOCK_LOOK_S)
                now = read_clocks()
                if what := changed(began, now):
                    return what
                board.note_fault("clock_unset", "" if now.state == "synced" else UNRELIABLE)
            return ""
        finally:
            working.cancel()
            await asyncio.wait({working})
            if not working.cancelled():
                working.result()


def _brokers(config: Config) -> list[str]:
    """Those that are set, the preferred one first."""
    return [config.broker, *config.other_brokers] if "broker" in config.model_fields_set else []


@asynccontextmanager
async def _simulated() -> AsyncIterator[tuple[list[WornSensor], BleakKit]]:
    from surefoot.simulation.pretend import pretend_radio  # heavy, and of the demo's part of the installation

    async with pretend_radio() as person:
        yield person.worn, person.kit


def _opened(config: Config) -> tuple[Store, str]:
    """The store under its name, and what was wrong with it."""
    try:
        config.home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"The folder {config.home} cannot be made ({error.strerror}).",
            "Nothing was started.",
            "Name another one: SUREFOOT_HOME=/path surefoot wear",
        ) from error
    store, told = open_sound(config, time.time())
    store.office.seal_anew()  # what was stored before there was a key
    try:
        take_name(store, config)
    except LinkError as trouble:  # a home that has its name already records all the same
        if not store.homes():
            raise
        told = f"{told} {trouble} Readings are recorded all the same.".strip()
    return store, told


def _paired(store: Store) -> list[WornSensor]:
    worn = store.worn_sensors()
    if not worn:
        raise SurefootError(
            "No sensors are paired.",
            "There is nothing to listen to.",
            "Put them on and run surefoot pair, or look at a simulated person: surefoot wear --simulate",
        )
    return worn


def _greeting(worn: Sequence[WornSensor], home: Path, simulate: bool) -> str:
    sensors = " and ".join(f"{s.name or s.product} ({s.side} {PLACES[s.placement]})" for s in worn)
    if simulate:
        return f"A simulated person wears {sensors}. Nothing is kept. Ctrl-C ends it."
    only = f" Only the {worn[0].side} leg has a sensor: what compares the legs cannot be said."
    alone = only if len({sensor.side for sensor in worn}) == 1 else ""
    if len({sensor.placement for sensor in worn}) > 1:
        alone += " What is found is that of the ankles; the feet are recorded only."
    return f"Listening to {sensors}. What is found is kept in {home}.{alone} Ctrl-C ends it."
