"""Experiments in SQL."""

from collections.abc import Sequence

from kirok.base.clock import Clock
from kirok.base.errors import AlreadyExists, InvalidState, NotFound
from kirok.entities.datasets import DatasetSummary
from kirok.entities.experiments import Experiment, ExperimentTag
from kirok.entities.pages import PagedList
from kirok.entities.views import LifecycleStage, ViewType
from kirok.rules.keys import check_experiment_name, check_key, experiment_number
from kirok.rules.locations import below, checked_location
from kirok.rules.paging import (
    MAX_DATASET_EXPERIMENTS,
    MAX_DATASET_SUMMARIES,
    MAX_EXPERIMENTS_PAGE,
    check_max_results,
    check_run_ids,
)
from kirok.rules.values import check_experiment_tag_value
from kirok.search.order import parse_experiment_order
from kirok.search.page_token import make_page_token, parse_page_token
from kirok.search.parse import parse_experiment_filter
from kirok.stores.sql.connection import Connection
from kirok.stores.sql.database import Database
from kirok.stores.sql.inserts import Insert
from kirok.stores.sql.search import experiment_search
from kirok.stores.sql.search_patterns import resolved
from kirok.stores.sql.transaction import Transaction

_CONTEXT_TAG = "mlflow.data.context"
_COLUMNS = (
    "SELECT experiment_id, name, artifact_location, lifecycle_stage, creation_time, last_update_time, workspace "
    "FROM experiments WHERE "
)
_TAGS = Insert(
    "experiment_tags", "key, value, experiment_id", "text text int4", key="key, experiment_id", overwrite="value"
)
_DATASETS = (
    "SELECT DISTINCT d.experiment_id, d.name, d.digest, t.value FROM datasets d "
    "JOIN inputs i ON i.source_type = 'DATASET' AND i.source_id = d.dataset_uuid "
    "LEFT JOIN input_tags t ON t.input_uuid = i.input_uuid AND t.name = ? "
    "WHERE d.experiment_id {among} LIMIT ?"
)


class SqlExperimentStore:
    """An ExperimentStore on a SQL database."""

    def __init__(self, database: Database, artifact_root: str, clock: Clock) -> None:
        self._database = database
        self._artifact_root = artifact_root
        self._clock = clock

    def create_experiment(
        self, name: str, *, artifact_location: str | None = None, tags: Sequence[ExperimentTag] = ()
    ) -> str:
        """As ExperimentStore."""
        check_experiment_name(name)
        if artifact_location:
            artifact_location = checked_location(artifact_location)
        for tag in tags:
            _check_tag(tag)

        def create(transaction: Transaction) -> str:
            connection = transaction.connection
            _check_name_is_free(connection, name)
            now = self._clock()
            number = connection.insert_numbered(
                "INSERT INTO experiments (name, artifact_location, lifecycle_stage, creation_time, last_update_time, "
                "workspace) VALUES (?, ?, 'active', ?, ?, 'default')",
                (name, artifact_location, now, now),
                "experiment_id",
            )
            if not artifact_location:
                connection.execute(
                    "UPDATE experiments SET artifact_location = ? WHERE experiment_id = ?",
                    (below(self._artifact_root, str(number)), number),
                )
            texts = {tag.key: tag.value for tag in tags}
            connection.insert(_TAGS, [cell for key, value in texts.items() for cell in (key, value, number)])
            return str(number)

        return self._database.write(create)

    def get_experiment(self, experiment_id: str) -> Experiment:
        """As ExperimentStore."""
        number = experiment_number(experiment_id)
        with self._database.read() as connection:
            found = _read(connection, [number])
        if not found:
            raise NotFound(f"No Experiment with id={number} exists")
        return found[0]

    def get_experiment_by_name(self, name: str) -> Experiment | None:
        """As ExperimentStore."""
        with self._database.read() as connection:
            number = _number_of(connection, name)
            return _read(connection, [number])[0] if number is not None else None

    def search_experiments(
        self,
        *,
        view_type: ViewType = ViewType.ACTIVE_ONLY,
        max_results: int = 1000,
        filter_string: str | None = None,
        order_by: Sequence[str] = (),
        page_token: str | None = None,
    ) -> PagedList[Experiment]:
        """As ExperimentStore."""
        check_max_results(max_results, MAX_EXPERIMENTS_PAGE)
        offset = parse_page_token(page_token)
        expression, order = parse_experiment_filter(filter_string), parse_experiment_order(order_by)
        with self._database.read() as connection:
            statement, values = experiment_search(
                resolved(connection, expression, of_runs=False),
                order,
                view_type.stages,
                connection.dialect,
                limit=max_results + 1,
                offset=offset,
            )
            numbers = [number for (number,) in connection.execute(statement, values)]
            experiments = _read(connection, numbers[:max_results])
        return PagedList(experiments, make_page_token(offset + max_results) if len(numbers) > max_results else None)

    def rename_experiment(self, experiment_id: str, new_name: str) -> None:
        """As ExperimentStore."""
        check_experiment_name(new_name)
        number = experiment_number(experiment_id)

        def rename(transaction: Transaction) -> None:
            if transaction.experiment(number).stage != LifecycleStage.ACTIVE:
                raise InvalidState(f"Cannot rename a non-active experiment. Restore experiment {experiment_id} first.")
            _check_name_is_free(transaction.connection, new_name, besides=number)
            transaction.connection.execute(
                "UPDATE experiments SET name = ?, last_update_time = ? WHERE experiment_id = ?",
                (new_name, self._clock(), number),
            )

        self._database.write(rename)

    def delete_experiment(self, experiment_id: str) -> None:
        """As ExperimentStore."""
        self._move(experiment_id, LifecycleStage.ACTIVE, LifecycleStage.DELETED)

    def restore_experiment(self, experiment_id: str) -> None:
        """As ExperimentStore."""
        self._move(experiment_id, LifecycleStage.DELETED, LifecycleStage.ACTIVE)

    def set_experiment_tag(self, experiment_id: str, tag: ExperimentTag) -> None:
        """As ExperimentStore."""
        _check_tag(tag)
        number = experiment_number(experiment_id)

        def set_tag(transaction: Transaction) -> None:
            transaction.active_experiment(number)
            transaction.connection.insert(_TAGS, [tag.key, tag.value, number])

        self._database.write(set_tag)

    def delete_experiment_tag(self, experiment_id: str, key: str) -> None:
        """As ExperimentStore."""
        number = experiment_number(experiment_id)

        def delete(transaction: Transaction) -> None:
            transaction.active_experiment(number)
            deleted = transaction.connection.execute(
                "DELETE FROM experiment_tags WHERE key = ? AND experiment_id = ?", (key, number)
            ).rowcount
            if not deleted:
                raise NotFound(f"No tag with name: {key} in experiment with id {experiment_id}")

        self._database.write(delete)

    def search_datasets(self, experiment_ids: Sequence[str]) -> list[DatasetSummary]:
        """As ExperimentStore."""
        check_run_ids(experiment_ids, "experiment_ids", MAX_DATASET_EXPERIMENTS)
        dialect = self._database.dialect
        numbers = dialect.listed([experiment_number(each) for each in experiment_ids])
        statement = _DATASETS.format(among=dialect.among)
        with self._database.read() as connection:
            rows = connection.execute(statement, (_CONTEXT_TAG, numbers, MAX_DATASET_SUMMARIES)).fetchall()
        return [DatasetSummary(str(number), name, digest, context) for number, name, digest, context in rows]

    def _move(self, experiment_id: str, source: LifecycleStage, target: LifecycleStage) -> None:
        number = experiment_number(experiment_id)

        def move(transaction: Transaction) -> None:
            if transaction.experiment(number).stage != source:
                raise NotFound(f"No Experiment with id={number} exists")
            connection, now = transaction.connection, self._clock()
            connection.execute(
                "UPDATE experiments SET lifecycle_stage = ?, last_update_time = ? WHERE experiment_id = ?",
                (target.value, now, number),
            )
            transaction.flush()
            connection.execute(
                "UPDATE runs SET lifecycle_stage = ?, deleted_time = ? WHERE experiment_id = ?",
                (target.value, now if target is LifecycleStage.DELETED else None, number),
            )
            runs = connection.execute("SELECT run_uuid FROM runs WHERE experiment_id = ?", (number,))
            transaction.changed_runs.update(run_id for (run_id,) in runs)
            transaction.forget()

        self._database.write(move)


def _check_tag(tag: ExperimentTag) -> None:
    check_key(tag.key, "key")
    check_experiment_tag_value(tag.value)


def _check_name_is_free(connection: Connection, name: str, besides: int | None = None) -> None:
    if _number_of(connection, name) not in (None, besides):
        raise AlreadyExists(
            f"Experiment(name={name}) already exists. It may be deleted: restore it, or choose another name."
        )


def _number_of(connection: Connection, name: str) -> int | None:
    row = connection.execute(
        "SELECT experiment_id FROM experiments WHERE workspace = 'default' AND name = ?", (name,)
    ).fetchone()
    return row[0] if row else None


def _read(connection: Connection, numbers: Sequence[int]) -> list[Experiment]:
    """The experiments that exist of these, in the order of the numbers, by two statements."""
    ids = (connection.dialect.listed(numbers),)
    are_wanted = f"experiment_id {connection.dialect.among}"
    tags: dict[int, dict[str, str]] = {}
    rows = connection.execute(
        f"SELECT experiment_id, key, value FROM experiment_tags WHERE {are_wanted} "
        f"ORDER BY {connection.dialect.text_order('key')}",
        ids,
    )
    for number, key, value in rows:
        tags.setdefault(number, {})[key] = value or ""
    found = {row[0]: row for row in connection.execute(_COLUMNS + are_wanted, ids)}
    return [
        Experiment(
            experiment_id=str(number),
            name=row[1],
            artifact_location=row[2] or "",
            lifecycle_stage=LifecycleStage(row[3]),
            creation_time=row[4],
            last_update_time=row[5],
            tags=tags.get(number, {}),
            workspace=row[6],
        )
        for number in numbers
        if (row := found.get(number)) is not None
    ]
