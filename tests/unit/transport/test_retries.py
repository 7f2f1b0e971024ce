"""Which failures are tried again, and when; nothing here waits or opens a socket."""

from collections.abc import Iterable, Mapping
from email.utils import formatdate

import pytest

from kirok.base.errors import (
    AlreadyExists,
    EndpointNotFound,
    InternalError,
    InvalidState,
    KirokError,
    NotFound,
    PermissionDenied,
    ServerUnreachable,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
)
from kirok.base.settings import TransportSettings
from kirok.transport import Body, ConnectionFailed, HttpRequest, HttpResponse, Transport
from kirok.wire.endpoints import CREATE_EXPERIMENT, GET_RUN, LOG_BATCH
from kirok.wire.experiments import CreateExperiment
from kirok.wire.runs import GetRun, LogBatch

Answer = tuple[int, bytes, Mapping[str, str]]

DONE: Answer = (200, b"{}", {})
NOT_CONNECTED = ConnectionFailed("refused", sent=False)
BROKEN_OFF = ConnectionFailed("broke off", sent=True)
JSON_ERROR = b'{"error_code": "%s", "message": "said the server"}'


class Script:
    """A Sender that gives prepared answers and remembers what it was asked."""

    def __init__(self, *steps: Answer | ConnectionFailed) -> None:
        self.steps = list(steps)
        self.requests: list[HttpRequest] = []
        self.bodies: list[bytes] = []
        self.pauses: list[float] = []

    def send(self, request: HttpRequest) -> HttpResponse:
        self.requests.append(request)
        self.bodies.append(request.body if isinstance(request.body, bytes) else b"".join(request.body))
        step = self.steps.pop(0)
        if isinstance(step, ConnectionFailed):
            raise step
        status, body, headers = step
        return HttpResponse(status, headers, [body])

    def close(self) -> None:
        self.steps.clear()

    def transport(self, uri: str = "http://tracker:5000", **settings: object) -> Transport:
        return Transport(
            uri,
            TransportSettings(**settings),  # type: ignore[arg-type]  # settings by name
            self,
            sleep=self.pauses.append,
            jitter=lambda: 0.5,
        )


def failing(status: int, body: bytes = b"", **headers: str) -> Answer:
    return status, body, {name.replace("_", "-"): value for name, value in headers.items()}


def log(transport: Transport) -> None:
    transport.call(LOG_BATCH, LogBatch("r"))


def create(transport: Transport) -> None:
    transport.call(CREATE_EXPERIMENT, CreateExperiment("speech"), once=True)


@pytest.mark.parametrize(
    "failure",
    [failing(status) for status in (408, 429, 500, 502, 503, 504)] + [NOT_CONNECTED, BROKEN_OFF],
    ids=str,
)
def test_a_failure_that_may_pass_is_tried_again(failure: Answer | ConnectionFailed) -> None:
    script = Script(failure, failure, DONE)
    log(script.transport())
    assert script.bodies == [b'{"run_id":"r"}'] * 3


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 413, 501])
def test_a_refusal_is_not_tried_again(status: int) -> None:
    script = Script(failing(status))
    with pytest.raises(KirokError):
        log(script.transport())
    assert len(script.requests) == 1


@pytest.mark.parametrize("failure", [failing(408), failing(429), failing(503), NOT_CONNECTED], ids=str)
def test_what_must_happen_once_is_tried_again_where_it_surely_did_not_happen(
    failure: Answer | ConnectionFailed,
) -> None:
    script = Script(failure, (200, b'{"experiment_id": "1"}', {}))
    create(script.transport())
    assert len(script.requests) == 2


@pytest.mark.parametrize("failure", [failing(500), failing(502), failing(504), BROKEN_OFF], ids=str)
def test_what_must_happen_once_is_not_tried_again_where_it_may_have_happened(
    failure: Answer | ConnectionFailed,
) -> None:
    script = Script(failure)
    with pytest.raises(KirokError):
        create(script.transport())
    assert len(script.requests) == 1


@pytest.mark.parametrize("code", [b"INVALID_STATE", b"INTERNAL_ERROR"])
def test_a_500_that_names_its_error_is_a_decision(code: bytes) -> None:
    script = Script(failing(500, JSON_ERROR % code))
    with pytest.raises(KirokError, match="said the server"):
        log(script.transport())
    assert len(script.requests) == 1


def test_tries_end() -> None:
    script = Script(*[failing(503)] * 4)
    with pytest.raises(Unavailable):
        log(script.transport(max_retries=3))
    assert script.steps == []
    script = Script(NOT_CONNECTED)
    with pytest.raises(ServerUnreachable, match="refused"):
        log(script.transport(max_retries=0))


def test_a_failure_that_will_last_is_not_tried_again() -> None:
    script = Script(ConnectionFailed("bad certificate", sent=False, lasting=True))
    with pytest.raises(ServerUnreachable, match="bad certificate"):
        log(script.transport())
    assert script.pauses == []


def test_pauses_grow_to_a_limit_and_the_first_is_short() -> None:
    script = Script(*[failing(503)] * 8, DONE)
    log(script.transport(max_retries=8, backoff_factor_s=2.0, backoff_jitter_s=1.0))
    assert script.pauses == [0.5, 4.5, 8.5, 16.5, 32.5, 64.5, 120.0, 120.0]


@pytest.mark.parametrize(("asked", "pause"), [("7", 7.0), ("0", 0.0), ("86400", 120.0), ("soon", 0.5)])
def test_the_server_may_say_how_long_to_wait(asked: str, pause: float) -> None:
    script = Script(failing(429, retry_after=asked), DONE)
    log(script.transport())
    assert script.pauses == [pause]


def test_the_server_may_say_until_when_to_wait() -> None:
    script = Script(failing(503, retry_after=formatdate(0, usegmt=True)), DONE)
    log(script.transport())
    assert script.pauses == [0.0]


def test_a_streamed_body_is_made_anew_for_each_try() -> None:
    def chunks() -> Iterable[bytes]:
        yield b"one "
        yield b"two"

    body: Body = chunks
    script = Script(failing(503), DONE)
    script.transport().send("PUT", "/api/2.0/mlflow-artifacts/artifacts/a", body=body)
    assert script.bodies == [b"one two", b"one two"]


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (404, b"RESOURCE_DOES_NOT_EXIST", NotFound),
        (400, b"RESOURCE_ALREADY_EXISTS", AlreadyExists),
        (500, b"INVALID_STATE", InvalidState),
        (403, b"PERMISSION_DENIED", PermissionDenied),
        (400, b"SOMETHING_NEW", KirokError),
    ],
)
def test_an_error_arrives_as_the_class_it_left_as(status: int, code: bytes, error: type[KirokError]) -> None:
    with pytest.raises(error, match=r"^said the server$"):
        log(Script(failing(status, JSON_ERROR % code)).transport())


@pytest.mark.parametrize(
    ("answer", "error", "said"),
    [
        (failing(404, b"<html>", content_type="text/html"), EndpointNotFound, "with a web page. Is this an MLflow"),
        (failing(401, b"who are you"), Unauthenticated, "MLFLOW_TRACKING_TOKEN"),
        (failing(403, b"Invalid Host header"), PermissionDenied, "'Invalid Host header'"),
        (failing(404, b'{"detail": "no such file"}'), EndpointNotFound, "no such file"),
        (failing(302, b"", location="https://tracker/"), EndpointNotFound, "redirects to https://tracker/"),
        (failing(429, b"slow down"), TooManyRequests, "slow down"),
        (failing(500, b"Traceback"), InternalError, "Traceback"),
        (failing(503), Unavailable, "an empty body"),
        ((200, b"<html>", {"content-type": "text/html"}), ServerUnreachable, "a web page"),
        ((200, b"[]", {}), ServerUnreachable, "Check the address"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_an_answer_from_something_else_says_what_answered(answer: Answer, error: type[KirokError], said: str) -> None:
    with pytest.raises(error) as raised:
        Script(answer).transport(max_retries=0).call(GET_RUN, GetRun(run_id="r"))
    assert said in raised.value.message
    assert "http://tracker:5000/api/2.0/mlflow/runs/get" in raised.value.message


@pytest.mark.parametrize("status", [302, 401, 403, 404, 405, 407, 502, 503, 504])
def test_what_lies_on_the_way_is_for_the_doctor(status: int) -> None:
    with pytest.raises(KirokError, match="`kirok doctor http://tracker:5000` checks each step"):
        Script(failing(status, b"no", location="/x")).transport(max_retries=0).call(GET_RUN, GetRun(run_id="r"))


def test_a_refused_request_is_not_for_the_doctor() -> None:
    with pytest.raises(KirokError) as raised:
        Script(failing(413, b"too much")).transport(max_retries=0).call(GET_RUN, GetRun(run_id="r"))
    assert "kirok doctor" not in raised.value.message
    assert "raise that limit" in raised.value.message


def test_why_nothing_seems_to_happen_is_said_once_until_the_server_answers(caplog: pytest.LogCaptureFixture) -> None:
    script = Script(NOT_CONNECTED, DONE, *[NOT_CONNECTED] * 4, DONE, NOT_CONNECTED, NOT_CONNECTED, DONE)
    transport = script.transport(max_retries=7)
    transport.send("GET", "/version")
    assert caplog.messages == []  # the second attempt follows at once
    transport.send("GET", "/version")
    assert caplog.messages == ["refused Trying again, 6 times at most, with growing pauses."]
    transport.send("GET", "/version")
    assert len(caplog.messages) == 2
