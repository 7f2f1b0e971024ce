"""The edges between runs, datasets and models, as rows."""

from collections.abc import Sequence

from kirok.base.errors import BadRequest
from kirok.base.ids import new_id
from kirok.entities.datasets import DatasetInput
from kirok.entities.models import LoggedModelInput, LoggedModelOutput
from kirok.stores.sql.connection import Connection
from kirok.stores.sql.inserts import Insert

_DATASETS = Insert(
    "datasets",
    "dataset_uuid, experiment_id, name, digest, dataset_source_type, dataset_source, dataset_schema, dataset_profile",
    "text int4 text text text text text text",
    key="experiment_id, name, digest",
)
_EDGES = Insert(
    "inputs",
    "input_uuid, source_type, source_id, destination_type, destination_id, step",
    "text text text text text int8",
    key="source_type, source_id, destination_type, destination_id",
)
_TAGS = Insert("input_tags", "input_uuid, name, value", "text text text")


def add_dataset_inputs(
    connection: Connection, run_id: str, experiment_id: int, datasets: Sequence[DatasetInput]
) -> None:
    """What a run read. An experiment keeps one dataset of a name and digest: the description it saw first."""
    for given in datasets:
        dataset = given.dataset
        connection.insert(
            _DATASETS,
            [
                new_id(),
                experiment_id,
                dataset.name,
                dataset.digest,
                dataset.source_type,
                dataset.source,
                dataset.schema,
                dataset.profile,
            ],
        )
        (dataset_id,) = connection.execute(
            "SELECT dataset_uuid FROM datasets WHERE experiment_id = ? AND name = ? AND digest = ?",
            (experiment_id, dataset.name, dataset.digest),
        ).fetchone()
        input_id = new_id()
        if connection.insert(_EDGES, [input_id, "DATASET", dataset_id, "RUN", run_id, 0]):
            tags = {tag.key: tag.value for tag in given.tags}
            connection.insert(_TAGS, [cell for key, value in tags.items() for cell in (input_id, key, value)])


def add_model_inputs(connection: Connection, run_id: str, models: Sequence[LoggedModelInput]) -> None:
    """The models a run read; one that is recorded already stays as it is."""
    for model in models:
        connection.insert(_EDGES, [new_id(), "RUN_INPUT", run_id, "MODEL_INPUT", model.model_id, 0])


def add_model_outputs(connection: Connection, run_id: str, models: Sequence[LoggedModelOutput]) -> None:
    """The models a run produced; BadRequest, before anything is written, for one that is recorded already."""
    ids = [model.model_id for model in models]
    recorded = {
        model_id
        for (model_id,) in connection.execute(
            "SELECT destination_id FROM inputs WHERE source_type = 'RUN_OUTPUT' AND source_id = ? "
            f"AND destination_type = 'MODEL_OUTPUT' AND destination_id {connection.dialect.among}",
            (run_id, connection.dialect.listed(ids)),
        )
    }
    repeated = sorted({each for each in ids if each in recorded or ids.count(each) > 1})
    if repeated:
        raise BadRequest(f"Models {repeated} are already recorded as outputs of run {run_id}; name each once.")
    for model in models:
        connection.insert(_EDGES, [new_id(), "RUN_OUTPUT", run_id, "MODEL_OUTPUT", model.model_id, model.step])
