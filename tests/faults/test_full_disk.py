"""A disk that is full: a clear answer, nothing kept by halves, and on it goes when there is room."""

import os
import resource
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO

import pytest

from databases import DatabaseServer, MariadbServer, PostgresqlServer
from faults.backends import Backend, file_backend
from faults.writing import IMPATIENT, Client, at_work, check, have_logged, new_runs, wait_until
from kirok.base.errors import Unavailable
from kirok.stores.rest import open_rest
from running_servers import RunningServer, kirok_server

DISK_MB = 40


@pytest.fixture
def small_disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A file system with little room."""
    folder = Path("/tmp") / f"kirok-disk-{os.getpid()}"  # which the account of database servers can reach, too
    folder.mkdir()
    try:
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m,mode=777", "tmpfs", str(folder)],
            capture_output=True,
            check=False,
        )
        if mounted.returncode != 0:
            pytest.skip("A small disk for this test can only be mounted by root, and not in every container.")
        yield folder
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
    finally:
        folder.rmdir()


@pytest.fixture(params=["sqlite", "mortal_postgresql", "mortal_mariadb"], ids=["sqlite", "postgresql", "mariadb"])
def backend_there(request: pytest.FixtureRequest, small_disk: Path) -> Iterator[Backend]:
    """A database of each kind on that disk."""
    if request.param == "sqlite":
        yield file_backend(small_disk / "mlflow.db")
        return
    server: DatabaseServer = request.getfixturevalue(request.param)
    uri = _created_in(small_disk, server)
    name = server.name_of(uri)
    yield Backend(uri, lambda sql: list(server.execute(sql, name)), server)
    server.execute(f"DROP DATABASE {name}")
    if isinstance(server, PostgresqlServer):
        server.execute("DROP TABLESPACE small")


def _created_in(disk: Path, server: DatabaseServer) -> str:
    place = disk / "database"
    if isinstance(server, MariadbServer):
        uri = server.create()
        usual = server.folder / "data" / server.name_of(uri)
        shutil.move(usual, place)
        usual.symlink_to(place)
    else:
        place.mkdir()
    owner = server.folder.stat()
    for path in (place, *place.iterdir()):
        os.chown(path, owner.st_uid, owner.st_gid)
    if isinstance(server, PostgresqlServer):
        server.execute(f"CREATE TABLESPACE small LOCATION '{place}'")
        uri = server.create("TABLESPACE small")
    return uri


def test_a_full_disk_is_answered_and_nothing_lost(backend_there: Backend, small_disk: Path, tmp_path: Path) -> None:
    with kirok_server(tmp_path, "--backend-store-uri", backend_there.uri) as running:
        filler = small_disk / "filler"

        def fill() -> None:
            with filler.open("wb", buffering=0) as file:
                for size in (1 << 16, 1 << 12):
                    _write_until_full(file, size)

        _refused_for_a_while(running, fill, filler.unlink, backend_there)


def test_a_file_that_may_not_grow_is_answered_and_nothing_lost(tmp_path: Path) -> None:
    backend = file_backend(tmp_path / "mlflow.db")
    with kirok_server(tmp_path, "--backend-store-uri", backend.uri) as running:
        pid = running.process.pid
        limits = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        largest = max(path.stat().st_size for path in tmp_path.glob("mlflow.db*"))
        _refused_for_a_while(
            running,
            lambda: resource.prlimit(pid, resource.RLIMIT_FSIZE, (largest, limits[1])),
            lambda: resource.prlimit(pid, resource.RLIMIT_FSIZE, limits),
            backend,
            answer="disk I/O error",
        )


def _write_until_full(file: IO[bytes], size: int) -> None:
    with suppress(OSError):
        while True:
            file.write(bytes(size))


def _refused_for_a_while(
    running: RunningServer,
    fill: Callable[[], object],
    free: Callable[[], object],
    backend: Backend,
    answer: str = "full",
) -> None:
    runs = new_runs(running.address, 2)
    clients = [Client(number, running.address, runs[number % 2], IMPATIENT) for number in range(4)]
    with at_work(clients):
        wait_until(lambda: have_logged(clients, 5))
        fill()
        wait_until(lambda: all(client.refusal is not None for client in clients))
    # MariaDB may end itself where it cannot write a page that it must; the runs are there once it is up again.
    ended = backend.server if backend.server is not None and not backend.server.is_running else None
    for client in clients:
        assert isinstance(client.refusal, Unavailable)
        assert answer in client.refusal.message or ended
    if ended:
        free()
        ended.start()
    stores = open_rest(running.address, IMPATIENT)
    assert [stores.runs.get_run(run_id).info.run_id for run_id in runs] == runs
    stores.close()
    if not ended:
        free()
    after = [Client(number, running.address, runs[number % 2], IMPATIENT) for number in range(4, 8)]
    with at_work(after):
        wait_until(lambda: have_logged(after, 5))
    assert [client.refusal for client in after] == [None] * 4
    check(backend, [*clients, *after])
