"""Secret files: read only where nobody else on this machine may read them too, and written whole or not at all."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

from surefoot.records import SurefootError

PRIVATE, SHARED = 0o600, 0o644


class SecretError(SurefootError):
    """A file with a secret that cannot be used."""


def secret_in(path: Path) -> str:
    """What stands in it. Raise SecretError where it is not there, or others may read it."""
    try:
        others = stat.S_IRWXO if _is_handed_over(path) else stat.S_IRWXG | stat.S_IRWXO
        if sys.platform != "win32" and path.stat().st_mode & others:
            remedy = f"Take the right away and change the secret: chmod 600 {path}"
            raise SecretError(f"{path} can be read by others on this machine.", "It was not used.", remedy)
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        told = getattr(error, "strerror", None) or "it is no text"
        raise SecretError(f"{path} cannot be read: {told}.", "Nothing was changed.", "Check its name.") from None


def write_file(path: Path, content: bytes, mode: int = PRIVATE) -> None:
    """Whole or not at all, on the disk, and never readable by more people in between."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    if sys.platform != "win32":  # else a power cut may bring back what was there
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _is_handed_over(path: Path) -> bool:
    """By systemd, into a folder of this service alone: the right that its user gets there looks like its group's."""
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    return folder is not None and path.parent == Path(folder)
