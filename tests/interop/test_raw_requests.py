"""Requests as older and other clients write them get the same answer from both servers."""

import json
import urllib.error
import urllib.request
from typing import Any, NamedTuple
from urllib.parse import urlencode

import pytest

from running_servers import RunningServer

_VARYING = frozenset({"start_time", "end_time", "creation_time", "last_update_time", "next_page_token"})


class Sent(NamedTuple):
    """A request; RUN stands for the id of a run that exists."""

    method: str
    path: str
    fields: dict[str, Any]
    prefix: str = "/api/2.0/mlflow"


def post(path: str, **fields: Any) -> Sent:
    return Sent("POST", path, fields)


def get(path: str, **fields: Any) -> Sent:
    return Sent("GET", path, fields)


LOGGED = [
    post("/runs/log-metric", run_uuid="RUN", key="old", value="0.5", timestamp="12", step="3"),
    post("/runs/log-metric", run_uuid="RUN", key="old", value=0.25, timestamp=13),
    post("/runs/log-metric", run_id="RUN", key="more", value=1, timestamp=1, modelId="", unknownField={"x": [1]}),
    post("/runs/log-metric", run_id="RUN", key="nan", value="NaN", timestamp=1, step=-2),
    post("/runs/log-parameter", run_uuid="RUN", key="p", value="1"),
    post("/runs/log-parameter", run_id="RUN", key="empty"),
    post("/runs/set-tag", run_uuid="RUN", key="t", value="x"),
    post("/runs/log-batch", run_id="RUN", metrics=[{"key": "b", "value": 2, "timestamp": 5}], tags=[{"key": "u"}]),
    post("/runs/update", run_uuid="RUN", status="FINISHED", endTime="99"),
]

ASKED = [
    get("/runs/get", run_uuid="RUN"),
    get("/runs/get", run_id="RUN"),
    get("/metrics/get-history", run_uuid="RUN", metric_key="old"),
    get("/metrics/get-history", run_id="RUN", metric_key="old", max_results="1"),
    get("/metrics/get-history", runId="RUN", metricKey="nan"),
    get("/metrics/get-history", run_id="RUN", metric_key="nothing"),
    post("/runs/search", experiment_ids=["0"], run_view_type="ACTIVE_ONLY", max_results="5"),
    post("/runs/search", experimentIds=["0"], runViewType=3, orderBy=["metrics.old DESC"]),
    post("/runs/search", experiment_ids=["0"], filter="params.p = '1'"),
    post("/runs/search", experiment_ids=[]),
    get("/experiments/get", experimentId="0"),
    get("/experiments/get-by-name", experimentName="Default"),
    post("/experiments/search", max_results=9, viewType="ALL", filter="name = 'Default'"),
    get("/experiments/search", max_results="9", view_type="ALL", filter="name = 'Default'"),
    get("/artifacts/list", run_uuid="RUN"),
    Sent("GET", "/runs/get", {"run_id": "RUN"}, prefix="/ajax-api/2.0/mlflow"),
    get("/runs/get"),
    get("/runs/get", run_id="0" * 32),
    get("/metrics/get-history", run_id="RUN"),
    get("/experiments/get-by-name", experiment_name="no such"),
    post("/experiments/search"),
    post("/experiments/create", name=""),
    post("/experiments/create", name=7),
    post("/experiments/create"),
    post("/runs/create", experiment_id="31337"),
    post("/runs/log-metric", run_id="RUN", key="x", value="no number", timestamp=1),
    post("/runs/log-metric", run_id="RUN", value=1, timestamp=1),
    post("/runs/log-metric", run_id="RUN", key="x", timestamp=1),
    post("/runs/log-metric", key="x", value=1, timestamp=1),
    post("/runs/log-parameter", run_id="RUN", key="p", value="2"),
    post("/runs/log-parameter", run_id="RUN", value="2"),
    post("/runs/log-batch", run_id="RUN", params=[{"key": "d", "value": "1"}, {"key": "d", "value": "1"}]),
    post("/runs/log-batch", metrics=[]),
    post("/runs/set-tag", run_id="RUN", key="a" * 251, value="x"),
    post("/runs/search", experiment_ids=["0"], max_results=0),
    post("/runs/search", experiment_ids=["0"], max_results=50_001),
    post("/runs/search", experiment_ids=["0"], filter="metrics.x = 'y'"),
    post("/runs/search", experiment_ids=["0"], page_token="nonsense"),
    post("/runs/delete-tag", run_id="RUN", key="absent"),
    post("/experiments/delete", experiment_id="31337"),
]


class Answers(NamedTuple):
    """Both servers, each with a run that has logged the same."""

    addresses: tuple[str, str]
    run_ids: tuple[str, str]

    def of(self, sent: Sent) -> list[tuple[int, Any]]:
        """Status and body of both answers, kirok's first, made alike."""
        return [_ask(*server, sent) for server in zip(self.addresses, self.run_ids, strict=True)]


@pytest.fixture(scope="session")
def answers(kirok_at: RunningServer, mlflow_at: RunningServer) -> Answers:
    run_ids = []
    for running in (kirok_at, mlflow_at):
        made = post("/runs/create", experiment_id="0", runName="raw", startTime="1000", userId="u", tags=[])
        _, answer = _send(running.address, made)
        run_ids.append(answer["run"]["info"]["run_id"])
    known = Answers((kirok_at.address, mlflow_at.address), (run_ids[0], run_ids[1]))
    for sent in LOGGED:
        ours, theirs = known.of(sent)
        assert ours == theirs, sent
        assert ours[0] == 200, sent
    return known


@pytest.mark.parametrize("sent", ASKED, ids=lambda sent: f"{sent.path} {' '.join(sent.fields)}")
def test_both_servers_answer_alike(answers: Answers, sent: Sent) -> None:
    ours, theirs = answers.of(sent)
    assert ours[0] == theirs[0]
    if ours[0] == 200:
        assert ours[1] == theirs[1]
    else:
        assert ours[1]["error_code"] == theirs[1]["error_code"]


def _ask(address: str, run_id: str, sent: Sent) -> tuple[int, Any]:
    fields = {name: run_id if value == "RUN" else value for name, value in sent.fields.items()}
    status, answer = _send(address, sent._replace(fields=fields))
    return status, _alike(answer, run_id)


def _send(address: str, sent: Sent) -> tuple[int, Any]:
    url, body = f"{address}{sent.prefix}{sent.path}", None
    if sent.method == "GET":
        url += "?" + urlencode(sent.fields)
    else:
        body = json.dumps(sent.fields).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"}, method=sent.method)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def _alike(answer: Any, run_id: str) -> Any:
    """An answer without what may differ: ids, times, page tokens, the order of keys, and empty records."""
    if isinstance(answer, dict):
        return {
            key: bool(value) if key in _VARYING else _alike(value, run_id)
            for key, value in answer.items()
            if value != {}
        }
    if isinstance(answer, list):
        return sorted((_alike(item, run_id) for item in answer), key=repr)
    return answer.replace(run_id, "RUN") if isinstance(answer, str) else answer
