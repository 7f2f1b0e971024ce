"""URIs of what a tracking store knows by id or name: runs, logged models and registered models, and files in them.

Names in them are written as they are: no escapes, no query. A host, which MLflow's clients of hosted services use for
a profile, is kept and changes nothing here.
"""

import re

from msgspec import Struct

from kirok.base.errors import InvalidParameter

_MODEL_ID = re.compile(r"m-[0-9a-f]{32}")
_LATEST = "latest"


class RunFiles(Struct, frozen=True):
    """`runs:/<run id>/<path>`."""

    run_id: str
    path: str = ""
    profile: str = ""

    @property
    def uri(self) -> str:
        """As a URI again."""
        return _uri("runs", self.profile, self.run_id, self.path)


class LoggedModelFiles(Struct, frozen=True):
    """`models:/<model id>/<path>`: a model by the id it got when it was logged."""

    model_id: str
    path: str = ""
    profile: str = ""

    @property
    def uri(self) -> str:
        """As a URI again."""
        return _uri("models", self.profile, self.model_id, self.path)


class ModelFiles(Struct, frozen=True):
    """`models:/<name>/<version, stage or latest>/<path>` or `models:/<name>@<alias>/<path>`: a registered model.

    The latest of all versions where version, stage and alias are "".
    """

    name: str
    version: str = ""
    """Digits."""
    stage: str = ""
    alias: str = ""
    path: str = ""
    profile: str = ""

    @property
    def uri(self) -> str:
        """As a URI again."""
        if self.alias:
            return _uri("models", self.profile, f"{self.name}@{self.alias}", self.path)
        return _uri("models", self.profile, self.name, self.version or self.stage or _LATEST, self.path)


def run_files(uri: str) -> RunFiles:
    """What a `runs:` URI names; InvalidParameter where it names no run."""
    profile, rest = _split("runs", uri)
    run_id, _, path = rest.lstrip("/").partition("/")
    if not rest.startswith("/") or not run_id:
        raise InvalidParameter(f"Not a proper runs:/ URI: {uri!r}. It is written runs:/<run id>/<path>.")
    return RunFiles(run_id, path.strip("/"), profile)


def model_files(uri: str) -> ModelFiles | LoggedModelFiles:
    """What a `models:` URI names; InvalidParameter where it names no model.

    MLflow reads one name as the id of a logged model. It knows no path behind that; here one may follow an id.
    """
    profile, rest = _split("models", uri)
    first, _, after = rest.lstrip("/").partition("/")
    after = after.strip("/")
    name, at, alias = first.rpartition("@")
    if rest.startswith("/") and at and name.strip() and alias.strip():
        return ModelFiles(name, alias=alias, path=after, profile=profile)
    if rest.startswith("/") and not at and first.strip():
        if not after or _MODEL_ID.fullmatch(first):
            return LoggedModelFiles(first, after, profile)
        which, _, path = after.partition("/")
        if which.strip():
            path = path.strip("/")
            if which.isdecimal():
                return ModelFiles(first, version=which, path=path, profile=profile)
            return ModelFiles(first, stage="" if which.lower() == _LATEST else which, path=path, profile=profile)
    raise InvalidParameter(
        f"Not a proper models:/ URI: {uri!r}. It is written models:/<name>/<version>, models:/<name>/<stage>, "
        "models:/<name>/latest, models:/<name>@<alias> or models:/<model id>, and a path inside may follow."
    )


def _split(scheme: str, uri: str) -> tuple[str, str]:
    """(host, what follows it)."""
    rest = uri[len(scheme) + 1 :]
    if not rest.startswith("//"):
        return "", rest
    profile, slash, rest = rest[2:].partition("/")
    return profile, slash + rest


def _uri(scheme: str, profile: str, *names: str) -> str:
    return "/".join([f"{scheme}:{'//' + profile if profile else ''}", *(name for name in names if name)])
