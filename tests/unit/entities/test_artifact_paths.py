"""The one type of path that may reach an artifact store."""

from pathlib import PurePath
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirok.base.errors import InvalidParameter
from kirok.entities.artifacts import ArtifactPath


@pytest.mark.parametrize(
    ("text", "path"),
    [
        (None, ""),
        ("", ""),
        (".", ""),
        ("model/", "model"),
        ("a//b/./c", "a/b/c"),
        ("50% done.txt", "50% done.txt"),
        ("그림/a b.png", "그림/a b.png"),
        ("..a/b..", "..a/b.."),
        ("a%20b", "a%20b"),
    ],
)
def test_a_path_is_normalised(text: str | None, path: str) -> None:
    assert ArtifactPath.parse(text) == path


ESCAPES = [
    "..",
    "../a",
    "a/..",
    "a/../b",
    "/etc/passwd",
    "C:/x",
    "c:x",
    "\\\\host\\share",
    "a\\b",
    "a#b",
    "a\x00b",
    "a\nb",
    ".. /a",
    "a/. .",
    "a/.../b",
    "a/ /b",
    "x" * 5000,
    "%" + "25" * 100 + "41",
]


@pytest.mark.parametrize("text", ESCAPES)
@pytest.mark.parametrize("encoded", [0, 1, 2, 5])
def test_a_path_that_leads_out_is_refused_however_often_encoded(text: str, encoded: int) -> None:
    for _ in range(encoded):
        text = "".join(f"%{byte:02x}" for byte in text.encode()) if _ == 0 else quote(text, safe="")
    with pytest.raises(InvalidParameter, match="Invalid path"):
        ArtifactPath.parse(text)


@given(st.text(st.sampled_from("a./\\%25eF#~:\x00 "), max_size=12) | st.text(max_size=12))
def test_a_parsed_path_stays_inside_and_parses_to_itself(text: str) -> None:
    try:
        path = ArtifactPath.parse(text)
    except InvalidParameter:
        return
    assert not path.startswith("/")
    assert ".." not in path.split("/")
    assert ArtifactPath.parse(path) == path


def test_parts_are_joined_and_checked() -> None:
    assert ArtifactPath.of("model", None, "", "/data/", "x.bin") == "model/data/x.bin"
    assert ArtifactPath.of("model/data").name == "data"
    with pytest.raises(InvalidParameter):
        ArtifactPath.of("model", "..", "x")
    with pytest.raises(InvalidParameter):
        ArtifactPath.of("/model")


def test_a_path_object_is_as_good_as_text() -> None:
    assert ArtifactPath.parse(PurePath("plots/roc.svg")) == ArtifactPath.of(PurePath("plots"), "roc.svg")
    with pytest.raises(InvalidParameter):
        ArtifactPath.parse(PurePath("../out"))
