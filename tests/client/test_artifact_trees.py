"""Whole folders in and out: what is odd among the files, what fails on the way, what a far side may not do."""

import io
import logging
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from threading import Barrier, Lock

import pytest

import kirok
from kirok.artifact_stores.local.store import LocalArtifacts
from kirok.artifact_stores.parallel import run_all
from kirok.artifact_stores.protocols import DirectAccess, OpenFile, PartedUploads
from kirok.base.errors import InternalError, InvalidParameter, NotFound, ServerUnreachable
from kirok.base.settings import ArtifactSettings
from kirok.client.artifact_trees import download, upload_folder
from kirok.client.artifact_trees.progress import Progress, sized
from kirok.entities.artifacts import ArtifactPath, FileInfo
from kirok.wire.bundles import BundledFile

ROOT = ArtifactPath("")


def contents(folder: Path) -> dict[str, bytes]:
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three hundred files of many sizes in a few folders, one of them larger than a bundle takes."""
    root = tmp_path / "tree"
    for number in range(300):
        file = root / str(number % 5) / f"ж {number}.bin"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(os.urandom(number * 7))
    (root / "large.bin").write_bytes(os.urandom((1 << 20) + 1))
    return root


def test_a_folder_goes_up_and_comes_back_whole(tracked: str, folder: Path, tmp_path: Path) -> None:
    with kirok.start_run() as run:
        kirok.log_artifacts(str(folder), "here/there")
    client = kirok.MlflowClient()
    fetched = client.download_artifacts(run.info.run_id, "here", str(tmp_path / "fetched"))
    assert contents(Path(fetched) / "there") == contents(folder)
    listed = {info.path: info for info in client.list_artifacts(run.info.run_id, "here/there")}
    assert listed["here/there/large.bin"].file_size == (1 << 20) + 1
    assert listed["here/there/large.bin"].modified_ms == pytest.approx(
        (folder / "large.bin").stat().st_mtime * 1000, abs=60_000
    )
    assert not [name for name in contents(Path(fetched)) if "uploading" in name]


def test_a_part_of_a_run_is_deleted(tracked: str, folder: Path) -> None:
    client = kirok.MlflowClient()
    with kirok.start_run() as run:
        kirok.log_artifacts(str(folder), "tree")
        kirok.log_text("x", "trees")
    client.delete_artifacts(run.info.run_id, "tree/3")
    client.delete_artifacts(run.info.run_id, "nothing")
    assert [info.path for info in client.list_artifacts(run.info.run_id, "tree")] == [
        *(f"tree/{number}" for number in (0, 1, 2, 4)),
        "tree/large.bin",
    ]
    client.delete_artifacts(run.info.run_id, "tree")
    assert [info.path for info in client.list_artifacts(run.info.run_id)] == ["trees"]
    for path in ("", ".", "../x"):
        with pytest.raises(InvalidParameter):
            client.delete_artifacts(run.info.run_id, path)


@pytest.mark.skipif(os.name == "nt", reason="links and pipes of POSIX systems")
def test_odd_things_in_a_folder_are_left_out_with_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    root = tmp_path / "tree"
    (root / "deep" / "er").mkdir(parents=True)
    (root / "a").write_text("a")
    (root / "deep" / "er" / "b").write_text("b")
    (root / "deep" / "er" / "up").symlink_to(root)
    (root / "self").symlink_to("self")
    (root / "nothing").symlink_to("nowhere")
    (root / "again").symlink_to("deep")
    os.mkfifo(root / "pipe")
    (root / ".artifact.uploading.0123").write_text("half")
    monkeypatch.chdir(root)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket")
        with caplog.at_level(logging.WARNING, "kirok"):
            upload_folder(LocalArtifacts(tmp_path / "store"), root, ROOT)
    assert contents(tmp_path / "store") == {"a": b"a", "deep/er/b": b"b", "again/er/b": b"b"}
    said = caplog.text
    assert "up leads back" in said
    assert "nothing is a link to nothing" in said
    assert "self is a link that cannot be followed" in said
    assert "pipe is neither" in said
    assert "0123 was left by a transfer that was killed" in said
    assert "socket is neither" in said


def test_a_file_that_vanishes_meanwhile_is_left_out(
    tracked: str, folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A checkpoint that the training rotates away while its folder is stored."""
    read, upload = Path.read_bytes, LocalArtifacts.upload
    gone = folder / "1" / "ж 1.bin"

    def reading(file: Path) -> bytes:
        gone.unlink(missing_ok=True)
        return read(file)

    def uploading(store: LocalArtifacts, local: Path, path: ArtifactPath) -> None:
        if local == gone:
            gone.unlink(missing_ok=True)
        upload(store, local, path)

    monkeypatch.setattr(Path, "read_bytes", reading)
    monkeypatch.setattr(LocalArtifacts, "upload", uploading)
    with kirok.start_run() as run, caplog.at_level(logging.WARNING, "kirok"):
        kirok.log_artifacts(str(folder))
    stored = [info.path for info in kirok.MlflowClient().list_artifacts(run.info.run_id, "1")]
    assert "1/ж 6.bin" in stored
    assert "1/ж 1.bin" not in stored
    assert "was removed before it could be stored" in caplog.text


def test_a_log_that_grows_while_it_is_stored_goes_alone(
    tracked: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, growing = Path.read_bytes, folder / "1" / "ж 1.bin"

    def reading(file: Path) -> bytes:
        if file == growing:
            with file.open("ab") as log:
                log.write(bytes(300_000))
        return read(file)

    monkeypatch.setattr(Path, "read_bytes", reading)
    with kirok.start_run() as run:
        kirok.log_artifacts(str(folder))
    monkeypatch.undo()
    fetched = kirok.MlflowClient().download_artifacts(run.info.run_id, "", str(tmp_path / "fetched"))
    assert contents(Path(fetched)) == contents(folder)


def test_a_refused_file_is_named(tracked: str, folder: Path) -> None:
    with kirok.start_run():
        kirok.log_text("x", "2/ж 102.bin/inner")  # a directory stands where a file is to go
        with pytest.raises(InvalidParameter, match=r"ж 102\.bin"):
            kirok.log_artifacts(str(folder))


def test_a_name_that_no_artifact_can_have_is_named(tracked: str, tmp_path: Path) -> None:
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "a#b").write_text("x")
    with kirok.start_run(), pytest.raises(InvalidParameter, match="a#b"):
        kirok.log_artifacts(str(tmp_path / "odd"))


def test_transfers_run_beside_each_other_and_no_more_than_asked() -> None:
    together, lock, running, most = Barrier(3), Lock(), 0, 0

    def transfer() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        together.wait(timeout=20)  # ends only if three run at once
        with lock:
            running -= 1

    run_all((transfer for _ in range(9)), at_once=3)
    assert most == 3


def test_after_a_failure_nothing_is_begun_and_the_earliest_is_raised() -> None:
    begun: list[int] = []
    both = Barrier(2)

    def failing(number: int) -> Callable[[], None]:
        def transfer() -> None:
            begun.append(number)
            if number < 2:
                both.wait(timeout=20)
                raise ValueError(number)

        return transfer

    with pytest.raises(ValueError, match="0"):
        run_all((failing(number) for number in range(100)), at_once=2)
    assert len(begun) < 10


@pytest.mark.skipif(sys.platform != "linux", reason="names are bytes on Linux")
def test_a_file_whose_name_is_no_text_is_refused_in_plain_words(tracked: str, tmp_path: Path) -> None:
    file = tmp_path / os.fsdecode(b"\xff.bin")
    file.write_bytes(b"1")
    with kirok.start_run():
        with pytest.raises(InvalidParameter, match="no text in UTF-8: rename it"):
            kirok.log_artifact(str(file))
        with pytest.raises(InvalidParameter, match="no text in UTF-8: rename it"):
            kirok.log_artifacts(str(tmp_path))


def test_an_interruption_leaves_behind_what_hangs() -> None:
    script = """
import os, signal
from threading import Event
from kirok.artifact_stores.parallel import run_all

run_all([Event().wait, lambda: os.kill(os.getpid(), signal.SIGINT)], at_once=2)
"""
    done = subprocess.run([sys.executable, "-c", script], check=False, capture_output=True, text=True, timeout=60)
    assert done.stderr.endswith("KeyboardInterrupt\n"), done.stderr


class FarSide:
    """A store that says and gives whatever a test wants; a listing is what lies directly in a directory."""

    uri = "s3://far/side"
    parted: PartedUploads | None = None
    direct: DirectAccess | None = None

    def __init__(
        self, listings: dict[str, list[FileInfo]], content: bytes = b"content", size: int | None = None
    ) -> None:
        self.listings, self.content = listings, content
        self.size_bytes = len(content) if size is None else size
        self.modified_s, self.etag = 0.0, ""

    def list(self, path: ArtifactPath) -> list[FileInfo]:
        return self.listings.get(path, [])

    def open(self, path: ArtifactPath) -> OpenFile:
        if path.name == "vanished":
            raise NotFound(path)
        return self

    def read(self, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        yield self.content

    def close(self) -> None:
        """Nothing is held."""

    def upload(self, local: Path, path: ArtifactPath) -> None:
        raise NotImplementedError

    def delete(self, path: ArtifactPath) -> None:
        raise NotImplementedError


class FarServer(FarSide):
    """A server whose bundle is what a test wants, and breaks off at its end where it is to."""

    def __init__(self, bundled: dict[str, bytes], *, breaks_off: bool, listed: dict[str, list[FileInfo]]) -> None:
        super().__init__(listed)
        self._bundled, self._breaks_off = bundled, breaks_off

    def bundles(self) -> "FarServer":
        return self

    def download(self, folder: ArtifactPath) -> Iterator[BundledFile]:
        for path, content in self._bundled.items():
            yield BundledFile(path, len(content), content)
        if self._breaks_off:
            raise ServerUnreachable("broke off")


def file(path: str) -> FileInfo:
    return FileInfo(path, is_dir=False, file_size=7)


def directory(path: str) -> FileInfo:
    return FileInfo(path, is_dir=True)


OUT = ["../evil", "/tmp/evil", "a/../../evil", "..\\evil", "C:evil", "%2e%2e/evil"]


@pytest.mark.parametrize("name", [*OUT, "other/evil", "d/deep/er", "d"])
def test_a_listing_cannot_lead_a_download_out_of_its_folder(tmp_path: Path, name: str) -> None:
    for info in (file(name), directory(name)):
        far = FarSide({name: [file(f"{name}/x")], "d": [info]})
        with pytest.raises(InvalidParameter):
            download(far, ArtifactPath("d"), tmp_path / "here")
    assert contents(tmp_path) == {}


@pytest.mark.parametrize("name", OUT)
def test_a_bundle_cannot_lead_a_download_out_of_its_folder(tmp_path: Path, name: str) -> None:
    far = FarServer({"ok": b"1", name: b"2"}, breaks_off=False, listed={"d": [directory("d/x")]})
    with pytest.raises(InvalidParameter):
        download(far, ArtifactPath("d"), tmp_path / "here")
    assert contents(tmp_path) == {"here/d/ok": b"1"}


@pytest.mark.skipif(os.name == "nt", reason="making links needs rights there")
def test_links_in_the_destination_do_not_lead_out_of_it(tmp_path: Path) -> None:
    here, outside = tmp_path / "here", tmp_path / "outside"
    (outside / "inner").mkdir(parents=True)
    (outside / "file").write_text("mine")
    here.mkdir()
    (here / "folder").symlink_to(outside)
    (here / "link").symlink_to(outside / "file")
    far = FarSide({"": [directory("folder")], "folder": [file("folder/file"), directory("folder/new")]})
    with pytest.raises(InvalidParameter, match="Remove the link"):
        download(far, ROOT, here)
    with pytest.raises(InvalidParameter, match="Remove the link"):
        download(FarSide({}), ArtifactPath("folder/new/a"), here)
    assert contents(outside) == {"file": b"mine"}
    assert not (outside / "new").exists()
    download(FarSide({}), ArtifactPath("link"), here)  # replaces the link, not what it points to
    assert (here / "link").read_bytes() == b"content"
    assert (outside / "file").read_text() == "mine"


def test_a_file_that_breaks_off_leaves_nothing_under_its_name(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("older")
    with pytest.raises(InternalError, match="after 7 of 9"):
        download(FarSide({}, size=9), ArtifactPath("a"), tmp_path)
    assert contents(tmp_path) == {"a": b"older"}


def test_what_a_broken_bundle_did_not_bring_is_fetched_file_by_file(tmp_path: Path) -> None:
    listed = {"": [file("a"), directory("d")], "d": [file("d/b"), file("d/vanished")]}
    download(FarServer({"a": b"bundled"}, breaks_off=True, listed=listed), ROOT, tmp_path)
    assert contents(tmp_path) == {"a": b"bundled", "d/b": b"content"}


def test_names_that_are_one_on_a_file_system_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there = os.path.exists
    monkeypatch.setattr(os.path, "exists", lambda path: there(path) or "UPLOADING" in str(path))  # as Windows has it
    far = FarSide({"": [file("Model.bin"), file("model.BIN")]})
    with pytest.raises(InvalidParameter, match="one name on this file system"):
        download(far, ROOT, tmp_path)
    assert len(contents(tmp_path)) == 1


def test_where_bundles_are_refused_as_too_large_files_go_one_by_one(tmp_path: Path, folder: Path) -> None:
    """As something between client and server may do that limits requests more than usual."""

    refused: list[int] = []

    class Small:
        def upload(self, files: Sequence[tuple[Path, ArtifactPath]]) -> list[Path]:
            refused.append(len(files))
            raise InternalError("413 Request Entity Too Large")

    class Limited(LocalArtifacts):
        def bundles(self) -> Small:
            return Small()

    upload_folder(Limited(tmp_path / "one"), folder, ROOT, ArtifactSettings(at_once=1))
    assert contents(tmp_path / "one") == contents(folder)
    assert 1 <= len(refused) <= 2  # the second was made ready before the first was refused


def test_a_settings_number_of_transfers_is_kept_to(tmp_path: Path, folder: Path) -> None:
    upload_folder(LocalArtifacts(tmp_path / "one"), folder, ROOT, ArtifactSettings(at_once=1))
    assert contents(tmp_path / "one") == contents(folder)


def test_progress_is_shown_for_much_and_counts_to_the_end() -> None:
    stream = io.StringIO()
    with Progress("Uploading", stream, files=40, size_bytes=4_000_000, redraw_after_s=0) as progress:
        for _ in range(40):
            progress.add(1, 100_000)
    lines = stream.getvalue().split("\r")
    assert "1/40 files, 100 kB of 4.0 MB" in lines[1]
    assert f"[{'#' * 24}] 40/40 files, 4.0 MB of 4.0 MB" in lines[-1]
    assert lines[-1].endswith("\n")


def test_progress_is_not_shown_for_little_nor_without_a_terminal() -> None:
    stream = io.StringIO()
    with Progress("Downloading", stream, redraw_after_s=0) as progress:
        progress.add(3, 1000)
    assert stream.getvalue() == ""
    with Progress("Downloading", None) as progress:
        progress.add(300, 1 << 30)


@pytest.mark.parametrize(
    ("count", "shown"),
    [(0, "0 bytes"), (999, "999 bytes"), (1000, "1.0 kB"), (99_960, "100 kB"), (999_600, "1.0 MB"), (5e16, "50.0 PB")],
)
def test_sizes_are_told_in_units(count: float, shown: str) -> None:
    assert sized(count) == shown
