"""What is examined, and what the checks found out about it so far."""

import time
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from msgspec import Struct
from msgspec.structs import replace

from kirok.base.settings import ClientSettings
from kirok.entities.experiments import Experiment
from kirok.stores.protocols import Stores
from kirok.transport import HttpRequest, HttpResponse, Transport
from kirok.transport.sockets import Sockets

DEFAULT = "the default"
"""Who named a store that nobody named."""

MOST_COUNTED = 1000
"""Nobody needs to know how many more runs there are."""


class Target(Struct, frozen=True):
    """Which store is examined."""

    uri: str
    source: str
    """Who named it: `MLFLOW_TRACKING_URI`, `the command line` or DEFAULT."""

    @property
    def is_server(self) -> bool:
        """Whether a server is meant."""
        return self.uri.lower().startswith(("http://", "https://"))


class Surroundings(Struct, frozen=True):
    """What else of this machine counts."""

    env: Mapping[str, str]
    folder: Path
    """The working directory."""
    home: Path


class Answer(Struct, frozen=True):
    """An answer of whatever stands at an address."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    received_s: float
    """When it came, by this machine's clock."""


class Way(Struct, frozen=True):
    """How requests travel to the server."""

    scheme: str
    host: str
    port: int
    proxy: str | None
    """The URL of the HTTP proxy in between."""

    @property
    def next_hop(self) -> tuple[str, int]:
        """(host, port) that this machine connects to."""
        if self.proxy is None:
            return self.host, self.port
        parts = urlsplit(self.proxy if "://" in self.proxy else f"http://{self.proxy}")
        return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


class Identity(Struct, frozen=True):
    """What a server says it is."""

    mlflow: str
    """The MLflow version it is or speaks; empty where it does not tell."""
    kirok: str | None
    """Its version of kirok; None for another server."""
    info: Mapping[str, object]
    """What it says it can do."""

    @property
    def command(self) -> str:
        """What starts it."""
        return "mlflow server" if self.kirok is None else "kirok server"


class Case:
    """One examination. Facts below `settings` are there once the check that finds them out was passed."""

    def __init__(self, target: Target, surroundings: Surroundings, timeout_s: float) -> None:
        self.target, self.surroundings = target, surroundings
        self.timeout_s = timeout_s
        """How long one step may take before it counts as failed."""
        self.env = surroundings.env
        self.settings: ClientSettings = ClientSettings()
        self.way: Way
        self.health: Answer
        self.api: Answer
        """What the server said to the first request that needs its records."""
        self.identity = Identity("", None, {})
        self.stores: Stores | None = None
        """The records, where they are read through a store."""
        self.experiments: list[Experiment] = []
        """Those in use, the newest first."""
        self.are_files_refused = False
        """Whether a way that is in use does not work."""
        self.count_runs: Callable[[Sequence[str]], int]
        """How many runs in use these experiments have, as far as `MOST_COUNTED`."""

    @cached_property
    def base(self) -> str:
        """The server's address with its path prefix, without credentials."""
        parts = urlsplit(self.target.uri)
        return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path.rstrip("/"), "", ""))

    @cached_property
    def transport(self) -> Transport:
        """The way of ordinary requests, each tried once."""
        settings = replace(self.settings.transport, timeout_s=2 * self.timeout_s, max_retries=0)
        return Transport(self.target.uri, settings)

    def ask(self, path: str, *, method: str = "GET", body: bytes = b"", base: str | None = None) -> Answer:
        """The answer to one request, whatever its status; ConnectionFailed where none comes."""
        url = (self.base if base is None else base) + path
        headers = {"User-Agent": "kirok-doctor", **self.transport.authorization}
        if body:
            headers["Content-Type"] = "application/json"
        response = self._sender.send(HttpRequest(method, url, headers, body, self.timeout_s))
        return answer_of(response)

    def close(self) -> None:
        """Drop every connection."""
        if self.stores is not None:
            self.stores.close()
        if "transport" in self.__dict__:
            self.transport.close()
        if "_sender" in self.__dict__:
            self._sender.close()

    @cached_property
    def _sender(self) -> Sockets:
        return Sockets(self.settings.transport)


def answer_of(response: HttpResponse) -> Answer:
    """An answer, read whole."""
    body = response.read()
    return Answer(response.status, response.headers, body, time.time())
