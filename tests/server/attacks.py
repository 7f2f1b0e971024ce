"""Paths that would lead out of a server's artifacts, in every spelling, and the requests that carry them.

The requests are made from the endpoint table: a new endpoint that takes a path is attacked as soon as it has a row.
"""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple, get_type_hints
from urllib.parse import quote, unquote

import msgspec
from msgspec.inspect import IntType, ListType, StructType, UnionType, type_info

from kirok.wire import bundles
from kirok.wire.endpoint import Endpoint
from kirok.wire.endpoints import ENDPOINTS

CANARY = "canary-4f1d"
"""What the files hold that nobody may reach."""

FORBIDDEN = [
    "..",
    "../",
    "../secret.txt",
    "a/../../secret.txt",
    "a/./../../secret.txt",
    "a//../../secret.txt",
    "inside/../../secret.txt",
    "./../secret.txt",
    "..//secret.txt",
    "a/..",
    "%2e%2e/secret.txt",
    "%2E%2E/secret.txt",
    "%2e%2e%2fsecret.txt",
    ".%2e/secret.txt",
    "..%2fsecret.txt",
    "a/%2e%2e/%2e%2e/secret.txt",
    "%252e%252e%252fsecret.txt",
    "..%252fsecret.txt",
    "%25252e%25252e%25252fsecret.txt",
    "%2525252e%2525252e/secret.txt",
    "%" + "25" * 40 + "2e/secret.txt",
    "..\\secret.txt",
    "..%5csecret.txt",
    "..%255csecret.txt",
    "a\\..\\..\\secret.txt",
    "\\secret.txt",
    "/secret.txt",
    "//secret.txt",
    "%2fsecret.txt",
    "%252fsecret.txt",
    "{outside}/secret.txt",
    "%2f{outside}/secret.txt",
    "C:/secret.txt",
    "C:\\secret.txt",
    "c:secret.txt",
    "C%3a/secret.txt",
    "C%253asecret.txt",
    "\\\\host\\share\\secret.txt",
    "//host/share/secret.txt",
    "\\\\?\\C:\\secret.txt",
    "\\\\.\\PhysicalDrive0",
    "file:///../secret.txt",
    "../secret.txt%00",
    "a%00/../../secret.txt",
    "a%00b",
    "a%2500b",
    "a%0ab",
    "a%0d%0aX-Injected:%20yes",
    "a%250d%250aX-Injected:%20yes",
    "a%1bb",
    "a%7fb",
    "a%23b",
    "a%2523b",
    "..%20/secret.txt",
    "..%20%20/secret.txt",
    "a/..%20/..%20/secret.txt",
    ".../secret.txt",
    ".%20./secret.txt",
    "a/%20/b",
    "x" * 5000,
    "x/" * 3000 + "y",
]
"""Spelled as they may stand in a URL, escapes included; `{outside}` is the folder around the artifacts. All refused."""

PASSING = [
    ".artifact.uploading.0123",
    "a/.artifact.uploading.0123",
    ".artifact.uploading.0123/a",
    ".ARTIFACT.uploading.0123",
]
"""What uploads on their way into a folder are called. Refused there; in a bucket there are none."""

STRANGE = [
    "%2eartifact.uploading.0123",
    "%c0%ae%c0%ae/secret.txt",
    "%c0%ae%c0%ae%c0%afsecret.txt",
    "%e0%80%ae%e0%80%ae/secret.txt",
    "%ef%bc%8e%ef%bc%8e/secret.txt",
    "..%ef%bc%8fsecret.txt",
    "..%e2%88%95secret.txt",
    "..%c1%9csecret.txt",
    "%e2%80%a5/secret.txt",
    "%u002e%u002e/secret.txt",
    "a/%2eartifact.uploading.0123",
    "%uff0e%uff0e/secret.txt",
    "%2/secret.txt",
    "%%32%65%%32%65/secret.txt",
    "..;/secret.txt",
    "..;a=b/secret.txt",
    "~/secret.txt",
    "~root/secret.txt",
    "$HOME/secret.txt",
    "file:secret.txt",
    "a:secret:$DATA/..a",
    "secret.txt.",
    "secret.txt%20",
    "secret.txt::$DATA",
    "CON",
    "NUL.txt",
    "a/COM1/b",
    "x" * 300,
    "%ed%a0%80",
    "%f0%9f%92%a9",
    "-rf",
    "*",
    "a|b",
    "`id`",
]
"""Look-alikes, and names that some system takes for another: refused, or a name like any other, inside."""


class Sent(NamedTuple):
    """A request, as it goes over the wire."""

    method: str
    target: bytes
    body: bytes = b""
    content_type: str = ""
    is_bound: bool = True
    """Whether the path counts: in the body of a request that has one in its URL as well, it may go unread."""


def spelled(spelling: str, outside: str) -> str:
    """A spelling from the table, for artifacts whose surroundings are the folder `outside`."""
    return spelling.replace("{outside}", outside)


def attackable() -> list[Endpoint]:
    """Every endpoint that takes a path: below its own, in its query or in its body."""
    return [row for row in ENDPOINTS if "{path}" in row.path or any("path" in fields(kind) for kind in _asked(row))]


def requests(row: Endpoint, spelling: str, run_id: str) -> Iterator[Sent]:
    """Requests to an endpoint that carry a path: raw in each URL, and decoded, as it came and encoded, elsewhere."""
    for place in row.paths:
        yield from _by_url(row, place, spelling)
        if "path" in fields(row.query or row.request) and (row.query or row.method == "GET"):
            others = _filled(row.query or row.request, {"run_id": run_id})
            for text in dict.fromkeys((spelling, quote(unquote(spelling), safe=""), quote(spelling, safe=""))):
                yield Sent(row.method, f"{place}?{_query(others)}&path={text}".encode(), _content(row), _OCTETS)
    if row.query is None and row.method != "GET" and "path" in fields(row.request):
        for text in dict.fromkeys((spelling, unquote(spelling))):
            target = row.api_path.replace("{path}", quote("run/a.txt")).encode()
            is_bound = "{path}" not in row.path
            yield Sent(row.method, target, _body(row, text, run_id), "application/json", is_bound)
    if row.query is bundles.Bundle:
        for text in dict.fromkeys((spelling, unquote(spelling))):
            body = bundles.framed(text, b"x") + bundles.ending(1)
            yield Sent(row.method, row.api_path.encode(), body, bundles.CONTENT_TYPE)


_OCTETS = "application/octet-stream"


def fields(kind: Any) -> dict[str, Any]:
    """The fields of a request, those of structs alone."""
    return get_type_hints(kind) if isinstance(kind, type) and issubclass(kind, msgspec.Struct) else {}


def _asked(row: Endpoint) -> list[Any]:
    return [row.request, *([row.query] if row.query else [])]


def _by_url(row: Endpoint, place: str, spelling: str) -> Iterator[Sent]:
    if "{path}" not in place:
        return
    body, kind = (_content(row), _OCTETS) if row.request is bytes else (_body(row, "run/a.txt", ""), "application/json")
    query = f"?{_query(_filled(row.query, {}))}" if row.query else ""
    for text in dict.fromkeys((spelling, quote(spelling, safe="/"), quote(unquote(spelling), safe=""))):
        target = place.replace("{path}", text).encode("utf-8") + query.encode()
        yield Sent(row.method, target, b"" if row.method == "GET" else body, kind)


def _content(row: Endpoint) -> bytes:
    return b"overwritten" if row.method in ("PUT", "POST") else b""


def _body(row: Endpoint, path: str, run_id: str) -> bytes:
    if not fields(row.request):
        return b"{}"
    filled = _filled(row.request, {"run_id": run_id} if run_id else {})
    return json.dumps({**filled, **({"path": path} if "path" in fields(row.request) else {})}).encode()


def _filled(kind: Any, given: dict[str, Any]) -> dict[str, Any]:
    """Something for every field that must have a value, so that only the path is wrong."""
    info = type_info(kind)
    assert isinstance(info, StructType)
    must = {field.name: _some(field.type) for field in info.fields if field.required and field.name != "path"}
    return must | {name: value for name, value in given.items() if name in fields(kind)}


def _some(kind: Any) -> Any:
    if isinstance(kind, UnionType):
        return _some(kind.types[0])
    if isinstance(kind, ListType):
        return [1] if isinstance(kind.item_type, IntType) else []
    return {"StrType": "0" * 32, "IntType": 1, "BoolType": False, "DictType": {}}.get(type(kind).__name__, "1")


def _query(values: dict[str, Any]) -> str:
    return "&".join(f"{name}={quote(str(value))}" for name, value in values.items())
