"""What a server's processes use, read from /proc; None where there is no /proc."""

import contextlib
import os
import signal
from pathlib import Path

import msgspec

PROC = Path("/proc")


class Usage(msgspec.Struct, frozen=True):
    """Sums over a process tree. `cpu_s` includes children that have ended and been waited for."""

    processes: int
    cpu_s: float
    rss_bytes: int
    pss_bytes: int  # shared pages divided among those who share them
    peak_rss_bytes: int  # since the last `reset_peaks`


class ProcessTree:
    """A process started with its own session, and all that descends from it, whoever its parent is now."""

    def __init__(self, root: int) -> None:
        self._root = root
        self._seen = {root}

    def pids(self) -> list[int]:
        """Those alive now: descendants by parent, and members of the root's session."""
        parents: dict[int, int] = {}
        found = {self._root}
        for entry in PROC.iterdir():
            if not entry.name.isdigit():
                continue
            with contextlib.suppress(OSError):
                fields = _stat(int(entry.name))
                if fields[0] == "Z":
                    continue
                parents[int(entry.name)] = int(fields[1])
                if int(fields[3]) == self._root:
                    found.add(int(entry.name))
        found |= self._seen & parents.keys()
        grown = True
        while grown:
            children = {pid for pid, parent in parents.items() if parent in found}
            grown = not children <= found
            found |= children
        self._seen |= found
        return sorted(found & parents.keys())

    def cpu_s(self) -> float | None:
        """CPU time used so far, user and system."""
        if not PROC.is_dir():
            return None
        ticks = 0
        for pid in self.pids():
            with contextlib.suppress(OSError):
                ticks += sum(int(field) for field in _stat(pid)[11:15])
        return ticks / os.sysconf("SC_CLK_TCK")

    def usage(self) -> Usage | None:
        """CPU and memory now; the memory figures walk page tables, so not for the timed part."""
        cpu_s = self.cpu_s()
        if cpu_s is None:
            return None
        rss = pss = peak = 0
        pids = self.pids()
        for pid in pids:
            with contextlib.suppress(OSError):
                status, rollup = _kilobytes(pid, "status"), _kilobytes(pid, "smaps_rollup")
                rss += status["VmRSS"] * 1024
                peak += status["VmHWM"] * 1024
                pss += rollup["Pss"] * 1024
        return Usage(len(pids), cpu_s, rss, pss, peak)

    def reset_peaks(self) -> None:
        """Forgets the highest resident size of each process, so that the next peak is a workload's own."""
        if PROC.is_dir():
            for pid in self.pids():
                with contextlib.suppress(OSError):
                    (PROC / str(pid) / "clear_refs").write_text("5")

    def kill(self) -> None:
        """SIGKILL to whatever is left of the tree after its root was asked to stop."""
        for pid in self.pids() if PROC.is_dir() else []:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def _stat(pid: int) -> list[str]:
    # The command name may hold spaces and parentheses, so the fields are counted from its closing one.
    return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()


def _kilobytes(pid: int, file: str) -> dict[str, int]:
    found = {}
    for line in (PROC / str(pid) / file).read_text().splitlines():
        name, _, value = line.partition(":")
        if value.endswith(" kB"):
            found[name] = int(value.split()[0])
    return found
