"""The server without a socket, behind an ordinary httpx client."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import msgspec

from kirok.base.settings import ServerSettings
from kirok.server.app import create_app
from kirok.server.messages import App
from kirok.stores.open import open_stores


class InProcess(httpx.BaseTransport):
    """Plays each request to an ASGI application on an event loop in a thread of its own."""

    def __init__(self, app: App) -> None:
        self._far = httpx.ASGITransport(app, raise_app_exceptions=False)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """As BaseTransport."""
        return asyncio.run_coroutine_threadsafe(self._answer(request), self._loop).result(timeout=60)

    def close(self) -> None:
        """End the loop."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=60)
        self._loop.close()

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        whole = httpx.Request(request.method, request.url, headers=request.headers, content=request.read())
        response = await self._far.handle_async_request(whole)
        content = await response.aread()
        # Named as it came: httpx would otherwise undo a compression a second time.
        return httpx.Response(response.status_code, headers=response.headers.raw, stream=httpx.ByteStream(content))


@contextmanager
def client_of(folder: Path, **settings: object) -> Iterator[httpx.Client]:
    """A client of a new server with these settings; on a database in `folder` where they name no other store."""
    backend = str(settings.get("backend_store_uri", f"sqlite:///{folder / 'mlflow.db'}"))
    given = ServerSettings(backend_store_uri=backend, artifacts_destination=str(folder / "files"))
    stores = open_stores(backend, artifact_root=str(settings.get("default_artifact_root", "mlflow-artifacts:/")))
    try:
        app = create_app(msgspec.structs.replace(given, **settings), stores)
        with httpx.Client(transport=InProcess(app), base_url="http://localhost:5000") as client:
            yield client
    finally:
        stores.close()
