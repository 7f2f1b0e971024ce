"""Databases on servers, upgraded from revisions that MLflow's own chain made there."""

import warnings
from itertools import count
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

from databases import DatabaseServer
from kirok.stores.open import old_database, open_stores
from migrations.conftest import Old, Upgrade, connected, opened, revision_of, state
from migrations.shapes import copy_rows


def test_schema_and_rows_are_those_of_mlflows_own_upgrade(
    database_server: DatabaseServer, old: Old, by_mlflow: Upgrade
) -> None:
    ours, theirs = (_old_on(database_server, old, by_mlflow, "1.0.0") for _ in range(2))
    with old_database(ours) as database:
        assert database.plan()[-1].step.revision == "dc11669786a5"
        database.upgrade(lambda step: None)
        assert database.differences() == []
    by_mlflow(theirs)
    assert state(ours) == state(theirs)


def test_a_schema_that_kirok_made_is_the_heads(database_server: DatabaseServer) -> None:
    uri = database_server.create()
    open_stores(uri, artifact_root="/artifacts").close()
    with old_database(uri) as database:
        assert database.plan() == ()
        assert database.differences() == []
    database_server.execute("ALTER TABLE runs DROP COLUMN deleted_time", uri.rpartition("/")[2])
    with old_database(uri) as database:
        assert database.differences() == ["The column runs.deleted_time is missing."]


def test_an_upgrade_that_breaks_off_anywhere_is_taken_up_again(
    database_server: DatabaseServer, old: Old, by_mlflow: Upgrade
) -> None:
    """Each attempt gets some statements further than the one before; on MySQL, half a step is begun anew."""
    ours, theirs = (_old_on(database_server, old, by_mlflow, "3.9.0") for _ in range(2))
    attempts = 0
    for allowed in count(20, 45):
        attempts += 1
        if _upgrades_within(ours, allowed):
            break
    assert attempts > 5
    by_mlflow(theirs)
    assert state(ours) == state(theirs)


class _BrokeOff(BaseException):
    pass


def _upgrades_within(uri: str, statements: int) -> bool:
    left = statements

    def break_off(*_: Any) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise _BrokeOff

    event.listen(Engine, "before_cursor_execute", break_off)
    try:
        with old_database(uri) as database:
            database.upgrade(lambda step: None)
        return True
    except _BrokeOff:
        return False
    finally:
        event.remove(Engine, "before_cursor_execute", break_off)


def _old_on(server: DatabaseServer, old: Old, by_mlflow: Upgrade, release: str) -> str:
    """A database with what `release` holds, at its revision."""
    uri, file = server.create(), old(release)
    by_mlflow(uri, revision_of(file))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with opened(file) as source, connected(uri) as target:
            copy_rows(source, target)
            target.commit()
    return uri
