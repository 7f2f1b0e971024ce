"""MLflow's replies, recorded, beside kirok's to the same requests."""

import json
from typing import Any

import httpx
import pytest

from server.record_goldens import GOLDENS
from server.scenario import Told, hold

# What clients and MLflow's own tests read in a message; the rest of it is the server's own.
_KEPT_SENTENCES = (
    "Missing value for required parameter",
    "Changing param values is not allowed",
    "The run ",
    "The experiment ",
    "No ",
    "Run with id",
    "Could not find experiment",
    "A batch logging request",
    "Duplicate parameter keys",
    "Bad Request. Content-Type",
    "If either start step",
)
# Each stands with its reason in docs/compatibility.md.
_DIFFERENT = {
    "upload to a directory": "one shape of error everywhere",
    "version": "plain text is not HTML",
    "workspaces": "plain text is not HTML",
    "camel case": "required fields too may be spelt in camelCase",
    "search datasets nowhere": "the usual sentence for a missing field",
    "read in bulk without a run": "the usual sentence for a missing field",
    "paste nowhere": "the usual sentence for a missing field",
}


def test_replies_are_mlflows(client: httpx.Client, subtests: pytest.Subtests) -> None:
    recorded = [Told(**told) for told in json.loads(GOLDENS.read_text(encoding="utf-8"))]
    ours = hold(client)
    assert [told.title for told in ours] == [told.title for told in recorded]
    for theirs, our in zip(recorded, ours, strict=True):
        if theirs.title in _DIFFERENT:
            continue
        with subtests.test(theirs.title):
            assert _essence(our) == _essence(theirs)


def test_every_exception_names_an_exchange() -> None:
    recorded = {told["title"] for told in json.loads(GOLDENS.read_text(encoding="utf-8"))}
    assert set(_DIFFERENT) <= recorded


def _essence(told: Told) -> Any:
    body = told.body
    if isinstance(body, dict) and "error_code" in body:
        message = body["message"]
        sentence = message if message.startswith(_KEPT_SENTENCES) else ""
        return told.status, told.kind, body["error_code"], sentence
    if isinstance(body, dict) and "files" in body:
        body = {**body, "files": [_without_time(info) for info in body["files"]]}
    return told.status, told.kind, body


def _without_time(info: dict[str, Any]) -> dict[str, Any]:
    """What MLflow tells of a file: when it was written is told here alone."""
    return {name: value for name, value in info.items() if name != "modified_ms"}
