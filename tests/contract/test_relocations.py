"""Records of every kind of store, made to name the place where their files lie now."""

from typing import Any

import pytest

from contract.conftest import file, mariadb, postgresql, sqlite
from kirok.base.errors import InvalidParameter
from kirok.rules.aliases import Alias
from kirok.stores.archive_kinds import KINDS, LOGGED_MODELS, NOUN_NAMES, REGISTERED_MODELS
from kirok.stores.protocols import Stores
from kirok.stores.relocations import Relocated

pytestmark = pytest.mark.parametrize(
    "stores", [sqlite, postgresql, mariadb, file], indirect=True, ids=lambda make: make.__name__
)

OLD, NEW = "s3://old/ml", "s3://new"
MODEL = "m-0123456789abcdef0123456789abcdef"
TRACE = "tr-0123456789abcdef"


def put(stores: Stores, kind: str, **cells: Any) -> None:
    """Write a row as whoever copies writes it: these cells, nothing in the others."""
    assert stores.archive is not None
    columns = KINDS[kind].columns
    stores.archive().write(KINDS[kind], columns, [tuple(cells.get(column) for column in columns)])


def places(stores: Stores, kind: str, *columns: str) -> list[tuple[Any, ...]]:
    """What all rows of a kind say."""
    assert stores.archive is not None
    archive = stores.archive()
    noun = next(noun for noun in NOUN_NAMES.values() if KINDS[kind] in noun.kinds)
    return sorted(archive.rows(KINDS[kind], columns, list(archive.units(noun))))


def relocate(stores: Stores, *, write: bool = True, old: str = OLD, new: str = NEW) -> dict[str, Relocated]:
    assert stores.relocations is not None
    found = stores.relocations.relocate(Alias.of(old, new), write=write)
    return {kind.what: kind for kind in found}


@pytest.fixture
def experiment_id(stores: Stores) -> str:
    """An experiment below OLD with two runs (one deleted), a logged model, a registered version of it, and a trace."""
    experiment_id = stores.experiments.create_experiment("speech", artifact_location=f"{OLD}/speech")
    run_id = stores.runs.create_run(experiment_id).info.run_id
    stores.runs.delete_run(stores.runs.create_run(experiment_id).info.run_id)
    ids = {"experiment_id": experiment_id, "run_id": run_id}
    put(stores, "logged_models", model_id=MODEL, name="m", artifact_location=f"{OLD}/speech/models/{MODEL}/artifacts",
        creation_timestamp_ms=1, last_updated_timestamp_ms=1, status=2, lifecycle_stage="active", **ids)  # fmt: skip
    put(stores, "registered_models", name="champion", creation_time=1, last_updated_time=1)
    version = {"name": "champion", "creation_time": 1, "last_updated_time": 1, "current_stage": "None"}
    put(stores, "model_versions", version=1, source=f"models:/{MODEL}", status="READY",
        storage_location=f"{OLD}/speech/models/{MODEL}/artifacts", **version, **ids)  # fmt: skip
    put(stores, "model_versions", version=2, source=f"{OLD}/speech/x/artifacts/model", status="READY", **version)
    put(stores, "trace_info", request_id=TRACE, timestamp_ms=1, execution_time_ms=1, status="OK", **ids)
    put(stores, "trace_tags", request_id=TRACE, key="mlflow.artifactLocation", value=f"{OLD}/speech/traces/{TRACE}")
    put(stores, "trace_tags", request_id=TRACE, key="note", value=f"{OLD}/speech")
    return experiment_id


def test_every_record_that_names_a_place_is_changed(stores: Stores, experiment_id: str) -> None:
    elsewhere = stores.experiments.create_experiment("elsewhere", artifact_location="s3://old/mlx")
    found = relocate(stores)
    assert {what: kind.count for what, kind in found.items() if kind.count} == {
        "experiments": 1,
        "runs": 2,
        "logged models": 1,
        "model versions": 2,
        "traces": 1,
    }
    assert found["experiments"].others == 2
    assert stores.experiments.get_experiment(experiment_id).artifact_location == f"{NEW}/speech"
    assert stores.experiments.get_experiment(elsewhere).artifact_location == "s3://old/mlx"
    model = f"{NEW}/speech/models/{MODEL}/artifacts"
    assert [row[0].startswith(f"{NEW}/speech/") for row in places(stores, "runs", "artifact_uri")] == [True, True]
    assert places(stores, LOGGED_MODELS.root.name, "artifact_location") == [(model,)]
    assert places(stores, "model_versions", "version", "source", "storage_location") == [
        (1, f"models:/{MODEL}", model),
        (2, f"{NEW}/speech/x/artifacts/model", None),
    ]
    tags = places(stores, "trace_tags", "key", "value")
    assert ("mlflow.artifactLocation", f"{NEW}/speech/traces/{TRACE}") in tags
    assert ("note", f"{OLD}/speech") in tags
    assert [row[0] for row in places(stores, REGISTERED_MODELS.root.name, "name")] == ["champion"]


def test_a_second_time_changes_nothing(stores: Stores, experiment_id: str) -> None:
    relocate(stores)
    assert not any(kind.count for kind in relocate(stores).values())
    assert stores.experiments.get_experiment(experiment_id).artifact_location == f"{NEW}/speech"


def test_a_root_that_moved_into_itself_is_changed_once(stores: Stores, experiment_id: str) -> None:
    for _ in range(2):
        relocate(stores, new=f"{OLD}/deeper")
        assert stores.experiments.get_experiment(experiment_id).artifact_location == f"{OLD}/deeper/speech"


def test_the_way_back_leads_to_what_was(stores: Stores, experiment_id: str) -> None:
    kinds = (("runs", "artifact_uri"), ("model_versions", "source"), ("trace_tags", "value"))
    before = [places(stores, *kind) for kind in kinds]
    relocate(stores)
    relocate(stores, old=NEW, new=OLD)
    assert [places(stores, *kind) for kind in kinds] == before


def test_a_trial_changes_nothing(stores: Stores, experiment_id: str) -> None:
    found = relocate(stores, write=False)
    assert found["runs"].count == 2
    example = found["experiments"].examples[0]
    assert (example.old, example.new) == (f"{OLD}/speech", f"{NEW}/speech")
    assert stores.experiments.get_experiment(experiment_id).artifact_location == f"{OLD}/speech"


def test_an_open_store_answers_the_new_place_at_once(stores: Stores, experiment_id: str) -> None:
    def uris() -> set[str]:
        runs = stores.runs.search_runs([experiment_id])
        if stores.encoded is not None:
            assert runs[0].info.artifact_uri in stores.encoded.search_runs([experiment_id]).decode()
        return {run.info.artifact_uri.partition("/speech/")[0] for run in runs}

    assert uris() == {OLD}
    relocate(stores)
    assert uris() == {NEW}
    begun = stores.runs.create_run(experiment_id)
    assert begun.info.artifact_uri == f"{NEW}/speech/{begun.info.run_id}/artifacts"


@pytest.mark.parametrize("old", [r"e:\ML", "file:///E:/ml", "E:/ml/"])
def test_a_drive_in_any_spelling_becomes_a_folder(stores: Stores, old: str) -> None:
    for name, location in (("a", r"E:\ml\a"), ("b", "file:///E:/ml/b%20c"), ("c", "e:/ml/c"), ("d", r"E:\mlruns\d")):
        stores.experiments.create_experiment(name, artifact_location=location)
    relocate(stores, old=old, new="/mnt/e")
    found = {each.name: each.artifact_location for each in stores.experiments.search_experiments()}
    assert [found[name] for name in "abcd"] == ["/mnt/e/a", "/mnt/e/b c", "/mnt/e/c", r"E:\mlruns\d"]


def test_a_place_too_long_for_its_column_is_refused_before_anything_changes(
    stores: Stores, experiment_id: str, columns_have_widths: bool
) -> None:
    new = "s3://" + "x" * 180
    if not columns_have_widths:
        assert relocate(stores, new=new)["runs"].count == 2
        return
    with pytest.raises(InvalidParameter, match=r"runs\.artifact_uri of this database holds 200"):
        relocate(stores, new=new)
    assert stores.experiments.get_experiment(experiment_id).artifact_location == f"{OLD}/speech"
