"""Records in this process's memory: the executable specification of `kirok.stores.protocols`.

The shortest code that keeps every promise but durability; other stores are tested against it.
"""

from kirok.base.clock import Clock, now_ms
from kirok.stores.memory.charts import MemoryChartStore
from kirok.stores.memory.experiments import MemoryExperimentStore
from kirok.stores.memory.metrics import MemoryMetricStore
from kirok.stores.memory.records import Records
from kirok.stores.memory.runs import MemoryRunStore
from kirok.stores.memory.series import MemorySeriesStore
from kirok.stores.protocols import Stores


def open_memory(artifact_root: str = "./mlruns", *, truncate_long_values: bool = True, clock: Clock = now_ms) -> Stores:
    """An empty store with MLflow's experiment `Default`, number 0. It ends with the process."""
    records = Records(artifact_root, truncate_long_values=truncate_long_values, clock=clock)
    return Stores(
        experiments=MemoryExperimentStore(records),
        runs=MemoryRunStore(records),
        metrics=MemoryMetricStore(records),
        close=lambda: None,
        kind="memory",
        series=MemorySeriesStore(records),
        charts=MemoryChartStore(records),
    )
