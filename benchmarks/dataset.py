"""The runs that are searched: 20 params, 20 metrics and 5 tags each, the same for every server.

Every value is a function of the run's number, so what a search must answer is known without asking anyone.
"""

import random
from functools import lru_cache

import msgspec

from benchmarks.exchanges import post

PARAMS, METRICS, TAGS = 20, 20, 5
START_MS = 1_700_000_000_000


class SampleRun(msgspec.Struct, frozen=True):
    """One run of the data set."""

    number: int
    params: dict[str, str]
    metrics: dict[str, float]
    tags: dict[str, str]

    @property
    def name(self) -> str:
        """Unique in the data set."""
        return f"run-{self.number:06d}"

    @property
    def start_time(self) -> int:
        """Unix milliseconds; later runs start later, so the default order is known."""
        return START_MS + self.number * 1000

    def log_batch(self, run_id: str) -> bytes:
        """The request that logs all of it at once."""
        stamp = self.start_time + 500
        return post(
            "/runs/log-batch",
            {
                "run_id": run_id,
                "params": [{"key": key, "value": value} for key, value in self.params.items()],
                "metrics": [
                    {"key": key, "value": value, "timestamp": stamp, "step": 0} for key, value in self.metrics.items()
                ],
                "tags": [{"key": key, "value": value} for key, value in self.tags.items()],
            },
        )


def sample_run(number: int) -> SampleRun:
    """The run of that number."""
    dice = random.Random(number)
    return SampleRun(
        number=number,
        params={f"param_{i:02d}": str(dice.randrange(10)) for i in range(PARAMS)},
        metrics={f"metric_{i:02d}": round(dice.random(), 12) for i in range(METRICS)},
        tags={f"tag_{i}": f"value {dice.randrange(100)}" for i in range(TAGS)},
    )


@lru_cache(maxsize=2)
def sample_runs(count: int) -> tuple[SampleRun, ...]:
    """The first `count` runs."""
    return tuple(sample_run(number) for number in range(count))


def top_by_metric(count: int, metric: str, limit: int) -> list[str]:
    """The names a search ordered by `metric` descending must answer."""
    ranked = sorted(sample_runs(count), key=lambda run: run.metrics[metric], reverse=True)
    return [run.name for run in ranked[:limit]]


def matching(count: int, metric: str, above: float, param: str, value: str, limit: int) -> list[str]:
    """The names, latest start first, of the runs with `metric` above a threshold and `param` equal to a value."""
    latest_first = reversed(sample_runs(count))
    return [run.name for run in latest_first if run.metrics[metric] > above and run.params[param] == value][:limit]


def point_value(step: int) -> float:
    """The long history's value at a step: a noisy decay, cheap to compute."""
    return round(1000.0 / (step + 1000) + (step * 7919 % 1000) / 1e5, 9)


def point_timestamp(step: int) -> int:
    """The long history's timestamp at a step."""
    return START_MS + step * 10
