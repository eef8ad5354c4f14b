# SPDX-License-Identifier: Apache-2.0
"""A client of the API over its Unix socket."""

import http.client
import json
import socket

TIMEOUT_S = 20


class Connection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=TIMEOUT_S)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(TIMEOUT_S)
        self.sock.connect(self.path)


class Api:
    def __init__(self, path):
        self.path = path

    def ask(self, method, target, body=None):
        """Status and, where it is JSON, what it says; OSError where nobody is there."""
        connection = Connection(self.path)
        try:
            headers = {"Content-Type": "application/json"} if body is not None else {}
            connection.request(method, target, json.dumps(body) if body is not None else None, headers)
            response = connection.getresponse()
            text = response.read()
        except http.client.HTTPException as error:
            raise OSError(str(error)) from error
        finally:
            connection.close()
        return response.status, json.loads(text) if text[:1] in (b"{", b"[") else text

    def raw(self, request):
        """The status lines that come back for these bytes."""
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(1)
            client.connect(self.path)
            client.sendall(request)
            got = b""
            try:
                while True:
                    piece = client.recv(65536)
                    if not piece:
                        break
                    got += piece
            except OSError:
                pass
        return [int(line.split()[1]) for line in got.split(b"\r\n") if line.startswith(b"HTTP/1.")]

    def all(self, target):
        """Every row of a list, page by page."""
        rows, after = [], None
        while True:
            mark = "&" if "?" in target else "?"
            status, page = self.ask("GET", f"{target}{mark}limit=200" + (f"&after={after}" if after else ""))
            assert status == 200, page
            rows += page["items"]
            after = page.get("next")
            if not after:
                return rows
