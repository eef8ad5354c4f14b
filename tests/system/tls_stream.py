# SPDX-License-Identifier: Apache-2.0
"""SIP over TLS for tests: the connections and phones of stream.py with OpenSSL between."""

import socket
import ssl

from stream import Stream, StreamPhone


def client_context(authority, pair=None, *, newest=None, oldest=None, ciphers=None):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(authority)
    if pair:
        context.load_cert_chain(*pair)
    if ciphers:
        context.set_ciphers(ciphers)
    if oldest:
        context.minimum_version = oldest
    if newest:
        context.maximum_version = newest
    return context


class TlsStream(Stream):
    """One connection over TLS. What goes wrong in the handshake is ssl.SSLError or OSError."""

    transport, parameter = "TLS", ";transport=tls"

    def __init__(self, address, target, context, name, *, port=5061, session=None, check_name=True):
        plain = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        plain.bind((address, 0))
        plain.settimeout(10)
        context.check_hostname = check_name
        try:
            plain.connect((target, port))
            self.address, self.port = plain.getsockname()[:2]
            self.socket = context.wrap_socket(plain, server_hostname=name, session=session)
        except BaseException:
            plain.close()
            raise
        self.waiting, self.is_over = b"", False

    def read_some(self, seconds):
        try:
            return super().read_some(seconds)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return False


class TlsPhone(StreamPhone):
    """A phone over TLS."""

    def __init__(self, address, target, user, secret, *, context, name):
        self.context, self.name = context, name
        super().__init__(address, target, user, secret)

    def open(self):
        return TlsStream(self.place, self.target, self.context, self.name)
