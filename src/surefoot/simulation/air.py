"""The simulated air between sensors and a computer: who hears whom, how strongly, and what is lost on the way.

Chance is drawn from the generator it is handed, so that under a virtual clock a run repeats to the last byte.
"""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from dataclasses import dataclass
from functools import partial

import numpy as np
from bumble import hci, ll
from bumble.controller import Controller
from bumble.core import PhysicalTransport
from bumble.link import LocalLink

from surefoot.simulation.chip import LOST, NOT_ESTABLISHED, Chip
from surefoot.simulation.way import SOON_S, Way

ATT_CHANNEL = b"\x04\x00"
NOTIFICATION = 0x1B
VALUE_AT = 7  # where a notification's own bytes begin: behind length, channel, opcode and handle
OVERTAKEN_AFTER_S = 0.3  # a notification kept back goes on at the latest


@dataclass(frozen=True, slots=True)
class Faults:
    """What befalls what one sensor says, each by chance: shares of its notifications, and times."""

    lost: float = 0.0
    repeated: float = 0.0
    cut: float = 0.0  # arrive short
    garbled: float = 0.0  # arrive with some bytes changed
    swapped: float = 0.0  # overtaken by the next
    jitter_s: float = 0.0  # each comes later by 0 to this; the order stays
    latency_s: float = 0.0  # everything comes later by this, both ways: a slow connection
    interval_s: float = 0.0  # things arrive on this grid: a long connection interval makes bursts
    turns_s: float = 0.0  # the link has its turn 0 to this after the one before, and brings all that waits
    unheard: float = 0.0  # share of advertisements


class Air(LocalLink):
    """Where all devices of one place meet. ``tally`` counts what befell.

    ``supervision_s``: a link that has been silent for so long is lost. ``room``: packets a sensor can keep while it is
    not heard; what comes then is lost. Addresses are random static ones, "C0:..." to "FF:...".
    """

    def __init__(
        self, rng: np.random.Generator, faults: Faults | None = None, *, supervision_s: float = 2.0, room: int = 20
    ) -> None:
        super().__init__()
        self.rng = rng
        self.faults = faults or Faults()
        self.supervision_s = supervision_s
        self.room = room
        self.tally: Counter[str] = Counter()
        self.rssi_dbm: dict[str, float] = {}  # of sensors whose place differs from the usual
        self.began_s = asyncio.get_running_loop().time()
        self._loop = asyncio.get_running_loop()
        self._chips: dict[hci.Address, Chip] = {}
        self._faults_of: dict[hci.Address, Faults] = {}
        self._away: dict[hci.Address, asyncio.Handle] = {}

    # ---- what a test or a demo does to it

    def set_faults(self, address: str, faults: Faults | None) -> None:
        """From now on, for what this sensor says; None: as for all."""
        self._faults_of.pop(hci.Address(address), None)
        if faults is not None:
            self._faults_of[hci.Address(address)] = faults

    def leave(self, address: str) -> None:
        """The sensor goes out of range. Its link is lost unless it comes back soon."""
        if (sensor := hci.Address(address)) not in self._away:
            self._away[sensor] = self._loop.call_later(self.supervision_s, self._end_links, sensor, LOST)
            self._hold(sensor, True)

    def enter(self, address: str) -> None:
        if timer := self._away.pop(sensor := hci.Address(address), None):
            timer.cancel()
            self._hold(sensor, False)

    def lose(self, address: str, reason: int = LOST) -> None:
        """The sensor's link breaks now, and both ends know."""
        self._end_links(hci.Address(address), reason)

    def vanish(self, address: str) -> None:
        """The sensor forgets its link (it lost its power); the other end finds out when it has been silent for long."""
        sensor = hci.Address(address)
        chip = self._chips[sensor]
        for peer, connection in list(chip.le_connections.items()):
            other = self._chips[peer].le_connections.get(sensor)
            chip.on_le_disconnected(connection, LOST)
            if other is not None:
                self._loop.call_later(self.supervision_s, self._end, self._chips[peer], other, LOST)

    # ---- what the chips call

    def add_controller(self, controller: Controller) -> None:
        """Nobody is known before it has an address."""

    def remove_controller(self, controller: Controller) -> None:
        self._chips.pop(controller.random_address, None)

    def on_address_changed(self, controller: Controller) -> None:
        assert isinstance(controller, Chip)
        self._chips[controller.random_address] = controller

    def send_advertising_pdu(self, sender_controller: Controller, packet: ll.AdvertisingPdu) -> None:
        assert isinstance(sender_controller, Chip)
        if isinstance(packet, ll.ConnectInd):
            self._loop.call_soon(self._join, sender_controller, packet)
            return
        sensor = sender_controller.random_address
        if sensor in self._away:
            return
        for chip in self._chips.values():
            if chip is not sender_controller and chip.listens and not self._happens(self._of(sensor).unheard):
                rssi_dbm = self.rssi_dbm.get(sensor.to_string(False), -60.0) + 2 * self.rng.standard_normal()
                self._loop.call_soon(chip.hear, sender_controller.le_legacy_advertiser, round(rssi_dbm))

    def send_acl_data(
        self,
        sender_controller: Controller,
        destination_address: hci.Address,
        transport: PhysicalTransport,
        data: bytes,
    ) -> None:
        sender = sender_controller.random_address
        if (way := self._way(sender, destination_address)) is None:
            return  # the link is gone
        if data[2:4] == ATT_CHANNEL and data[4] == NOTIFICATION:
            self._notify(way, self._chips[destination_address], self._of(sender), data)
        else:
            faults = self._of(_sensor(way))
            way.put(self._when(way, faults), partial(self._chips[destination_address].take, way.connection, data))

    def send_ll_control_pdu(
        self, sender_address: hci.Address, receiver_address: hci.Address, packet: ll.ControlPdu
    ) -> None:
        if (way := self._way(sender_address, receiver_address)) is not None:
            chip = self._chips[receiver_address]
            arrive = partial(chip.on_ll_control_pdu, sender_address, packet)
            way.put(self._when(way, self._of(_sensor(way))), arrive)

    # ---- notifications and their faults

    def _notify(self, way: Way, chip: Chip, faults: Faults, data: bytes) -> None:
        if way.held and way.waiting >= self.room:
            self.tally["overflowed"] += 1
            return
        if self._befalls("lost", faults.lost):
            return
        if self._befalls("cut", faults.cut):
            data = _with_value(data, data[VALUE_AT : VALUE_AT + int(self.rng.integers(len(data) - VALUE_AT))])
        if self._befalls("garbled", faults.garbled):
            data = _with_value(data, self._garbled(data[VALUE_AT:]))
        copies = 2 if self._befalls("repeated", faults.repeated) else 1
        for _ in range(copies):
            arrive = partial(chip.take, way.connection, data)
            if way.kept_back is None and self._befalls("swapped", faults.swapped):
                way.kept_back = arrive
                self._loop.call_later(OVERTAKEN_AFTER_S, self._let_go, way, arrive)
                continue
            way.put(self._when(way, faults, faults.jitter_s), arrive)
            if way.kept_back is not None:
                self._let_go(way, way.kept_back)

    def _let_go(self, way: Way, arrive: object) -> None:
        if way.kept_back is arrive and way.kept_back is not None:
            way.put(self._loop.time(), way.kept_back)
            way.kept_back = None

    def _garbled(self, value: bytes) -> bytes:
        changed = bytearray(value)
        for at in self.rng.integers(len(changed), size=3):
            changed[at] ^= int(self.rng.integers(1, 256))
        return bytes(changed)

    def _befalls(self, what: str, share: float) -> bool:
        happens = self._happens(share)
        self.tally[what] += happens
        return happens

    def _happens(self, share: float) -> bool:
        return share > 0 and bool(self.rng.random() < share)

    # ---- links

    def _of(self, sensor: hci.Address) -> Faults:
        return self._faults_of.get(sensor, self.faults)

    def _when(self, way: Way, faults: Faults, jitter_s: float = 0.0) -> float:
        """When what is said now arrives."""
        at_s = self._loop.time() + faults.latency_s + (jitter_s * self.rng.random() if jitter_s else 0.0)
        while faults.turns_s and way.turn_s < at_s:
            way.turn_s = max(way.turn_s, at_s - faults.turns_s) + faults.turns_s * self.rng.random()
        at_s = max(at_s, way.turn_s)
        if not (step := faults.interval_s):
            return at_s
        phase_s = way.phase_s * step
        return phase_s + step * math.ceil((at_s - phase_s - SOON_S) / step)

    def _way(self, sender: hci.Address, receiver: hci.Address) -> Way | None:
        if (chip := self._chips.get(receiver)) is None or (connection := chip.le_connections.get(sender)) is None:
            return None
        way = chip.ways.get(sender)
        if way is None:
            way = chip.ways[sender] = Way(connection, self.rng.random())
            if _sensor(way) in self._away:
                way.hold()
        return way

    def _hold(self, sensor: hci.Address, held: bool) -> None:
        for chip in self._chips.values():
            for way in list(chip.ways.values()):
                if _sensor(way) == sensor:
                    way.hold() if held else way.release()

    def _join(self, central: Chip, packet: ll.ConnectInd) -> None:
        """A central's wish to connect reaches the sensor, unless that has ceased to listen for it."""
        sensor = self._chips.get(packet.advertiser_address)
        if sensor is not None and packet.advertiser_address not in self._away:
            sensor.on_ll_advertising_pdu(packet)
            if packet.initiator_address in sensor.le_connections:
                return
        if connection := central.le_connections.get(packet.advertiser_address):
            self._end(central, connection, NOT_ESTABLISHED)

    def _end_links(self, sensor: hci.Address, reason: int) -> None:
        for chip in self._chips.values():
            for connection in list(chip.le_connections.values()):
                if sensor in (connection.self_address, connection.peer_address):
                    chip.on_le_disconnected(connection, reason)

    def _end(self, chip: Chip, connection: object, reason: int) -> None:
        for other in list(chip.le_connections.values()):
            if other is connection:
                chip.on_le_disconnected(other, reason)


def _sensor(way: Way) -> hci.Address:
    """Which end of a link is the sensor: the one that does not lead it."""
    connection = way.connection
    return connection.peer_address if connection.role == hci.Role.CENTRAL else connection.self_address


def _with_value(data: bytes, value: bytes) -> bytes:
    """The notification, with another value: its packet's length is that of the rest."""
    return (len(value) + 3).to_bytes(2, "little") + data[2:VALUE_AT] + value
