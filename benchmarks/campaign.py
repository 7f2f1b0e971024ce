"""The rounds: every server in turn, each on a store of its own, one alive at a time."""

import os
import shutil
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from benchmarks.exchanges import BadReply
from benchmarks.measurements import Failure, Measurement
from benchmarks.peers import MLFLOW_POSTGRESQL, Peer, find_program
from benchmarks.postgresql import DurablePostgresql
from benchmarks.scale import Scale
from benchmarks.servers import Server, ServerFailed, serve
from benchmarks.stores import PostgresqlStores, StoreIncomplete, copy_store, filled_store
from benchmarks.workloads import FILLED, FRESH, Workload
from databases import running

# A workload that took longer than this in the first round is not repeated in the later ones.
PATIENCE_S = 45.0


class Campaign:
    """One call of the harness: the results gathered so far, by server."""

    def __init__(self, programs: Mapping[Peer, Path], cache: Path, scale: Scale, wanted: Iterable[str]) -> None:
        self.measurements: dict[str, list[Measurement]] = defaultdict(list)
        self.failures: dict[str, list[Failure]] = defaultdict(list)
        self.load_averages: list[float] = []
        self._programs = programs
        self._cache = cache
        self._scale = scale
        self._wanted = frozenset(wanted)
        self._tired: set[tuple[str, str]] = set()
        self._visits_s: dict[tuple[str, bool], float] = {}
        self._started = time.monotonic()
        self._databases: PostgresqlStores | None = None
        self._work = cache / f"work-{os.getpid()}"

    def run(self) -> None:
        """Fills the stores, then plays the rounds. A workload that fails is noted, and the others go on."""
        try:
            with ExitStack() as stack:
                if any(peer.backend == "postgresql" for peer in self._programs):
                    server = stack.enter_context(running(DurablePostgresql))
                    self._databases = PostgresqlStores(server, self._cache, self._scale)
                self._play()
        finally:
            shutil.rmtree(self._work, ignore_errors=True)

    def _play(self) -> None:
        filled = self._fill()
        for number in range(self._scale.rounds):
            self.load_averages.append(os.getloadavg()[0])
            for peer in self._programs:
                self._visit(peer, number, FRESH, None)
            for peer in self._programs:
                if peer in filled:
                    self._visit(peer, number, FILLED, filled[peer])

    def _fill(self) -> dict[Peer, Path]:
        filled = {}
        for peer, program in self._programs.items():
            if not self._chosen(peer, FILLED):
                continue
            if peer.backend == "postgresql":  # one database for all of them, copied at each visit
                filled[peer] = self._cache
                continue
            try:
                filled[peer] = filled_store(peer, program, self._cache, self._scale)
            except (BadReply, ServerFailed, StoreIncomplete, OSError, subprocess.CalledProcessError) as failure:
                self._note(peer, "filling the store", failure)
        return filled

    def _chosen(self, peer: Peer, workloads: Mapping[str, Workload]) -> Sequence[str]:
        return [
            name
            for name in workloads
            if name in self._wanted and peer.runs(name) and (peer.name, name) not in self._tired
        ]

    def _visit(self, peer: Peer, number: int, workloads: Mapping[str, Workload], filled: Path | None) -> None:
        names = self._chosen(peer, workloads)
        visit = (peer.name, filled is not None)
        started = time.monotonic()
        too_long = started - self._started + self._visits_s.get(visit, 0.0) > self._scale.budget_s
        if not names or (number > 0 and too_long):
            return
        directory = self._work / f"{peer.name}-{number}"
        try:
            self._prepare(peer, directory, filled)
            with serve(peer, self._programs[peer], directory) as server:
                if "startup" not in names:
                    server.await_idle(self._scale.idle_cap_s)
                for name in names:
                    self._measure(server, name, workloads[name], number)
        except (ServerFailed, OSError, subprocess.CalledProcessError) as failure:
            self._note(peer, ", ".join(names), failure)
        finally:
            self._visits_s[visit] = time.monotonic() - started
            shutil.rmtree(directory, ignore_errors=True)

    def _prepare(self, peer: Peer, directory: Path, filled: Path | None) -> None:
        if self._databases is not None and peer.backend == "postgresql":
            if filled is None:
                self._databases.empty(directory)
            else:
                self._databases.filled(find_program(MLFLOW_POSTGRESQL, self._cache), directory)
        elif filled is not None:
            copy_store(filled, directory)

    def _measure(self, server: Server, name: str, workload: Workload, number: int) -> None:
        started = time.monotonic()
        peer = server.peer
        try:
            for measurement in workload(server, self._scale):
                self.measurements[peer.name].append(measurement)
                shown = ", ".join(f"{value:.4g}" for value in measurement.values)
                print(f"round {number + 1}  {peer.name:<18}{measurement.case:<22}{shown}", file=sys.stderr)
        except (BadReply, OSError) as failure:
            self._note(peer, name, failure)
        if time.monotonic() - started > PATIENCE_S:
            self._tired.add((peer.name, name))

    def _note(self, peer: Peer, workload: str, failure: Exception) -> None:
        reason = " ".join(str(failure).split())[:400] or type(failure).__name__
        self.failures[peer.name].append(Failure(workload, reason))
        print(f"FAILED   {peer.name:<18}{workload}: {reason}", file=sys.stderr)
