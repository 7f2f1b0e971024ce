"""Experiments whose files lie where this client cannot reach them."""

import itertools
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from client.doctor.conftest import Doctor
from kirok.client.doctor.findings import Status
from kirok.client.mlflow_client import MlflowClient
from running_servers import kirok_server

_numbers = itertools.count(1)


@pytest.fixture
def client(server_address: str) -> Iterator[MlflowClient]:
    """A client of the server; experiments that a test makes are in use until it ends."""
    client = MlflowClient(server_address)
    before = {experiment.experiment_id for experiment in client.search_experiments()}
    yield client
    for experiment in client.search_experiments():
        if experiment.experiment_id not in before:
            client.delete_experiment(experiment.experiment_id)


def _experiment(client: MlflowClient, location: str, runs: int = 0) -> str:
    experiment_id = client.create_experiment(f"placed {next(_numbers)}", artifact_location=location)
    for _ in range(runs):
        client.create_run(experiment_id)
    return experiment_id


def test_a_folder_of_the_servers_machine_is_relocated(client: MlflowClient, doctor: Doctor) -> None:
    _experiment(client, "file:///srv/nowhere/mlruns/1", runs=2)
    _experiment(client, "file:///srv/nowhere/mlruns/2", runs=1)
    report = doctor(client.tracking_uri)
    found = report.one("locations")
    assert found.status is Status.FAILED
    assert "2 experiments with 3 runs have files in file:///srv/nowhere/mlruns" in found.text
    assert found.mend.startswith("kirok artifacts relocate file:///srv/nowhere/mlruns mlflow-artifacts:/")
    assert report.one("artifacts").text.startswith("through the server")
    assert not Path("/srv/nowhere").exists()


@pytest.mark.parametrize("location", ["file:///E:/ml/runs/1", "E:\\ml\\runs\\1", "//share/ml/1".replace("/", "\\")])
def test_a_folder_of_a_windows_machine_is_mapped(location: str, client: MlflowClient, doctor: Doctor) -> None:
    _experiment(client, location, runs=1)
    found = doctor(client.tracking_uri).one("locations")
    assert found.status is Status.FAILED
    assert "1 run has files in" in found.text
    assert "a folder of a Windows machine" in found.text
    assert found.mend == f"KIROK_ARTIFACT_ROOT_ALIASES={shlex.quote(f'{location[:-2]}=/where/it/is/here')}"


def test_what_an_alias_maps_can_be_reached(
    client: MlflowClient, doctor: Doctor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mounted").mkdir()
    _experiment(client, "file:///E:/ml/runs/1", runs=1)
    monkeypatch.setenv("KIROK_ARTIFACT_ROOT_ALIASES", f"E:/ml/runs={tmp_path}/mounted")
    assert doctor(client.tracking_uri).one("locations").status is Status.OK


def test_another_server_is_named(client: MlflowClient, doctor: Doctor) -> None:
    _experiment(client, "mlflow-artifacts://old.example.org:5000/1", runs=1)
    found = doctor(client.tracking_uri).one("locations")
    assert "old.example.org:5000" in found.text
    assert found.mend == "kirok artifacts relocate mlflow-artifacts://old.example.org:5000/ mlflow-artifacts:/"


def test_a_kind_that_nobody_knows_is_relocated(client: MlflowClient, doctor: Doctor) -> None:
    _experiment(client, "hdfs://cluster/mlflow/1")
    found = doctor(client.tracking_uri).one("locations")
    assert "hdfs" in found.text
    assert found.mend.startswith("kirok artifacts relocate hdfs://cluster/mlflow")


def test_files_at_a_server_are_out_of_reach_without_it(tmp_path: Path, doctor: Doctor) -> None:
    with kirok_server(tmp_path):
        pass
    report = doctor(f"sqlite:///{tmp_path}/mlflow.db")
    assert report.one("locations").status is Status.WARNING
    assert report.one("locations").mend == "MLFLOW_TRACKING_URI=http://the-server-that-keeps-them"


def test_a_folder_that_is_gone_is_mapped(tmp_path: Path, doctor: Doctor) -> None:
    client = MlflowClient(f"sqlite:///{tmp_path}/mlflow.db")
    _experiment(client, f"{tmp_path}/moved/away/1")
    found = doctor(client.tracking_uri).one("locations")
    assert found.status is Status.WARNING
    assert found.mend == f"KIROK_ARTIFACT_ROOT_ALIASES={tmp_path}/moved/away=/where/it/is/here"
