"""Rows and ids are read page by page, on every database, and none is lost or read twice where pages meet."""

from pathlib import Path

import pytest

from databases import DatabaseServer
from kirok.entities.metrics import Metric
from kirok.entities.runs import Param
from kirok.stores.archive_kinds import KINDS, RUNS
from kirok.stores.open import open_stores
from kirok.stores.sql import archive as sql_archive

_VALUES = (0.5, float("nan"), float("inf"), float("-inf"), -1.5, 0.0)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql", "mariadb"])
def test_small_pages_read_what_one_page_reads(
    tmp_path: Path, kind: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    if kind == "sqlite":
        uri = f"sqlite:///{tmp_path}/pages.db"
    else:
        server: DatabaseServer = request.getfixturevalue(f"{kind}_server")
        uri = server.create()
    stores = open_stores(uri)
    try:
        for number in range(5):
            run = stores.runs.create_run("0", run_name=f"run {number}").info.run_id
            points = [
                Metric(key, value, 1_700_000_000_000 + time, step)
                for key in ("loss", "Loss b", "값")
                for step in range(4)
                for time, value in enumerate(_VALUES)
            ]
            stores.runs.log_batch(run, metrics=points, params=[Param(f"p{at}", str(at)) for at in range(9)])
        assert stores.archive is not None
        archive = stores.archive()
        ids = list(archive.units(RUNS, ["0"]))
        told = {
            name: list(archive.rows(KINDS[name], KINDS[name].columns, ids)) for name in ("metrics", "params", "runs")
        }
        assert [len(rows) for rows in told.values()] == [5 * 3 * 4 * len(_VALUES), 45, 5]
        monkeypatch.setattr(sql_archive, "_PAGE", 7)
        assert list(archive.units(RUNS, ["0"])) == ids
        for name, rows in told.items():
            assert list(archive.rows(KINDS[name], KINDS[name].columns, ids)) == rows
        # Without the columns that pages go by, too.
        short = list(archive.rows(KINDS["metrics"], ("value", "is_nan"), ids))
        assert short == [(row[1], row[5]) for row in told["metrics"]]
        monkeypatch.setattr(sql_archive, "_PAGE", 2)
        assert list(archive.units(RUNS, ["0"])) == ids
    finally:
        stores.close()
