"""The authority of a clinic: a folder with its key, the broker's files, and every gateway's certificate."""

from __future__ import annotations

import getpass
import json
import os
import signal
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from surefoot.alerts.access import access_list, configuration
from surefoot.alerts.identity import CLINIC, Identity, issue, new_authority, revocations
from surefoot.cli.keyfile import HOME_FILE, keys_in, write_keys
from surefoot.pipeline.sealing import Key, new_key
from surefoot.records import SurefootError

PRIVATE, SHARED = 0o600, 0o644
_ABOUT = "about.json"


class AuthorityError(SurefootError):
    """A folder of a clinic's authority that cannot be used."""


class Authority:
    """Certificates in a folder that only its owner may read. Whoever has it can let gateways in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._gateways = folder / "gateways"

    @property
    def is_made(self) -> bool:
        return (self.folder / _ABOUT).is_file()

    def make(self, hosts: Sequence[str], port: int, now: datetime) -> None:
        """The authority itself, the broker's certificate and configuration, and the clinic's own identity."""
        self._gateways.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.folder.chmod(0o700)
        own = new_authority(f"surefoot authority {now:%Y-%m-%d}", now)
        _keep(self.folder / "authority", own)
        _keep(self.folder / "broker", issue(own, hosts[0], now, days=3650, hosts=[*hosts, "localhost", "127.0.0.1"]))
        _bundle(self.folder / "clinic", own, issue(own, CLINIC, now, days=3650))
        _write(
            self.folder / "mosquitto.conf",
            configuration(self.folder.resolve().as_posix(), port, getpass.getuser()).encode(),
            SHARED,
        )
        about = {"hosts": list(hosts), "port": port, "revoked": []}
        self._settle(about, now)

    def enroll(self, gateway: str, now: datetime, days: int) -> Path:
        """A gateway's folder, to be carried to its home: certificates, the settings, and the key of its store.

        A second one is a renewal, with the same key of the store.
        """
        about, own = self._about(), self._own()
        if gateway in about["revoked"]:
            raise AuthorityError(
                f"The gateway {gateway} was revoked.", "No certificate was made.", "Enroll it under a new name: none."
            )
        identity = issue(own, gateway, now, days)
        folder = self._gateways / gateway
        _bundle(folder, own, identity)
        write_keys(folder / HOME_FILE, self._home_keys(gateway))
        broker = f"mqtts://{about['hosts'][0]}:{about['port']}"
        _write(folder / "surefoot.toml", f'broker = "{broker}"\nidentity = "."\n'.encode(), SHARED)
        _append(self.folder / "issued.list", f"{gateway} {identity.serial} {identity.until.isoformat()}\n")
        self._settle(about, now)
        return folder

    def revoke(self, gateway: str, now: datetime) -> None:
        """Its certificates, all of them, are good no longer."""
        about = self._about()
        if not any(gateway == name for name, _ in self._issued()):
            known = ", ".join(sorted({name for name, _ in self._issued()})) or "none"
            raise AuthorityError(
                f"No gateway {gateway} was enrolled here.", "Nothing was revoked.", f"Enrolled are: {known}."
            )
        about["revoked"] = sorted({*about["revoked"], gateway})
        self._settle(about, now)

    def gateways(self) -> list[tuple[str, bool]]:
        """Every gateway, and whether it is revoked."""
        revoked = set(self._about()["revoked"])
        return [(name, name in revoked) for name in sorted({name for name, _ in self._issued()})]

    def tell_broker(self) -> bool:
        """Have a running Mosquitto read its lists again; tell whether one was running."""
        try:
            number = int((self.folder / "mosquitto.pid").read_text())
            if not _is_broker(number):
                return False
            os.kill(number, signal.SIGHUP)
        except (OSError, ValueError):
            return False
        return True

    def _settle(self, about: dict[str, object], now: datetime) -> None:
        revoked = set(about["revoked"])  # type: ignore[call-overload]  # names, by json
        gone = [serial for name, serial in self._issued() if name in revoked]
        _write(self.folder / "revoked.crl", revocations(self._own(), gone, now), SHARED)
        allowed = {name for name, _ in self._issued()} - revoked
        _write(self.folder / "access.list", access_list(allowed).encode(), PRIVATE)
        _write(self.folder / _ABOUT, json.dumps(about, indent=1).encode(), PRIVATE)

    def _home_keys(self, gateway: str) -> list[Key]:
        """Made once and kept here: a home that lost its key can be given it again, and reads what it stored."""
        path = self.folder / "homes" / f"{gateway}.keys"
        if not path.exists():
            write_keys(path, [new_key()])
        return keys_in(path)

    def _issued(self) -> list[tuple[str, int]]:
        try:
            lines = (self.folder / "issued.list").read_text().splitlines()
        except FileNotFoundError:
            return []
        return [(name, int(serial)) for name, serial, _ in (line.split() for line in lines)]

    def _about(self) -> dict[str, list[str]]:
        try:
            about: dict[str, list[str]] = json.loads((self.folder / _ABOUT).read_text())
        except (OSError, ValueError) as error:
            raise AuthorityError(
                f"There is no authority in {self.folder}.",
                "Nothing was changed.",
                "Make it with the first: surefoot clinic enroll --host NAME-OF-THE-BROKER",
            ) from error
        return about

    def _own(self) -> Identity:
        return Identity((self.folder / "authority.crt").read_bytes(), (self.folder / "authority.key").read_bytes())


def _is_broker(number: int) -> bool:
    """The file of one that was killed stays, and by then its number may be another program's, which a signal ends."""
    named = Path(f"/proc/{number}/comm")
    return not Path("/proc/self/comm").exists() or (named.exists() and named.read_text().startswith("mosquitto"))


def now_utc(now_s: float) -> datetime:
    return datetime.fromtimestamp(now_s, UTC).replace(microsecond=0)


def _bundle(folder: Path, authority: Identity, identity: Identity) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    _write(folder / "authority.crt", authority.certificate, SHARED)
    _keep(folder / "gateway", identity)


def _keep(stem: Path, identity: Identity) -> None:
    _write(stem.with_suffix(".key"), identity.key, PRIVATE)
    _write(stem.with_suffix(".crt"), identity.certificate, SHARED)


def _write(path: Path, content: bytes, mode: int) -> None:
    """Whole or not at all, and never readable by others in between."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def _append(path: Path, line: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, PRIVATE), "w") as file:
        file.write(line)
        file.flush()
        os.fsync(file.fileno())
