"""The checkup of every kind of SQL database; folders have their own damages."""

from collections.abc import Sequence

import pytest

from contract.conftest import mariadb, postgresql, sqlite
from kirok.entities.metrics import Metric
from kirok.stores.checkups import Finding
from kirok.stores.protocols import Stores
from kirok.stores.sql.bin import SqlBin

pytestmark = pytest.mark.parametrize(
    "stores", [sqlite, postgresql, mariadb], indirect=True, ids=lambda make: make.__name__
)


@pytest.fixture
def points(stores: Stores, run_id: str) -> Sequence[Metric]:
    """A few series, each with something that a comparison could stumble over."""
    logged = [
        Metric("steps", 1.0, 5, 1),
        Metric("steps", 2.0, 4, 3),
        Metric("times", 1.0, 5, 0),
        Metric("times", 3.0, 7, 0),
        Metric("values", 1.0, 5, 0),
        Metric("values", 3.0, 5, 0),
        Metric("nan", float("nan"), 5, 0),
        Metric("inf", float("inf"), 5, 0),
        Metric("inf", float("-inf"), 5, 1),
    ]
    stores.runs.log_batch(run_id, metrics=logged)
    return logged


def _change(stores: Stores, statement: str, *values: object) -> None:
    """What kirok would not do, by kirok's own connection."""
    assert isinstance(stores.bin, SqlBin)
    stores.bin._database.write(lambda transaction: transaction.connection.execute(statement, values).rowcount)


def _findings(stores: Stores, *, fix: bool = False) -> list[Finding]:
    assert stores.checkup is not None
    return list(stores.checkup.findings(fix=fix))


def test_a_sound_database_has_no_findings(stores: Stores, run_id: str, points: Sequence[Metric]) -> None:
    assert _findings(stores) == []
    assert stores.checkup is not None
    (owner,) = stores.checkup.artifact_owners()
    assert owner.id == run_id


@pytest.mark.parametrize("damage", ["SET step = step + 1", "SET value = value - 1", "SET timestamp = 0", "gone"])
@pytest.mark.parametrize("key", ["steps", "times", "values", "nan", "inf"])
def test_latest_values_are_computed_anew(
    stores: Stores, run_id: str, points: Sequence[Metric], key: str, damage: str
) -> None:
    before = repr(stores.runs.get_run(run_id).data.latest_metrics)
    change = "DELETE FROM latest_metrics" if damage == "gone" else f"UPDATE latest_metrics {damage}"
    if key == "inf" and "value" in damage:
        change = change.replace("value - 1", "0")
    _change(stores, f"{change} WHERE key = ?", key)
    (found,) = _findings(stores, fix=True)
    assert (found.count, found.mended) == (1, True)
    assert found.examples == (f"run {run_id}, {key}",)
    assert _findings(stores) == []
    assert repr(stores.runs.get_run(run_id).data.latest_metrics) == before


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE kirok_series SET points = points + 1",
        "UPDATE kirok_series SET maximum = 0.5 WHERE maximum IS NOT NULL",
        "UPDATE tags SET value = 'other' WHERE key = 'mlflow.runName'",
        "UPDATE runs SET name = NULL",
        "INSERT INTO inputs (input_uuid, source_type, source_id, destination_type, destination_id) "
        "VALUES ('i', 'RUN_INPUT', 'gone', 'MODEL_INPUT', 'm')",
        "INSERT INTO input_tags (input_uuid, name, value) VALUES ('gone', 'a', 'b')",
        "INSERT INTO kirok_chunks (run_uuid, metric_key, number, points, first_step, last_step, first_timestamp, "
        "last_timestamp, packed) VALUES ('gone', 'k', 0, 1, 0, 0, 0, 0, '')",
    ],
)
def test_what_disagrees_is_found_and_mended(stores: Stores, points: Sequence[Metric], damage: str) -> None:
    _change(stores, damage)
    (found,) = _findings(stores)
    assert found.count >= 1
    assert not found.mended
    assert [each.mended for each in _findings(stores, fix=True)] == [True]
    assert _findings(stores) == []
