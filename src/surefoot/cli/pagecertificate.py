"""The certificate of the patient's page: made by this home for itself, where nobody gives it one."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from surefoot.alerts.identity import Identity, fingerprint, issue, new_authority

CERTIFICATE, KEY, ABOUT = "page-certificate.pem", "page-key.pem", "page-certificate.json"
LASTS = timedelta(days=730)
RENEWED = timedelta(days=30)  # so long before it ends


def own_certificate(home: Path, names: Sequence[str], now: datetime) -> tuple[Path, Path, str]:
    """Certificate, key, and the fingerprint that a phone shows; made again for other names, and before it ends."""
    certificate, key = home / CERTIFICATE, home / KEY
    if not _is_good(home, names, now):
        made = issue(new_authority("surefoot page at home", now), "surefoot-page", now, LASTS.days, list(names))
        _write(key, made.key)
        _write(certificate, made.certificate)
        _write(home / ABOUT, json.dumps(sorted(names)).encode())
    return certificate, key, fingerprint(certificate.read_bytes())


def _is_good(home: Path, names: Sequence[str], now: datetime) -> bool:
    try:
        known = Identity((home / CERTIFICATE).read_bytes(), (home / KEY).read_bytes())
        return json.loads((home / ABOUT).read_bytes()) == sorted(names) and known.until - now > RENEWED
    except (OSError, ValueError):
        return False


def _write(path: Path, content: bytes) -> None:
    """Mine alone, whole or not at all."""
    fresh = path.with_suffix(path.suffix + ".new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
    fresh.replace(path)
