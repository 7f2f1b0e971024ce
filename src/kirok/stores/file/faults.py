"""What a file system refuses, as errors that name the cause and the mend."""

import errno
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from kirok.base.errors import InvalidParameter, KirokError, PermissionDenied, Unavailable

_FULL = (errno.ENOSPC, errno.EDQUOT if hasattr(errno, "EDQUOT") else errno.ENOSPC)
FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)


class InFolder(Protocol):
    """A part of the file store."""

    @property
    def root(self) -> str:
        """The folder of runs."""


Part = TypeVar("Part", bound=InFolder)
Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")


def refusal(error: OSError, root: str) -> KirokError:
    """The error that a failure of the file system is to its caller."""
    said = f"{error.strerror or error}" + (f": {error.filename}" if error.filename else "")
    if error.errno in _FULL:
        return Unavailable(f"The disk that holds the runs in {root} is full ({said}). Make room, then try again.")
    if error.errno in FORBIDDEN:
        return PermissionDenied(
            f"This account may not write or read in the folder of runs {root} ({said}). Give it the rights, or track "
            "elsewhere."
        )
    if error.errno == errno.ENAMETOOLONG:
        return InvalidParameter(
            f"A key or id is too long to name a file in {root} ({said}). Choose a shorter one, or track into a "
            "database."
        )
    return Unavailable(f"The folder of runs {root} cannot be used ({said}). See that its disk is there and sound.")


def on_files(method: Callable[Concatenate[Part, Arguments], Answer]) -> Callable[Concatenate[Part, Arguments], Answer]:
    """A method whose OSErrors reach the caller as `refusal` has it."""

    @wraps(method)
    def translated(self: Part, /, *args: Arguments.args, **kwargs: Arguments.kwargs) -> Answer:
        try:
            return method(self, *args, **kwargs)
        except OSError as error:
            raise refusal(error, self.root) from error

    return translated
