"""Requests of our own to stores: sent again where that helps, checked on arrival."""

import io
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import urllib3

from kirok.artifact_stores.objects import s3_requests
from kirok.artifact_stores.objects.connections import Link, Requests
from kirok.artifact_stores.objects.places import Place
from kirok.artifact_stores.objects.refusals import Answered
from kirok.artifact_stores.objects.s3 import S3Bucket
from kirok.base.settings import ArtifactSettings

Answer = tuple[int, dict[str, str]]


class Scripted:
    """A store that gives one answer after the other."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.asked: list[tuple[str, str, dict[str, str], bytes]] = []
        script = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                script.asked.append((self.command, self.path, dict(self.headers), body))
                status, headers = script.answers.pop(0)
                self.send_response(status)
                for name, value in {"Content-Length": "0", **headers}.items():
                    self.send_header(name, value)
                self.end_headers()

            do_GET = do_PUT = do_POST = do_HEAD = answer

            def log_message(self, format: str, *args: object) -> None:
                """Quietly."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[Scripted]:
    """A store that does as it is told."""
    monkeypatch.setattr("kirok.artifact_stores.objects.connections._FIRST_PAUSE_S", 0.0)
    scripted = Scripted()
    yield scripted
    scripted.close()


def test_a_file_is_sent_again_from_its_start(store: Scripted) -> None:
    store.answers = [(500, {}), (503, {}), (200, {})]
    Requests(Link(store.address)).send("PUT", f"{store.address}/x", {"Content-Length": "5"}, io.BytesIO(b"12345"))
    assert [body for _, _, _, body in store.asked] == [b"12345"] * 3


def test_what_may_have_arrived_is_not_repeated(store: Scripted) -> None:
    store.answers = [(500, {}), (200, {})]
    with pytest.raises(Answered):
        Requests(Link(store.address)).send("POST", f"{store.address}/x", {}, b"1", is_repeatable=False)
    assert len(store.asked) == 1


def test_a_refusal_is_not_repeated(store: Scripted) -> None:
    store.answers = [(403, {})]
    with pytest.raises(Answered):
        Requests(Link(store.address)).send("GET", f"{store.address}/x", {})
    assert len(store.asked) == 1


def test_a_store_elsewhere_is_not_followed(store: Scripted) -> None:
    store.answers = [(307, {"Location": "http://127.0.0.1:9/"})]
    with pytest.raises(Answered):
        Requests(Link(store.address)).send("GET", f"{store.address}/x", {"Authorization": "mine"})


def test_a_limit_of_time_holds(store: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kirok.artifact_stores.objects.connections._RETRIES", 0)
    release = threading.Event()
    monkeypatch.setattr(store, "answers", Late(release))
    with pytest.raises(urllib3.exceptions.HTTPError):
        Requests(Link(store.address, timeout_s=0.2)).send("GET", f"{store.address}/x", {})
    release.set()


class Late(list[Answer]):
    """An answer that comes when it is let go."""

    def __init__(self, release: threading.Event) -> None:
        super().__init__()
        self._release = release

    def pop(self, index: object = -1) -> Answer:
        self._release.wait(10)
        return 200, {}


def bucket(tmp_path: Path, **env: str) -> S3Bucket:
    keys = {"AWS_ACCESS_KEY_ID": "AK", "AWS_SECRET_ACCESS_KEY": "SK", "MLFLOW_BOTO_CLIENT_ADDRESSING_STYLE": "path"}
    return S3Bucket(Place.parse("s3://mine/x"), ArtifactSettings(), {**keys, **env}, tmp_path)


@pytest.mark.parametrize("status", [200, 301, 403])
def test_a_bucket_tells_its_region_whatever_else_it_says(
    store: Scripted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    monkeypatch.setattr(s3_requests, "aws_endpoint", lambda region: store.address)
    store.answers = [(status, {"x-amz-bucket-region": "eu-central-1"})]
    requests = bucket(tmp_path).requests
    assert (requests.region, requests.region) == ("eu-central-1", "eu-central-1")
    assert [(method, path) for method, path, _, _ in store.asked] == [("HEAD", "/mine")]
    assert "Authorization" not in store.asked[0][2]


def test_the_owner_is_asked_for_at_first_and_with_every_write(store: Scripted, tmp_path: Path) -> None:
    store.answers = [(200, {})] * 2
    mine = bucket(tmp_path, MLFLOW_S3_ENDPOINT_URL=store.address, MLFLOW_S3_EXPECTED_BUCKET_OWNER="123456789012")
    _ = mine.store
    mine.put("x/a", b"1")
    assert [(method, path) for method, path, _, _ in store.asked] == [("HEAD", "/mine"), ("PUT", "/mine/x/a")]
    for _, _, headers, _ in store.asked:
        assert headers["x-amz-expected-bucket-owner"] == "123456789012"
        assert "x-amz-expected-bucket-owner" in headers["Authorization"]
