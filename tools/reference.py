"""Writes the generated reference pages: `make docs`. A test fails when a page is not what this would write."""

from pathlib import Path

from kirok.wire.endpoint import Endpoint
from kirok.wire.endpoints import ENDPOINTS
from tools.command_reference import commands_page

REFERENCE = Path(__file__).parent.parent / "docs" / "reference"


def endpoints_page() -> str:
    """`docs/reference/endpoints.md`: the endpoint table for people."""
    lines = [
        "# REST endpoints",
        "",
        "Generated from `src/kirok/wire/endpoints.py` and `artifact_endpoints.py` by `make docs`.",
        "The same table makes `/openapi.json` and `/docs` on a server.",
        "Bodies and answers are JSON in the shapes of MLflow 3.17; int64 are numbers, NaN and infinities are text.",
        "What is served below `/api` is also served below `/ajax-api`, for browsers.",
        "",
        "| method | path | permission | what it does |",
        "|---|---|---|---|",
    ]
    lines += [_row(row) for row in ENDPOINTS]
    return "\n".join(lines) + "\n"


def _row(row: Endpoint) -> str:
    return f"| {row.method} | `{row.api_path}` | {row.permission} | {row.summary} |"


if __name__ == "__main__":
    REFERENCE.mkdir(parents=True, exist_ok=True)
    (REFERENCE / "endpoints.md").write_text(endpoints_page(), encoding="utf-8")
    (REFERENCE / "cli.md").write_text(commands_page(), encoding="utf-8")
