"""The folder of an export: it is there whole, or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from surefoot.records import SurefootError

Writer = Callable[[Path], list[Path]]


class ExportError(SurefootError):
    """An export that cannot be written."""


@contextmanager
def _told(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        what = f"{folder} cannot be written ({error.strerror or error})."
        raise ExportError(
            what, "Nothing was exported; what is stored is safe.", "Make room or choose another folder."
        ) from error


def write_folder(folder: Path, writer: Writer) -> list[Path]:
    """Let ``writer`` fill a folder that appears under its name when all is written; the files in it.

    ExportError when it is there already with something in it, or the disk does not take it.
    """
    with _told(folder):
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise ExportError(
                f"{folder} is there already.", "Nothing was exported.", "Choose another folder: -o FOLDER."
            )
        folder.parent.mkdir(parents=True, exist_ok=True)
        half = folder.with_name(f".{folder.name}.{os.getpid()}.part")
        shutil.rmtree(half, ignore_errors=True)
        half.mkdir(mode=0o700)
        try:
            written = writer(half)
            half.replace(folder)
        finally:
            shutil.rmtree(half, ignore_errors=True)
    return [folder / path.relative_to(half) for path in written]
