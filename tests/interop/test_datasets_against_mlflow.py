"""One dataset logged by MLflow and by kirok is one dataset: name, digest, schema, profile and source agree."""

import datetime
import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import kirok

COLUMNS: dict[str, list[Any] | np.ndarray[Any, Any]] = {
    "long": [1, 2, 3],
    "text": ["a", "기록", ""],
    "gaps": [1.5, None, 2.5],
    "text gaps": ["a", None, "b"],
    "time": pd.to_datetime(["2020-01-01", "2021-01-01", "2022-01-01"]).to_numpy(),
    "flag": [True, False, True],
    "int32": np.array([1, 2, 3], dtype="int32"),
    "uint8": np.array([1, 2, 3], dtype="uint8"),
    "uint32": np.array([1, 2, 3], dtype="uint32"),
    "float32": np.array([1, 2, 3], dtype="float32"),
    "bytes": [b"a", b"b", b""],
    "lists": [[1], [2, 3], []],
    "nested": [[["a"]], [[]], [None]],
    "dicts": [{"b": 1, "a": "x"}, {"a": None, "c": [1.5]}, {"a": "z", "b": 2}],
    "all gaps": [None, None, None],
    "mixed": [1, "a", None],
    "dates": [datetime.date(2020, 1, 1), datetime.datetime(2020, 1, 2), None],  # noqa: DTZ001 - as found in frames
    "uint64": np.array([1, 2, 3], dtype="uint64"),
    "complex": np.array([1j, 2j, 3j]),
    "objects": [object, object, object],
    "spans": pd.to_timedelta([1, 2, 3], unit="s").to_numpy(),
}
FRAMES = {name: pd.DataFrame({name: values}) for name, values in COLUMNS.items()} | {
    "several": pd.DataFrame({name: COLUMNS[name] for name in ("long", "text", "gaps", "time", "flag", "lists")}),
    "category": pd.DataFrame({"c": pd.Categorical(["u", "v", "u"])}),
    "nullable": pd.DataFrame(
        {"i": pd.array([1, None, 3], dtype="Int64"), "b": pd.array([True, None, False], dtype="boolean")}
    ),
    "empty": pd.DataFrame({"x": pd.Series([], dtype="float64")}),
    "no columns": pd.DataFrame(index=[1, 2]),
    "numbered columns": pd.DataFrame([[1, "a"], [2, "b"]]),
    "long frame": pd.DataFrame({"x": np.arange(12_345) / 7, "y": [str(i) for i in range(12_345)]}),
}
ARRAYS: dict[str, tuple[Any, Any]] = {
    "matrix": (np.arange(12.0).reshape(3, 4), np.array([1, 0, 1])),
    "alone": (np.array([[True], [False]]), None),
    "dictionary": ({"b": np.arange(3), "a": np.array(["q", "기록"])}, {"t": np.zeros((2, 2), dtype="float32")}),
    "bytes": (np.array([b"ab", b"c"]), None),
    "large": (np.arange(30_000).reshape(3, 10_000), None),
    "complex": (np.array([1j, 2]), None),
    "times": (np.array(["2020-01-01"], dtype="datetime64[ns]"), None),
}


@pytest.mark.parametrize("name", FRAMES)
def test_a_frame_is_described_as_mlflow_does(mlflow: Any, name: str) -> None:
    given = {"source": "data.csv", "name": name}
    assert outcome(kirok.data.from_pandas, FRAMES[name], **given) == outcome(
        mlflow.data.from_pandas, FRAMES[name], **given
    )


@pytest.mark.parametrize("name", ARRAYS)
def test_arrays_are_described_as_mlflow_does(mlflow: Any, name: str) -> None:
    features, targets = ARRAYS[name]
    given = {"source": "data.npy", "targets": targets}
    assert outcome(kirok.data.from_numpy, features, **given) == outcome(mlflow.data.from_numpy, features, **given)


@pytest.mark.parametrize(
    "source",
    ["data.csv", "/data/a b.csv", Path("x.csv"), "file:///data/x", "s3://bucket/x", "gs://bucket/x",
     "https://example.org/x.csv", "wasbs://c@a.blob.core.windows.net/x", "nonsense://x"],
)  # fmt: skip
def test_a_source_is_described_as_mlflow_does(mlflow: Any, source: str | Path) -> None:
    frame = FRAMES["long"]
    assert outcome(kirok.data.from_pandas, frame, source=source) == outcome(
        mlflow.data.from_pandas, frame, source=source
    )


def test_without_a_source_the_program_is_one(mlflow: Any) -> None:
    ours, theirs = (outcome(library.data.from_pandas, FRAMES["long"]) for library in (kirok, mlflow))
    assert ours["source_type"] == theirs["source_type"] == "code"
    ours_tags, theirs_tags = (json.loads(described["source"])["tags"] for described in (ours, theirs))
    assert ours_tags["mlflow.source.name"] == theirs_tags["mlflow.source.name"]
    assert ours_tags["mlflow.user"] == theirs_tags["mlflow.user"]


def test_columns_that_are_not_there_are_refused(mlflow: Any) -> None:
    for role in ("targets", "predictions"):
        for library in (kirok, mlflow):
            with pytest.raises(library.MlflowException, match=f"specified {role} column 'y'"):
                library.data.from_pandas(FRAMES["long"], **{role: "y"})


def outcome(describe: Any, data: Any, **given: Any) -> Any:
    """What a library makes of data: its description, or that it refuses."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # MLflow's hints on integer columns
        try:
            described: dict[str, Any] = describe(data, **given).to_dict()
        except Exception:
            return "refused"
    return described
