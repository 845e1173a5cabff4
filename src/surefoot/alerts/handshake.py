"""A TLS socket that closes itself when its handshake fails: whoever asked for it never gets it into hands to close."""

from __future__ import annotations

import ssl


class HandshakeSocket(ssl.SSLSocket):
    """For ``SSLContext.sslsocket_class``. Else a line that is tried for months leaves a socket behind each time."""

    def do_handshake(self, block: bool = False) -> None:
        try:
            super().do_handshake(block)
        except BaseException:
            self.close()
            raise
