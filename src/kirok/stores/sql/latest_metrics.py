"""The table `latest_metrics`: the greatest point of every series."""

from typing import TypeAlias

from kirok.stores.sql.connection import Connection
from kirok.stores.sql.inserts import Insert

LatestRow: TypeAlias = tuple[int, int, float, int]
"""step, timestamp, stored value, is_nan: in this order they rank a point.

MLflow's latest value is the greatest (step, timestamp, stored value), not the last one written. NaN is stored as 0;
where a NaN and a 0 tie in all three, the NaN wins here (in MLflow the first written does).
"""

_RANK = "step, timestamp, value, is_nan"
_INSERT = Insert(
    "latest_metrics",
    "key, value, timestamp, step, is_nan, run_uuid",
    "text float8 int8 int8 bool text",
    key="key, run_uuid",
    overwrite="value, timestamp, step, is_nan",
    only_if=_RANK,
)


def keep_latest(connection: Connection, latest: dict[tuple[str, str], LatestRow]) -> None:
    """Let `latest`, by run id and key, into the table where it outranks what is there."""
    connection.insert(
        _INSERT,
        [
            cell
            # In one order whoever writes: rows are locked as they are met.
            for (run_id, key), (step, timestamp, value, is_nan) in sorted(latest.items())
            for cell in (key, value, timestamp, step, is_nan, run_id)
        ],
    )
