"""How much one request may ask for."""

from collections.abc import Sequence

from kirok.base.errors import InvalidParameter, MissingParameter

MAX_RUNS_PAGE = 50_000
MAX_EXPERIMENTS_PAGE = 50_000
MAX_BULK_RUNS = 100
MAX_BULK_POINTS = 25_000
MAX_SAMPLED_POINTS = 2_500
MAX_STATISTICS_RUNS = 1_000
MAX_STATISTICS_KEYS = 1_000
MAX_DATASET_EXPERIMENTS = 20
MAX_DATASET_SUMMARIES = 1_000


def check_max_results(max_results: int, limit: int | None = None) -> None:
    """Refuse a page size outside 1 to `limit`."""
    if max_results < 1:
        raise InvalidParameter(
            f"Invalid value {max_results} for parameter 'max_results' supplied. It must be a positive integer"
        )
    if limit is not None and max_results > limit:
        raise InvalidParameter(
            f"Invalid value {max_results} for parameter 'max_results' supplied. It must be at most {limit}"
        )


def check_run_ids(run_ids: Sequence[str], name: str, limit: int = MAX_BULK_RUNS) -> None:
    """Refuse a bulk read of no run or of too many."""
    if not run_ids:
        raise MissingParameter(name)
    if len(run_ids) > limit:
        raise InvalidParameter(
            f"GET request must specify at most {limit} {name} values. Received {len(run_ids)} {name} values."
        )


def check_statistics_request(run_ids: Sequence[str], keys: Sequence[str] | None) -> None:
    """Refuse to be asked for the statistics of no run, of too many runs, or of too many metrics."""
    if not run_ids:
        raise MissingParameter("run_ids")
    for given, limit, name in (
        (run_ids, MAX_STATISTICS_RUNS, "run_ids"),
        (keys or (), MAX_STATISTICS_KEYS, "keys"),
    ):
        if len(given) > limit:
            raise InvalidParameter(f"A request may name at most {limit} {name}; this one names {len(given)}. Split it.")


def check_step_range(start_step: int | None, end_step: int | None) -> None:
    """Refuse half a range, or one that ends before it starts."""
    if (start_step is None) != (end_step is None):
        raise InvalidParameter("If either start step or end step are specified, both must be specified.")
    if start_step is not None and end_step is not None and start_step > end_step:
        raise InvalidParameter(
            f"end_step must be greater than start_step. Found start_step={start_step} and end_step={end_step}."
        )
