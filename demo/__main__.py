"""`make serve`: start the server, train a few small models through it, and say where to look."""

import argparse
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import FrameType

START_WITHIN_S = 30.0


def main() -> int:
    """The server's exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=int(os.environ.get("KIROK_PORT") or 5000))
    parser.add_argument("--folder", type=Path, default=Path(".cache/demo"), help="where the demo's data is kept")
    chosen = parser.parse_args()

    folder = chosen.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    server = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "kirok.cli",
            "server",
            f"--backend-store-uri=sqlite:///{(folder / 'kirok.db').as_posix()}",
            f"--artifacts-destination={folder / 'artifacts'}",
            f"--host={chosen.host}",
            f"--port={chosen.port}",
        ]
    )
    _hand_on_signals(server)
    address = f"http://{chosen.host}:{chosen.port}"
    if not _answers(server, address):
        return server.wait() or 1
    os.environ.setdefault("KIROK_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")  # one address at the end says it all
    from demo import trainings

    print("\n  Training a few small models on it...", flush=True)
    seconds = trainings.track(address)
    if seconds is not None:
        print(f"\n  Trained and tracked {trainings.COUNT} models in {seconds:.0f} s.", flush=True)
    print(f"\n  Look at {address}   (Ctrl-C stops the server; the runs stay in {chosen.folder})\n", flush=True)
    return server.wait()


def _answers(server: "subprocess.Popen[bytes]", address: str) -> bool:
    """Whether the server answers before it ends or the time is up."""
    deadline = time.monotonic() + START_WITHIN_S
    while server.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{address}/health", timeout=2):
                return True
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    if server.poll() is None:
        server.terminate()
    return False


def _hand_on_signals(server: "subprocess.Popen[bytes]") -> None:
    def hand_on(number: int, _frame: FrameType | None) -> None:
        if server.poll() is None:
            server.send_signal(number)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, hand_on)


if __name__ == "__main__":
    sys.exit(main())
