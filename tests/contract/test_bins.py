"""The bin of every kind of store that has one."""

import pytest

from contract.conftest import file, mariadb, postgresql, sqlite
from kirok.base.errors import InvalidParameter, InvalidState, NotFound
from kirok.entities.datasets import Dataset, DatasetInput, InputTag
from kirok.entities.metrics import Metric
from kirok.entities.models import LoggedModelInput, LoggedModelOutput
from kirok.entities.runs import Param, RunTag
from kirok.stores.bins import Bin, BinKind
from kirok.stores.protocols import Stores

pytestmark = pytest.mark.parametrize(
    "stores", [sqlite, postgresql, mariadb, file], indirect=True, ids=lambda make: make.__name__
)


@pytest.fixture
def bin_(stores: Stores) -> Bin:
    assert stores.bin is not None
    return stores.bin


def _busy_run(stores: Stores, experiment_id: str) -> str:
    run_id = stores.runs.create_run(experiment_id).info.run_id
    points = [Metric("loss", 0.5, step, step) for step in range(2_000)]
    for start in (0, 1_000):
        stores.runs.log_batch(run_id, metrics=points[start : start + 1_000])
    stores.runs.log_batch(run_id, params=[Param("lr", "1")], tags=[RunTag("t", "v")])
    dataset = Dataset("iris", "d1", "local", "{}")
    stores.runs.log_inputs(
        run_id, datasets=[DatasetInput(dataset, (InputTag("a", "b"),))], models=[LoggedModelInput("m-1")]
    )
    stores.runs.log_outputs(run_id, [LoggedModelOutput("m-2", 1)])
    return run_id


def test_a_deleted_run_lies_in_the_bin(stores: Stores, bin_: Bin, experiment_id: str) -> None:
    run_id = _busy_run(stores, experiment_id)
    assert list(bin_.contents(BinKind.RUN)) == []
    stores.runs.delete_run(run_id)
    (found,) = bin_.contents(BinKind.RUN)
    assert (found.id, found.experiment_id) == (run_id, experiment_id)
    assert found.artifact_uri.rstrip("/").endswith(f"{run_id}/artifacts")
    assert found.deleted_time is not None
    assert bin_.find(BinKind.RUN, run_id) == found
    assert list(bin_.contents(BinKind.RUN, experiment_ids=["0"])) == []
    assert list(bin_.contents(BinKind.RUN, experiment_ids=[experiment_id, "0"])) == [found]


def test_a_run_deleted_for_good_leaves_nothing(stores: Stores, bin_: Bin, experiment_id: str) -> None:
    kept, gone = _busy_run(stores, experiment_id), _busy_run(stores, experiment_id)
    before = stores.runs.get_run(kept)
    stores.runs.delete_run(gone)
    thing = bin_.find(BinKind.RUN, gone)
    bin_.delete(thing)
    with pytest.raises(NotFound):
        stores.runs.get_run(gone)
    assert stores.metrics.history(gone, "loss") == []
    assert list(bin_.contents(BinKind.RUN)) == []
    assert stores.runs.get_run(kept) == before
    assert len(stores.metrics.history(kept, "loss")) == 2_000
    bin_.delete(thing)  # again is no error
    assert stores.checkup is not None
    assert list(stores.checkup.findings(fix=False)) == []


def test_what_is_in_use_cannot_be_deleted_for_good(stores: Stores, bin_: Bin, experiment_id: str) -> None:
    run_id = _busy_run(stores, experiment_id)
    stores.runs.delete_run(run_id)
    thing = bin_.find(BinKind.RUN, run_id)
    stores.runs.restore_run(run_id)
    with pytest.raises(InvalidParameter):
        bin_.find(BinKind.RUN, run_id)
    with pytest.raises(InvalidParameter):
        bin_.delete(thing)
    with pytest.raises(InvalidParameter):
        bin_.find(BinKind.EXPERIMENT, experiment_id)
    with pytest.raises(NotFound):
        bin_.find(BinKind.RUN, "f" * 32)
    assert len(stores.metrics.history(run_id, "loss")) == 2_000


def test_an_experiment_goes_once_it_is_empty(stores: Stores, bin_: Bin, experiment_id: str) -> None:
    run_id = _busy_run(stores, experiment_id)
    stores.experiments.delete_experiment(experiment_id)
    experiment = bin_.find(BinKind.EXPERIMENT, experiment_id)
    assert list(bin_.contents(BinKind.EXPERIMENT)) == [experiment]
    with pytest.raises(InvalidState):
        bin_.delete(experiment)
    (part,) = bin_.parts(experiment_id)
    assert part.id == run_id
    bin_.delete(part)
    bin_.delete(experiment)
    with pytest.raises(NotFound):
        stores.experiments.get_experiment(experiment_id)
    assert stores.experiments.create_experiment("speech")  # the name is free


def test_many_things_come_in_pages(
    stores: Stores, bin_: Bin, experiment_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kirok.stores.sql.bin._PAGE", 2)
    runs = [stores.runs.create_run(experiment_id).info.run_id for _ in range(5)]
    for run_id in runs:
        stores.runs.delete_run(run_id)
    seen = []
    for thing in bin_.contents(BinKind.RUN):
        bin_.delete(thing)
        seen.append(thing.id)
    assert sorted(seen) == sorted(runs)


def test_it_is_told_how_much_there_is(stores: Stores, experiment_id: str, run_id: str) -> None:
    assert stores.holdings is not None
    held = stores.holdings()
    assert (held.experiments, held.runs, held.deleted_experiments) == (2, 1, 0)
    stores.experiments.delete_experiment(experiment_id)
    held = stores.holdings()
    assert (held.experiments, held.deleted_experiments) == (1, 1)
    assert not held.is_nothing
