"""Rows of `kirok_series` as records and back."""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from kirok.entities.series import SeriesPoint, SeriesStatistics
from kirok.rules.values import restored_value, stored_value
from kirok.stores.sql.connection import Connection
from kirok.stores.sql.inserts import Insert

Series = tuple[str, str]
"""(run id, key)."""

_POINT = "step, timestamp, value, is_nan"
_KEPT = ", ".join(
    (
        "points, numbers, minimum, minimum_step, maximum, maximum_step, mean",
        *(f"{end}_{column}" for end in ("first", "last") for column in _POINT.split(", ")),
    )
)
_INSERT = Insert(
    "kirok_series",
    f"run_uuid, metric_key, {_KEPT}",
    "text text int8 int8 float8 int8 float8 int8 float8 int8 int8 float8 bool int8 int8 float8 bool",
    key="run_uuid, metric_key",
    overwrite=_KEPT,
)


def read(connection: Connection, series: Collection[Series]) -> dict[Series, SeriesStatistics]:
    """What is kept of these series, as it stands now; on a served database the rows are locked."""
    condition, values = one_of(connection, "run_uuid, metric_key", series)
    lock = "" if connection.dialect.kind == "sqlite" else " ORDER BY run_uuid, metric_key FOR UPDATE"
    return _found(connection, condition + lock, values)


def read_runs(
    connection: Connection, run_ids: Sequence[str], keys: Sequence[str] | None
) -> dict[Series, SeriesStatistics]:
    """What is kept of the series of these runs: of some metrics, or of all."""
    dialect = connection.dialect
    condition, values = f"run_uuid {dialect.among}", [dialect.listed(run_ids)]
    if keys is not None:
        condition += f" AND metric_key {dialect.among}"
        values.append(dialect.listed(keys))
    return _found(connection, condition, values)


def write(connection: Connection, found: Mapping[Series, SeriesStatistics]) -> None:
    """Keep these statistics in place of what is kept of their series."""
    cells: list[object] = []
    for (run_id, key), kept in sorted(found.items()):  # in one order whoever writes: rows are locked as they are met
        first, last = kept.first, kept.last
        cells += (
            run_id,
            key,
            kept.count,
            kept.numbers,
            _stored(kept.minimum),
            kept.minimum_step,
            _stored(kept.maximum),
            kept.maximum_step,
            _stored(kept.mean),
            first.step,
            first.timestamp,
            *stored_value(first.value),
            last.step,
            last.timestamp,
            *stored_value(last.value),
        )
    connection.insert(_INSERT, cells)


def delete(connection: Connection, series: Iterable[Series]) -> None:
    """Keep nothing of these series."""
    connection.executemany("DELETE FROM kirok_series WHERE run_uuid = ? AND metric_key = ?", sorted(series))


def one_of(connection: Connection, columns: str, series: Collection[Series]) -> tuple[str, tuple[object, ...]]:
    """The condition that two `columns` name one of some series, and the values it binds."""
    dialect = connection.dialect
    if dialect.kind == "sqlite":
        pairs = "SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(?)"
        return f"({columns}) IN ({pairs})", (dialect.listed(series),)  # type: ignore[arg-type]  # pairs are JSON too
    if dialect.kind == "postgresql":
        runs, keys = zip(*series, strict=True)
        return f"({columns}) IN (SELECT * FROM unnest(?::text[], ?::text[]))", (list(runs), list(keys))
    return f"({columns}) IN ?", (list(series),)


def _found(connection: Connection, condition: str, values: Sequence[object]) -> dict[Series, SeriesStatistics]:
    rows = connection.execute(f"SELECT run_uuid, metric_key, {_KEPT} FROM kirok_series WHERE {condition}", values)
    return {(run_id, key): _statistics(kept) for run_id, key, *kept in rows}


def _statistics(row: Sequence[Any]) -> SeriesStatistics:
    points, numbers, minimum, minimum_step, maximum, maximum_step, mean, *ends = row
    return SeriesStatistics(
        count=points,
        numbers=numbers,
        minimum=_restored(minimum),
        minimum_step=minimum_step,
        maximum=_restored(maximum),
        maximum_step=maximum_step,
        mean=math.nan if mean is None and numbers else _restored(mean),
        first=_point(*ends[:4]),
        last=_point(*ends[4:]),
    )


def _point(step: int, timestamp: int, value: float, is_nan: bool | int) -> SeriesPoint:
    return SeriesPoint(step, timestamp, restored_value(value, is_nan))


def _restored(value: float | None) -> float | None:
    return None if value is None else restored_value(value, False)


def _stored(value: float | None) -> float | None:
    return None if value is None or value != value else stored_value(value)[0]
