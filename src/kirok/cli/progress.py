"""A bar on stderr for what takes a while; nothing where stderr is no terminal."""

import sys
import time
from types import TracebackType
from typing import Self

from kirok.cli.printing import printable

_WIDTH = 30
_DRAWN_EVERY_S = 0.1


class ProgressBar:
    """One line that is drawn over and over, and gone at the end.

    `with ProgressBar() as bar: bar("runs", 10, 100)`.
    """

    def __init__(self, *, shown: bool | None = None) -> None:
        """`shown` None: where stderr is a terminal."""
        self._shown = sys.stderr.isatty() if shown is None else shown
        self._drawn = 0.0

    def __call__(self, what: str, done: int, total: int) -> None:
        """Say that `done` of `total` is done."""
        now = time.monotonic()
        if not self._shown or (now - self._drawn < _DRAWN_EVERY_S and done < total):
            return
        self._drawn = now
        full = _WIDTH * done // total if total else _WIDTH
        bar = "#" * full + "-" * (_WIDTH - full)
        sys.stderr.write(f"\r\033[K{printable(what)} [{bar}] {done:,}/{total:,}")
        sys.stderr.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        if self._shown and self._drawn:
            sys.stderr.write("\r\033[K")
            sys.stderr.flush()
