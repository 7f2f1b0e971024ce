"""What every artifact store promises, asked of each kind."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from artifact_stores.conftest import Put, content
from kirok.artifact_stores.local import LocalArtifacts
from kirok.artifact_stores.protocols import ArtifactStore, StreamedArtifactStore
from kirok.base.errors import InvalidParameter, NotFound
from kirok.entities.artifacts import ArtifactPath, FileInfo

NAMES = [
    "plain.txt",
    "with space.txt",
    "ümläut.bin",
    "日本",
    "100%.txt",
    "a%2Fb",
    "semi;colon&amp=1+2",
    "quote'\".txt",
    "what?.txt",
    "star*",
    "~tilde",
    ".hidden",
    "[a]{b}",
    "<a>|`^",
    "two..dots",
    "dot.",
    "🎉",
    "e\u0301",
    "n" * 180,
]


def listed(store: ArtifactStore, folder: str) -> list[FileInfo]:
    """What is there, without the times."""
    return [FileInfo(info.path, info.is_dir, info.file_size) for info in store.list(path(folder))]


def path(text: str) -> ArtifactPath:
    return ArtifactPath(text)


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


@pytest.mark.parametrize("replaced_by", [b"", b"2", b"2" * 300_000])
def test_what_was_there_is_replaced_whole(store: ArtifactStore, put: Put, replaced_by: bytes) -> None:
    put(store, "dir/a", b"1" * 100_000)
    put(store, "dir/a", replaced_by)
    assert content(store, "dir/a") == replaced_by
    assert listed(store, "dir") == [FileInfo("dir/a", is_dir=False, file_size=len(replaced_by))]


def test_a_list_tells_when_files_were_written(store: ArtifactStore, put: Put) -> None:
    before = time.time()
    put(store, "a", b"1")
    put(store, "dir/b", b"1")
    folder, file = sorted(store.list(path("")), key=lambda info: not info.is_dir)
    assert folder.modified_ms is None
    assert file.modified_ms is not None
    # Stores tell whole seconds, of their own clocks.
    assert before - 2 < file.modified_ms / 1000 < time.time() + 2


def test_a_tree_is_deleted_whatever_its_names_are(store: ArtifactStore, put: Put) -> None:
    for name in NAMES:
        put(store, f"tree/{name}", b"1")
        put(store, f"tree/deep {name[:9]}/er/{name}", b"1")
    put(store, "tree.txt", b"1")
    store.delete(path("tree"))
    assert listed(store, "tree") == []
    assert listed(store, "") == [FileInfo("tree.txt", is_dir=False, file_size=1)]
    with pytest.raises(NotFound):
        store.open(path(f"tree/{NAMES[0]}"))


def test_what_is_not_there_can_be_deleted(store: ArtifactStore, put: Put) -> None:
    store.delete(path("none/at/all"))
    put(store, "a", b"1")
    store.delete(path("none"))
    assert content(store, "a") == b"1"


def test_of_two_who_write_a_file_at_once_one_wins_whole(store: ArtifactStore, tmp_path: Path) -> None:
    barrier = threading.Barrier(4)

    def write(number: int) -> None:
        source = tmp_path / f"source-{number}"
        source.write_bytes(bytes([number]) * (1 << 20))
        barrier.wait(30)
        store.upload(source, path("dir/a"))

    with ThreadPoolExecutor(4) as writers:
        list(writers.map(write, range(4)))
    found = content(store, "dir/a")
    assert len(found) == 1 << 20
    assert len(set(found)) == 1
    assert [info.path for info in store.list(path("dir"))] == ["dir/a"]


@pytest.mark.parametrize("store", ["local", "s3", "azurite", "gcs", "served_s3"], indirect=True)
def test_a_file_of_several_parts_comes_back_as_it_went(store: ArtifactStore, put: Put) -> None:
    pattern = bytes(range(256)) * 4096  # 1 MiB
    put(store, "dir/big", b"".join(bytes([number]) + pattern for number in range(40)))
    file = store.open(path("dir/big"))
    assert file.size_bytes == 40 * (len(pattern) + 1)
    assert b"".join(file.read(20 * (len(pattern) + 1), 3)) == b"\x14\x00\x01"
    assert sum(map(len, file.read())) == file.size_bytes
    file.close()


@pytest.mark.parametrize("store", ["s3", "gcs", "served_local"], indirect=True)
def test_more_files_are_listed_and_deleted_than_a_store_tells_at_once(store: ArtifactStore, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"1")
    names = [f"many/{number:04}" for number in range(1005)]
    with ThreadPoolExecutor(8) as writers:
        list(writers.map(lambda name: store.upload(source, path(name)), names))
    assert [info.path for info in store.list(path("many"))] == names
    store.delete(path("many"))
    assert store.list(path("many")) == []


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
