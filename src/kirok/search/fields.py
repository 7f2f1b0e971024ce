"""What may be searched: which entities and keys runs and experiments have, under which names, with which comparators.

The tables are MLflow's; the sentences of the refusals too, since programs match on them.
"""

import difflib
from enum import Enum, auto

from msgspec import Struct

from kirok.search.expression import Comparator, Entity

RUN_NAME_TAG = "mlflow.runName"
"""The tag on which a filter by run_name is matched: runs of MLflow 1.29 and older have no name besides."""

DATASET_CONTEXT_TAG = "mlflow.data.context"
"""The input tag that is a dataset's context."""


PARENT_RUN_TAG = "mlflow.parentRunId"
"""The tag that holds a nested run's parent."""

TEXT = "text"
"""The attribute that is all the words of a run."""

GOALS = ("min", "max")


def goal_tag(key: str) -> str:
    """The tag of an experiment that says, by one of GOALS, which values of a metric are good."""
    return f"kirok.goal.{key}"


class FieldKind(Enum):
    """What a field holds, and with that which literals and comparators it takes."""

    NUMBER = auto()
    """A double: metrics."""
    NUMBER_TEXT = auto()
    """Text that may be compared as a number: params."""
    TEXT = auto()
    TIME = auto()
    """Milliseconds, since the epoch or from start to end; the literal may have a fraction."""
    WHOLE_TIME = auto()
    """Milliseconds since the epoch; the literal may not have a fraction."""
    WHOLE_ID = auto()
    """A decimal number in quotes, equal or not, and lists of them."""
    WORDS = auto()
    """Many texts, in which words are found."""


_EQUALITY = (Comparator.EQUAL, Comparator.NOT_EQUAL)
_ORDERING = (Comparator.LESS, Comparator.LESS_OR_EQUAL, Comparator.GREATER, Comparator.GREATER_OR_EQUAL)
_PATTERNS = (Comparator.LIKE, Comparator.ILIKE, Comparator.RLIKE)
_NO_PATTERNS = (Comparator.NOT_LIKE, Comparator.NOT_ILIKE, Comparator.NOT_RLIKE)
_WORDS = (Comparator.CONTAINS, Comparator.NOT_CONTAINS)
_PRESENCE = (Comparator.IS_NULL, Comparator.IS_NOT_NULL)
_LISTS = (Comparator.IN, Comparator.NOT_IN)
_RANGES = (Comparator.BETWEEN, Comparator.NOT_BETWEEN)

NUMERIC_COMPARATORS = _EQUALITY + _ORDERING + _RANGES + _LISTS
_TEXT_COMPARATORS = _EQUALITY + _PATTERNS + _NO_PATTERNS + _WORDS + _LISTS + _PRESENCE
COMPARATORS: dict[FieldKind, tuple[Comparator, ...]] = {
    FieldKind.NUMBER: NUMERIC_COMPARATORS + _PRESENCE,
    FieldKind.NUMBER_TEXT: _TEXT_COMPARATORS,
    FieldKind.TEXT: _TEXT_COMPARATORS,
    FieldKind.TIME: NUMERIC_COMPARATORS + _PRESENCE,
    FieldKind.WHOLE_TIME: NUMERIC_COMPARATORS + _PRESENCE,
    FieldKind.WHOLE_ID: _EQUALITY + _LISTS + _PRESENCE,
    FieldKind.WORDS: _WORDS,
}
"""What each kind may be compared by; a NUMBER_TEXT with a number by NUMERIC_COMPARATORS."""

_ENTITY_KINDS = {
    Entity.METRIC: FieldKind.NUMBER,
    Entity.PARAM: FieldKind.NUMBER_TEXT,
    Entity.TAG: FieldKind.TEXT,
    Entity.DATASET: FieldKind.TEXT,
}


class Field(Struct, frozen=True):
    """What one name in a filter stands for; `key` is the attribute's own name where an alias was used."""

    entity: Entity
    key: str
    kind: FieldKind


class UnknownField(Exception):
    """A name that stands for nothing: MLflow's sentence and a mend."""

    def __init__(self, sentence: str, mend: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.mend = mend


class Fields(Struct, frozen=True):
    """The searchable fields of one kind of record."""

    entities: dict[str, Entity]
    """Every word that may stand before the first dot."""
    attributes: dict[str, tuple[str, FieldKind]]
    """Every name an attribute may be filtered under: its own name and what it holds."""
    orderable: dict[str, str]
    """Every name an attribute may be ordered under: its own name."""
    entity_sentence: str
    """The end of MLflow's refusal of another word before the first dot."""
    dataset_keys: tuple[str, ...] = ()

    def field(self, entity_word: str | None, key: str, *, ordering: bool = False) -> Field:
        """The field named `entity_word.key`, or the attribute `key`. UnknownField where there is none."""
        entity = Entity.ATTRIBUTE if entity_word is None else self.entities.get(entity_word)
        if entity is None:
            raise UnknownField(
                f"Invalid entity type '{entity_word}'. {self.entity_sentence}",
                self._entity_mend(entity_word or "", key),
            )
        if not key:
            raise UnknownField(f"Invalid {entity} key ''", "A key must follow the dot.")
        if entity is Entity.ATTRIBUTE:
            return self._attribute(key, named=entity_word is not None, ordering=ordering)
        if entity is Entity.DATASET and key not in self.dataset_keys:
            raise UnknownField(f"Invalid dataset key '{key}' specified. Valid keys are '{sorted(self.dataset_keys)}'")
        return Field(entity, key, _ENTITY_KINDS[entity])

    def _attribute(self, key: str, *, named: bool, ordering: bool) -> Field:
        valid = self.orderable if ordering else self.attributes
        if key not in valid:
            raise UnknownField(
                f"Invalid attribute key '{key}' specified. Valid keys are '{sorted(valid)}'",
                self._attribute_mend(key, valid, named=named),
            )
        name = self.orderable[key] if ordering else self.attributes[key][0]
        return Field(Entity.ATTRIBUTE, name, self.attributes[name][1])

    def _entity_mend(self, word: str, key: str) -> str:
        lower = word.lower()
        near = [lower] if lower in self.entities else difflib.get_close_matches(lower, self.entities, 1)
        return f"Did you mean {near[0]}.{quoted_key(key)}?" if near else ""

    def _attribute_mend(
        self, key: str, valid: "dict[str, str] | dict[str, tuple[str, FieldKind]]", *, named: bool
    ) -> str:
        near = difflib.get_close_matches(key.lower(), [name for name in valid if name.islower()], 1, 0.75)
        if near:
            return f"Did you mean {near[0]}?"
        if key in _CHOSEN_ELSEWHERE:
            return _CHOSEN_ELSEWHERE[key]
        if named:
            return ""
        words = [plural for plural in ("metrics", "params", "tags") if plural in self.entities]
        return f"Did you mean {' or '.join(f'{word}.{quoted_key(key)}' for word in words)}?"


_CHOSEN_ELSEWHERE = {
    "lifecycle_stage": "Deleted records are chosen through the argument run_view_type or view_type.",
}


def quoted_key(key: str) -> str:
    """`key` as a filter may hold it: in backticks, or in double quotes where it has a backtick itself."""
    return f'"{key}"' if "`" in key else f"`{key}`"


_RUN_ATTRIBUTES = {
    "run_id": ("run_id", FieldKind.TEXT),
    "run_name": ("run_name", FieldKind.TEXT),
    "run name": ("run_name", FieldKind.TEXT),
    "Run name": ("run_name", FieldKind.TEXT),
    "Run Name": ("run_name", FieldKind.TEXT),
    "user_id": ("user_id", FieldKind.TEXT),
    "status": ("status", FieldKind.TEXT),
    "artifact_uri": ("artifact_uri", FieldKind.TEXT),
    "start_time": ("start_time", FieldKind.TIME),
    "created": ("start_time", FieldKind.TIME),
    "Created": ("start_time", FieldKind.TIME),
    "end_time": ("end_time", FieldKind.TIME),
    # From here on they are kirok's own; MLflow refuses these names.
    "duration": ("duration", FieldKind.TIME),
    "experiment_id": ("experiment_id", FieldKind.WHOLE_ID),
    "experiment_name": ("experiment_name", FieldKind.TEXT),
    "parent_run_id": ("parent_run_id", FieldKind.TEXT),
    TEXT: (TEXT, FieldKind.WORDS),
}

RUN_FIELDS = Fields(
    entities={
        **dict.fromkeys(("metric", "metrics"), Entity.METRIC),
        **dict.fromkeys(("parameter", "parameters", "param", "params"), Entity.PARAM),
        **dict.fromkeys(("tag", "tags"), Entity.TAG),
        **dict.fromkeys(("attribute", "attributes", "attr", "run"), Entity.ATTRIBUTE),
        **dict.fromkeys(("dataset", "datasets"), Entity.DATASET),
    },
    attributes=_RUN_ATTRIBUTES,
    orderable={alias: name for alias, (name, _) in _RUN_ATTRIBUTES.items() if alias.lower() not in ("run name", TEXT)},
    entity_sentence="Valid values are ['metric', 'parameter', 'tag', 'attribute', 'dataset']",
    dataset_keys=("name", "digest", "context"),
)

_EXPERIMENT_ATTRIBUTES = {
    "name": ("name", FieldKind.TEXT),
    "experiment_id": ("experiment_id", FieldKind.WHOLE_ID),
    "creation_time": ("creation_time", FieldKind.WHOLE_TIME),
    "last_update_time": ("last_update_time", FieldKind.WHOLE_TIME),
}

EXPERIMENT_FIELDS = Fields(
    entities={"attribute": Entity.ATTRIBUTE, "tag": Entity.TAG, "tags": Entity.TAG},
    attributes=_EXPERIMENT_ATTRIBUTES,
    orderable={name: name for name in _EXPERIMENT_ATTRIBUTES},
    entity_sentence="Valid entity types are ('attribute', 'tag', 'tags')",
)
