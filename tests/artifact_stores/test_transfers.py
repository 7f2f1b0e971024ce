"""One file to a server and back: large ones in parts, gone on with where they were interrupted, and always whole."""

import os
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from contract.in_process import InProcess
from kirok.artifact_stores.in_transit import FileInTransit
from kirok.artifact_stores.local import LocalArtifacts
from kirok.artifact_stores.proxy import ProxiedArtifacts
from kirok.artifact_stores.transfers import fetch_file, send_file
from kirok.base.errors import BadRequest, Conflict, InvalidParameter, ServerUnreachable
from kirok.base.settings import ArtifactSettings, ServerSettings, TransportSettings
from kirok.entities.artifacts import ArtifactPath
from kirok.server.app import create_app
from kirok.stores.memory import open_memory
from kirok.transport import ConnectionFailed, HttpRequest, HttpResponse, Sender, Transport

PATH = ArtifactPath("models/big.bin")
PART = 1000
CONTENT = os.urandom(10 * PART + 1)


class Line:
    """What lies between client and server: counts requests, and breaks when it is told to."""

    def __init__(self, far: Sender) -> None:
        self._far = far
        self.seen: list[HttpRequest] = []
        self.parts_until_break: int | None = None
        self.bytes_until_break: list[int] = []
        """For each answer with a file, in turn: how much of it comes."""
        self.is_old = False
        """Whether the server is one that knows nothing of parts."""
        self.tells_no_length = False
        """Whether the server leaves out how long its answers are."""
        self.is_noisy = False
        """Whether bodies change on the way."""

    def send(self, request: HttpRequest) -> HttpResponse:
        """As Sender."""
        self.seen.append(request)
        if request.method == "PUT" and self.parts_until_break is not None:
            if self.parts_until_break == 0:
                raise ConnectionFailed("The line is dead.", sent=True)
            self.parts_until_break -= 1
        if self.is_noisy and request.method == "PUT":
            whole = request.body if isinstance(request.body, bytes) else b"".join(request.body)
            request = msgspec.structs.replace(request, body=b"x" + whole[1:])
        answer = self._far.send(request)
        if self.is_old and "server-info" in request.url:
            return HttpResponse(200, {}, [b'{"store_type": "SqlStore"}'])
        if self.tells_no_length:
            headers = {name: value for name, value in answer.headers.items() if name != "content-length"}
            return HttpResponse(answer.status, headers, answer)
        if request.method == "GET" and "/artifacts/" in request.url and self.bytes_until_break:
            return HttpResponse(answer.status, answer.headers, self._broken(answer, self.bytes_until_break.pop(0)))
        return answer

    def close(self) -> None:
        """As Sender."""
        self._far.close()

    def count(self, method: str, path: str) -> int:
        """How many requests there were."""
        return sum(request.method == method and path in request.url for request in self.seen)

    @staticmethod
    def _broken(answer: HttpResponse, length: int) -> Iterator[bytes]:
        yield answer.read()[:length]
        raise ServerUnreachable("The line broke.")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Where the server keeps artifacts."""
    return tmp_path / "root"


@pytest.fixture
def line(root: Path) -> Iterator[Line]:
    """The way to a server that keeps them there."""
    app = create_app(ServerSettings(artifacts_destination=str(root)), open_memory())
    with closing(Line(InProcess(app))) as line:
        yield line


@pytest.fixture
def settings(tmp_path: Path) -> ArtifactSettings:
    """A client for whom little is large."""
    return ArtifactSettings(
        parted_from_bytes=PART, part_bytes=PART, at_once=3, unfinished_uploads=str(tmp_path / "cache" / "uploads")
    )


@pytest.fixture
def store(line: Line, settings: ArtifactSettings) -> ProxiedArtifacts:
    """The server's artifacts, as the client sees them."""
    return ProxiedArtifacts(
        Transport("http://localhost:5000", TransportSettings(max_retries=0), line), ArtifactPath("run"), settings
    )


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A large file."""
    path = tmp_path / "source"
    path.write_bytes(CONTENT)
    return path


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """An empty file."""
    path = tmp_path / "target"
    path.touch()
    return path


def notes(settings: ArtifactSettings) -> list[Path]:
    folder = Path(settings.unfinished_uploads or "")
    return sorted(folder.iterdir()) if folder.exists() else []


@pytest.mark.parametrize("size", [0, 1, PART - 1, PART, PART + 1, 3 * PART, len(CONTENT)])
def test_a_file_of_any_size_goes_and_comes_back(
    store: ProxiedArtifacts, settings: ArtifactSettings, source: Path, target: Path, root: Path, size: int
) -> None:
    source.write_bytes(CONTENT[:size])
    moved = [0, 0]
    send_file(store, source, PATH, settings, lambda count: moved.__setitem__(0, moved[0] + count))
    assert (root / "run" / PATH).read_bytes() == CONTENT[:size]
    with closing(store.open(PATH)) as file:
        fetch_file(file, target, settings, lambda count: moved.__setitem__(1, moved[1] + count))
    assert target.read_bytes() == CONTENT[:size]
    assert moved == [size, size]
    assert [found.name for found in (root / "run" / "models").iterdir()] == ["big.bin"]


def test_only_large_files_go_in_parts(
    store: ProxiedArtifacts, settings: ArtifactSettings, source: Path, line: Line
) -> None:
    send_file(store, source, PATH, settings)
    assert (line.count("PUT", "/uploads/part"), line.count("PUT", "/artifacts/")) == (11, 0)
    source.write_bytes(CONTENT[: PART - 1])
    send_file(store, source, PATH, settings)
    assert (line.count("PUT", "/uploads/part"), line.count("PUT", "/artifacts/")) == (11, 1)


def test_an_interrupted_upload_is_gone_on_with(
    store: ProxiedArtifacts, settings: ArtifactSettings, source: Path, line: Line, root: Path
) -> None:
    line.parts_until_break = 6
    with pytest.raises(ConnectionFailed):
        send_file(store, source, PATH, settings)
    assert not (root / "run" / PATH).exists()
    (note,) = notes(settings)
    assert note.stat().st_mode & 0o77 == 0
    line.parts_until_break = None
    line.seen.clear()
    sent: list[int] = []
    send_file(store, source, PATH, settings, sent.append)
    assert line.count("PUT", "/uploads/part") == 5
    assert sum(sent) == len(CONTENT)
    assert (root / "run" / PATH).read_bytes() == CONTENT
    assert notes(settings) == []


@pytest.mark.parametrize("change", ["content", "place", "note", "server", "folder"])
def test_what_cannot_be_gone_on_with_is_begun_anew(
    store: ProxiedArtifacts, settings: ArtifactSettings, source: Path, line: Line, root: Path, change: str
) -> None:
    line.parts_until_break = 6
    with pytest.raises(ConnectionFailed):
        send_file(store, source, PATH, settings)
    line.parts_until_break = None
    line.seen.clear()
    content, path = CONTENT, PATH
    match change:
        case "content":
            content = b"0" * len(CONTENT)
            time.sleep(0.01)
            source.write_bytes(content)
        case "place":
            path = ArtifactPath("models/other.bin")
        case "note":
            notes(settings)[0].write_bytes(b"\xff{broken")
        case "server":
            LocalArtifacts(root).delete(ArtifactPath("run"))
        case "folder":
            settings = msgspec.structs.replace(settings, unfinished_uploads="/proc/none/such")
    send_file(store, source, path, settings)
    assert line.count("PUT", "/uploads/part") == 11
    assert (root / "run" / path).read_bytes() == content


def test_old_notes_are_dropped(store: ProxiedArtifacts, settings: ArtifactSettings, source: Path, line: Line) -> None:
    line.parts_until_break = 0
    with pytest.raises(ConnectionFailed):
        send_file(store, source, PATH, settings)
    (old,) = notes(settings)
    os.utime(old, (0, 0))
    with pytest.raises(ConnectionFailed):
        send_file(store, source, ArtifactPath("other"), settings)
    assert old not in notes(settings)
    assert len(notes(settings)) == 1


def test_an_older_server_takes_the_file_in_one_piece(
    store: ProxiedArtifacts, settings: ArtifactSettings, source: Path, line: Line, root: Path
) -> None:
    line.is_old = True
    send_file(store, source, PATH, settings)
    assert (line.count("PUT", "/uploads/part"), line.count("PUT", "/artifacts/")) == (0, 1)
    assert (root / "run" / PATH).read_bytes() == CONTENT


@pytest.mark.parametrize("is_old", [True, False], ids=["in one piece", "in parts"])
def test_a_body_that_changed_on_the_way_is_refused(
    store: ProxiedArtifacts, settings: ArtifactSettings, source: Path, line: Line, root: Path, is_old: bool
) -> None:
    (root / "run" / "models").mkdir(parents=True)
    (root / "run" / PATH).write_bytes(b"before")
    line.is_old, line.is_noisy = is_old, True
    with pytest.raises(BadRequest, match="arrived changed"):
        send_file(store, source, PATH, settings)
    assert (root / "run" / PATH).read_bytes() == b"before"


def test_a_file_cut_short_meanwhile_is_no_upload(
    store: ProxiedArtifacts, settings: ArtifactSettings, source: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    status = source.stat()
    source.write_bytes(CONTENT[:-1])
    really = Path.stat
    monkeypatch.setattr(Path, "stat", lambda path, **given: status if path == source else really(path, **given))
    for settings_of_kind in (settings, msgspec.structs.replace(settings, parted_from_bytes=1 << 20)):
        with pytest.raises(InvalidParameter, match="cut short"):
            send_file(store, source, PATH, settings_of_kind)
    assert not (root / "run" / PATH).exists()


@pytest.mark.parametrize("parted_from", [PART, 1 << 20], ids=["in ranges", "in one piece"])
def test_a_download_goes_on_at_the_byte_where_it_broke(
    store: ProxiedArtifacts,
    settings: ArtifactSettings,
    source: Path,
    target: Path,
    line: Line,
    monkeypatch: pytest.MonkeyPatch,
    parted_from: int,
) -> None:
    monkeypatch.setattr(time, "sleep", lambda _: None)
    send_file(store, source, PATH, settings)
    line.seen.clear()
    line.bytes_until_break = [700, 300, 0, 5]
    came: list[int] = []
    with closing(store.open(PATH)) as file:
        fetch_file(file, target, msgspec.structs.replace(settings, parted_from_bytes=parted_from), came.append)
    assert target.read_bytes() == CONTENT
    assert sum(came) == len(CONTENT)
    if parted_from > PART:
        ranges = [request.headers["Range"] for request in line.seen if "Range" in request.headers]
        assert ranges == [f"bytes={start}-{len(CONTENT) - 1}" for start in (700, 1000, 1000, 1005)]


def test_a_line_that_stays_broken_is_reported(
    store: ProxiedArtifacts,
    settings: ArtifactSettings,
    source: Path,
    target: Path,
    line: Line,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(time, "sleep", lambda _: None)
    send_file(store, source, PATH, settings)
    line.bytes_until_break = [0] * 1000
    with closing(store.open(PATH)) as file, pytest.raises(ServerUnreachable):
        fetch_file(file, target, settings)


def test_two_versions_of_a_file_are_never_mixed(
    store: ProxiedArtifacts, settings: ArtifactSettings, source: Path, target: Path
) -> None:
    send_file(store, source, PATH, settings)
    with closing(store.open(PATH)) as file:
        source.write_bytes(b"2" * len(CONTENT))
        send_file(store, source, PATH, settings)
        with pytest.raises(Conflict, match="replaced"):
            fetch_file(file, target, settings)


def test_a_server_that_tells_no_length_is_asked_for_it(
    store: ProxiedArtifacts, settings: ArtifactSettings, source: Path, target: Path, line: Line
) -> None:
    send_file(store, source, PATH, settings)
    line.tells_no_length = True
    with closing(store.open(PATH)) as file:
        assert file.size_bytes == len(CONTENT)
        fetch_file(file, target, settings)
    assert target.read_bytes() == CONTENT


def test_who_knows_no_ranges_is_read_from_the_start(target: Path) -> None:
    def whole(_: dict[str, str]) -> HttpResponse:
        pieces = [CONTENT[start : start + 700] for start in range(0, len(CONTENT), 700)]
        return HttpResponse(200, {"content-length": str(len(CONTENT))}, pieces)

    file = FileInTransit(whole({}), whole, len(CONTENT))
    fetch_file(file, target, ArtifactSettings(parted_from_bytes=PART, part_bytes=PART, at_once=2))
    assert target.read_bytes() == CONTENT


def test_a_copy_to_this_machine_needs_no_parts(settings: ArtifactSettings, source: Path, root: Path) -> None:
    send_file(LocalArtifacts(root), source, PATH, settings)
    assert (root / PATH).read_bytes() == CONTENT
    assert notes(settings) == []
