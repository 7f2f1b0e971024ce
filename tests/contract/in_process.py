"""A Sender whose far side is an ASGI application in this process: the real server without a socket."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import unquote, urlsplit

from kirok.transport import HttpRequest, HttpResponse

Message = MutableMapping[str, Any]
Application = Callable[
    [Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]
]


class InProcess:
    """Runs an application's lifespan and requests on an event loop in a thread of its own."""

    def __init__(self, app: Application) -> None:
        self._app = app
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._to_app: asyncio.Queue[Message] = asyncio.Queue()
        self._from_app: asyncio.Queue[Message] = asyncio.Queue()
        self._lifespan = asyncio.run_coroutine_threadsafe(
            self._until_done(
                app({"type": "lifespan", "asgi": {"version": "3.0"}}, self._to_app.get, self._from_app.put)
            ),
            self._loop,
        )
        self._step("lifespan.startup")

    def send(self, request: HttpRequest) -> HttpResponse:
        """As Sender."""
        return asyncio.run_coroutine_threadsafe(self._exchange(request), self._loop).result(timeout=60)

    def close(self) -> None:
        """End the lifespan and the loop."""
        self._step("lifespan.shutdown")
        self._lifespan.result(timeout=60)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=60)
        self._loop.close()

    def _step(self, kind: str) -> None:
        async def ask() -> Message:
            await self._to_app.put({"type": kind})
            return await self._from_app.get()

        answer = asyncio.run_coroutine_threadsafe(ask(), self._loop).result(timeout=60)
        assert answer["type"] == f"{kind}.complete", answer

    @staticmethod
    async def _until_done(running: Awaitable[None]) -> None:
        await running

    async def _exchange(self, request: HttpRequest) -> HttpResponse:
        parts = urlsplit(request.url)
        content = request.body if isinstance(request.body, bytes) else b"".join(request.body)
        given = {"host": parts.netloc, "content-length": str(len(content)), **request.headers}
        scope: Message = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": request.method,
            "scheme": parts.scheme,
            "path": unquote(parts.path),
            "raw_path": parts.path.encode(),
            "query_string": parts.query.encode(),
            "root_path": "",
            "headers": [(name.lower().encode(), value.encode()) for name, value in given.items()],
            "client": ("127.0.0.1", 50_000),
            "server": (parts.hostname, parts.port or 80),
            "state": {},
        }
        incoming: list[Message] = [{"type": "http.request", "body": content, "more_body": False}]
        done = asyncio.Event()

        async def receive() -> Message:
            if incoming:
                return incoming.pop()
            await done.wait()
            return {"type": "http.disconnect"}

        outgoing: list[Message] = []

        async def send(message: Message) -> None:
            outgoing.append(message)
            if message["type"] == "http.response.body" and not message.get("more_body"):
                done.set()

        await self._app(scope, receive, send)
        headers = {name.decode().lower(): value.decode() for name, value in outgoing[0]["headers"]}
        return HttpResponse(outgoing[0]["status"], headers, [message.get("body", b"") for message in outgoing[1:]])
