"""Takes the server's CPU around a play and turns both into a measurement."""

import contextlib
from collections.abc import Iterator, Sequence

from benchmarks.load import Load, Script, percentile_ms
from benchmarks.measurements import Measurement
from benchmarks.servers import Server


class Meter:
    """CPU of the server's process tree between two moments; kernel ticks are 10 ms, so short plays are coarse."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._before = server.tree.cpu_s()
        self._used: float | None = None

    def restart(self) -> None:
        """Makes now the first moment."""
        self._before = self._server.tree.cpu_s()

    def stop(self) -> None:
        """Makes now the second moment."""
        after = self._server.tree.cpu_s()
        self._used = None if after is None or self._before is None else after - self._before

    def rate(self, case: str, load: Load, *, sent: int, stored: int, per_reply: float = 1.0) -> Measurement:
        """A case whose figure is operations a second; a reply stands for `per_reply` operations."""
        operations = max(1.0, len(load.latencies_s) * per_reply)
        return Measurement(
            case,
            (load.rate * per_reply,),
            p50_ms=percentile_ms(load.latencies_s, 50),
            p99_ms=percentile_ms(load.latencies_s, 99),
            server_cpu_us=self._cpu_us(operations),
            generator_cpu_us=load.generator_cpu_s / operations * 1e6,
            sent=sent,
            lost=sent - stored,
        )

    def durations(self, case: str, durations_s: Sequence[float]) -> Measurement:
        """A case whose figure is milliseconds, one value per operation; only reads, so nothing can be lost."""
        return Measurement(
            case,
            tuple(each * 1e3 for each in durations_s),
            p50_ms=percentile_ms(durations_s, 50),
            p99_ms=percentile_ms(durations_s, 99),
            server_cpu_us=self._cpu_us(max(1, len(durations_s))),
        )

    def _cpu_us(self, operations: float) -> float | None:
        return None if self._used is None else self._used / operations * 1e6


@contextlib.contextmanager
def metered(server: Server) -> Iterator[Meter]:
    """Meters what happens inside the block."""
    meter = Meter(server)
    yield meter
    meter.stop()


def warmed(meter: Meter, warm_up: bytes, script: Script) -> Script:
    """Plays a script after one request more, whose cost the meter forgets.

    It has to be on the same connection, which decides which of several worker processes answers.
    The first latency of the load is the warm-up's.
    """
    yield warm_up
    meter.restart()
    yield from script
