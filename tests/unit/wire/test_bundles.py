"""The framing of many files in one body."""

import random

import pytest

from kirok.base.errors import InvalidParameter
from kirok.wire.bundles import MAX_FILE_BYTES, BundledFile, BundleReader, ending, framed, mentioned

FILES = [("a/b.txt", b"hello"), ("empty", b""), ("기록/ж\u2028.bin", bytes(range(256)) * 300), ('q"uote', b"\n{}\n")]
WHOLE = b"".join(framed(*file) for file in FILES) + mentioned("big", 1 << 40) + ending(len(FILES) + 1)


def read(body: bytes, *, step: int = 1 << 20) -> list[BundledFile]:
    reader = BundleReader()
    found = [file for start in range(0, len(body), step) for file in reader.feed(body[start : start + step])]
    reader.close()
    return found


@pytest.mark.parametrize("step", [1, 7, 64, 1 << 20])
def test_what_is_framed_comes_back_however_it_is_cut(step: int) -> None:
    found = read(WHOLE, step=step)
    assert [(file.path, file.content) for file in found] == [*FILES, ("big", None)]
    assert found[-1].size_bytes == 1 << 40


def test_a_bundle_may_be_empty() -> None:
    assert read(ending(0)) == []


def test_a_bundle_that_breaks_off_anywhere_is_noticed() -> None:
    for end in random.Random(7).sample(range(len(WHOLE)), 200):
        with pytest.raises(InvalidParameter, match="broke off"):
            read(WHOLE[:end])


def test_files_before_damage_are_still_given() -> None:
    damaged = framed("first", b"x") + WHOLE.replace(b"hello", b"hallo")
    found = BundleReader().feed(damaged)
    assert next(found).path == "first"
    with pytest.raises(InvalidParameter, match=r"'a/b\.txt' was damaged"):
        next(found)


@pytest.mark.parametrize(
    "body",
    [
        b"PK\3\4 something else\n",
        b"[]\n",
        b"{}\n",
        b'{"path":"","size":1}\n',
        b'{"path":"a","size":-1}\n',
        b'{"path":"a","size":"1"}\n',
        b'{"path":"a","files":1}\n',
        b'{"path":"a","size":%d}\n' % (MAX_FILE_BYTES + 1),
        b'{"files":7}\n',
        ending(0) + framed("late", b"x"),
        ending(0) + ending(0),
        b"\xff\n",
        b"x" * (1 << 17),
    ],
)
def test_what_is_no_bundle_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidParameter):
        read(body)
