"""Looking a SQL database over."""

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from kirok.rules.lifecycle import LOGGED_MODELS_TAG
from kirok.stores.checkups import ArtifactOwner, Finding
from kirok.stores.sql.connection import Connection
from kirok.stores.sql.database import Database
from kirok.stores.sql.integrity.latest import latest_without_points, mend_latest, wrong_latest
from kirok.stores.sql.integrity.orphans import Orphans, kinds_of_orphans
from kirok.stores.sql.integrity.run_names import disagreeing_names, mend_names
from kirok.stores.sql.integrity.statistics import different_statistics, mend_statistics
from kirok.stores.sql.integrity.windows import Window, windows
from kirok.stores.sql.transaction import Transaction

_EXAMPLES = 3
_PAGE = 1000
_READY = 2  # LoggedModelStatus of MLflow


class _Agreement(NamedTuple):
    """A check of the runs in a window."""

    what: str
    find: Callable[[Connection, Window], Sequence[Any]]
    mend: Callable[[Connection, Sequence[Any]], None] | None = None
    advice: str = ""


_AGREEMENTS = (
    _Agreement("series whose latest value is not that of their points", wrong_latest, mend_latest),
    _Agreement(
        "series of which nothing but the latest value is left",
        latest_without_points,
        advice="Points were deleted by hand; restore them from a backup, or leave it.",
    ),
    _Agreement("runs whose name and tag mlflow.runName differ", disagreeing_names, mend_names),
    _Agreement("series whose statistics are not those of their points", different_statistics, mend_statistics),
)


class SqlCheckup:
    """A Checkup of a SQL database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def findings(self, *, fix: bool) -> Iterator[Finding]:
        """As Checkup."""
        with self._database.read() as connection:
            kinds = list(kinds_of_orphans(connection))
            keeps_statistics = any(kind.table == "kirok_series" for kind in kinds)
        for kind in kinds:
            yield from self._orphans(kind, fix)
        for agreement in _AGREEMENTS:
            if keeps_statistics or agreement.find is not different_statistics:
                yield from self._disagreements(agreement, fix)

    def artifact_owners(self) -> Iterator[ArtifactOwner]:
        """As Checkup."""
        runs = (
            "SELECT r.run_uuid, r.artifact_uri, t.value FROM runs r "
            f"LEFT JOIN tags t ON t.run_uuid = r.run_uuid AND t.key = '{LOGGED_MODELS_TAG}' "
            "WHERE r.lifecycle_stage = 'active' AND r.run_uuid > ? ORDER BY r.run_uuid LIMIT ?"
        )
        for run_id, uri, history in self._pages(runs):
            yield ArtifactOwner("run", run_id, uri or "", _model_folders(history))
        models = (
            "SELECT model_id, artifact_location FROM logged_models "
            f"WHERE lifecycle_stage = 'active' AND status = {_READY} AND model_id > ? ORDER BY model_id LIMIT ?"
        )
        for model_id, uri in self._pages(models):
            yield ArtifactOwner("logged model", model_id, uri, ("",))

    def _orphans(self, kind: Orphans, fix: bool) -> Iterator[Finding]:
        with self._database.read() as connection:
            count = kind.count(connection)
            examples = kind.examples(connection) if count else ()
        if not count:
            return

        def remove(transaction: Transaction) -> None:
            kind.remove(transaction.connection)
            transaction.forget()

        if fix:
            self._database.write(remove)
        yield Finding(kind.what, count, examples, mended=fix)

    def _disagreements(self, agreement: _Agreement, fix: bool) -> Iterator[Finding]:
        count, examples = 0, ()  # type: tuple[int, tuple[str, ...]]
        does_mend = fix and agreement.mend is not None
        for window in windows(self._database):
            with self._database.read() as connection:
                found = agreement.find(connection, window)
            if found and does_mend:
                found = self._database.write(_mending(agreement, window))
            count += len(found)
            examples = (*examples, *map(_named, found[:_EXAMPLES]))[:_EXAMPLES]
        if count:
            yield Finding(agreement.what, count, examples, mended=does_mend, advice=agreement.advice)

    def _pages(self, statement: str) -> Iterator[Sequence[Any]]:
        last = ""
        while True:
            with self._database.read() as connection:
                page = connection.execute(statement, (last, _PAGE)).fetchall()
            yield from page
            if len(page) < _PAGE:
                return
            last = page[-1][0]


def _mending(agreement: _Agreement, window: Window) -> Callable[[Transaction], Sequence[Any]]:
    """Finds again, now that nobody else writes, and mends; what was found."""

    def mend(transaction: Transaction) -> Sequence[Any]:
        found = agreement.find(transaction.connection, window)
        if agreement.mend is not None:
            agreement.mend(transaction.connection, found)
        transaction.forget()
        return found

    return mend


def _named(found: object) -> str:
    return f"run {found[0]}, {found[1]}" if isinstance(found, tuple) else f"run {found}"


def _model_folders(history: str | None) -> tuple[str, ...]:
    """Where clients before MLflow 3 noted that they put models."""
    try:
        models = json.loads(history or "[]")
    except ValueError:
        return ()
    if not isinstance(models, list):
        return ()
    paths = [model.get("artifact_path") for model in models if isinstance(model, dict)]
    return tuple(path for path in paths if isinstance(path, str))
