"""Pages and files for browsers."""

import gzip
from pathlib import Path

import httpx
import pytest

from kirok.server.messages import Reply
from kirok.server.site import Site


@pytest.fixture
def build(tmp_path: Path) -> Path:
    """A built user interface, as small as can be, and a file beside it."""
    folder = tmp_path / "static"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<h1>the app</h1>")
    (folder / "favicon.svg").write_text("<svg/>")
    (folder / ".gitkeep").touch()
    script = folder / "assets" / "index-1a2b3c.js"
    script.write_text("plain()")
    script.with_name(script.name + ".gz").write_bytes(gzip.compress(b"plain()", mtime=0))
    script.with_name(script.name + ".br").write_bytes(b"brotli")
    (tmp_path / "secret.txt").write_text("secret")
    (folder / "link").symlink_to(tmp_path)
    return folder


def get(build: Path, path: str, prefix: str = "", **headers: str) -> Reply:
    given = {name.replace("_", "-").encode(): value.encode() for name, value in headers.items()}
    return Site(prefix, build).reply("GET", path, given)


def header(reply: Reply, name: str) -> str | None:
    return next((value.decode() for known, value in reply.headers if known.decode() == name), None)


def test_the_root_is_the_app(build: Path) -> None:
    page = get(build, "/")
    assert (page.status, page.body) == (200, b"<h1>the app</h1>")
    assert page.content_type == b"text/html; charset=utf-8"
    assert header(page, "cache-control") == "no-cache"


def test_the_root_without_a_build_says_how_to_make_one(tmp_path: Path) -> None:
    page = get(tmp_path / "nothing", "/")
    assert page.status == 200
    assert b"make ui" in page.body


def test_the_app_stands_below_the_prefix(build: Path) -> None:
    assert get(build, "/team/", "/team").body == b"<h1>the app</h1>"
    assert header(get(build, "/team", "/team"), "location") == "/team/"
    assert get(build, "/", "/team").status == 404
    assert get(build, "/teamwork/", "/team").status == 404


@pytest.mark.parametrize(
    ("accepted", "body", "encoding"),
    [
        ("", b"plain()", None),
        ("identity", b"plain()", None),
        ("gzip, deflate", gzip.compress(b"plain()", mtime=0), "gzip"),
        ("gzip, deflate, br", b"brotli", "br"),
        ("br;q=0, gzip;q=0.5", gzip.compress(b"plain()", mtime=0), "gzip"),
        ("br; q=0.000, gzip;q=0", b"plain()", None),
    ],
)
def test_a_file_is_sent_in_the_smallest_form_the_client_takes(
    build: Path, accepted: str, body: bytes, encoding: str | None
) -> None:
    found = get(build, "/static-files/assets/index-1a2b3c.js", accept_encoding=accepted)
    assert (found.status, header(found, "content-encoding")) == (200, encoding)
    assert found.body[:4] == body[:4]
    assert found.content_type == b"text/javascript; charset=utf-8"
    assert header(found, "vary") == "accept-encoding"


def test_a_file_named_by_its_content_is_kept_for_good(build: Path) -> None:
    assert "immutable" in str(header(get(build, "/static-files/assets/index-1a2b3c.js"), "cache-control"))
    assert header(get(build, "/static-files/favicon.svg"), "cache-control") == "no-cache"


def test_a_file_the_browser_has_is_not_sent_again(build: Path) -> None:
    tag = header(get(build, "/static-files/favicon.svg"), "etag")
    again = get(build, "/static-files/favicon.svg", if_none_match=str(tag))
    assert (again.status, again.body) == (304, b"")


@pytest.mark.parametrize(
    "name", ["../secret.txt", "link/secret.txt", ".gitkeep", "assets", "", "none", "a\0b", "/etc/passwd"]
)
def test_nothing_else_is_sent(build: Path, name: str) -> None:
    answer = get(build, f"/static-files/{name}")
    assert (answer.status, b"secret" in answer.body) == (404, False)


def test_pages_can_only_be_read(client: httpx.Client) -> None:
    for path in ("/", "/docs", "/openapi.json"):
        refused = client.post(path)
        assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD, OPTIONS")
        assert client.head(path).content == b""


def test_an_unknown_page_is_not_found(client: httpx.Client) -> None:
    missing = client.get("/none")
    assert (missing.status_code, missing.headers["content-type"]) == (404, "text/html; charset=utf-8")
