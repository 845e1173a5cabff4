"""The home's own certificate: whom it names, until when, and a renewed one in its place."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from surefoot.alerts.identity import Identity, objection, plain
from surefoot.cli.secretfile import SHARED, write_file
from surefoot.config import Config

WARN_DAYS = 30  # so long before its end it is told of: it should have been renewed by then (P)


class OwnCertificate:
    """In the folder that ``surefoot clinic enroll`` made."""

    def __init__(self, folder: Path) -> None:
        self._held, self._authority = folder / "gateway.crt", folder / "authority.crt"

    @classmethod
    def of(cls, config: Config) -> OwnCertificate | None:
        """None: this home goes without one."""
        return cls(config.identity) if config.identity is not None else None

    @property
    def name(self) -> str:
        """Raise OSError or ValueError where it cannot be read; so does ``until``."""
        return self._read().name

    @property
    def until(self) -> datetime:
        return self._read().until

    def warning(self, now_s: float) -> str:
        """That it ends soon, or has ended, in words; empty: neither."""
        try:
            until = self.until
        except (OSError, ValueError) as error:
            return f"this home's certificate cannot be read ({error}): nothing more reaches the clinic"
        days = (until - datetime.fromtimestamp(now_s, UTC)).total_seconds() / 86400
        if days >= WARN_DAYS:
            return ""
        if days < 0:
            return f"this home's certificate ended on {until:%Y-%m-%d}: nothing reaches the clinic"
        return f"this home's certificate ends on {until:%Y-%m-%d}: nothing reaches the clinic after that"

    def install(self, certificate: str, now_s: float) -> str:
        """Put a renewed one (PEM) in its place, whole or not at all; why not, "" where it is there.

        It is shown from the next connection on.
        """
        try:
            held, offered = self._held.read_bytes(), certificate.encode()
            if offered == held:
                return ""
            now = datetime.fromtimestamp(now_s, UTC)
            if why := objection(offered, held, self._authority.read_bytes(), now):
                return why
            write_file(self._held, plain(offered), SHARED)
        except OSError as error:
            return f"it cannot be put in its place there ({error})"
        return ""

    def _read(self) -> Identity:
        return Identity(self._held.read_bytes(), b"")
