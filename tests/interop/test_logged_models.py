"""Logged models are not in this version, and clients that look for them are told the truth."""

from pathlib import Path
from typing import Any

import pytest

from running_servers import RunningServer, kirok_server

pytestmark = pytest.mark.filterwarnings("ignore")  # MLflow's own


def test_folders_of_runs_are_listed_although_a_client_looks_for_models_too(
    mlflow: Any, kirok_at: RunningServer
) -> None:
    client = mlflow.MlflowClient(kirok_at.address)
    experiment_id = client.create_experiment("folders")
    run_id = client.create_run(experiment_id).info.run_id
    client.log_text(run_id, "x", "model/MLmodel")
    assert [file.path for file in client.list_artifacts(run_id, "model")] == ["model/MLmodel"]
    assert client.search_logged_models([experiment_id]) == []


def test_models_that_mlflow_logged_are_not_denied(mlflow: Any, tmp_path: Path) -> None:
    uri = f"sqlite:///{(tmp_path / 'mlflow.db').as_posix()}"
    own = mlflow.MlflowClient(uri)
    experiment_id = own.create_experiment("models", artifact_location=str(tmp_path / "mlruns" / "models"))
    run_id = own.create_run(experiment_id).info.run_id
    own.log_text(run_id, "x", "notes/a.txt")
    model = own.create_logged_model(experiment_id, name="forest", source_run_id=run_id)
    with kirok_server(tmp_path) as running:
        client = mlflow.MlflowClient(running.address)
        assert [file.path for file in client.list_artifacts(run_id, "notes")] == ["notes/a.txt"]
        assert client.search_logged_models(["0"]) == []
        with pytest.raises(mlflow.exceptions.MlflowException, match=r"forest.*cannot show logged") as refused:
            client.list_artifacts(run_id, "forest")
        assert refused.value.error_code == "NOT_IMPLEMENTED"
        with pytest.raises(mlflow.exceptions.MlflowException, match="cannot show logged models yet"):
            client.search_logged_models([experiment_id])
        own.delete_logged_model(model.model_id)
        assert client.search_logged_models([experiment_id]) == []


def test_logging_a_model_says_that_it_is_not_in_this_version(mlflow: Any, kirok_at: RunningServer) -> None:
    client = mlflow.MlflowClient(kirok_at.address)
    with pytest.raises(mlflow.exceptions.MlflowException, match="does not have logged models yet"):
        client.create_logged_model("0", name="forest")
