"""Charts as JSON, and as columns that a browser maps into typed arrays without parsing them.

The binary form: `kirokch1` in ASCII, the length of a head as a little-endian uint32, four bytes of zero, the head, and
the columns. The head is the JSON form in UTF-8, but for a column it has the number of bytes between the head's end and
the column's start; it ends in as many spaces as make its length a multiple of 8. A column is `rows` little-endian
float64, so each begins at a multiple of 8 from the start of the whole. Integers beyond 2^53 are rounded there.
"""

from __future__ import annotations

import struct
import sys
from array import array
from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct

from kirok.entities import charts as entities
from kirok.wire.numbers import Int64, double

BINARY_TYPE = "application/vnd.kirok.chart"
"""What a request's Accept header asks for the binary form by."""

_MAGIC = b"kirokch1"
_HEAD = struct.Struct("<8sII")


Cell = int | float | str
"""A number, or NaN, Infinity or -Infinity as text."""


class GetChart(Struct, omit_defaults=True, kw_only=True):
    """Which metrics of which runs, along `step`, `time` or `relative`, between two x, in how many buckets."""

    run_ids: list[str] = []
    keys: list[str] = []
    axis: str | None = None
    x_from: Int64 | None = None
    x_to: Int64 | None = None
    width: Int64 | None = None


class ChartSeries(Struct, omit_defaults=True, kw_only=True):
    """One metric of one run.

    Where `is_exact`, the columns are `x` and `value`, a row for each point. Otherwise they are `x_first`, `x_last`,
    `count`, `minimum`, `maximum`, `first`, `last` and `marks`, a row for each bucket that holds points.
    """

    run_id: str
    key: str
    count: int
    is_exact: bool
    rows: int
    columns: dict[str, list[Cell]]
    is_stale: bool = False

    @classmethod
    def of(cls, series: entities.ChartSeries) -> ChartSeries:
        """The JSON form of a record."""
        columns = _columns(series.drawn)
        return cls(
            run_id=series.run_id,
            key=series.key,
            count=series.count,
            is_exact=isinstance(series.drawn, entities.Points),
            rows=len(columns[0][1]),
            columns={name: [double(number) for number in column] for name, column in columns},
            is_stale=series.is_stale,
        )

    def record(self) -> entities.ChartSeries:
        """The record of a JSON form."""
        kind: type[entities.Points] | type[entities.Envelope] = entities.Points if self.is_exact else entities.Envelope
        columns: dict[str, array[Any]] = {
            name: array("q", map(int, self.columns[name]))
            if name in _INTEGERS
            else array("d", map(float, self.columns[name]))
            for name in kind.__struct_fields__
        }
        return entities.ChartSeries(self.run_id, self.key, self.count, kind(**columns), self.is_stale)


_INTEGERS = frozenset({"x", "x_first", "x_last", "count", "marks"})


class Chart(Struct, omit_defaults=True, kw_only=True):
    """Several series over one range of x. The range is absent where there is none."""

    axis: str
    width: int
    series: list[ChartSeries]
    x_from: int | None = None
    x_to: int | None = None

    @classmethod
    def of(cls, chart: entities.Chart) -> Chart:
        """The JSON form of a record."""
        return cls(
            axis=chart.axis.value,
            x_from=chart.x_from,
            x_to=chart.x_to,
            width=chart.width,
            series=[ChartSeries.of(series) for series in chart.series],
        )

    def record(self) -> entities.Chart:
        """The record of a JSON form."""
        return entities.Chart(
            entities.Axis(self.axis), self.x_from, self.x_to, self.width, tuple(each.record() for each in self.series)
        )


def binary(chart: entities.Chart) -> bytes:
    """The binary form of a chart."""
    heads: list[dict[str, object]] = []
    columns: list[bytes] = []
    place = 0
    for series in chart.series:
        places: dict[str, int] = {}
        for name, column in _columns(series.drawn):
            places[name] = place
            columns.append(_float64(column))
            place += len(columns[-1])
        heads.append(
            {
                "run_id": series.run_id,
                "key": series.key,
                "count": series.count,
                "is_exact": isinstance(series.drawn, entities.Points),
                "rows": len(_columns(series.drawn)[0][1]),
                "is_stale": series.is_stale,
                "columns": places,
            }
        )
    range_ = {} if chart.x_from is None else {"x_from": chart.x_from, "x_to": chart.x_to}
    head = msgspec.json.encode({"axis": chart.axis.value, "width": chart.width, **range_, "series": heads})
    head += b" " * (-len(head) % 8)
    return b"".join([_HEAD.pack(_MAGIC, len(head), 0), head, *columns])


def _columns(drawn: entities.Points | entities.Envelope) -> list[tuple[str, Sequence[float]]]:
    return [(name, getattr(drawn, name)) for name in drawn.__struct_fields__]


def _float64(column: Sequence[float]) -> bytes:
    numbers = array("d", column)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tobytes()
