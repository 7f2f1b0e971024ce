"""Any text is read as one place or refused; a place is printed so that it reads as the same place; and however a
folder is written, it is the same folder.
"""

from pathlib import PurePosixPath, PureWindowsPath

from hypothesis import given
from hypothesis import strategies as st

from kirok.base.errors import InvalidParameter
from kirok.rules.uris.parse import parse
from kirok.rules.uris.paths import LocalPath, Machine

# What parsers trip over, strewn among other text.
_WORDS = """
file: file:// s3:// gs:// abfss:// wasbs:// az:// mlflow-artifacts: http://h HTTPS://x runs:/ models:/
sqlite:/// sqlite+x: /api/2.0/mlflow-artifacts/artifacts // / \\ E: e: | C:\\ \\\\?\\ UNC\\ @ ? # % %20 %2F
%5C %00 %3A : . .. ~ localhost host:80 5000 latest 3 ü
"""
PIECES = st.sampled_from([*_WORDS.split(), "m-" + "a" * 32, " ", "\n", "\0", "\ud800", "\udcff", "\udcc3\udcbc"])
TEXTS = st.lists(PIECES | st.text(max_size=3), max_size=8).map("".join)

NAMES = st.text(st.characters(exclude_characters='\0/\\:|?*<>"', exclude_categories=["Cs"]), min_size=1, max_size=8)
FOLDERS = st.lists(NAMES.filter(lambda name: name not in (".", "..") and name[-1] not in " ."), min_size=1, max_size=4)


@given(TEXTS)
def test_any_text_is_refused_or_printed_as_it_is_read(text: str) -> None:
    try:
        place = parse(text)
    except InvalidParameter:
        return
    assert parse(place.uri) == place


@given(TEXTS, st.booleans())
def test_a_path_is_absolute_or_refused_on_either_kind_of_machine(text: str, windows: bool) -> None:
    pure, cwd, home = (PureWindowsPath, "C:\\here", "C:\\me") if windows else (PurePosixPath, "/here", "/me")
    try:
        place = parse(text)
        if not isinstance(place, LocalPath):
            return
        path = place.on(windows=windows, cwd=cwd, home=home, written=text)
    except InvalidParameter:
        return
    # `E:x` lies where drive E stands, which only the machine itself knows; `//host` alone is no folder, nor relative.
    assert pure(path).is_absolute() or (windows and (pure(path).drive or path.startswith("//")))


@given(FOLDERS)
def test_a_posix_folder_is_one_folder_however_it_is_written(names: list[str]) -> None:
    path = "/" + "/".join(names)
    uri = PurePosixPath(path).as_uri()
    spellings = [path, path + "/", "/" + "//".join(names), uri, uri + "/"]
    spellings += [uri.replace("file://", "file:"), uri.replace("file://", "FILE://localhost"), uri + "?q#f"]
    assert {parse(text) for text in spellings} == {LocalPath(path, Machine.POSIX)}


@given(st.sampled_from("CEz"), FOLDERS)
def test_a_windows_folder_is_one_folder_however_it_is_written(drive: str, names: list[str]) -> None:
    path = f"{drive}:/" + "/".join(names)
    uri = PureWindowsPath(path).as_uri()
    spellings = [path, path.replace("/", "\\"), drive.swapcase() + path[1:], path + "\\", "/" + path, uri]
    spellings += [uri.replace("file:///", start) for start in ("file:", "file:/", "file://")]
    assert {parse(text) for text in spellings} == {LocalPath(path[0].upper() + path[1:], Machine.WINDOWS)}


@given(st.from_regex(r"[a-z][a-z0-9\-]{0,8}", fullmatch=True).filter(lambda host: host != "localhost"), FOLDERS)
def test_a_share_is_one_folder_however_it_is_written(host: str, names: list[str]) -> None:
    path = f"//{host}/share/" + "/".join(names)
    windows = path.replace("/", "\\")
    spellings = [windows, "\\\\" + path[2:], windows.replace("\\\\", "\\\\?\\UNC\\", 1), PureWindowsPath(path).as_uri()]
    assert {parse(text) for text in spellings} == {LocalPath(path, Machine.WINDOWS)}
