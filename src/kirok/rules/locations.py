"""Where artifacts of an experiment and of a run lie, as text that MLflow's rows hold."""

from kirok.base.errors import InvalidParameter
from kirok.rules.keys import check_length
from kirok.rules.uris.escapes import segment
from kirok.rules.uris.here import in_full
from kirok.rules.uris.parse import scheme

MAX_LOCATION = 2048

LOCAL_ARTIFACT_ROOT = "./mlruns"
"""Where artifacts go without a server, as MLflow has it; made absolute when a store is opened."""


def checked_location(location: str) -> str:
    """A location that somebody chose for an experiment, as its row keeps it: a relative folder in full, seen from the
    process that owns the store, as MLflow has it. InvalidParameter for one that could not hold artifacts.
    """
    if location.startswith("runs:"):
        raise InvalidParameter(
            f"Artifact location cannot be a runs:/ URI. Given: {location!r}. Give a folder or an object-store URI."
        )
    if "#" in location:
        raise InvalidParameter(f"Artifact location cannot contain '#'. Given: {location!r}.")
    _, _, query = location.partition("?")
    if ".." in query:
        raise InvalidParameter(f"Invalid query string: {query!r} in artifact location {location!r}.")
    location = in_full(location)
    check_length(location, MAX_LOCATION, "artifact_location")
    return location


def below(location: str, *parts: str) -> str:
    """`location` with path segments added: before the query of a URI; a plain path has none."""
    kind = scheme(location)
    path, mark, query = location.partition("?") if kind else (location, "", "")
    return "/".join([path.rstrip("/"), *(segment(part, kind) for part in parts)]) + mark + query


def run_artifact_uri(experiment_location: str, run_id: str) -> str:
    """The artifact root of a run."""
    return below(experiment_location, run_id, "artifacts")
