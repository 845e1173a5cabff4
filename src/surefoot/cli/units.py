"""systemd units for the programs that run for months, written for the place where this surefoot is installed."""

from __future__ import annotations

import getpass
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

import click

from surefoot.config import load_config

F = TypeVar("F", bound=Callable[..., Any])
Program = Literal["wear", "clinic"]

_ABOUT = {
    "wear": ("Surefoot gateway: ankle sensors, findings, the line to the clinic", "bluetooth.service", "wear --plain"),
    "clinic": (
        "Surefoot clinic: what homes send is stored, answered and shown",
        "mosquitto.service",
        "clinic --no-browser",
    ),
}
WATCHDOG_S = 120


def unit(
    program: Program, executable: Path, user: str, home: Path, config: str | None = None, writes: Sequence[Path] = ()
) -> str:
    """The text of its unit. It is begun again whatever ends it, and when it no longer moves.

    ``writes`` are folders beside ``home``: a home's certificate is renewed where it lies.
    """
    about, beside, arguments = _ABOUT[program]
    private = _is_private(executable, home, *writes)
    settings = f"Environment=SUREFOOT_CONFIG={config}\n" if config else ""
    return f"""# Written by surefoot {program} --print-unit. What it says: journalctl -u surefoot-{program}
[Unit]
Description={about}
Wants=network-online.target {beside}
After=network-online.target time-sync.target {beside}
StartLimitIntervalSec=0

[Service]
Type=notify
ExecStart={executable} {arguments}
User={user}
Environment=SUREFOOT_HOME={home}
ReadWritePaths={_folders(home, *writes)}
{settings}Environment=PYTHONUNBUFFERED=1
Restart=always
RestartSec=5
WatchdogSec={WATCHDOG_S}
TimeoutStartSec=900
TimeoutStopSec=60
SyslogIdentifier=surefoot-{program}
{_hardened(private)}
[Install]
WantedBy=multi-user.target
"""


@dataclass(frozen=True, slots=True)
class Once:
    """A program that runs once and ends, when a timer says so. ``made_by``: what prints its unit."""

    name: str
    about: str
    made_by: str
    at: str  # as systemd's OnCalendar
    spread: str = "30min"
    longest: str = "6h"


NIGHTLY = Once("export", "each patient's tables as files, what changed", "export --nightly", "*-*-* 02:30")
RENEWING = Once("renew", "certificates of gateways, before they end", "clinic renew", "*-*-* 09:00", longest="15min")


def once_unit(
    what: Once,
    executable: Path,
    user: str,
    home: Path,
    arguments: Sequence[str],
    writes: Sequence[Path] = (),
    config: str | None = None,
) -> str:
    """The text of its unit; ``writes`` are folders beside ``home``."""
    settings = f"Environment=SUREFOOT_CONFIG={config}\n" if config else ""
    return f"""# Written by surefoot {what.made_by} --print-unit. What it says: journalctl -u surefoot-{what.name}
[Unit]
Description=Surefoot: {what.about}
After=network-online.target time-sync.target
Wants=network-online.target

[Service]
Type=oneshot
ExecStart={executable} {" ".join(map(_quoted, arguments))}
User={user}
Environment=SUREFOOT_HOME={home}
ReadWritePaths={_folders(home, *writes)}
{settings}Environment=PYTHONUNBUFFERED=1
Nice=10
IOSchedulingClass=idle
TimeoutStartSec={what.longest}
SyslogIdentifier=surefoot-{what.name}
{_hardened(_is_private(executable, home, *writes))}"""


def timer(what: Once) -> str:
    return f"""# Written by surefoot {what.made_by} --print-timer.
[Unit]
Description=Surefoot: {what.about}

[Timer]
OnCalendar={what.at}
RandomizedDelaySec={what.spread}
Persistent=true
Unit=surefoot-{what.name}.service

[Install]
WantedBy=timers.target
"""


def once_text(what: Once, unit_wanted: bool, arguments: Sequence[str], writes: Sequence[Path] = ()) -> str:
    """The unit, or else the timer, for this installation."""
    if not unit_wanted:
        return timer(what)
    home, config = load_config().home.absolute(), os.environ.get("SUREFOOT_CONFIG")
    folders = [folder.absolute() for folder in writes]
    return once_unit(what, _executable(), getpass.getuser(), home, arguments, folders, config)


def print_unit(program: Program) -> Callable[[F], F]:
    """The option of a command that prints its unit and does nothing else."""

    def printed(context: click.Context, _: click.Parameter, wanted: bool) -> None:
        if not wanted or context.resilient_parsing:
            return
        config, set_by = load_config(), os.environ.get("SUREFOOT_CONFIG")
        home = config.home.absolute()
        own = [config.identity.absolute()] if program == "wear" and config.identity else []
        writes = [folder for folder in own if not folder.is_relative_to(home)]
        click.echo(unit(program, _executable(), getpass.getuser(), home, set_by, writes), nl=False)
        context.exit()

    return click.option(
        "--print-unit", is_flag=True, is_eager=True, expose_value=False, callback=printed, help="Print a systemd unit."
    )


def _is_private(*paths: Path) -> bool:
    """Whether any of them lies where other programs must not look."""
    return any(path.resolve().is_relative_to(top) for path in paths for top in ("/home", "/root"))


def _folders(*folders: Path) -> str:
    return " ".join(_quoted(str(folder)) for folder in folders)


def _quoted(word: str) -> str:
    """As systemd reads it."""
    plain = word.replace("%", "%%")
    return f'"{plain}"' if " " in plain else plain


def _hardened(private: bool) -> str:
    """All rights but those needed are dropped."""
    return f"""UMask=0077
NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
ProtectSystem=strict
ProtectHome={"read-only" if private else "yes"}
PrivateTmp=yes
PrivateDevices=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectProc=invisible
LockPersonality=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RemoveIPC=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallFilter=adjtimex clock_adjtime
SystemCallErrorNumber=EPERM
"""


def _executable() -> Path:
    """This program, by a path that systemd can use."""
    beside = Path(sys.executable).with_name("surefoot")
    found = beside if beside.exists() else shutil.which("surefoot")
    return Path(found or sys.argv[0]).absolute()
