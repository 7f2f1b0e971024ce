"""What a store promises to whoever asks whether all in it is as it should be."""

from collections.abc import Iterator
from typing import Protocol

from msgspec import Struct


class Finding(Struct, frozen=True):
    """Something that is not as it should be, and how often."""

    what: str
    """For a person, after a number: `values in params of runs that do not exist`."""
    count: int
    examples: tuple[str, ...] = ()
    """A few of them, named so that they can be found."""
    mended: bool = False
    advice: str = ""
    """What to do about it where it cannot be mended from what is there."""


class ArtifactOwner(Struct, frozen=True):
    """A run or logged model in use, and what its records say lies below its artifact root."""

    what: str
    id: str
    artifact_uri: str
    folders: tuple[str, ...] = ()
    """Paths that must not be empty; "" is the root."""


class Checkup(Protocol):
    """Looks a store over, while it may be in use."""

    def findings(self, *, fix: bool) -> Iterator[Finding]:
        """All that is wrong, in bounded memory. With `fix` what can be derived from the rest is mended, and durable
        when its finding is yielded; nothing that could not be derived is deleted.
        """

    def artifact_owners(self) -> Iterator[ArtifactOwner]:
        """Every run and finished logged model in use."""
