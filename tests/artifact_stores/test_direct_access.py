"""What signed requests promise, asked of each store that lets others in: sent by somebody without credentials."""

import time
from pathlib import Path

import pytest
from urllib3 import BaseHTTPResponse, request

from artifact_stores.conftest import Put, content, written_by_pieces
from kirok.artifact_stores.local import LocalArtifacts
from kirok.artifact_stores.protocols import DirectAccess, StreamedArtifactStore
from kirok.entities.artifacts import ArtifactPath, SignedRequest

FILE = ArtifactPath("dir ü/a+b=c&d'e.bin")


@pytest.fixture(params=["s3", "below_s3", "azurite", "gcs"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> StreamedArtifactStore:
    """A store of each kind that checks signatures, empty."""
    return written_by_pieces(request.param, request, tmp_path)


@pytest.fixture
def direct(store: StreamedArtifactStore) -> DirectAccess:
    """Its signed requests."""
    assert store.direct is not None
    return store.direct


def sent(signed: SignedRequest, method: str, body: bytes | None = None, **headers: str) -> BaseHTTPResponse:
    return request(method, signed.url, body=body, headers={**signed.headers, **headers}, retries=False)


def test_a_file_is_fetched_whole_and_in_ranges(store: StreamedArtifactStore, direct: DirectAccess, put: Put) -> None:
    put(store, FILE, b"0123456789")
    signed = direct.download(FILE, 60)
    assert sent(signed, "GET").data == b"0123456789"
    part = sent(signed, "GET", Range="bytes=2-4")
    assert (part.status, part.data) == (206, b"234")


def test_a_file_is_stored(store: StreamedArtifactStore, direct: DirectAccess) -> None:
    answer = sent(direct.upload(FILE, 60), "PUT", b"direct")
    assert answer.status in (200, 201), answer.data
    assert content(store, FILE) == b"direct"


@pytest.mark.parametrize("store", ["s3", "below_s3", "azurite"], indirect=True)
def test_parts_are_stored(store: StreamedArtifactStore, direct: DirectAccess) -> None:
    assert store.parted is not None
    size = max(store.parted.smallest_part_bytes, 1000)
    upload_id = store.parted.begin(FILE, size)
    for number, body in ((2, b"2"), (1, b"1" * size)):
        signed = direct.part(FILE, upload_id, number, 60)
        assert signed is not None
        answer = sent(signed, "PUT", body)
        assert answer.status in (200, 201), answer.data
    store.parted.complete(FILE, upload_id, store.parted.parts(FILE, upload_id))
    assert content(store, FILE) == b"1" * size + b"2"


def test_a_request_is_good_for_one_file_and_one_act(
    store: StreamedArtifactStore, direct: DirectAccess, put: Put
) -> None:
    put(store, FILE, b"mine")
    put(store, "dir ü/other", b"another's")
    download, upload = direct.download(FILE, 60), direct.upload(FILE, 60)
    elsewhere = SignedRequest(download.url.replace("a%2Bb%3Dc%26d%27e.bin", "other"), download.headers)
    assert elsewhere.url != download.url
    assert sent(elsewhere, "GET").status == 403
    assert sent(download, "PUT", b"x").status in (400, 403)
    assert sent(download, "DELETE").status == 403
    assert sent(upload, "DELETE").status == 403
    assert sent(SignedRequest(download.url.partition("?")[0]), "GET").status in (401, 403, 404)
    assert content(store, FILE) == b"mine"


def test_a_request_is_good_for_a_while(store: StreamedArtifactStore, direct: DirectAccess, put: Put) -> None:
    put(store, FILE, b"mine")
    signed = direct.download(FILE, 1)
    time.sleep(2.5)  # its end is told in whole seconds
    assert sent(signed, "GET").status == 403


def test_no_credentials_are_given_away(direct: DirectAccess) -> None:
    for signed in (direct.download(FILE, 60), direct.upload(FILE, 60)):
        assert "secret" not in str(signed)
        assert "authorization" not in {name.lower() for name in signed.headers}


def test_a_folder_lets_nobody_in(tmp_path: Path) -> None:
    assert LocalArtifacts(tmp_path).direct is None
