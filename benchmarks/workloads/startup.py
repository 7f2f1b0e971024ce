"""From exec to the first answer, and what the server costs before it has done anything."""

from collections.abc import Iterator

from benchmarks.measurements import Measurement
from benchmarks.scale import Scale
from benchmarks.servers import Server


def measure(server: Server, scale: Scale) -> Iterator[Measurement]:
    """On an empty store, so that making the schema is part of it, as on anyone's first start."""
    yield Measurement("startup-health", (server.start_s,))
    cpu_s = server.await_idle(scale.idle_cap_s)
    usage = server.tree.usage()
    if cpu_s is not None and usage is not None:
        yield Measurement("startup-cpu", (cpu_s,))
        yield Measurement("startup-memory", (usage.pss_bytes / 1e6,))
