"""Whatever is done to a store, it reads back as the memory store would, errors included."""

import random
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirok.base.clock import Clock
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
    Run,
    RunInputs,
    RunOutputs,
    RunStatus,
    RunTag,
    ViewType,
)
from kirok.stores.file.store import open_file
from kirok.stores.memory import open_memory
from kirok.stores.protocols import Stores
from kirok.stores.sql.store import open_sqlite

VALUES = (0.0, -0.0, 1.5, 0.1, 1e308, 5e-324, float("nan"), float("inf"), float("-inf"))
KEYS = ("loss", "a/b", "ä ö", "x.y")
_BEFORE_AN_EXPERIMENT = "(experiment_id='|/artifacts/|[Ee]xperiment |with id |id=)"
NAMES = ("one", "two", "three")


class Pair:
    """The same acts on a store of some kind and on the memory store; ids are the former's and the latter's, in step."""

    def __init__(self, make: Callable[[Clock], Stores]) -> None:
        self.times = 0
        self.both = (make(self.clock), open_memory("/artifacts", clock=self.clock))
        self.runs: list[tuple[str, str]] = []
        self.experiments = [("0", "0"), ("7", "7")]

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
                failures.append((type(error), self._alike(str(error), which)))
        assert len(failures) in (0, 2)
        assert failures[:1] == failures[1:]
        return results

    def state(self, which: int) -> str:
        """Everything that can be read, with run ids replaced by their numbers."""
        stores = self.both[which]
        experiments = [ids[which] for ids in self.experiments]
        read: list[object] = [
            stores.experiments.search_experiments(view_type=ViewType.ALL),
            sorted(self._alike(repr(one), which) for one in stores.experiments.search_datasets(experiments[:20])),
        ]
        for ids in self.runs:
            run_id = ids[which]
            read.append(_in_order(stores.runs.get_run(run_id)))
            for key in KEYS:
                read.append(list(stores.metrics.history(run_id, key)))
                read.append(stores.metrics.sampled_history([run_id], key, max_results=3))
        if self.runs:
            read.extend(map(_in_order, stores.runs.search_runs(experiments, view_type=ViewType.ALL)))
            order = ["metrics.loss DESC", "attributes.run_name"]
            read.extend(map(_in_order, stores.runs.search_runs(experiments[:2], order_by=order)))
        return self._alike(repr(read), which)  # repr, since NaN equals nothing

    def _alike(self, text: str, which: int) -> str:
        for number, ids in enumerate(self.runs):
            text = text.replace(ids[which], f"run {number}")
        for number, ids in enumerate(self.experiments):
            text = re.sub(rf"{_BEFORE_AN_EXPERIMENT}{ids[which]}\b", rf"\1number {number}", text)
        return text

    def close(self) -> None:
        for stores in self.both:
            stores.close()


def _in_order(run: Run) -> Run:
    """A run whose inputs and outputs come in the order of their names: a folder keeps no other."""
    return Run(
        run.info,
        run.data,
        RunInputs(tuple(sorted(run.inputs.dataset_inputs, key=repr)), tuple(sorted(run.inputs.model_inputs, key=repr))),
        RunOutputs(tuple(sorted(run.outputs.model_outputs, key=repr))),
    )


def step(pair: Pair, act: int, dice: random.Random) -> None:
    experiment = dice.choice(pair.experiments)
    if act == 0 or not pair.runs:
        start, name = dice.randrange(5), dice.choice(NAMES)
        tags = [RunTag(dice.choice(KEYS), name)] if dice.random() < 0.5 else []
        made = pair.act(
            lambda stores, which: stores.runs.create_run(
                experiment[which], user_id="me", run_name=name, start_time=start * 1000 + len(pair.runs), tags=tags
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
            pair.experiments.append((str(made[0]), str(made[1])))
    elif act == 9:
        pair.act(lambda stores, which: stores.experiments.delete_experiment(experiment[which]))
    elif act == 10:
        pair.act(lambda stores, which: stores.experiments.restore_experiment(experiment[which]))
    elif act == 11:
        name = dice.choice([*NAMES, "Default"])
        pair.act(lambda stores, which: stores.experiments.rename_experiment(experiment[which], name))
    elif act == 12:
        tag = ExperimentTag(dice.choice(KEYS), dice.choice("12"))
        pair.act(lambda stores, which: stores.experiments.set_experiment_tag(experiment[which], tag))
    elif act == 13:
        pair.act(lambda stores, which: stores.experiments.delete_experiment_tag(experiment[which], "k"))
    else:
        record = {"artifact_path": "m", "flavors": {}, "utc_time_created": "now", "run_id": "r"}
        pair.act(lambda stores, which: stores.runs.log_model_record(ids[which], record))


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new database, to copy: making one takes longer than most histories."""
    path = tmp_path_factory.mktemp("empty") / "mlflow.db"
    open_sqlite(path, artifact_root="/artifacts", clock=lambda: 0).close()
    return path


def live(make: Callable[[Clock], Stores], acts: list[int], seed: int) -> None:
    """A history, in a store that `make` opens and in memory; both read back alike."""
    pair = Pair(make)
    try:
        dice = random.Random(seed)
        for act in acts:
            step(pair, act, dice)
        assert pair.state(0) == pair.state(1)
    finally:
        pair.close()


histories = {"acts": st.lists(st.integers(0, 14), max_size=25), "seed": st.integers(0, 2**16)}


@given(**histories)
def test_any_history_of_a_database_reads_back_as_from_memory(
    tmp_path_factory: pytest.TempPathFactory, empty: Path, acts: list[int], seed: int
) -> None:
    path = Path(shutil.copy(empty, tmp_path_factory.mktemp("histories")))
    live(lambda clock: open_sqlite(path, artifact_root="/artifacts", clock=clock), acts, seed)


@given(**histories)
def test_any_history_of_a_folder_reads_back_as_from_memory(
    tmp_path_factory: pytest.TempPathFactory, acts: list[int], seed: int
) -> None:
    path = str(tmp_path_factory.mktemp("histories") / "mlruns")
    live(lambda clock: open_file(path, artifact_root="/artifacts", clock=clock, synchronous="NORMAL"), acts, seed)
