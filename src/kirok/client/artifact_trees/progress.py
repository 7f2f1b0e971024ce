"""How far a transfer has come, on one line of a terminal."""

import sys
import time
from threading import Lock
from typing import Self, TextIO

_FROM_FILES = 10
_FROM_BYTES = 16 << 20
_BAR_WIDTH = 24
_UNITS = ("bytes", "kB", "MB", "GB", "TB", "PB")


class Progress:
    """Counts files and bytes, and shows them once they are many. Used as a context; `add` from any thread.

    `files` and `size_bytes` are the totals, where they are known.
    """

    def __init__(
        self,
        verb: str,
        stream: TextIO | None,
        *,
        files: int | None = None,
        size_bytes: int | None = None,
        redraw_after_s: float = 0.1,
    ) -> None:
        self._verb, self._stream = verb, stream
        self._all_files, self._all_bytes = files, size_bytes
        self._files = self._bytes = 0
        self._started = time.monotonic()
        self._drawn_at = self._started
        self._drawn, self._redraw_after_s = "", redraw_after_s
        self._lock = Lock()

    def add(self, files: int, size_bytes: int) -> None:
        """So much more is done."""
        with self._lock:
            self._files += files
            self._bytes += size_bytes
            now = time.monotonic()
            if self._stream is not None and now - self._drawn_at >= self._redraw_after_s and self._is_long():
                self._drawn_at = now
                self._draw(self._stream, self._line(now - self._started))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._drawn and self._stream is not None:
            self._draw(self._stream, self._line(time.monotonic() - self._started))
            self._stream.write("\n")
            self._stream.flush()

    def _is_long(self) -> bool:
        files = self._files if self._all_files is None else self._all_files
        size = self._bytes if self._all_bytes is None else self._all_bytes
        return files >= _FROM_FILES or size >= _FROM_BYTES

    def _line(self, elapsed_s: float) -> str:
        files, size = f"{self._files:,}", sized(self._bytes)
        bar = ""
        if self._all_files is not None and self._all_bytes is not None:
            files, size = f"{files}/{self._all_files:,}", f"{size} of {sized(self._all_bytes)}"
            done = self._bytes / self._all_bytes if self._all_bytes else self._files / max(self._all_files, 1)
            filled = round(min(done, 1) * _BAR_WIDTH)
            bar = f" [{'#' * filled}{' ' * (_BAR_WIDTH - filled)}]"
        return f"{self._verb}{bar} {files} files, {size}, {sized(self._bytes / max(elapsed_s, 0.001))}/s"

    def _draw(self, stream: TextIO, line: str) -> None:
        stream.write("\r" + line.ljust(len(self._drawn)))
        stream.flush()
        self._drawn = line


def terminal(is_wanted: bool) -> TextIO | None:
    """Where progress is shown: standard error if that is a terminal and somebody wants it, else nowhere."""
    return sys.stderr if is_wanted and sys.stderr is not None and sys.stderr.isatty() else None


def sized(count: float) -> str:
    """A number of bytes for people: `980 bytes`, `12.3 MB`."""
    unit = 0
    while count >= 999.5 and unit < len(_UNITS) - 1:
        count /= 1000
        unit += 1
    return f"{count:.0f} {_UNITS[unit]}" if unit == 0 or count >= 99.95 else f"{count:.1f} {_UNITS[unit]}"
