"""Charts in SQL."""

from collections.abc import Sequence

from kirok.charts.drawing import Extent, Source, draw_chart
from kirok.charts.segments import Segment
from kirok.entities.charts import Axis, Chart
from kirok.rules.charts import DEFAULT_CHART_WIDTH, check_chart
from kirok.stores.sql.charts.counted import stale_series
from kirok.stores.sql.charts.points import SeriesPoints
from kirok.stores.sql.charts.sealer import Sealer
from kirok.stores.sql.connection import Connection
from kirok.stores.sql.database import Database
from kirok.stores.sql.series.rows import Series

_STARTS = "SELECT run_uuid, start_time FROM runs WHERE run_uuid {among}"
_SEALED = "SELECT run_uuid, metric_key FROM kirok_chunks WHERE run_uuid {among} AND metric_key {among} AND number = 0"
_LOGGED = "SELECT run_uuid, key FROM latest_metrics WHERE run_uuid {among} AND key {among}"


class SqlChartStore:
    """A ChartStore on a SQL database."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer

    def chart(
        self,
        run_ids: Sequence[str],
        keys: Sequence[str],
        *,
        axis: Axis = Axis.STEP,
        x_from: int | None = None,
        x_to: int | None = None,
        width: int = DEFAULT_CHART_WIDTH,
    ) -> Chart:
        """As ChartStore."""
        check_chart(run_ids, keys, x_from, x_to, width)
        with self._database.read() as connection:
            return draw_chart(self._sources(connection, run_ids, keys), axis, x_from, x_to, width)

    def _sources(self, connection: Connection, run_ids: Sequence[str], keys: Sequence[str]) -> list[Source]:
        dialect = connection.dialect
        runs, wanted = dialect.listed(run_ids), dialect.listed(keys)
        starts = dict(connection.execute(_STARTS.format(among=dialect.among), (runs,)).fetchall())

        def series_by(statement: str) -> set[Series]:
            rows = connection.execute(statement.format(among=dialect.among), (runs, wanted))
            return {(run_id, key) for run_id, key in rows}

        logged = series_by(_LOGGED)
        sealed: set[Series] = set()
        stale: set[Series] = set()
        if self._sealer.has_tables(connection):
            sealed, stale = series_by(_SEALED), stale_series(connection, run_ids, keys)
        return [
            _source(
                run_id,
                key,
                starts.get(run_id),
                self._sealer.points(connection, run_id, key, may_be_sealed=(run_id, key) in sealed),
                is_stale=(run_id, key) in stale,
            )
            for run_id in dict.fromkeys(run_ids)
            for key in dict.fromkeys(keys)
            if (run_id, key) in logged
        ]


def _source(run_id: str, key: str, started: int | None, points: SeriesPoints, *, is_stale: bool) -> Source:
    def load(axis: Axis, extent: Extent) -> list[Segment]:
        return points.load(axis, *extent)

    return Source(run_id, key, started, points.extent, load, is_stale)
