"""Runs as CSV."""

import csv
import io
import math

import pandas as pd

from kirok.cli.run_columns import write_runs
from kirok.entities.metrics import Metric
from kirok.entities.runs import Run, RunData, RunInfo
from kirok.entities.views import LifecycleStage, RunStatus


def run(run_id: str, **data: object) -> Run:
    info = RunInfo(run_id, "1", "n", "u", RunStatus.FINISHED, 1_700_000_000_123, None, "/a", LifecycleStage.ACTIVE)
    metrics = tuple(Metric(key, value, 0) for key, value in data.pop("metrics", {}).items())  # type: ignore[attr-defined]
    return Run(info, RunData(metrics, **data))  # type: ignore[arg-type]


def written(runs: list[Run], *, escape: bool = False) -> str:
    out = io.StringIO()
    write_runs(out, runs, escape=escape)
    return out.getvalue()


def test_pandas_reads_back_what_was_logged() -> None:
    text = written(
        [
            run("a", metrics={"loss": 0.1, "bad": math.nan}, params={"p": 'x,y\n"z"'}, tags={"t": "1"}),
            run("b", metrics={"loss": math.inf}, params={"q": "2"}),
        ]
    )
    frame = pd.read_csv(io.StringIO(text))
    assert list(frame.columns) == [
        *("run_id", "experiment_id", "status", "artifact_uri", "start_time", "end_time"),
        *("metrics.loss", "metrics.bad", "params.p", "params.q", "tags.t"),
    ]
    assert list(frame["metrics.loss"]) == [0.1, math.inf]
    assert frame["params.p"][0] == 'x,y\n"z"'
    assert pd.to_datetime(frame["start_time"])[0] == pd.Timestamp(1_700_000_000_123, unit="ms", tz="UTC")
    assert frame["end_time"].isna().all()


def test_a_value_that_is_no_number_differs_from_an_absent_one() -> None:
    rows = list(csv.DictReader(io.StringIO(written([run("a", metrics={"m": math.nan}), run("b")]))))
    assert [row["metrics.m"] for row in rows] == ["NaN", ""]


def test_a_terminal_gets_no_control_characters() -> None:
    runs = [run("a", tags={"t": "\x1b[2J"})]
    assert "\x1b" in written(runs)
    assert "\x1b" not in written(runs, escape=True)


def test_no_runs_give_the_header_alone() -> None:
    assert written([]) == "run_id,experiment_id,status,artifact_uri,start_time,end_time\n"
