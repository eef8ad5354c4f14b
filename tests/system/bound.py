# SPDX-License-Identifier: Apache-2.0
"""bound.py ADDRESS PROGRAM ARGUMENTS: runs a Python program whose sockets leave from this address.

SIPVicious 0.3.3 writes the address of --bindingip into its messages, but leaves from any.
"""

import os
import runpy
import socket
import sys

ADDRESS = sys.argv[1]


class Socket(socket.socket):
    def bind(self, place):
        super().bind((ADDRESS,) + tuple(place)[1:] if place[0] in ("", "0.0.0.0") else place)


socket.socket = Socket
del sys.argv[:2]
sys.path[0] = os.path.dirname(os.path.realpath(sys.argv[0]))
runpy.run_path(sys.argv[0], run_name="__main__")
