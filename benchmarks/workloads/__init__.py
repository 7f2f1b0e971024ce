"""The workloads, each named in `--only`; those of FRESH run on an empty store, those of FILLED on a full one."""

from collections.abc import Callable, Iterator

from benchmarks.measurements import Measurement
from benchmarks.scale import Scale
from benchmarks.servers import Server
from benchmarks.workloads import artifacts, batches, bucket, folders, history, metrics, runs, search, startup

Workload = Callable[[Server, Scale], Iterator[Measurement]]

# Startup comes first: it awaits the idle state in which the others begin.
FRESH: dict[str, Workload] = {
    "startup": startup.measure,
    "log-metric": metrics.measure,
    "log-batch": batches.measure,
    "runs": runs.measure,
    "ingest": history.measure_ingest,
    "artifacts": artifacts.measure,
    "folders": folders.measure,
    "bucket": bucket.measure,
}
FILLED: dict[str, Workload] = {"search": search.measure, "history": history.measure_reads}
