"""SQL finds what the matcher finds, in the same order; printing and parsing a filter gives the filter back."""

import base64
import itertools
import math
import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager

import pytest
from hypothesis import given, reject
from hypothesis import strategies as st
from msgspec import Struct
from sqlalchemy import StaticPool, create_engine

from kirok.base.errors import InvalidParameter
from kirok.base.settings import DatabaseSettings
from kirok.entities.experiments import Experiment
from kirok.entities.runs import Run
from kirok.entities.series import SeriesStatistics
from kirok.entities.views import ViewType
from kirok.rules.values import stored_value
from kirok.search.automaton import automaton
from kirok.search.expression import Entity, Expression, Function
from kirok.search.match import experiment_matcher, like, run_matcher
from kirok.search.numbers import metric_number
from kirok.search.order import experiment_sort_key, parse_experiment_order, parse_run_order, run_sort_key
from kirok.search.page_token import make_page_token, parse_page_token
from kirok.search.parse import parse_experiment_filter, parse_run_filter
from kirok.search.print import print_field, print_filter
from kirok.stores.open import open_stores
from kirok.stores.sql.connection import Connection
from kirok.stores.sql.mysql.server import MysqlServer
from kirok.stores.sql.own_tables import create_own
from kirok.stores.sql.postgresql.server import PostgresqlServer
from kirok.stores.sql.search import experiment_search, run_search
from kirok.stores.sql.search_functions import add_search_functions
from kirok.stores.sql.search_patterns import resolved
from kirok.stores.sql.series.tables import create as create_series_tables
from kirok.stores.sql.sqlite.engine import SqliteConnection
from kirok.stores.sql.tables import metadata
from property.search_records import (
    EXPERIMENT_IDS,
    KEYS,
    all_statistics,
    experiment_filters,
    experiments_of_runs,
    many_experiments,
    many_runs,
    patterns,
    regexes,
    run_filters,
)


@pytest.fixture(scope="module", params=["indexed", "bare", "postgresql", "mariadb"])
def connection(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    """A database without a row; a test works in a transaction that is undone."""
    if request.param in ("indexed", "bare"):
        yield from _sqlite(is_indexed=request.param == "indexed")
        return
    server = request.getfixturevalue(f"{request.param}_server")
    uri = server.create()
    open_stores(uri, artifact_root=str(tmp_path_factory.mktemp("artifacts"))).close()
    kind = PostgresqlServer if request.param == "postgresql" else MysqlServer
    with closing(kind(uri, DatabaseSettings()).connect()) as connection:
        connection.execute("DELETE FROM experiments")
        yield connection


def _sqlite(*, is_indexed: bool) -> Iterator[Connection]:
    connection = sqlite3.connect(":memory:", factory=SqliteConnection, check_same_thread=False, isolation_level=None)
    engine = create_engine("sqlite://", creator=lambda: connection, poolclass=StaticPool)
    metadata.create_all(engine)
    connection.execute("PRAGMA case_sensitive_like = ON")
    create_series_tables(connection)
    add_search_functions(connection)
    if is_indexed:
        create_own(connection)
    yield connection
    engine.dispose()


@contextmanager
def filled(connection: Connection, runs: Sequence[Run], experiments: Iterable[Experiment] = ()) -> Iterator[None]:
    """The records are there meanwhile."""
    connection.execute("BEGIN")
    try:
        fill(connection, runs, experiments)
        yield
    finally:
        connection.execute("ROLLBACK")


class Known(Struct):
    """Facts that were drawn."""

    series: dict[tuple[str, str], SeriesStatistics]
    experiments: dict[str, Experiment]

    def statistics(self, run_id: str, key: str) -> SeriesStatistics | None:
        return self.series.get((run_id, key))

    def experiment(self, experiment_id: str) -> Experiment:
        return self.experiments[experiment_id]


def fill(connection: Connection, runs: Sequence[Run], experiments: Iterable[Experiment]) -> None:
    for one in experiments:
        number = int(one.experiment_id)
        row = (number, one.name, one.lifecycle_stage.value, one.creation_time, one.last_update_time)
        _insert(
            connection,
            "experiments",
            "experiment_id, name, lifecycle_stage, creation_time, last_update_time, workspace",
            [(*row, "default")],
        )
        tags = [(number, key, value) for key, value in one.tags.items()]
        _insert(connection, "experiment_tags", "experiment_id, key, value", tags)
    for run in runs:
        _insert_run(connection, run)


def _insert(connection: Connection, table: str, columns: str, rows: Sequence[Sequence[object]]) -> None:
    if rows:
        marks = ", ".join("?" * len(rows[0]))
        connection.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", rows)


def _insert_run(connection: Connection, run: Run) -> None:
    info, run_id = run.info, run.info.run_id
    _insert(
        connection,
        "runs",
        "run_uuid, experiment_id, name, user_id, status, start_time, end_time, artifact_uri, lifecycle_stage",
        [
            (
                run_id,
                int(info.experiment_id),
                info.run_name,
                info.user_id,
                info.status.value,
                info.start_time,
                info.end_time,
                info.artifact_uri,
                info.lifecycle_stage.value,
            )
        ],
    )
    _insert(
        connection,
        "latest_metrics",
        "key, run_uuid, value, is_nan, timestamp, step",
        [(metric.key, run_id, *stored_value(metric.value), 1, 0) for metric in run.data.latest_metrics],
    )
    for table, pairs in (("params", run.data.params), ("tags", run.data.tags)):
        _insert(connection, table, "key, value, run_uuid", [(key, value, run_id) for key, value in pairs.items()])
    for used in run.inputs.dataset_inputs:
        dataset = used.dataset
        dataset_id = f"{info.experiment_id}-{dataset.name}-{dataset.digest}"
        connection.execute(
            "INSERT INTO datasets (dataset_uuid, experiment_id, name, digest, dataset_source_type, dataset_source) "
            f"VALUES (?, ?, ?, ?, '', ''){connection.dialect.unless_there('experiment_id, name, digest')}",
            (dataset_id, int(info.experiment_id), dataset.name, dataset.digest),
        )
        edge = f"{run_id[-4:]}-{dataset_id}"
        _insert(
            connection,
            "inputs",
            "input_uuid, source_type, source_id, destination_type, destination_id",
            [(edge, "DATASET", dataset_id, "RUN", run_id)],
        )
        _insert(connection, "input_tags", "input_uuid, name, value", [(edge, tag.key, tag.value) for tag in used.tags])


def insert_statistics(connection: Connection, series: dict[tuple[str, str], SeriesStatistics]) -> None:
    for (run_id, key), of in series.items():
        mean = None if of.mean is None or math.isnan(of.mean) else metric_number(of.mean)
        row: dict[str, object] = {
            "run_uuid": run_id,
            "metric_key": key,
            "points": of.count,
            "numbers": of.numbers,
            "minimum": None if of.minimum is None else metric_number(of.minimum),
            "minimum_step": of.minimum_step,
            "maximum": None if of.maximum is None else metric_number(of.maximum),
            "maximum_step": of.maximum_step,
            "mean": mean,
        }
        for end, point in (("first", of.first), ("last", of.last)):
            value, is_nan = stored_value(point.value)
            row |= {f"{end}_step": point.step, f"{end}_timestamp": point.timestamp}
            row |= {f"{end}_value": value, f"{end}_is_nan": is_nan}
        _insert(connection, "kirok_series", ", ".join(row), [tuple(row.values())])


run_orders = st.lists(
    st.tuples(
        st.one_of(
            st.tuples(st.sampled_from([Entity.METRIC, Entity.PARAM, Entity.TAG]), st.sampled_from(KEYS)),
            st.tuples(st.just(Entity.METRIC), st.sampled_from(KEYS), st.sampled_from(Function)),
            st.tuples(
                st.just(Entity.ATTRIBUTE),
                st.sampled_from(
                    [
                        "start_time",
                        "end_time",
                        "duration",
                        "status",
                        "run_name",
                        "run_id",
                        "artifact_uri",
                        "user_id",
                        "experiment_id",
                        "experiment_name",
                        "parent_run_id",
                    ]
                ),
            ),
        ),
        st.sampled_from(["", " ASC", " desc"]),
    ),
    max_size=3,
    unique_by=lambda clause: clause[0],
).map(lambda clauses: [print_field(*field) + direction for field, direction in clauses])
experiment_orders = st.lists(
    st.tuples(
        st.sampled_from(["name", "experiment_id", "creation_time", "last_update_time"]),
        st.sampled_from([" asc", " DESC"]),
    ).map("".join),
    max_size=3,
)


@given(
    runs=many_runs(),
    series=all_statistics,
    experiments=experiments_of_runs(),
    expression=st.none() | run_filters,
    clauses=run_orders,
    experiment_ids=st.lists(st.sampled_from(EXPERIMENT_IDS), max_size=4, unique=True),
    view=st.sampled_from(ViewType),
    page=st.integers(1, 9),
)
def test_sql_finds_the_runs_that_the_matcher_finds(
    connection: Connection,
    runs: list[Run],
    series: dict[tuple[str, str], SeriesStatistics],
    experiments: dict[str, Experiment],
    expression: Expression | None,
    clauses: list[str],
    experiment_ids: list[str],
    view: ViewType,
    page: int,
) -> None:
    facts = Known(series, experiments)
    order = parse_run_order(clauses)
    matches = run_matcher(expression, facts)
    candidates = [
        run for run in runs if run.info.experiment_id in experiment_ids and run.info.lifecycle_stage in view.stages
    ]
    expected = [run.info.run_id for run in sorted(filter(matches, candidates), key=run_sort_key(order, facts))]

    def found(limit: int, offset: int) -> list[str]:
        asked = resolved(connection, expression)
        dialect = connection.dialect
        statement = run_search(asked, order, experiment_ids, view.stages, dialect, limit=limit, offset=offset)
        return [row[0] for row in connection.execute(*statement)]

    with filled(connection, runs, experiments.values()):
        insert_statistics(connection, series)
        assert found(100, 0) == expected
        pages = [found(page, offset) for offset in range(0, len(expected) + 1, page)]
        assert list(itertools.chain(*pages)) == expected


@given(
    experiments=many_experiments(),
    expression=st.none() | experiment_filters,
    clauses=experiment_orders,
    view=st.sampled_from(ViewType),
    page=st.integers(1, 9),
)
def test_sql_finds_the_experiments_that_the_matcher_finds(
    connection: Connection,
    experiments: list[Experiment],
    expression: Expression | None,
    clauses: list[str],
    view: ViewType,
    page: int,
) -> None:
    order = parse_experiment_order(clauses)
    matches = experiment_matcher(expression)
    candidates = [one for one in experiments if one.lifecycle_stage in view.stages]
    expected = [int(one.experiment_id) for one in sorted(filter(matches, candidates), key=experiment_sort_key(order))]

    def found(limit: int, offset: int) -> list[int]:
        asked = resolved(connection, expression, of_runs=False)
        statement = experiment_search(asked, order, view.stages, connection.dialect, limit=limit, offset=offset)
        return [row[0] for row in connection.execute(*statement)]

    with filled(connection, [], experiments):
        assert found(100, 0) == expected
        pages = [found(page, offset) for offset in range(0, len(expected) + 1, page)]
        assert list(itertools.chain(*pages)) == expected


def printed(expression: Expression) -> str:
    """The filter's text; a filter that none can write is not an example."""
    try:
        return print_filter(expression)
    except InvalidParameter:
        reject()


@given(run_filters)
def test_a_printed_run_filter_parses_to_itself(expression: Expression) -> None:
    assert parse_run_filter(printed(expression)) == expression


@given(experiment_filters)
def test_a_printed_experiment_filter_parses_to_itself(expression: Expression) -> None:
    assert parse_experiment_filter(printed(expression)) == expression


pieces = st.one_of(
    st.sampled_from(
        "metrics params. tags.`a b` AND or NOT IN IS NULL LIKE between RLIKE contains max ( ) , 'x' \"y\" 1 -1.5e3 "
        "= != <= ; . ` ' text duration '(a|b{2' '[^a-z]+$'".split()
    ),
    st.sampled_from(
        [" ", "metrics.m", "status", "run_id IN (", "min(metrics.m)", "\\'", "--", "name", "creation_time"]
    ),
    st.text(max_size=3),
)
scraps = st.one_of(st.text(), st.lists(pieces, max_size=25).map(" ".join), st.lists(pieces, max_size=12).map("".join))


def answered(parse: Callable[[str], object], text: str) -> bool:
    """Whether `parse` took `text`; any other error than a refusal that can be sent fails the test."""
    try:
        parse(text)
    except InvalidParameter as refusal:
        return not refusal.message.encode()
    return True


@given(scraps)
def test_any_text_is_a_filter_or_a_refusal(text: str) -> None:
    if answered(parse_run_filter, text):
        run_matcher(parse_run_filter(text))
    if answered(parse_experiment_filter, text):
        experiment_matcher(parse_experiment_filter(text))


@given(scraps)
def test_any_text_is_an_order_or_a_refusal(text: str) -> None:
    if answered(lambda clause: parse_run_order([clause]), text):
        assert parse_run_order([text])[-1].key in ("run_id", "start_time")
    if answered(lambda clause: parse_experiment_order([clause]), text):
        assert parse_experiment_order([text])[-1].key == "experiment_id"


@given(st.one_of(st.text(), st.binary().map(lambda raw: base64.b64encode(raw).decode())))
def test_any_text_is_a_page_token_or_a_refusal(text: str) -> None:
    assert not answered(parse_page_token, text) or parse_page_token(text) >= 0


@given(st.integers(1, 2**62))
def test_a_page_token_says_where_the_page_starts(offset: int) -> None:
    assert parse_page_token(make_page_token(offset)) == offset


@given(regexes, st.lists(st.text(st.sampled_from("aabBc1% é\n"), max_size=8), min_size=1, max_size=5))
def test_a_regular_expression_means_what_it_means_to_python(regex: str, texts: list[str]) -> None:
    """Python's `$` matches before a line break at the end, too; `\\Z` is the end alone."""
    theirs = re.compile(regex.replace("$", r"\Z"), re.DOTALL | re.ASCII)
    ours = automaton(regex)
    assert [ours.finds(text) for text in texts] == [theirs.search(text) is not None for text in texts]


@given(patterns, st.text(st.sampled_from("aAbBéÉ1.\n%_"), max_size=8))
def test_like_means_what_it_means_to_sqlite(pattern: str, text: str) -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("PRAGMA case_sensitive_like = ON")
        (theirs,) = connection.execute("SELECT ? LIKE ?", (text, pattern)).fetchone()
    assert like(pattern)(text) is bool(theirs)
