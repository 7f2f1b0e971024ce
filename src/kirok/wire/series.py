"""Statistics of series as JSON."""

from msgspec import Struct

from kirok.entities import series as entities
from kirok.wire.numbers import Double, double


class GetSeriesStatistics(Struct, omit_defaults=True, kw_only=True):
    """Without `keys`, every metric of the runs."""

    run_ids: list[str] = []
    keys: list[str] | None = None


class SeriesPoint(Struct):
    """A point of a series. Timestamp in milliseconds."""

    step: int
    timestamp: int
    value: Double

    @classmethod
    def of(cls, point: entities.SeriesPoint) -> "SeriesPoint":
        """The JSON form of a record."""
        return cls(point.step, point.timestamp, double(point.value))

    def record(self) -> entities.SeriesPoint:
        """The record of a JSON form."""
        return entities.SeriesPoint(self.step, self.timestamp, float(self.value))


class Series(Struct, omit_defaults=True, kw_only=True):
    """One series of one run. Fields that a series of NaN alone does not have are absent."""

    run_id: str
    key: str
    count: int
    numbers: int
    first: SeriesPoint
    last: SeriesPoint
    minimum: Double | None = None
    minimum_step: int | None = None
    maximum: Double | None = None
    maximum_step: int | None = None
    mean: Double | None = None
    is_stale: bool = False

    @classmethod
    def of(cls, run_id: str, key: str, found: entities.SeriesStatistics) -> "Series":
        """The JSON form of a record."""
        return cls(
            run_id=run_id,
            key=key,
            count=found.count,
            numbers=found.numbers,
            first=SeriesPoint.of(found.first),
            last=SeriesPoint.of(found.last),
            minimum=_double(found.minimum),
            minimum_step=found.minimum_step,
            maximum=_double(found.maximum),
            maximum_step=found.maximum_step,
            mean=_double(found.mean),
            is_stale=found.is_stale,
        )

    def record(self) -> entities.SeriesStatistics:
        """The record of a JSON form."""
        return entities.SeriesStatistics(
            count=self.count,
            numbers=self.numbers,
            minimum=_float(self.minimum),
            minimum_step=self.minimum_step,
            maximum=_float(self.maximum),
            maximum_step=self.maximum_step,
            mean=_float(self.mean),
            first=self.first.record(),
            last=self.last.record(),
            is_stale=self.is_stale,
        )


class SeriesList(Struct):
    """The series found, by the order of the runs asked for, then by key."""

    series: list[Series]


def _double(value: float | None) -> Double | None:
    return None if value is None else double(value)


def _float(value: Double | None) -> float | None:
    return None if value is None else float(value)
