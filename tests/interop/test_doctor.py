"""`kirok doctor` looks at the real MLflow server, and knows what the real MLflow reads."""

from pathlib import Path
from typing import Any

import pytest

from kirok.client.doctor.examination import examine
from kirok.client.doctor.findings import Status
from kirok.client.doctor.variables import KNOWN
from running_servers import RunningServer


def test_mlflows_own_server_is_well_and_left_as_it_was(
    mlflow: Any, mlflow_at: RunningServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = mlflow.MlflowClient(mlflow_at.address)

    def seen() -> list[str]:
        everything = mlflow.entities.ViewType.ALL
        experiments = client.search_experiments(view_type=everything)
        runs = client.search_runs([each.experiment_id for each in experiments], run_view_type=everything)
        # As text: a NaN among the metrics is not equal to itself.
        return [*map(str, map(dict, experiments)), *[str(run.to_dictionary()) for run in runs]]

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    before = seen()
    outcomes = {outcome.check: outcome.finding for outcome in examine(mlflow_at.address)}
    assert seen() == before
    assert {name for name, finding in outcomes.items() if finding.status is not Status.OK} <= {"variables", "locations"}
    assert outcomes["server"].text == f"MLflow {mlflow.__version__}"
    assert "removed" in outcomes["write"].text
    assert outcomes["artifacts"].text.startswith("through the server, mlflow-artifacts:/")
    assert not [path for path in mlflow_at.log.parent.rglob("*") if "doctor" in path.name]


def test_mlflows_check_of_the_host_is_told_with_its_option(
    mlflow_at: RunningServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("no_proxy", "*")
    # Another name of this machine, which MLflow does not count among its own.
    address = mlflow_at.address.replace("127.0.0.1", "127.1")
    outcomes = {outcome.check: outcome.finding for outcome in examine(address)}
    failure = outcomes["host check"]
    assert failure.status is Status.FAILED
    assert "Invalid Host header" in failure.text
    assert failure.mend.startswith(f"--allowed-hosts {address.removeprefix('http://')}")


def test_every_variable_that_mlflow_reads_is_known(mlflow: Any) -> None:
    from mlflow import environment_variables

    found = {
        value.name
        for value in vars(environment_variables).values()
        if isinstance(value, environment_variables._EnvironmentVariable) and value.name.startswith("MLFLOW_")
    }
    assert len(found) > 200
    assert found <= KNOWN
