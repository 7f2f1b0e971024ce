"""The store behind a kirok server, to be copied out of and into."""

from collections.abc import Iterator, Sequence

import msgspec

from kirok.base.errors import EndpointNotFound
from kirok.stores.archive_kinds import Kind, Noun
from kirok.stores.archives import Archive, Fingerprint, Row
from kirok.transport import Transport
from kirok.wire import archives as wire
from kirok.wire import endpoints
from kirok.wire.experiments import Empty

_decode = msgspec.json.Decoder(list[tuple]).decode  # type: ignore[type-arg]  # cells of any kind
_JSON = {"Content-Type": "application/json"}


def open_archive(transport: Transport) -> Archive:
    """The archive behind a server: kirok's by rows, MLflow's by what its API tells and takes."""
    try:
        held: wire.ArchiveColumns = transport.call(endpoints.GET_ARCHIVE_COLUMNS, Empty())
    except EndpointNotFound:
        from kirok.stores.rest.mlflow_archive import MlflowArchive

        return MlflowArchive(transport)
    return RestArchive(transport, held)


class RestArchive:
    """An Archive over HTTP."""

    def __init__(self, transport: Transport, held: wire.ArchiveColumns) -> None:
        self._transport = transport
        self._columns = {kind: tuple(columns) for kind, columns in held.columns.items()}
        self.default_artifact_root: str | None = held.default_artifact_root

    def columns(self, kind: Kind) -> tuple[str, ...]:
        """As Archive."""
        return tuple(column for column in kind.columns if column in self._columns.get(kind.name, ()))

    def kept(self, kind: Kind) -> tuple[str, ...]:
        """As Archive: what can be told."""
        return self.columns(kind)

    def takes(self, kind: Kind, columns: Sequence[str], row: Row) -> bool:  # noqa: ARG002 - any
        """As Archive: any."""
        return True

    def units(self, noun: Noun, experiment_ids: Sequence[str] | None = None) -> Iterator[str]:
        """As Archive."""
        ids = None if experiment_ids is None else list(experiment_ids)
        request = wire.ListUnits(noun=noun.name, experiment_ids=ids)
        found: wire.Units = self._transport.call(endpoints.LIST_ARCHIVE_UNITS, request)
        return iter(found.ids)

    def rows(self, kind: Kind, columns: Sequence[str], ids: Sequence[str]) -> Iterator[Row]:
        """As Archive."""
        request = msgspec.json.encode(wire.ReadRows(kind=kind.name, columns=list(columns), ids=list(ids)))
        path = endpoints.READ_ARCHIVE_ROWS.api_path
        rest = b""
        with self._transport.send("POST", path, headers=_JSON, body=request) as response:
            for piece in response:
                *lines, rest = (rest + piece).split(b"\n")
                for line in lines:
                    yield from _decode(line)

    def fingerprint(self, kind: Kind, columns: Sequence[str], ids: Sequence[str]) -> Fingerprint:
        """As Archive."""
        request = wire.ReadRows(kind=kind.name, columns=list(columns), ids=list(ids))
        found: wire.RowsFingerprint = self._transport.call(endpoints.GET_ARCHIVE_FINGERPRINT, request)
        return Fingerprint(found.count, found.digest)

    def write(self, kind: Kind, columns: Sequence[str], rows: Sequence[Row]) -> None:
        """As Archive."""
        request = wire.WriteRows(kind=kind.name, columns=list(columns), rows=[list(row) for row in rows])
        path = endpoints.WRITE_ARCHIVE_ROWS.api_path
        self._transport.send("POST", path, headers=_JSON, body=msgspec.json.encode(request)).read()

    def free_experiment_id(self, wanted: str, name: str) -> str:
        """As Archive."""
        request = wire.FindFreeExperimentId(wanted=wanted, name=name)
        found: wire.FreeExperimentId = self._transport.call(endpoints.FIND_FREE_EXPERIMENT_ID, request)
        return found.experiment_id

    def finish(self) -> None:
        """As Archive: nothing waits."""
