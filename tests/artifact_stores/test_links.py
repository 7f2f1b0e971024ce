"""Links in a folder of artifacts lead nowhere outside it, not even when they come between the look and the act."""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from kirok.artifact_stores.local import LocalArtifacts
from kirok.base.errors import KirokError
from kirok.base.settings import ArtifactSettings
from kirok.entities.artifacts import ArtifactPath

SECRET = b"secret"
pytestmark = pytest.mark.skipif(os.name == "nt", reason="links that anybody may make")


def at(text: str) -> ArtifactPath:
    return ArtifactPath.parse(text)


@pytest.fixture
def files(tmp_path: Path) -> LocalArtifacts:
    """A folder with a file in it, and a folder with a secret beside it."""
    (tmp_path / "files" / "a").mkdir(parents=True)
    (tmp_path / "files" / "a" / "secret.txt").write_bytes(b"harmless")
    (tmp_path / "outside" / "below").mkdir(parents=True)
    (tmp_path / "outside" / "secret.txt").write_bytes(SECRET)
    return LocalArtifacts(tmp_path / "files", ArtifactSettings(fsync=False))


def read(files: LocalArtifacts, path: str) -> bytes:
    file = files.open(at(path))
    try:
        return b"".join(file.read())
    finally:
        file.close()


def write(files: LocalArtifacts, path: str) -> None:
    with files.writer(at(path)) as upload:
        upload.write([b"theirs"])


@pytest.mark.parametrize("link", ["folder", "file", "chain", "relative", "dangling"])
def test_a_link_out_is_refused_by_every_act(files: LocalArtifacts, tmp_path: Path, link: str) -> None:
    targets = {
        "folder": tmp_path / "outside",
        "file": tmp_path / "outside" / "secret.txt",
        "chain": tmp_path / "files" / "hop",
        "relative": Path("../outside"),
        "dangling": tmp_path / "outside" / "new.txt",
    }
    (tmp_path / "files" / "hop").symlink_to(tmp_path / "outside")
    (tmp_path / "files" / link).symlink_to(targets[link])
    local = tmp_path / "local.txt"
    local.write_bytes(b"theirs")
    for path in (link, f"{link}/secret.txt", f"{link}/new/file.txt"):
        for act in (
            lambda path=path: read(files, path),
            lambda path=path: write(files, path),
            lambda path=path: files.upload(local, at(path)),
            lambda path=path: files.list(at(path)),
            lambda path=path: files.parted and files.parted.begin(at(path), 10),
        ):
            with pytest.raises(KirokError):
                act()
    with suppress(KirokError):
        files.delete(at(f"{link}/secret.txt"))
    assert link not in [info.path for info in files.list(at(""))]
    files.delete(at(link))  # the link, and not what it leads to
    assert not (tmp_path / "files" / link).is_symlink()
    assert outside(tmp_path) == {"secret.txt": SECRET}


def outside(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (folder / "outside").rglob("*") if path.is_file()}


@pytest.mark.parametrize("act", ["read", "write", "upload", "delete", "list"])
def test_a_link_that_comes_between_look_and_act_is_not_followed(
    files: LocalArtifacts, tmp_path: Path, act: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[str] = []
    local = tmp_path / "local.txt"
    local.write_bytes(b"theirs")
    acts: dict[str, Callable[[], object]] = {
        "read": lambda: found.append(read(files, "a/secret.txt").decode()),
        "write": lambda: write(files, "a/planted.txt"),
        "upload": lambda: files.upload(local, at("a/planted.txt")),
        "delete": lambda: files.delete(at("a/below")),
        "list": lambda: found.extend(info.path for info in files.list(at("a"))),
    }
    folder, look = tmp_path / "files" / "a", os.path.realpath

    def looked_and_swapped(path: str) -> str:
        place = look(path)
        if place.startswith(str(folder)) and not folder.is_symlink():
            folder.rename(tmp_path / "files" / "kept")
            folder.symlink_to(tmp_path / "outside")
        return place

    monkeypatch.setattr(os.path, "realpath", looked_and_swapped)
    with suppress(KirokError):
        acts[act]()
    assert folder.is_symlink()
    assert found == []
    assert (tmp_path / "outside" / "below").is_dir()
    assert outside(tmp_path) == {"secret.txt": SECRET}


def test_the_way_is_held_while_a_file_is_written(files: LocalArtifacts, tmp_path: Path) -> None:
    """Bytes go on to the folder that the upload began in."""
    with files.writer(at("a/late.txt")) as upload:
        upload.write([b"theirs"])
        (tmp_path / "files" / "a").rename(tmp_path / "files" / "moved")
        (tmp_path / "files" / "a").symlink_to(tmp_path / "outside")
    assert (tmp_path / "files" / "moved" / "late.txt").read_bytes() == b"theirs"
    assert outside(tmp_path) == {"secret.txt": SECRET}


def test_a_hard_link_is_a_file_like_any_other_and_replaced_not_written_through(
    files: LocalArtifacts, tmp_path: Path
) -> None:
    """Nobody can tell which name of a file came first; whoever made the name had the right to. Writes leave it be."""
    os.link(tmp_path / "outside" / "secret.txt", tmp_path / "files" / "hard")
    write(files, "hard")
    assert read(files, "hard") == b"theirs"
    assert outside(tmp_path) == {"secret.txt": SECRET}


def test_a_link_inside_is_followed(files: LocalArtifacts, tmp_path: Path) -> None:
    (tmp_path / "files" / "again").symlink_to(tmp_path / "files" / "a")
    (tmp_path / "files" / "same.txt").symlink_to("a/secret.txt")
    assert read(files, "again/secret.txt") == read(files, "same.txt") == b"harmless"
    write(files, "again/new.txt")
    assert (tmp_path / "files" / "a" / "new.txt").read_bytes() == b"theirs"


@pytest.mark.parametrize("kind", ["pipe", "folder"])
def test_what_is_no_file_is_not_opened(files: LocalArtifacts, tmp_path: Path, kind: str) -> None:
    place = tmp_path / "files" / "odd"
    os.mkfifo(place) if kind == "pipe" else place.mkdir()
    with pytest.raises(KirokError):
        files.open(at("odd"))
