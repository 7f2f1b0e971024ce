"""What was measured: one record per server, round and case; medians over all of a case's values."""

import statistics
from collections.abc import Iterable

import msgspec


class Measurement(msgspec.Struct, frozen=True):
    """One case on one server in one round. `values` are in the case's unit, one per repeat."""

    case: str
    values: tuple[float, ...]
    p50_ms: float | None = None
    p99_ms: float | None = None
    server_cpu_us: float | None = None  # per operation, of the whole process tree
    generator_cpu_us: float | None = None  # per operation
    sent: int = 0
    lost: int = 0  # acknowledged and not found when read back


class Failure(msgspec.Struct, frozen=True):
    """Why a workload gave no figures."""

    workload: str
    reason: str


class Summary(msgspec.Struct, frozen=True):
    """All rounds of one case on one server."""

    median: float
    least: float
    most: float
    repeats: int
    p50_ms: float | None
    p99_ms: float | None
    server_cpu_us: float | None
    generator_cpu_us: float | None
    sent: int
    lost: int


def summarize(measurements: Iterable[Measurement]) -> Summary | None:
    """None when nothing was measured."""
    found = list(measurements)
    values = [value for each in found for value in each.values]
    if not values:
        return None
    return Summary(
        median=statistics.median(values),
        least=min(values),
        most=max(values),
        repeats=len(values),
        p50_ms=_median(each.p50_ms for each in found),
        p99_ms=_median(each.p99_ms for each in found),
        server_cpu_us=_median(each.server_cpu_us for each in found),
        generator_cpu_us=_median(each.generator_cpu_us for each in found),
        sent=sum(each.sent for each in found),
        lost=sum(each.lost for each in found),
    )


def _median(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else None
