"""What a transport asks for, in whose name, and where."""

import base64

import msgspec
import pytest

from kirok.base.errors import InvalidParameter, KirokError
from kirok.base.settings import TransportSettings
from kirok.transport import ConnectionFailed, HttpRequest, HttpResponse, Transport
from kirok.transport.refusals import refusal_of
from kirok.transport.transport import query_pairs
from kirok.wire.endpoints import GET_BULK_HISTORY, GET_EXPERIMENT_BY_NAME, LOG_BATCH
from kirok.wire.experiments import GetExperimentByName
from kirok.wire.metrics import GetBulkHistory
from kirok.wire.runs import LogBatch, SearchRuns


class Listener:
    """A Sender that remembers the last request and answers `{"metrics": []}`."""

    def send(self, request: HttpRequest) -> HttpResponse:
        self.request = request
        return HttpResponse(200, {}, [b'{"metrics": []}'])

    def close(self) -> None:
        """Nothing is kept."""


def heard(uri: str = "http://tracker", **settings: str) -> HttpRequest:
    listener = Listener()
    Transport(uri, TransportSettings(**settings), listener).call(LOG_BATCH, LogBatch("r"))  # type: ignore[arg-type]
    return listener.request


@pytest.mark.parametrize(
    ("uri", "url"),
    [
        ("http://tracker:5000", "http://tracker:5000/api/2.0/mlflow/runs/log-batch"),
        ("http://tracker:5000/", "http://tracker:5000/api/2.0/mlflow/runs/log-batch"),
        ("https://host/ml/flow/", "https://host/ml/flow/api/2.0/mlflow/runs/log-batch"),
        ("http://[::1]:5000", "http://[::1]:5000/api/2.0/mlflow/runs/log-batch"),
    ],
)
def test_the_path_follows_the_base(uri: str, url: str) -> None:
    assert heard(uri).url == url


@pytest.mark.parametrize("uri", ["tracker:5000", "ftp://tracker", "http://", "", "/data"])
def test_what_is_no_address_is_refused(uri: str) -> None:
    with pytest.raises(InvalidParameter, match="http://host:port"):
        Transport(uri, TransportSettings())


def test_a_post_sends_json() -> None:
    request = heard()
    assert (request.method, request.body) == ("POST", b'{"run_id":"r"}')
    assert request.headers["Content-Type"] == "application/json"


def test_a_get_sends_a_query() -> None:
    listener = Listener()
    transport = Transport("http://tracker", TransportSettings(), listener)
    transport.call(GET_BULK_HISTORY, GetBulkHistory(run_id=["a", "b"], metric_key="val loss/é&=", max_results=3))
    path, _, query = listener.request.url.removeprefix("http://tracker").partition("?")
    assert path == "/ajax-api/2.0/mlflow/metrics/get-history-bulk"
    assert query == "run_id=a&run_id=b&metric_key=val+loss%2F%C3%A9%26%3D&max_results=3"
    assert listener.request.body == b""
    assert "Content-Type" not in listener.request.headers


def test_absent_fields_are_left_out_of_a_query() -> None:
    assert query_pairs(SearchRuns(["1"])) == [("experiment_ids", "1")]


def test_a_path_is_quoted_once() -> None:
    listener = Listener()
    transport = Transport("http://tracker", TransportSettings(), listener)
    transport.send("GET", "/api/2.0/mlflow-artifacts/artifacts/50% of é ?.txt")
    assert listener.request.url.endswith("/artifacts/50%25%20of%20%C3%A9%20%3F.txt")


def basic(credentials: str) -> str:
    return "Basic " + base64.b64encode(credentials.encode()).decode()


def test_a_name_and_password_make_a_basic_header() -> None:
    assert heard(username="kim", password="pä:ss").headers["Authorization"] == basic("kim:pä:ss")
    assert heard(username="kim", password="p", token="t").headers["Authorization"] == basic("kim:p")


def test_a_token_makes_a_bearer_header() -> None:
    assert heard(token="t").headers["Authorization"] == "Bearer t"
    assert heard(username="kim", token="t").headers["Authorization"] == "Bearer t"


def test_the_address_may_carry_credentials() -> None:
    request = heard("http://kim:p%40ss@tracker")
    assert request.headers["Authorization"] == basic("kim:p@ss")
    assert request.url.startswith("http://tracker/")


def test_no_credentials_no_header() -> None:
    assert "Authorization" not in heard().headers


def test_a_password_in_the_address_never_shows() -> None:
    class Dead(Listener):
        def send(self, request: HttpRequest) -> HttpResponse:
            raise ConnectionFailed(f"No answer from {request.url}", sent=False, lasting=True)

    transport = Transport("http://kim:secret@tracker", TransportSettings(), Dead())
    with pytest.raises(KirokError) as raised:
        transport.call(GET_EXPERIMENT_BY_NAME, GetExperimentByName("x"))
    assert "secret" not in raised.value.message
    assert "secret" not in transport.uri


@pytest.mark.parametrize(
    ("path", "message", "told"),
    [
        ("/api/2.0/mlflow-artifacts/artifacts/a", "S3 (MLFLOW_S3_ENDPOINT_URL) is not there", True),
        ("/api/2.0/mlflow-artifacts/artifacts/a", "Make it (`kirok server --create-bucket` does)", True),
        ("/api/2.0/mlflow-artifacts/artifacts/a", "No such artifact: 'a'", False),
        ("/api/2.0/mlflow/runs/set-tag", "The tag AWS_REGION is too long", False),
    ],
)
def test_what_a_server_says_of_its_settings_is_not_taken_for_the_clients(path: str, message: str, told: bool) -> None:
    body = msgspec.json.encode({"error_code": "PERMISSION_DENIED", "message": message})
    error = refusal_of(
        f"http://artifact-tracker{path}?x=1", HttpResponse(403, {}, [body]), "http://artifact-tracker"
    ).error
    said = "The server at http://artifact-tracker says, of its own settings: "
    assert error.message == (said + message if told else message)
