"""What a test is given: an empty place at a server, and the settings with which a user would reach it."""

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import pytest

_STORES = ("AWS_", "AZURE_", "GOOGLE_", "GCS_", "STORAGE_EMULATOR_HOST", "MLFLOW_S3_", "KIROK_S3_")


class Bucket(NamedTuple):
    """A bucket, or container, of a test's own."""

    name: str
    uri: str
    """A folder in it, as a user writes it: s3://name/artifacts."""
    env: Mapping[str, str]
    """The environment variables that a user sets to reach it."""

    def environment(self, **settings: str) -> dict[str, str]:
        """This process's environment with these settings and no other word about object stores."""
        return {**without_stores(os.environ), **self.env, **settings}

    def use(self, monkeypatch: "pytest.MonkeyPatch") -> None:
        """Make these the settings of this process."""
        for name in os.environ.keys() - without_stores(os.environ).keys():
            monkeypatch.delenv(name)
        for name, value in self.env.items():
            monkeypatch.setenv(name, value)


def without_stores(env: Mapping[str, str]) -> dict[str, str]:
    """An environment that knows of no object store and has no credentials for one."""
    return {name: value for name, value in env.items() if not name.startswith(_STORES)}
