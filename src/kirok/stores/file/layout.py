"""Names and paths in an `mlruns` folder: MLflow's, and the few hidden files of ours, all where MLflow overlooks them.

MLflow takes every folder in the root for an experiment, every folder in an experiment for a run, and every file below
`params`, `tags` and `metrics` for a key. So what is ours are files in the root, in an experiment or in a run.
"""

import os
import re
from collections.abc import Iterator
from hashlib import md5

from kirok.base.errors import InvalidParameter, NotFound
from kirok.rules.keys import check_key

META = "meta.yaml"
TRASH = ".trash"
METRICS, PARAMS, TAGS, ARTIFACTS = "metrics", "params", "tags", "artifacts"
INPUTS, OUTPUTS = "inputs", "outputs"
DATASETS, MODELS, TRACES = "datasets", "models", "traces"
REGISTRY = "models"
"""The folder of registered models in the root; below an experiment `models` holds logged models."""
NOT_RUNS = frozenset((TAGS, DATASETS, MODELS, TRACES))
"""Folders of an experiment that hold no run."""
RUN_PARTS = (METRICS, PARAMS, TAGS, INPUTS, OUTPUTS)
"""Folders of a run whose files are records."""

OURS = ".kirok."
"""What the names of our own files begin with."""
LOCK = f"{OURS}lock"
INDEX = f"{OURS}index.db"

_RUN_NAME = re.compile(r"[a-zA-Z0-9][\w\-]{0,255}")
# Names that Windows keeps for devices, whatever their ending.
_DEVICES = frozenset(
    "con prn aux nul com1 com2 com3 com4 com5 com6 com7 com8 com9 lpt1 lpt2 lpt3 lpt4 lpt5 lpt6 lpt7 lpt8 lpt9".split()
)
_LONGEST_NAME_BYTES = 255


class Layout:
    """Places in one root. A place is a path relative to the root, with forward slashes: `12/<run id>`."""

    def __init__(self, root: str) -> None:
        self.root = root
        self._run_places: dict[str, str] = {}

    def path(self, *places: str) -> str:
        """The path of a place."""
        return os.path.join(self.root, *places)

    def experiment_places(self) -> Iterator[str]:
        """Where experiments may stand, those in the bin included: each folder named by a whole number."""
        for prefix in ("", f"{TRASH}/"):
            try:
                with os.scandir(self.path(prefix)) as entries:
                    names = [entry.name for entry in entries if is_experiment_name(entry.name) and entry.is_dir()]
            except (FileNotFoundError, NotADirectoryError):
                continue
            yield from (prefix + name for name in names)

    def experiment_place(self, number: int) -> str | None:
        """Where an experiment stands: in use, else in the bin, else nowhere."""
        places = (str(number), f"{TRASH}/{number}")
        return next((place for place in places if os.path.isfile(self.path(place, META))), None)

    def run_places(self, experiment_place: str) -> Iterator[str]:
        """Where runs of an experiment may stand. Folders of artifacts alone may be among them."""
        try:
            with os.scandir(self.path(experiment_place)) as entries:
                names = [entry.name for entry in entries if entry.name not in NOT_RUNS and entry.is_dir()]
        except (FileNotFoundError, NotADirectoryError):
            return
        yield from (f"{experiment_place}/{name}" for name in names if not name.startswith("."))

    def run_place(self, run_id: str) -> str:
        """Where a run stands; NotFound for an unknown one."""
        known = self._run_places.get(run_id)
        if known is not None and os.path.isfile(self.path(known, META)):
            return known
        if is_run_name(run_id):
            for experiment in self.experiment_places():
                place = f"{experiment}/{run_id}"
                if os.path.isfile(self.path(place, META)):
                    self._run_places[run_id] = place
                    return place
        raise NotFound(f"Run with id={run_id} not found")


def is_experiment_name(name: str) -> bool:
    """Whether a folder of that name may be an experiment: a whole number without leading zeros."""
    return name.isascii() and name.isdecimal() and len(name) <= 18 and (name[0] != "0" or name == "0")


def is_run_name(name: str) -> bool:
    """Whether a folder of that name may be a run."""
    return _RUN_NAME.fullmatch(name) is not None and name not in NOT_RUNS


def is_id(name: str) -> bool:
    """Whether a dataset's or logged model's folder may have that name."""
    return _RUN_NAME.fullmatch(name) is not None


def key_path(folder: str, key: str) -> str:
    """The file that keeps a metric, param or tag: a key with slashes lies in folders below `folder`.

    InvalidParameter for a key that would leave the folder, or that no file can be named after.
    """
    check_key(key, "key")
    for name in key.split("/"):
        if len(os.fsencode(name)) > _LONGEST_NAME_BYTES:
            raise InvalidParameter(
                f"The key {key!r} names a file in a folder of runs, and file names have at most {_LONGEST_NAME_BYTES} "
                f"bytes: {name!r} has {len(os.fsencode(name))}. Choose a shorter key, or track into a database."
            )
        if os.name == "nt":
            check_windows_name(key, name)
    return os.path.join(folder, *key.split("/"))


def check_windows_name(key: str, name: str) -> None:
    """Refuse a part of a key that Windows cannot name a file by."""
    if ":" in name or name.endswith((".", " ")) or name.partition(".")[0].lower() in _DEVICES:
        raise InvalidParameter(
            f"The key {key!r} names a file in a folder of runs, and on Windows no file is called {name!r}: choose a "
            "key without colons, without points or spaces at the end of a part, and other than a device's name, or "
            "track into a database."
        )


def keys_below(folder: str) -> Iterator[tuple[str, str]]:
    """(key, path) of each file that keeps a metric, param or tag; files that no key is named after are left out."""
    for parent, _, names in os.walk(folder):
        prefix = "" if parent == folder else os.path.relpath(parent, folder).replace(os.sep, "/") + "/"
        for name in names:
            try:
                check_key(prefix + name, "key")
            except InvalidParameter:
                continue
            yield prefix + name, os.path.join(parent, name)


def dataset_id(name: str, digest: str) -> str:
    """MLflow's id of a dataset in an experiment."""
    return _digest(name, digest)


def input_id(source_id: str, run_id: str) -> str:
    """MLflow's id of the edge from a dataset or model to the run that read it."""
    return _digest(source_id, run_id)


def _digest(*texts: str) -> str:
    return md5("".join(texts).encode(), usedforsecurity=False).hexdigest()
