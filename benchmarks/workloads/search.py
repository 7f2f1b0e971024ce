"""runs/search on 10,000 runs: no two requests are alike, and each answer is compared with the known one."""

from collections.abc import Iterator

from benchmarks.client import Client, read_run_page, search
from benchmarks.dataset import matching, top_by_metric
from benchmarks.exchanges import BadReply, Reply
from benchmarks.load import Script, keep, play
from benchmarks.measurements import Measurement
from benchmarks.meters import metered, warmed
from benchmarks.scale import Scale
from benchmarks.servers import Server
from benchmarks.stores import SEARCHED

FIRST = 100
PAGE = 1000


def measure(server: Server, scale: Scale) -> Iterator[Measurement]:
    """One connection, one request at a time; a server slower than the cap gets fewer repeats."""
    experiment_id = Client(server.port).experiment_id(SEARCHED)
    yield from _first_by_metric(server, scale, experiment_id)
    yield from _first_by_filter(server, scale, experiment_id)
    yield from _pages(server, scale, experiment_id)


def _first_by_metric(server: Server, scale: Scale, experiment_id: str) -> Iterator[Measurement]:
    metrics = [f"metric_{n:02d}" for n in range(scale.repeats)]
    requests = [search(experiment_id, max_results=FIRST, order_by=[f"metrics.{metric} DESC"]) for metric in metrics]
    expected = [top_by_metric(scale.runs, metric, FIRST) for metric in metrics]
    yield _answered(server, scale, "search-metric", experiment_id, requests, expected)


def _first_by_filter(server: Server, scale: Scale, experiment_id: str) -> Iterator[Measurement]:
    wanted = [(f"metric_{n:02d}", 0.3 + n / 50, f"param_{n + 5:02d}", str(n % 10)) for n in range(scale.repeats)]
    clauses = [f"metrics.{metric} > {above} and params.{param} = '{value}'" for metric, above, param, value in wanted]
    requests = [search(experiment_id, max_results=FIRST, filter=clause) for clause in clauses]
    expected = [matching(scale.runs, *each, FIRST) for each in wanted]
    yield _answered(server, scale, "search-filter", experiment_id, requests, expected)


def _answered(
    server: Server, scale: Scale, case: str, experiment_id: str, requests: list[bytes], expected: list[list[str]]
) -> Measurement:
    replies: list[Reply] = []
    with metered(server) as meter:
        load = play(
            server.port, [warmed(meter, _warm_up(experiment_id), keep(requests, replies))], cap_s=scale.repeat_cap_s
        )
    for reply, names in zip(replies, expected, strict=False):
        found = [row.info.run_name for row in read_run_page(reply).runs]
        if found != names:
            raise BadReply(f"{case}: {len(found)} runs from {found[:3]}, not {len(names)} from {names[:3]}")
    return meter.durations(case, load.latencies_s[1:])


def _pages(server: Server, scale: Scale, experiment_id: str) -> Iterator[Measurement]:
    seen: set[str] = set()

    def walk() -> Script:
        token = ""
        for _ in range(min(scale.repeats, scale.runs // PAGE)):
            page = read_run_page((yield search(experiment_id, max_results=PAGE, page_token=token)))
            whole = [row for row in page.runs if len(row.data.metrics) == len(row.data.params) == 20]
            if len(whole) != PAGE or not seen.isdisjoint(row.info.run_id for row in whole):
                raise BadReply(f"search-page: {len(whole)} whole runs in a page, or some seen before")
            seen.update(row.info.run_id for row in whole)
            token = page.next_page_token

    with metered(server) as meter:
        load = play(server.port, [warmed(meter, _warm_up(experiment_id), walk())], cap_s=scale.repeat_cap_s)
    yield meter.durations("search-page", load.latencies_s[1:])


def _warm_up(experiment_id: str) -> bytes:
    return search(experiment_id, max_results=10)
