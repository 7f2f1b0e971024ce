"""The part of MLflow's REST API that copying needs, as plain dictionaries."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kirok.base.errors import NotFound
from kirok.transport import Transport

V2, V3 = "/api/2.0/mlflow", "/api/3.0/mlflow"
_JSON = {"Content-Type": "application/json"}


class MlflowApi:
    """Asks an MLflow server. Raises as Transport does."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def get(self, path: str, **query: str | int) -> dict[str, Any]:
        """The answer to GET."""
        return self._told("GET", path, query=[(name, str(value)) for name, value in query.items()])

    def found(self, path: str, **query: str | int) -> dict[str, Any] | None:
        """The answer to GET, None where there is no such thing."""
        try:
            return self.get(path, **query)
        except NotFound:
            return None

    def send(self, method: str, path: str, message: Mapping[str, Any], *, once: bool = False) -> dict[str, Any]:
        """The answer to another method; `once` as Transport has it."""
        return self._told(method, path, body=json.dumps(message).encode(), once=once)

    def post(self, path: str, message: Mapping[str, Any], *, once: bool = False) -> dict[str, Any]:
        """The answer to POST."""
        return self.send("POST", path, message, once=once)

    def listed(self, path: str, name: str, message: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """Everything of a list that POST reads page by page."""
        token: str | None = None
        while True:
            page = self.post(path, {**message, **({"page_token": token} if token else {})})
            yield from page.get(name, ())
            token = page.get("next_page_token")
            if not token:
                return

    def listed_by_query(self, path: str, name: str, **query: str | int) -> Iterator[dict[str, Any]]:
        """Everything of a list that GET reads page by page."""
        token: str | None = None
        while True:
            page = self.get(path, **query, **({"page_token": token} if token else {}))
            yield from page.get(name, ())
            token = page.get("next_page_token")
            if not token:
                return

    def _told(
        self,
        method: str,
        path: str,
        *,
        query: Sequence[tuple[str, str]] = (),
        body: bytes = b"",
        once: bool = False,
    ) -> dict[str, Any]:
        headers = _JSON if body else {}
        response = self._transport.send(method, path, query=query, headers=headers, body=body, once=once)
        told = json.loads(response.read() or b"{}")
        return told if isinstance(told, dict) else {}


def pairs(listed: Sequence[Mapping[str, str]] | None) -> dict[str, str]:
    """A list of keys and values as a dictionary."""
    return {pair["key"]: pair.get("value") or "" for pair in listed or ()}
