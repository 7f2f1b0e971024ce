"""Whatever is done to a SQL store, it reads back as the memory store would, errors included."""

import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirok.base.errors import KirokError
from kirok.entities import (
    Dataset,
    DatasetInput,
    ExperimentTag,
    InputTag,
    LoggedModelInput,
    LoggedModelOutput,
    Metric,
    Param,
    RunStatus,
    RunTag,
    ViewType,
)
from kirok.stores.memory import open_memory
from kirok.stores.protocols import Stores
from kirok.stores.sql.store import open_sqlite

VALUES = (0.0, -0.0, 1.5, 0.1, 1e308, 5e-324, float("nan"), float("inf"), float("-inf"))
KEYS = ("loss", "a/b", "ä ö", "x.y")
NAMES = ("one", "two", "three")


class Pair:
    """The same acts on both; ids are the SQL store's and the memory store's, in step."""

    def __init__(self, path: Path) -> None:
        self.times = 0
        self.both = (
            open_sqlite(path, artifact_root="/artifacts", clock=self.clock),
            open_memory("/artifacts", clock=self.clock),
        )
        self.runs: list[tuple[str, str]] = []
        self.experiments = ["0", "7"]

    def clock(self) -> int:
        return self.times

    def act(self, call: Callable[[Stores, int], object]) -> list[object]:
        """What the act came to in each; both succeed, or both fail alike."""
        self.times += 1
        results: list[object] = []
        failures: list[object] = []
        for which, stores in enumerate(self.both):
            try:
                results.append(call(stores, which))
            except KirokError as error:
                text = str(error)
                for ids in self.runs:
                    text = text.replace(ids[which], "the run")
                failures.append((type(error), text))
        assert len(failures) in (0, 2)
        assert failures[:1] == failures[1:]
        return results

    def state(self, which: int) -> str:
        """Everything that can be read, with run ids replaced by their numbers."""
        stores = self.both[which]
        read: list[object] = [
            stores.experiments.search_experiments(view_type=ViewType.ALL),
            sorted(stores.experiments.search_datasets(["0", "1"]), key=repr),
        ]
        for ids in self.runs:
            run_id = ids[which]
            read.append(stores.runs.get_run(run_id))
            for key in KEYS:
                read.append(list(stores.metrics.history(run_id, key)))
                read.append(stores.metrics.sampled_history([run_id], key, max_results=3))
        if self.runs:
            read.append(stores.runs.search_runs(["0", "1", "2"], view_type=ViewType.ALL))
            read.append(stores.runs.search_runs(["0", "1"], order_by=["metrics.loss DESC", "attributes.run_name"]))
        text = repr(read)  # repr, since NaN equals nothing
        for number, ids in enumerate(self.runs):
            text = text.replace(ids[which], f"run {number}")
        return text

    def close(self) -> None:
        for stores in self.both:
            stores.close()


def step(pair: Pair, act: int, dice: random.Random) -> None:
    experiment = dice.choice(pair.experiments)
    if act == 0 or not pair.runs:
        start, name = dice.randrange(5), dice.choice(NAMES)
        tags = [RunTag(dice.choice(KEYS), name)] if dice.random() < 0.5 else []
        made = pair.act(
            lambda stores, _: stores.runs.create_run(
                experiment, user_id="me", run_name=name, start_time=start * 1000 + len(pair.runs), tags=tags
            )
        )
        if made:
            pair.runs.append(tuple(run.info.run_id for run in made))  # type: ignore[attr-defined]  # two Runs
        return
    ids = dice.choice(pair.runs)
    if act == 1:
        points = [
            Metric(dice.choice(KEYS), dice.choice(VALUES), dice.randrange(3), dice.randrange(-1, 2))
            for _ in range(dice.randrange(8))
        ]
        params = [Param(key, dice.choice("12")) for key in dice.sample(KEYS, dice.randrange(3))]
        tags = [RunTag(dice.choice([*KEYS, "mlflow.runName"]), dice.choice("12")) for _ in range(dice.randrange(3))]
        pair.act(lambda stores, which: stores.runs.log_batch(ids[which], metrics=points, params=params, tags=tags))
    elif act == 2:
        status, end = dice.choice([None, *RunStatus]), dice.choice([None, 5])
        renamed = dice.choice([None, "", "new"])
        pair.act(
            lambda stores, which: stores.runs.update_run(ids[which], status=status, end_time=end, run_name=renamed)
        )
    elif act == 3:
        pair.act(lambda stores, which: stores.runs.delete_run(ids[which]))
    elif act == 4:
        pair.act(lambda stores, which: stores.runs.restore_run(ids[which]))
    elif act == 5:
        key = dice.choice(KEYS)
        pair.act(lambda stores, which: stores.runs.delete_tag(ids[which], key))
    elif act == 6:
        dataset = Dataset(dice.choice(NAMES), dice.choice("12"), "local", "here", schema=dice.choice([None, "{}"]))
        given = DatasetInput(dataset, (InputTag("mlflow.data.context", dice.choice(NAMES)),))
        models = [LoggedModelInput(f"m-{dice.randrange(3)}")]
        pair.act(lambda stores, which: stores.runs.log_inputs(ids[which], datasets=[given], models=models))
    elif act == 7:
        output = LoggedModelOutput(f"m-{dice.randrange(3)}", dice.randrange(3))
        pair.act(lambda stores, which: stores.runs.log_outputs(ids[which], [output]))
    elif act == 8:
        name = dice.choice(NAMES)
        made = pair.act(lambda stores, _: stores.experiments.create_experiment(name, tags=[ExperimentTag("k", name)]))
        if made:
            assert made[0] == made[1]
            pair.experiments.append(str(made[0]))
    elif act == 9:
        pair.act(lambda stores, _: stores.experiments.delete_experiment(experiment))
    elif act == 10:
        pair.act(lambda stores, _: stores.experiments.restore_experiment(experiment))
    elif act == 11:
        name = dice.choice([*NAMES, "Default"])
        pair.act(lambda stores, _: stores.experiments.rename_experiment(experiment, name))
    elif act == 12:
        tag = ExperimentTag(dice.choice(KEYS), dice.choice("12"))
        pair.act(lambda stores, _: stores.experiments.set_experiment_tag(experiment, tag))
    elif act == 13:
        pair.act(lambda stores, _: stores.experiments.delete_experiment_tag(experiment, "k"))
    else:
        record = {"artifact_path": "m", "flavors": {}, "utc_time_created": "now", "run_id": "r"}
        pair.act(lambda stores, which: stores.runs.log_model_record(ids[which], record))


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new database, to copy: making one takes longer than most histories."""
    path = tmp_path_factory.mktemp("empty") / "mlflow.db"
    open_sqlite(path, artifact_root="/artifacts", clock=lambda: 0).close()
    return path


@given(acts=st.lists(st.integers(0, 14), max_size=25), seed=st.integers(0, 2**16))
def test_any_history_reads_back_as_from_memory(
    tmp_path_factory: pytest.TempPathFactory, empty: Path, acts: list[int], seed: int
) -> None:
    pair = Pair(Path(shutil.copy(empty, tmp_path_factory.mktemp("histories"))))
    try:
        dice = random.Random(seed)
        for act in acts:
            step(pair, act, dice)
        assert pair.state(0) == pair.state(1)
    finally:
        pair.close()
