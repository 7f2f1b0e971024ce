"""What commands work on: the server or database that the environment names, opened when a command needs it."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeVar

from kirok.entities.pages import PagedList

if TYPE_CHECKING:
    from kirok.client.mlflow_client import MlflowClient

Item = TypeVar("Item")

_PAGE = 1000


def client() -> "MlflowClient":
    """A client of MLFLOW_TRACKING_URI, else of `mlflow.db` in the working directory."""
    from kirok.client.mlflow_client import MlflowClient

    return MlflowClient()


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
