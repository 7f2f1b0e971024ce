"""The set-ups of the tutorials, each lived through with the real mlflow client and with ours, on a real `kirok server`.

What one client logs, both read back; what is deleted for good is gone from where it lay.
"""

import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import kirok
from databases import PostgresqlServer
from interop.artifact_story import FILES, found, log
from object_servers import Bucket, RgwServer
from object_servers.buckets import without_stores
from running_servers import RunningServer, kirok_server, plain_environment

pytestmark = pytest.mark.filterwarnings("ignore")  # MLflow's own


class SetUp(NamedTuple):
    """A server, what its clients must know besides its address, and how to see all that is stored."""

    server: RunningServer
    backend: str
    clients_need: Mapping[str, str]
    server_needs: Mapping[str, str]
    destination: str | None
    """Where the server keeps what clients send it; None where they do not."""
    stored: Callable[[], list[str]]
    """The names of all that lies where artifacts lie."""


@pytest.fixture(params=["a_folder", "s3_that_clients_reach", "s3_that_is_made", "gcs", "azure"])
def set_up(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SetUp]:
    """Each set-up, empty."""
    with globals()[f"_{request.param}"](request, tmp_path) as made:
        yield made


@contextmanager
def _a_folder(request: pytest.FixtureRequest, folder: Path) -> Iterator[SetUp]:
    """SQLite, and a folder that clients write to themselves."""
    root, backend = folder / "artifacts", f"sqlite:///{(folder / 'runs.db').as_posix()}"
    with kirok_server(folder, "--backend-store-uri", backend, "--default-artifact-root", root.as_uri()) as server:
        yield SetUp(server, backend, {}, {}, None, lambda: _files(root))


@contextmanager
def _s3_that_clients_reach(request: pytest.FixtureRequest, folder: Path) -> Iterator[SetUp]:
    """PostgreSQL, and a bucket to which clients have the keys, too."""
    bucket: Bucket = request.getfixturevalue("s3")
    rgw: RgwServer = request.getfixturevalue("rgw_server")
    options = ("--default-artifact-root", bucket.uri)
    with _on_postgresql(request, folder, bucket, *options) as (server, backend):
        yield SetUp(server, backend, bucket.env, bucket.env, None, lambda: list(rgw.objects(bucket.name)))


@contextmanager
def _s3_that_is_made(request: pytest.FixtureRequest, folder: Path) -> Iterator[SetUp]:
    """PostgreSQL, and a bucket that the server makes and that clients know nothing of."""
    rgw: RgwServer = request.getfixturevalue("rgw_server")
    bucket = rgw.named(f"made-by-{folder.name.strip('_')[-20:]}".lower().replace("_", "-"))
    options = ("--artifacts-destination", bucket.uri, "--create-bucket")
    with _on_postgresql(request, folder, bucket, *options) as (server, backend):
        yield SetUp(server, backend, {}, bucket.env, bucket.uri, lambda: list(rgw.objects(bucket.name)))


@contextmanager
def _gcs(request: pytest.FixtureRequest, folder: Path) -> Iterator[SetUp]:
    """PostgreSQL, and Google's storage behind the server."""
    bucket: Bucket = request.getfixturevalue("gcs")
    options = ("--artifacts-destination", bucket.uri, "--serve-artifacts")
    with _on_postgresql(request, folder, bucket, *options) as (server, backend):
        yield SetUp(server, backend, {}, bucket.env, bucket.uri, lambda: _objects(request, bucket))


@contextmanager
def _azure(request: pytest.FixtureRequest, folder: Path) -> Iterator[SetUp]:
    """PostgreSQL, and Azure's storage behind the server."""
    bucket: Bucket = request.getfixturevalue("azurite")
    options = ("--artifacts-destination", bucket.uri)
    with _on_postgresql(request, folder, bucket, *options) as (server, backend):
        yield SetUp(server, backend, {}, bucket.env, bucket.uri, lambda: _objects(request, bucket))


@contextmanager
def _on_postgresql(
    request: pytest.FixtureRequest, folder: Path, bucket: Bucket, *options: str
) -> Iterator[tuple[RunningServer, str]]:
    database: PostgresqlServer = request.getfixturevalue("postgresql_server")
    backend = database.create()
    with kirok_server(folder, "--backend-store-uri", backend, *options, env=bucket.env) as server:
        yield server, backend


def _files(root: Path) -> list[str]:
    return [path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()]


def _objects(request: pytest.FixtureRequest, bucket: Bucket) -> list[str]:
    import obstore

    from kirok.artifact_stores.objects.open import open_bucket

    with pytest.MonkeyPatch.context() as patch:
        bucket.use(patch)
        return [meta["path"] for batch in obstore.list(open_bucket(bucket.uri).store) for meta in batch]


@pytest.mark.parametrize("writer", ["mlflow", "kirok"])
def test_what_either_client_logs_both_read_until_it_is_deleted_for_good(
    set_up: SetUp, writer: str, mlflow: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Bucket("", "", set_up.clients_need).use(monkeypatch)
    clients = {"mlflow": mlflow, "kirok": kirok}
    for client in clients.values():
        client.set_tracking_uri(set_up.server.address)
    (tmp_path / "given").mkdir()
    run_id = log(clients[writer], tmp_path / "given", "walk")
    for reader, client in clients.items():
        (tmp_path / reader).mkdir()
        assert found(client, run_id, tmp_path / reader) == FILES
    assert len(set_up.stored()) == len(FILES)

    clients[writer].MlflowClient().delete_run(run_id)
    options = ["--artifacts-destination", set_up.destination] if set_up.destination else []
    subprocess.run(
        [sys.executable, "-m", "kirok.cli", "gc", "--backend-store-uri", set_up.backend, *options],
        env={**without_stores(plain_environment()), **set_up.server_needs},
        cwd=tmp_path,
        check=True,
        timeout=60,
    )
    assert set_up.stored() == []
