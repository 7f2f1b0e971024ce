"""What a browser asks for besides the API: the built user interface, and the pages that describe the API."""

from pathlib import Path

from msgspec import json

from kirok.server.messages import HTML, JSON, Header, Reply
from kirok.server.pages import (
    APP_POLICY,
    Page,
    endpoints_page,
    missing_page,
    other_method_page,
    unbuilt_page,
)
from kirok.wire.openapi import document

_BUILD = Path(__file__).parent / "static"
_FILES = "/static-files/"
_METHODS = "GET, HEAD, OPTIONS"
# Not the system's table, which on some machines calls a script plain text, whereupon browsers refuse to run it.
_KINDS = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".woff2": "font/woff2",
}
# In the order of how small they come out.
_ENCODINGS = (("br", ".br"), ("gzip", ".gz"))


class Site:
    """Answers every path that is no endpoint's. `build` is the folder that `ui/` was built into."""

    def __init__(self, prefix: str, build: Path = _BUILD) -> None:
        self._prefix = prefix
        self._build = build.resolve()

    def reply(self, method: str, path: str, headers: dict[bytes, bytes]) -> Reply:
        """The reply to a request for a page or file. Reads from disk, so to be called in a thread."""
        found = self._found(path, headers)
        if found is None:
            return _of(missing_page())
        return found if method in ("GET", "HEAD") else _of(other_method_page(), (b"allow", _METHODS.encode()))

    def _found(self, path: str, headers: dict[bytes, bytes]) -> Reply | None:
        if path == self._prefix:
            # The page's own addresses are relative to the folder it stands in.
            return Reply(307, b"", HTML, ((b"location", f"{self._prefix}/".encode()),))
        if not path.startswith(self._prefix + "/"):
            return None
        local = path[len(self._prefix) :]
        if local == "/":
            page = self._file("index.html", headers, (b"content-security-policy", APP_POLICY.encode()))
            return page or _of(unbuilt_page())
        if local == "/docs":
            return _of(endpoints_page(self._prefix))
        if local == "/openapi.json":
            return Reply(200, json.encode(document(self._prefix)), JSON)
        return self._file(local[len(_FILES) :], headers) if local.startswith(_FILES) else None

    def _file(self, name: str, headers: dict[bytes, bytes], *more: Header) -> Reply | None:
        """A file of the build, in the smallest of its forms that the client takes; None where there is none."""
        if "\0" in name:
            return None
        place = (self._build / name).resolve()
        if not place.is_relative_to(self._build) or not place.is_file() or place.name.startswith("."):
            return None
        kind = _KINDS.get(place.suffix, "application/octet-stream")
        # The build puts a hash of the content into the names below assets/; the others are asked for again.
        keeping = b"public, max-age=31536000, immutable" if name.startswith("assets/") else b"no-cache"
        told: list[Header] = [*more, (b"cache-control", keeping), (b"vary", b"accept-encoding")]
        accepted = _accepted(headers.get(b"accept-encoding", b""))
        for encoding, ending in _ENCODINGS:
            twin = place.with_name(place.name + ending)
            if encoding in accepted and twin.is_file():
                place = twin
                told.append((b"content-encoding", encoding.encode()))
                break
        status = place.stat()
        tag = f'"{status.st_mtime_ns:x}-{status.st_size:x}"'.encode()
        told.append((b"etag", tag))
        if tag in headers.get(b"if-none-match", b""):
            return Reply(304, b"", kind.encode(), tuple(told))
        return Reply(200, place.read_bytes(), kind.encode(), tuple(told))


def _of(page: Page, *more: Header) -> Reply:
    return Reply(page.status, page.html.encode(), HTML, ((b"content-security-policy", page.policy.encode()), *more))


def _accepted(header: bytes) -> set[str]:
    """The encodings that an Accept-Encoding header allows."""
    allowed = set()
    for item in header.decode("latin-1").lower().split(","):
        name, _, quality = item.partition(";")
        if quality.replace(" ", "").rstrip("0.") != "q=":  # q=0 forbids
            allowed.add(name.strip())
    return allowed
