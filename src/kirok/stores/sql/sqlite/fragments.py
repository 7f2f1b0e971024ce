"""The JSON of runs as searches answer it, kept for as long as nothing changes a run."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from threading import Lock

from kirok.stores.sql.run_json import run_json
from kirok.stores.sql.sqlite.readers import Reader

_MOST_BYTES = 64 << 20
_MOST_CHANGES = 100_000
_OVERHEAD_BYTES = 200


class Fragments:
    """JSON by run id. What is handed out is what the asking connection's snapshot would read.

    Time is counted in commits of this process: a reader notes the count before its snapshot begins, so the snapshot
    is at least that new. A fragment carries the count of the reader that made it. It leaves before the commit that
    changes its run, and from then on only a reader that began after that commit may bring it back. So a fragment that
    is there, made by a reader no newer than the one who asks, is what that one would read.

    Writes of other processes are not seen one by one: after any, everything is dropped.
    """

    def __init__(self, most_bytes: int = _MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._lock = Lock()
        self._kept: OrderedDict[str, tuple[int, bytes]] = OrderedDict()
        self.kept_bytes = 0
        self._count = 0
        self._oldest = 0
        """Readers that began before this count bring nothing back."""
        self._changed: dict[str, int] = {}
        self._changing: set[str] = set()

    def before_commit(self, runs: set[str]) -> None:
        """These runs are about to read differently."""
        with self._lock:
            self._changing = runs
            for run_id in runs:
                self._drop(run_id)

    def after_commit(self, runs: set[str]) -> None:
        """They do, or may."""
        with self._lock:
            self._count += 1
            self._changing = set()
            if len(self._changed) > _MOST_CHANGES:
                self._changed.clear()
                self._oldest = self._count
            for run_id in runs:
                self._changed[run_id] = self._count

    def foreign_write(self) -> None:
        """Any run may read differently."""
        with self._lock:
            self._count += 1
            self._oldest = self._count
            self._changed.clear()
            self._kept.clear()
            self.kept_bytes = 0

    def moment(self, reader: Reader, look_around: Callable[[], None]) -> int:
        """The count to ask with; must be the first use of the reader's snapshot.

        `look_around` returns once `foreign_write` was called for every foreign commit made so far, if any.
        """
        count = self._count
        version = reader.execute("PRAGMA data_version").fetchone()[0]
        if version != reader.seen_version:
            look_around()
            reader.seen_version = version
        return count

    def of(self, reader: Reader, run_ids: Sequence[str], moment: int) -> list[bytes]:
        """The JSON of the runs that exist of these, in their order."""
        found: dict[str, bytes] = {}
        missing: list[str] = []
        with self._lock:
            for run_id in run_ids:
                kept = self._kept.get(run_id)
                if kept is not None and kept[0] <= moment:
                    self._kept.move_to_end(run_id)
                    found[run_id] = kept[1]
                else:
                    missing.append(run_id)
        if missing:
            made = run_json(reader, missing)
            found |= made
            self._keep(made, moment)
        return [found[run_id] for run_id in run_ids if run_id in found]

    def _keep(self, made: dict[str, bytes], moment: int) -> None:
        with self._lock:
            if moment < self._oldest:
                return
            for run_id, fragment in made.items():
                if run_id not in self._changing and self._changed.get(run_id, 0) <= moment:
                    self._drop(run_id)
                    self._kept[run_id] = (moment, fragment)
                    self.kept_bytes += len(fragment) + _OVERHEAD_BYTES
            while self.kept_bytes > self._most_bytes:
                _, (_, fragment) = self._kept.popitem(last=False)
                self.kept_bytes -= len(fragment) + _OVERHEAD_BYTES

    def _drop(self, run_id: str) -> None:
        kept = self._kept.pop(run_id, None)
        if kept is not None:
            self.kept_bytes -= len(kept[1]) + _OVERHEAD_BYTES
