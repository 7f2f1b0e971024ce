"""Objects removed by obstore, many at a time."""

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from obstore.store import ObjectStore


def remove(store: "ObjectStore", keys: Sequence[str]) -> None:
    """Remove all that are there."""
    import obstore

    try:
        obstore.delete(store, keys)
    except FileNotFoundError:
        # Some stores say so where another was faster, and leave the rest of the keys.
        for key in keys:
            with suppress(FileNotFoundError):
                obstore.delete(store, key)
