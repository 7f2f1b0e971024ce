"""A page of a long list."""

from collections.abc import Iterable
from typing import TypeVar

Item = TypeVar("Item")


class PagedList(list[Item]):
    """A list that knows how to go on: `token` asks for the next page, None when this was the last."""

    def __init__(self, items: Iterable[Item] = (), token: str | None = None) -> None:
        super().__init__(items)
        self.token = token
