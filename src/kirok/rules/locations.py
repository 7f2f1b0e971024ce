"""Where artifacts of an experiment and of a run lie, as text that MLflow's rows hold."""

from kirok.base.errors import InvalidParameter
from kirok.rules.keys import check_length

MAX_LOCATION = 2048

LOCAL_ARTIFACT_ROOT = "./mlruns"
"""Where artifacts go without a server, as MLflow has it; made absolute when a store is opened."""


def check_artifact_location(location: str) -> None:
    """Refuse a location that could not hold artifacts."""
    if location.startswith("runs:"):
        raise InvalidParameter(
            f"Artifact location cannot be a runs:/ URI. Given: {location!r}. Give a folder or an object-store URI."
        )
    if "#" in location:
        raise InvalidParameter(f"Artifact location cannot contain '#'. Given: {location!r}.")
    _, _, query = location.partition("?")
    if ".." in query:
        raise InvalidParameter(f"Invalid query string: {query!r} in artifact location {location!r}.")
    check_length(location, MAX_LOCATION, "artifact_location")


def below(location: str, *parts: str) -> str:
    """`location` with path segments added, before any query string."""
    path, mark, query = location.partition("?")
    return "/".join([path.rstrip("/"), *parts]) + mark + query


def run_artifact_uri(experiment_location: str, run_id: str) -> str:
    """The artifact root of a run."""
    return below(experiment_location, run_id, "artifacts")
