"""Key files: where the keys of a store lie, read and written so that nobody else reads them."""

from __future__ import annotations

import os
from base64 import b64decode, b64encode
from collections.abc import Sequence
from pathlib import Path

from surefoot.cli.secretfile import SecretError, secret_in, write_file
from surefoot.config import Config
from surefoot.pipeline.sealing import KEY_BYTES, Key, Keyring

CREDENTIAL = "surefoot-keys"  # LoadCredential= or LoadCredentialEncrypted= of systemd
CLINIC_FILE, HOME_FILE = "clinic.keys", "home.keys"
_HEAD = (
    "# Keys of a surefoot database, the newest last. Without them nothing in it can be read: keep a copy elsewhere.\n"
)


def clinic_keys(config: Config) -> Keyring | None:
    """Those of a clinic: names and notes are sealed. None: it has none."""
    path = clinic_file(config)
    return Keyring(keys_in(path), payloads=config.seal_records) if path.exists() else None


def home_keys(config: Config) -> Keyring | None:
    """Those of a home, which came with its identity: whole records are sealed. None: it has none."""
    path = _named(config) or ((config.identity or config.home) / HOME_FILE)
    return Keyring(keys_in(path), payloads=True) if path.exists() else None


def clinic_file(config: Config) -> Path:
    return _named(config) or config.home / CLINIC_FILE


def keys_in(path: Path) -> list[Key]:
    """The newest last. Raise SecretError when it is no key file, or others may read it."""
    found = []
    for line in secret_in(path).splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        name, _, secret = line.strip().partition(" ")
        key = _key(secret)
        if key is None or key.id != name:
            what = f"{path} is damaged: the line of the key {name[:12]} is not as it was written."
            raise SecretError(what, "Nothing was opened.", "Put the copy of the key file in its place.")
        found.append(key)
    if not found:
        raise SecretError(f"{path} holds no key.", "Nothing was opened.", "Put the copy of the key file in its place.")
    return found


def write_keys(path: Path, keys: Sequence[Key]) -> None:
    """Whole or not at all, readable by its owner only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = (f"{key.id} {b64encode(key.secret).decode()}\n" for key in keys)
    write_file(path, (_HEAD + "".join(lines)).encode())


def _named(config: Config) -> Path | None:
    """The file that is set, else the one that systemd hands over. SecretError when the one that is set is not there."""
    if config.keys is not None:
        if not config.keys.exists():
            what = f"There is no key file {config.keys}."
            raise SecretError(what, "Nothing was opened; nothing is lost as long as a copy exists.", "Put it there.")
        return config.keys
    handed = Path(os.environ.get("CREDENTIALS_DIRECTORY", "/nowhere")) / CREDENTIAL
    return handed if handed.exists() else None


def _key(secret: str) -> Key | None:
    try:
        raw = b64decode(secret, validate=True)
    except ValueError:
        return None
    return Key(raw) if len(raw) == KEY_BYTES else None
