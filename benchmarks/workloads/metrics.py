"""log-metric: one request per point, as training loops send them; one run per connection."""

from collections.abc import Iterator
from itertools import count

from benchmarks.client import Client
from benchmarks.exchanges import API, request
from benchmarks.load import Script, play
from benchmarks.measurements import Measurement
from benchmarks.meters import metered
from benchmarks.scale import Scale
from benchmarks.servers import Server

KEY = "loss"
FIRST_STEP = 1_000_000  # seven digits throughout, so that one length fits every request
FIRST_TIMESTAMP = 1_700_000_000_000


def measure(server: Server, scale: Scale) -> Iterator[Measurement]:
    """1 and 32 connections, each case on runs of its own, read back afterwards."""
    client = Client(server.port)
    experiment_id = client.create_experiment("log-metric")
    # Every worker process of the server imports, connects and prepares on its first requests; that isn't measured.
    warm = [client.create_run(experiment_id, f"warm-{i}") for i in range(8)]
    play(server.port, [log_points(run_id) for run_id in warm], cap_s=1.0)
    for connections in (1, 32):
        case = f"log-metric-{connections}"
        if not server.peer.runs(case):
            continue
        run_ids = [client.create_run(experiment_id, f"{case}-{i}") for i in range(connections)]
        with metered(server) as meter:
            load = play(server.port, [log_points(run_id) for run_id in run_ids], cap_s=scale.cap_s)
        stored = sum(len(client.steps(run_id, KEY)) for run_id in run_ids)
        yield meter.rate(case, load, sent=len(load.latencies_s), stored=stored)


def log_points(run_id: str) -> Script:
    """Points without end, no two alike."""
    body = f'{{"run_id":"{run_id}","key":"{KEY}","value":0.%07d,"timestamp":%013d,"step":%07d}}'
    sample = (body % (FIRST_STEP, FIRST_TIMESTAMP, FIRST_STEP)).encode()
    template = request("POST", f"{API}/runs/log-metric", sample).replace(sample, body.encode())
    for number in count():
        yield template % (FIRST_STEP + number, FIRST_TIMESTAMP + number, FIRST_STEP + number)
