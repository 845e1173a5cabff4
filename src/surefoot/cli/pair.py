"""``surefoot pair``: the sensors are found, told which leg they are on, and checked by a short walk; once."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict

import click

from surefoot.cli.console import Terminal, note
from surefoot.cli.keyfile import home_keys
from surefoot.cli.pairing import Check, Paired, Pairing
from surefoot.cli.pairview import PairView
from surefoot.cli.watched import mounting_check
from surefoot.cli.wish import PLACES, Doing, Place, Wish
from surefoot.config import Config, load_config
from surefoot.pipeline.mounting import MountingCheck
from surefoot.pipeline.store import Store, StoreError, open_store
from surefoot.records import SIDES, Placement, Side, WornSensor
from surefoot.sensors.bluetooth.ble import BleakKit

ADDRESS = "ADDRESS"


@click.command()
@click.option("--left", metavar=ADDRESS, help="The left sensor's address, for those who know it: no taps.")
@click.option("--right", metavar=ADDRESS, help="The right sensor's address.")
@click.option("--one", type=click.Choice(SIDES), help="One sensor only, on this leg.")
@click.option(
    "--feet",
    is_flag=True,
    help="Four sensors: ankles and feet. Only what the ankles feel is understood live; the feet are recorded.",
)
@click.option("--window", type=click.FloatRange(min=5), default=60.0, show_default=True, help="Seconds to look.")
@click.option("--list", "list_them", is_flag=True, help="Show the sensors that are paired, and do nothing else.")
@click.option("--forget", metavar="WHICH", help="Forget a paired sensor: its address, left, right or all.")
@click.option("--simulate", is_flag=True, help="A simulated person with simulated sensors; nothing is kept.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON lines.")
def pair(
    left: str | None,
    right: str | None,
    one: Side | None,
    feet: bool,
    window: float,
    list_them: bool,
    forget: str | None,
    simulate: bool,
    as_json: bool,
) -> None:
    """Find the sensors and learn which one is on which leg. Once; surefoot wear then knows them.

    End surefoot wear first. Strap one sensor above each ankle, any way round, and stand near this computer. You are
    asked to tap the sensor on the LEFT ankle twice, to stand still for five seconds, and to walk twenty steps. Then it
    is told in words whether all is well, and remembered.

    \b
      surefoot pair
      surefoot pair --left D4:22:CD:00:00:01 --right D4:22:CD:00:00:02
      surefoot pair --simulate          see how it goes, without sensors

    Ctrl-C leaves everything as it was. Exit status 1 when the sensors are on the wrong legs or it could not be told.
    """
    config = load_config()
    if list_them:
        _tell_sensors(_paired(config), as_json)
    elif forget is not None:
        _forget(config, forget)
    else:
        wish = _wish(left, right, one, feet, window, simulate)
        paired = asyncio.run(_pair(config, wish, simulate))
        if not simulate:
            _keep(config, paired)
        _tell(paired, as_json, simulate)
        if paired.donning.verdict != "good":
            click.get_current_context().exit(1)


def _wish(left: str | None, right: str | None, one: Side | None, feet: bool, window_s: float, simulate: bool) -> Wish:
    given: dict[Place, str] = {}
    for side, address in zip(SIDES, (left, right), strict=True):
        if address is not None:
            given[side, "shank"] = address.strip()
    if given and (one or feet):
        raise click.UsageError("--left and --right name ankle sensors; they do not go with --one or --feet.")
    if one and feet:
        raise click.UsageError("--one is one sensor, --feet are four.")
    if len({address.lower() for address in given.values()}) < len(given):
        raise click.UsageError("--left and --right name the same sensor.")
    if simulate and (given or one):
        raise click.UsageError("--simulate has a sensor above each ankle (with --feet on each foot, too).")
    placements: tuple[Placement, ...] = ("shank", "foot") if feet else ("shank",)
    places: tuple[Place, ...] = tuple((side, placement) for placement in placements for side in SIDES)
    if given or one:
        places = tuple(given) if given else ((one, "shank"),) if one else places
    return Wish(places, given, window_s)


async def _pair(config: Config, wish: Wish, simulate: bool) -> Paired:
    unix_offset_s = time.time() - asyncio.get_running_loop().time()
    view = PairView(watched=sys.stderr.isatty())
    check = _blank if simulate else _knowing(config)
    async with _radio(view, wish.places if simulate else ()) as kit:
        return await Pairing(wish, view, check, kit, unix_offset_s).run()


@asynccontextmanager
async def _radio(view: PairView, simulated: Sequence[Place]) -> AsyncIterator[BleakKit | None]:
    """This computer's, or one on which somebody simulated wears sensors in these places."""
    if not simulated:
        yield None
        return
    from surefoot.simulation.stage import stage  # heavy, and of the demo's part of the installation

    async with stage(len(simulated) * ("open",), simulated) as there:

        def obey(doing: Doing) -> None:
            there.puppet.doing = doing

        view.obey = obey
        view.say("A simulated person with simulated sensors does what is asked. Nothing is kept.")
        yield there.kit


def _blank(sides: Sequence[Side], placement: Placement) -> MountingCheck:
    return MountingCheck(sides, placement)


def _knowing(config: Config) -> Check:
    """A check that knows the patient, where there is a store."""

    def check(sides: Sequence[Side], placement: Placement) -> MountingCheck:
        if not (config.home / "home.sqlite").exists():
            return MountingCheck(sides, placement)
        store = open_store(config.home_store, keys=home_keys(config))
        try:
            return mounting_check(store, sides, placement, time.time())
        finally:
            store.close()

    return check


# ---- the store


def _opened(config: Config) -> Store:
    try:
        config.home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        what = f"The folder {config.home} cannot be made ({error.strerror})."
        raise StoreError(what, "Nothing was kept.", "Name another one: SUREFOOT_HOME=/path surefoot pair") from error
    return open_store(config.home_store, keys=home_keys(config))


def _keep(config: Config, paired: Paired) -> None:
    """Those paired now take the place of all that were: a sensor left over would be looked for in vain for ever."""
    store = _opened(config)
    try:
        for sensor in paired.worn:
            store.keep_worn_sensor(sensor)
        now = {sensor.address for sensor in paired.worn}
        for sensor in store.worn_sensors():
            if sensor.address not in now:
                store.drop_worn_sensor(sensor.address)
        store.keep_donning(paired.donning)
    finally:
        store.close()


def _paired(config: Config) -> list[WornSensor]:
    if not (config.home / "home.sqlite").exists():
        return []
    store = open_store(config.home_store, keys=home_keys(config))
    try:
        return store.worn_sensors()
    finally:
        store.close()


def _forget(config: Config, which: str) -> None:
    wanted = [s for s in _paired(config) if which.lower() in (s.address.lower(), s.side, "all")]
    if not wanted:
        raise StoreError(f"No paired sensor is {which!r}.", "Nothing was changed.", "surefoot pair --list shows them.")
    store = open_store(config.home_store, keys=home_keys(config))
    try:
        for sensor in wanted:
            store.drop_worn_sensor(sensor.address)
    finally:
        store.close()
    note(f"forgotten: {', '.join(_named(sensor) for sensor in wanted)}")


# ---- what is told


def _named(sensor: WornSensor) -> str:
    return f"{sensor.side} {PLACES[sensor.placement]}, {sensor.name} ({sensor.address})"


def _tell(paired: Paired, as_json: bool, simulate: bool) -> None:
    _tell_sensors(paired.worn, as_json)
    if as_json:
        click.echo(json.dumps({"type": "donning", **asdict(paired.donning)}, ensure_ascii=False))
        return
    terminal = Terminal()
    terminal.say(paired.donning.words)
    if simulate:
        terminal.say("That was a simulation: nothing is kept.")
    elif paired.donning.verdict == "good":
        terminal.say("The sensors are remembered. Start the gateway: surefoot wear")
    else:
        terminal.say("The sensors are remembered all the same. To check again: surefoot pair")


def _tell_sensors(worn: Sequence[WornSensor], as_json: bool) -> None:
    if as_json:
        for sensor in worn:
            click.echo(json.dumps({"type": "sensor", **asdict(sensor)}, ensure_ascii=False))
        return
    if not worn:
        Terminal().say("No sensors are paired. Put them on, then: surefoot pair")
        return
    columns = ("sensor", "product", "name", "address", "rate")
    rows = [
        (f"{s.side} {PLACES[s.placement]}", s.product, s.name, s.address, f"{s.rate_hz:g} Hz")
        for s in sorted(worn, key=lambda s: (s.placement != "shank", s.side))
    ]
    Terminal().table("Paired sensors", columns, rows, columns)
