"""Paths, plain and as `file:` URIs: one answer on every operating system."""

import pytest

from kirok.base.errors import InvalidParameter
from kirok.rules.uris.parse import parse
from kirok.rules.uris.paths import LocalPath, Machine


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("/data/with space/ümläut", "/data/with space/ümläut"),
        ("/data/100%25", "/data/100%25"),
        ("/data/what?/a#b", "/data/what?/a#b"),
        ("/data//mlruns/", "/data/mlruns"),
        ("/", "/"),
        ("///data", "/data"),
        ("file:///data/mlruns", "/data/mlruns"),
        ("file:/data/mlruns", "/data/mlruns"),
        ("file://localhost/data", "/data"),
        ("file://LOCALHOST/data", "/data"),
        ("FILE:///data", "/data"),
        ("file:///with%20space/%C3%BC%23%3F", "/with space/ü#?"),
        ("file:///with space/ü", "/with space/ü"),
        ("file:///data?x=1#y", "/data"),
        ("file:///a+b", "/a+b"),
        ("file:///data/x|/y", "/data/x|/y"),
    ],
)
def test_a_folder_of_a_posix_machine(text: str, path: str) -> None:
    assert parse(text) == LocalPath(path, Machine.POSIX)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("mlruns", "mlruns"),
        ("./mlruns/", "./mlruns"),
        ("~/mlruns", "~/mlruns"),
        ("a:b", "a:b"),
        ("E:x", "E:x"),
        ("", ""),
        ("file:mlruns", "mlruns"),
        ("file:./mlruns", "./mlruns"),
        ("file:~/my%20runs", "~/my runs"),
        ("file:", ""),
        ("file://", ""),
        ("mlruns\\0", "mlruns\\0"),
    ],
)
def test_a_relative_path_is_kept_as_it_was_written(text: str, path: str) -> None:
    place = parse(text)
    assert place == LocalPath(path, Machine.ANY)
    assert place.is_relative


DRIVES = [
    *(
        "E:/my runs",
        "E:\\my runs",
        "e:\\my runs",
        "E:\\\\my runs\\",
        "e:/my runs/",
        "/E:/my runs",
        "\\\\?\\E:\\my runs",
    ),
    *("file:E:/my%20runs", "file:/E:/my%20runs", "file://E:/my%20runs", "file:///E:/my%20runs", "file:////E:/my runs"),
    *("file:///e:/my%20runs", "file:///E:\\my%20runs", "file://E:\\my%20runs", "file:///E%3A/my%20runs"),
    *("file:///E|/my%20runs", "FILE:///E:/my%20runs?x#y"),
]


@pytest.mark.parametrize("text", DRIVES)
def test_a_drive_however_it_is_written_is_neither_scheme_nor_host(text: str) -> None:
    assert parse(text) == LocalPath("E:/my runs", Machine.WINDOWS)


@pytest.mark.parametrize("text", ["E:", "E:/", "E:\\", "file:///E:", "file://E:"])
def test_a_drive_has_a_root(text: str) -> None:
    assert parse(text) == LocalPath("E:/", Machine.WINDOWS)


SHARES = [
    *("\\\\host\\share\\x y", "\\\\host/share/x y", "\\\\\\\\host\\\\share\\\\x y\\", "\\\\?\\UNC\\host\\share\\x y"),
    *("file://host/share/x%20y", "file:\\\\host\\share\\x%20y", "file:///\\\\host\\share\\x%20y"),
]


@pytest.mark.parametrize("text", SHARES)
def test_a_share_however_it_is_written(text: str) -> None:
    assert parse(text) == LocalPath("//host/share/x y", Machine.WINDOWS)


@pytest.mark.parametrize("text", ["//host/share", "file:////host/share", "file://///host//share/"])
def test_two_slashes_are_a_share_on_windows_and_one_slash_elsewhere(text: str) -> None:
    place = parse(text)
    assert place == LocalPath("//host/share", Machine.ANY)
    assert place.on(windows=True, cwd="", home="", written=text) == "//host/share"
    assert place.on(windows=False, cwd="", home="", written=text) == "/host/share"


@pytest.mark.parametrize(
    ("text", "uri"),
    [
        ("/data/ü #1", "file:///data/%C3%BC%20%231"),
        ("e:\\x y", "file:///E:/x%20y"),
        ("\\\\host\\share\\x", "file://host/share/x"),
        ("\\\\localhost\\c$", "file:%5C%5Clocalhost%5Cc%24"),
        ("./mlruns", "file:./mlruns"),
    ],
)
def test_a_path_has_a_uri(text: str, uri: str) -> None:
    place = parse(text)
    assert place.uri == uri
    assert parse(uri) == place


@pytest.mark.parametrize(
    ("text", "windows", "path"),
    [
        ("E:/x", True, "E:/x"),
        ("/data", False, "/data"),
        ("mlruns", False, "/work here/mlruns"),
        ("mlruns", True, "C:\\work\\mlruns"),
        ("~/runs", False, "/users/me/runs"),
        ("~", False, "/users/me"),
        ("~/runs", True, "C:\\Users\\me\\runs"),
        ("~\\runs", True, "C:\\Users\\me\\runs"),
        ("./~/runs", False, "/work here/./~/runs"),
        ("~you", False, "/work here/~you"),
        (".\\runs", True, "C:\\work\\.\\runs"),
        ("\\runs", True, "C:\\runs"),
    ],
)
def test_a_path_becomes_absolute_where_it_is_used(text: str, windows: bool, path: str) -> None:
    place = parse(text)
    assert isinstance(place, LocalPath)
    cwd, home = ("C:\\work", "C:\\Users\\me") if windows else ("/work here", "/users/me")
    assert place.on(windows=windows, cwd=cwd, home=home, written=text) == path


@pytest.mark.parametrize(
    ("text", "windows", "advice"),
    [
        ("E:\\team\\mlruns\\0", False, "a Windows machine .*--artifact-root-alias E:/team=/mnt/x"),
        ("file://nas/team/x", False, "a Windows machine .*--artifact-root-alias //nas/team=/mnt/x"),
        ("file:///data/mlruns", True, "a Linux or macOS machine .*--artifact-root-alias /data=E:/x"),
        (".\\mlruns", False, "a Windows machine .*with forward slashes"),
    ],
)
def test_a_path_of_another_kind_of_machine_says_which_and_how_to_map_it(text: str, windows: bool, advice: str) -> None:
    place = parse(text)
    assert isinstance(place, LocalPath)
    with pytest.raises(InvalidParameter, match=advice) as refused:
        place.on(windows=windows, cwd="", home="", written=text)
    assert refused.value.message.startswith(repr(text))
    if not place.is_relative:
        assert "KIROK_ARTIFACT_ROOT_ALIASES" in refused.value.message


@pytest.mark.parametrize("text", ["", "file:", "file://localhost"])
def test_nothing_is_no_folder(text: str) -> None:
    place = parse(text)
    assert isinstance(place, LocalPath)
    with pytest.raises(InvalidParameter, match="names no folder"):
        place.on(windows=False, cwd="/here", home="/home", written=text)


@pytest.mark.parametrize("text", ["file://./mlruns", "file://../mlruns", "file://~/mlruns"])
def test_a_folder_is_not_taken_for_a_host(text: str) -> None:
    with pytest.raises(InvalidParameter, match=f"write {text.replace('//', '', 1)}"):
        parse(text)


@pytest.mark.parametrize("text", ["a\0b", "file:///a%00b", "s3://b\0", "sqlite:///%00", "/\ud800"])
def test_what_no_path_can_hold_is_refused(text: str) -> None:
    with pytest.raises(InvalidParameter, match="names nothing"):
        parse(text)


def test_a_name_that_is_no_utf8_keeps_its_bytes() -> None:
    assert parse("file:///caf%E9") == parse("/caf\udce9")
    assert parse("/caf\udce9").uri == "file:///caf%E9"
