"""Databases whose tables MLflow made with a collation that takes upper case for lower."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from databases import MariadbServer
from kirok.base.errors import InvalidParameter
from kirok.entities.metrics import Metric
from kirok.entities.runs import Param, RunTag
from kirok.stores.open import open_stores
from kirok.stores.protocols import Stores

TABLES = {"params": 250, "tags": 250, "metrics": 250, "latest_metrics": 250}


@pytest.fixture
def folding(mariadb_server: MariadbServer, tmp_path: Path) -> Iterator[Stores]:
    uri = mariadb_server.create()
    open_stores(uri, artifact_root=str(tmp_path)).close()
    database = mariadb_server.name_of(uri)
    for table, length in TABLES.items():
        mariadb_server.execute(
            f"ALTER TABLE {table} MODIFY `key` VARCHAR({length}) COLLATE utf8mb4_general_ci NOT NULL", database
        )
    stores = open_stores(uri, artifact_root=str(tmp_path))
    yield stores
    stores.close()


def test_a_key_that_differs_in_case_alone_is_refused(folding: Stores) -> None:
    run_id = folding.runs.create_run("0").info.run_id
    folding.runs.log_batch(
        run_id, metrics=[Metric("lr", 1.0, 1, 1)], params=[Param("lr", "1")], tags=[RunTag("lr", "1")]
    )
    for batch in (
        {"metrics": [Metric("LR", 2.0, 2, 2)]},
        {"params": [Param("LR", "2")]},
        {"tags": [RunTag("LR", "2")]},
        {"tags": [RunTag("new", "1"), RunTag("NEW", "2")]},
    ):
        with pytest.raises(InvalidParameter, match="upper case"):
            folding.runs.log_batch(run_id, **batch)
    run = folding.runs.get_run(run_id)
    assert [(metric.key, metric.value) for metric in run.data.latest_metrics] == [("lr", 1.0)]
    assert run.data.params == {"lr": "1"}
    assert {key: value for key, value in run.data.tags.items() if "." not in key} == {"lr": "1"}
    assert len(folding.metrics.history(run_id, "lr")) == 1


def test_keys_as_they_are_written_are_overwritten(folding: Stores) -> None:
    run_id = folding.runs.create_run("0").info.run_id
    for value in ("1", "2"):
        folding.runs.log_batch(run_id, metrics=[Metric("lr", float(value), 1, int(value))], tags=[RunTag("lr", value)])
    run = folding.runs.get_run(run_id)
    assert run.data.tags["lr"] == "2"
    assert [metric.value for metric in run.data.latest_metrics] == [2.0]


def test_a_key_that_differs_in_blanks_at_its_end_is_refused(mariadb_uri: str, tmp_path: Path) -> None:
    stores = open_stores(mariadb_uri, artifact_root=str(tmp_path))
    run_id = stores.runs.create_run("0").info.run_id
    stores.runs.log_batch(
        run_id, metrics=[Metric("lr", 1.0, 1, 1)], params=[Param("lr", "1")], tags=[RunTag("lr", "1")]
    )
    for batch in (
        {"metrics": [Metric("lr ", 2.0, 2, 2)]},
        {"params": [Param("lr ", "2")]},
        {"tags": [RunTag("lr ", "2")]},
    ):
        with pytest.raises(InvalidParameter, match="blanks at the end"):
            stores.runs.log_batch(run_id, **batch)
    stores.runs.log_batch(run_id, tags=[RunTag("other ", "2")])
    run = stores.runs.get_run(run_id)
    stores.close()
    assert [metric.value for metric in run.data.latest_metrics] == [1.0]
    assert (run.data.tags["lr"], run.data.tags["other "]) == ("1", "2")
