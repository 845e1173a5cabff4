"""A Bluetooth controller on the simulated air: bumble's, where it behaves as real ones do.

What bumble 0.0.236 leaves out and is put right here: a connection that is called off, scan responses with their
own bytes, the strength of what is heard, packets of 251 bytes, silence about a packet that comes too late.
"""

from __future__ import annotations

import asyncio

import numpy as np
from bumble import hci
from bumble.controller import Connection, Controller, LegacyAdvertiser
from bumble.core import PhysicalTransport
from bumble.device import Device, DeviceConfiguration
from bumble.host import Host
from bumble.link import LocalLink
from bumble.transport.common import AsyncPipeSink

from surefoot.simulation.way import Way

Report = hci.HCI_LE_Advertising_Report_Event.Report
Kind = hci.HCI_LE_Advertising_Report_Event.EventType
UNIT_S = 0.000625  # of advertising intervals
WANDER_S = 0.01  # each advertisement comes up to so much later, so that two sensors do not collide for ever
NOT_ESTABLISHED = 0x3E
LOST = 0x08
CALLED_OFF = 0x02


class Chip(Controller):
    """One device's controller. ``ways``: what is on its way to it, by the sender's address."""

    le_acl_data_packet_length = 251
    le_features = Controller.le_features & ~(
        hci.LeFeatureMask.LE_EXTENDED_ADVERTISING
        | hci.LeFeatureMask.LE_PERIODIC_ADVERTISING
        | hci.LeFeatureMask.LL_PRIVACY
    )

    def __init__(self, name: str, air: LocalLink, rng: np.random.Generator) -> None:
        super().__init__(name, link=air)
        self.rng = rng
        self.le_legacy_advertiser = _Advertiser(self)
        self.ways: dict[hci.Address, Way] = {}

    @property
    def listens(self) -> bool:
        return self.le_scan_enable or self.pending_le_connection is not None

    def hear(self, advertiser: LegacyAdvertiser, rssi_dbm: int) -> None:
        """An advertisement arrives; whoever scans asks for more and is answered at once."""
        address = advertiser.address
        if self.le_scan_enable:
            told = [(Kind.ADV_IND, advertiser.advertising_data)]
            if self.le_scan_type:
                told.append((Kind.SCAN_RSP, advertiser.scan_response_data))
            for kind, data in told:
                report = Report(kind, address.address_type, address, data, rssi_dbm)
                self.send_hci_packet(hci.HCI_LE_Advertising_Report_Event([report]))
        wanted = self.pending_le_connection
        if wanted is not None and wanted.peer_address == address and address not in self.le_connections:
            self.create_le_connection(address)

    def send_hci_packet(self, packet: hci.HCI_Packet) -> None:
        """As bumble does it, without making a sentence of each packet for a log: that was half of the work."""
        if self.host:
            asyncio.get_running_loop().call_soon(self.host.on_packet, bytes(packet))

    def on_hci_packet(self, packet: hci.HCI_Packet) -> None:
        """As above."""
        match packet:
            case hci.HCI_Command():
                self.on_hci_command_packet(packet)
            case hci.HCI_AclDataPacket():
                self.on_hci_acl_data_packet(packet)

    def on_hci_acl_data_packet(self, packet: hci.HCI_AclDataPacket) -> None:
        """What its host sends before it hears that the connection has ended is gone, without a word."""
        if self.find_connection_by_handle(packet.connection_handle) is not None:
            super().on_hci_acl_data_packet(packet)

    def take(self, connection: Connection, data: bytes) -> None:
        """A packet of this connection arrives."""
        self.send_hci_packet(hci.HCI_AclDataPacket(connection.handle, 2, 0, len(data), data))

    def on_le_disconnected(self, connection: Connection, reason: int) -> None:
        if (way := self.ways.pop(connection.peer_address, None)) is not None:
            way.close()
        super().on_le_disconnected(connection, reason)

    def on_link_acl_data(self, sender_address: hci.Address, transport: PhysicalTransport, data: bytes) -> None:
        raise NotImplementedError("packets of this air come by `take`")

    def on_hci_le_create_connection_cancel_command(
        self, _command: hci.HCI_LE_Create_Connection_Cancel_Command
    ) -> hci.HCI_StatusReturnParameters:
        wanted, self.pending_le_connection = self.pending_le_connection, None
        if wanted is None:
            return hci.HCI_StatusReturnParameters(hci.HCI_ErrorCode.COMMAND_DISALLOWED_ERROR)
        asyncio.get_running_loop().call_soon(self._tell_called_off, wanted.peer_address)
        return hci.HCI_StatusReturnParameters(hci.HCI_ErrorCode.SUCCESS)

    def _tell_called_off(self, address: hci.Address) -> None:
        event = hci.HCI_LE_Connection_Complete_Event(
            status=CALLED_OFF,
            connection_handle=0,
            role=hci.Role.CENTRAL,
            peer_address_type=address.address_type,
            peer_address=address,
            connection_interval=0,
            peripheral_latency=0,
            supervision_timeout=0,
            central_clock_accuracy=0,
        )
        self.send_hci_packet(event)


def device(chip: Chip, config: DeviceConfiguration) -> Device:
    """bumble's device on this controller."""
    return Device(config=config, host=_Host(chip, AsyncPipeSink(chip)))


class _Host(Host):
    """bumble's, without making two sentences of each packet for a log that nobody reads."""

    def send_hci_packet(self, packet: hci.HCI_Packet) -> None:
        if self.hci_sink:
            self.hci_sink.on_packet(bytes(packet))

    def on_hci_packet(self, packet: hci.HCI_Packet) -> None:
        match packet:
            case hci.HCI_Event():
                self.on_hci_event_packet(packet)
            case hci.HCI_AclDataPacket():
                self.on_hci_acl_data_packet(packet)

    def on_command_processed(self, event: hci.HCI_Event) -> None:
        """Unless whoever asked was cancelled a moment ago."""
        if self.pending_response is None or not self.pending_response.done():
            super().on_command_processed(event)


class _Advertiser(LegacyAdvertiser):
    controller: Chip

    def _on_timer_fired(self) -> None:
        self.send_advertising_data()
        wait_s = self.advertising_interval_min * UNIT_S + WANDER_S * self.controller.rng.random()
        self.timer_handle = asyncio.get_running_loop().call_later(wait_s, self._on_timer_fired)
