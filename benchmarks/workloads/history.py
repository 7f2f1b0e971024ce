"""One long metric: how fast it is taken in, read back whole, and thinned out for a chart."""

from collections.abc import Iterator
from urllib.parse import urlencode

import msgspec

from benchmarks.client import Client, get_history, read_history_page
from benchmarks.exchanges import API, BadReply, Reply, request
from benchmarks.load import Script, discard, keep, play
from benchmarks.measurements import Measurement
from benchmarks.meters import metered, warmed
from benchmarks.scale import Scale
from benchmarks.servers import Server
from benchmarks.stores import BATCH, LONG, LONG_KEY, point_batch

INTERVAL = 2500
CHART_WIDTH = 2000
# Built before the play, as 16 MB of requests; a play that uses them up just ends.
PREPARED_POINTS = 200_000


def measure_ingest(server: Server, scale: Scale) -> Iterator[Measurement]:
    """Batches of 1000 points of one key on one connection, until all are in or the cap is reached."""
    client = Client(server.port)
    run_id = client.create_run(client.create_experiment("ingest"), "ingest")
    batches = [point_batch(run_id, first) for first in range(0, min(scale.points, PREPARED_POINTS), BATCH)]
    with metered(server) as meter:
        load = play(server.port, [discard(batches)], cap_s=scale.ingest_cap_s)
    stored = len(client.steps(run_id, LONG_KEY))
    yield meter.rate("ingest", load, sent=len(load.latencies_s) * BATCH, stored=stored, per_reply=BATCH)


def measure_reads(server: Server, scale: Scale) -> Iterator[Measurement]:
    """The walk counts waiting for pages, not decoding them; it is done once a round."""
    client = Client(server.port)
    run_id = client.find_run(client.experiment_id(LONG))
    if server.peer.runs("history-interval"):
        yield _interval(server, scale, run_id)
    if server.peer.runs("history-chart"):
        yield _chart(server, scale, run_id)
    yield _walk(server, scale, run_id)


def _walk(server: Server, scale: Scale, run_id: str) -> Measurement:
    steps: set[int] = set()

    def pages() -> Script:
        token = ""
        while True:
            page = read_history_page((yield get_history(run_id, LONG_KEY, page_token=token)))
            steps.update(point.step for point in page.metrics)
            token = page.next_page_token
            if not token:
                return

    with metered(server) as meter:
        load = play(server.port, [pages()])
    if len(steps) != scale.points:
        raise BadReply(f"history-walk: {len(steps)} of {scale.points} points came back")
    return meter.durations("history-walk", [sum(load.latencies_s)])


def _interval(server: Server, scale: Scale, run_id: str) -> Measurement:
    # The page size differs a little from request to request, so that no answer can be a remembered one.
    sizes = [INTERVAL - 1 - n for n in range(scale.repeats)]
    requests = [_bulk_interval(run_id, size) for size in sizes]
    replies: list[Reply] = []
    with metered(server) as meter:
        load = play(
            server.port, [warmed(meter, _bulk_interval(run_id, 100), keep(requests, replies))], cap_s=scale.repeat_cap_s
        )
    for reply, size in zip(replies, sizes, strict=False):
        points = msgspec.json.decode(reply.body)["metrics"]
        # MLflow adds the last point when sampling missed it.
        if not size <= len(points) <= size + 1 or points[-1]["step"] != scale.points - 1:
            raise BadReply(f"history-interval: {len(points)} points for {size}, last {points[-1:]}")
    return meter.durations("history-interval", load.latencies_s[1:])


def _chart(server: Server, scale: Scale, run_id: str) -> Measurement:
    widths = [CHART_WIDTH - n for n in range(scale.repeats)]
    requests = [_chart_of(run_id, width) for width in widths]
    replies: list[Reply] = []
    with metered(server) as meter:
        load = play(
            server.port, [warmed(meter, _chart_of(run_id, 100), keep(requests, replies))], cap_s=scale.repeat_cap_s
        )
    for reply, width in zip(replies, widths, strict=False):
        (series,) = msgspec.json.decode(reply.body)["series"]
        if series["rows"] != width or sum(series["columns"]["count"]) != scale.points:
            raise BadReply(f"history-chart: {series['rows']} columns of {width}, {series['count']} points")
    return meter.durations("history-chart", load.latencies_s[1:])


def _chart_of(run_id: str, width: int) -> bytes:
    asked = {"run_ids": [run_id], "keys": [LONG_KEY], "width": width}
    return request("POST", "/api/kirok/charts", msgspec.json.encode(asked))


def _bulk_interval(run_id: str, size: int) -> bytes:
    query = urlencode({"run_ids": run_id, "metric_key": LONG_KEY, "max_results": size})
    return request("GET", f"{API}/metrics/get-history-bulk-interval?{query}")
