"""Searches for logged models as JSON."""

from typing import Any

from msgspec import Struct


class SearchLoggedModels(Struct, omit_defaults=True):
    """`datasets` and `order_by` only narrow and order what is found, and nothing is."""

    experiment_ids: list[str] = []
    filter: str | None = None
    page_token: str | None = None


class LoggedModelsPage(Struct, omit_defaults=True):
    models: list[dict[str, Any]] = []
    next_page_token: str | None = None
