"""What bodies and query strings are read as, and what exactly is said of those that are not."""

import json
import math
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirok.base.errors import BadRequest, InvalidParameter, MissingParameter
from kirok.wire.artifacts import ListArtifacts
from kirok.wire.endpoints import ENDPOINTS
from kirok.wire.experiments import DeleteExperiment, KeyValue, SearchDatasets, SearchExperiments
from kirok.wire.json_quirks import decode_answer, decode_body, decode_query, encode
from kirok.wire.metrics import BulkHistory, BulkPoint, GetBulkHistory, GetHistory, LoggedMetric, LogMetric
from kirok.wire.runs import CreateRun, LogBatch, LogParam, RunsPage, SearchRuns, UpdateRun

BODY_TYPES = sorted(
    {row.request for row in ENDPOINTS if issubclass(row.request, msgspec.Struct)}, key=lambda type_: type_.__name__
)


def log_metric(**changes: Any) -> LogMetric:
    fields = {"run_id": "r", "key": "loss", "value": 0.5, "timestamp": 1} | changes
    return decode_body(json.dumps(fields).encode(), LogMetric)


def metric_with(value: str) -> LogMetric:
    """The request whose value is written exactly so."""
    return decode_body(b'{"run_id":"r","key":"loss","timestamp":1,"value":' + value.encode() + b"}", LogMetric)


def test_a_plain_body_is_read() -> None:
    body = b'{"run_id": "r", "metrics": [{"key": "loss", "value": 0.5, "timestamp": 1}], "params": [{"key": "lr"}]}'
    assert decode_body(body, LogBatch) == LogBatch("r", [LoggedMetric("loss", 0.5, 1)], [KeyValue("lr")])


@pytest.mark.parametrize("body", [b"", b" \n", b"{}"])
def test_an_empty_body_is_an_empty_object(body: bytes) -> None:
    assert decode_body(body, SearchRuns) == SearchRuns()


def test_unknown_fields_are_ignored() -> None:
    assert decode_body(b'{"filter": "x", "later": {"deep": [1]}}', SearchRuns) == SearchRuns(filter="x")


@pytest.mark.parametrize(
    ("written", "value"), [("7", 7.0), ('"7.5"', 7.5), ("1e3", 1000.0), ('" 5 "', 5.0), ("-0.0", 0.0)]
)
def test_a_float_may_be_a_number_or_text(written: str, value: float) -> None:
    assert metric_with(written).value == value


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ('"Infinity"', math.inf),
        ('"-Infinity"', -math.inf),
        ("Infinity", math.inf),
        ("-Infinity", -math.inf),
        ("1e400", math.inf),
        ('"-1e400"', -math.inf),
        ("1" + "0" * 400, math.inf),
        ("-1" + "0" * 9_999, -math.inf),
    ],
)
def test_a_float_beyond_the_doubles_is_infinite(written: str, value: float) -> None:
    assert metric_with(written).value == value


@pytest.mark.parametrize("written", ["NaN", '"NaN"', '"nan"'])
def test_nan_is_read_as_text_and_as_a_bare_token(written: str) -> None:
    assert math.isnan(metric_with(written).value)


@pytest.mark.parametrize("timestamp", [5, "5", 5.0])
def test_an_integer_may_be_text_or_a_float_without_fraction(timestamp: object) -> None:
    assert log_metric(timestamp=timestamp).timestamp == 5


def test_tolerated_spellings_also_work_beside_a_bare_nan() -> None:
    body = b'{"run_id":"r","metrics":[{"key":"a","value":NaN,"timestamp":"7"},{"key":"b","value":"1","timestamp":2.0}]}'
    first, second = decode_body(body, LogBatch).metrics
    assert (math.isnan(first.value), first.timestamp) == (True, 7)
    assert second == LoggedMetric("b", 1.0, 2)


@pytest.mark.parametrize(
    ("field", "value", "shown"),
    [
        ("timestamp", 1.5, "1.5"),
        ("timestamp", True, "true"),
        ("timestamp", "soon", '"soon"'),
        ("timestamp", 2**63, "9223372036854775808"),
        ("timestamp", [1], "[1]"),
        ("timestamp", math.nan, "NaN"),
        ("step", "1.5", '"1.5"'),
        ("value", True, "true"),
        ("value", "abc", '"abc"'),
        ("value", "", '""'),
        ("value", {}, "{}"),
        ("key", 5, "5"),
        ("key", ["a"], '["a"]'),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused_by_name(field: str, value: object, shown: str) -> None:
    with pytest.raises(InvalidParameter) as refused:
        log_metric(**{field: value})
    assert refused.value.message.startswith(f"Invalid value {shown} for parameter '{field}' supplied: ")


@pytest.mark.parametrize(
    ("body", "type_", "path"),
    [
        ({"run_id": "r", "metrics": [{"key": "a", "value": 1, "timestamp": 1.5}]}, LogBatch, "metrics[0].timestamp"),
        ({"run_id": "r", "metrics": [{"key": "a", "value": 1, "timestamp": 1}, 3]}, LogBatch, "metrics[1]"),
        ({"run_id": "r", "metrics": {"a": 1}}, LogBatch, "metrics"),
        ({"run_id": "r", "tags": [{"key": "a", "value": 1}]}, LogBatch, "tags[0].value"),
        ({"experiment_id": 1}, CreateRun, "experiment_id"),
        ({"run_id": "r", "status": 1.5}, UpdateRun, "status"),
        ({"run_view_type": True}, SearchRuns, "run_view_type"),
        ({"order_by": "name"}, SearchRuns, "order_by"),
        ({"order_by": [1]}, SearchRuns, "order_by[0]"),
    ],
)
def test_the_place_of_a_wrong_value_is_named(body: object, type_: type[msgspec.Struct], path: str) -> None:
    with pytest.raises(InvalidParameter, match="Invalid value") as refused:
        decode_body(json.dumps(body).encode(), type_)
    assert f"for parameter '{path}' supplied" in refused.value.message


def test_a_long_wrong_value_is_shown_in_part() -> None:
    with pytest.raises(InvalidParameter) as refused:
        log_metric(timestamp="x" * 10_000)
    assert len(refused.value.message) < 250


@pytest.mark.parametrize(
    ("body", "type_", "path"),
    [
        ({}, DeleteExperiment, "experiment_id"),
        ({"experiment_id": ""}, DeleteExperiment, "experiment_id"),
        ({"experiment_id": None}, DeleteExperiment, "experiment_id"),
        ({"run_id": "r", "value": 1, "timestamp": 1}, LogMetric, "key"),
        ({"run_id": "r", "key": "", "value": 1, "timestamp": 1}, LogMetric, "key"),
        ({"run_id": "r", "key": "a", "value": None, "timestamp": 1}, LogMetric, "value"),
        ({"run_id": "r", "metrics": [{"key": "a", "value": 1}]}, LogBatch, "metrics[0].timestamp"),
        ({"run_id": "r", "params": [{"key": "a"}, {"value": "1"}]}, LogBatch, "params[1].key"),
        ({"run_id": "r", "params": [{"key": "a"}, {"key": "", "value": "1"}]}, LogBatch, "params[1].key"),
        ({}, SearchDatasets, "experiment_ids"),
    ],
)
def test_what_is_missing_is_named_as_mlflow_names_it(body: object, type_: type[msgspec.Struct], path: str) -> None:
    with pytest.raises(MissingParameter) as refused:
        decode_body(json.dumps(body).encode(), type_)
    assert refused.value.message.startswith(f"Missing value for required parameter '{path}'. ")


def test_null_stands_for_an_absent_optional() -> None:
    body = b'{"filter": null, "order_by": null, "max_results": null, "run_view_type": null}'
    assert decode_body(body, SearchRuns) == SearchRuns()


def test_an_empty_optional_text_is_kept() -> None:
    assert decode_body(b'{"run_id": "r", "key": "k", "value": ""}', LogParam).value == ""


@pytest.mark.parametrize("text", ["null", "NaN", "true", "1", "[]"])
def test_text_that_looks_like_something_else_stays_text(text: str) -> None:
    body = json.dumps({"run_id": text, "key": text, "value": text}).encode()
    assert decode_body(body, LogParam) == LogParam(run_id=text, key=text, value=text)


def test_a_body_encoded_twice_is_decoded_twice() -> None:
    once = json.dumps({"experiment_id": "1", "run_name": "누구"})
    assert decode_body(json.dumps(once).encode(), CreateRun) == CreateRun("1", run_name="누구")


def test_optional_fields_may_be_spelled_in_camel_case() -> None:
    body = b'{"experimentIds": ["1"], "maxResults": "7", "orderBy": ["a"], "pageToken": "t", "runViewType": "ALL"}'
    assert decode_body(body, SearchRuns) == SearchRuns(["1"], None, "ALL", 7, ["a"], "t")
    nested = b'{"run_id": "r", "metrics": [{"key": "a", "value": 1, "timestamp": 1, "modelId": "m"}]}'
    assert decode_body(nested, LogBatch).metrics[0].model_id == "m"


def test_required_fields_may_not() -> None:
    with pytest.raises(MissingParameter, match="experiment_id"):
        decode_body(b'{"experimentId": "1"}', DeleteExperiment)


def test_both_spellings_at_once_are_refused() -> None:
    with pytest.raises(InvalidParameter, match="Request specifies both 'run_id' and 'runId'; provide only"):
        decode_body(b'{"run_id": "r", "runId": "r"}', LogBatch)


def test_a_camel_case_word_in_a_value_is_only_a_value() -> None:
    assert decode_body(b'{"filter": "\\"maxResults\\"", "max_results": 3}', SearchRuns).max_results == 3


@pytest.mark.parametrize("body", [b"null", b"[]", b"5", b"true", b'"5"', b'"text"'])
def test_a_body_that_is_no_object_is_refused(body: bytes) -> None:
    with pytest.raises(BadRequest):
        decode_body(body, SearchRuns)


@pytest.mark.parametrize(
    ("body", "offset"),
    [(b'{"a": 1,}', 8), (b'{"a": 1} x', 9), (b'{"filter": "x', 11), (b"{'a': 1}", 1), ('{"é": é}'.encode(), 7)],
)
def test_where_a_body_stops_being_json_is_said_in_bytes(body: bytes, offset: int) -> None:
    with pytest.raises(BadRequest, match="not JSON") as refused:
        decode_body(body, SearchRuns)
    said = int(refused.value.message.removesuffix(".").rpartition(" ")[2])
    assert abs(said - offset) <= 1  # Python's parser points at the comma or after it, by its version


def test_where_a_body_stops_being_utf8_is_said_in_bytes() -> None:
    with pytest.raises(BadRequest, match=r"not UTF-8 text: .* at byte 12"):
        decode_body(b'{"filter": "\xff"}', SearchRuns)


@pytest.mark.parametrize("escape", ["\\ud800", "\\ud800A", "\\udc00", "\\udc00\\ud800"])
def test_half_a_surrogate_pair_is_refused_by_name(escape: str) -> None:
    with pytest.raises(InvalidParameter, match=r"for parameter 'tags\[0\].value' supplied: .*surrogate"):
        decode_body(('{"run_id":"r","tags":[{"key":"k","value":"' + escape + '"}]}').encode(), LogBatch)


def test_a_whole_surrogate_pair_is_a_character() -> None:
    assert decode_body(b'{"filter": "\\ud83c\\udf99"}', SearchRuns).filter == "🎙"


@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
def test_a_body_nested_without_end_is_refused(opening: bytes) -> None:
    with pytest.raises(BadRequest, match="nested too deeply"):
        decode_body(b'{"x":' + opening * 100_000, SearchRuns)


@given(st.binary(max_size=60) | st.text(max_size=60).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    for type_ in BODY_TYPES:
        try:
            message = decode_body(body, type_)
        except (BadRequest, InvalidParameter):
            pass
        else:
            assert isinstance(message, type_)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["key", "value", "timestamp"]), inner),
    max_leaves=6,
)
NAMES = sorted({field for type_ in BODY_TYPES for field in type_.__struct_fields__})


@given(st.dictionaries(st.sampled_from([*NAMES, "runId", "orderBy"]), JSON, max_size=6))
def test_any_object_is_read_or_refused_and_what_is_read_can_be_sent(fields: dict[str, object]) -> None:
    for type_ in BODY_TYPES:
        try:
            message = decode_body(json.dumps(fields).encode(), type_)
        except (BadRequest, InvalidParameter):
            pass
        else:
            again = decode_body(encode(message), type_)
            assert repr(again) == repr(message)  # NaN is unlike itself


def test_a_query_string_gives_lists_integers_and_text() -> None:
    pairs = [("run_id", "a"), ("metric_key", "7"), ("run_id", "b"), ("max_results", "5"), ("unknown", "x")]
    assert decode_query(pairs, GetBulkHistory) == GetBulkHistory(run_id=["a", "b"], metric_key="7", max_results=5)
    assert decode_query([("order_by", "name")], SearchExperiments).order_by == ["name"]
    assert decode_query([], ListArtifacts) == ListArtifacts()


def test_of_a_repeated_scalar_the_first_counts() -> None:
    assert decode_query([("path", "a"), ("path", "b")], ListArtifacts).path == "a"


def test_a_query_string_is_refused_by_name() -> None:
    with pytest.raises(MissingParameter, match="'metric_key'"):
        decode_query([("run_id", "r")], GetHistory)
    with pytest.raises(InvalidParameter, match="Invalid value \"many\" for parameter 'max_results'"):
        decode_query([("metric_key", "m"), ("max_results", "many")], GetHistory)


class Flagged(msgspec.Struct):
    flag: bool = False


@pytest.mark.parametrize(("text", "flag"), [("true", True), ("True", True), ("FALSE", False)])
def test_a_boolean_is_read_in_any_case(text: str, flag: bool) -> None:
    assert decode_query([("flag", text)], Flagged).flag is flag


@pytest.mark.parametrize("text", ["1", "yes", ""])
def test_no_other_text_is_a_boolean(text: str) -> None:
    with pytest.raises(InvalidParameter, match="'flag'"):
        decode_query([("flag", text)], Flagged)


def test_defaults_are_left_out() -> None:
    assert encode(RunsPage()) == b"{}"
    assert encode(LogBatch("r", params=[KeyValue("k", "")])) == b'{"run_id":"r","params":[{"key":"k","value":""}]}'


def test_numbers_that_json_lacks_travel_as_text() -> None:
    sent = encode(LogBatch("null", [LoggedMetric("a", math.nan, 1), LoggedMetric("b", -math.inf, 1)]))
    assert [metric["value"] for metric in json.loads(sent)["metrics"]] == ["NaN", "-Infinity"]


def test_in_bulk_histories_they_are_bare_tokens() -> None:
    points = [
        BulkPoint("k", "r", 1, 2, math.nan),
        BulkPoint("k", "r", 1, 2, math.inf),
        BulkPoint("널", "null", 1, 2, 0.5),
    ]
    sent = encode(BulkHistory(points))
    assert b'"value":NaN' in sent
    assert b'"value":Infinity' in sent
    assert repr(decode_answer(sent, BulkHistory).metrics) == repr(points)


def test_an_answer_that_is_none_is_a_value_error() -> None:
    for body in (b"<html>", b"[]", b'{"metrics": 5}', b"\xff"):
        with pytest.raises(ValueError):  # noqa: PT011 - the parser's own; the transport says what it means
            decode_answer(body, BulkHistory)
