"""The few pages that the server writes itself; the user interface is built from `ui/`."""

from html import escape

from msgspec import Struct

from kirok.wire.endpoint import Endpoint
from kirok.wire.endpoints import ENDPOINTS, MLFLOW_VERSION
from kirok.wire.openapi import fields_of, group_of

APP_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "font-src 'self' data:; connect-src 'self'; frame-src 'self' blob:; base-uri 'none'; form-action 'self'"
)
"""What the app's page may load: this server's files and nothing else."""

_PLAIN_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'"
_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 3rem auto; padding: 0 1rem;
  color-scheme: light dark; }
code { font-family: ui-monospace, monospace; font-size: .9em; }
h2 { margin-top: 2.5rem; } section { margin: 1.2rem 0; } section p { margin: .2rem 0 .2rem 4.5rem; }
.method { display: inline-block; width: 4.5rem; font-weight: 600; }
small { opacity: .75; }
"""


class Page(Struct, frozen=True):
    """A page, and what it may load."""

    status: int
    html: str
    policy: str = _PLAIN_POLICY


def endpoints_page(prefix: str) -> Page:
    """The API by groups, read off the endpoint table."""
    groups: dict[str, list[Endpoint]] = {}
    for row in ENDPOINTS:
        groups.setdefault(group_of(row), []).append(row)
    parts = [
        "<h1>kirok's API</h1>",
        f"<p>MLflow {escape(MLFLOW_VERSION)}'s REST API. As a document for programs: "
        f'<a href="{escape(prefix)}/openapi.json">openapi.json</a>.</p>',
    ]
    for group, rows in groups.items():
        parts.append(f"<h2>{escape(group)}</h2>")
        parts += [_described(row, prefix) for row in rows]
    return _page(200, "kirok's API", "\n".join(parts))


def unbuilt_page() -> Page:
    """What `/` shows where the user interface was not built."""
    return _page(
        200,
        "kirok",
        "<h1>kirok is running</h1><p>Its pages were not built into this installation. In a checkout, build them with "
        "<code>make ui</code> and load this page again; a released package holds them.</p>"
        '<p>The API answers all the same: <a href="docs">its endpoints</a>.</p>',
    )


def missing_page() -> Page:
    """What an unknown path shows."""
    return _page(404, "Not Found", "<h1>Not Found</h1><p>There is nothing at this address.</p>")


def other_method_page() -> Page:
    """What a known path shows to a method it does not answer."""
    return _page(405, "Method Not Allowed", "<h1>Method Not Allowed</h1><p>This page can only be read.</p>")


def _described(row: Endpoint, prefix: str) -> str:
    fields = ", ".join(
        f"<code>{escape(name)}</code>{'*' if required else ''}" for name, required in fields_of(row.request)
    )
    return (
        f'<section><code><span class="method">{row.method}</span>{escape(prefix + row.api_path)}</code>'
        f"<p>{escape(row.summary)}</p>"
        f"<p><small>{f'takes {fields}; ' if fields else ''}needs the permission to {row.permission.value}</small></p>"
        "</section>"
    )


def _page(status: int, title: str, body: str) -> Page:
    return Page(
        status,
        f'<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>{escape(title)}</title>\n'
        f"<style>{_STYLE}</style>\n{body}\n</html>\n",
    )
