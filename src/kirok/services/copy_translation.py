"""Rows of one store as another shall have them: experiments under other numbers, files at other places."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress

from kirok.base.errors import InvalidParameter
from kirok.rules.uris.parse import parse
from kirok.rules.uris.paths import LocalPath
from kirok.stores.archive_kinds import Kind
from kirok.stores.archives import Row
from kirok.stores.relocations import LOCATIONS, TRACE_LOCATION

SPANS_IN_STORE = ("mlflow.trace.spansLocation", "TRACKING_STORE")
"""The tag of a trace whose spans are rows; the file of them beside is then another copy."""

ADOPTED = {"datasets": "dataset_uuid", "inputs": "input_uuid"}
"""Columns of ids that nobody sees but the rows that refer to them, by kind: what is there already keeps its own."""

_REFERRING = {"inputs": "source_id", "logged_model_metrics": "dataset_uuid", "input_tags": "input_uuid"}


class Relocation:
    """Old places and the new ones that stand for them; what lies below no old place stays."""

    def __init__(self) -> None:
        self._places: dict[str, str] = {}

    def add(self, old: str, new: str) -> None:
        """Everything below `old`, spelled as a path or as a `file:` URI, is to be found below `new`."""
        if not old or old.rstrip("/") == new.rstrip("/"):
            return
        spellings = [old]
        with suppress(InvalidParameter):  # a row's, which may name anything
            place = parse(old)
            if isinstance(place, LocalPath) and not place.is_relative:
                spellings += [place.path, place.uri]
        self._places.update((spelled.rstrip("/"), new.rstrip("/")) for spelled in spellings)

    def of(self, place: str) -> str:
        """Where `place` is to be found; the longest old place that it lies below decides."""
        end = len(place)
        while end > 0:
            new = self._places.get(place[:end])
            if new is not None:
                return new + place[end:]
            end = place.rfind("/", 0, end)
        return place

    def __bool__(self) -> bool:
        return bool(self._places)


class Translation:
    """What a row of the source is called at the destination."""

    def __init__(self) -> None:
        self.experiments: dict[str, str] = {}
        self.adopted: dict[str, str] = {}
        """Datasets and edges that the destination knows under ids of its own."""
        self.relocation = Relocation()

    def changes(self, kind: Kind, columns: Sequence[str]) -> bool:
        """Whether rows of a kind may read otherwise at the destination."""
        return bool(self._cells(kind, columns))

    def applied(self, kind: Kind, columns: Sequence[str], rows: Iterable[Row]) -> Iterable[Row]:
        """The rows of a kind, translated."""
        cells = self._cells(kind, columns)
        if not cells:
            return rows
        return (_replaced(row, cells) for row in rows)

    def _cells(self, kind: Kind, columns: Sequence[str]) -> "list[tuple[int, Callable[[Row, str], str]]]":
        """What to replace, by the index of the column."""
        found: list[tuple[int, Callable[[Row, str], str]]] = []
        renumbered = any(old != new for old, new in self.experiments.items())
        for at, column in enumerate(columns):
            if column == "experiment_id" and renumbered:
                found.append((at, lambda _, old: self.experiments.get(old, old)))
            elif column in LOCATIONS.get(kind.name, ()) and self.relocation:
                found.append((at, lambda _, old: self.relocation.of(old)))
            elif column == _REFERRING.get(kind.name) and self.adopted:
                found.append((at, lambda _, old: self.adopted.get(old, old)))
        if kind.name == "trace_tags" and self.relocation:
            key, value = columns.index("key"), columns.index("value")
            found.append((value, lambda row, old: self.relocation.of(old) if row[key] == TRACE_LOCATION else old))
        if kind.name == "evaluation_dataset_links" and renumbered:
            end_type, end = columns.index("destination_type"), columns.index("destination_id")
            found.append(
                (end, lambda row, old: self.experiments.get(old, old) if row[end_type] == "experiment" else old)
            )
        return found


def _replaced(row: Row, cells: "list[tuple[int, Callable[[Row, str], str]]]") -> Row:
    made = list(row)
    for at, replace in cells:
        if made[at] is not None:
            made[at] = replace(row, made[at])
    return tuple(made)
