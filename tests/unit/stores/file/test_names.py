"""Keys and ids that name files: none leaves the folder, and those that no file can bear are refused."""

from pathlib import Path

import pytest

from kirok.base.errors import InvalidParameter, NotFound
from kirok.entities.metrics import Metric
from kirok.entities.models import LoggedModelInput, LoggedModelOutput
from kirok.entities.runs import Param, RunTag
from kirok.stores.file.layout import check_windows_name, is_experiment_name, key_path
from kirok.stores.protocols import Stores

ESCAPING = ["..", "../x", "a/../../x", "/etc/passwd", "a//b", ".", "./x", "a\0b", "C:\\x", "a\\..\\b", ""]


@pytest.mark.parametrize("key", ESCAPING)
def test_a_key_stays_in_its_folder(key: str) -> None:
    with pytest.raises(InvalidParameter):
        key_path("/folder", key)


@pytest.mark.parametrize("key", [*ESCAPING, "a//b (draft)!"])
def test_no_tag_leaves_the_folder(stores: Stores, root: Path, experiment_id: str, run_id: str, key: str) -> None:
    before = sorted(root.parent.rglob("*"))
    with pytest.raises(InvalidParameter):
        stores.runs.create_run(experiment_id, tags=[RunTag(key, "x")])
    with pytest.raises(InvalidParameter):
        stores.runs.delete_tag(run_id, key)
    assert {file for file in sorted(root.parent.rglob("*")) if not file.name.startswith(".kirok.")} <= set(before)


@pytest.mark.parametrize("name", ["..", "../x", "a/b", "", "/x", "a\0b"])
def test_no_id_leaves_the_folder(stores: Stores, run_id: str, name: str) -> None:
    with pytest.raises(NotFound):
        stores.runs.get_run(name)
    with pytest.raises(InvalidParameter):
        stores.runs.log_outputs(run_id, [LoggedModelOutput(name)])
    with pytest.raises(InvalidParameter):
        stores.runs.log_inputs(run_id, models=[LoggedModelInput(name)])
    stores.runs.log_batch(run_id, metrics=[Metric("m", 1.0, 1, model_id=name)])
    assert stores.metrics.history(name, "m") == []


@pytest.mark.parametrize("name", ["tags", "datasets", "models", "traces"])
def test_folders_that_hold_no_run_are_no_run(stores: Stores, root: Path, experiment_id: str, name: str) -> None:
    (root / experiment_id / name).mkdir(exist_ok=True)
    (root / experiment_id / name / "meta.yaml").write_text(f"run_id: {name}\nexperiment_id: '{experiment_id}'\n")
    assert stores.runs.search_runs([experiment_id]) == []
    with pytest.raises(NotFound):
        stores.runs.get_run(name)


def test_one_key_cannot_be_a_folder_of_another(stores: Stores, run_id: str) -> None:
    stores.runs.log_batch(run_id, tags=[RunTag("a", "1"), RunTag("b/c", "1")])
    before = stores.runs.get_run(run_id)
    for key in ("a/b", "b"):
        with pytest.raises(InvalidParameter, match="track into a database"):
            stores.runs.log_batch(run_id, params=[Param("fine", "1")], tags=[RunTag(key, "2")])
    assert stores.runs.get_run(run_id) == before
    stores.runs.delete_tag(run_id, "b/c")
    stores.runs.log_batch(run_id, tags=[RunTag("b", "2")])


def test_a_name_longer_than_a_file_system_takes_is_refused(stores: Stores, run_id: str) -> None:
    with pytest.raises(InvalidParameter, match="255 bytes"):
        stores.runs.log_batch(run_id, params=[Param("가" * 100, "1")])
    stores.runs.log_batch(run_id, params=[Param("/".join(["가" * 80] * 3), "1")])
    assert len(stores.runs.get_run(run_id).data.params) == 1


@pytest.mark.parametrize("name", ["a:b", "a.", "a ", "con", "NUL.txt", "Com1"])
def test_what_windows_cannot_name_is_refused_there(name: str) -> None:
    with pytest.raises(InvalidParameter, match="Windows"):
        check_windows_name(name, name)


@pytest.mark.parametrize("name", ["a.b", "a b", "console", "한글", ".x"])
def test_what_windows_can_name_is_taken_there(name: str) -> None:
    check_windows_name(name, name)


@pytest.mark.parametrize(
    ("name", "is_one"), [("0", True), ("1", True), ("123456789012345678", True), ("01", False), ("", False),
                         ("1" * 19, False), ("models", False), (".trash", False), ("٣", False)],
)  # fmt: skip
def test_experiments_are_folders_named_by_numbers(name: str, is_one: bool) -> None:
    assert is_experiment_name(name) == is_one
