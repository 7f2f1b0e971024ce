"""Requests that Schemathesis makes up from the OpenAPI document: none finds a defect."""

import os
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import CheckContext, not_a_server_error
from schemathesis.core.transport import Response

from kirok.wire.openapi import document
from running_servers import kirok_server
from server.conftest import API

NOT_IMPLEMENTED = 501
EXAMPLES = 300 if os.environ.get("KIROK_TEST_LONG") else 10


# The browsers' paths are other names of the same operations.
schema = schemathesis.openapi.from_dict(document()).exclude(operation_id_regex="_for_browsers$")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A running server with something to find."""
    with kirok_server(tmp_path_factory.mktemp("fuzz")) as running:
        made = httpx.post(f"{running.address}{API}/runs/create", json={"experiment_id": "0"}).json()
        point = {"run_id": made["run"]["info"]["run_id"], "key": "0", "value": 1, "timestamp": 0}
        httpx.post(f"{running.address}{API}/runs/log-metric", json=point).raise_for_status()
        yield running.address


def no_defect(context: CheckContext, response: Response, case: Any) -> bool | None:
    """What this server's store has no way to do is said by 501, and on purpose."""
    return None if response.status_code == NOT_IMPLEMENTED else not_a_server_error(context, response, case)


@schema.parametrize()  # type: ignore[untyped-decorator]  # Schemathesis has no types
@settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_no_request_finds_a_defect(case: Any, address: str) -> None:
    case.call_and_validate(base_url=address, checks=[no_defect], timeout=30)
