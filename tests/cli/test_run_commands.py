"""`kirok runs` on a database file."""

import json

import pytest

from cli.conftest import Command, Seeded


def test_runs_are_listed_newest_first_and_harmless(kirok: Command, seeded: Seeded) -> None:
    shown = kirok("runs", "list", "--experiment-id", seeded.experiment_id, MLFLOW_TRACKING_URI=seeded.uri, TZ="UTC")
    header, _, newer, older = shown.stdout.splitlines()
    assert header.split() == ["Date", "Name", "ID"]
    assert newer.split()[:4] == ["2023-11-14", "22:13:22", "UTC", "second"]
    assert older.split() == ["2023-11-14", "22:13:20", "UTC", "first\\x1b[31m", seeded.run_id]


def test_a_run_is_described_as_json(kirok: Command, seeded: Seeded) -> None:
    shown = json.loads(kirok("runs", "describe", "--run-id", seeded.run_id, MLFLOW_TRACKING_URI=seeded.uri).stdout)
    assert shown["info"]["status"] == "FINISHED"
    assert shown["info"]["end_time"] == 1_700_000_001_250
    assert shown["data"]["params"] == {"lr": "0.1"}
    assert shown["data"]["metrics"] == {"loss": 0.25}
    assert shown["inputs"] == {"model_inputs": [], "dataset_inputs": []}


def test_a_run_goes_into_the_bin_and_out(kirok: Command, seeded: Seeded) -> None:
    gone = kirok("runs", "delete", "--run-id", seeded.run_id, MLFLOW_TRACKING_URI=seeded.uri)
    assert gone.stdout == f"Run with ID {seeded.run_id} has been deleted.\n"
    active = kirok("runs", "list", MLFLOW_TRACKING_URI=seeded.uri, MLFLOW_EXPERIMENT_ID="1").stdout
    binned = kirok("runs", "list", "-v", "deleted_only", MLFLOW_TRACKING_URI=seeded.uri, KIROK_EXPERIMENT_ID="1").stdout
    assert seeded.run_id not in active
    assert seeded.run_id in binned
    back = kirok("runs", "restore", "--run-id", seeded.run_id, MLFLOW_TRACKING_URI=seeded.uri)
    assert back.stdout == f"Run with id {seeded.run_id} has been restored.\n"


def test_a_run_can_be_made_for_something_done_elsewhere(kirok: Command, seeded: Seeded) -> None:
    made = kirok(
        *("runs", "create", "--experiment-name", "by hand", "--run-name", "night", "-t", "env=prod", "-t", "eq=a=b"),
        *("--status", "failed", "--description", "a note", "--parent-run-id", seeded.run_id),
        MLFLOW_TRACKING_URI=seeded.uri,
    )
    answer = json.loads(made.stdout)
    assert (answer["status"], answer["run_name"], answer["experiment_id"]) == ("FAILED", "night", "2")
    seen = json.loads(kirok("runs", "describe", "--run-id", answer["run_id"], MLFLOW_TRACKING_URI=seeded.uri).stdout)
    assert seen["info"]["status"] == "FAILED"
    wanted = {
        "env": "prod",
        "eq": "a=b",
        "mlflow.note.content": "a note",
        "mlflow.parentRunId": seeded.run_id,
        "mlflow.runName": "night",
    }
    assert wanted.items() <= seen["data"]["tags"].items()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["describe", "--run-id", "0" * 32], 1, "0" * 32),
        (["delete", "--run-id", "nope"], 1, "nope"),
        (["list"], 2, "--experiment-id"),
        (["create"], 2, "exactly one"),
        (["create", "--experiment-id", "0", "-t", "novalue"], 2, "novalue"),
        (["create", "--experiment-id", "0", "-t", "a=1", "-t", "a=2"], 2, "Duplicate tag key: 'a'"),
        (["create", "--experiment-id", "99"], 1, "99"),
        (["create", "--experiment-id", "0", "--status", "RUNNING"], 2, "RUNNING"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, list) else None,
)
def test_what_cannot_be_done_is_said_plainly(
    kirok: Command, seeded: Seeded, arguments: list[str], code: int, said: str
) -> None:
    answer = kirok("runs", *arguments, MLFLOW_TRACKING_URI=seeded.uri)
    assert answer.returncode == code
    assert said in answer.stderr
    assert "Traceback" not in answer.stderr


def test_why_a_search_does_not_find_a_run(kirok: Command, seeded: Seeded) -> None:
    asked = ("runs", "why-not", seeded.run_id, "--experiment-id", seeded.experiment_id, "--filter")
    found = kirok(*asked, "params.lr = 0.1", MLFLOW_TRACKING_URI=seeded.uri)
    assert (found.returncode, found.stdout) == (0, f"The search finds run {seeded.run_id}.\n")
    left_out = kirok(*asked, "metrics.Loss < 1 AND params.lr > 1", MLFLOW_TRACKING_URI=seeded.uri)
    assert left_out.returncode == 1
    assert left_out.stdout.splitlines() == [
        "metrics.Loss < 1.0",
        "  the run has nothing",
        "    The run has no metric 'Loss', but it has 'loss': metrics.loss.",
        "params.lr > 1.0",
        "  the run has 0.1",
    ]
