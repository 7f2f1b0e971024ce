"""Large files of a client without credentials: straight to the store and back, or through the server."""

import os
import warnings
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, cast

import pytest
from msgspec.structs import replace

from kirok.artifact_stores.open import open_artifact_store
from kirok.artifact_stores.protocols import ArtifactStore
from kirok.artifact_stores.proxy import ProxiedArtifacts
from kirok.artifact_stores.transfers import fetch_file, send_file
from kirok.base.errors import NotFound, Unavailable
from kirok.base.settings import ArtifactSettings, TransportSettings
from kirok.entities.artifacts import ArtifactPath
from kirok.transport import HttpRequest, HttpResponse, Transport
from kirok.transport.sockets import Sockets
from object_servers import Bucket
from running_servers import free_port, kirok_server

PATH = ArtifactPath("models/big file ü.bin")
MIB = 1 << 20
CONTENT = os.urandom(11 * MIB + 7)
LARGE = ArtifactSettings(parted_from_bytes=6 * MIB, part_bytes=5 * MIB, at_once=3)


class Counting:
    """The way to the tracking server, and how many bytes of files took it."""

    def __init__(self) -> None:
        self._sockets = Sockets(TransportSettings())
        self.sent = self.received = 0

    def send(self, request: HttpRequest) -> HttpResponse:
        """As Sender."""
        if request.method == "PUT":
            body = request.body if isinstance(request.body, bytes) else b"".join(request.body)
            self.sent += len(body)
            request = replace(request, body=body)
        answer = self._sockets.send(request)
        return HttpResponse(answer.status, answer.headers, self._counted(answer), answer.close)

    def close(self) -> None:
        """As Sender."""
        self._sockets.close()

    def _counted(self, answer: HttpResponse) -> Iterator[bytes]:
        for piece in answer:
            self.received += len(piece)
            yield piece


def there_and_back(address: str, folder: Path, settings: ArtifactSettings = LARGE) -> Counting:
    """Send a file and fetch it again; it must be the same."""
    way = Counting()
    store = ProxiedArtifacts(Transport(address, TransportSettings(max_retries=1), way), ArtifactPath("run"), settings)
    source, target = folder / "source", folder / "target"
    source.write_bytes(CONTENT)
    send_file(store, source, PATH, settings)
    target.touch()
    with closing(store.open(PATH)) as file:
        assert file.size_bytes == len(CONTENT)
        fetch_file(file, target, settings)
    assert target.read_bytes() == CONTENT
    assert [info.path for info in store.list(ArtifactPath("models"))] == [PATH]
    way.close()
    return way


@pytest.mark.parametrize("kind", ["moto_s3", "s3", "azurite"])
def test_a_large_file_goes_past_the_server(request: pytest.FixtureRequest, tmp_path: Path, kind: str) -> None:
    bucket: Bucket = request.getfixturevalue(kind)
    with kirok_server(tmp_path, "--artifacts-destination", bucket.uri, env=bucket.env) as running:
        way = there_and_back(running.address, tmp_path)
    assert (way.sent, way.received < 100_000) == (0, True)


@pytest.mark.parametrize("kind", ["gcs"])
def test_what_the_store_does_not_let_others_send_goes_through_the_server(
    request: pytest.FixtureRequest, tmp_path: Path, kind: str
) -> None:
    bucket: Bucket = request.getfixturevalue(kind)
    with kirok_server(tmp_path, "--artifacts-destination", bucket.uri, env=bucket.env) as running:
        way = there_and_back(running.address, tmp_path)
    assert way.sent == len(CONTENT)


def test_a_store_out_of_reach_is_reached_through_the_server(moto_s3: Bucket, tmp_path: Path) -> None:
    env = {**moto_s3.env, "KIROK_S3_PUBLIC_ENDPOINT_URL": f"http://127.0.0.1:{free_port()}"}
    with (
        kirok_server(tmp_path, "--artifacts-destination", moto_s3.uri, env=env) as running,
        warnings.catch_warnings(record=True) as said,
    ):
        warnings.simplefilter("always")
        way = there_and_back(running.address, tmp_path)
    assert way.sent == len(CONTENT)
    assert way.received >= len(CONTENT)
    (warning,) = [str(it.message) for it in said if "through the tracking server" in str(it.message)]
    assert "cannot be reached from here" in warning


@pytest.mark.parametrize("side", ["server", "client"])
def test_signed_requests_can_be_switched_off(moto_s3: Bucket, tmp_path: Path, side: str) -> None:
    env = {**moto_s3.env, "KIROK_PRESIGNED_URLS": "false"} if side == "server" else moto_s3.env
    settings = (
        LARGE if side == "server" else ArtifactSettings(presigned=False, parted_from_bytes=6 * MIB, part_bytes=5 * MIB)
    )
    with kirok_server(tmp_path, "--artifacts-destination", moto_s3.uri, env=env) as running:
        way = there_and_back(running.address, tmp_path, settings)
    assert way.sent == len(CONTENT)


class BreaksOff:
    """A store whose line dies after some parts."""

    def __init__(self, store: ArtifactStore, parts: int) -> None:
        assert store.parted is not None
        self.uri, self.parted = store.uri, self
        self._parted, self._left = store.parted, parts
        self.smallest_part_bytes = store.parted.smallest_part_bytes

    def __getattr__(self, name: str) -> Any:
        return getattr(self._parted, name)

    def part(self, path: ArtifactPath, upload_id: str, number: int) -> Any:
        """As PartedUploads."""
        self._left -= 1
        if self._left < 0:
            raise Unavailable("The line is dead.")
        return self._parted.part(path, upload_id, number)


@pytest.mark.parametrize("kind", ["moto_s3", "azurite"])
def test_an_interrupted_upload_straight_to_a_store_is_gone_on_with(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    bucket: Bucket = request.getfixturevalue(kind)
    bucket.use(monkeypatch)
    settings = replace(LARGE, at_once=1, unfinished_uploads=str(tmp_path / "notes"))
    store = open_artifact_store(bucket.uri, settings)
    source = tmp_path / "source"
    source.write_bytes(CONTENT)
    with pytest.raises(Unavailable):
        send_file(cast("ArtifactStore", BreaksOff(store, 2)), source, PATH, settings)
    with pytest.raises(NotFound):
        store.open(PATH)
    send_file(cast("ArtifactStore", BreaksOff(store, 1)), source, PATH, settings)
    with closing(store.open(PATH)) as file:
        assert b"".join(file.read()) == CONTENT
