"""Copying one store into another, and comparing the two.

Nothing is remembered between two copies: what the destination holds is compared, unit by unit, with what it should
hold, and only the difference is written. So an interrupted copy goes on where it was, and a second one changes nothing.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence

from msgspec import Struct

from kirok.base.errors import InvalidParameter
from kirok.services.copy_artifacts import ArtifactTrees
from kirok.services.copy_experiments import Placement, Placing, SameName
from kirok.services.copy_report import Artifacts, Conflict, Report
from kirok.services.copy_translation import ADOPTED, SPANS_IN_STORE, Translation
from kirok.stores.archive_kinds import EXPERIMENTS, KINDS, LOGGED_MODELS, NOUNS, RUNS, TRACES, Kind, Noun
from kirok.stores.archives import Archive, Fingerprint, Row, fingerprint_of
from kirok.stores.relocations import LOCATIONS, TRACE_LOCATION

Progress = Callable[[str, int, int], None]
"""Told what is copied, how many units are done, and how many there are."""

_ROWS_AT_ONCE = 5_000
_CHARACTERS_AT_ONCE = 4 << 20


class CopyPlan(Struct, frozen=True):
    """What is to be copied, and by which rules."""

    experiments: tuple[str, ...] = ()
    """Names or ids; none for all."""
    with_registry: bool = True
    """Whether what belongs to no experiment goes along: registered models, evaluation datasets, webhooks."""
    same_name: SameName = SameName.MERGE
    artifact_root: str | None = None
    """Where artifacts shall lie, each experiment's in a folder named by its id; None to leave them where they are."""


class StoreCopy:
    """One source, one destination."""

    def __init__(
        self,
        source: Archive,
        destination: Archive,
        plan: CopyPlan,
        trees: ArtifactTrees | None = None,
        progress: Progress = lambda *_: None,
    ) -> None:
        """`trees` moves the files where the plan names a root for them."""
        self._source, self._destination, self._plan = source, destination, plan
        self._trees, self._progress = trees, progress

    def copy(self) -> Report:
        """Write what the destination lacks. NotFound for an experiment named that the source has not.

        What stands at the destination under the same key, yet is something else, is left alone and reported.
        """
        return self._go_through(write=True)

    def verify(self) -> Report:
        """Compare the two, changing nothing. Raises as `copy` does."""
        return self._go_through(write=False)

    def _go_through(self, *, write: bool) -> Report:
        artifacts = Artifacts() if self._trees is not None else None
        report = Report(write, artifacts=artifacts)
        passage = _Passage(self._source, self._destination, report, self._trees, write=write)
        placing = Placing(self._source, self._destination, self._plan.same_name, self._plan.artifact_root)
        chosen = placing.chosen(self._plan.experiments)
        placements: list[Placement] = []
        for done, source_id in enumerate(chosen):
            self._progress(EXPERIMENTS.name, done, len(chosen))
            placement = placing.place(source_id, write=write)
            if placement is not None:
                placements.append(placement)
                passage.translation.experiments[source_id] = placement.destination_id
                if self._plan.artifact_root is not None:
                    passage.translation.relocation.add(placement.source_location, placement.location)
            _tell(report, source_id, placement)
        self._progress(EXPERIMENTS.name, len(chosen), len(chosen))
        passage.belongings_of_experiments(placements)
        experiment_ids = [placement.source_id for placement in placements]
        for noun in NOUNS:
            if noun is EXPERIMENTS or not (noun.in_experiments or self._plan.with_registry):
                continue
            units = list(self._source.units(noun, experiment_ids if noun.in_experiments else None))
            for at in range(0, len(units), noun.at_once):
                self._progress(noun.name, at, len(units))
                passage.units(noun, units[at : at + noun.at_once])
            if units:
                self._progress(noun.name, len(units), len(units))
        if write:
            self._destination.finish()
        return report


def _tell(report: Report, source_id: str, placement: Placement | None) -> None:
    """Note what became of an experiment."""
    tally = report.tally(EXPERIMENTS.name)
    tally.source += 1
    if placement is not None:
        report.experiments.append(placement.told())
    if placement is None or not placement.was_there:
        tally.missing += 1
    elif placement.differed:
        tally.changed += 1
    else:
        tally.same += 1
        return
    if not report.wrote:
        what = "differs" if placement else "is missing with all in it"
        report.add_difference(f"experiments (experiment_id={source_id!r}) {what}")


class _Passage:
    """The way of rows from source to destination, translated and compared."""

    def __init__(
        self, source: Archive, destination: Archive, report: Report, trees: ArtifactTrees | None, *, write: bool
    ) -> None:
        self._source, self._destination, self._report, self._trees = source, destination, report, trees
        self._write = write
        self._strangers: set[str] = set()
        """The units whose ids stand for something else at the destination."""
        self.translation = Translation()

    def belongings_of_experiments(self, placements: Sequence[Placement]) -> None:
        """What experiments have besides their own rows."""
        for at in range(0, len(placements), EXPERIMENTS.at_once):
            some = placements[at : at + EXPERIMENTS.at_once]
            for kind in EXPERIMENTS.kinds[1:]:
                # An experiment that others join keeps the tags it has.
                chosen = [each for each in some if kind.name == "datasets" or not each.is_merged]
                ids = [each.source_id for each in chosen]
                self._kind(kind, ids, [each.destination_id for each in chosen])

    def units(self, noun: Noun, ids: Sequence[str]) -> None:
        """Some units with all that belongs to them, their files last; nothing of those that are others there."""
        self._strangers.clear()
        for kind in noun.kinds:
            self._kind(kind, ids, ids)
            ids = [unit_id for unit_id in ids if unit_id not in self._strangers]
        if self._trees is not None and self._report.artifacts is not None:
            ours, theirs = _places(self._source, noun, ids), _places(self._destination, noun, ids)
            spans_told = _with_spans(self._source, ids) if noun is TRACES else frozenset()
            for unit_id in ours.keys() & theirs.keys():
                # A trace's spans went as rows, which a folder makes this file of.
                left = frozenset({"traces.json"} if unit_id in spans_told else ())
                self._trees.bring(ours[unit_id], theirs[unit_id], self._report.artifacts, write=self._write, left=left)

    def _kind(self, kind: Kind, ids: Sequence[str], destination_ids: Sequence[str]) -> None:
        if not ids:
            return
        ours, theirs = self._source.columns(kind), self._destination.kept(kind)
        if not ours:
            return
        if not theirs:
            count = self._source.fingerprint(kind, ours, ids).count
            if count:
                self._report.unheld[kind.name] = self._report.unheld.get(kind.name, 0) + count
            return
        columns = tuple(column for column in ours if column in theirs)
        if len(columns) < len(ours):
            self._report.unheld_columns[kind.name] = tuple(column for column in ours if column not in theirs)
        there = self._destination.fingerprint(kind, columns, destination_ids)
        if there.count == 0:
            self._all_of(kind, columns, ids)
        elif self._ours(kind, columns, ids) == there:
            tally = self._report.tally(kind.name)
            tally.source += there.count
            tally.same += there.count
        else:
            # The rows of one unit at a time where there may be millions of them.
            step = 1 if kind.is_points else len(ids)
            for at in range(0, len(ids), step):
                self._difference(kind, columns, ids[at : at + step], destination_ids[at : at + step])

    def _all_of(self, kind: Kind, columns: tuple[str, ...], ids: Sequence[str]) -> None:
        tally = self._report.tally(kind.name)
        for rows in _portions(self._translated(kind, columns, ids)):
            tally.source += len(rows)
            tally.missing += len(rows)
            self._put(kind, columns, rows, "is missing")

    def _difference(
        self, kind: Kind, columns: tuple[str, ...], ids: Sequence[str], destination_ids: Sequence[str]
    ) -> None:
        """Compare row by row, and write what lacks or differs."""
        tally = self._report.tally(kind.name)
        key = [columns.index(column) for column in kind.key if column in columns]
        fixed = [columns.index(column) for column in kind.fixed if column in columns]
        adopted = columns.index(ADOPTED[kind.name]) if ADOPTED.get(kind.name) in columns else None
        theirs = {tuple(row[at] for at in key): row for row in self._destination.rows(kind, columns, destination_ids)}
        missing: list[Row] = []
        changed: list[Row] = []
        for row in self._translated(kind, columns, ids):
            tally.source += 1
            name = tuple(row[at] for at in key)
            other = theirs.pop(name, None)
            if adopted is not None and other is not None and row[adopted] != other[adopted]:
                self.translation.adopted[row[adopted]] = other[adopted]
                row = (*row[:adopted], other[adopted], *row[adopted + 1 :])  # noqa: PLW2901 - the row as it is there
            if other == row:
                tally.same += 1
            elif other is None:
                tally.missing += 1
                missing.append(row)
            elif any(row[at] != other[at] for at in fixed):
                self._report.add_conflict(Conflict(kind.name, name, columns, row, other))
                if kind.key == (kind.owner,):
                    self._strangers.add(str(name[0]))
            else:
                tally.changed += 1
                changed.append(row)
        tally.extra += len(theirs)
        for rows in _portions(missing):
            self._put(kind, columns, rows, "is missing")
        for rows in _portions(changed):
            self._put(kind, columns, rows, "differs")

    def _put(self, kind: Kind, columns: tuple[str, ...], rows: Sequence[Row], what: str) -> None:
        if self._write:
            self._write_what_fits(kind, columns, rows)
            return
        for row in rows:
            self._report.add_difference(f"{kind.name} ({_named(kind, columns, row)}) {what}")

    def _write_what_fits(self, kind: Kind, columns: tuple[str, ...], rows: Sequence[Row]) -> None:
        """Write rows; those that the destination refuses are found by halves, and reported."""
        try:
            self._destination.write(kind, columns, rows)
        except InvalidParameter as error:
            if len(rows) == 1:
                self._report.add_refusal(kind.name, _named(kind, columns, rows[0]), error.message)
                return
            half = len(rows) // 2
            self._write_what_fits(kind, columns, rows[:half])
            self._write_what_fits(kind, columns, rows[half:])

    def _ours(self, kind: Kind, columns: tuple[str, ...], ids: Sequence[str]) -> Fingerprint:
        if self.translation.changes(kind, columns):
            return fingerprint_of(self._translated(kind, columns, ids))
        return self._source.fingerprint(kind, columns, ids)

    def _translated(self, kind: Kind, columns: tuple[str, ...], ids: Sequence[str]) -> Iterator[Row]:
        for row in self.translation.applied(kind, columns, self._source.rows(kind, columns, ids)):
            if self._destination.takes(kind, columns, row):
                yield row
            else:
                self._report.unheld[kind.name] = self._report.unheld.get(kind.name, 0) + 1


def _places(archive: Archive, noun: Noun, ids: Sequence[str]) -> dict[str, str]:
    """Where the files of these units lie, by id."""
    if noun is TRACES:
        tags = archive.rows(KINDS["trace_tags"], ("request_id", "value", "key"), ids)
        return {trace_id: place for trace_id, place, key in tags if key == TRACE_LOCATION and place}
    if noun not in (RUNS, LOGGED_MODELS):
        return {}
    return {
        unit: place
        for unit, place in archive.rows(noun.root, (noun.root.owner, *LOCATIONS[noun.root.name]), ids)
        if place
    }


def _with_spans(archive: Archive, ids: Sequence[str]) -> frozenset[str]:
    """Those of these traces whose spans are rows."""
    tags = archive.rows(KINDS["trace_tags"], ("request_id", "key", "value"), ids)
    return frozenset(trace_id for trace_id, *tag in tags if tuple(tag) == SPANS_IN_STORE)


def _named(kind: Kind, columns: Sequence[str], row: Row) -> str:
    return ", ".join(f"{column}={row[columns.index(column)]!r}" for column in kind.key if column in columns)


def _portions(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Rows in lists that are worth a transaction, and of a bounded size."""
    portion: list[Row] = []
    characters = 0
    for row in rows:
        portion.append(row)
        characters += sum(len(cell) for cell in row if isinstance(cell, str))
        if len(portion) >= _ROWS_AT_ONCE or characters >= _CHARACTERS_AT_ONCE:
            yield portion
            portion, characters = [], 0
    if portion:
        yield portion
