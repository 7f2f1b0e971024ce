"""The store behind this server, to be copied out of and into."""

import asyncio
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import msgspec

from kirok.base.errors import InvalidParameter, NotSupported
from kirok.server.context import Context
from kirok.server.handlers import Handlers, Streams
from kirok.server.messages import Exchange, check_content_type, read_body
from kirok.stores.archive_kinds import KINDS, NOUN_NAMES, Kind, Noun
from kirok.stores.archives import Archive, Row
from kirok.wire import archives as wire
from kirok.wire import endpoints
from kirok.wire.experiments import Empty
from kirok.wire.json_quirks import decode_body

# Rows on a line: enough to make the hop to a thread cheap, few enough to be held by both sides.
_ROWS_A_LINE = 500
_LINES = b"application/x-ndjson"

_encode = msgspec.json.Encoder().encode


def get_archive_columns(context: Context, _: Empty) -> wire.ArchiveColumns:
    archive = _archive(context)
    held = {kind.name: list(archive.columns(kind)) for kind in KINDS.values()}
    return wire.ArchiveColumns(
        columns={name: columns for name, columns in held.items() if columns},
        default_artifact_root=context.settings.default_artifact_root,
    )


def list_archive_units(context: Context, request: wire.ListUnits) -> wire.Units:
    return wire.Units(list(_archive(context).units(_noun(request.noun), request.experiment_ids)))


def get_archive_fingerprint(context: Context, request: wire.ReadRows) -> wire.RowsFingerprint:
    kind = _kind(request.kind, request.columns)
    found = _archive(context).fingerprint(kind, request.columns, request.ids)
    return wire.RowsFingerprint(found.count, found.digest)


def write_archive_rows(context: Context, request: wire.WriteRows) -> Empty:
    kind, width = _kind(request.kind, request.columns), len(request.columns)
    if any(len(row) != width or any(isinstance(cell, list | dict) for cell in row) for row in request.rows):
        raise InvalidParameter(f"Invalid value for parameter 'rows': each row has {width} plain cells, as columns.")
    _archive(context).write(kind, request.columns, [tuple(row) for row in request.rows])
    return Empty()


def find_free_experiment_id(context: Context, request: wire.FindFreeExperimentId) -> wire.FreeExperimentId:
    return wire.FreeExperimentId(_archive(context).free_experiment_id(request.wanted, request.name))


async def read_archive_rows(context: Context, exchange: Exchange) -> None:
    check_content_type(exchange.headers)
    request = decode_body(await read_body(exchange.receive), wire.ReadRows)
    in_thread = _threads(context)
    lines = await in_thread(_lines, context, request)
    line = await in_thread(next, lines, None)  # an error shows before the status is sent
    await exchange.start(200, [(b"content-type", _LINES)])
    while line is not None:
        await exchange.body(line, more=True)
        line = await in_thread(next, lines, None)
    await exchange.body(b"", more=False)


def _lines(context: Context, request: wire.ReadRows) -> Iterator[bytes]:
    kind = _kind(request.kind, request.columns)
    rows = _archive(context).rows(kind, request.columns, request.ids)
    return (_encode(some) + b"\n" for some in iter(lambda: list[Row](islice(rows, _ROWS_A_LINE)), []))


def _threads(context: Context) -> "Callable[..., asyncio.Future[Any]]":
    loop = asyncio.get_running_loop()
    return lambda call, *arguments: loop.run_in_executor(context.executor, call, *arguments)


def _archive(context: Context) -> Archive:
    if context.stores.archive is None:
        raise NotSupported("The store behind this server cannot be copied: it ends with the server.")
    return context.stores.archive()


def _noun(name: str) -> Noun:
    if name not in NOUN_NAMES:
        raise InvalidParameter(f"Invalid value {name!r} for parameter 'noun': use one of {', '.join(NOUN_NAMES)}.")
    return NOUN_NAMES[name]


def _kind(name: str, columns: list[str]) -> Kind:
    """The kind, its columns checked: they become part of a statement."""
    if name not in KINDS:
        raise InvalidParameter(f"Invalid value {name!r} for parameter 'kind': use one of {', '.join(KINDS)}.")
    kind = KINDS[name]
    strange = [column for column in columns if column not in kind.columns]
    if strange or not columns or len(set(columns)) < len(columns):
        raise InvalidParameter(
            f"Invalid value {columns!r} for parameter 'columns': name some of {', '.join(kind.columns)}, each once."
        )
    return kind


HANDLERS: Handlers = {
    endpoints.GET_ARCHIVE_COLUMNS: get_archive_columns,
    endpoints.LIST_ARCHIVE_UNITS: list_archive_units,
    endpoints.GET_ARCHIVE_FINGERPRINT: get_archive_fingerprint,
    endpoints.WRITE_ARCHIVE_ROWS: write_archive_rows,
    endpoints.FIND_FREE_EXPERIMENT_ID: find_free_experiment_id,
}
STREAMS: Streams = {endpoints.READ_ARCHIVE_ROWS: read_archive_rows}
