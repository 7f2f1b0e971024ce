"""What emptying the bin of a SQLite file leaves to those who count its points."""

import pytest

from kirok.entities.metrics import Metric
from kirok.stores.bins import BinKind
from kirok.stores.protocols import Stores
from kirok.stores.sql.bin import SqlBin
from kirok.stores.sql.series import watermark


@pytest.mark.parametrize("newest", [False, True])
def test_the_mark_of_counted_points_stays_right(stores: Stores, newest: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kirok.stores.sql.bin._POINTS_AT_ONCE", 3)
    runs = [stores.runs.create_run("0").info.run_id for _ in range(2)]
    for run_id in runs:
        stores.runs.log_batch(run_id, metrics=[Metric("loss", 0.5, step, step) for step in range(10)])
    gone = runs[newest]
    stores.runs.delete_run(gone)
    assert isinstance(stores.bin, SqlBin)
    stores.bin.delete(stores.bin.find(BinKind.RUN, gone))
    with stores.bin._database.read() as connection:
        assert not watermark.is_behind(connection)
        assert connection.execute("SELECT COUNT(*) FROM metrics").fetchone() == (10,)
