"""Pairing: from sensors that are heard to sensors whose leg is known and whose mounting was checked by walking."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from surefoot.cli.search import Search
from surefoot.cli.wish import KEPT, NEAR, PLACES, Heard, PairingError, Place, View, Wish
from surefoot.pipeline.mounting import MountingCheck
from surefoot.records import Donning, Gap, Placement, Samples, SensorStatus, Side, WornSensor
from surefoot.sensors.bluetooth.ble import BleakKit, Bluetooth
from surefoot.sensors.bluetooth.link import LinkParams
from surefoot.sensors.bluetooth.radio import Radio, RadioParams
from surefoot.sensors.bluetooth.taps import TapWatch
from surefoot.sensors.clock.holding import HoldParams
from surefoot.sensors.clock.stream import StreamParams
from surefoot.signal.walk import WalkStream

SHORT = HoldParams(most_s=HoldParams().least_s)  # who pairs waits, and what it shows needs no better times
AT_ONCE = RadioParams(link=LinkParams(stream=StreamParams(hold=SHORT)))


@dataclass(frozen=True, slots=True)
class Paired:
    worn: tuple[WornSensor, ...]
    donning: Donning


Check = Callable[[Sequence[Side], Placement], MountingCheck]


class Pairing:
    """One pairing, over one radio. Nothing is kept by it. ``now_s`` is gateway time."""

    def __init__(self, wish: Wish, view: View, check: Check, kit: BleakKit | None, unix_offset_s: float) -> None:
        self._wish, self._view, self._check, self._kit = wish, view, check, kit
        self._unix_offset_s = unix_offset_s
        self._items: asyncio.Queue[Samples | Gap] = asyncio.Queue()
        self._statuses: dict[Place, SensorStatus] = {}
        self._listening: asyncio.Task[None] | None = None

    async def run(self) -> Paired:
        """Raise PairingError or RadioError, with the remedy, where it cannot be done."""
        search = Search(self._wish, self._view, Bluetooth(self._kit))
        chosen = [await search.meet(heard) for heard in await search.run()]
        worn = [self._worn(place, heard) for place, heard in zip(self._wish.places, chosen, strict=True)]
        self._listening = asyncio.get_running_loop().create_task(self._listen(worn))
        try:
            await self._hear_all(worn)
            told = bool(self._wish.given) or len(worn) == 1
            places = {(s.side, s.placement): (s.side, s.placement) for s in worn} if told else await self._taps(worn)
            await self._stand()
            donning = await self._walk(places)
        finally:
            self._listening.cancel()
            await asyncio.gather(self._listening, return_exceptions=True)
        self._view.say("")
        if donning.verdict == "swapped" and not told:
            places, donning = _put_right(places, donning)
        return Paired(tuple(_in_place(sensor, places) for sensor in worn), donning)

    def _now_s(self) -> float:
        return asyncio.get_running_loop().time() + self._unix_offset_s

    def _worn(self, place: Place, heard: Heard) -> WornSensor:
        product, found = heard.product, heard.found
        rate_hz = product.traits.usual_rate_hz
        return WornSensor(*place, product.key, found.address, found.name or product.name, rate_hz, self._now_s())

    # ---- listening

    async def _listen(self, worn: Sequence[WornSensor]) -> None:
        def status(told: SensorStatus) -> None:
            self._statuses[told.side, told.placement] = told

        how = {"on_status": status, "bleak": self._kit, "unix_offset_s": self._unix_offset_s}
        radio = Radio(worn, params=AT_ONCE, **how)
        async for item in radio.items():
            self._items.put_nowait(item)

    async def _hear_all(self, worn: Sequence[WornSensor]) -> None:
        """Till readings come from each."""
        waited = {(sensor.side, sensor.placement): sensor for sensor in worn}
        until_s = self._now_s() + self._wish.streams_s
        while waited:
            item = await self._next(until_s)
            if item is None:
                names = " and ".join(f"{one.name} ({one.address})" for one in waited.values())
                raise PairingError(f"No readings come from {names}.{self._silent()}", KEPT, f"{NEAR}; then try again.")
            if isinstance(item, Samples):
                waited.pop((item.side, item.placement), None)

    async def _next(self, until_s: float) -> Samples | Gap | None:
        """What came next; None when it is too late for more."""
        assert self._listening is not None
        item = asyncio.ensure_future(self._items.get())
        done, _ = await asyncio.wait(
            {item, self._listening},
            timeout=max(0.0, until_s - self._now_s()),
            return_when=asyncio.FIRST_COMPLETED,
        )
        if item in done:
            return item.result()
        item.cancel()
        with suppress(asyncio.CancelledError):
            await item
        if self._listening.done():
            self._listening.result()
        return None

    def _silent(self) -> str:
        """Why no readings come, where that is so."""
        silent = [status for status in self._statuses.values() if status.state != "streaming"]
        return "".join(f" One sensor does not send: {one.reason or one.state}." for one in silent[:1])

    # ---- what the person does

    async def _taps(self, worn: Sequence[WornSensor]) -> dict[Place, Place]:
        """Where each sensor truly is, by the place it was given for the time being."""
        watch = TapWatch([(s.side, s.placement) for s in worn])
        places: dict[Place, Place] = {}
        *asked, last = self._wish.places
        for place in asked:
            places[await self._tapped(watch, place, places)] = place
            self._view.say(f"Thank you: that is the {place[0]} {PLACES[place[1]]}.")
        (left_over,) = [(s.side, s.placement) for s in worn if (s.side, s.placement) not in places]
        return {**places, left_over: last}

    async def _tapped(self, watch: TapWatch[Place], place: Place, known: Mapping[Place, Place]) -> Place:
        """Which sensor was tapped when this place was asked for; asked again where nothing is felt."""
        wish, asked_s = self._wish, self._now_s()
        what = f"Tap the sensor on the {place[0].upper()} {PLACES[place[1]]} twice"
        for attempt in range(max(1, round(wish.tap_s / wish.ask_again_s))):
            self._view.ask(f"{what}, firmly." if attempt else f"{what}.", place)
            while (item := await self._next(asked_s + (attempt + 1) * wish.ask_again_s)) is not None:
                if isinstance(item, Gap):
                    continue
                for key, at_s in watch.update((item.side, item.placement), item):
                    if at_s >= asked_s and key not in known:
                        return key
                    if at_s >= asked_s:
                        side, placement = known[key]
                        again = f"That was the {side} {PLACES[placement]} again."
                        self._view.say(f"{again} Please tap the other sensor.")
        told = f"No tap was felt.{self._silent()}"
        raise PairingError(told, KEPT, "Tap twice, firmly, with one finger, and keep the other leg still. Try again.")

    async def _stand(self) -> None:
        """Till both have been still for some seconds; whoever cannot stand still goes on without."""
        wish, began_s = self._wish, self._now_s()
        self._view.ask(f"Stand still for {wish.stand_s:.0f} seconds.", "stand")
        since_s = began_s
        while (item := await self._next(began_s + wish.still_within_s)) is not None:
            if isinstance(item, Samples) and item.end_s > began_s and abs(item.gyr).max() > wish.still_dps:
                since_s = item.end_s
            left_s = since_s + wish.stand_s - self._now_s()
            self._view.count(f"{max(0.0, left_s):.0f}")
            if left_s <= 0:
                return

    async def _walk(self, places: Mapping[Place, Place]) -> Donning:
        wish, began_s = self._wish, self._now_s()
        placement: Placement = "shank" if any(place[1] == "shank" for place in places.values()) else "foot"
        sides = [side for side, on in self._wish.places if on == placement]
        walk, check = WalkStream(sides, placement), self._check(sides, placement)
        self._view.ask(f"Walk {wish.steps} steps straight ahead, at your usual pace.", "walk")
        steps, more, last_s = 0, False, began_s
        while (item := await self._next(began_s + wish.walk_s)) is not None:
            side, on = places[item.side, item.placement]
            if on != placement:
                continue
            findings = walk.update(replace(item, side=side, placement=on))
            steps += sum(int((initial > began_s).sum()) for initial, _ in findings.contacts.values())
            enough = steps >= wish.steps and not more
            self._view.count("enough, thank you; one moment" if enough else f"{steps} of {wish.steps} steps")
            if told := check.update(findings):
                return told[-1]
            if steps < wish.steps or self._now_s() < last_s + wish.verdict_s:
                last_s = self._now_s() if steps < wish.steps else last_s
            elif not more:
                self._view.ask(f"Not sure yet: please walk {wish.steps} steps more.", "walk")
                steps, more = 0, True
        told = [*check.update(walk.close()), *check.close()]
        none = "No steps were seen." + self._silent() + " Please walk 20 steps, and look whether the sensors are on."
        return told[-1] if told else Donning(began_s, "unknown", none, 0)


def _in_place(sensor: WornSensor, places: Mapping[Place, Place]) -> WornSensor:
    side, placement = places[sensor.side, sensor.placement]
    return replace(sensor, side=side, placement=placement)


def _put_right(places: Mapping[Place, Place], donning: Donning) -> tuple[dict[Place, Place], Donning]:
    """The walk knows better than the taps: the names of the legs are exchanged, the sensors stay where they are."""
    other: dict[Side, Side] = {"left": "right", "right": "left"}

    def across(pairs: tuple[tuple[Side, object], ...]) -> tuple[tuple[Side, object], ...]:
        return tuple(sorted((other[side], value) for side, value in pairs))

    said = "By the walk, the sensor that was tapped as the left one is on the right leg: it is remembered so."
    seat = across(donning.seat)
    right = replace(donning, verdict="good", words=said, seat=seat, turned_deg=(), tilt_deg=())  # type: ignore[arg-type]  # pairs as they were
    return {key: (other[side], placement) for key, (side, placement) in places.items()}, right
