"""Secret files: read only where nobody else on this machine may read them too."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

from surefoot.records import SurefootError


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


def _is_handed_over(path: Path) -> bool:
    """By systemd, into a folder of this service alone: the right that its user gets there looks like its group's."""
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    return folder is not None and path.parent == Path(folder)
