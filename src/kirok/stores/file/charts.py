"""Charts of what lies in a folder, drawn from the points: a series is one file, read at one go."""

from collections.abc import Sequence

from kirok.base.errors import NotFound
from kirok.charts.drawing import Source, draw_chart, source_of
from kirok.entities.charts import Axis, Chart
from kirok.rules.charts import DEFAULT_CHART_WIDTH, check_chart
from kirok.rules.values import restored_value
from kirok.stores.file.faults import on_files
from kirok.stores.file.folder import Folder
from kirok.stores.file.metrics import FileMetricStore


class FileChartStore:
    """A ChartStore in a folder."""

    def __init__(self, folder: Folder, metrics: FileMetricStore) -> None:
        self._folder = folder
        self._metrics = metrics
        self.root = folder.layout.root

    @on_files
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
        sources: list[Source] = []
        for run_id in dict.fromkeys(run_ids):
            try:
                started = self._folder.run_info(run_id).start_time
            except NotFound:
                continue
            for key in dict.fromkeys(keys):
                ranks = self._metrics.ranks(run_id, key)
                if ranks:
                    points = ((step, time, restored_value(value, is_nan)) for step, time, value, is_nan in ranks)
                    sources.append(source_of(run_id, key, started, points))
        return draw_chart(sources, axis, x_from, x_to, width)
