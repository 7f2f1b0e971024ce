"""Parts of a list that is there in full: a page of it, a sample of it."""

from collections.abc import Sequence
from typing import TypeVar

from kirok.entities.pages import PagedList
from kirok.search.page_token import make_page_token, parse_page_token

Item = TypeVar("Item")


def page_of(items: Sequence[Item], max_results: int | None, page_token: str | None) -> PagedList[Item]:
    """The `max_results` items (None: all) from where `page_token` says, with a token where more follow."""
    start = parse_page_token(page_token)
    end = len(items) if max_results is None else start + max_results
    return PagedList(items[start:end], make_page_token(end) if end < len(items) else None)


def evenly_spaced(items: Sequence[Item], limit: int) -> Sequence[Item]:
    """The first of each of `limit` equal buckets, the last item in place of the last bucket's first.

    The first buckets are one larger where the items do not divide evenly, as SQL's NTILE makes them.
    """
    if len(items) <= limit:
        return items
    size, larger = divmod(len(items), limit)
    starts = [i * size + min(i, larger) for i in range(limit)]
    return [*(items[start] for start in starts[:-1]), items[-1]]
