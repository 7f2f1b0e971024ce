"""What stands around the API: the user interface, its documentation, and room for a user's own routes."""

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from kirok.base.settings import ServerSettings
from kirok.server.pages import Page, endpoints_page, missing_page, other_method_page
from kirok.server.static_files import StaticFiles
from kirok.wire.openapi import document


def create_shell(settings: ServerSettings) -> FastAPI:
    """A FastAPI application for every path that the endpoint table does not hold."""
    # Its own /docs loads scripts from a public host, which a server without internet cannot reach and no reader's
    # address should be told to.
    shell = FastAPI(title="kirok", openapi_url=None, docs_url=None, redoc_url=None)
    prefix = settings.static_prefix
    files = StaticFiles()

    @shell.get(f"{prefix}/openapi.json")
    def openapi() -> Response:
        return JSONResponse(document(prefix))

    @shell.get(f"{prefix}/docs")
    def docs() -> Response:
        return _page(endpoints_page(prefix))

    @shell.api_route(f"{prefix}/", methods=["GET", "HEAD"])
    def index(request: Request) -> Response:
        return files.index(request.headers)

    if prefix:

        @shell.get(prefix)
        def without_slash() -> Response:
            # The page's own addresses are relative to the folder it stands in.
            return RedirectResponse(f"{prefix}/")

    @shell.api_route(f"{prefix}/static-files/{{path:path}}", methods=["GET", "HEAD"])
    def static(path: str, request: Request) -> Response:
        return files.file(path, request.headers) or _page(missing_page())

    @shell.exception_handler(404)
    def missing(*_: object) -> Response:
        return _page(missing_page())

    @shell.exception_handler(405)
    def other_method(*_: object) -> Response:
        return _page(other_method_page())

    return shell


def _page(page: Page) -> Response:
    return HTMLResponse(page.html, page.status, {"content-security-policy": page.policy})
