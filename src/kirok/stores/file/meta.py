"""`meta.yaml`: read whatever state it is in, written as MLflow writes it."""

import logging
from collections.abc import Mapping
from typing import Any

_log = logging.getLogger(__name__)


class Unreadable(Exception):
    """A record that is empty, cut short or no mapping; the message says which file and why."""


def parse_meta(content: bytes, path: str) -> dict[str, Any]:
    """The record; Unreadable where there is none in it."""
    import yaml

    try:
        # 8 times as fast as the loader in Python, and in every wheel of PyYAML; a build from source may lack it.
        found = yaml.load(content, getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - a safe loader
    except (yaml.YAMLError, ValueError) as error:
        raise Unreadable(f"{path} cannot be read as YAML: {' '.join(str(error).split())}") from None
    if not isinstance(found, dict):
        raise Unreadable(f"{path} is {'empty' if found is None else 'no mapping'}")
    return found


def read_meta(path: str) -> dict[str, Any]:
    """The record in a file; Unreadable where there is none in it, FileNotFoundError where there is no file."""
    with open(path, "rb") as file:
        return parse_meta(file.read(), path)


def meta_content(record: Mapping[str, object]) -> bytes:
    """The text of a record: keys sorted, block style, UTF-8, as MLflow has it."""
    import yaml

    text = yaml.dump(
        dict(record),
        Dumper=getattr(yaml, "CSafeDumper", yaml.SafeDumper),
        default_flow_style=False,
        allow_unicode=True,
        sort_keys=True,
    )
    return str(text).encode()


class Warnings:
    """Says once what is wrong with a file, and again only after the file has changed."""

    def __init__(self) -> None:
        self._said: set[tuple[str, object]] = set()

    def skip(self, place: str, version: object, reason: object) -> None:
        """Say that `place`, as it is at `version`, is left out of what is listed."""
        if (place, version) not in self._said:
            self._said.add((place, version))
            _log.warning("Left out of every listing: %s. Mend or remove it; the rest is not affected.", reason)
