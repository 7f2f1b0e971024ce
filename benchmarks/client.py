"""The few calls that prepare a workload and read back what arrived. Never timed."""

from urllib.parse import urlencode

import msgspec

from benchmarks.exchanges import API, Reply, decode, post, request
from benchmarks.load import Script, keep, play

PAGE = 25_000
# fasttrackml cuts the last bytes off a page token from offset 10,000 on and then refuses it (400), so the pages of a
# walk over 10,000 runs must not end there.
RUN_PAGE = 3000


class Point(msgspec.Struct, frozen=True):
    """Of a metric only what tells one point from another."""

    step: int = 0


class HistoryPage(msgspec.Struct, frozen=True):
    """A reply of get-history."""

    metrics: list[Point] = []
    next_page_token: str = ""


class RunName(msgspec.Struct, frozen=True):
    """Of a run's info only what names it."""

    run_id: str
    run_name: str = ""


class RunData(msgspec.Struct, frozen=True):
    """A run's records, undecoded: they are only counted."""

    metrics: list[msgspec.Raw] = []
    params: list[msgspec.Raw] = []
    tags: list[msgspec.Raw] = []


class RunRow(msgspec.Struct, frozen=True):
    """One run of a search."""

    info: RunName
    data: RunData


class RunPage(msgspec.Struct, frozen=True):
    """A reply of runs/search."""

    runs: list[RunRow] = []
    next_page_token: str = ""


class Client:
    """One server's REST API, through the same exchanges as the load."""

    def __init__(self, port: int) -> None:
        self.port = port

    def call(self, sent: bytes) -> Reply:
        """One exchange on a connection of its own; BadReply unless it is a 200."""
        replies: list[Reply] = []
        play(self.port, [keep([sent], replies)])
        return replies[0]

    def create_experiment(self, name: str) -> str:
        """The id of a new experiment."""
        return str(decode(self.call(post("/experiments/create", {"name": name})))["experiment_id"])

    def experiment_id(self, name: str) -> str:
        """The id of an existing experiment."""
        query = urlencode({"experiment_name": name})
        found = decode(self.call(request("GET", f"{API}/experiments/get-by-name?{query}")))
        return str(found["experiment"]["experiment_id"])

    def create_run(self, experiment_id: str, name: str) -> str:
        """The id of a new run."""
        return run_id_of(self.call(create_run(experiment_id, name, start_time=1_700_000_000_000)))

    def find_run(self, experiment_id: str) -> str:
        """The id of the only run of an experiment."""
        return self.search_runs(experiment_id)[0].info.run_id

    def search_runs(self, experiment_id: str) -> list[RunRow]:
        """Every active run of an experiment."""
        rows: list[RunRow] = []

        def walk() -> Script:
            token = ""
            while True:
                page = read_run_page((yield search(experiment_id, max_results=RUN_PAGE, page_token=token)))
                rows.extend(page.runs)
                token = page.next_page_token
                if not token:
                    return

        play(self.port, [walk()])
        return rows

    def steps(self, run_id: str, key: str) -> set[int]:
        """The distinct steps stored of a metric."""
        found: set[int] = set()

        def walk() -> Script:
            token = ""
            while True:
                page = read_history_page((yield get_history(run_id, key, page_token=token)))
                found.update(point.step for point in page.metrics)
                token = page.next_page_token
                if not token:
                    return

        play(self.port, [walk()])
        return found


def create_run(experiment_id: str, name: str, *, start_time: int) -> bytes:
    """The request that creates a run."""
    document = {"experiment_id": experiment_id, "run_name": name, "start_time": start_time, "user_id": "bench"}
    return post("/runs/create", document)


def finish_run(run_id: str, *, end_time: int) -> bytes:
    """The request that ends a run."""
    return post("/runs/update", {"run_id": run_id, "status": "FINISHED", "end_time": end_time})


def run_id_of(reply: Reply) -> str:
    """The run id in a reply of runs/create."""
    return str(decode(reply)["run"]["info"]["run_id"])


def search(experiment_id: str, *, max_results: int, page_token: str = "", **clauses: object) -> bytes:
    """The request that searches one experiment; `clauses` are filter and order_by."""
    document = {"experiment_ids": [experiment_id], "max_results": max_results, **clauses}
    return post("/runs/search", document | ({"page_token": page_token} if page_token else {}))


def get_history(run_id: str, key: str, *, page_token: str = "") -> bytes:
    """The request for a page of 25,000 points (fasttrackml sends all it has, whatever the page size)."""
    query = {"run_id": run_id, "metric_key": key, "max_results": PAGE}
    return request(
        "GET", f"{API}/metrics/get-history?{urlencode(query | ({'page_token': page_token} if page_token else {}))}"
    )


def read_run_page(reply: Reply) -> RunPage:
    """A decoded reply of runs/search."""
    return msgspec.json.decode(reply.body, type=RunPage)


def read_history_page(reply: Reply) -> HistoryPage:
    """A decoded reply of get-history."""
    return msgspec.json.decode(reply.body, type=HistoryPage)
