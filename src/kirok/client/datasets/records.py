"""Datasets to log with `log_input`, made of data in memory."""

import json
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kirok.base.errors import InvalidParameter
from kirok.client.datasets.digests import arrays_digest, frame_digest
from kirok.client.datasets.schemas import Schema, TensorSchema, arrays_schema, frame_schema
from kirok.client.datasets.sources import DatasetSource, source_of
from kirok.entities import datasets as entities

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    Arrays = np.ndarray[Any, Any] | dict[str, np.ndarray[Any, Any]]

_log = logging.getLogger("kirok")


class Dataset:
    """Data with a name, a digest that tells versions apart, and a source. Sub-classes know its schema and profile."""

    def __init__(self, source: DatasetSource, name: str | None, digest: str) -> None:
        self.name = name or "dataset"
        self.digest = digest
        self.source = source

    @property
    def schema(self) -> Schema | TensorSchema | None:
        """The columns or tensors; None where they have no MLflow types."""
        return None

    @property
    def profile(self) -> dict[str, Any]:
        """How much data it is."""
        return {}

    def to_dict(self) -> dict[str, Any]:
        """What is logged: name, digest, source and its type, schema and profile as JSON text."""
        return {
            "name": self.name,
            "digest": self.digest,
            "source": self.source.to_json(),
            "source_type": self.source.source_type,
            "schema": self._schema_json(),
            "profile": json.dumps(self.profile),
        }

    def to_json(self) -> str:
        """`to_dict` as JSON text."""
        return json.dumps(self.to_dict())

    def to_record(self) -> entities.Dataset:
        """The dataset as stores keep it."""
        return entities.Dataset(**self.to_dict())

    def _schema_json(self) -> str | None:
        schema = self.schema
        return None if schema is None else json.dumps(schema.to_dict())


class PandasDataset(Dataset):
    """A DataFrame."""

    def __init__(
        self,
        df: "pd.DataFrame",
        source: DatasetSource,
        targets: str | None = None,
        name: str | None = None,
        digest: str | None = None,
        predictions: str | None = None,
    ) -> None:
        for what, column in (("targets", targets), ("predictions", predictions)):
            if column is not None and column not in df.columns:
                raise InvalidParameter(
                    f"The specified pandas DataFrame does not contain the specified {what} column '{column}'. "
                    f"It has: {', '.join(map(str, df.columns))}."
                )
        super().__init__(source, name, digest or frame_digest(df))
        self.df, self.targets, self.predictions = df, targets, predictions

    @property
    def schema(self) -> Schema | None:
        """The columns; None where one has no MLflow type."""
        try:
            return frame_schema(self.df)
        except InvalidParameter as reason:
            _log.debug("The DataFrame is logged without schema: %s", reason)
            return None

    @property
    def profile(self) -> dict[str, Any]:
        """Number of rows and of values."""
        return {"num_rows": len(self.df), "num_elements": int(self.df.size)}

    def _schema_json(self) -> str | None:
        schema = self.schema
        return None if schema is None else json.dumps({"mlflow_colspec": schema.to_dict()})


class NumpyDataset(Dataset):
    """Arrays of features and, if there are any, targets."""

    def __init__(
        self,
        features: "Arrays",
        source: DatasetSource,
        targets: "Arrays | None" = None,
        name: str | None = None,
        digest: str | None = None,
    ) -> None:
        super().__init__(source, name, digest or arrays_digest(features, targets))
        self.features, self.targets = features, targets

    @property
    def schema(self) -> TensorSchema:
        """The tensors of features and targets."""
        return TensorSchema(arrays_schema(self.features), None if self.targets is None else arrays_schema(self.targets))

    @property
    def profile(self) -> dict[str, Any]:
        """Shape, number of elements and bytes of features and targets."""
        sizes: dict[str, Any] = {}
        for what, arrays in (("features", self.features), ("targets", self.targets)):
            if arrays is not None:
                for measure in ("shape", "size", "nbytes"):
                    sizes[f"{what}_{measure}"] = _measured(arrays, measure)
        return sizes


def from_pandas(
    df: "pd.DataFrame",
    source: str | Path | DatasetSource | None = None,
    targets: str | None = None,
    name: str | None = None,
    digest: str | None = None,
    predictions: str | None = None,
) -> PandasDataset:
    """A dataset of a DataFrame. `source` is where it came from, a path or URI; without one, the running program.

    `targets` and `predictions` name columns. InvalidParameter for a column or source that cannot be.
    """
    return PandasDataset(df, source_of(source), targets, name, digest, predictions)


def from_numpy(
    features: "Arrays",
    source: str | Path | DatasetSource | None = None,
    targets: "Arrays | None" = None,
    name: str | None = None,
    digest: str | None = None,
) -> NumpyDataset:
    """A dataset of arrays, or dictionaries of arrays. `source` as in `from_pandas`."""
    return NumpyDataset(features, source_of(source), targets, name, digest)


def _measured(arrays: "Arrays", measure: str) -> Any:
    if isinstance(arrays, dict):
        return {name: getattr(array, measure) for name, array in arrays.items()}
    return getattr(arrays, measure)
