"""The certificate of the patient's page: made by this home for itself, where nobody gives it one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from surefoot.alerts.identity import Identity, fingerprint, issue, new_authority
from surefoot.cli.secretfile import write_file

CERTIFICATE, KEY, ABOUT = "page-certificate.pem", "page-key.pem", "page-certificate.json"
LASTS = timedelta(days=730)
RENEWED = timedelta(days=30)  # so long before it ends


def own_certificate(home: Path, names: Sequence[str], now: datetime) -> tuple[Path, Path, str]:
    """Certificate, key, and the fingerprint that a phone shows; made again for other names, and before it ends."""
    certificate, key = home / CERTIFICATE, home / KEY
    if not _is_good(home, names, now):
        made = issue(new_authority("surefoot page at home", now), "surefoot-page", now, LASTS.days, list(names))
        write_file(key, made.key)
        write_file(certificate, made.certificate)
        write_file(home / ABOUT, json.dumps(sorted(names)).encode())
    return certificate, key, fingerprint(certificate.read_bytes())


def _is_good(home: Path, names: Sequence[str], now: datetime) -> bool:
    try:
        known = Identity((home / CERTIFICATE).read_bytes(), (home / KEY).read_bytes())
        return json.loads((home / ABOUT).read_bytes()) == sorted(names) and known.until - now > RENEWED
    except (OSError, ValueError):
        return False
