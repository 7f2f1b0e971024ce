"""What an error of the file system means to somebody who knows only the artifact's path."""

import errno

from kirok.base.errors import (
    Conflict,
    InternalError,
    InvalidParameter,
    KirokError,
    NoSpaceLeft,
    NotFound,
    PermissionDenied,
    Unavailable,
)
from kirok.entities.artifacts import ArtifactPath

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def told(error: OSError, path: ArtifactPath) -> KirokError:  # noqa: PLR0911 - one for each kind
    """The error to raise for the artifact at `path`."""
    shown = repr(str(path))
    match error.errno:
        case errno.ENOENT:
            return NotFound(f"No such artifact: {shown}")
        case errno.ENOTDIR | errno.EEXIST:
            return InvalidParameter(f"Invalid path: a part of {shown} is a file, so nothing can be below it.")
        case errno.EISDIR:
            return InvalidParameter(f"Invalid path: {shown} is a directory; name a file in it.")
        case errno.ENOTEMPTY:
            return Conflict(f"Somebody stores files in {shown} while it is being removed. Try again.")
        case errno.EMFILE | errno.ENFILE:
            return Unavailable(f"The artifact {shown} cannot be opened: {error.strerror}. Raise the limit (ulimit -n).")
        case errno.ENAMETOOLONG:
            return InvalidParameter(f"Invalid path: a name in {shown[:80]} is longer than the file system allows.")
        case errno.ELOOP:
            return InvalidParameter(f"Invalid path: {shown} is a link that leads to itself.")
        case errno.EACCES | errno.EPERM | errno.EROFS:
            return PermissionDenied(
                f"The artifact {shown} cannot be reached: {error.strerror}. Let the account that runs this program "
                "read and write the artifact folder."
            )
        case number if number in _FULL:
            return NoSpaceLeft(f"The artifact {shown} was not stored: {error.strerror}. Free some space.")
        case _:
            return InternalError(f"The artifact {shown} cannot be handled: {error.strerror}.")
