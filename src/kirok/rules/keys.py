"""Which names are allowed for metrics, params, tags, experiments and runs (MLflow's limits, MLflow's sentences)."""

import posixpath
import re

from kirok.base.errors import InvalidParameter, MissingParameter

MAX_KEY = 250
MAX_EXPERIMENT_NAME = 500

# Word characters (any script), and / . - : and space.
_KEY = re.compile(r"[/\w.\- :]*")
# Printable ASCII letters most often: a cheap way past the two slower checks below.
_PLAIN_KEY = re.compile(r"[A-Za-z0-9_\-]{1,250}")
_RUN_ID = re.compile(r"[a-zA-Z0-9][\w\-]{0,255}")
_INTEGER = re.compile(r"[+-]?\d{1,18}")


def check_key(key: str, what: str) -> None:
    """Refuse a metric, param or tag key; `what` names it in the message ("Metric name", "Param key", "tags[2].key").

    A key may be turned into a file name by a folder store, so it must also be a normalised relative path.
    """
    if _PLAIN_KEY.fullmatch(key):
        return
    if not key:
        raise MissingParameter("key")
    if not _KEY.fullmatch(key):
        raise InvalidParameter(
            f"Invalid value {key!r} for parameter '{what}' supplied: Names may only contain alphanumerics, "
            "underscores (_), dashes (-), periods (.), spaces ( ), colon(:) and slashes (/)."
        )
    resolved = posixpath.normpath(key)
    if resolved != key or resolved.startswith(("..", "/")) or resolved == ".":
        raise InvalidParameter(
            f"Invalid value {key!r} for parameter '{what}' supplied: Names may be treated as files in certain cases, "
            f"and must not resolve to other names when treated as such. This name would resolve to {resolved!r}"
        )
    check_length(key, MAX_KEY, what)


def check_first_tag_key(key: str) -> None:
    """Refuse a key of a tag that a run is created with: empty, or longer than its column.

    MLflow does not hold these to the rules of `check_key`, and scripts that start runs with such tags work.
    """
    if not key:
        raise MissingParameter("key")
    check_length(key, MAX_KEY, "key")


def check_length(text: str, limit: int, what: str) -> None:
    """Refuse text of more than `limit` characters (code points, as Python counts)."""
    if len(text) > limit:
        raise InvalidParameter(
            f"'{what}' exceeds the maximum length of {limit} characters: it has {len(text)}, "
            f"beginning with {text[:40]!r}."
        )


def check_experiment_name(name: str) -> None:
    """Refuse an empty or over-long experiment name."""
    if not name or not name.strip():
        raise InvalidParameter(f"Invalid experiment name: {name!r}. It must be a non-empty text.")
    check_length(name, MAX_EXPERIMENT_NAME, "name")


def check_run_id(run_id: str) -> None:
    """Refuse text that could not be the id of any run."""
    if not run_id:
        raise MissingParameter("run_id")
    if not may_be_run_id(run_id):
        raise InvalidParameter(
            f"Invalid run ID: {run_id!r}. A run id has up to 256 letters, digits, dashes and underscores."
        )


def may_be_run_id(run_id: str) -> bool:
    """Whether a run could have this id."""
    return _RUN_ID.fullmatch(run_id) is not None


def experiment_number(experiment_id: str) -> int:
    """The id as the integer that SQL stores keep; InvalidParameter where it is none."""
    if not experiment_id:
        raise MissingParameter("experiment_id")
    if not _INTEGER.fullmatch(experiment_id):
        raise InvalidParameter(f"Invalid experiment ID {experiment_id!r}. Experiment ID must be a valid integer.")
    return int(experiment_id)
