"""Artifacts in a folder: durable, whole or not at all, in one go or in parts, and nothing left lying about."""

import errno
import os
import resource
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from kirok.artifact_stores.local import LocalArtifacts
from kirok.artifact_stores.local.leftovers import sweep
from kirok.artifact_stores.names import UPLOADING
from kirok.artifact_stores.protocols import PartedUploads
from kirok.base.errors import Conflict, InvalidParameter, NoSpaceLeft, NotFound, Unavailable
from kirok.base.settings import ArtifactSettings
from kirok.entities.artifacts import ArtifactPath, Part

DAY_S = 24 * 3600
BIG = ArtifactPath("models/big.bin")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Where the artifacts lie; not made yet."""
    return tmp_path / "root"


@pytest.fixture
def store(root: Path) -> LocalArtifacts:
    """The store there."""
    return LocalArtifacts(root)


@pytest.fixture
def uploads(store: LocalArtifacts) -> PartedUploads:
    """Its uploads in parts."""
    assert store.parted is not None
    return store.parted


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is synced to the disk from now on, by path."""
    done: list[str] = []
    really = os.fsync

    def fsync(descriptor: int) -> None:
        done.append(os.readlink(f"/proc/self/fd/{descriptor}"))
        really(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    return done


def send(uploads: PartedUploads, upload_id: str, number: int, content: bytes, path: ArtifactPath = BIG) -> None:
    with uploads.part(path, upload_id, number) as part:
        part.write([content])


def files_below(root: Path) -> list[str]:
    return sorted(str(found.relative_to(root)) for found in root.rglob("*") if found.is_file())


def test_a_file_its_name_and_its_new_folders_are_synced(store: LocalArtifacts, root: Path, synced: list[str]) -> None:
    with store.writer(ArtifactPath("1/run/a")) as upload:
        upload.write([b"x"])
    passing, *folders = [name for name in synced if UPLOADING in name] + [n for n in synced if UPLOADING not in n]
    assert passing.startswith(f"{root}/1/run/")
    assert {str(root.parent), str(root), f"{root}/1"} <= set(folders)
    assert folders[-1] == f"{root}/1/run"
    synced.clear()
    with store.writer(ArtifactPath("1/run/b")) as upload:
        upload.write([b"x"])
    assert len(synced) == 2


def test_nothing_is_synced_where_that_is_switched_off(root: Path, synced: list[str]) -> None:
    store = LocalArtifacts(root, ArtifactSettings(fsync=False))
    with store.writer(ArtifactPath("1/run/a")) as upload:
        upload.write([b"x"])
    assert store.parted is not None
    upload_id = store.parted.begin(BIG, 4)
    send(store.parted, upload_id, 1, b"abc")
    store.parted.complete(BIG, upload_id, store.parted.parts(BIG, upload_id))
    assert synced == []


def test_a_list_tells_when_a_file_was_written(store: LocalArtifacts, root: Path) -> None:
    with store.writer(ArtifactPath("a")) as upload:
        upload.write([b"x"])
    os.utime(root / "a", ns=(0, 1_700_000_000_123_456_789))
    assert [info.modified_ms for info in store.list(ArtifactPath(""))] == [1_700_000_000_123]


def test_a_read_without_pread_gives_the_same(
    store: LocalArtifacts, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "source").write_bytes(bytes(range(256)) * (5 << 12))
    store.upload(tmp_path / "source", BIG)
    monkeypatch.delattr(os, "pread")  # as on Windows
    file = store.open(BIG)
    with ThreadPoolExecutor(4) as pool:
        reads = [
            pool.submit(lambda start: b"".join(file.read(start, 1 << 20)), start)
            for start in range(0, 5 << 20, 1 << 20)
        ]
        assert b"".join(read.result() for read in reads) == (tmp_path / "source").read_bytes()
    file.close()


def test_what_is_uploaded_must_be_there(store: LocalArtifacts, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        store.upload(tmp_path / "none", BIG)


def test_of_two_writers_one_whole_file_wins(store: LocalArtifacts, root: Path) -> None:
    with store.writer(BIG) as first, store.writer(BIG) as second:
        for _ in range(3):
            first.write([b"1" * 1000])
            second.write([b"2" * 1000])
    assert (root / BIG).read_bytes() in (b"1" * 3000, b"2" * 3000)
    assert files_below(root) == [str(BIG)]


@contextmanager
def no_file_longer_than(size: int) -> Iterator[None]:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_a_full_disk_leaves_what_was_there(store: LocalArtifacts, root: Path, tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(b"x" * 100_000)
    with store.writer(BIG) as upload:
        upload.write([b"before"])
    with no_file_longer_than(50_000):
        with pytest.raises(NoSpaceLeft, match="Free some space"), store.writer(BIG) as upload:
            upload.write([b"x" * 40_000, b"x" * 40_000])
        with pytest.raises(NoSpaceLeft, match="Free some space"):
            store.upload(tmp_path / "source", BIG)
    assert (root / BIG).read_bytes() == b"before"
    assert files_below(root) == [str(BIG)]


def test_a_full_disk_refuses_a_part_and_keeps_the_others(store: LocalArtifacts, uploads: PartedUploads) -> None:
    upload_id = uploads.begin(BIG, 30_000)
    send(uploads, upload_id, 1, b"1" * 30_000)
    with no_file_longer_than(50_000), pytest.raises(NoSpaceLeft, match="Free some space"):
        send(uploads, upload_id, 2, b"2" * 30_000)
    assert [part.number for part in uploads.parts(BIG, upload_id)] == [1]
    send(uploads, upload_id, 2, b"2" * 30_000)
    uploads.complete(BIG, upload_id, uploads.parts(BIG, upload_id))
    assert b"".join(store.open(BIG).read()) == b"1" * 30_000 + b"2" * 30_000


def test_what_is_on_its_way_is_neither_seen_nor_reached(
    store: LocalArtifacts, uploads: PartedUploads, root: Path
) -> None:
    upload_id = uploads.begin(BIG, 4)
    send(uploads, upload_id, 1, b"abcd")
    assert store.list(ArtifactPath("models")) == []
    (folder,) = (root / "models").iterdir()
    for name in (folder.name, folder.name.upper()):
        inside = ArtifactPath(f"models/{name}/content")
        for reach in (store.open, store.delete, store.list, lambda path: uploads.begin(path, 4)):
            with pytest.raises(InvalidParameter, match="kirok's own"):
                reach(inside)
        with pytest.raises(InvalidParameter, match="kirok's own"), store.writer(inside):
            pass


def test_another_store_of_the_same_folder_goes_on_with_an_upload(root: Path, uploads: PartedUploads) -> None:
    upload_id = uploads.begin(BIG, 4)
    send(uploads, upload_id, 3, b"ef")
    other = LocalArtifacts(root)
    assert other.parted is not None
    send(other.parted, upload_id, 1, b"abcd")
    assert uploads.parts(BIG, upload_id) == other.parted.parts(BIG, upload_id)
    send(uploads, upload_id, 2, b"0123")
    other.parted.complete(BIG, upload_id, uploads.parts(BIG, upload_id))
    assert (root / BIG).read_bytes() == b"abcd0123ef"
    assert files_below(root) == [str(BIG)]


def test_a_part_that_broke_off_does_not_count(uploads: PartedUploads) -> None:
    upload_id = uploads.begin(BIG, 8)
    send(uploads, upload_id, 1, b"complete")
    for number in (1, 2):
        with suppress(ZeroDivisionError), uploads.part(BIG, upload_id, number) as part:
            part.write([b"bro"])
            raise ZeroDivisionError
    assert uploads.parts(BIG, upload_id) == []  # the first was being overwritten, so it counts no more


def test_a_part_sent_twice_counts_once_as_it_came_last(uploads: PartedUploads, root: Path) -> None:
    upload_id = uploads.begin(BIG, 8)
    for content in (b"too long", b"short"):
        send(uploads, upload_id, 1, content)
    uploads.complete(BIG, upload_id, uploads.parts(BIG, upload_id))
    assert (root / BIG).read_bytes() == b"short"


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda parts: [parts[0], parts[2]], "Part 2 .* missing"),
        (lambda parts: parts[:2], "has 3 parts, not 2"),
        (lambda parts: parts[::-1], "Part 1 .* missing"),
        (lambda parts: [*parts, Part(4, 1, "00000000")], "Part 3 .* has 1 bytes"),
        (lambda parts: [Part(1, 4, "00000000"), *parts[1:]], "Part 1 .* tag"),
    ],
)
def test_an_upload_is_put_together_whole_or_not_at_all(
    uploads: PartedUploads, root: Path, change: Callable[[Sequence[Part]], Sequence[Part]], complaint: str
) -> None:
    upload_id = uploads.begin(BIG, 4)
    for number, content in enumerate((b"abcd", b"efgh", b"i"), start=1):
        send(uploads, upload_id, number, content)
    with pytest.raises(InvalidParameter, match=complaint):
        uploads.complete(BIG, upload_id, change(uploads.parts(BIG, upload_id)))
    assert not (root / BIG).exists()
    uploads.complete(BIG, upload_id, uploads.parts(BIG, upload_id))
    assert (root / BIG).read_bytes() == b"abcdefghi"


def test_only_the_last_part_may_be_short_and_none_too_long(uploads: PartedUploads) -> None:
    upload_id = uploads.begin(BIG, 4)
    with pytest.raises(InvalidParameter, match="too long"):
        send(uploads, upload_id, 1, b"abcde")
    send(uploads, upload_id, 1, b"abc")
    send(uploads, upload_id, 2, b"d")
    with pytest.raises(InvalidParameter, match="has 3 bytes"):
        uploads.complete(BIG, upload_id, uploads.parts(BIG, upload_id))


def test_an_upload_id_is_worth_nothing_for_another_path(uploads: PartedUploads) -> None:
    upload_id = uploads.begin(BIG, 4)
    neighbour = ArtifactPath("models/other.bin")
    forged = upload_id[:-1] + "5"
    for path, known in ((neighbour, upload_id), (BIG, forged), (BIG, "../" + upload_id), (BIG, "")):
        with pytest.raises(NotFound, match="no upload"):
            send(uploads, known, 1, b"x", path)
        with pytest.raises(NotFound, match="no upload"):
            uploads.parts(path, known)
        with pytest.raises(NotFound, match="no upload"):
            uploads.complete(path, known, [])
        uploads.abandon(path, known)
    assert uploads.parts(BIG, upload_id) == []


def test_an_upload_given_up_or_completed_is_gone(uploads: PartedUploads, root: Path) -> None:
    given_up, completed = uploads.begin(BIG, 4), uploads.begin(BIG, 4)
    send(uploads, completed, 1, b"abc")
    uploads.complete(BIG, completed, uploads.parts(BIG, completed))
    uploads.abandon(BIG, given_up)
    uploads.abandon(BIG, given_up)
    for upload_id in (given_up, completed):
        with pytest.raises(NotFound, match="Begin anew"):
            send(uploads, upload_id, 1, b"abc")
    assert files_below(root) == [str(BIG)]


def test_a_folder_is_not_replaced_by_an_upload(store: LocalArtifacts, uploads: PartedUploads) -> None:
    upload_id = uploads.begin(BIG, 4)
    with store.writer(ArtifactPath(f"{BIG}/inner")) as upload:
        upload.write([b"x"])
    with pytest.raises(InvalidParameter, match="directory"):
        uploads.begin(BIG, 4)
    with pytest.raises(InvalidParameter, match="directory"):
        uploads.complete(BIG, upload_id, [])


def test_parts_never_leave_the_folder(uploads: PartedUploads, root: Path, tmp_path: Path) -> None:
    root.mkdir()
    (root / "out").symlink_to(tmp_path)
    with pytest.raises(InvalidParameter, match="outside"):
        uploads.begin(ArtifactPath("out/new"), 4)


def test_leftovers_are_swept_when_nobody_touched_them(
    store: LocalArtifacts, uploads: PartedUploads, root: Path
) -> None:
    now = os.stat(root.parent).st_mtime
    live, dead = uploads.begin(BIG, 4), uploads.begin(BIG, 4)
    send(uploads, live, 1, b"abcd")
    folders = sorted((root / "models").iterdir(), key=lambda folder: len(list(folder.iterdir())))
    for folder in folders:
        for place in (folder / "content", folder):
            os.utime(place, (now - 8 * DAY_S, now - 8 * DAY_S))
    os.utime(folders[1] / "content", (now - 6 * DAY_S, now - 6 * DAY_S))
    for name, age_s in (("old", 2 * DAY_S), ("young", DAY_S - 100)):
        (root / f"{UPLOADING}{name}").write_bytes(b"x")
        os.utime(root / f"{UPLOADING}{name}", (now - age_s, now - age_s))
    (root / "kept").write_bytes(b"x")
    os.utime(root / "kept", (0, 0))
    assert sweep(root) == 2
    assert sorted(found.name for found in root.iterdir()) == [f"{UPLOADING}young", "kept", "models"]
    assert [part.number for part in uploads.parts(BIG, live)] == [1]
    with pytest.raises(NotFound):
        uploads.parts(BIG, dead)


def test_a_sweep_goes_through_no_link_and_over_what_it_cannot_read(root: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / f"{UPLOADING}old").write_bytes(b"x")
    os.utime(other / f"{UPLOADING}old", (0, 0))
    root.mkdir()
    (root / "link").symlink_to(other)
    assert sweep(root) == 0
    assert sweep(tmp_path / "none") == 0


def test_a_file_system_that_cannot_sync_folders_is_no_obstacle(
    store: LocalArtifacts, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    really = os.fsync

    def fsync(descriptor: int) -> None:
        if os.path.isdir(f"/proc/self/fd/{descriptor}"):
            raise OSError(errno.EINVAL, "Invalid argument")
        really(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    with store.writer(BIG) as upload:
        upload.write([b"x"])
    assert (root / BIG).read_bytes() == b"x"


def test_a_complete_file_is_no_failure_where_its_uploads_folder_stays(
    store: LocalArtifacts, uploads: PartedUploads, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload_id = uploads.begin(BIG, 10)
    send(uploads, upload_id, 1, b"whole")

    def held_by_another(*_: object, **__: object) -> None:
        raise OSError(errno.ENOTEMPTY, os.strerror(errno.ENOTEMPTY))  # NFS, while a second sender has the content open

    monkeypatch.setattr(shutil, "rmtree", held_by_another)
    uploads.complete(BIG, upload_id, uploads.parts(BIG, upload_id))
    assert b"".join(store.open(BIG).read()) == b"whole"


def test_a_folder_removed_under_an_upload_is_a_conflict(store: LocalArtifacts, root: Path) -> None:
    upload = store.writer(ArtifactPath("a/b/c"))
    upload.__enter__().write([b"x"])
    store.delete(ArtifactPath("a"))
    with pytest.raises(Conflict, match="Send it again"):
        upload.__exit__(None, None, None)
    assert files_below(root) == []


def test_a_folder_written_to_while_it_is_removed_is_a_conflict(
    store: LocalArtifacts, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with store.writer(ArtifactPath("a/b")) as upload:
        upload.write([b"x"])
    removed = os.unlink

    def joined(name: str, *, dir_fd: int | None = None) -> None:
        removed(name, dir_fd=dir_fd)
        (root / "a" / "new").touch()

    monkeypatch.setattr(os, "unlink", joined)
    with pytest.raises(Conflict, match="Try again"):
        store.delete(ArtifactPath("a"))


def test_who_may_open_no_more_files_is_told_to_come_again(
    store: LocalArtifacts, monkeypatch: pytest.MonkeyPatch
) -> None:
    def exhausted(*_: object, **__: object) -> int:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    monkeypatch.setattr(os, "open", exhausted)
    with pytest.raises(Unavailable, match="ulimit"):
        store.open(BIG)


def test_folders_of_files_that_are_stored_together_are_synced_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = LocalArtifacts(tmp_path)
    synced: list[str] = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    monkeypatch.setattr("kirok.artifact_stores.local.store.sync_folder", synced.append)
    with store.together() as group:
        for name in ("a/1", "a/2", "b/1", "a/3"):
            with group.writer(ArtifactPath(name)) as upload:
                upload.write([b"x"])
        assert [info.path for info in store.list(ArtifactPath("a"))] == ["a/1", "a/2", "a/3"]
        assert synced == []
    assert synced == [str(tmp_path / "a"), str(tmp_path / "b")]
