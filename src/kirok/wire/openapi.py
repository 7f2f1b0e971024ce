"""The OpenAPI document, printed from the endpoint table."""

from typing import Any

import msgspec
from msgspec import Struct, inspect

from kirok.wire.endpoint import Endpoint, Permission
from kirok.wire.endpoints import ENDPOINTS, MLFLOW_VERSION

_ERROR = {
    "type": "object",
    "required": ["error_code", "message"],
    "properties": {"error_code": {"type": "string"}, "message": {"type": "string"}},
}
_BINARY = {"type": "string", "format": "binary"}


def document(prefix: str = "") -> dict[str, Any]:
    """The API as OpenAPI 3.1, its paths below `prefix`."""
    bodies = {row.request for row in ENDPOINTS} | {row.response for row in ENDPOINTS}
    structs = [type_ for type_ in bodies if isinstance(type_, type) and issubclass(type_, Struct)]
    structs.sort(key=lambda type_: type_.__name__)
    schemas, components = msgspec.json.schema_components(structs, ref_template="#/components/schemas/{name}")
    by_type = dict(zip(structs, schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for row in ENDPOINTS:
        for path in row.paths:
            is_first = path == row.api_path
            operation = _operation(row, by_type, row.name if is_first else f"{row.name}_for_browsers")
            paths.setdefault(prefix + path, {})[row.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {"title": "kirok", "version": MLFLOW_VERSION, "summary": "MLflow's REST API as kirok serves it."},
        "paths": paths,
        "components": {"schemas": {**components, "Error": _ERROR}},
    }


def fields_of(request: type[Any]) -> list[tuple[str, bool]]:
    """(name, whether it is required) of each field that requests of this type have."""
    if not issubclass(request, Struct):
        return []
    return [(field.encode_name, field.required) for field in msgspec.structs.fields(request)]


def group_of(row: Endpoint) -> str:
    """The heading an endpoint stands under: the noun in its path."""
    return "server" if row.at_root else row.path.split("/")[1]


def _operation(row: Endpoint, by_type: dict[type[Any], Any], operation_id: str) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": operation_id,
        "summary": row.summary,
        "tags": [group_of(row)],
        "responses": {
            "200": {"description": "Done.", **_content(row.response, by_type)},
            "4XX": {"description": "Refused.", **_json({"$ref": "#/components/schemas/Error"})},
            "5XX": {"description": "Not possible now.", **_json({"$ref": "#/components/schemas/Error"})},
        },
        "x-permission": row.permission.value,
    }
    parameters = _path_parameters(row)
    if row.method == "GET" or row.request is bytes:
        parameters += _query_parameters(row)
    if row.method != "GET" and fields_of(row.request):
        operation["requestBody"] = {"required": True, **_json(by_type[row.request])}
    if row.request is bytes:
        operation["requestBody"] = {"required": True, "content": {"application/octet-stream": {"schema": _BINARY}}}
    if parameters:
        operation["parameters"] = parameters
    if row.permission is Permission.PUBLIC:
        operation["security"] = []
    return operation


def _content(response: type[Any], by_type: dict[type[Any], Any]) -> dict[str, Any]:
    if response is bytes:
        return {"content": {"*/*": {"schema": _BINARY}}}
    if response is str:
        return {"content": {"text/plain": {"schema": {"type": "string"}}}}
    return _json(by_type[response])


def _json(schema: Any) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": schema}}}


def _path_parameters(row: Endpoint) -> list[dict[str, Any]]:
    if "{path}" not in row.path:
        return []
    return [{"name": "path", "in": "path", "required": True, "schema": {"type": "string"}}]


def _query_parameters(row: Endpoint) -> list[dict[str, Any]]:
    query = row.query or row.request
    shape = inspect.type_info(query)
    if not isinstance(shape, inspect.StructType):
        return []
    return [
        {
            "name": field.encode_name,
            "in": "query",
            "required": field.required,
            "schema": _query_schema(field.type),
        }
        for field in shape.fields
    ]


def _query_schema(type_: inspect.Type) -> dict[str, Any]:
    match type_:
        case inspect.ListType():
            return {"type": "array", "items": {"type": "string"}}
        case inspect.UnionType(types=types) if any(isinstance(one, inspect.IntType) for one in types):
            return {"type": ["integer", "string"]} if any(isinstance(t, inspect.StrType) for t in types) else _INTEGER
        case inspect.IntType():
            return _INTEGER
        case _:
            return {"type": "string"}


_INTEGER = {"type": "integer"}
