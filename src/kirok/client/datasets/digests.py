"""The 8 hex digits that tell data apart. MLflow computes them from the same bytes, so that one dataset logged by
both is one dataset.
"""

import hashlib
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from kirok.client.frames import pandas_module

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    Arrays = np.ndarray[Any, Any] | dict[str, np.ndarray[Any, Any]]

LOOKED_AT = 10_000
"""Rows, or elements of an array, that count; of the rest only their number does."""


def frame_digest(frame: "pd.DataFrame") -> str:
    """Of a DataFrame: the hashes of its first rows (text and number columns), its length and its column names."""
    import numpy as np

    pd = pandas_module("A dataset's digest")
    head = frame.head(LOOKED_AT)
    text = head.columns[head.map(lambda value: type(value) is str).all(axis=0)]
    numbers = head.select_dtypes(include=[np.number]).columns
    head = head[text.union(numbers)]
    return _digest(
        [
            pd.util.hash_pandas_object(head).to_numpy().tobytes(),
            np.int64(len(frame)).tobytes(),
            *(str(column).encode() for column in frame.columns),
        ]
    )


def arrays_digest(features: "Arrays", targets: "Arrays | None") -> str:
    """Of arrays: the hashes of their first elements and their shapes, dictionaries in the order of their keys."""
    parts: list[bytes] = []
    for given in (features, targets):
        if given is None:
            continue
        for array in [given[key] for key in sorted(given)] if isinstance(given, dict) else [given]:
            parts += _array_parts(array)
    return _digest(parts)


def _array_parts(array: "np.ndarray[Any, Any]") -> list[bytes]:
    import numpy as np

    head = array.flatten()[:LOOKED_AT]
    try:
        hashed = pandas_module("A dataset's digest").util.hash_array(head).tobytes()
    except TypeError:  # a kind of element that has no hash: its number stands for it
        hashed = np.int64(head.size).tobytes()
    return [hashed, *(np.int64(side).tobytes() for side in array.shape)]


def _digest(parts: Iterable[bytes]) -> str:
    md5 = hashlib.md5(usedforsecurity=False)
    for part in parts:
        md5.update(part)
    return md5.hexdigest()[:8]
