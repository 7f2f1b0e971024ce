"""Which paths can name a file."""

from kirok.base.errors import InvalidParameter
from kirok.entities.artifacts import ArtifactPath

UPLOADING = ".artifact.uploading."
"""What the name of a file or folder begins with while it is on its way in; such are never listed nor opened."""


def check_file(path: ArtifactPath) -> None:
    """Refuse the root, which is a directory, and names that are passing ones."""
    if not path:
        raise InvalidParameter("Invalid path: '' is the root directory; name a file in it.")
    check_lasting(path)


def check_lasting(path: ArtifactPath) -> None:
    """Refuse names that are passing ones, anywhere in a path; case counts nothing, as on some file systems."""
    if any(name.startswith(UPLOADING) for name in path.lower().split("/")):
        raise InvalidParameter(f"Invalid path: {str(path)!r}. Names that begin with {UPLOADING} are kirok's own.")
