"""What uploads in parts promise, asked of each kind of store that has them."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from artifact_stores.conftest import content, opened
from kirok.artifact_stores.protocols import ArtifactStore, PartedUploads
from kirok.base.errors import InvalidParameter, NotFound
from kirok.entities.artifacts import ArtifactPath, Part

BIG = ArtifactPath("dir ü/big+file.bin")
KINDS = ["local", "below_local", "s3", "below_s3", "azurite", "served_local", "served_s3", "served_azurite"]


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ArtifactStore]:
    """A store of each kind that takes parts, empty."""
    with opened(request.param, request, tmp_path) as found:
        yield found


@pytest.fixture
def uploads(store: ArtifactStore) -> PartedUploads:
    """Its uploads in parts."""
    assert store.parted is not None
    return store.parted


def part_bytes(uploads: PartedUploads) -> int:
    return max(uploads.smallest_part_bytes, 1000)


def send(uploads: PartedUploads, upload_id: str, number: int, content: bytes) -> None:
    with uploads.part(BIG, upload_id, number) as part:
        part.write([content[:100], content[100:]])


def begun(uploads: PartedUploads) -> tuple[str, list[bytes]]:
    """A new upload, and the three parts that it is to have."""
    size = part_bytes(uploads)
    return uploads.begin(BIG, size), [b"1" * size, b"2" * size, b"3" * 10]


def test_parts_in_any_order_become_one_file_and_not_before_the_end(
    store: ArtifactStore, uploads: PartedUploads
) -> None:
    upload_id, parts = begun(uploads)
    for number in (3, 1, 2):
        send(uploads, upload_id, number, parts[number - 1])
    assert store.list(ArtifactPath("dir ü")) == []
    with pytest.raises(NotFound):
        store.open(BIG)
    uploads.complete(BIG, upload_id, uploads.parts(BIG, upload_id))
    assert content(store, BIG) == b"".join(parts)
    assert [info.path for info in store.list(ArtifactPath("dir ü"))] == [BIG]


def test_parts_are_sent_at_the_same_time(store: ArtifactStore, uploads: PartedUploads) -> None:
    size = part_bytes(uploads)
    upload_id = uploads.begin(BIG, size)
    with ThreadPoolExecutor(4) as senders:
        list(senders.map(lambda number: send(uploads, upload_id, number, bytes([number]) * size), range(1, 7)))
    uploads.complete(BIG, upload_id, uploads.parts(BIG, upload_id))
    assert content(store, BIG) == b"".join(bytes([number]) * size for number in range(1, 7))


def test_the_parts_that_are_kept_are_told_to_whoever_goes_on(uploads: PartedUploads) -> None:
    upload_id, parts = begun(uploads)
    assert uploads.parts(BIG, upload_id) == []
    for number in (1, 3):
        send(uploads, upload_id, number, parts[number - 1])
    kept = [(part.number, part.size_bytes) for part in uploads.parts(BIG, upload_id)]
    assert kept == [(1, len(parts[0])), (3, len(parts[2]))]


def test_a_part_that_broke_off_is_not_kept(uploads: PartedUploads) -> None:
    upload_id, parts = begun(uploads)
    send(uploads, upload_id, 1, parts[0])
    with suppress(ZeroDivisionError), uploads.part(BIG, upload_id, 2) as part:
        part.write([b"2"])
        raise ZeroDivisionError
    assert [part.number for part in uploads.parts(BIG, upload_id)] == [1]


def test_a_part_sent_again_replaces_the_first(store: ArtifactStore, uploads: PartedUploads) -> None:
    upload_id, parts = begun(uploads)
    first = [b"x" * len(parts[0]), parts[1], b"longer than that"]
    for number, sent in (*enumerate(first, start=1), (1, parts[0]), (3, parts[2])):
        send(uploads, upload_id, number, sent)
    uploads.complete(BIG, upload_id, uploads.parts(BIG, upload_id))
    assert content(store, BIG) == b"".join(parts)


def test_the_parts_replace_what_was_there(store: ArtifactStore, uploads: PartedUploads, tmp_path: Path) -> None:
    (tmp_path / "before").write_bytes(b"before")
    store.upload(tmp_path / "before", BIG)
    upload_id, parts = begun(uploads)
    for number, part in enumerate(parts, start=1):
        send(uploads, upload_id, number, part)
    assert content(store, BIG) == b"before"
    uploads.complete(BIG, upload_id, uploads.parts(BIG, upload_id))
    assert content(store, BIG) == b"".join(parts)


def test_a_part_that_is_missing_or_another_makes_no_file(store: ArtifactStore, uploads: PartedUploads) -> None:
    upload_id, parts = begun(uploads)
    send(uploads, upload_id, 1, parts[0])
    (kept,) = uploads.parts(BIG, upload_id)
    for wrong in (Part(2, kept.size_bytes, kept.tag), Part(1, kept.size_bytes, "0" * len(kept.tag))):
        with pytest.raises(InvalidParameter):
            uploads.complete(BIG, upload_id, [kept, wrong] if wrong.number == 2 else [wrong])
    with pytest.raises(NotFound):
        store.open(BIG)
    uploads.complete(BIG, upload_id, [kept])  # and it can be mended
    assert content(store, BIG) == parts[0]


def test_two_uploads_to_one_name_do_not_meet(store: ArtifactStore, uploads: PartedUploads) -> None:
    (first, parts), (second, _) = begun(uploads), begun(uploads)
    assert first != second
    send(uploads, first, 1, parts[0])
    send(uploads, second, 1, parts[1])
    uploads.complete(BIG, second, uploads.parts(BIG, second))
    assert content(store, BIG) == parts[1]


def test_what_is_given_up_is_no_more(store: ArtifactStore, uploads: PartedUploads) -> None:
    upload_id, parts = begun(uploads)
    send(uploads, upload_id, 1, parts[0])
    kept = uploads.parts(BIG, upload_id)
    uploads.abandon(BIG, upload_id)
    uploads.abandon(BIG, upload_id)  # nothing there is no error
    with pytest.raises(NotFound):
        uploads.parts(BIG, upload_id)
    with pytest.raises(NotFound):
        uploads.complete(BIG, upload_id, kept)
    with pytest.raises(NotFound):
        store.open(BIG)


def test_what_is_completed_stays_so(store: ArtifactStore, uploads: PartedUploads) -> None:
    upload_id, parts = begun(uploads)
    send(uploads, upload_id, 1, parts[0])
    kept = uploads.parts(BIG, upload_id)
    uploads.complete(BIG, upload_id, kept)
    with pytest.raises(NotFound):
        uploads.parts(BIG, upload_id)
    with suppress(NotFound):  # S3 takes it for the first request, sent anew
        uploads.complete(BIG, upload_id, kept)
    uploads.abandon(BIG, upload_id)
    assert content(store, BIG) == parts[0]


@pytest.mark.parametrize("upload_id", ["never-begun", "../../etc", "0" * 32 + "-3e8", "a&uploadId=b"])
def test_an_upload_that_was_never_begun_is_not_found(
    store: ArtifactStore, uploads: PartedUploads, upload_id: str
) -> None:
    with pytest.raises((NotFound, InvalidParameter)):
        uploads.parts(BIG, upload_id)
    with suppress(NotFound, InvalidParameter):  # Azure takes the blocks of anybody who may write, and forgets them
        send(uploads, upload_id, 1, b"1")
    with pytest.raises((NotFound, InvalidParameter)):
        uploads.complete(BIG, upload_id, [Part(1, 1, "0")])
    uploads.abandon(BIG, upload_id)
    with pytest.raises(NotFound):
        store.open(BIG)


@pytest.mark.parametrize("store", ["gcs"], indirect=True)
def test_a_store_without_parts_says_so(store: ArtifactStore) -> None:
    assert store.parted is None
