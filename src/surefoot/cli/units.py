"""systemd units for the programs that run for months, written for the place where this surefoot is installed."""

from __future__ import annotations

import getpass
import os
import shutil
import sys
from collections.abc import Callable, Sequence
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


def unit(program: Program, executable: Path, user: str, home: Path, config: str | None = None) -> str:
    """The text of its unit. It is begun again whatever ends it, and when it no longer moves."""
    about, beside, arguments = _ABOUT[program]
    private = _is_private(executable, home)
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
ReadWritePaths={home}
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


def nightly_unit(
    executable: Path, user: str, home: Path, folder: Path, arguments: Sequence[str], config: str | None = None
) -> str:
    """Of the night's export, which a timer starts: it runs once and ends."""
    settings = f"Environment=SUREFOOT_CONFIG={config}\n" if config else ""
    given = " ".join(map(_quoted, ("--nightly", str(folder), *arguments)))
    return f"""# Written by surefoot export --nightly --print-unit. What it says: journalctl -u surefoot-export
[Unit]
Description=Surefoot: each patient's tables as files, what changed
After=network-online.target time-sync.target
Wants=network-online.target

[Service]
Type=oneshot
ExecStart={executable} export {given}
User={user}
Environment=SUREFOOT_HOME={home}
ReadWritePaths={_quoted(str(home))} {_quoted(str(folder))}
{settings}Environment=PYTHONUNBUFFERED=1
Nice=10
IOSchedulingClass=idle
TimeoutStartSec=6h
SyslogIdentifier=surefoot-export
{_hardened(_is_private(executable, home, folder))}"""


NIGHTLY_TIMER = """# Written by surefoot export --nightly --print-timer.
[Unit]
Description=Surefoot: the export of each night

[Timer]
OnCalendar=*-*-* 02:30
RandomizedDelaySec=30min
Persistent=true
Unit=surefoot-export.service

[Install]
WantedBy=timers.target
"""


def nightly_texts(unit_wanted: bool, folder: Path, arguments: Sequence[str]) -> str:
    """The unit, or else the timer, for this installation."""
    if not unit_wanted:
        return NIGHTLY_TIMER
    home, config = load_config().home.absolute(), os.environ.get("SUREFOOT_CONFIG")
    return nightly_unit(_executable(), getpass.getuser(), home, folder.absolute(), arguments, config)


def print_unit(program: Program) -> Callable[[F], F]:
    """The option of a command that prints its unit and does nothing else."""

    def printed(context: click.Context, _: click.Parameter, wanted: bool) -> None:
        if not wanted or context.resilient_parsing:
            return
        home = load_config().home.absolute()
        click.echo(unit(program, _executable(), getpass.getuser(), home, os.environ.get("SUREFOOT_CONFIG")), nl=False)
        context.exit()

    return click.option(
        "--print-unit", is_flag=True, is_eager=True, expose_value=False, callback=printed, help="Print a systemd unit."
    )


def _is_private(*paths: Path) -> bool:
    """Whether any of them lies where other programs must not look."""
    return any(path.resolve().is_relative_to(top) for path in paths for top in ("/home", "/root"))


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
