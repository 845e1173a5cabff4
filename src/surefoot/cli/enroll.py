"""``surefoot clinic enroll``, ``renew``, ``revoke``, ``gateways``: who may send to this clinic, and until when."""

from __future__ import annotations

import time
import uuid
from pathlib import Path

import click

from surefoot.alerts.broker import Address
from surefoot.cli.authority import Authority, AuthorityError, now_utc
from surefoot.cli.clinicstore import clinic_config, clinic_store, known_clinic, operator
from surefoot.cli.console import Terminal, note
from surefoot.cli.keyfile import clinic_keys
from surefoot.cli.main import FAILED
from surefoot.cli.renewing import SHORTEST_DAYS, renew_due
from surefoot.cli.units import RENEWING, once_text
from surefoot.config import load_config

FOLDER = "authority"
_FOLDER = click.option(
    "--folder", type=click.Path(path_type=Path), metavar="FOLDER", help="The authority's [in SUREFOOT_HOME]."
)

_LASTS = click.IntRange(SHORTEST_DAYS, 3650)


@click.command()
@click.argument("gateway", required=False)
@click.option("--host", "hosts", multiple=True, metavar="NAME", help="How homes reach the broker; first time only.")
@click.option("--port", default=8883, show_default=True, type=click.IntRange(1, 65535), help="Of the broker.")
@click.option("--days", default=365, show_default=True, type=click.IntRange(1, 3650), help="The certificate lasts.")
@_FOLDER
@click.pass_context
def enroll(
    context: click.Context, gateway: str | None, hosts: tuple[str, ...], port: int, days: int, folder: Path | None
) -> None:
    """Make a gateway's identity: a random id, its key and certificate, to be carried to the home.

    The first time it makes the clinic's authority and all that a Mosquitto needs, too: certificates both ways, and an
    access list by which each gateway reads and writes what is its own, and nothing else.

    \b
      surefoot clinic enroll --host clinic.example      the first gateway, and the broker's files
      surefoot clinic enroll                            another one
      surefoot clinic enroll GATEWAY                    again, with a new key; or for a home that has been
                                                        running without one

    Certificates are renewed without a way to the home: surefoot clinic renew.
    """
    authority, now = _authority(folder), now_utc(time.time())
    if not authority.is_made:
        if not hosts:
            raise AuthorityError(
                "This clinic has no authority yet.",
                "No gateway was enrolled.",
                "Say how homes reach its broker: surefoot clinic enroll --host clinic.example",
            )
        authority.make(hosts, port, now)
        note(f"the clinic's authority is in {authority.folder}; keep it secret and keep a copy")
        note("certificates of homes end: let a timer renew them, surefoot clinic renew --help")
        note(f"start the broker with: mosquitto -c {authority.folder / 'mosquitto.conf'}")
        note(
            f"and the clinic with: SUREFOOT_IDENTITY={authority.folder / 'clinic'} surefoot clinic --broker mqtts://..."
        )
    elif hosts:
        raise click.UsageError("The broker's names were given when the authority was made.")
    name = _name(gateway)
    with clinic_store(context) as store:
        made = authority.enroll(name, now, days)
        store.office.audit.add(time.time(), operator(), "enrolled a gateway", name, f"for {days} days")
    authority.tell_broker()
    click.echo(f"{name} is enrolled for {days} days.")
    if clinic_keys(clinic_config(context)) is None:
        note("patients' names are stored as they are in the clinic's database: seal them with surefoot clinic key make")
    note(f"carry {made} to the home, over a way nobody else reads, then delete it here")
    note(f"there: SUREFOOT_CONFIG={made.name}/surefoot.toml surefoot wear")


@click.command()
@click.option("--days", default=365, show_default=True, type=_LASTS, help="The new ones last.")
@_FOLDER
@click.option("--print-unit", "unit_wanted", is_flag=True, help="Print the systemd unit that renews.")
@click.option("--print-timer", "timer_wanted", is_flag=True, help="Print the timer that starts it each day.")
@click.pass_context
def renew(context: click.Context, days: int, folder: Path | None, unit_wanted: bool, timer_wanted: bool) -> None:
    """Renew certificates that have less than a third of their time left, and send them to their homes.

    A home takes one that its own authority has signed for the key it has, so nothing has to be carried there. Let a
    timer run it once a day, where the authority's folder is:

    \b
      surefoot clinic renew --print-unit  > /etc/systemd/system/surefoot-renew.service
      surefoot clinic renew --print-timer > /etc/systemd/system/surefoot-renew.timer
      systemctl enable --now surefoot-renew.timer

    The unit knows the clinic's database from the settings file, SUREFOOT_CONFIG, alone.

    Exit status 1 when a home cannot be renewed.
    """
    if unit_wanted or timer_wanted:
        of = ["--folder", str(folder.absolute())] if folder else []
        arguments = ["clinic", "renew", "--days", str(days), *of]
        click.echo(once_text(RENEWING, unit_wanted, arguments, [folder] if folder else []), nl=False)
        return
    with known_clinic(context) as store:
        standings = renew_due(_authority(folder), store, time.time(), days, operator())
    Terminal().table("Certificates", ("gateway", "until", "state"), [one.row() for one in standings])
    if any(one.is_wrong for one in standings):
        context.exit(FAILED)


@click.command()
@click.argument("gateway")
@_FOLDER
@click.pass_context
def revoke(context: click.Context, gateway: str, folder: Path | None) -> None:
    """Let a gateway in no longer: lost, stolen or given back. It takes effect at once where the broker runs here."""
    authority, name = _authority(folder), _name(gateway)
    authority.revoke(name, now_utc(time.time()))  # first: a thief is not let in until the database answers again
    is_told = authority.tell_broker()
    click.echo(f"{gateway} is revoked.")
    if not is_told:
        note("no broker runs from this folder: where it does, have it read its lists again (kill -HUP)")
    if others := clinic_config(context).other_brokers:
        addresses = " and ".join(str(Address.parse(one)) for one in others)
        note(
            f"it is let in at {addresses} until access.list and revoked.crl are copied there and read again (kill -HUP)"
        )
    with clinic_store(context) as store:
        store.office.audit.add(time.time(), operator(), "revoked a gateway", name)


@click.command()
@_FOLDER
def gateways(folder: Path | None) -> None:
    """List who is enrolled."""
    rows = [
        (one.gateway, "revoked" if one.is_revoked else "may send", f"{one.issued[-1].until:%Y-%m-%d}")
        for one in _authority(folder).gateways()
    ]
    Terminal().table("Gateways", ("gateway", "state", "newest certificate until"), rows)


def _authority(folder: Path | None) -> Authority:
    return Authority(folder or load_config().home / FOLDER)


def _name(gateway: str | None) -> str:
    try:
        return str(uuid.UUID(gateway)) if gateway else str(uuid.uuid4())
    except ValueError as error:
        raise click.BadParameter(f"{gateway!r} is no gateway's id.") from error
