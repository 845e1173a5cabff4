"""Sealing: text that only whoever has the key can read, and digests that only they can make.

AES-256-GCM with a fresh random nonce each time; what a text belongs to is part of the seal, so that it opens nowhere
else. A key ring holds every key there was: the newest seals, each opens what it sealed.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import zlib
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from surefoot.records import SurefootError

MARK = "\x1esealed:"  # then the key's id, and nonce and sealed text in base 64; nobody types this character
KEY_BYTES, NONCE_BYTES = 32, 12
WORTH_PACKING = 200  # bytes


class SealError(SurefootError):
    """Something sealed that cannot be opened, or a key that is no key."""


@dataclass(frozen=True, slots=True, repr=False)
class Key:
    """32 random bytes. The ``id`` follows from them and does not tell them."""

    secret: bytes

    @property
    def id(self) -> str:
        return hashlib.sha256(b"surefoot key id" + self.secret).hexdigest()[:12]

    def __repr__(self) -> str:
        return f"Key({self.id})"


def new_key() -> Key:
    return Key(secrets.token_bytes(KEY_BYTES))


class Keyring:
    """Keys, the newest last. ``payloads``: whether whole records are sealed too, and not names and notes alone."""

    def __init__(self, keys: Sequence[Key], *, payloads: bool = False) -> None:
        if not keys:
            raise SealError("A key ring without a key.", "Nothing was sealed.", "Make one: surefoot clinic key make")
        self.payloads = payloads
        self._keys = {key.id: key for key in keys}
        self._newest = keys[-1].id
        self._ciphers = {key.id: AESGCM(_derived(key, b"seal")) for key in keys}
        self._digests = {key.id: _derived(key, b"digest") for key in keys}

    @property
    def newest(self) -> str:
        return self._newest

    def __contains__(self, key_id: str) -> bool:
        return key_id in self._keys

    def seal(self, text: str, of: str) -> str:
        """Under the newest key; ``of`` is what it belongs to."""
        plain = text.encode()
        packed = len(plain) >= WORTH_PACKING
        content = b"\1" + zlib.compress(plain, 1) if packed else b"\0" + plain
        nonce = secrets.token_bytes(NONCE_BYTES)
        hidden = self._ciphers[self._newest].encrypt(nonce, content, _bound(of, self._newest))
        return f"{MARK}{self._newest}:{b64encode(nonce + hidden).decode()}"

    def open(self, sealed: str, of: str) -> str:
        """What was sealed. SealError when its key is not here, or it was changed or moved."""
        key_id, _, rest = sealed.removeprefix(MARK).partition(":")
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            raise missing(key_id)
        try:
            whole = b64decode(rest, validate=True)
            content = cipher.decrypt(whole[:NONCE_BYTES], whole[NONCE_BYTES:], _bound(of, key_id))
        except (InvalidTag, ValueError):
            what = f"A sealed text ({of}) was changed since it was sealed."
            raise SealError(what, "It cannot be shown.", "Restore the database from its last copy.") from None
        return (zlib.decompress(content[1:]) if content[:1] == b"\1" else content[1:]).decode()

    def digest(self, key_id: str, content: bytes) -> str:
        """A digest that cannot be made without that key."""
        secret = self._digests.get(key_id)
        if secret is None:
            raise missing(key_id)
        return hmac.new(secret, content, hashlib.sha256).hexdigest()


def is_sealed(text: str) -> bool:
    return text.startswith(MARK)


def key_of(sealed: str) -> str:
    return sealed.removeprefix(MARK).partition(":")[0]


def missing(key_id: str) -> SealError:
    return SealError(
        f"This database is sealed with the key {key_id}, which is not here.",
        "Nothing was changed, and nothing is lost as long as a copy of the key exists.",
        "Put the key file back in its place, or name it: SUREFOOT_KEYS=FILE.",
    )


def _derived(key: Key, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=b"surefoot " + purpose).derive(key.secret)


def _bound(of: str, key_id: str) -> bytes:
    return f"surefoot 1 {of} {key_id}".encode()
