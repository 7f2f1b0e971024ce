"""`kirok experiments` on a database file."""

import csv
import io
import json
from pathlib import Path

import pytest

from cli.conftest import Command, Seeded


def test_an_experiment_lives_a_whole_life(kirok: Command, seeded: Seeded) -> None:
    uri = seeded.uri
    made = kirok("experiments", "create", "-n", "foo", "-l", "s3://bucket/foo", MLFLOW_TRACKING_URI=uri)
    assert made.stdout == "Created experiment 'foo' with id 2\n"
    renamed = kirok("experiments", "rename", "-x", "2", "--new-name", "bar", MLFLOW_TRACKING_URI=uri)
    assert renamed.stdout == "Experiment with id 2 has been renamed to 'bar'.\n"
    deleted = kirok("experiments", "delete", "-x", "2", MLFLOW_TRACKING_URI=uri)
    assert deleted.stdout == "Experiment with ID 2 has been deleted.\n"
    assert "bar" not in kirok("experiments", "search", MLFLOW_TRACKING_URI=uri).stdout
    assert "bar" in kirok("experiments", "search", "-v", "deleted_only", MLFLOW_TRACKING_URI=uri).stdout
    restored = kirok("experiments", "restore", "-x", "2", MLFLOW_TRACKING_URI=uri)
    assert restored.stdout == "Experiment with id 2 has been restored.\n"
    assert "bar" in kirok("experiments", "search", "--view", "all", MLFLOW_TRACKING_URI=uri).stdout


def test_search_prints_a_table(kirok: Command, seeded: Seeded) -> None:
    lines = kirok("experiments", "search", MLFLOW_TRACKING_URI=seeded.uri).stdout.splitlines()
    assert lines[0].split("  ")[0] == "Experiment Id"
    assert [line.split()[0] for line in lines[2:]] == ["0", "1"]
    assert lines[3].split() == ["1", "실험", "one", str(seeded.folder / "artifacts")]
    limited = kirok("experiments", "search", "--max-results", "1", MLFLOW_TRACKING_URI=seeded.uri).stdout
    assert len(limited.splitlines()) == 3


def test_get_shows_one_by_id_or_name(kirok: Command, seeded: Seeded) -> None:
    by_id = kirok("experiments", "get", "-x", "1", MLFLOW_TRACKING_URI=seeded.uri).stdout
    assert "Name               : 실험 one\n" in by_id
    by_name = kirok("experiments", "get", "-n", "실험 one", "--output", "json", MLFLOW_TRACKING_URI=seeded.uri).stdout
    assert json.loads(by_name)["experiment_id"] == "1"
    assert by_name.isascii()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["get", "-x", "99"], 1, "99"),
        (["get", "-n", "nobody"], 1, "Experiment with name 'nobody' does not exist."),
        (["get"], 2, "exactly one"),
        (["create", "-n", "실험 one"], 1, "실험 one"),
        (["create", "-n", ""], 1, "name"),
        (["delete", "-x", "99"], 1, "99"),
        (["restore", "-x", "1"], 1, "1"),
        (["search", "-v", "bogus"], 2, "bogus"),
        (["search", "--max-results", "-1"], 2, "-1"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_what_cannot_be_done_is_said_plainly(
    kirok: Command, seeded: Seeded, arguments: list[str], code: int, said: str
) -> None:
    answer = kirok("experiments", *arguments, MLFLOW_TRACKING_URI=seeded.uri)
    assert answer.returncode == code
    assert answer.stdout == ""
    assert said in answer.stderr
    assert "Traceback" not in answer.stderr


def test_names_cannot_steer_the_terminal(kirok: Command, seeded: Seeded) -> None:
    made = kirok("experiments", "create", "-n", "evil\x1b]0;title\x07", MLFLOW_TRACKING_URI=seeded.uri)
    listed = kirok("experiments", "search", MLFLOW_TRACKING_URI=seeded.uri)
    again = kirok("experiments", "create", "-n", "evil\x1b]0;title\x07", MLFLOW_TRACKING_URI=seeded.uri)
    for printed in (made.stdout, listed.stdout, again.stderr):
        assert "\x1b" not in printed
        assert "evil\\x1b]0;title\\x07" in printed


def test_runs_are_exported_as_csv(kirok: Command, seeded: Seeded, tmp_path: Path) -> None:
    printed = kirok("experiments", "csv", "-x", seeded.experiment_id, MLFLOW_TRACKING_URI=seeded.uri).stdout
    rows = list(csv.DictReader(io.StringIO(printed)))
    first = next(row for row in rows if row["run_id"] == seeded.run_id)
    assert len(rows) == 2
    assert (first["params.lr"], first["metrics.loss"], first["tags.t"]) == ("0.1", "0.25", "x,y")
    assert first["end_time"] == "2023-11-14 22:13:21.250+00:00"
    told = kirok("experiments", "csv", "-x", "1", "-o", "runs.csv", MLFLOW_TRACKING_URI=seeded.uri)
    assert told.stdout == "Experiment with ID 1 has been exported as a CSV to file: runs.csv.\n"
    assert (tmp_path / "runs.csv").read_text(encoding="utf-8") == printed
    nowhere = kirok("experiments", "csv", "-x", "1", "-o", "no/such/x.csv", MLFLOW_TRACKING_URI=seeded.uri)
    assert nowhere.returncode == 1
    assert len(nowhere.stderr.splitlines()) == 1
