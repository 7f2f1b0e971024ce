"""Artifacts that a tracking server keeps wherever it was told to, and web addresses in general."""

import re
from urllib.parse import urlsplit

from msgspec import Struct

from kirok.base.errors import InvalidParameter
from kirok.entities.artifacts import ArtifactPath
from kirok.rules.uris.escapes import decoded, encoded

SCHEME = "mlflow-artifacts"
PROXIED_PATH = "/api/2.0/mlflow-artifacts/artifacts"
# How experiments of older servers name the proxy: by the address of the endpoint.
_ENDPOINT = re.compile(
    r"(https?://[^/?#]+[^?#]*?)/(?:ajax-)?api/2\.0/mlflow-artifacts/artifacts(/[^?#]*)?(?:[?#].*)?", re.I | re.S
)
_PORTS = {"http": 80, "https": 443}


class HttpUrl(Struct, frozen=True):
    """A web address."""

    uri: str


class Proxied(Struct, frozen=True):
    """A place below a server's artifacts destination."""

    path: str = ""
    """Without slashes around it, escapes decoded. As unchecked as the row it stands in: `inner` is what to use."""
    server: str = ""
    """"" for the tracking server, whichever that is; else `host:port`, or the URL that the endpoint's path follows."""

    @property
    def uri(self) -> str:
        """As a URI again."""
        if "://" in self.server:
            return f"{self.server}{PROXIED_PATH}/{encoded(self.path)}".rstrip("/")
        return f"{SCHEME}:{'//' + self.server if self.server else ''}/{encoded(self.path)}"

    @property
    def inner(self) -> ArtifactPath:
        """The path below the destination. InvalidParameter for one that may lead out of it."""
        return ArtifactPath.parse(self.path)

    def is_kept_by(self, tracking_uri: str) -> bool:
        """Whether the server at `tracking_uri` is the one meant. Upper case and the usual ports make no difference."""
        if not self.server:
            return True
        theirs = _address(tracking_uri)
        if "://" in self.server:
            return _address(self.server) == theirs
        return _address(f"{theirs[0]}://{self.server}")[:3] == theirs[:3]


def proxied(uri: str) -> Proxied:
    """`mlflow-artifacts:/path`, or with a server: `mlflow-artifacts://host:port/path`. What follows `?` or `#` is
    dropped, as MLflow does. InvalidParameter for a port without a host.
    """
    rest = re.split("[?#]", uri[len(SCHEME) + 1 :], maxsplit=1)[0]
    server = ""
    if rest.startswith("//"):
        server, _, rest = rest[2:].partition("/")
    if server.isdecimal():
        raise InvalidParameter(
            f"{uri!r} names the port {server} of no host: write {SCHEME}://host:{server}/path, or {SCHEME}:/path for "
            "the tracking server."
        )
    return Proxied(decoded(rest, uri).strip("/"), server)


def http_place(uri: str) -> Proxied | HttpUrl:
    """What an `http:` or `https:` URL names: what a server keeps, by the address of MLflow's endpoint, or a page."""
    found = _ENDPOINT.fullmatch(uri)
    if found is None:
        return HttpUrl(uri)
    return Proxied(decoded(found[2] or "", uri).strip("/"), found[1].rstrip("/"))


def _address(url: str) -> tuple[str, str, int | None, str]:
    """(scheme, host, port, path) to compare servers by; the URL itself for the host where it cannot be read."""
    try:
        parts = urlsplit(url)
        return parts.scheme, parts.hostname or "", parts.port or _PORTS.get(parts.scheme), parts.path.rstrip("/")
    except ValueError:
        return "", url, None, ""
