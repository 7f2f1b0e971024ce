"""Logged models: none are kept here yet, but every client asks for them before it lists a folder of a run."""

import re

from kirok.base.errors import NotSupported
from kirok.server.context import Context
from kirok.server.handlers import Handlers
from kirok.wire import endpoints
from kirok.wire import logged_models as wire

# What MLflow's client asks when it looks for a model behind an artifact path.
_BY_NAME = re.compile(r"\s*name\s*=\s*'([^']*)'\s*")


def search_logged_models(context: Context, request: wire.SearchLoggedModels) -> wire.LoggedModelsPage:
    """An empty page where that is the truth; NotSupported where MLflow has written models that could match."""
    asked = _BY_NAME.fullmatch(request.filter or "")
    name = asked[1] if asked else None
    store = context.stores.logged_models
    if store is not None and store.has_logged_model(request.experiment_ids, name):
        raise NotSupported(
            f"{'A model named ' + repr(name) if name else 'A model'} was logged to this database by MLflow, and this "
            "version of kirok cannot show logged models yet. `mlflow server` on the same database shows it; files "
            "that lie in the run itself are listed from its top folder."
        )
    return wire.LoggedModelsPage()


HANDLERS: Handlers = {endpoints.SEARCH_LOGGED_MODELS: search_logged_models}
