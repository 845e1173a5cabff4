"""A broker as its users know it: address, patience, and what can be wrong with the way to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Self
from urllib.parse import unquote, urlsplit

from surefoot.records import SurefootError

Protocol = Literal["5", "3.1.1"]
Trouble = Literal[
    "bad_url", "refused", "unreachable", "unknown_host", "silent", "login", "protocol", "tls", "lost", "unanswered"
]

_KEPT = "No data is lost: every home keeps its rows until the clinic has stored them."


class LinkError(SurefootError):
    """There is no line to the broker, for the reason in ``trouble``."""

    def __init__(self, trouble: Trouble, what: str, remedy: str, meaning: str = _KEPT) -> None:
        super().__init__(what, meaning, remedy)
        self.trouble = trouble


class PublishError(SurefootError):
    """The broker does not take this message; the line goes on, and so do all others."""

    def __init__(self, trouble: Literal["denied", "too_large"], what: str, remedy: str) -> None:
        super().__init__(what, _KEPT, remedy)
        self.trouble = trouble


@dataclass(frozen=True, slots=True)
class LinkParams:
    """How patient the line is. Engineering choices, not from the field."""

    timeout_s: float = 5.0  # for any single answer of the broker
    keepalive_s: int = 15  # a frozen broker is noticed after about twice this
    first_wait_s: float = 0.5
    longest_wait_s: float = 30.0
    steady_s: float = 5.0  # a connection that lasted this long makes the next wait short again
    return_s: float = 300.0  # between two looks whether the first of several brokers is back
    ca_file: str | None = None  # mqtts: trust this authority instead of the system's
    certificate_file: str | None = None  # mqtts: this client's own certificate and key
    key_file: str | None = None


@dataclass(frozen=True, slots=True)
class Will:
    """What the broker says for this client when the line breaks."""

    topic: str
    payload: bytes
    retain: bool = False


@dataclass(frozen=True, slots=True)
class Received:
    """A message as it arrived."""

    topic: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Address:
    """Where the broker is. Its text never shows the password."""

    host: str
    port: int
    secure: bool
    user: str | None
    password: str | None

    @classmethod
    def parse(cls, url: str) -> Self:
        """``mqtt://user:password@host:port`` or ``mqtts://...``; LinkError for anything else."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError:
            parts, host, port = urlsplit(""), None, None
        if parts.scheme not in ("mqtt", "mqtts") or not host or parts.path not in ("", "/") or port == 0:
            what = "This is not the address of a broker."
            raise LinkError("bad_url", what, "Give mqtt://host:port or mqtts://user:password@host:port.")
        secure = parts.scheme == "mqtts"
        user = unquote(parts.username) if parts.username else None
        password = unquote(parts.password) if parts.password else None
        return cls(host, port or (8883 if secure else 1883), secure, user, password)

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"

    def __repr__(self) -> str:
        return f"Address({self})"


def wait_s(attempt: int, chance: float, params: LinkParams) -> float:
    """How long to wait before try ``attempt`` (1, 2, ...): doubling, at most the longest, between half and whole.

    ``chance`` in [0, 1) spreads many homes over time when a broker comes back.
    """
    whole = min(params.longest_wait_s, params.first_wait_s * 2.0 ** min(attempt - 1, 30))
    return whole * (0.5 + 0.5 * chance)


def next_attempt(attempt: int, lasted_s: float | None, params: LinkParams) -> int:
    """The number of the next try: from the start again behind a connection that lasted (None: there was none)."""
    return 1 if lasted_s is not None and lasted_s >= params.steady_s else attempt + 1
