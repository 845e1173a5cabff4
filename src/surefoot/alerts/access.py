"""Access: what a clinic's Mosquitto is told, so that no gateway reads or writes what is not its own."""

from __future__ import annotations

from collections.abc import Iterable

from surefoot.alerts.identity import CLINIC

TOPICS = "surefoot/v1"


def access_list(gateways: Iterable[str]) -> str:
    """Who may read and write what, as Mosquitto's ``acl_file``. Who is not named here may nothing."""
    lines = [f"user {CLINIC}", f"topic read {TOPICS}/+/up/#", f"topic write {TOPICS}/+/down/#"]
    lines += [f"topic readwrite {TOPICS}/clinic/notice/#"]
    for gateway in sorted(gateways):
        lines += ["", f"user {gateway}", f"topic write {TOPICS}/{gateway}/up/#"]
        lines += [f"topic read {TOPICS}/{gateway}/down/#"]
    return "\n".join(lines) + "\n"


def configuration(folder: str, port: int, user: str, address: str = "") -> str:
    """Mosquitto's configuration: certificates both ways, no other way in, nothing kept, and limits on what is sent.

    Certificates are asked for before a byte of MQTT is read. The broker holds no message that matters (docs/mqtt.md).
    It runs as ``user``, who owns the folder: started by root it would become another one, who may not read it.
    """
    return f"""# Written by surefoot clinic enroll. Start it with: mosquitto -c {folder}/mosquitto.conf
user {user}
per_listener_settings false
listener {port} {address}
cafile {folder}/authority.crt
certfile {folder}/broker.crt
keyfile {folder}/broker.key
crlfile {folder}/revoked.crl
require_certificate true
use_identity_as_username true
tls_version tlsv1.2
allow_anonymous false
allow_zero_length_clientid false
acl_file {folder}/access.list
pid_file {folder}/mosquitto.pid
persistence false
set_tcp_nodelay true
max_packet_size 65536
max_keepalive 300
max_connections 10000
max_queued_messages 1000
max_inflight_messages 100
log_dest stderr
log_type error
log_type warning
"""
