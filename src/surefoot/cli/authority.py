"""The authority of a clinic: a folder with its key, the broker's files, and every gateway's certificate."""

from __future__ import annotations

import getpass
import json
import os
import re
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from surefoot.alerts.access import access_list, configuration
from surefoot.alerts.identity import CLINIC, Identity, issue, new_authority, renewed, revocations
from surefoot.cli.keyfile import HOME_FILE, keys_in, write_keys
from surefoot.cli.secretfile import PRIVATE, SHARED, write_file
from surefoot.pipeline.sealing import Key, new_key
from surefoot.records import SurefootError

_ABOUT = "about.json"
_ISSUED = re.compile(r"(\S+) (\d+) (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00)(?: (carried|renewal))?")


class AuthorityError(SurefootError):
    """A folder of a clinic's authority that cannot be used."""


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate that was made for a gateway, whether it got there or not."""

    gateway: str
    serial: int
    until: datetime
    is_renewal: bool  # sent to the home, not carried


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A gateway, and all certificates that were made for it, the oldest first."""

    gateway: str
    is_revoked: bool
    issued: tuple[Issued, ...]


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
        write_file(
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
        write_file(folder / "surefoot.toml", f'broker = "{broker}"\nidentity = "."\n'.encode(), SHARED)
        self._issue(gateway, identity.certificate, "carried")
        self._settle(about, now)
        return folder

    def renew(self, gateway: str, now: datetime, days: int) -> str:
        """The newest certificate of a gateway anew, PEM, for the key that it has."""
        if gateway in self._about()["revoked"]:
            raise AuthorityError(f"The gateway {gateway} was revoked.", "No certificate was made.", "Enroll another.")
        try:
            known = (self.folder / "issued" / f"{gateway}.crt").read_bytes()
        except FileNotFoundError:
            what = f"No certificate of {gateway} is kept here."
            remedy = f"Enroll it again and carry what that makes there: surefoot clinic enroll {gateway}"
            raise AuthorityError(what, "It was not renewed.", remedy) from None
        made = renewed(self._own(), known, now, days)
        self._issue(gateway, made, "renewal")
        return made.decode()

    def _issue(self, gateway: str, certificate: bytes, how: str) -> None:
        """Written down before it goes anywhere, so that it can be revoked."""
        made = Identity(certificate, b"")
        _append(self.folder / "issued.list", f"{gateway} {made.serial} {made.until.isoformat()} {how}\n")
        (self.folder / "issued").mkdir(exist_ok=True, mode=0o700)
        write_file(self.folder / "issued" / f"{gateway}.crt", certificate)

    def revoke(self, gateway: str, now: datetime) -> None:
        """Its certificates, all of them, are good no longer."""
        about = self._about()
        enrolled = {one.gateway for one in self._issued()}
        if gateway not in enrolled:
            known = ", ".join(sorted(enrolled)) or "none"
            raise AuthorityError(
                f"No gateway {gateway} was enrolled here.", "Nothing was revoked.", f"Enrolled are: {known}."
            )
        about["revoked"] = sorted({*about["revoked"], gateway})
        self._settle(about, now)

    def gateways(self) -> list[Enrolled]:
        """Every gateway, by name."""
        revoked, issued = set(self._about()["revoked"]), self._issued()
        of = {
            name: tuple(one for one in issued if one.gateway == name)
            for name in sorted({one.gateway for one in issued})
        }
        return [Enrolled(name, name in revoked, given) for name, given in of.items()]

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
        gone = [one.serial for one in self._issued() if one.gateway in revoked]
        write_file(self.folder / "revoked.crl", revocations(self._own(), gone, now), SHARED)
        allowed = {one.gateway for one in self._issued()} - revoked
        write_file(self.folder / "access.list", access_list(allowed).encode(), PRIVATE)
        write_file(self.folder / _ABOUT, json.dumps(about, indent=1).encode(), PRIVATE)

    def _home_keys(self, gateway: str) -> list[Key]:
        """Made once and kept here: a home that lost its key can be given it again, and reads what it stored."""
        path = self.folder / "homes" / f"{gateway}.keys"
        if not path.exists():
            write_keys(path, [new_key()])
        return keys_in(path)

    def _issued(self) -> list[Issued]:
        try:
            lines = (self.folder / "issued.list").read_text(errors="replace").splitlines()
        except FileNotFoundError:
            return []
        return [one for one in map(_issued_in, lines) if one is not None]

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
    write_file(folder / "authority.crt", authority.certificate, SHARED)
    _keep(folder / "gateway", identity)


def _keep(stem: Path, identity: Identity) -> None:
    write_file(stem.with_suffix(".key"), identity.key, PRIVATE)
    write_file(stem.with_suffix(".crt"), identity.certificate, SHARED)


def _issued_in(line: str) -> Issued | None:
    """None: a full disk or a power cut has torn it, before the certificate that it tells of went anywhere."""
    match = _ISSUED.fullmatch(line)
    if match is None:
        return None
    return Issued(match[1], int(match[2]), datetime.fromisoformat(match[3]), match[4] == "renewal")


def _append(path: Path, line: str) -> None:
    """On a line of its own, whatever stands before it."""
    before = path.read_bytes() if path.exists() else b""
    torn = before and not before.endswith(b"\n")
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, PRIVATE), "w") as file:
        file.write(f"\n{line}" if torn else line)
        file.flush()
        os.fsync(file.fileno())
