"""What a check found, and the one setting that mends it."""

from collections.abc import Callable
from enum import StrEnum

from msgspec import Struct


class Status(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "not checked"


class Fix(Struct, frozen=True):
    """Something safe that can be done on this machine at once."""

    does: str
    """What it does, in one line."""
    act: Callable[[], None]
    """Does it; OSError where it cannot be done."""


class Finding(Struct, frozen=True):
    """One line of what a check found."""

    status: Status
    text: str
    mend: str = ""
    """The one setting or command that mends it, ready to be used; empty where nothing is to be mended."""
    details: tuple[str, ...] = ()
    """What only some want to read."""
    fix: Fix | None = None


class Outcome(Struct, frozen=True):
    """A finding, and the check it comes from."""

    check: str
    leg: str
    finding: Finding


def ok(text: str, *details: str) -> Finding:
    """All is well."""
    return Finding(Status.OK, text, details=details)


def warning(text: str, mend: str, *details: str, fix: Fix | None = None) -> Finding:
    """It works, but not as somebody may think."""
    return Finding(Status.WARNING, text, mend, details, fix)


def failed(text: str, mend: str, *details: str, fix: Fix | None = None) -> Finding:
    """It does not work."""
    return Finding(Status.FAILED, text, mend, details, fix)


def skipped(because: str) -> Finding:
    """It was not tried."""
    return Finding(Status.SKIPPED, f"not checked because {because}")
