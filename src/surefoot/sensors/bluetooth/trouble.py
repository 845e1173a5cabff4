"""The troubles of a radio in plain words: what failed in bleak, BlueZ or D-Bus, what it means, what to do."""

from __future__ import annotations

import sys

from bleak.exc import (
    BleakBluetoothNotAvailableError,
    BleakBluetoothNotAvailableReason,
    BleakCharacteristicNotFoundError,
    BleakDBusError,
    BleakDeviceNotFoundError,
    BleakError,
    BleakGATTProtocolError,
)
from bleak_retry_connector import BleakNotFoundError

from surefoot.records import SurefootError

FAILURES = (BleakError, TimeoutError, OSError, EOFError)  # what a radio fails with; the last two from a dying D-Bus

_WAITING = "No readings come until then; it is tried again and again."
_ASKS_PAIRING = {0x05, 0x08, 0x0C, 0x0F}  # ATT: authentication, authorization, key size, encryption insufficient
_PAIRING_NAMES = ("AuthenticationFailed", "AuthenticationRejected", "AuthenticationCanceled", "NotAuthorized")
_DONGLE = "Plug in a Bluetooth dongle (version 5 or later)."
_PAIRING_REMEDY = 'Pair it once with this computer ("bluetoothctl pair ADDRESS", or in the system\'s settings).'


class RadioError(SurefootError):
    """The radio cannot do what it was asked. ``needs_person``: trying again alone will not help."""

    def __init__(self, what: str, meaning: str = "", remedy: str = "", *, needs_person: bool = False) -> None:
        super().__init__(what, meaning, remedy)
        self.needs_person = needs_person


def explain(error: BaseException) -> RadioError:
    """The reason by type and code, never by text."""
    match error:
        case RadioError():
            return error
        case BleakBluetoothNotAvailableError():
            return _not_available(error.reason)
        case BleakDBusError():
            return _dbus(error)
        case BleakGATTProtocolError() if error.args[0] in _ASKS_PAIRING:  # `.code` fails for a maker's own codes
            return _person("The sensor wants to be paired before it answers.", _PAIRING_REMEDY)
        case BleakCharacteristicNotFoundError():
            what = f"The sensor lacks what its product should have ({error.char_specifier})."
            return _person(what, "Check that it is the product it was paired as, with the maker's newest firmware.")
        case BleakDeviceNotFoundError() | BleakNotFoundError() | TimeoutError():
            return RadioError("The sensor does not answer.", remedy="Bring it nearer, or look whether it is charged.")
        case PermissionError():
            return _denied()
        case FileNotFoundError() | ConnectionRefusedError():
            return _person("This computer's D-Bus does not answer; Bluetooth is reached through it.", _no_bus_remedy())
        case _ if isinstance(error.__cause__, BleakError | OSError | TimeoutError):
            return explain(error.__cause__)  # of bleak-retry-connector, which wraps what it was told
    detail = f" ({error})" if str(error) else ""
    return RadioError(f"The connection was lost{detail}.", remedy="Nothing to do: it is tried again by itself.")


def _not_available(reason: BleakBluetoothNotAvailableReason) -> RadioError:
    reasons = BleakBluetoothNotAvailableReason
    match reason:
        case reasons.NO_BLUETOOTH:
            return _person("This computer has no Bluetooth adapter.", _DONGLE)
        case reasons.NO_BLE_CENTRAL_ROLE:
            what = "This computer's Bluetooth adapter cannot connect to low-energy sensors."
            return _person(what, _DONGLE)
        case reasons.POWERED_OFF:
            remedy = 'Switch it on ("bluetoothctl power on"; if that fails, "rfkill unblock bluetooth").'
            return _person("Bluetooth is switched off on this computer.", remedy)
        case reasons.DENIED_BY_USER | reasons.DENIED_BY_SYSTEM | reasons.DENIED_BY_UNKNOWN:
            return _denied()
    return _person("Bluetooth is not available on this computer.", "surefoot doctor tells more.")


def _dbus(error: BleakDBusError) -> RadioError:
    name = error.dbus_error
    match name.rpartition(".")[2]:
        case "AccessDenied":
            return _denied()
        case "ServiceUnknown" | "NameHasNoOwner" | "NoReply" | "Disconnected":
            return _person("The Bluetooth service of this computer is not running.", '"systemctl start bluetooth"')
        case "NotReady":
            return _not_available(BleakBluetoothNotAvailableReason.POWERED_OFF)
        case last if last in _PAIRING_NAMES:
            return _person("The sensor wants to be paired before it answers.", _PAIRING_REMEDY)
        case "InProgress":
            remedy = "End the other program that uses Bluetooth. If there is none: systemctl restart bluetooth"
            return RadioError("The Bluetooth adapter is busy with another search or connection.", _WAITING, remedy)
    return RadioError(f"The connection was lost ({error}).", remedy="Nothing to do: it is tried again by itself.")


def _denied() -> RadioError:
    remedy = "Let this user use it (Linux: usermod -aG bluetooth USER, then log in anew; macOS: Privacy, Bluetooth)."
    return _person("This user may not use Bluetooth.", remedy)


def _person(what: str, remedy: str) -> RadioError:
    return RadioError(what, _WAITING, remedy, needs_person=True)


def _no_bus_remedy() -> str:
    if sys.platform != "linux":
        return "surefoot doctor tells more."
    return "Start it (systemctl start dbus bluetooth); in a container, give it the host's /run/dbus."
