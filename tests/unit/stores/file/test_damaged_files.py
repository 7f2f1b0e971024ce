"""Half-written, missing and old records: what can be read is read, and one bad file hides no other."""

import logging
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from kirok.base.errors import InvalidState, NotFound
from kirok.entities.metrics import Metric
from kirok.entities.runs import Param
from kirok.entities.views import LifecycleStage, RunStatus, ViewType
from kirok.stores.protocols import Stores

BAD = {
    "empty": "",
    "cut short": "artifact_uri: file:///x\nend_time: 1700\nentry_point_name: '",
    "no mapping": "- 1\n- 2\n",
    "another's": "experiment_id: '1'\nrun_id: other\nname: Other\n",
    "no text": "\x00\x01",
    "nonsense": "experiment_id: '{experiment}'\nrun_id: {run}\nstatus: 99\nname: [1\n",
}


def warnings(caplog: pytest.LogCaptureFixture, place: Path) -> list[str]:
    return [text for text in caplog.messages if str(place) in text]


@pytest.mark.parametrize("content", BAD.values(), ids=BAD.keys())
def test_a_bad_record_of_a_run_hides_no_other_run(
    stores: Stores, experiment_id: str, run_id: str, run_folder: Path, content: str, caplog: pytest.LogCaptureFixture
) -> None:
    other = stores.runs.create_run(experiment_id).info.run_id
    (run_folder / "meta.yaml").write_text(content.replace("{experiment}", experiment_id).replace("{run}", run_id))
    for _ in range(3):
        assert [run.info.run_id for run in stores.runs.search_runs([experiment_id])] == [other]
    assert len(warnings(caplog, run_folder / "meta.yaml")) == 1
    with pytest.raises(InvalidState, match=r"meta\.yaml"):
        stores.runs.get_run(run_id)
    with pytest.raises(InvalidState, match=r"meta\.yaml"):
        stores.runs.log_batch(run_id, params=[Param("a", "1")])


def test_a_missing_record_of_a_run_hides_no_other_run(
    stores: Stores, experiment_id: str, run_id: str, run_folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    other = stores.runs.create_run(experiment_id).info.run_id
    (run_folder / "meta.yaml").unlink()
    for _ in range(2):
        assert [run.info.run_id for run in stores.runs.search_runs([experiment_id])] == [other]
    assert len(warnings(caplog, run_folder / "meta.yaml")) == 1
    with pytest.raises(NotFound):
        stores.runs.get_run(run_id)


def test_a_mended_record_is_back(stores: Stores, experiment_id: str, run_id: str, run_folder: Path) -> None:
    record = (run_folder / "meta.yaml").read_bytes()
    (run_folder / "meta.yaml").write_bytes(record[:50])
    assert stores.runs.search_runs([experiment_id]) == []
    (run_folder / "meta.yaml").write_bytes(record)
    assert [run.info.run_id for run in stores.runs.search_runs([experiment_id])] == [run_id]


@pytest.mark.parametrize("content", [*BAD.values(), None], ids=[*BAD.keys(), "missing"])
def test_a_bad_record_of_an_experiment_hides_no_other_experiment(
    stores: Stores, root: Path, experiment_id: str, run_id: str, content: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    file = root / experiment_id / "meta.yaml"
    if content is None:
        file.unlink()
    else:
        file.write_text(content.replace("{experiment}", experiment_id))
    for _ in range(2):
        assert [one.name for one in stores.experiments.search_experiments()] == ["Default"]
    assert len(warnings(caplog, file)) == 1
    with pytest.raises((InvalidState, NotFound)):
        stores.experiments.get_experiment(experiment_id)
    assert stores.experiments.create_experiment("speech") != experiment_id


def test_folders_of_artifacts_alone_are_passed_over_in_silence(
    stores: Stores, root: Path, experiment_id: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A database beside the folder puts artifacts into it (`mlruns/1/<run id>/artifacts`)."""
    (root / "7" / "0123456789abcdef0123456789abcdef" / "artifacts").mkdir(parents=True)
    (root / experiment_id / "0123456789abcdef0123456789abcdef" / "artifacts").mkdir(parents=True)
    (root / "notes").mkdir()
    assert {one.name for one in stores.experiments.search_experiments()} == {"Default", "speech"}
    assert stores.runs.search_runs([experiment_id, "7"]) == []
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


def test_a_bad_line_hides_no_other_point(
    stores: Stores, run_id: str, run_folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (run_folder / "metrics" / "loss").write_bytes(b"1 0.5 1\nnonsense\n3 0.25 3\n")
    for _ in range(2):
        assert stores.runs.get_run(run_id).data.latest_metrics == (Metric("loss", 0.25, 3, 3),)
    assert stores.metrics.history(run_id, "loss") == [Metric("loss", 0.5, 1, 1), Metric("loss", 0.25, 3, 3)]
    assert len(warnings(caplog, run_folder / "metrics" / "loss")) == 1


def test_a_metric_file_without_points_is_no_metric(stores: Stores, run_id: str, run_folder: Path) -> None:
    (run_folder / "metrics" / "loss").write_bytes(b"")
    assert stores.runs.get_run(run_id).data.latest_metrics == ()


def test_a_torn_line_is_no_point_and_the_next_point_stands_alone(stores: Stores, run_id: str, run_folder: Path) -> None:
    first, second = Metric("loss", 0.5, 1, 1), Metric("loss", 0.25, 2, 2)
    stores.runs.log_batch(run_id, metrics=[first])
    with (run_folder / "metrics" / "loss").open("ab") as file:
        file.write(b"2 0.2")
    assert stores.metrics.history(run_id, "loss") == [first]
    stores.runs.log_batch(run_id, metrics=[second])
    assert stores.metrics.history(run_id, "loss") == [first, second]


def test_records_of_mlflows_first_releases_are_read(
    stores: Stores, root: Path, open_root: Callable[[], Stores]
) -> None:
    folder = root / "3"
    run = folder / ("0a" * 16)
    for part in ("metrics", "params", "artifacts"):
        (run / part).mkdir(parents=True)
    (folder / "meta.yaml").write_text("artifact_location: /data/3\nexperiment_id: 3\nname: old\n")
    (run / "meta.yaml").write_text(
        "artifact_uri: /data/3/x/artifacts\nend_time: 1600000000001\nexperiment_id: 3\nname: ''\n"
        f"run_uuid: {'0a' * 16}\nsource_type: 4\nstart_time: 1600000000000\nstatus: 3\ntags: []\nuser_id: kim\n"
    )
    (run / "metrics" / "loss").write_text("1600000000 0.5\n")
    experiment = stores.experiments.get_experiment("3")
    assert (experiment.name, experiment.creation_time, experiment.lifecycle_stage) == ("old", None, "active")
    (found,) = stores.runs.search_runs(["3"])
    assert (found.info.status, found.info.user_id, found.info.end_time) == (RunStatus.FINISHED, "kim", 1600000000001)
    assert found.data.latest_metrics == (Metric("loss", 0.5, 1600000000, 0),)
    stores.runs.update_run(found.info.run_id, run_name="named")
    stores.experiments.rename_experiment("3", "older")
    again = open_root()
    assert again.runs.get_run(found.info.run_id).info.run_name == "named"
    assert again.experiments.get_experiment("3").name == "older"


def test_windows_line_ends_are_read(stores: Stores, root: Path, experiment_id: str, run_folder: Path) -> None:
    for file in (root / experiment_id / "meta.yaml", run_folder / "meta.yaml"):
        file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    (run_folder / "metrics" / "loss").write_bytes(b"1 0.5 1\r\n2 0.25 2\r\n")
    (run,) = stores.runs.search_runs([experiment_id])
    assert (run.info.run_name, run.data.metrics) == ("first", {"loss": 0.25})
    assert stores.experiments.get_experiment(experiment_id).name == "speech"


def test_what_we_do_not_know_stays(
    stores: Stores, root: Path, experiment_id: str, run_id: str, run_folder: Path
) -> None:
    for file in (root / experiment_id / "meta.yaml", run_folder / "meta.yaml"):
        file.write_text(file.read_text() + "from_the_future: {a: [1, 2]}\n")
    stores.runs.update_run(run_id, status=RunStatus.FINISHED)
    stores.runs.delete_run(run_id)
    stores.experiments.rename_experiment(experiment_id, "voices")
    stores.experiments.delete_experiment(experiment_id)
    bin_ = root / ".trash" / experiment_id
    for file in (bin_ / "meta.yaml", bin_ / run_id / "meta.yaml"):
        assert yaml.safe_load(file.read_text())["from_the_future"] == {"a": [1, 2]}
    assert "deleted_time" in (bin_ / run_id / "meta.yaml").read_text()
    stores.experiments.restore_experiment(experiment_id)
    assert "deleted_time" not in (run_folder / "meta.yaml").read_text()


def test_what_lies_in_the_bin_is_deleted_whatever_its_record_says(
    stores: Stores, root: Path, experiment_id: str, run_id: str
) -> None:
    """A deletion was broken off before the record was changed, or somebody moved the folder by hand."""
    (root / experiment_id).rename(root / ".trash" / experiment_id)
    assert stores.experiments.get_experiment(experiment_id).lifecycle_stage == LifecycleStage.DELETED
    assert len(stores.experiments.search_experiments(view_type=ViewType.DELETED_ONLY)) == 1
    stores.experiments.restore_experiment(experiment_id)
    assert (root / experiment_id / run_id / "meta.yaml").is_file()


def test_a_deletion_that_was_broken_off_is_restored(
    stores: Stores, root: Path, experiment_id: str, run_id: str
) -> None:
    stores.experiments.delete_experiment(experiment_id)
    (root / ".trash" / experiment_id).rename(root / experiment_id)
    assert stores.experiments.get_experiment(experiment_id).lifecycle_stage == LifecycleStage.DELETED
    stores.experiments.restore_experiment(experiment_id)
    assert stores.runs.get_run(run_id).info.lifecycle_stage == LifecycleStage.ACTIVE
