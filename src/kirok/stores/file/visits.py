"""Looking into a folder of runs, and trying to write, without leaving anything behind: for `kirok doctor`."""

import os
from contextlib import suppress
from tempfile import NamedTemporaryFile

from kirok.entities.experiments import Experiment
from kirok.entities.views import LifecycleStage
from kirok.stores.file.experiment_records import read_experiment
from kirok.stores.file.faults import refusal
from kirok.stores.file.layout import META, OURS, Layout
from kirok.stores.file.meta import Unreadable


def experiments_in_use(root: str) -> list[tuple[Experiment, int]]:
    """(experiment, its runs) of each experiment in use, the newest first. Records that cannot be read are left out."""
    layout, found = Layout(root), []
    for place in layout.experiment_places():
        with suppress(Unreadable, FileNotFoundError):
            experiment = read_experiment(layout.path(place))
            if experiment.lifecycle_stage == LifecycleStage.ACTIVE:
                runs = sum(os.path.isfile(layout.path(run, META)) for run in layout.run_places(place))
                found.append((experiment, runs))
    return sorted(found, key=lambda pair: (pair[0].creation_time or 0, int(pair[0].experiment_id)), reverse=True)


def rehearse_write(root: str) -> None:
    """Write a file in the folder and remove it again; raises what a write of a run would raise."""
    try:
        with NamedTemporaryFile(dir=root, prefix=f"{OURS}doctor-") as file:
            file.write(b"tried")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise refusal(error, root) from error
