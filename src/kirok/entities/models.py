"""The edges between runs and logged models."""

from msgspec import Struct


class LoggedModelInput(Struct, frozen=True):
    """A logged model that a run read."""

    model_id: str


class LoggedModelOutput(Struct, frozen=True):
    """A logged model that a run produced, and the step at which."""

    model_id: str
    step: int = 0
