"""A large upload whose client or server is killed is gone on with; what was acknowledged is there."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kirok.artifact_stores.names import UPLOADING
from kirok.artifact_stores.proxy import ProxiedArtifacts
from kirok.artifact_stores.transfers import send_file
from kirok.base.errors import KirokError
from kirok.base.settings import ArtifactSettings, TransportSettings
from kirok.entities.artifacts import ArtifactPath
from kirok.transport import Transport
from running_servers import kirok_server, plain_environment

MIB = 1 << 20
PATH = ArtifactPath("models/big.bin")
SIZE = 24 * MIB + 5

# Waits after each part, so that there is time to be killed.
SENDER = f"""
import sys, time
from pathlib import Path
from kirok.artifact_stores.proxy import ProxiedArtifacts
from kirok.artifact_stores.transfers import send_file
from kirok.base.settings import ArtifactSettings, TransportSettings
from kirok.entities.artifacts import ArtifactPath
from kirok.transport import Transport

address, source, notes, pause_s = sys.argv[1:]
settings = ArtifactSettings(parted_from_bytes=1, part_bytes={MIB}, at_once=2, unfinished_uploads=notes)
store = ProxiedArtifacts(Transport(address, TransportSettings(max_retries=0)), ArtifactPath("run"), settings)

def sent(count):
    sys.stdout.write(f"{{count}}\\n")  # whole: parts are acknowledged by several threads
    sys.stdout.flush()
    time.sleep(float(pause_s))

send_file(store, Path(source), ArtifactPath({str(PATH)!r}), settings, sent)
print("done", flush=True)
"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A large file."""
    path = tmp_path / "source"
    path.write_bytes(os.urandom(SIZE))
    return path


@contextmanager
def sender(address: str, source: Path, pause_s: float = 0.0) -> Iterator["subprocess.Popen[str]"]:
    """A client that uploads the file, as a process of its own."""
    process = subprocess.Popen(
        [sys.executable, "-c", SENDER, address, str(source), str(source.parent / "notes"), str(pause_s)],
        env=plain_environment(),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def after_parts(process: "subprocess.Popen[str]", count: int) -> None:
    """Until so many parts are acknowledged."""
    assert process.stdout is not None
    for _ in range(1 + count):
        assert process.stdout.readline()


def rest(process: "subprocess.Popen[str]") -> list[str]:
    assert process.stdout is not None
    return process.stdout.read().split()


@pytest.mark.parametrize("options", [(), ("--workers", "2", "--backend-store-uri", "./mlruns")], ids=["one", "workers"])
def test_a_killed_client_is_gone_on_with(tmp_path: Path, source: Path, options: tuple[str, ...]) -> None:
    with kirok_server(tmp_path, "--artifacts-destination", "./files", *options) as running:
        with sender(running.address, source, 0.2) as first:
            after_parts(first, 6)
            os.kill(first.pid, signal.SIGKILL)
        with sender(running.address, source) as second:
            already, *others = rest(second)
    assert int(already) >= 6 * MIB
    assert others[-1] == "done"
    assert int(already) + sum(map(int, others[:-1])) == SIZE
    folder = tmp_path / "files" / "run" / "models"
    assert [found.name for found in folder.iterdir()] == ["big.bin"]
    assert (folder / "big.bin").read_bytes() == source.read_bytes()


def test_parts_that_a_killed_server_acknowledged_are_there(tmp_path: Path, source: Path) -> None:
    with (
        kirok_server(tmp_path, "--artifacts-destination", "./files") as running,
        sender(running.address, source, 0.2) as first,
    ):
        after_parts(first, 6)
        os.kill(running.process.pid, signal.SIGKILL)
        running.process.wait()
        assert "done" not in rest(first)
    with kirok_server(tmp_path, "--artifacts-destination", "./files") as again, sender(again.address, source) as second:
        already, *others = rest(second)
        assert others[-1] == "done"
        assert int(already) >= 6 * MIB
    folder = tmp_path / "files" / "run" / "models"
    assert [found.name for found in folder.iterdir()] == ["big.bin"]
    assert (folder / "big.bin").read_bytes() == source.read_bytes()


def test_an_upload_in_one_piece_whose_server_is_killed_leaves_the_older_file(tmp_path: Path, source: Path) -> None:
    folder = tmp_path / "files" / "run" / "models"
    folder.mkdir(parents=True)
    (folder / "big.bin").write_bytes(b"before")
    with kirok_server(tmp_path, "--artifacts-destination", "./files") as running:
        pid = running.process.pid
        settings = ArtifactSettings(parted_from_bytes=1 << 30)
        transport = Transport(running.address, TransportSettings(max_retries=0))
        store = ProxiedArtifacts(transport, ArtifactPath("run"), settings)
        place = f"/api/2.0/mlflow-artifacts/artifacts/run/{PATH}"

        def body() -> Iterator[bytes]:
            yield source.read_bytes()[: SIZE // 2]
            _until(lambda: any(found.name.startswith(UPLOADING) for found in folder.iterdir()))
            os.kill(pid, signal.SIGKILL)
            yield source.read_bytes()[SIZE // 2 :]

        with pytest.raises(KirokError):
            transport.send("PUT", place, headers={"Content-Length": str(SIZE)}, body=body)
        running.process.wait()
        transport.close()
    assert (folder / "big.bin").read_bytes() == b"before"
    with kirok_server(tmp_path, "--artifacts-destination", "./files") as again:
        store = ProxiedArtifacts(Transport(again.address, TransportSettings()), ArtifactPath("run"), settings)
        assert [info.path for info in store.list(ArtifactPath("models"))] == [PATH]
        send_file(store, source, PATH, settings)
    assert (folder / "big.bin").read_bytes() == source.read_bytes()


def _until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.01)
