"""The --view option: active things, deleted things, or both."""

import click

from kirok.entities.views import ViewType

_NAMES = [view.name.lower() for view in ViewType]


def _view(_ctx: click.Context, _option: click.Parameter, name: str) -> ViewType:
    return ViewType[name.upper()]


VIEW = click.option(
    "--view",
    "-v",
    type=click.Choice(_NAMES, case_sensitive=False),
    default="active_only",
    show_default=True,
    callback=_view,
    help="Which to list.",
)
