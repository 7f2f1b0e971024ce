"""Charts over HTTP: as JSON, and as columns that need no parsing."""

import json
import math
import struct
from array import array
from typing import Any

import httpx
import pytest

from server.conftest import API

CHARTS = "/api/kirok/charts"
COLUMNS = {"accept": "application/vnd.kirok.chart"}


@pytest.fixture
def logged(client: httpx.Client, run_id: str) -> str:
    """A run with 300 points of `loss`, one of them NaN, and three of `acc`."""
    values: list[Any] = [1 / (i + 1) for i in range(300)]
    values[77] = "NaN"
    metrics = [{"key": "loss", "value": value, "timestamp": 10 * i, "step": i} for i, value in enumerate(values)]
    metrics += [{"key": "acc", "value": 0.5, "timestamp": i, "step": i} for i in range(3)]
    assert client.post(f"{API}/runs/log-batch", json={"run_id": run_id, "metrics": metrics}).status_code == 200
    return run_id


def decoded(body: bytes) -> dict[str, Any]:
    """The JSON form of a chart in columns."""
    magic, length, zero = struct.unpack_from("<8sII", body)
    assert (magic, zero, length % 8) == (b"kirokch1", 0, 0)
    head: dict[str, Any] = json.loads(body[16 : 16 + length])
    for series in head["series"]:
        for name, place in series["columns"].items():
            assert (16 + length + place) % 8 == 0
            column = array("d", body[16 + length + place :][: 8 * series["rows"]])
            series["columns"][name] = ["NaN" if math.isnan(number) else number for number in column]
    return head


def test_a_chart_comes_as_json(client: httpx.Client, logged: str) -> None:
    answer = client.post(CHARTS, json={"run_ids": [logged], "keys": ["loss", "acc"], "width": 3}).json()
    assert (answer["axis"], answer["x_from"], answer["x_to"], answer["width"]) == ("step", 0, 299, 3)
    loss, acc = answer["series"]
    assert (loss["run_id"], loss["key"], loss["count"], loss["is_exact"], loss["rows"]) == (
        logged,
        "loss",
        300,
        False,
        3,
    )
    assert loss["columns"]["x_first"] == [0, 100, 200]
    assert loss["columns"]["x_last"] == [99, 199, 299]
    assert loss["columns"]["marks"] == [1, 0, 0]
    assert loss["columns"]["maximum"] == [1.0, 1 / 101, 1 / 201]
    assert acc["is_exact"]
    assert acc["columns"] == {"x": [0, 1, 2], "value": [0.5, 0.5, 0.5]}


def test_columns_say_what_json_says(client: httpx.Client, logged: str) -> None:
    for width in (3, 200):
        request = {"run_ids": [logged], "keys": ["loss", "acc"], "width": width, "axis": "time"}
        plain = client.post(CHARTS, json=request)
        columns = client.post(CHARTS, json=request, headers=COLUMNS)
        assert columns.headers["content-type"] == "application/vnd.kirok.chart"
        assert plain.headers["vary"] == columns.headers["vary"] == "accept"
        found, expected = decoded(columns.content), plain.json()
        assert [series.pop("is_stale") for series in found["series"]] == [False, False]
        assert found == expected


def test_a_chart_of_nothing_has_no_range(client: httpx.Client, logged: str) -> None:
    request = {"run_ids": [logged], "keys": ["none"]}
    assert client.post(CHARTS, json=request).json() == {"axis": "step", "width": 1000, "series": []}
    assert decoded(client.post(CHARTS, json=request, headers=COLUMNS).content)["series"] == []


@pytest.mark.parametrize(
    "wrong",
    [{"axis": "furlongs"}, {"width": 0}, {"width": "wide"}, {"run_ids": []}, {"keys": []}, {"x_from": 2, "x_to": 1}],
)
def test_a_chart_that_makes_no_sense_is_refused(client: httpx.Client, logged: str, wrong: dict[str, Any]) -> None:
    for headers in ({}, COLUMNS):
        answer = client.post(CHARTS, json={"run_ids": [logged], "keys": ["loss"], **wrong}, headers=headers)
        assert answer.status_code == 400
        assert answer.json()["error_code"] == "INVALID_PARAMETER_VALUE"
