"""Charts of what lies in memory."""

from collections.abc import Sequence

from kirok.charts.drawing import draw_chart, source_of
from kirok.entities.charts import Axis, Chart
from kirok.rules.charts import DEFAULT_CHART_WIDTH, check_chart
from kirok.rules.values import restored_value
from kirok.stores.memory.records import Records, whole


class MemoryChartStore:
    """A ChartStore in this process's memory, which draws from the points."""

    def __init__(self, records: Records) -> None:
        self.records = records

    @whole
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
        runs = [self.records.runs[run_id] for run_id in dict.fromkeys(run_ids) if run_id in self.records.runs]
        sources = [
            source_of(
                run.info.run_id,
                key,
                run.info.start_time,
                [(step, time, restored_value(value, is_nan)) for step, time, value, is_nan in sorted(run.series[key])],
            )
            for run in runs
            for key in dict.fromkeys(keys)
            if key in run.series
        ]
        return draw_chart(sources, axis, x_from, x_to, width)
