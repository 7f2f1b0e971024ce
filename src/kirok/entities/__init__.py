"""Frozen records and the closed sets of values they speak in; `from kirok.entities import Metric` as with MLflow."""

from kirok.entities.artifacts import FileInfo
from kirok.entities.datasets import Dataset, DatasetInput, InputTag
from kirok.entities.experiments import Experiment, ExperimentTag
from kirok.entities.metrics import Metric
from kirok.entities.models import LoggedModelInput, LoggedModelOutput
from kirok.entities.runs import Param, Run, RunData, RunInfo, RunInputs, RunOutputs, RunTag
from kirok.entities.views import LifecycleStage, RunStatus, SourceType, ViewType

__all__ = [
    "Dataset",
    "DatasetInput",
    "Experiment",
    "ExperimentTag",
    "FileInfo",
    "InputTag",
    "LifecycleStage",
    "LoggedModelInput",
    "LoggedModelOutput",
    "Metric",
    "Param",
    "Run",
    "RunData",
    "RunInfo",
    "RunInputs",
    "RunOutputs",
    "RunStatus",
    "RunTag",
    "SourceType",
    "ViewType",
]
