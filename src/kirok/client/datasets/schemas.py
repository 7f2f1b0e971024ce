"""What columns and tensors data has, in the JSON form that MLflow writes."""

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from kirok.base.errors import InvalidParameter

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

_ANY = {"type": "any"}
_KINDS = {"b": "boolean", "U": "string", "S": "binary", "M": "datetime"}
_PLAIN_TYPES = {
    "bool": "boolean",
    "bool_": "boolean",
    "int": "long",
    "int64": "long",
    "int32": "integer",
    "float": "double",
    "float64": "double",
    "float32": "float",
    "str": "string",
    "str_": "string",
    "bytes": "binary",
    "bytes_": "binary",
    "bytearray": "binary",
    "Timestamp": "datetime",
    "datetime": "datetime",
    "date": "datetime",
    "datetime64": "datetime",
}


class Schema:
    """The columns of a table, or the tensors of a model's input: `to_dict()` is its JSON form."""

    def __init__(self, columns: list[dict[str, Any]]) -> None:
        self.columns = columns

    def to_dict(self) -> list[dict[str, Any]]:
        """One entry per column or tensor."""
        return self.columns

    def to_json(self) -> str:
        """`to_dict` as JSON text."""
        return json.dumps(self.columns)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Schema) and other.columns == self.columns

    __hash__ = None  # type: ignore[assignment]  # mutable

    def __repr__(self) -> str:
        return f"Schema({self.columns!r})"


class TensorSchema:
    """The tensors of features and targets."""

    def __init__(self, features: Schema, targets: Schema | None) -> None:
        self.features, self.targets = features, targets

    def to_dict(self) -> dict[str, Any]:
        """MLflow's form: each side as JSON text inside JSON."""
        return {
            "mlflow_tensorspec": {
                "features": self.features.to_json(),
                "targets": None if self.targets is None else self.targets.to_json(),
            }
        }


def frame_schema(frame: "pd.DataFrame") -> Schema:
    """The columns of a DataFrame. InvalidParameter for none, or for one whose values are of no or of several kinds."""
    if not len(frame.columns):
        raise InvalidParameter("A DataFrame without columns has no schema.")
    return Schema(
        [
            {**_column_type(frame[name]), "name": name, "required": not any(map(_is_missing, frame[name]))}
            for name in frame.columns
        ]
    )


def arrays_schema(arrays: "np.ndarray[Any, Any] | dict[str, np.ndarray[Any, Any]]") -> Schema:
    """The tensors of an array, or of a dictionary of them; the first dimension may be of any length."""
    if isinstance(arrays, dict):
        return Schema([{"name": name, **_tensor(array)} for name, array in arrays.items()])
    return Schema([_tensor(arrays)])


def _tensor(array: "np.ndarray[Any, Any]") -> dict[str, Any]:
    dtype = {"U": "str", "S": "bytes"}.get(array.dtype.char, array.dtype.name)
    return {"type": "tensor", "tensor-spec": {"dtype": dtype, "shape": [-1, *array.shape[1:]]}}


def _column_type(column: "pd.Series[Any]") -> dict[str, Any]:
    if column.dtype.kind == "O":
        column = column.infer_objects()
    if column.dtype.kind != "O":
        return {"type": _numpy_type(column.dtype)}
    return _merged(map(_value_type, column.to_list()))


def _numpy_type(dtype: Any) -> str:
    """By kind and size in bytes; an unsigned number needs the signed type that holds all its values."""
    kind, size = dtype.kind, dtype.itemsize
    if kind in "iu":
        needed = size if kind == "i" else size + 1
        if needed <= 8:
            return "integer" if needed <= 4 else "long"
    elif kind == "f" and size <= 8:
        return "float" if size <= 4 else "double"
    elif kind in _KINDS:
        return _KINDS[kind]
    raise InvalidParameter(f"A column of type {dtype} has no MLflow type.")


def _value_type(value: Any) -> dict[str, Any]:
    if _is_missing(value) or (isinstance(value, (list, dict)) and not value):
        return _ANY
    if isinstance(value, dict):
        properties = {}
        for name in sorted(value):
            kind = _value_type(value[name])
            properties[name] = {**kind, "required": kind != _ANY}
        return {"type": "object", "properties": properties}
    if isinstance(value, list) or type(value).__name__ == "ndarray":
        return {"type": "array", "items": _merged(map(_value_type, value))}
    plain = _PLAIN_TYPES.get(type(value).__name__)
    if plain is None:
        raise InvalidParameter(f"Values of type {type(value)} have no MLflow type.")
    return {"type": plain}


def _merged(kinds: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """The one type all values have; missing ones fit any."""
    merged: dict[str, Any] | None = None
    for kind in kinds:
        merged = kind if merged is None else _merge(merged, kind)
    if merged is None:
        raise InvalidParameter("No value, so no type.")
    return merged


def _merge(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    if other == _ANY:
        return _with_optional_properties(one)
    if one == other:
        return one
    if one == _ANY:
        return _with_optional_properties(other)
    if one["type"] == other["type"] == "array":
        return {"type": "array", "items": _merge(one["items"], other["items"])}
    if one["type"] == other["type"] == "object":
        names = sorted({*one["properties"], *other["properties"]})
        return {
            "type": "object",
            "properties": {
                name: _merge_property(one["properties"].get(name), other["properties"].get(name)) for name in names
            },
        }
    raise InvalidParameter(f"Values of types {one['type']} and {other['type']} in one column have no common type.")


def _merge_property(one: dict[str, Any] | None, other: dict[str, Any] | None) -> dict[str, Any]:
    if one is None or other is None:
        return {**(one or other or _ANY), "required": False}
    kinds = [{key: value for key, value in side.items() if key != "required"} for side in (one, other)]
    return {**_merge(*kinds), "required": one["required"] and other["required"]}


def _with_optional_properties(kind: dict[str, Any]) -> dict[str, Any]:
    if kind["type"] != "object":
        return kind
    properties = {name: {**value, "required": False} for name, value in kind["properties"].items()}
    return {"type": "object", "properties": properties}


def _is_missing(value: Any) -> bool:
    if isinstance(value, float):
        return value != value
    return value is None or type(value).__name__ in ("NAType", "NaTType")
