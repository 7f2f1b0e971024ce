"""What every artifact store promises, asked of each kind."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from artifact_stores.memory_buckets import MemoryBucket
from contract.in_process import InProcess
from kirok.artifact_stores.local import LocalArtifacts
from kirok.artifact_stores.objects.store import ObjectArtifacts
from kirok.artifact_stores.protocols import ArtifactStore, StreamedArtifactStore
from kirok.artifact_stores.proxy import ProxiedArtifacts
from kirok.artifact_stores.subtrees import Subtree
from kirok.base.errors import InvalidParameter, NotFound
from kirok.base.settings import ServerSettings, TransportSettings
from kirok.entities.artifacts import ArtifactPath, FileInfo
from kirok.server.app import create_app
from kirok.stores.memory import open_memory
from kirok.transport import Transport

NAMES = ["plain.txt", "with space.txt", "ümläut.bin", "日本", "100%.txt", "a%2Fb", "semi;colon&amp=1+2", "quote'\".txt"]


def local(tmp_path: Path) -> Iterator[ArtifactStore]:
    yield LocalArtifacts(tmp_path / "root")


def bucket(tmp_path: Path) -> Iterator[ArtifactStore]:
    yield ObjectArtifacts(MemoryBucket("some/folder"))


def subtree(tmp_path: Path) -> Iterator[ArtifactStore]:
    yield Subtree(LocalArtifacts(tmp_path / "root"), path("1/run/artifacts"))


def proxy(tmp_path: Path) -> Iterator[ArtifactStore]:
    settings = ServerSettings(artifacts_destination=str(tmp_path / "root"))
    transport = Transport(
        "http://localhost:5000", TransportSettings(max_retries=0), InProcess(create_app(settings, open_memory()))
    )
    yield ProxiedArtifacts(transport, path("1/run/artifacts"))
    transport.close()


@pytest.fixture(params=[local, bucket, subtree, proxy], ids=lambda make: make.__name__)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ArtifactStore]:
    """A store of each kind, empty."""
    yield from request.param(tmp_path)


@pytest.fixture(params=[local, bucket, subtree], ids=lambda make: make.__name__)
def streamed(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[StreamedArtifactStore]:
    """A store of each kind that takes pieces, empty."""
    yield from request.param(tmp_path)


def listed(store: ArtifactStore, folder: str) -> list[FileInfo]:
    """What is there, without the times, which only some stores tell."""
    return [FileInfo(info.path, info.is_dir, info.file_size) for info in store.list(path(folder))]


Put = Callable[[ArtifactStore, str, bytes], None]


@pytest.fixture
def put(tmp_path: Path) -> Put:
    """Uploads bytes from a file of its own."""

    def upload(store: ArtifactStore, name: str, content: bytes) -> None:
        source = tmp_path / "source"
        source.write_bytes(content)
        store.upload(source, path(name))

    return upload


def path(text: str) -> ArtifactPath:
    return ArtifactPath(text)


def content(store: ArtifactStore, name: str) -> bytes:
    file = store.open(path(name))
    try:
        return b"".join(file.read())
    finally:
        file.close()


@pytest.mark.parametrize("name", NAMES)
def test_a_file_comes_back_as_it_went(store: ArtifactStore, put: Put, name: str) -> None:
    put(store, f"dir/{name}", b"\x00\xff\r\n")
    assert listed(store, "dir") == [FileInfo(f"dir/{name}", is_dir=False, file_size=4)]
    assert content(store, f"dir/{name}") == b"\x00\xff\r\n"


def test_a_list_shows_one_level_by_path(store: ArtifactStore, put: Put) -> None:
    for name in ("b.txt", "a/deep/er.txt", "c/x", "a0"):
        put(store, name, b"12")
    assert listed(store, "") == [
        FileInfo("a", is_dir=True),
        FileInfo("a0", is_dir=False, file_size=2),
        FileInfo("b.txt", is_dir=False, file_size=2),
        FileInfo("c", is_dir=True),
    ]
    assert listed(store, "a") == [FileInfo("a/deep", is_dir=True)]


def test_nothing_is_listed_for_a_file_or_where_nothing_is(store: ArtifactStore, put: Put) -> None:
    put(store, "a", b"1")
    assert store.list(path("a")) == []
    assert store.list(path("none/at/all")) == []


def test_a_file_tells_its_size_and_changes_its_tag(store: ArtifactStore, put: Put) -> None:
    put(store, "a", b"one")
    first = store.open(path("a"))
    put(store, "a", b"four")
    second = store.open(path("a"))
    assert (first.size_bytes, second.size_bytes) == (3, 4)
    assert first.etag != second.etag
    assert second.modified_s > 1_600_000_000
    first.close()
    second.close()


@pytest.mark.parametrize(
    ("start", "length", "part"), [(0, 3, b"012"), (4, None, b"456789"), (8, 99, b"89"), (10, None, b""), (3, 0, b"")]
)
def test_a_part_of_a_file_can_be_read(
    store: ArtifactStore, put: Put, start: int, length: int | None, part: bytes
) -> None:
    put(store, "digits", b"0123456789")
    file = store.open(path("digits"))
    assert b"".join(file.read(start, length)) == part
    file.close()


def test_an_empty_file_is_a_file(store: ArtifactStore, put: Put) -> None:
    put(store, "empty", b"")
    assert content(store, "empty") == b""
    assert listed(store, "") == [FileInfo("empty", is_dir=False, file_size=0)]


def test_what_is_not_there_cannot_be_opened(store: ArtifactStore) -> None:
    with pytest.raises(NotFound, match="none"):
        store.open(path("none"))


def test_a_directory_cannot_be_opened(store: ArtifactStore, put: Put) -> None:
    put(store, "dir/a", b"1")
    with pytest.raises(InvalidParameter, match="directory"):
        store.open(path("dir"))


def test_the_root_cannot_be_opened_or_written(store: ArtifactStore, put: Put) -> None:
    with pytest.raises(InvalidParameter):
        store.open(path(""))
    with pytest.raises(InvalidParameter):
        put(store, "", b"1")


def test_a_directory_is_deleted_with_all_in_it_and_nothing_beside_it(store: ArtifactStore, put: Put) -> None:
    for name in ("a/b/c", "a/d", "ab", "e"):
        put(store, name, b"1")
    store.delete(path("a"))
    store.delete(path("e"))
    store.delete(path("e"))
    assert [info.path for info in store.list(path(""))] == ["ab"]


def test_pieces_become_one_file(streamed: StreamedArtifactStore) -> None:
    with streamed.writer(path("dir/a")) as upload:
        upload.write([b"one ", b"two "])
        assert streamed.list(path("dir")) == []
        upload.write([b"three"])
    assert content(streamed, "dir/a") == b"one two three"


def test_a_broken_upload_leaves_what_was_there(streamed: StreamedArtifactStore, put: Put) -> None:
    put(streamed, "a", b"before")
    for name in ("a", "b"):
        with suppress(ZeroDivisionError), streamed.writer(path(name)) as upload:
            upload.write([b"x" * (20 << 20)])
            raise ZeroDivisionError
    assert [info.path for info in streamed.list(path(""))] == ["a"]
    assert content(streamed, "a") == b"before"


def test_a_file_being_read_is_not_torn_by_its_successor(tmp_path: Path, put: Put) -> None:
    store = LocalArtifacts(tmp_path / "root")
    put(store, "a", b"1" * (3 << 20))
    file = store.open(path("a"))
    pieces = file.read()
    first = next(pieces)
    put(store, "a", b"2" * (3 << 20))
    assert set(first + b"".join(pieces)) == {ord("1")}
    file.close()


def test_links_lead_nowhere_else(tmp_path: Path, put: Put) -> None:
    store = LocalArtifacts(tmp_path / "root")
    put(store, "dir/a", b"1")
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "root" / "out").symlink_to(tmp_path)
    (tmp_path / "root" / "loop").symlink_to(tmp_path / "root" / "loop")
    for forbidden in ("out/secret", "out"):
        with pytest.raises(InvalidParameter):
            store.open(path(forbidden))
    with pytest.raises(InvalidParameter):
        store.list(path("out"))
    with pytest.raises(InvalidParameter):
        put(store, "out/new", b"1")
    assert [info.path for info in store.list(path(""))] == ["dir"]
    store.delete(path("out"))
    assert (tmp_path / "secret").read_text() == "secret"
