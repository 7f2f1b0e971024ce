"""Whole runs: create, log 20 params, 20 metrics and 5 tags in one batch, finish; 8 at once."""

from collections.abc import Iterator
from itertools import count

from benchmarks.client import Client, create_run, finish_run, run_id_of
from benchmarks.dataset import sample_run
from benchmarks.load import Script, play
from benchmarks.measurements import Measurement
from benchmarks.meters import metered
from benchmarks.scale import Scale
from benchmarks.servers import Server

CONNECTIONS = 8
REQUESTS_PER_RUN = 3
# Prepared templates, reused in turn: what a run holds may repeat, the run itself doesn't.
TEMPLATES = 256
PLACE = "0" * 32


def measure(server: Server, scale: Scale) -> Iterator[Measurement]:
    """Runs a second; latencies are those of single requests. The finished runs are counted and sized by a search."""
    client = Client(server.port)
    experiment_id = client.create_experiment("runs")
    templates = [sample_run(number).log_batch(PLACE) for number in range(TEMPLATES)]
    numbers = count()
    finished: list[str] = []

    def whole_runs() -> Script:
        for number in numbers:
            run_id = run_id_of(
                (yield create_run(experiment_id, f"run-{number}", start_time=1_700_000_000_000 + number))
            )
            yield templates[number % TEMPLATES].replace(PLACE.encode(), run_id.encode(), 1)
            yield finish_run(run_id, end_time=1_700_000_001_000 + number)
            finished.append(run_id)

    with metered(server) as meter:
        load = play(server.port, [whole_runs() for _ in range(CONNECTIONS)], cap_s=scale.batch_cap_s)
    whole = {
        row.info.run_id
        for row in client.search_runs(experiment_id)
        if len(row.data.params) == len(row.data.metrics) == 20 and len(row.data.tags) >= 5
    }
    stored = len(whole & set(finished))
    yield meter.rate("runs-8", load, sent=len(finished), stored=stored, per_reply=1 / REQUESTS_PER_RUN)
