"""`python -m benchmarks.search_growth URI...`: what the first page of a search costs as runs grow tenfold.

Each URI names a new database that kirok can open; it is filled with rows, searched, filled up to ten times as many, and
searched again. The figures are those of the store, without HTTP, reading and encoding the page included.
"""

import argparse
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.dataset import SampleRun, sample_run
from kirok.stores.open import open_stores
from kirok.stores.protocols import Stores

SIZES = (10_000, 100_000)
_CHUNK = 2_000
_REPEATS = 15


class Search(NamedTuple):
    """One search, of which the first 100 runs are read."""

    name: str
    filter_string: str = ""
    order_by: tuple[str, ...] = ()


SEARCHES = (
    Search("newest first"),
    Search("by a metric", order_by=("metrics.metric_03 DESC",)),
    Search("metric and param filter", "metrics.metric_07 > 0.5 AND params.param_11 = '3'"),
    Search("both", "metrics.metric_07 > 0.5 AND params.param_11 = '3'", ("metrics.metric_03",)),
    Search("statistics filter", "min(metrics.metric_07) < 0.5"),
    Search("by statistics", order_by=("max(metrics.metric_03) DESC",)),
    Search("by a param", order_by=("params.param_02",)),
    Search("rare filter", "params.param_01 = 'none'"),
    Search("common words", "text CONTAINS 'value 17'"),
    Search("rare words", "text CONTAINS 'run-000777'"),
    Search("regular expression", "run_name RLIKE '77$'"),
)

_COLUMNS = {
    "runs": "run_uuid, name, source_type, source_name, entry_point_name, user_id, status, start_time, end_time, "
    "source_version, lifecycle_stage, artifact_uri, experiment_id",
    "params": "key, value, run_uuid",
    "tags": "key, value, run_uuid",
    "metrics": "key, value, timestamp, run_uuid, step, is_nan",
    "latest_metrics": "key, value, timestamp, step, is_nan, run_uuid",
    "kirok_series": "run_uuid, metric_key, points, numbers, minimum, minimum_step, maximum, maximum_step, mean, "
    "first_step, first_timestamp, first_value, first_is_nan, last_step, last_timestamp, last_value, last_is_nan",
}


def fill(uri: str, start: int, end: int) -> None:
    """Put the sample runs from number `start` to before `end` into experiment 0, as rows."""
    connection = _sqlite(uri) if uri.startswith("sqlite:") else _postgresql(uri)
    with closing(connection):
        for at in range(start, end, _CHUNK):
            runs = [sample_run(number) for number in range(at, min(at + _CHUNK, end))]
            for table, columns in _COLUMNS.items():
                rows = [row for run in runs for row in _rows(table, run)]
                if isinstance(connection, sqlite3.Connection):
                    marks = ", ".join("?" * len(rows[0]))
                    connection.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", rows)
                else:
                    with connection.cursor().copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                        for row in rows:
                            copy.write_row(row)
            connection.commit()
        connection.execute("ANALYZE")
        connection.commit()


def _sqlite(uri: str) -> sqlite3.Connection:
    connection = sqlite3.connect(uri.removeprefix("sqlite:///"))
    for pragma in ("synchronous = OFF", "cache_size = -1000000"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def _postgresql(uri: str) -> Any:
    import psycopg

    return psycopg.connect(uri)


def _rows(table: str, run: SampleRun) -> Iterator[tuple[object, ...]]:
    # Scattered ids, as MLflow's random ones.
    run_id = f"{(run.number + 1) * 0x9E3779B97F4A7C15F39CC0605CEDC835 % (1 << 128):032x}"
    stamp = run.start_time + 500
    match table:
        case "runs":
            ends = (run.start_time, run.start_time + 1000)
            place = f"mlflow-artifacts:/0/{run_id}/artifacts"
            yield (run_id, run.name, "UNKNOWN", "", "", "bench", "FINISHED", *ends, "", "active", place, 0)
        case "params":
            yield from ((key, value, run_id) for key, value in run.params.items())
        case "tags":
            yield ("mlflow.runName", run.name, run_id)
            yield from ((key, value, run_id) for key, value in run.tags.items())
        case "metrics":
            yield from ((key, value, stamp, run_id, 0, False) for key, value in run.metrics.items())
        case "latest_metrics":
            yield from ((key, value, stamp, 0, False, run_id) for key, value in run.metrics.items())
        case _:
            for key, value in run.metrics.items():
                yield (run_id, key, 1, 1, value, 0, value, 0, value, *(0, stamp, value, False) * 2)


def measure(stores: Stores, search: Search) -> float:
    """Milliseconds that the first page takes at the least: what else the machine does only adds to it."""
    read: Callable[..., object] = stores.encoded.search_runs if stores.encoded else stores.runs.search_runs
    times = []
    for _ in range(_REPEATS):
        began = time.perf_counter()
        read(["0"], filter_string=search.filter_string, order_by=search.order_by, max_results=100)
        times.append((time.perf_counter() - began) * 1000)
        if sum(times) > 5_000:
            break
    return min(times)


def compare(uri: str, sizes: Sequence[int]) -> None:
    """Fill the database to each size in turn, and print what each search costs at each."""
    filled = 0
    costs: dict[Search, list[float]] = {search: [] for search in SEARCHES}
    for size in sizes:
        open_stores(uri, artifact_root="mlflow-artifacts:/").close()
        fill(uri, filled, size)
        filled = size
        stores = open_stores(uri, artifact_root="mlflow-artifacts:/")
        for search in SEARCHES:
            costs[search].append(measure(stores, search))
        stores.close()
    print(f"| {uri.partition(':')[0]}: first 100 runs | {' | '.join(f'{size:,} runs' for size in sizes)} | ratio |")
    print("|---" * (len(sizes) + 2) + "|")
    for search, (first, *_, last) in costs.items():
        row = " | ".join(f"{cost:.1f} ms" for cost in costs[search])
        print(f"| {search.name} | {row} | {last / first:.1f} |")


def main() -> int:
    """0 whatever the figures are: this measures, it doesn't judge."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.search_growth", description=__doc__)
    parser.add_argument("uris", nargs="*", metavar="URI", help="A new database. [default: a SQLite file]")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="Runs, growing.")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for uri in chosen.uris or [f"sqlite:///{Path(folder) / 'growth.db'}"]:
            compare(uri, chosen.sizes)
    return 0


if __name__ == "__main__":
    sys.exit(main())
