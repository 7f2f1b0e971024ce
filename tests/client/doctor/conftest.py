"""The checks, run in this process."""

import os
from pathlib import Path
from typing import Protocol

import pytest

from kirok.client.doctor.examination import examine
from kirok.client.doctor.findings import Finding, Outcome, Status

_PROGRAMS = (
    "AWS_",
    "AZURE_",
    "GOOGLE_",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "SSL_CERT",
    "REQUESTS_",
    "CURL_",
)


class Report:
    """What the checks found."""

    def __init__(self, outcomes: list[Outcome]) -> None:
        self.outcomes = outcomes

    def of(self, check: str) -> list[Finding]:
        """The findings of one check."""
        return [outcome.finding for outcome in self.outcomes if outcome.check == check]

    def one(self, check: str) -> Finding:
        """The only finding of one check."""
        (finding,) = self.of(check)
        return finding

    def names(self, status: Status) -> list[str]:
        """The checks that ended so, in their order."""
        return list(dict.fromkeys(each.check for each in self.outcomes if each.finding.status is status))

    def failure(self) -> Finding:
        """The only failure: what lies behind it was not tried."""
        (finding,) = [outcome.finding for outcome in self.outcomes if outcome.finding.status is Status.FAILED]
        return finding


class Doctor(Protocol):
    """Runs every check on a URI, or on what the environment names."""

    def __call__(self, uri: str | None = None, *, timeout_s: float = 5.0) -> Report:
        """What was found."""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of the test's own, and no settings of any program the checks look at."""
    for name in list(os.environ):
        if name.upper().startswith(_PROGRAMS):
            monkeypatch.delenv(name)
    place = tmp_path / "home"
    place.mkdir()
    monkeypatch.setenv("HOME", str(place))
    return place


@pytest.fixture
def doctor(home: Path) -> Doctor:
    """Runs the checks."""

    def run(uri: str | None = None, *, timeout_s: float = 5.0) -> Report:
        return Report(list(examine(uri, timeout_s=timeout_s)))

    return run
