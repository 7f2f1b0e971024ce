"""Stores of each kind, empty, for tests that do not ask which they are on."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from artifact_stores.memory_buckets import MemoryBucket
from contract.in_process import InProcess
from kirok.artifact_stores.objects.store import ObjectArtifacts
from kirok.artifact_stores.open import open_artifact_store
from kirok.artifact_stores.protocols import ArtifactStore, StreamedArtifactStore
from kirok.artifact_stores.proxy import ProxiedArtifacts
from kirok.artifact_stores.subtrees import Subtree
from kirok.base.settings import ServerSettings, TransportSettings
from kirok.entities.artifacts import ArtifactPath
from kirok.server.app import create_app
from kirok.stores.memory import open_memory
from kirok.transport import Transport
from object_servers import Bucket

WRITTEN_BY_PIECES = ("local", "memory", "s3", "moto_s3", "azurite", "gcs", "below_local", "below_s3")
ALL = (*WRITTEN_BY_PIECES, "served_local", "served_s3")
Put = Callable[[ArtifactStore, str, bytes], None]


@pytest.fixture(params=ALL)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ArtifactStore]:
    """A store of each kind, empty."""
    with opened(request.param, request, tmp_path) as found:
        yield found


@pytest.fixture(params=WRITTEN_BY_PIECES)
def streamed(request: pytest.FixtureRequest, tmp_path: Path) -> StreamedArtifactStore:
    """A store of each kind that takes pieces, empty."""
    return written_by_pieces(request.param, request, tmp_path)


@contextmanager
def opened(kind: str, request: pytest.FixtureRequest, folder: Path) -> Iterator[ArtifactStore]:
    """An empty store; `served_` ones are reached through a server, `below_` ones are a folder of another store."""
    how, _, what = kind.partition("_")
    if how != "served":
        yield written_by_pieces(kind, request, folder)
        return
    settings = ServerSettings(artifacts_destination=location(what, request, folder))
    app = create_app(settings, open_memory())
    transport = Transport("http://localhost:5000", TransportSettings(max_retries=0), InProcess(app))
    yield ProxiedArtifacts(transport, ArtifactPath.parse("1/run/artifacts"))
    transport.close()


def written_by_pieces(kind: str, request: pytest.FixtureRequest, folder: Path) -> StreamedArtifactStore:
    """An empty store of these kinds."""
    if kind == "memory":
        return ObjectArtifacts(MemoryBucket("some/folder"))
    how, _, what = kind.partition("_")
    if how == "below":
        return Subtree(open_artifact_store(location(what, request, folder)), ArtifactPath.parse("1/run/artifacts"))
    return open_artifact_store(location(kind, request, folder))


def location(kind: str, request: pytest.FixtureRequest, folder: Path) -> str:
    """Where nothing is yet, as a user writes it; what is needed to reach it is in the environment."""
    if kind == "local":
        return str(folder / "root")
    bucket: Bucket = request.getfixturevalue(kind)
    bucket.use(request.getfixturevalue("monkeypatch"))
    return bucket.uri


@pytest.fixture
def put(tmp_path: Path) -> Put:
    """Uploads bytes from a file of its own."""

    def upload(store: ArtifactStore, name: str, content: bytes) -> None:
        source = tmp_path / "source"
        source.write_bytes(content)
        store.upload(source, ArtifactPath.parse(name))

    return upload


def content(store: ArtifactStore, name: str) -> bytes:
    """All of a file."""
    file = store.open(ArtifactPath.parse(name))
    try:
        return b"".join(file.read())
    finally:
        file.close()
