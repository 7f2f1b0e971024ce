"""Archives as a stream, read back by the standard library."""

import io
import time
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import closing

import pytest

from kirok.server.zips import ZipStream

NOON = 1_700_000_001.0


def archive(files: Sequence[tuple[str, int, float, list[bytes]]]) -> zipfile.ZipFile:
    def pieces(stream: ZipStream) -> Iterator[bytes]:
        for file in files:
            yield from stream.file(*file)
        yield from stream.ending()

    with closing(ZipStream()) as stream:
        return zipfile.ZipFile(io.BytesIO(b"".join(pieces(stream))))


def test_files_are_deflated_unless_their_kind_is_compressed_already() -> None:
    text = b"the same line\n" * 1000
    read = archive([("a.txt", len(text), NOON, [text[:500], text[500:]]), ("a.PNG", len(text), NOON, [text])])
    assert read.testzip() is None
    assert [read.read(info) for info in read.infolist()] == [text, text]
    assert [info.compress_type for info in read.infolist()] == [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED]
    assert [info.compress_size < len(text) for info in read.infolist()] == [True, False]


@pytest.mark.parametrize("name", ["기록/ж/☺.txt", "spaced name", "a" * 300, "ends.in/.dot"])
def test_names_are_utf8(name: str) -> None:
    assert archive([(name, 1, NOON, [b"x"])]).namelist() == [name]


@pytest.mark.parametrize(
    ("modified_s", "told"),
    [
        (NOON, time.gmtime(1_700_000_000)[:6]),
        (0.0, (1980, 1, 1, 0, 0, 0)),
        (-5e9, (1980, 1, 1, 0, 0, 0)),
        (1e20, (1980, 1, 1, 0, 0, 0)),
        (4.3e9, time.gmtime(4_300_000_000)[:6]),
    ],
)
def test_times_are_kept_as_far_as_archives_can(modified_s: float, told: tuple[int, ...]) -> None:
    assert archive([("a", 1, modified_s, [b"x"])]).infolist()[0].date_time == told


def test_an_archive_of_more_than_65535_files_is_read() -> None:
    read = archive([(f"{number}.png", 0, NOON, []) for number in range(65_600)])
    assert (len(read.infolist()), read.namelist()[-1]) == (65_600, "65599.png")


@pytest.mark.parametrize("name", ["a.bin", "a.png"])
def test_a_file_announced_as_larger_than_4_gib_takes_the_long_form(name: str) -> None:
    read = archive([(name, 5 << 30, NOON, [b"less than announced"]), ("b", 1, NOON, [b"x"])])
    assert read.testzip() is None
    assert [read.read(info) for info in read.infolist()] == [b"less than announced", b"x"]


def test_an_archive_without_its_end_is_no_archive() -> None:
    with closing(ZipStream()) as stream:
        begun = b"".join(stream.file("a", 1, NOON, [b"x"]))
    assert not zipfile.is_zipfile(io.BytesIO(begun))
