"""Object stores in a process that was forked from one that used them, as data loaders' workers are.

obstore's threads do not live on in a child, and nothing starts them again: a call would wait for ever. A child gets a
copy of the library of its own, which is another one to the operating system.
"""

import os
import sys
from collections.abc import Sequence
from functools import cache
from importlib.machinery import ExtensionFileLoader, ModuleSpec, PathFinder
from importlib.util import spec_from_file_location
from types import ModuleType

_LIBRARY = "obstore._obstore"


class _Copies:
    """Finds obstore's library as a copy in memory."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """As importlib.abc.MetaPathFinder."""
        spec = PathFinder.find_spec(name, path, target) if name == _LIBRARY else None
        if spec is None or spec.origin is None or sys.platform != "linux":
            return None
        copy = os.memfd_create("obstore")  # stays open; a program that this process starts does not get it
        with open(spec.origin, "rb") as library:
            size = os.fstat(library.fileno()).st_size
            while done := os.sendfile(copy, library.fileno(), None, size):
                size -= done
        # Not /proc/self, since Python remembers libraries by their path: this child's own children need another one.
        place = f"/proc/{os.getpid()}/fd/{copy}"
        return spec_from_file_location(name, place, loader=ExtensionFileLoader(name, place))


@cache
def outlive_forks() -> None:
    """Have children of this process that use obstore load it anew. Where there is no Linux, nobody forks unasked."""
    if sys.platform == "linux":
        os.register_at_fork(after_in_child=_load_anew)


def _load_anew() -> None:
    loaded = [name for name in sys.modules if name.partition(".")[0] == "obstore"]
    for name in loaded:
        del sys.modules[name]
    if loaded and _Copies not in sys.meta_path:
        sys.meta_path.insert(0, _Copies)
