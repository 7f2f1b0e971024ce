"""Where and when a table was measured."""

import os
import platform
from datetime import UTC, datetime
from pathlib import Path


def describe() -> str:
    """One line: date, processor, cores, memory, system, Python."""
    parts = [f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC", _processor(), f"{os.cpu_count()} cores"]
    if memory_gib := _memory_gib():
        parts.append(f"{memory_gib:.0f} GiB")
    parts += [f"{platform.system()} {platform.release()}", f"Python {platform.python_version()}"]
    return ", ".join(parts)


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.machine()


def _memory_gib() -> float | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    except (ValueError, OSError):
        return None
