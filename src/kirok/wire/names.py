"""Fields that requests spell in more than one way."""

from msgspec import Struct

from kirok.base.errors import InvalidParameter, MissingParameter
from kirok.entities.views import RunStatus, ViewType


class NamesRun(Struct, omit_defaults=True):
    """A request about one run, by `run_id` or by its older name `run_uuid`; clients of every age send both."""

    run_id: str | None = None
    run_uuid: str | None = None

    @property
    def run(self) -> str:
        """The run's id; MissingParameter where neither field has one."""
        named = self.run_id or self.run_uuid
        if not named:
            raise MissingParameter("run_id")
        return named


def run_status(given: str | int | None) -> RunStatus | None:
    """A status by MLflow's name or number, as text or integer; None for None."""
    if given is None:
        return None
    text = str(given)
    for status in RunStatus:
        if text in (status.value, str(status.number)):
            return status
    raise InvalidParameter(
        f"Invalid value {given!r} for parameter 'status' supplied: it must be one of {[s.value for s in RunStatus]}."
    )


def view_type(given: str | int | None, name: str = "view_type") -> ViewType:
    """A view by MLflow's name or number, as text or integer; ACTIVE_ONLY for None."""
    if given is None:
        return ViewType.ACTIVE_ONLY
    text = str(given)
    for view in ViewType:
        if text in (view.name, str(view.value)):
            return view
    raise InvalidParameter(
        f"Invalid value {given!r} for parameter '{name}' supplied: it must be one of {[v.name for v in ViewType]}."
    )
