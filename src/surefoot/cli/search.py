"""The search for sensors: one scan with an end, those chosen that are wished for, and a first word with each."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace

from surefoot.cli.wish import KEPT, NEAR, Heard, PairingError, View, Wish
from surefoot.records import SurefootError
from surefoot.sensors.bluetooth.ble import Bluetooth, Found
from surefoot.sensors.makers.products import PRODUCTS

LOW_PCT = 20  # of charge: hardly a day


class Search:
    """Over one radio, which it has to itself."""

    def __init__(self, wish: Wish, view: View, bluetooth: Bluetooth) -> None:
        self._wish, self._view, self._bluetooth = wish, view, bluetooth

    async def run(self) -> list[Heard]:
        """The sensors for the wished places, in their order."""
        wish, clock = self._wish, asyncio.get_running_loop().time
        end_s, heard, enough_s = clock() + wish.window_s, dict[str, Heard](), list[float]()
        wanted = {address.lower() for address in wish.given.values()}

        def seen(found: Found) -> bool:
            product = next((product for product in PRODUCTS if product.is_seen(found.seen)), None)
            if product is not None and (not wanted or found.address.lower() in wanted):
                heard[found.address.lower()] = Heard(found, product)
            if len(heard) >= len(wish.places):
                enough_s.append(clock())
            return bool(enough_s) and (bool(wanted) or clock() - enough_s[0] > wish.settle_s)

        async def show() -> None:
            while True:
                self._view.heard(list(heard.values()), end_s - clock())
                await asyncio.sleep(1.0)

        showing = asyncio.get_running_loop().create_task(show())
        try:
            await self._bluetooth.look(wish.window_s, seen, [product.service for product in PRODUCTS])
        finally:
            showing.cancel()
        self._view.heard(list(heard.values()), 0.0)
        return self._chosen(heard)

    def _chosen(self, heard: Mapping[str, Heard]) -> list[Heard]:
        wish, need = self._wish, len(self._wish.places)
        if len(heard) < need:
            missing = [address for address in wish.given.values() if address.lower() not in heard]
            what = f"{len(heard) or 'No'} sensor{'s were' if len(heard) != 1 else ' was'} found, {need} are needed"
            named = f": {', '.join(missing)} did not answer." if missing else "."
            one = " With one sensor only: --one left or --one right." if len(heard) == 1 and not missing else ""
            raise PairingError(what + named, KEPT, f"{NEAR}; then try again.{one}")
        if wish.given:
            return [heard[wish.given[place].lower()] for place in wish.places]
        nearest = sorted(heard.values(), key=lambda one: -(one.found.signal_dbm or 0))
        if len(nearest) > need:
            self._view.say(f"More sensors than needed were heard; the {need} loudest are taken.")
        return nearest[:need]

    async def meet(self, heard: Heard) -> Heard:
        """Say hello: it blinks where it can, and tells its charge. One that fails here is tried again later."""
        product, found = heard.product, heard.found
        name = f"{found.name or product.name} ({found.address})"
        percent = None
        try:
            line = await self._bluetooth.connect(found, lambda *_: None)
            try:
                if product.traits.streams_on:
                    await line.perform(product.stop())
                if (blink := product.blink()) is not None:
                    await line.perform(blink)
                if (charge := product.battery()) is not None:
                    percent = await line.perform(charge)
            finally:
                await line.close()
        except SurefootError as trouble:
            self._view.say(f"{name}: {trouble.what} It is tried again.")
            return heard
        battery = f", battery {percent} %" if percent is not None else ""
        self._view.say(f"{name} answers{battery}{'; it blinks now' if product.traits.identify else ''}.")
        if percent is not None and percent < LOW_PCT:
            self._view.say("Its battery is low: please charge it before you go out.")
        return replace(heard, battery_pct=percent)
