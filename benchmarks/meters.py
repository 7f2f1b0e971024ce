"""Takes the server's CPU around a play and turns both into a measurement."""

import contextlib
from collections.abc import Iterator

from benchmarks.load import Load
from benchmarks.measurements import Measurement
from benchmarks.servers import Server


class Meter:
    """CPU of the server's process tree between two moments; kernel ticks are 10 ms, so short plays are coarse."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._before = server.tree.cpu_s()
        self._used: float | None = None

    def stop(self) -> None:
        """Marks the second moment."""
        after = self._server.tree.cpu_s()
        self._used = None if after is None or self._before is None else after - self._before

    def rate(self, case: str, load: Load, *, sent: int, stored: int, per_reply: float = 1.0) -> Measurement:
        """A case whose figure is operations a second; a reply stands for `per_reply` operations."""
        return self._measurement(case, (load.rate * per_reply,), load, per_reply, sent, stored)

    def durations(self, case: str, values_ms: tuple[float, ...], load: Load) -> Measurement:
        """A case whose figure is milliseconds; only reads, so nothing can be lost."""
        return self._measurement(case, values_ms, load, 1.0, 0, 0)

    def _measurement(
        self, case: str, values: tuple[float, ...], load: Load, per_reply: float, sent: int, stored: int
    ) -> Measurement:
        operations = max(1.0, len(load.latencies_s) * per_reply)
        return Measurement(
            case,
            values,
            p50_ms=load.percentile_ms(50),
            p99_ms=load.percentile_ms(99),
            server_cpu_us=None if self._used is None else self._used / operations * 1e6,
            generator_cpu_us=load.generator_cpu_s / operations * 1e6,
            sent=sent,
            lost=sent - stored,
        )


@contextlib.contextmanager
def metered(server: Server) -> Iterator[Meter]:
    """Meters what happens inside the block."""
    meter = Meter(server)
    yield meter
    meter.stop()
