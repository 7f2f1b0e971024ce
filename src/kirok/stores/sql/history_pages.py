"""One series, page by page, in the order (timestamp, step, value).

MLflow's tables offer two ways. The primary key (key, timestamp, step, run, value, is_nan) holds the order and every
column, but also the points of all other runs that log the same key. The index (run, key, step) holds this series
alone, in another order, and each point costs a look-up. A short series is read by the index and sorted; a long one by
the key, as far as its neighbours leave it worth while.
"""

import base64
import binascii
from collections.abc import Sequence

import msgspec
from msgspec import Struct

from kirok.base.errors import InvalidParameter
from kirok.rules.paging import check_max_results
from kirok.stores.sql.connection import Connection

Row = tuple[int, int, float, int]
"""timestamp, step, stored value, is_nan: the order of a history, and no two points agree in all four."""

_SHORT = 20_000
"""Points that are sorted in less time than it takes to find out more about them."""
_NEIGHBOURS = 4
"""How many entries of the primary key may be passed over for each point of a page."""

SERIES_INDEX = "index_metrics_run_uuid_key_step"
"""MLflow's index on (run, key, step)."""

_SERIES = "run_uuid = ? AND key = ?"
_IS_LONG = f"SELECT 1 FROM metrics{{by_series}} WHERE {_SERIES} LIMIT 1 OFFSET {_SHORT}"
_BY_INDEX = f"SELECT timestamp, step, value, is_nan FROM metrics{{by_series}} WHERE {_SERIES}"
_ALONG_KEY = (
    "SELECT timestamp, step, value, is_nan FROM (SELECT timestamp, step, value, is_nan, run_uuid FROM metrics "
    "WHERE key = ?{after} ORDER BY timestamp, step, run_uuid, value, is_nan LIMIT ?) AS m WHERE run_uuid = ?{beyond} "
    "LIMIT ?"
)
_AFTER = " AND (timestamp, step) >= (?, ?)"
_BEYOND = " AND (timestamp, step, value, is_nan) > (?, ?, ?, ?)"


class HistoryPage(Struct, frozen=True):
    """Which part of a series is wanted: `limit` points (None: all) after the point `after` (None: from the start).

    A page goes on after a point, not after a count, so points logged meanwhile neither repeat nor hide any.
    """

    limit: int | None = None
    after: Row | None = None

    @classmethod
    def parse(cls, max_results: int | None, page_token: str | None) -> "HistoryPage":
        """The arguments of MetricStore.history; InvalidParameter for a bad size or token."""
        if max_results is not None:
            check_max_results(max_results)
        return cls(max_results, _point_of(page_token) if page_token else None)

    def rows(self, connection: Connection, run_id: str, key: str) -> tuple[Sequence[Row], str | None]:
        """The points, and the token of the next page where there is one."""
        found: list[Row] | None = None
        is_long = _IS_LONG.format(by_series=connection.dialect.using_index(SERIES_INDEX))
        if self.limit is not None and connection.execute(is_long, (run_id, key)).fetchone():
            found = self._along_key(connection, run_id, key, self.limit + 1)
        if found is None:
            found = self._sorted(connection, run_id, key)
        if self.limit is None or len(found) <= self.limit:
            return found, None
        page = found[: self.limit]
        return page, _token_of(page[-1])

    def _sorted(self, connection: Connection, run_id: str, key: str) -> list[Row]:
        values: list[object] = [run_id, key]
        statement = _BY_INDEX.format(by_series=connection.dialect.using_index(SERIES_INDEX))
        if self.after is not None:
            statement += _BEYOND
            values += _bound(self.after)
        # Points come by step, so they are nearly in order, which Python's sort makes the most of.
        return sorted(connection.execute(statement, values))

    def _along_key(self, connection: Connection, run_id: str, key: str, wanted: int) -> list[Row] | None:
        """`wanted` points, or all that are left; None where the points of other runs stand too close to see that."""
        most = (1 + _NEIGHBOURS) * wanted
        place = self.after[:2] if self.after else ()
        statement = _ALONG_KEY.format(after=_AFTER if place else "", beyond=_BEYOND if place else "")
        found = connection.execute(
            statement, (key, *place, most, run_id, *(_bound(self.after) if self.after else ()), wanted)
        ).fetchall()
        if len(found) == wanted:
            return found
        reaches_end = connection.execute(
            f"SELECT 1 FROM metrics WHERE key = ?{_AFTER if place else ''} LIMIT 1 OFFSET ?", (key, *place, most)
        ).fetchone()
        return None if reaches_end else found


def _bound(point: Row) -> tuple[int, int, float, bool]:
    timestamp, step, value, is_nan = point
    return timestamp, step, value, bool(is_nan)


def _token_of(point: Row) -> str:
    timestamp, step, value, is_nan = point
    # msgspec writes the shortest text that reads back as the same double.
    return base64.urlsafe_b64encode(msgspec.json.encode({"after": (timestamp, step, value, int(is_nan))})).decode()


class _Place(Struct):
    after: tuple[int, int, float, int]


def _point_of(token: str) -> Row:
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(token.encode()), type=_Place).after
    except (msgspec.DecodeError, binascii.Error, ValueError):
        raise InvalidParameter(
            f"Invalid page token {token[:60]!r}. Pass the token of the page before, unchanged, or none for the first."
        ) from None
