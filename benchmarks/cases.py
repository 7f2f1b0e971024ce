"""The rows of the table: what is measured, in which unit, and what kirok means to reach."""

import msgspec

from benchmarks.measurements import Summary


class Case(msgspec.Struct, frozen=True):
    """One row. The target is `factor` times the figure of `rival`, or the plain figure `factor`."""

    name: str
    title: str
    unit: str
    factor: float | None = None
    rival: str = ""
    target: str = ""  # the same in words

    @property
    def higher_is_better(self) -> bool:
        """Rates; durations and sizes are the other way."""
        return self.unit.endswith("/s")

    def is_met(self, kirok: Summary, rival: Summary | None) -> bool | None:
        """None where there is no target, or the rival wasn't measured."""
        if self.factor is None or (self.rival and rival is None):
            return None
        limit = self.factor * (rival.median if rival else 1.0)
        return kirok.median >= limit if self.higher_is_better else kirok.median <= limit


FTML, MLFLOW = "fasttrackml", "mlflow"
THIRD = 1 / 3

CASES = (
    Case("log-metric-1", "log-metric, 1 connection", "req/s", 2, FTML, "≥ 2 × fasttrackml"),
    Case("log-metric-32", "log-metric, 32 connections", "req/s", 6, FTML, "≥ 6 × fasttrackml"),
    Case("log-batch-1", "log-batch of 1000, 1 run", "metrics/s", 2, FTML, "≥ 2 × fasttrackml"),
    Case("log-batch-8", "log-batch of 1000, 8 runs at once", "metrics/s", 4, FTML, "≥ 4 × fasttrackml"),
    Case("runs-8", "create, log 20 + 20 + 5, finish; 8 at once", "runs/s", 5, FTML, "≥ 5 × fasttrackml"),
    Case("search-metric", "search: first 100 by a metric", "ms", THIRD, FTML, "≤ 1/3 of fasttrackml"),
    Case("search-filter", "search: metric and param filter", "ms", THIRD, FTML, "≤ 1/3 of fasttrackml"),
    Case("search-page", "search: a page of 1000", "ms", THIRD, FTML, "≤ 1/3 of fasttrackml"),
    Case("ingest", "ingest of one key, 1 connection", "metrics/s"),
    Case("history-walk", "history: all points", "ms", THIRD, FTML, "≤ 1/3 of fasttrackml"),
    Case("history-interval", "history: bulk-interval 2,500", "ms", 1 / 20, MLFLOW, "≤ 1/20 of mlflow"),
    Case("history-chart", "history: chart of 2,000 columns", "ms", 50, "", "≤ 50 ms"),
    Case("artifacts-put", "artifact proxy: upload of one big file", "MB/s", 1.5, MLFLOW, "≥ 1.5 × mlflow"),
    Case("artifacts-get", "artifact proxy: download of it", "MB/s", 1.5, MLFLOW, "≥ 1.5 × mlflow"),
    Case("artifacts-memory", "... growth of server memory", "MiB", 64, "", "< 64 MiB"),
    Case("artifacts-memory-8", "... of 8 such files at once", "MiB", 64, "", "< 64 MiB"),
    Case("bucket-put", "artifact proxy to S3: upload, times obstore's alone", "×", 1.3, "", "≤ 1.3 ×"),
    Case("bucket-get", "artifact proxy to S3: download, times obstore's alone", "×", 1.3, "", "≤ 1.3 ×"),
    Case("artifacts-files-put", "artifact proxy: small files stored", "files/s"),
    Case("artifacts-files", "artifact proxy: small files fetched", "files/s", 30, MLFLOW, "≥ 30 × mlflow"),
    Case("folder-put", "a folder of 10 KiB files: log_artifacts", "files/s", 10, MLFLOW, "≥ 10 × mlflow"),
    Case("folder-get", "... download_artifacts", "files/s", 10, MLFLOW, "≥ 10 × mlflow"),
    Case("startup-health", "exec to first /health", "s", 1, "", "≤ 1 s"),
    Case("startup-memory", "memory when idle (PSS of the tree)", "MB", 130, "", "≤ 130 MB"),
    Case("startup-cpu", "CPU until idle", "s", 1.5, "", "≤ 1.5 s"),
)
