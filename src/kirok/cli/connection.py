"""What commands work on: the server or database that the environment names, opened when a command needs it."""

import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeVar

from kirok.entities.pages import PagedList
from kirok.rules.uris.parse import parse
from kirok.rules.uris.proxied import HttpUrl

if TYPE_CHECKING:
    from kirok.client.mlflow_client import MlflowClient
    from kirok.transport import Transport

Item = TypeVar("Item")

_PAGE = 1000


def client() -> "MlflowClient":
    """A client of MLFLOW_TRACKING_URI, else of `mlflow.db` in the working directory."""
    from kirok.client.mlflow_client import MlflowClient

    return MlflowClient()


def transport_to(tracking_uri: str | None) -> "Transport | None":
    """The way to the server at `tracking_uri`, with the environment's credentials; None where that is no server."""
    if not tracking_uri or not isinstance(parse(tracking_uri), HttpUrl):
        return None
    from kirok.base.settings import TransportSettings
    from kirok.transport import Transport

    return Transport(tracking_uri, TransportSettings.read(os.environ))


def every(fetch: Callable[[int, str | None], PagedList[Item]], limit: int | None = None) -> Iterator[Item]:
    """All items, or the first `limit`, of a list that `fetch(max_results, page_token)` reads page by page."""
    token: str | None = None
    left = limit
    while left is None or left > 0:
        page = fetch(_PAGE if left is None else min(left, _PAGE), token)
        yield from page
        token = page.token
        if token is None:
            return
        if left is not None:
            left -= len(page)
