"""JSON as MLflow's clients send and read it: decode with msgspec, and where that refuses, say precisely why.

Requests are decoded by one typed pass in C. Only what it refuses takes the slow way, which either accepts one of
the spellings MLflow tolerates (a bare NaN, a text that holds the JSON, camelCase) or names the parameter at fault.
Where MLflow keeps the half of a request that it could parse and drops the rest, this refuses: see
docs/compatibility.md.
"""

import json
from collections.abc import Iterable
from functools import cache
from operator import attrgetter
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import inspect

from kirok.base.errors import BadRequest, InvalidParameter, MissingParameter
from kirok.wire.metrics import BulkHistory
from kirok.wire.numbers import double

Message = TypeVar("Message", bound=msgspec.Struct)

_INT64 = range(-(2**63), 2**63)
# A JSON integer longer than any double: only the sign matters, and Python refuses to parse digits without end.
_LONGEST_INTEGER = 400
_SHOWN = 80


def decode_body(body: bytes, type_: type[Message]) -> Message:
    """The message in a request's JSON body; an empty body is `{}`.

    Raises MissingParameter or InvalidParameter naming the parameter, or BadRequest naming the byte where the
    body stops being JSON.
    """
    fast: _FastWay[Message] = _fast_way(type_)
    for spelling in fast.camel_spellings:
        if spelling in body:
            break
    else:
        try:
            message = fast.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            pass  # the slow way finds the tolerated spelling or the precise complaint
        else:
            if fast.has_its_texts(message):
                return message
    return msgspec.convert(_cleaned_fields(_parsed_object(body), fast.shape, ""), type_)


def decode_query(pairs: Iterable[tuple[str, str]], type_: type[Message]) -> Message:
    """The message in a query string's decoded (name, value) pairs.

    A list is a name repeated; of another name's repetitions the first counts, as in MLflow. Raises as `decode_body`.
    """
    shape = _struct(type_)
    lists = {field.encode_name for field in shape.fields if isinstance(_present(field.type), inspect.ListType)}
    fields: dict[str, Any] = {}
    for name, value in pairs:
        if name in lists:
            fields.setdefault(name, []).append(value)
        else:
            fields.setdefault(name, value)
    return msgspec.convert(_cleaned_fields(fields, shape, ""), type_)


def encode(message: msgspec.Struct) -> bytes:
    """The JSON of a request or response: defaults left out, NaN and infinities as text.

    In BulkHistory alone they are bare tokens, which is what MLflow answers there and its UI reads.
    """
    body = _ENCODER.encode(message)
    # msgspec writes a float that JSON has no token for as null, and as absent fields are left out there is hardly
    # another null: its presence asks for a second look.
    if b"null" not in body:
        return body
    plain = msgspec.to_builtins(message)
    if isinstance(message, BulkHistory):
        return json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode()
    return _ENCODER.encode(_with_named_numbers(plain))


def decode_answer(body: bytes, type_: type[Message]) -> Message:
    """The message in a server's answer; bare NaN and infinities are read. ValueError where it is none."""
    fast: _FastWay[Message] = _fast_way(type_)
    try:
        return fast.decode(body)
    except msgspec.DecodeError:
        return msgspec.convert(json.loads(body), type_, strict=False)


_ENCODER = msgspec.json.Encoder()


def _with_named_numbers(value: Any) -> Any:
    if isinstance(value, float):
        return double(value)
    if isinstance(value, dict):
        return {key: _with_named_numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_named_numbers(item) for item in value]
    return value


class _FastWay(Generic[Message]):
    """What the typed pass over bodies of one type needs, prepared once."""

    def __init__(self, type_: type[Message]) -> None:
        # Not strict: integers and floats may come as text, and an integer as a float without fraction.
        self.decode = msgspec.json.Decoder(type_, strict=False).decode
        self.shape = _struct(type_)
        self._texts = _required_texts(self.shape)
        self._listed_texts = [
            (field.name, attrgetter(text))
            for field in self.shape.fields
            if isinstance(field.type, inspect.ListType)
            for text in _required_texts(field.type.item_type)
        ]
        self.camel_spellings = [f'"{name}"'.encode() for name in sorted(_camel_keys(self.shape))]

    def has_its_texts(self, message: Message) -> bool:
        """Whether no required text is empty: MLflow takes an empty one for an absent one."""
        for name in self._texts:
            if not getattr(message, name):
                return False
        # Plain loops: a generator costs as much as decoding a small body.
        for name, text_of in self._listed_texts:  # noqa: SIM110
            if not all(map(text_of, getattr(message, name))):
                return False
        return True


@cache
def _fast_way(type_: type[Any]) -> _FastWay[Any]:
    return _FastWay(type_)


def _required_texts(shape: inspect.Type) -> list[str]:
    fields = shape.fields if isinstance(shape, inspect.StructType) else ()
    return [field.name for field in fields if field.required and isinstance(field.type, inspect.StrType)]


def _struct(type_: type[Any]) -> inspect.StructType:
    shape = inspect.type_info(type_)
    if not isinstance(shape, inspect.StructType):
        raise TypeError(f"{type_!r} is not a message: give a msgspec.Struct.")
    return shape


def _camel_keys(shape: inspect.Type) -> set[str]:
    """Every camelCase key that a body of this shape could hold."""
    match shape:
        case inspect.ListType(item_type=item):
            return _camel_keys(item)
        case inspect.UnionType(types=choices):
            return set().union(*map(_camel_keys, choices))
        case inspect.StructType(fields=fields):
            own = {_camel(field.encode_name) for field in fields if "_" in field.encode_name}
            return own.union(*(_camel_keys(field.type) for field in fields))
        case _:
            return set()


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(other.title() for other in others)


def _parsed_object(body: bytes) -> dict[str, Any]:
    if not body.strip():
        return {}
    value = _parsed(body)
    if isinstance(value, str):  # old clients encode twice
        value = _parsed(value.encode("utf-8", "surrogatepass"))
    if not isinstance(value, dict):
        raise BadRequest(f"The request body must be a JSON object, such as {{}}. It is {_shown(value)}.")
    return value


def _parsed(body: bytes) -> Any:
    try:
        # Python's parser, unlike msgspec's, reads the bare tokens NaN, Infinity and -Infinity.
        text = body.decode()
        return json.loads(text, parse_int=_integer)
    except UnicodeDecodeError as error:
        raise BadRequest(f"The request body is not UTF-8 text: {error.reason} at byte {error.start}.") from None
    except json.JSONDecodeError as error:
        offset = len(text[: error.pos].encode())
        raise BadRequest(f"The request body is not JSON: {error.msg} at byte {offset}.") from None
    except RecursionError:
        raise BadRequest("The request body is nested too deeply to be read.") from None


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= _LONGEST_INTEGER else float(digits)


def _present(shape: inspect.Type) -> inspect.Type:
    """What a field holds where it is not null; a choice of text and number counts as the choice."""
    if isinstance(shape, inspect.UnionType):
        others = [choice for choice in shape.types if not isinstance(choice, inspect.NoneType)]
        return others[0] if len(others) == 1 else shape
    return shape


def _cleaned(value: Any, shape: inspect.Type, path: str) -> Any:  # noqa: PLR0911 - one for each kind
    """`value` as `shape` has it, MLflow's spellings made plain; errors name the parameter by its `path`."""
    match _present(shape):
        case inspect.StructType() as struct:
            if not isinstance(value, dict):
                raise _refused(value, path, "an object is needed")
            return _cleaned_fields(value, struct, path)
        case inspect.ListType(item_type=item):
            if not isinstance(value, list):
                raise _refused(value, path, "a list is needed")
            return [_cleaned(element, item, f"{path}[{i}]") for i, element in enumerate(value)]
        case inspect.StrType():
            return _text(value, path)
        case inspect.IntType():
            return _whole_number(value, path)
        case inspect.FloatType():
            return _number(value, path)
        case inspect.BoolType():
            return _truth(value, path)
        case _:  # an enum, by name or number: `wire.names` reads it
            return value if isinstance(value, int) and not isinstance(value, bool) else _text(value, path)


def _cleaned_fields(given: dict[str, Any], struct: inspect.StructType, path: str) -> dict[str, Any]:
    cleaned: dict[str, Any] = {}
    for field in struct.fields:
        name = field.encode_name
        place = f"{path}.{name}" if path else name
        value = given.get(name)
        camel = _camel(name)
        if camel != name and camel in given:
            if name in given:
                raise InvalidParameter(f"Request specifies both '{name}' and '{camel}'; provide only one of them.")
            # MLflow looks for required fields under their own name alone.
            value = None if field.required else given[camel]
        if value is None or (value == "" and field.required and isinstance(field.type, inspect.StrType)):
            if field.required:
                raise MissingParameter(place)
            continue
        cleaned[name] = _cleaned(value, field.type, place)
    return cleaned


def _text(value: Any, path: str) -> str:
    if not isinstance(value, str):
        raise _refused(value, path, "text is needed; put it in quotation marks")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise _refused(value, path, "it holds half a surrogate pair, which is no character") from None
    return value


def _whole_number(value: Any, path: str) -> int:
    number = value
    if isinstance(value, str):
        try:
            number = int(value) if len(value) <= _LONGEST_INTEGER else None
        except ValueError:
            number = None
    elif isinstance(value, float):
        number = int(value) if value.is_integer() else None
    if isinstance(number, bool) or not isinstance(number, int) or number not in _INT64:
        raise _refused(value, path, "a 64-bit integer is needed")
    return number


def _number(value: Any, path: str) -> float:
    if isinstance(value, int | float | str) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError:  # an integer beyond the doubles
            return float("inf") if value > 0 else float("-inf")  # type: ignore[operator]  # text never overflows
        except ValueError:
            pass
    raise _refused(value, path, "a number is needed, or the text NaN, Infinity or -Infinity")


def _truth(value: Any, path: str) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    raise _refused(value, path, "true or false is needed")


def _refused(value: Any, path: str, need: str) -> InvalidParameter:
    return InvalidParameter(f"Invalid value {_shown(value)} for parameter '{path}' supplied: {need}.")


def _shown(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
