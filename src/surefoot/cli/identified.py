"""Identified: by which certificate this installation shows itself to the broker, and under which name."""

from __future__ import annotations

import asyncio
import stat
import sys
from collections.abc import Callable

from surefoot.alerts.broker import LinkError, LinkParams
from surefoot.cli.owncertificate import OwnCertificate
from surefoot.config import Config
from surefoot.pipeline.store import Store, StoreError
from surefoot.records import SurefootError

COPY = "Copy the folder that surefoot clinic enroll made, whole."
LOOK_S = 30.0  # between two looks for a file that was missing
NAMES = ("authority.crt", "gateway.crt", "gateway.key")


def link_params(config: Config) -> LinkParams:
    """With the certificates of the identity that is set, if one is.

    Raises:
        LinkError: a file that is missing, or a key that others may read.
    """
    if config.identity is None:
        return LinkParams()
    authority, certificate, key = (config.identity / name for name in NAMES)
    for path in (authority, certificate, key):
        if not path.is_file():
            raise _error(f"There is no {path}.", COPY)
    if sys.platform != "win32" and key.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise _error(f"The key {key} can be read by others on this machine.", f"chmod 600 {key}")
    return LinkParams(ca_file=str(authority), certificate_file=str(certificate), key_file=str(key))


async def identified(config: Config, tell: Callable[[SurefootError], None]) -> LinkParams:
    """As soon as the certificate and its key are there: what is recorded waits for no line."""
    while True:
        try:
            return await asyncio.to_thread(link_params, config)
        except LinkError as trouble:
            tell(trouble)
            await asyncio.sleep(LOOK_S)


def take_name(store: Store, config: Config) -> None:
    """A home that was enrolled goes by the name on its certificate.

    Raises:
        StoreError: it has gone by another one already.
        LinkError: the certificate cannot be read.
    """
    if config.identity is None:
        return
    try:
        name = OwnCertificate(config.identity).name
    except (OSError, ValueError) as error:
        raise _error(f"The certificate in {config.identity} cannot be read: {error}.", COPY) from error
    if (known := store.gateway(name)) != name:
        raise StoreError(
            f"This home has gone by {known}, and its certificate names {name}.",
            "Nothing was sent: the clinic would take it for somebody else's.",
            f"Have the clinic make it a certificate of its own: surefoot clinic enroll {known}",
        )


def _error(what: str, remedy: str) -> LinkError:
    return LinkError("tls", what, remedy, "Nothing was sent. ")
