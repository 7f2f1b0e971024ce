"""`MlflowClient`: everything by id, nothing active. MLflow's class, method by method."""

from kirok.client.absent import refuse_absent
from kirok.client.experiments import ExperimentMethods
from kirok.client.tables import TableMethods


class MlflowClient(ExperimentMethods, TableMethods):
    """Experiments, runs and their files at one tracking URI: the given one, else the process's.

    Takes `sqlite:///file.db` without a server as it takes `http://…` of one. Any number of clients and threads share
    one open store per URI.
    """

    def __getattr__(self, name: str) -> object:
        refuse_absent(f"{type(self).__name__}.{name}", name)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
