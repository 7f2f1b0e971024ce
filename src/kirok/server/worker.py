"""One of several processes that serve one port: `python -m kirok.server.worker SOCKET`, which workers.py starts."""

import os
import signal
import socket
import sys
import threading

import msgspec

from kirok.base.settings import ServerSettings
from kirok.server.serve import serve_on

_STDIN = 0


def _work() -> None:
    # Read without a buffer, whose lock a thread that waits for more would hold at the end.
    text = b""
    while not text.endswith(b"\n"):
        if not (part := os.read(_STDIN, 65_536)):
            return  # who started this was killed before it could say what to serve
        text += part
    settings = msgspec.json.decode(text, type=ServerSettings)
    listener = socket.socket(fileno=int(sys.argv[1]))
    threading.Thread(target=_end_with_parent, name="kirok-parent", daemon=True).start()
    serve_on(listener, settings)


def _end_with_parent() -> None:
    os.read(_STDIN, 1)
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    _work()
