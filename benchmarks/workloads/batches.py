"""log-batch: 1000 metrics a request (10 keys, 100 steps each), the most that MLflow accepts."""

from collections.abc import Iterator

from benchmarks.client import Client
from benchmarks.exchanges import post
from benchmarks.load import discard, play
from benchmarks.measurements import Measurement
from benchmarks.meters import metered
from benchmarks.scale import Scale
from benchmarks.servers import Server

KEYS, STEPS = 10, 100
SIZE = KEYS * STEPS
# Built before the play; at 90 KB each they bound the generator's memory, and a play that uses them up just ends.
PREPARED = 960


def measure(server: Server, scale: Scale) -> Iterator[Measurement]:
    """1 and 8 runs at once, a connection each; every point is read back."""
    client = Client(server.port)
    experiment_id = client.create_experiment("log-batch")
    for runs in (1, 8):
        run_ids = [client.create_run(experiment_id, f"batch-{runs}-{i}") for i in range(runs)]
        prepared = [[batch(run_id, n) for n in range(PREPARED // runs)] for run_id in run_ids]
        with metered(server) as meter:
            load = play(server.port, [discard(each) for each in prepared], cap_s=scale.batch_cap_s)
        stored = sum(len(client.steps(run_id, f"metric_{key}")) for run_id in run_ids for key in range(KEYS))
        yield meter.rate(f"log-batch-{runs}", load, sent=len(load.latencies_s) * SIZE, stored=stored, per_reply=SIZE)


def batch(run_id: str, number: int) -> bytes:
    """The `number`th 1000 points of a run."""
    steps = range(number * STEPS, (number + 1) * STEPS)
    points = [
        {"key": f"metric_{key}", "value": 1 / (step + key + 1), "timestamp": 1_700_000_000_000 + step, "step": step}
        for step in steps
        for key in range(KEYS)
    ]
    return post("/runs/log-batch", {"run_id": run_id, "metrics": points})
