"""Points and series as JSON."""

from msgspec import Struct

from kirok.entities import metrics as entities
from kirok.wire.names import NamesRun
from kirok.wire.numbers import Double, Int64, double


# Points are outside garbage collection: they hold no containers, and are made by the thousand.
class Metric(Struct, omit_defaults=True, gc=False):
    """A point in a response. Timestamp in milliseconds; the step is always sent, as MLflow does."""

    key: str
    value: Double
    timestamp: int
    step: int | None = None
    model_id: str | None = None
    dataset_name: str | None = None
    dataset_digest: str | None = None
    run_id: str | None = None

    @classmethod
    def of(cls, point: entities.Metric) -> "Metric":
        """The JSON form of a record."""
        return cls(
            point.key,
            double(point.value),
            point.timestamp,
            point.step,
            point.model_id,
            point.dataset_name,
            point.dataset_digest,
            point.run_id,
        )

    def record(self) -> entities.Metric:
        """The record of a JSON form."""
        return entities.Metric(
            self.key,
            float(self.value),
            self.timestamp,
            self.step or 0,
            self.model_id,
            self.dataset_name,
            self.dataset_digest,
            self.run_id,
        )


class LoggedMetric(Struct, omit_defaults=True, gc=False):
    """A point in a request: the value may be a number, numeric text, or NaN, Infinity, -Infinity as text."""

    key: str
    value: float
    timestamp: Int64
    step: Int64 | None = None
    model_id: str | None = None
    dataset_name: str | None = None
    dataset_digest: str | None = None

    def record(self) -> entities.Metric:
        """The record of a JSON form."""
        return _logged(self)


class LogMetric(NamesRun, omit_defaults=True, kw_only=True):
    key: str
    value: float
    timestamp: Int64
    step: Int64 | None = None
    model_id: str | None = None
    dataset_name: str | None = None
    dataset_digest: str | None = None

    def record(self) -> entities.Metric:
        """The point as a record."""
        return _logged(self)


def _logged(given: LoggedMetric | LogMetric) -> entities.Metric:
    return entities.Metric(
        given.key,
        given.value,
        given.timestamp,
        given.step or 0,
        given.model_id,
        given.dataset_name,
        given.dataset_digest,
    )


class GetHistory(NamesRun, omit_defaults=True, kw_only=True):
    metric_key: str
    page_token: str | None = None
    max_results: Int64 | None = None


class MetricsPage(Struct, omit_defaults=True):
    metrics: list[Metric] = []
    next_page_token: str | None = None


class GetBulkHistory(Struct, omit_defaults=True, kw_only=True):
    run_id: list[str] = []
    metric_key: str
    max_results: Int64 | None = None


class BulkPoint(Struct):
    """A point of one of several runs. NaN is a bare token in this one answer, as MLflow's is."""

    key: str
    run_id: str
    step: int
    timestamp: int
    value: float


class BulkHistory(Struct):
    metrics: list[BulkPoint]


class GetSampledHistory(Struct, omit_defaults=True, kw_only=True):
    run_ids: list[str] = []
    metric_key: str
    start_step: Int64 | None = None
    end_step: Int64 | None = None
    max_results: Int64 | None = None
