"""What object stores promise beyond what all stores do, on real ones."""

import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import urllib3

from kirok.artifact_stores.objects.azure_signatures import Account, account_signature
from kirok.artifact_stores.objects.connections import Requests
from kirok.artifact_stores.objects.open import open_objects
from kirok.artifact_stores.objects.store import ObjectArtifacts
from kirok.artifact_stores.protocols import DirectAccess, PartedUploads
from kirok.base.errors import InvalidParameter, KirokError, NotFound, Unavailable
from kirok.base.settings import ArtifactSettings
from kirok.entities.artifacts import ArtifactPath, FileInfo, Part, SignedRequest
from object_servers import Bucket
from object_servers.azurite import ACCOUNT, KEY, AzuriteServer
from object_servers.rgw import RgwServer

MIB = 1 << 20
NAMES = ["plain", "a b/100%.txt", "a%2Fb", "q?x", "ü'(!)*~+&=;:@$,", '日本 <>"`{}|^[]']


@pytest.fixture(params=["s3", "azurite"])
def parted_store(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> ObjectArtifacts:
    """A store that takes parts."""
    bucket: Bucket = request.getfixturevalue(request.param)
    bucket.use(monkeypatch)
    return open_objects(f"{bucket.uri}/with space/ü")


@pytest.fixture(params=["s3", "azurite", "gcs"])
def anywhere(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> ObjectArtifacts:
    """A store of each kind."""
    bucket: Bucket = request.getfixturevalue(request.param)
    bucket.use(monkeypatch)
    return open_objects(f"{bucket.uri}/with space/ü")


@pytest.fixture
def ceph(s3: Bucket, monkeypatch: pytest.MonkeyPatch) -> ObjectArtifacts:
    """Ceph's store."""
    s3.use(monkeypatch)
    return open_objects(s3.uri)


def path(text: str) -> ArtifactPath:
    return ArtifactPath.parse(text)


def content(store: ObjectArtifacts, name: str) -> bytes:
    return b"".join(store.open(path(name)).read())


def put(store: ObjectArtifacts, name: str, data: bytes = b"1") -> None:
    with store.writer(path(name)) as upload:
        upload.write([data])


def parts_of(store: ObjectArtifacts) -> PartedUploads:
    assert store.parted is not None
    return store.parted


def direct_of(store: ObjectArtifacts) -> DirectAccess:
    assert store.direct is not None
    return store.direct


def send(method: str, request: SignedRequest | None, body: bytes | None = None, **headers: str) -> tuple[int, bytes]:
    """What anybody does who was handed a request."""
    assert request is not None
    answer = urllib3.request(method, request.url, headers={**request.headers, **headers}, body=body)
    return answer.status, answer.data


def test_a_marker_of_a_folder_is_no_file_and_goes_with_the_folder(
    ceph: ObjectArtifacts, s3: Bucket, rgw_server: RgwServer
) -> None:
    for marker in ("artifacts/", "artifacts/dir/", "artifacts/dir/empty/"):
        rgw_server.client().put_object(Bucket=s3.name, Key=marker, Body=b"")
    put(ceph, "dir/a")
    assert ceph.list(path("")) == [FileInfo("dir", is_dir=True)]
    assert [info.path for info in ceph.list(path("dir"))] == ["dir/a", "dir/empty"]
    ceph.delete(path("dir"))
    assert ceph.list(path("")) == []


def test_a_broken_upload_leaves_no_parts(ceph: ObjectArtifacts, s3: Bucket, rgw_server: RgwServer) -> None:
    under_way: list[bool] = []
    with suppress(ZeroDivisionError), ceph.writer(path("a")) as upload:
        upload.write([b"x" * (20 * MIB)])
        under_way.append("Uploads" in rgw_server.client().list_multipart_uploads(Bucket=s3.name))
        raise ZeroDivisionError
    under_way.append("Uploads" in rgw_server.client().list_multipart_uploads(Bucket=s3.name))
    assert under_way == [True, False]
    assert ceph.list(path("")) == []


def test_types_of_content_are_kept_and_nothing_is_unpacked_on_the_way(
    ceph: ObjectArtifacts, s3: Bucket, rgw_server: RgwServer
) -> None:
    kinds = {"a.png": "image/png", "b.tar.gz": "application/gzip", "c.unknown": "application/octet-stream"}
    for name in kinds:
        put(ceph, name)
        put(ceph, f"large/{name}", b"1" * (9 * MIB))
    for name, kind in kinds.items():
        for key in (f"artifacts/{name}", f"artifacts/large/{name}"):
            head = rgw_server.client().head_object(Bucket=s3.name, Key=key)
            assert (head["ContentType"], head.get("ContentEncoding", "")) == (kind, "")


def test_extra_arguments_go_with_small_and_large_objects(
    s3: Bucket, rgw_server: RgwServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    s3.use(monkeypatch)
    monkeypatch.setenv("MLFLOW_S3_UPLOAD_EXTRA_ARGS", '{"Metadata": {"team": "lab"}, "CacheControl": "no-store"}')
    store = open_objects(s3.uri)
    put(store, "small")
    put(store, "large", b"1" * (9 * MIB))
    assert send("PUT", direct_of(store).upload(path("direct"), 60), b"1")[0] == 200
    for name in ("small", "large", "direct"):
        head = rgw_server.client().head_object(Bucket=s3.name, Key=f"artifacts/{name}")
        assert (head["Metadata"], head["CacheControl"]) == ({"team": "lab"}, "no-store")


def test_an_object_replaced_while_it_is_read_is_not_mixed_with_its_successor(anywhere: ObjectArtifacts) -> None:
    put(anywhere, "a", b"1" * 100)
    opened, held = anywhere.open(path("a")), anywhere.open(path("a"))
    put(anywhere, "a", b"2" * 100)
    with pytest.raises(Unavailable, match="replaced while it was being read"):
        b"".join(opened.read(1))
    assert b"".join(held.read()) == b"1" * 100


@pytest.mark.parametrize("name", NAMES)
def test_signed_requests_let_anybody_read_and_write_one_file(anywhere: ObjectArtifacts, name: str) -> None:
    direct = direct_of(anywhere)
    status, _ = send("PUT", direct.upload(path(name), 60), b"0123456789")
    assert status in (200, 201)
    assert send("GET", direct.download(path(name), 60)) == (200, b"0123456789")
    assert send("GET", direct.download(path(name), 60), Range="bytes=2-4") == (206, b"234")
    assert content(anywhere, name) == b"0123456789"


def test_a_signed_request_is_good_for_one_file_and_one_act(parted_store: ObjectArtifacts) -> None:
    put(parted_store, "a")
    put(parted_store, "b")
    request = direct_of(parted_store).download(path("a"), 60)
    assert send("GET", SignedRequest(request.url.replace("/a?", "/b?")))[0] == 403
    written = direct_of(parted_store).upload(path("a"), 60).headers
    assert send("PUT", SignedRequest(request.url, written), b"other")[0] == 403
    assert content(parted_store, "a") == b"1"


def test_a_browser_saves_what_a_signed_request_brings(parted_store: ObjectArtifacts) -> None:
    put(parted_store, "page.html")
    answer = urllib3.request("GET", direct_of(parted_store).download(path("page.html"), 60).url)
    assert answer.headers["Content-Disposition"] == 'attachment; filename="page.html"'


@pytest.fixture
def upload(parted_store: ObjectArtifacts) -> Iterator[tuple[PartedUploads, str]]:
    """An upload of two parts that was begun."""
    parted = parts_of(parted_store)
    upload_id = parted.begin(path("dir/a"), 5 * MIB)
    yield parted, upload_id
    parted.abandon(path("dir/a"), upload_id)


def test_parts_come_in_any_order_from_here_and_from_others(
    parted_store: ObjectArtifacts, upload: tuple[PartedUploads, str]
) -> None:
    parted, upload_id = upload
    data = os.urandom(6 * MIB)
    status, _ = send("PUT", direct_of(parted_store).part(path("dir/a"), upload_id, 2, 60), data[5 * MIB :])
    assert status in (200, 201)
    with parted.part(path("dir/a"), upload_id, 1) as part:
        part.write([data[:MIB], data[MIB : 5 * MIB]])
    kept = parted.parts(path("dir/a"), upload_id)
    assert [(part.number, part.size_bytes) for part in kept] == [(1, 5 * MIB), (2, MIB)]
    assert parted_store.list(path("dir")) == []
    parted.complete(path("dir/a"), upload_id, kept)
    assert content(parted_store, "dir/a") == data
    with pytest.raises(NotFound):
        parted.parts(path("dir/a"), upload_id)


def test_a_part_that_breaks_off_is_not_kept(upload: tuple[PartedUploads, str]) -> None:
    parted, upload_id = upload
    with suppress(ZeroDivisionError), parted.part(path("dir/a"), upload_id, 1) as part:
        part.write([b"1" * MIB])
        raise ZeroDivisionError
    assert parted.parts(path("dir/a"), upload_id) == []


def test_a_part_that_is_missing_or_another_is_refused(upload: tuple[PartedUploads, str]) -> None:
    parted, upload_id = upload
    with parted.part(path("dir/a"), upload_id, 1) as part:
        part.write([b"1" * MIB])
    (kept,) = parted.parts(path("dir/a"), upload_id)
    for parts in ([], [kept, Part(2, 1, kept.tag)], [Part(1, MIB, "0" * 32)]):
        with pytest.raises(InvalidParameter):
            parted.complete(path("dir/a"), upload_id, parts)
    parted.complete(path("dir/a"), upload_id, [kept])


def test_an_upload_that_was_given_up_is_gone(parted_store: ObjectArtifacts, upload: tuple[PartedUploads, str]) -> None:
    parted, upload_id = upload
    with parted.part(path("dir/a"), upload_id, 1) as part:
        part.write([b"1"])
    parted.abandon(path("dir/a"), upload_id)
    parted.abandon(path("dir/a"), upload_id)
    with pytest.raises(NotFound):
        parted.parts(path("dir/a"), upload_id)
    with pytest.raises(NotFound):
        parted.complete(path("dir/a"), upload_id, [Part(1, 1, "0" * 32)])
    assert parted_store.list(path("")) == []


def test_an_upload_that_never_began_is_not_found(parted_store: ObjectArtifacts) -> None:
    with pytest.raises(NotFound):
        parts_of(parted_store).parts(path("a"), "0" * 32)
    parts_of(parted_store).abandon(path("a"), "0" * 32)


def test_google_takes_no_parts_from_us(gcs: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    gcs.use(monkeypatch)
    assert open_objects(gcs.uri, ArtifactSettings()).parted is None


def test_a_part_that_was_spoilt_on_its_way_is_refused(
    upload: tuple[PartedUploads, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    parted, upload_id = upload
    honest = Requests.send

    def spoil(self: Requests, method: str, url: str, headers: Any, body: Any = None, **more: Any) -> Any:
        if body is not None and method == "PUT":
            body = b"2" * int(headers["Content-Length"])
        return honest(self, method, url, headers, body, **more)

    with monkeypatch.context() as patched:
        patched.setattr(Requests, "send", spoil)
        with pytest.raises(KirokError), parted.part(path("dir/a"), upload_id, 1) as part:
            part.write([b"1" * 5 * MIB])
    assert parted.parts(path("dir/a"), upload_id) == []


def test_a_store_that_dies_amid_an_upload_and_comes_back_has_no_half_of_it(
    ceph: ObjectArtifacts, rgw_server: RgwServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kirok.artifact_stores.objects.connections._RETRIES", 0)
    put(ceph, "a", b"before")

    def interrupted() -> None:
        with ceph.writer(path("a")) as upload:
            upload.write([b"1" * (9 * MIB)])
            rgw_server.kill()
            upload.write([b"1" * (20 * MIB)])

    try:
        with pytest.raises(Unavailable, match="MLFLOW_S3_ENDPOINT_URL"):
            interrupted()
    finally:
        rgw_server.start()
    assert content(ceph, "a") == b"before"
    put(ceph, "a", b"after")
    assert content(ceph, "a") == b"after"


def test_a_shared_access_signature_is_enough_for_a_container(
    azurite: Bucket, azurite_server: AzuriteServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    azurite.use(monkeypatch)
    account = Account(ACCOUNT, KEY, is_https=False)
    signature = account_signature(account, datetime.now(UTC) + timedelta(hours=1), resources="co", permissions="rwdlc")
    monkeypatch.setenv(
        "AZURE_STORAGE_CONNECTION_STRING", f"BlobEndpoint={azurite_server.endpoint};SharedAccessSignature={signature}"
    )
    store = open_objects(azurite.uri)
    put(store, "small", b"1")
    put(store, "large", b"1" * (9 * MIB))
    assert [(info.path, info.file_size) for info in store.list(path(""))] == [("large", 9 * MIB), ("small", 1)]
    assert content(store, "large") == b"1" * (9 * MIB)
    store.delete(path(""))
    assert store.list(path("")) == []
    assert store.direct is None
