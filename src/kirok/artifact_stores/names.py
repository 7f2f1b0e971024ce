"""Which paths can name a file."""

from kirok.base.errors import InvalidParameter
from kirok.entities.artifacts import ArtifactPath

UPLOADING = ".artifact.uploading."
"""What the name of a file begins with while it is on its way into a folder; such files are never listed nor opened."""


def check_file(path: ArtifactPath) -> None:
    """Refuse the root, which is a directory, and names that are passing ones."""
    if not path:
        raise InvalidParameter("Invalid path: '' is the root directory; name a file in it.")
    if path.name.startswith(UPLOADING):
        raise InvalidParameter(f"Invalid path: {str(path)!r}. Names that begin with {UPLOADING} are kirok's own.")
