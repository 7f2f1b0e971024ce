"""One conversation with a tracking server, held with MLflow's own (and recorded) and with kirok's (and compared)."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

import httpx

API, AJAX = "/api/2.0/mlflow", "/ajax-api/2.0/mlflow"
JSON = {"Content-Type": "application/json"}

_TIMES = frozenset({"creation_time", "last_update_time", "last_updated_timestamp", "creation_timestamp"})
_KEYED = frozenset({"metrics", "params", "tags"})
_LEFT_OUT = frozenset({"sqlstate", "error_class", "effective_trace_archival_retention"})


class Told(NamedTuple):
    """A reply, with all that differs from one server to the next made plain."""

    title: str
    status: int
    kind: str
    body: Any


def hold(client: httpx.Client) -> list[Told]:
    """Every exchange of the conversation, in order, on a server with nothing in it."""
    return _Conversation(client).told()


class _Conversation:
    def __init__(self, client: httpx.Client) -> None:
        self._client = client
        self._names: dict[str, str] = {}
        self._told: list[Told] = []

    def told(self) -> list[Told]:
        self._experiments()
        runs = self._runs()
        self._points(*runs)
        self._searches(*runs)
        self._files(*runs)
        self._mistakes(runs[0])
        return self._told

    def _say(self, title: str, method: str, path: str, **given: Any) -> Any:
        response = self._client.request(method, path, **given)
        kind = response.headers.get("content-type", "").partition(";")[0]
        body: Any = response.text
        if kind == "application/json" and body:
            body = json.loads(body)
        elif kind == "text/html" and body.lstrip().startswith("<"):
            body = ""  # a page for people
        self._told.append(Told(title, response.status_code, kind if response.content else "", self._plain(body)))
        return body

    def _post(self, title: str, path: str, body: Mapping[str, Any] | str, base: str = API) -> Any:
        content = body if isinstance(body, str) else json.dumps(body)
        return self._say(title, "POST", base + path, content=content, headers=JSON)

    def _get(self, title: str, path: str, query: Any = None, base: str = API) -> Any:
        return self._say(title, "GET", base + path, params=query or {})

    def _plain(self, value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {name: self._plain(item, name) for name, item in value.items() if name not in _LEFT_OUT}
        if isinstance(value, list):
            items = [self._plain(item) for item in value]
            # Inside a run, the order of keys is nobody's promise.
            return (
                sorted(items, key=lambda item: str(item.get("key")))
                if key in _KEYED and "step" not in str(items[:1])
                else items
            )
        if key in _TIMES and isinstance(value, int):
            return "<time>"
        if key == "next_page_token":
            return "<token>"
        if isinstance(value, str):
            for known, name in self._names.items():
                value = value.replace(known, name)
        return value

    def _experiments(self) -> None:
        self._post(
            "create an experiment", "/experiments/create", {"name": "speech", "tags": [{"key": "a", "value": "b"}]}
        )
        self._post("create it again", "/experiments/create", {"name": "speech"})
        self._post("create one without a name", "/experiments/create", {"name": ""})
        self._post("create one whose name is a number", "/experiments/create", {"name": 3})
        self._post("create one of too long a name", "/experiments/create", {"name": "x" * 501})
        self._post("create one at a place", "/experiments/create", {"name": "vision", "artifact_location": "s3://b/a"})
        self._get("get an experiment", "/experiments/get", {"experiment_id": "1"})
        self._get("get it as a browser", "/experiments/get", {"experiment_id": "1"}, AJAX)
        self._get("get an unknown experiment", "/experiments/get", {"experiment_id": "999"})
        self._get("get an experiment by a word", "/experiments/get", {"experiment_id": "abc"})
        self._get("get no experiment", "/experiments/get")
        self._get("get an experiment by name", "/experiments/get-by-name", {"experiment_name": "speech"})
        self._get("get an unknown name", "/experiments/get-by-name", {"experiment_name": "nope"})
        self._post(
            "set an experiment tag", "/experiments/set-experiment-tag", {"experiment_id": "1", "key": "k", "value": "v"}
        )
        self._post("set it without a value", "/experiments/set-experiment-tag", {"experiment_id": "1", "key": "e"})
        self._post("delete an experiment tag", "/experiments/delete-experiment-tag", {"experiment_id": "1", "key": "k"})
        self._post("delete it again", "/experiments/delete-experiment-tag", {"experiment_id": "1", "key": "k"})
        self._post("rename an experiment", "/experiments/update", {"experiment_id": "2", "new_name": "pictures"})
        self._post("rename to nothing", "/experiments/update", {"experiment_id": "2"})
        self._post("delete an experiment", "/experiments/delete", {"experiment_id": "2"})
        self._post("delete a deleted experiment", "/experiments/delete", {"experiment_id": "2"})
        self._post("rename a deleted experiment", "/experiments/update", {"experiment_id": "2", "new_name": "x"})
        self._post("create a run in a deleted experiment", "/runs/create", {"experiment_id": "2"})
        self._get("get a deleted experiment", "/experiments/get", {"experiment_id": "2"})
        self._post("search the deleted", "/experiments/search", {"max_results": 5, "view_type": "DELETED_ONLY"})
        self._post("restore an experiment", "/experiments/restore", {"experiment_id": "2"})
        self._post("restore it again", "/experiments/restore", {"experiment_id": "2"})
        self._post("search experiments", "/experiments/search", {"max_results": 5, "order_by": ["name"]})
        self._post("search one a page", "/experiments/search", {"max_results": 1, "order_by": ["name"]})
        self._get("search experiments by query", "/experiments/search", {"max_results": 5, "filter": "name = 'speech'"})
        self._post("search without a limit", "/experiments/search", {})
        self._post("search too many", "/experiments/search", {"max_results": 50001})
        self._post("search by nonsense", "/experiments/search", {"max_results": 5, "filter": "nonsense"})

    def _runs(self) -> tuple[str, str]:
        ids = []
        for number, tags in ((1, [{"key": "t", "value": "v"}]), (2, [])):
            body = {
                "experiment_id": "1",
                "run_name": f"run-{number}",
                "start_time": 1_000 + number,
                "user_id": "ada",
                "tags": tags,
            }
            made = self._client.post(f"{API}/runs/create", json=body).json()["run"]["info"]["run_id"]
            self._names[made] = f"<run {number}>"
            ids.append(made)
        first, second = ids
        self._get("get a run", "/runs/get", {"run_id": first})
        self._get("get a run by its older name", "/runs/get", {"run_uuid": first})
        self._get("get an unknown run", "/runs/get", {"run_id": "0" * 32})
        self._get("get no run", "/runs/get")
        self._post("create a run nowhere", "/runs/create", {"experiment_id": "999"})
        self._post(
            "create a run of two names",
            "/runs/create",
            {
                "experiment_id": "1",
                "run_name": "a",
                "tags": [{"key": "mlflow.runName", "value": "b"}],
            },
        )
        self._post("set a tag", "/runs/set-tag", {"run_id": first, "key": "k", "value": "v"})
        self._post("set a tag by the older name", "/runs/set-tag", {"run_uuid": first, "key": "k", "value": "w"})
        self._post("set a tag of no run", "/runs/set-tag", {"key": "k", "value": "w"})
        self._post("set a tag without a key", "/runs/set-tag", {"run_id": first, "value": "w"})
        self._post("set a tag of an unknown run", "/runs/set-tag", {"run_id": "0" * 32, "key": "k", "value": "w"})
        self._post("delete a tag", "/runs/delete-tag", {"run_id": first, "key": "k"})
        self._post("delete it again", "/runs/delete-tag", {"run_id": first, "key": "k"})
        self._post("log a param", "/runs/log-parameter", {"run_id": first, "key": "lr", "value": "0.1"})
        self._post("log it again", "/runs/log-parameter", {"run_id": first, "key": "lr", "value": "0.1"})
        self._post("change it", "/runs/log-parameter", {"run_id": first, "key": "lr", "value": "0.2"})
        self._post("log a param without a value", "/runs/log-parameter", {"run_id": first, "key": "empty"})
        self._post("log a param of a bad name", "/runs/log-parameter", {"run_id": first, "key": "a//b", "value": "1"})
        self._post(
            "log a dataset",
            "/runs/log-inputs",
            {
                "run_id": first,
                "datasets": [
                    {
                        "dataset": {"name": "d", "digest": "1", "source_type": "local", "source": "{}", "schema": "{}"},
                        "tags": [{"key": "mlflow.data.context", "value": "training"}],
                    }
                ],
            },
        )
        self._post("search datasets", "/experiments/search-datasets", {"experiment_ids": ["1"]}, AJAX)
        self._post("search datasets nowhere", "/experiments/search-datasets", {"experiment_ids": []}, AJAX)
        self._post("finish a run", "/runs/update", {"run_id": first, "status": "FINISHED", "end_time": 2_000})
        self._post("rename a run", "/runs/update", {"run_id": first, "run_name": "renamed"})
        self._post("update an unknown run", "/runs/update", {"run_id": "0" * 32, "status": "FINISHED"})
        self._post("delete a run", "/runs/delete", {"run_id": second})
        self._post("delete it again", "/runs/delete", {"run_id": second})
        self._post("log to a deleted run", "/runs/log-parameter", {"run_id": second, "key": "a", "value": "b"})
        self._post("delete an unknown run", "/runs/delete", {"run_id": "0" * 32})
        self._post("restore a run", "/runs/restore", {"run_id": second})
        return first, second

    def _points(self, first: str, second: str) -> None:
        def point(value: Any, step: Any = 0, **more: Any) -> dict[str, Any]:
            return {"run_id": first, "key": "loss", "value": value, "timestamp": 5, "step": step, **more}

        self._post("log a metric", "/runs/log-metric", point(0.5))
        self._post("log a metric as text", "/runs/log-metric", point("0.25", "1"))
        self._post("log a NaN", "/runs/log-metric", point("NaN", 2))
        self._post("log a negative step", "/runs/log-metric", point(1, -3))
        self._post("log a metric of text", "/runs/log-metric", point("abc"))
        self._post("log a metric of null", "/runs/log-metric", point(None))
        self._post("log a metric before time", "/runs/log-metric", point(1, timestamp=-1))
        self._post("log a metric without time", "/runs/log-metric", {"run_id": first, "key": "loss", "value": 1})
        self._post("log a metric of a bad name", "/runs/log-metric", point(1, key="a!b"))
        self._post("log a metric of an absolute name", "/runs/log-metric", point(1, key="/a"))
        self._post(
            "log a batch",
            "/runs/log-batch",
            {
                "run_id": second,
                "metrics": [
                    {"key": "loss", "value": step / 4, "timestamp": 10 + step, "step": step} for step in range(5)
                ],
                "params": [{"key": "lr", "value": "1"}, {"key": "depth", "value": "3"}],
                "tags": [{"key": "mlflow.runName", "value": "second"}],
            },
        )
        self._post(
            "log a param twice in a batch",
            "/runs/log-batch",
            {
                "run_id": second,
                "params": [{"key": "q", "value": "1"}, {"key": "q", "value": "1"}],
            },
        )
        self._post(
            "log too many params",
            "/runs/log-batch",
            {
                "run_id": second,
                "params": [{"key": f"p{i}", "value": "1"} for i in range(101)],
            },
        )
        self._post(
            "log too many metrics",
            "/runs/log-batch",
            {
                "run_id": second,
                "metrics": [{"key": "m", "value": 1, "timestamp": i} for i in range(1001)],
            },
        )
        self._post(
            "log a batch without a value",
            "/runs/log-batch",
            {
                "run_id": second,
                "metrics": [{"key": "m", "timestamp": 1}],
            },
        )
        self._post("log a batch to an unknown run", "/runs/log-batch", {"run_id": "0" * 32})
        self._get("read a history", "/metrics/get-history", {"run_id": first, "metric_key": "loss"})
        self._get(
            "read a page of it", "/metrics/get-history", {"run_id": second, "metric_key": "loss", "max_results": 2}
        )
        self._get("read no page", "/metrics/get-history", {"run_id": second, "metric_key": "loss", "max_results": 0})
        self._get("read an unknown key", "/metrics/get-history", {"run_id": first, "metric_key": "none"})
        self._get("read without a key", "/metrics/get-history", {"run_id": first})
        both = [("run_id", first), ("run_id", second), ("metric_key", "loss")]
        self._get("read in bulk", "/metrics/get-history-bulk", [("run_id", second), ("metric_key", "loss")], AJAX)
        self._get("read in bulk without a run", "/metrics/get-history-bulk", {"metric_key": "loss"}, AJAX)
        self._get("read in bulk as a program", "/metrics/get-history-bulk", both)
        sampled = [("run_ids", second), ("metric_key", "loss"), ("max_results", "2")]
        self._get("read a sample", "/metrics/get-history-bulk-interval", sampled)
        self._get("read half a range", "/metrics/get-history-bulk-interval", [*sampled, ("start_step", "1")])
        self._get(
            "read a range", "/metrics/get-history-bulk-interval", [*sampled, ("start_step", "1"), ("end_step", "3")]
        )
        self._get("get a run with points", "/runs/get", {"run_id": second})

    def _searches(self, first: str, second: str) -> None:
        def search(title: str, **terms: Any) -> None:
            self._post(title, "/runs/search", {"experiment_ids": ["1"], **terms})

        search("search runs")
        search("search runs by metric", filter="metrics.loss > 0.9", order_by=["metrics.loss DESC"])
        search("search runs by param", filter="params.lr = '0.1' and attributes.status = 'FINISHED'")
        search("search one run a page", max_results=1)
        search("search no run", max_results=0)
        search("search too many runs", max_results=50001)
        search("search runs by nonsense", filter="this is nonsense")
        search("search runs by an unknown word", filter="attributes.colour = 'red'")
        search("search a bad page", page_token="nonsense")
        self._post("search nowhere", "/runs/search", {})
        self._get("search by the wrong method", "/runs/search")

    def _files(self, first: str, second: str) -> None:
        proxy = "/api/2.0/mlflow-artifacts/artifacts"
        root = f"1/{first}/artifacts"
        self._say("upload", "PUT", f"{proxy}/{root}/model/notes.txt", content=b"hello")
        self._say("upload to a directory", "PUT", f"{proxy}/{root}/model/", content=b"hello")
        self._say("upload outside", "PUT", f"{proxy}/{root}/%2e%2e/%2e%2e/%2e%2e/%2e%2e/x", content=b"hello")
        self._say("list the proxy", "GET", proxy, params={"path": f"{root}/model"})
        self._say("list a file", "GET", proxy, params={"path": f"{root}/model/notes.txt"})
        self._say("list what is not there", "GET", proxy, params={"path": f"{root}/none"})
        self._say("list outside", "GET", proxy, params={"path": "../.."})
        self._say("download", "GET", f"{proxy}/{root}/model/notes.txt")
        self._say("download a part", "GET", f"{proxy}/{root}/model/notes.txt", headers={"Range": "bytes=1-2"})
        self._say("download what is not there", "GET", f"{proxy}/{root}/none")
        self._get("list a run's files", "/artifacts/list", {"run_id": first})
        self._get("list a run's directory", "/artifacts/list", {"run_id": first, "path": "model"})
        self._get("list a run's file", "/artifacts/list", {"run_id": first, "path": "model/notes.txt"})
        self._get("list outside a run", "/artifacts/list", {"run_id": first, "path": "../.."})
        self._get("list an unknown run", "/artifacts/list", {"run_id": "0" * 32})
        self._get("get a run's file", "", {"run_uuid": first, "path": "model/notes.txt"}, "/get-artifact")
        self._get("get a file that is not there", "", {"run_uuid": first, "path": "none"}, "/get-artifact")
        self._get("get a file outside", "", {"run_uuid": first, "path": "../../x"}, "/get-artifact")
        self._say(
            "paste a file", "POST", f"{AJAX}/upload-artifact", params={"run_uuid": first, "path": "p.txt"}, content=b"x"
        )
        self._say("paste nothing", "POST", f"{AJAX}/upload-artifact", params={"run_uuid": first, "path": "p.txt"})
        self._say("paste nowhere", "POST", f"{AJAX}/upload-artifact", params={"run_uuid": first}, content=b"x")
        self._say("delete a file", "DELETE", f"{proxy}/{root}/model")
        self._say("delete it again", "DELETE", f"{proxy}/{root}/model")
        for path in ("mpu/create", "mpu/complete", "mpu/abort"):
            body = {"path": "a", "num_parts": 1, "upload_id": "u", "parts": []}
            self._say(f"ask for {path}", "POST", f"/api/2.0/mlflow-artifacts/{path}/a", json=body)
        self._say("ask for a URL", "GET", "/api/2.0/mlflow-artifacts/presigned/a")

    def _mistakes(self, run_id: str) -> None:
        self._say("health", "GET", "/health")
        self._say("version", "GET", "/version")
        self._say("an unknown path", "GET", f"{API}/none")
        self._say("a post without a type", "POST", f"{API}/runs/create", content=b"{}")
        self._say("a post of a form", "POST", f"{API}/runs/create", data={"experiment_id": "1"})
        self._post(
            "a text that holds the request", "/runs/delete-tag", json.dumps(json.dumps({"run_id": run_id, "key": "z"}))
        )
        self._post("camel case", "/runs/log-parameter", {"runId": run_id, "key": "k", "value": "v"})
        self._say("workspaces", "GET", "/api/3.0/mlflow/workspaces")
