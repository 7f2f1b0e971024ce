"""MLflow's own SQL store and kirok's statements are asked the same of the same database file.

Where MLflow answers, kirok finds the same ids in the same order. Where MLflow refuses, kirok refuses in the same words,
unless the filter is one of those that kirok adds to the grammar.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from kirok.base.errors import InvalidParameter
from kirok.entities.views import ViewType
from kirok.search.order import parse_experiment_order, parse_run_order
from kirok.search.parse import parse_experiment_filter, parse_run_filter
from kirok.stores.sql.own_tables import create_own
from kirok.stores.sql.search import experiment_search, run_search
from kirok.stores.sql.search_functions import add_search_functions
from kirok.stores.sql.sqlite.dialect import SQLITE
from kirok.stores.sql.sqlite.engine import SqliteConnection

pytestmark = pytest.mark.filterwarnings("ignore")

RUNS: list[dict[str, Any]] = [
    # metrics, params, tags, datasets as (name, digest, context), start, end, status
    {"metrics": {"m": 1.0, "a b": 1.0}, "params": {"lr": "0.1", "opt": "adam"}, "tags": {"who": "Ann"}, "start": 100},
    {
        "metrics": {"m": float("nan")},
        "params": {"lr": "10", "opt": "Adam"},
        "tags": {"who": "ann", "x/y": "1"},
        "start": 200,
    },
    {
        "metrics": {"m": -1.0, "n": 2.0},
        "params": {"lr": "9", "opt": "sgd"},
        "tags": {"who": "Änne"},
        "start": 300,
        "end": 400,
    },
    {
        "metrics": {"m": float("inf"), "n": 1.0},
        "params": {"lr": "1e-3"},
        "tags": {"who": "änne"},
        "start": 300,
        "end": 350,
    },
    {"metrics": {"m": float("-inf"), "n": 1.0}, "params": {"opt": "it's"}, "tags": {"50%": "50%"}, "start": 500},
    {
        "metrics": {},
        "params": {"opt": 'say "hi"'},
        "tags": {"who": "a_b", "mlflow.note.content": "two\nlines"},
        "start": 600,
    },
    {"metrics": {"n": 1.0}, "params": {"손실": "예"}, "tags": {}, "start": 700, "datasets": [("iris", "d1", "train")]},
    {
        "metrics": {"n": 3.0},
        "params": {"lr": ""},
        "tags": {"who": ""},
        "start": 0,
        "status": "FAILED",
        "datasets": [("iris", "d2", "eval"), ("wine", "d3", None)],
    },
]

RUN_FILTERS = """
metrics.m > 0
metrics.m >= 1
metrics.m != 1
metrics.m != 0
metrics.m = 0
metrics.m < 1e400
metrics.m >= 1.7976931348623157e308
metrics.m <= -1.7976931348623157e308
metric.m = 1.
metrics.m > -.5 AND metrics.n >= 1
metrics.`a b` = 1
metrics."a b" = 1
metrics.'a b' = 1
`metrics`.m > 0
metrics.m > 0 metrics.m < 5
AND metrics.m > 0
metrics.m > 0 AND AND metrics.m < 5 AND
metrics.absent != 1
params.opt = 'adam'
param.opt = "adam"
parameter.opt != 'adam'
parameters.opt LIKE 'ad%'
params.opt like '%d%'
params.opt ILIKE 'AD%'
params.opt = "it's"
params.opt = 'say "hi"'
params.opt = 'it''s'
params.lr = ''
params.lr IS NULL
params.lr is  not null
params.손실 = '예'
params.absent IS NULL
tags.who = 'Ann'
tag.who ILIKE 'ann'
tags.who ILIKE 'ÄNNE'
tags.who ILIKE 'ÄnnE'
tags.who LIKE 'a_b'
tags.who LIKE '___'
tags.`50%` LIKE '50%'
tags.mlflow.note.content LIKE 'two%lines'
tags.`mlflow.note.content` LIKE 'two_lines'
tags."x/y" = '1'
tags.who IS NOT NULL AND tags.who != ''
status = 'FINISHED'
status != 'FINISHED'
status = 'finished'
attribute.status ILIKE 'f%'
attributes.status LIKE 'F%' and metrics.n > 0
attr.start_time > 200
run.start_time = 300
start_time >= 299.5
Created <= 300
attribute.created < 300
end_time > 0
end_time != 400
`end_time` = 400
run_name LIKE 'run-%'
`run name` = 'run-3'
attribute.`Run Name` != 'run-3'
user_id = 'ann'
artifact_uri LIKE '%artifacts'
dataset.name = 'iris'
datasets.name != 'iris'
dataset.name IN ('wine', 'x')
dataset.digest NOT IN ('d1')
dataset.context = 'train'
dataset.context LIKE '%' AND dataset.name = 'wine'
dataset.context ILIKE 'EVAL'
run_id != 'x'
run_id IN ('x',)
run_id NOT IN ('x', "y")
""".strip().splitlines()

RUN_ORDERS = [
    [],
    ["metrics.m"],
    ["metrics.m DESC"],
    ["metrics.m desc", "metrics.n asc"],
    ["metrics.n", "params.opt DESC"],
    ["metrics.`a b` DESC"],
    ['metrics."a b"'],
    ["params.lr"],
    ["params.lr DESC"],
    ["tags.who"],
    ["tag.who DESC", "start_time"],
    ["start_time"],
    ["attribute.start_time DESC"],
    ["Created ASC"],
    ["end_time"],
    ["end_time DESC"],
    ["status", "run_name DESC"],
    ["attributes.run_name"],
    ["user_id", "artifact_uri DESC"],
    ["run_id DESC"],
]

# A filter, and the words with which both refuse it.
REFUSED_RUN_FILTERS = [
    ("  ", "Invalid filter '  '. Could not be parsed."),
    ("metrics.m > 1; metrics.n > 1", "Search filter contained multiple expression"),
    ("metrics.m > 1;", "Invalid clause(s) in filter string: ';'"),
    ("metrics.m > +1", "Invalid clause(s) in filter string: "),
    ("metrics.m", "Invalid clause(s) in filter string: 'metrics.m'"),
    ("metrics.m > '1'", "Expected numeric value type for metric. Found '1'"),
    ("metrics.m > nan", "Expected numeric value type for metric. Found nan"),
    ("metrics.m IN ('1')", "Expected numeric value type for metric. Found ('1')"),
    ("metrics.m LIKE 1", "Invalid comparator 'LIKE' not one of '"),
    ("metrics.m == 1", "Invalid comparator '==' not one of '"),
    ("metrics.a-b > 1", "Invalid c"),
    ("metrics.x/y > 1", "Invalid c"),
    (
        "Metrics.m > 1",
        "Invalid entity type 'Metrics'. Valid values are ['metric', 'parameter', 'tag', 'attribute', 'dataset']",
    ),
    ("m > 1", "Invalid attribute key 'm' specified. Valid keys are '"),
    ("lifecycle_stage = 'active'", "Invalid attribute key 'lifecycle_stage' specified. Valid keys are '"),
    ("1 < metrics.m", "Invalid comparison clause. Expected 'Identifier' found '1'"),
    ("params.lr = x", "Parameter value is either not quoted or unidentified quote types used for string value x."),
    ("params.lr > '1'", "Invalid comparator '>' not one of '"),
    ("params.lr <> 'x'", "Invalid comparator '<>' not one of '"),
    ("params.lr LIKE 1", "Expected a quoted string value for parameter (e.g. 'my-value'). Got value 1"),
    ("tags.who = 1", "Expected a quoted string value for tag (e.g. 'my-value'). Got value 1"),
    ("status = 1", "Expected a quoted string value for attributes. Got value 1"),
    ("status < 'FINISHED'", "Invalid comparator '<' not one of '"),
    ("start_time > '1'", "Expected numeric value type for numeric attribute: start_time. Found '1'"),
    ("start_time LIKE 1", "Invalid comparator 'LIKE' not one of '"),
    (
        "run_id IN ()",
        "While parsing a list in the query, expected a non-empty list of string values, but got empty list",
    ),
    (
        "run_id IN (1)",
        "While parsing a list in the query, expected string value, punctuation, or whitespace, but got different",
    ),
    ("dataset.source = 'x'", "Invalid dataset key 'source' specified. Valid keys are '"),
    ("dataset.name = 1", "Expected a quoted string value for dataset attributes. Got value 1"),
    ("dataset.name > 'x'", "Invalid comparator '>' not one of '"),
]

# Filters that only kirok understands, and an equal one that both do.
ADDED_RUN_FILTERS = [
    ("(metrics.m > 0)", "metrics.m > 0"),
    ("NOT params.lr IS NULL", "params.lr IS NOT NULL"),
    ("NOT (params.lr IS NULL OR params.opt IS NULL)", "params.lr IS NOT NULL AND params.opt IS NOT NULL"),
    ("status = 'RUNNING' OR status = 'FINISHED'", "status LIKE '%N%'"),
    ("params.lr = 0.001", "params.lr = '1e-3'"),
    ("metrics.m > 1e+0", "metrics.m > 1"),
    ("metrics.m BETWEEN -1 AND 1", "metrics.m >= -1 AND metrics.m <= 1"),
    ("metrics.n NOT BETWEEN 2 AND 9", "metrics.n < 2"),
    ("metrics.n IN (1, 7)", "metrics.n = 1"),
    ("metrics.m NOT IN (1, 0)", "metrics.m != 1 AND metrics.m != 0"),
    ("metrics.n IS NOT NULL", "metrics.n > -1e400"),
    ("start_time IN (300, 500)", "start_time >= 300 AND start_time <= 500"),
    ("end_time IS NOT NULL", "end_time >= 0"),
    ("duration <= 100 AND duration > 0", "end_time > 0"),
    ("params.opt IN ('adam', 'x')", "params.opt = 'adam'"),
    ("params.lr IN (10, 0.001)", "params.lr LIKE '1%'"),
    ("params.opt NOT LIKE 'ad%'", "params.opt != 'adam'"),
    ("params.opt RLIKE '^ad?.m$'", "params.opt = 'adam'"),
    (
        "tags.who NOT RLIKE '^[AaÄä]nn'",
        "tags.who != 'Ann' AND tags.who != 'ann' AND tags.who != 'Änne' AND tags.who != 'änne'",
    ),
    ("tags.who CONTAINS 'N A'", "tags.who ILIKE '%an%'"),
    ("status IN ('FAILED', 'KILLED')", "status = 'FAILED'"),
    ("parent_run_id IS NULL AND start_time = 0", "start_time = 0"),
    ("text CONTAINS 'ADAM run-1'", "params.opt = 'Adam'"),
    ("text CONTAINS 'lines two'", "tags.mlflow.note.content LIKE 'two%'"),
    ("dataset.name IS NOT NULL", "dataset.name LIKE '%'"),
]

# Filters and orders that only kirok understands, and that no other filter says.
ONLY_OURS = ["min(metrics.m) < 1", "best(metrics.`a b`) IS NULL", "experiment_name = 'alpha'", "experiment_id = '1'"]
ONLY_OUR_ORDERS = ["max(metrics.m) DESC", "experiment_id", "experiment_name", "duration", "parent_run_id"]
ONLY_OUR_EXPERIMENT_FILTERS = [
    "name IN ('alpha')",
    "name IS NOT NULL",
    "name RLIKE '^a'",
    "creation_time BETWEEN 1 AND 2",
]

REFUSED_RUN_ORDERS = [
    ("", "Invalid order_by clause ''. Could not be parsed."),
    ("metrics.m up", "Invalid order"),
    ("metrics.m, metrics.n", "Invalid order_by clause 'metrics.m, metrics.n'. Could not be parsed."),
    ("metrics.x/y", "Invalid order_by clause 'metrics.x/y'. Could not be parsed."),
    ("m", "Invalid attribute key 'm' specified. Valid keys are '"),
    ("models.m", "Invalid entity type 'models'. Valid values are "),
    ("dataset.name", "Invalid identifier type 'dataset'"),
]

EXPERIMENT_FILTERS = """
name = 'alpha'
attribute.name != 'alpha'
name LIKE 'al%'
name ILIKE 'AL%'
experiment_id = '2'
experiment_id = '002'
experiment_id != '2'
experiment_id IN ('1', '3')
attribute.experiment_id NOT IN ('1')
creation_time > 0
creation_time <= 99999999999999
last_update_time >= 0 AND name LIKE '%a'
tags.team = 'x'
tag.team != 'x'
tags.team LIKE '%'
tags.`team` ILIKE 'X'
tags.team IS NULL
tag.team IS NOT NULL AND name != 'beta'
""".strip().splitlines()

EXPERIMENT_ORDERS = [
    [],
    ["name"],
    ["name DESC"],
    ["experiment_id"],
    ["attribute.experiment_id DESC"],
    ["creation_time ASC"],
    ["last_update_time DESC", "name"],
    ["name", "name DESC"],
]

REFUSED_EXPERIMENT_FILTERS = [
    ("attributes.name = 'x'", "Invalid entity type 'attributes'. Valid entity types are ('attribute', 'tag', 'tags')"),
    ("metrics.m > 1", "Invalid entity type 'metrics'. Valid entity types are ('attribute', 'tag', 'tags')"),
    ("colour = 'x'", "Invalid attribute key 'colour' specified. Valid keys are '"),
    ("name > 'x'", "Invalid comparator"),
    ("experiment_id = 7", "Expected a quoted string value for attributes. Got value 7"),
    ("experiment_id > '7'", "Invalid comparator for experiment_id: >"),
    ("experiment_id = 'x'", "Invalid experiment ID 'x'. Experiment ID must be a valid integer."),
    ("creation_time > 1.5", "Invalid value for numeric attribute 'creation_time': '1.5'"),
    ("creation_time > '1'", "Expected numeric value type for numeric attribute: creation_time. Found '1'"),
    ("tags.team > 'x'", "Invalid comparator"),
    ("tags.team = 1", "Expected a quoted string value for tag (e.g. 'my-value'). Got value 1"),
]

REFUSED_EXPERIMENT_ORDERS = [
    ("tags.team", "Invalid order_by entity: tag"),
    ("colour", "Invalid attribute key 'colour' specified. Valid keys are '"),
    ("", "Invalid order_by clause ''. Could not be parsed."),
]


class Sides(NamedTuple):
    """MLflow's store and kirok's statements over one file."""

    store: Any
    connection: sqlite3.Connection
    experiment_ids: list[str]

    def mlflow_runs(self, text: str, order: Sequence[str], view: int = 3) -> list[str]:
        page = self.store.search_runs(self.experiment_ids, text, view, 1000, list(order), None)
        return [run.info.run_id for run in page]

    def our_runs(self, text: str, order: Sequence[str], view: int = 3) -> list[str]:
        stages = ViewType(view).stages
        statement = run_search(
            parse_run_filter(text), parse_run_order(order), self.experiment_ids, stages, SQLITE, limit=1000, offset=0
        )
        return [row[0] for row in self.connection.execute(*statement)]

    def mlflow_experiments(self, text: str, order: Sequence[str], view: int = 3) -> list[str]:
        return [one.experiment_id for one in self.store.search_experiments(view, 1000, text, list(order), None)]

    def our_experiments(self, text: str, order: Sequence[str], view: int = 3) -> list[str]:
        stages = ViewType(view).stages
        statement = experiment_search(
            parse_experiment_filter(text), parse_experiment_order(order), stages, SQLITE, limit=1000, offset=0
        )
        return [str(row[0]) for row in self.connection.execute(*statement)]


@pytest.fixture(scope="module")
def sides(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sides]:
    folder = tmp_path_factory.mktemp("mlflow")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
        patch.setenv("DO_NOT_TRACK", "true")
        from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

        store = SqlAlchemyStore(f"sqlite:///{folder / 'mlflow.db'}", str(folder / "artifacts"))
        experiment_ids = _fill(store)
        connection = _open(folder / "mlflow.db")
        yield Sides(store, connection, experiment_ids)
        connection.close()
        store._dispose_engine()


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, factory=SqliteConnection)
    connection.execute("PRAGMA case_sensitive_like = ON")
    add_search_functions(connection)
    create_own(connection)
    return connection


def _fill(store: Any) -> list[str]:
    from mlflow.entities import Dataset, DatasetInput, ExperimentTag, InputTag, Metric, Param, RunStatus, RunTag

    experiment_ids = [store.create_experiment(name) for name in ("alpha", "beta", "Gamma")]
    store.set_experiment_tag(experiment_ids[0], ExperimentTag("team", "x"))
    store.set_experiment_tag(experiment_ids[2], ExperimentTag("team", "Y"))
    for number, row in enumerate(RUNS):
        tags = [RunTag(key, value) for key, value in row["tags"].items()]
        run = store.create_run(
            experiment_ids[number % 2], ["ann", "bob"][number % 2], row["start"], tags, f"run-{number}"
        )
        run_id = run.info.run_id
        metrics = [Metric(key, value, 1, 0) for key, value in row["metrics"].items()]
        params = [Param(key, value) for key, value in row["params"].items()]
        store.log_batch(run_id, metrics, params, [])
        used = [
            DatasetInput(
                Dataset(name, digest, "local", "{}"), [InputTag("mlflow.data.context", context)] if context else []
            )
            for name, digest, context in row.get("datasets", ())
        ]
        store.log_inputs(run_id, used)
        status = RunStatus.from_string(row.get("status", "FINISHED"))
        store.update_run_info(run_id, status, row.get("end"), None)
        if number == 1:
            store.delete_run(run_id)
    store.delete_experiment(experiment_ids[2])
    return experiment_ids


def _refusal(search: Callable[[str, Sequence[str]], Any], text: str, order: Sequence[str]) -> str:
    from mlflow.exceptions import MlflowException

    with pytest.raises((MlflowException, InvalidParameter)) as caught:
        search(text, order)
    assert caught.value.error_code == "INVALID_PARAMETER_VALUE"
    return str(caught.value.message)


@pytest.mark.parametrize("text", RUN_FILTERS)
def test_a_filter_of_runs_finds_what_mlflow_finds(sides: Sides, text: str) -> None:
    assert sides.our_runs(text, []) == sides.mlflow_runs(text, [])


def test_the_filters_tell_runs_apart(sides: Sides) -> None:
    """Guards the table above: most of its filters must find some runs and leave some out."""
    found = [len(sides.our_runs(text, [])) for text in RUN_FILTERS]
    assert sum(0 < count < len(RUNS) for count in found) > 0.7 * len(RUN_FILTERS)


@pytest.mark.parametrize("order", RUN_ORDERS, ids=", ".join)
@pytest.mark.parametrize("view", [1, 2, 3])
def test_an_order_of_runs_is_mlflows(sides: Sides, order: list[str], view: int) -> None:
    assert sides.our_runs("", order, view) == sides.mlflow_runs("", order, view)


@pytest.mark.parametrize(("text", "words"), REFUSED_RUN_FILTERS)
def test_a_filter_of_runs_is_refused_in_mlflows_words(sides: Sides, text: str, words: str) -> None:
    assert _refusal(sides.mlflow_runs, text, []).startswith(words)
    assert _refusal(sides.our_runs, text, []).startswith(words)


@pytest.mark.parametrize(("ours", "common"), ADDED_RUN_FILTERS)
def test_what_kirok_adds_to_filters_mlflow_refuses(sides: Sides, ours: str, common: str) -> None:
    _refusal(sides.mlflow_runs, ours, [])
    assert sides.our_runs(ours, []) == sides.mlflow_runs(common, [])


@pytest.mark.parametrize("text", ONLY_OURS)
def test_mlflow_refuses_filters_of_kiroks_own(sides: Sides, text: str) -> None:
    _refusal(sides.mlflow_runs, text, [])
    assert parse_run_filter(text) is not None


@pytest.mark.parametrize("clause", ONLY_OUR_ORDERS)
def test_mlflow_refuses_orders_of_kiroks_own(sides: Sides, clause: str) -> None:
    _refusal(sides.mlflow_runs, "", [clause])
    assert parse_run_order([clause])[0].key in clause


@pytest.mark.parametrize("text", ONLY_OUR_EXPERIMENT_FILTERS)
def test_mlflow_refuses_experiment_filters_of_kiroks_own(sides: Sides, text: str) -> None:
    _refusal(sides.mlflow_experiments, text, [])
    assert parse_experiment_filter(text) is not None


@pytest.mark.parametrize(("clause", "words"), REFUSED_RUN_ORDERS)
def test_an_order_of_runs_is_refused_in_mlflows_words(sides: Sides, clause: str, words: str) -> None:
    assert _refusal(sides.mlflow_runs, "", [clause]).startswith(words)
    assert _refusal(sides.our_runs, "", [clause]).startswith(words)


def test_a_field_ordered_by_twice_is_the_callers_mistake(sides: Sides) -> None:
    """MLflow calls it an internal error, which its client retries."""
    order = ["start_time", "Created DESC"]
    with pytest.raises(Exception, match="`order_by` contains duplicate fields"):
        sides.mlflow_runs("", order)
    assert _refusal(sides.our_runs, "", order).startswith("`order_by` contains duplicate fields")


@pytest.mark.parametrize("text", EXPERIMENT_FILTERS)
def test_a_filter_of_experiments_finds_what_mlflow_finds(sides: Sides, text: str) -> None:
    assert sides.our_experiments(text, []) == sides.mlflow_experiments(text, [])


@pytest.mark.parametrize("order", EXPERIMENT_ORDERS, ids=", ".join)
@pytest.mark.parametrize("view", [1, 2, 3])
def test_an_order_of_experiments_is_mlflows(sides: Sides, order: list[str], view: int) -> None:
    assert sides.our_experiments("", order, view) == sides.mlflow_experiments("", order, view)


@pytest.mark.parametrize(("text", "words"), REFUSED_EXPERIMENT_FILTERS)
def test_a_filter_of_experiments_is_refused_in_mlflows_words(sides: Sides, text: str, words: str) -> None:
    assert _refusal(sides.mlflow_experiments, text, []).startswith(words)
    assert _refusal(sides.our_experiments, text, []).startswith(words)


@pytest.mark.parametrize(("clause", "words"), REFUSED_EXPERIMENT_ORDERS)
def test_an_order_of_experiments_is_refused_in_mlflows_words(sides: Sides, clause: str, words: str) -> None:
    assert _refusal(sides.mlflow_experiments, "", [clause]).startswith(words)
    assert _refusal(sides.our_experiments, "", [clause]).startswith(words)
