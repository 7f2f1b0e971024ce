"""The options of `kirok server` that say where files lie, who moves them, and how the places are checked."""

from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

import click
from msgspec import Struct

from kirok.base.errors import InvalidParameter
from kirok.base.settings import ServerSettings
from kirok.cli.later import names
from kirok.cli.lists import listed
from kirok.rules.aliases import parse_aliases
from kirok.rules.locations import LOCAL_ARTIFACT_ROOT
from kirok.rules.passwords import without_password
from kirok.rules.uris.buckets import ObjectLocation
from kirok.rules.uris.here import in_full, local_folder
from kirok.rules.uris.parse import parse
from kirok.rules.uris.proxied import Proxied

_CHECKS = ("strict", "warn", "off")
_THIS_MACHINE = frozenset({"127.0.0.1", "localhost", "::1"})


class _Listed(click.ParamType[str]):
    """Text; the environment lists several with commas between them."""

    name = "text"
    envvar_list_splitter = ","


_OPTIONS = (
    click.option(
        "--default-artifact-root",
        envvar=names("DEFAULT_ARTIFACT_ROOT"),
        metavar="URI",
        help="Where clients write artifacts of new experiments. [default: mlflow-artifacts:/, which is this server; "
        "with --no-serve-artifacts the folder of runs, else ./mlruns]",
    ),
    click.option(
        "--serve-artifacts/--no-serve-artifacts",
        envvar=names("SERVE_ARTIFACTS"),
        default=True,
        show_default=True,
        help="Whether clients may store and fetch artifacts through this server.",
    ),
    click.option(
        "--artifacts-only",
        envvar=names("ARTIFACTS_ONLY"),
        is_flag=True,
        help="Serve artifacts and nothing else; the database is not opened.",
    ),
    click.option(
        "--artifacts-destination",
        envvar=names("ARTIFACTS_DESTINATION"),
        metavar="URI",
        help="Where served artifacts lie: a folder, or s3://, gs://, wasbs://, abfss://.  [default: ./mlartifacts]",
    ),
    click.option(
        "--artifact-roots",
        envvar=names("ARTIFACT_ROOTS"),
        metavar="URIS",
        help="Comma-separated further folders and URIs below which artifacts of runs may be shown, where clients keep "
        "them without this server.",
    ),
    click.option(
        "--artifact-root-alias",
        "root_aliases",
        envvar=names("ARTIFACT_ROOT_ALIASES"),
        type=_Listed(),
        multiple=True,
        metavar="OLD=NEW",
        help="Artifacts that rows place below OLD are below NEW: a folder that moved, a bucket of another name. "
        "Repeatable; the variable separates them by commas. `kirok artifacts relocate` changes the rows instead.",
    ),
    click.option(
        "--check-artifacts",
        envvar=names("CHECK_ARTIFACTS"),
        type=click.Choice(_CHECKS, case_sensitive=False),
        default="warn",
        show_default=True,
        help="Write, read and delete a small object at --artifacts-destination once the server answers: warn of what "
        "does not work and try again, or (strict) stop the server.",
    ),
    click.option(
        "--create-bucket",
        envvar=names("CREATE_BUCKET"),
        is_flag=True,
        help="Make the bucket or container of --artifacts-destination, and of --default-artifact-root, where it is "
        "missing.",
    ),
)


class ArtifactOptions(Struct, frozen=True):
    """What the options say, None where one was not given."""

    default_artifact_root: str | None
    serve_artifacts: bool
    artifacts_only: bool
    artifacts_destination: str | None
    artifact_roots: tuple[str, ...]
    root_aliases: tuple[str, ...]
    check_artifacts: str
    create_bucket: bool

    @property
    def destination(self) -> str:
        """Where served artifacts lie."""
        return self.artifacts_destination or ServerSettings().artifacts_destination


def artifact_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options to a command, which gets them as one record: `artifacts`."""

    @wraps(command)
    def gathering(*, artifact_roots: str | None, **given: Any) -> None:
        own = {name: given.pop(name) for name in ArtifactOptions.__struct_fields__ if name in given}
        command(artifacts=ArtifactOptions(artifact_roots=listed(artifact_roots), **own), **given)

    for option in reversed(_OPTIONS):
        gathering = option(gathering)
    return gathering


def check_options(options: ArtifactOptions) -> None:
    """UsageError for options that contradict each other; it names both, and what to do about it."""
    root = options.default_artifact_root or ""
    if options.artifacts_only and not options.serve_artifacts:
        raise click.UsageError("--artifacts-only and --no-serve-artifacts together leave nothing to serve.")
    if not options.serve_artifacts and _is_this_server(root):
        raise click.UsageError(
            f"--default-artifact-root={root} has clients store artifacts through this server, which "
            "--no-serve-artifacts forbids. Leave out --no-serve-artifacts; or name a bucket, a folder that all "
            "machines share, or the server that serves artifacts (mlflow-artifacts://host:port/)."
        )
    try:
        parse_aliases(options.root_aliases)
    except InvalidParameter as error:
        raise click.UsageError(f"--artifact-root-alias: {error.message}") from error
    try:
        for place in filter(None, (root, options.artifacts_destination)):
            local_folder(place)
    except InvalidParameter as error:
        option = "--default-artifact-root" if place == root else "--artifacts-destination"
        raise click.UsageError(f"{option}: {error.message}") from error


def doubts(options: ArtifactOptions, root: str, host: str) -> Iterator[str]:
    """A sentence for each combination that works, though hardly as it was meant. New experiments lie at `root`."""
    if options.artifacts_only and options.default_artifact_root:
        yield "--default-artifact-root has no effect with --artifacts-only: there are no experiments to place."
        return
    if not options.serve_artifacts and options.artifacts_destination:
        yield (
            f"--artifacts-destination={without_password(options.artifacts_destination)} has no effect with "
            "--no-serve-artifacts: nothing is stored through this server."
        )
    if options.create_bucket and not any(map(_is_remote, (options.destination, root))):
        yield "--create-bucket has no effect: artifacts lie in folders, which are made in any case."
    if host not in _THIS_MACHINE and local_folder(root) is not None:
        way_out = (
            "Leave out --default-artifact-root to have clients store them through this server"
            if options.serve_artifacts
            else "Start it with --serve-artifacts and without --default-artifact-root to have clients store them "
            "through it"
        )
        yield (
            f"new experiments keep artifacts in the folder {root}, which each client writes to by itself: clients on "
            f"other machines write to disks of their own, and nothing of it is seen here. {way_out}, unless all "
            "machines share that folder under this name."
        )


def artifact_root(given: str | None, serve_artifacts: bool, backend: str) -> str:
    """Where new experiments keep artifacts: `given`, else this server, else the folder of runs that is the `backend`,
    else `./mlruns` in the working directory.

    Folders are made absolute: clients read them from the experiment, each in a working directory of its own.
    """
    if given is None and serve_artifacts:
        given = "mlflow-artifacts:/"
    elif given is None:
        runs = local_folder(backend)
        given = LOCAL_ARTIFACT_ROOT if runs is None else runs.absolute().as_uri()
    return in_full(given)


def _is_this_server(location: str) -> bool:
    place = parse(location)
    return isinstance(place, Proxied) and not place.server


def _is_remote(location: str) -> bool:
    return isinstance(parse(location), ObjectLocation)
