"""Folders as paths and URIs: one answer on every operating system."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirok.base.errors import InvalidParameter
from kirok.rules.file_uris import WrittenFolder, folder_uri, scheme, written_folder


@pytest.mark.parametrize(
    ("location", "path"),
    [
        ("./mlruns", "./mlruns"),
        ("mlruns", "mlruns"),
        ("/data/with space/ümläut", "/data/with space/ümläut"),
        ("/data/100%25", "/data/100%25"),
        ("a:b", "a:b"),
        ("file:///data/mlruns", "/data/mlruns"),
        ("file:/data/mlruns", "/data/mlruns"),
        ("file://localhost/data", "/data"),
        ("FILE:///data", "/data"),
        ("file:mlruns", "mlruns"),
        ("file:./mlruns", "./mlruns"),
        ("file:///with%20space/%C3%BC%23", "/with space/ü#"),
        ("file:///data?x=1#y", "/data"),
        ("file:///a+b", "/a+b"),
        ("", ""),
    ],
)
def test_a_path_or_uri_of_any_machine(location: str, path: str) -> None:
    assert written_folder(location) == WrittenFolder(path, is_windows=False)


@pytest.mark.parametrize(
    "location", ["E:/my runs", "E:\\my runs", "file:E:/my%20runs", "file:/E:/my%20runs", "file:///E:/my%20runs",
                 "file://E:/my%20runs", "file:///E:\\my%20runs", "/E:/my runs", "file:///E%3A/my%20runs"],
)  # fmt: skip
def test_a_drive_however_it_is_written(location: str) -> None:
    assert written_folder(location) == WrittenFolder("E:/my runs", is_windows=True)


@pytest.mark.parametrize("location", ["\\\\host\\share\\x", "\\\\host/share/x", "file://host/share/x"])
def test_a_share_however_it_is_written(location: str) -> None:
    assert written_folder(location) == WrittenFolder("//host/share/x", is_windows=True)


@pytest.mark.parametrize("location", ["s3://b/x", "http://h", "sqlite:///x.db", "mlflow-artifacts:/1", "runs:/1/a"])
def test_other_schemes_name_no_folder(location: str) -> None:
    assert written_folder(location) is None


def test_a_windows_folder_is_taken_on_windows_alone() -> None:
    folder = written_folder("file:///E:/mlruns")
    assert folder is not None
    assert folder.path_here("file:///E:/mlruns", on_windows=True) == "E:/mlruns"
    with pytest.raises(InvalidParameter, match=r"'file:///E:/mlruns' is a folder of a Windows machine \(E:/mlruns\)"):
        folder.path_here("file:///E:/mlruns", on_windows=False)


@pytest.mark.parametrize("location", ["a\0b", "file:///a%00b"])
def test_a_nul_is_refused(location: str) -> None:
    with pytest.raises(InvalidParameter, match="NUL"):
        written_folder(location)


segments = st.text(st.characters(exclude_characters="\0/\\", exclude_categories=["Cs"]), min_size=1, max_size=8).filter(
    lambda text: text not in (".", "..") and ":" not in text
)


@given(st.lists(segments, max_size=4))
def test_the_uri_of_a_path_names_the_path(names: list[str]) -> None:
    path = "/" + "/".join(names)
    assert written_folder(folder_uri(path, is_windows=False)) == WrittenFolder(path, is_windows=False)


@given(st.sampled_from("CEz"), st.lists(segments, min_size=1, max_size=4))
def test_the_uri_of_a_windows_path_names_the_path(drive: str, names: list[str]) -> None:
    path = f"{drive}:/" + "/".join(names)
    assert written_folder(folder_uri(path, is_windows=True)) == WrittenFolder(path, is_windows=True)


@given(st.text(max_size=20) | st.text(max_size=12).map("file:".__add__) | st.text(max_size=12).map("file://".__add__))
def test_any_text_is_a_folder_or_something_else_or_refused(text: str) -> None:
    try:
        folder = written_folder(text)
    except InvalidParameter:
        assert "\0" in text or "%00" in text
        return
    assert (folder is None) == (scheme(text) not in ("", "file"))
