"""The built user interface, as `ui/` wrote it into `static/`."""

import mimetypes
from collections.abc import Mapping
from pathlib import Path

from fastapi.responses import HTMLResponse, Response

from kirok.server.pages import APP_POLICY, unbuilt_page

_ENCODINGS = (("br", ".br"), ("gzip", ".gz"))


class StaticFiles:
    """Serves the build; each file also in the compressed forms that lie beside it."""

    def __init__(self, folder: Path = Path(__file__).parent / "static") -> None:
        self._folder = folder.resolve()

    def index(self, headers: Mapping[str, str]) -> Response:
        """The page of the app; where it was not built, one that says how to."""
        found = self.file("index.html", headers)
        if found is None:
            page = unbuilt_page()
            return HTMLResponse(page.html, page.status, {"content-security-policy": page.policy})
        found.headers["content-security-policy"] = APP_POLICY
        return found

    def file(self, path: str, headers: Mapping[str, str]) -> Response | None:
        """One file of the build, None where there is none."""
        place = (self._folder / path).resolve() if "\0" not in path else self._folder
        if not place.is_relative_to(self._folder) or not place.is_file() or place.name.startswith("."):
            return None
        # The build puts a hash of the content into the names below assets/; the others are asked for again.
        kept = "public, max-age=31536000, immutable" if path.startswith("assets/") else "no-cache"
        answer = {"cache-control": kept, "vary": "accept-encoding"}
        kind = mimetypes.guess_type(place.name)[0] or "application/octet-stream"
        accepted = _accepted(headers.get("accept-encoding", ""))
        for encoding, ending in _ENCODINGS:
            twin = place.with_name(place.name + ending)
            if encoding in accepted and twin.is_file():
                answer["content-encoding"] = encoding
                place = twin
                break
        status = place.stat()
        etag = f'"{status.st_mtime_ns:x}-{status.st_size:x}"'
        answer["etag"] = etag
        if etag in headers.get("if-none-match", ""):
            return Response(status_code=304, headers=answer)
        return Response(place.read_bytes(), headers=answer, media_type=kind)


def _accepted(header: str) -> set[str]:
    """The encodings that an Accept-Encoding header allows."""
    allowed = set()
    for item in header.lower().split(","):
        name, _, quality = item.strip().partition(";")
        if quality.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000"):
            allowed.add(name.strip())
    return allowed
