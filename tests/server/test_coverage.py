"""The endpoint table and what answers it."""

import httpx
import pytest

from kirok.server.routes.table import HANDLERS, STREAMS
from kirok.wire.endpoint import Endpoint, Permission
from kirok.wire.endpoints import ENDPOINTS


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda row: row.name)
def test_every_endpoint_has_one_handler(endpoint: Endpoint) -> None:
    assert (endpoint in HANDLERS) != (endpoint in STREAMS)


def test_no_handler_answers_what_is_not_in_the_table() -> None:
    assert {*HANDLERS, *STREAMS} == set(ENDPOINTS)


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda row: row.name)
def test_every_endpoint_names_a_permission(endpoint: Endpoint) -> None:
    assert isinstance(endpoint.permission, Permission)


def test_only_harmless_endpoints_are_public() -> None:
    public = {endpoint.name for endpoint in ENDPOINTS if endpoint.permission is Permission.PUBLIC}
    assert public == {"health", "version", "kirok_version", "server_info"}


@pytest.mark.parametrize(
    ("endpoint", "path"),
    [(row, path) for row in ENDPOINTS for path in row.paths],
    ids=lambda it: getattr(it, "name", it),
)
def test_every_path_is_served(client: httpx.Client, endpoint: Endpoint, path: str) -> None:
    response = client.request(endpoint.method, path.replace("{path}", "some/file"))
    assert response.status_code != 405
    assert "text/html" not in response.headers["content-type"]


def test_the_document_lists_every_path(client: httpx.Client) -> None:
    document = client.get("/openapi.json").json()
    listed = {(method.upper(), path) for path, item in document["paths"].items() for method in item}
    assert listed == {(row.method, path) for row in ENDPOINTS for path in row.paths}


def test_the_page_of_endpoints_lists_every_path_and_loads_nothing_from_elsewhere(client: httpx.Client) -> None:
    page = client.get("/docs")
    assert all(row.api_path.replace("{", "{") in page.text for row in ENDPOINTS)
    assert "http://" not in page.text
    assert "https://" not in page.text
    assert "<script" not in page.text
