"""From a request to its handler and back: decode, call, encode, ahead of any framework.

A framework's routing and validation cost more than a log-metric request itself (2.8 times the CPU in a trial), so the
endpoint table is dispatched here by two dictionaries, and only what it does not hold goes on to the site's pages.
"""

import asyncio
from collections.abc import Callable, Mapping
from inspect import iscoroutinefunction
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from msgspec import Struct

from kirok.server import auth
from kirok.server.context import Context
from kirok.server.errors import reply_for
from kirok.server.handlers import Handlers, Prompt, Streaming, Streams, Waiting
from kirok.server.messages import (
    HTML,
    ClientGone,
    Exchange,
    Message,
    Receive,
    Reply,
    Scope,
    Send,
    check_content_type,
    read_body,
    send_reply,
)
from kirok.server.refusals import Refusals
from kirok.server.security import RequestGuard
from kirok.server.site import Site
from kirok.wire.artifact_endpoints import ARTIFACT_ENDPOINTS
from kirok.wire.endpoint import Endpoint
from kirok.wire.json_quirks import decode_body, decode_query, encode
from kirok.wire.upload_endpoints import UPLOAD_ENDPOINTS

# Decoding more than this at once would hold up everybody else on the event loop for more than a millisecond.
_LONG_BODY_BYTES = 256 << 10
Result = TypeVar("Result")

_OF_FILES = frozenset({*ARTIFACT_ENDPOINTS, *UPLOAD_ENDPOINTS})
_JSON_HEADER = (b"content-type", b"application/json")


class Router:
    """The ASGI application that answers the endpoint table, and hands on what is not in it."""

    def __init__(
        self,
        context: Context,
        guard: RequestGuard,
        handlers: Handlers,
        streams: Streams,
        refusals: Refusals,
        site: Site,
    ) -> None:
        self._context, self._guard, self._site = context, guard, site
        self._refusals = refusals
        self._standing = guard.standing_headers
        self._exact: dict[str, dict[str, _Route]] = {}
        self._below: list[tuple[str, dict[str, _Route]]] = []
        self._done: Message = {
            "type": "http.response.start",
            "status": 200,
            "headers": [_JSON_HEADER, (b"content-length", b"2"), *self._standing],
        }
        for endpoint in (*handlers, *streams):
            self._add(_Route.of(endpoint, handlers.get(endpoint), streams.get(endpoint)))

    def _add(self, route: "_Route") -> None:
        prefix = self._context.settings.static_prefix
        for path in route.endpoint.paths:
            stem, is_tree, _ = path.partition("{path}")
            # MLflow serves proxied files both with and without the prefix.
            for place in {prefix + stem, stem} if is_tree else {prefix + stem}:
                if is_tree:
                    routes = next((found for known, found in self._below if known == place), None)
                    if routes is None:
                        routes = {}
                        self._below.append((place, routes))
                else:
                    routes = self._exact.setdefault(place, {})
                routes[route.endpoint.method] = route
                if route.endpoint.method == "GET":
                    routes["HEAD"] = route

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        path, method = scope["path"], scope["method"]
        headers: dict[bytes, bytes] = dict(scope["headers"])
        standing = self._standing
        if b"origin" in headers:
            standing = [*standing, *self._guard.sharing_headers(headers)]
        refusal = self._guard.refusal(method, path, headers)
        if refusal is not None:
            await send_reply(send, refusal, standing)
            return
        routes, rest = self._exact.get(path), ""
        if routes is None:
            routes, rest = self._find_below(path)
        if routes is None:
            reply = await self._reply_to_unknown(method, path, headers)
            await send_reply(send, reply, standing, with_body=method != "HEAD")
            return
        route = routes.get(method)
        if route is None:
            await send_reply(send, self._reply_to_other_method(method, routes, headers), standing)
            return
        exchange = Exchange(scope, receive, send, headers, standing, rest)
        try:
            await self._answer(route, exchange)
        except ClientGone:
            pass
        except Exception as error:
            if exchange.started:
                raise  # too late for a reply: the server breaks the connection, so that nobody takes a half for all
            await exchange.reply(reply_for(error, f"{method} {path!r}"))

    async def _answer(self, route: "_Route", exchange: Exchange) -> None:
        auth.require(auth.identify(exchange.headers), route.endpoint)
        refusal = self._refusals.of(route.endpoint)
        if refusal is not None:
            await exchange.reply(refusal)
        elif route.stream is not None:
            await route.stream(self._context, exchange)
        else:
            body = await self._result(route, await self._request(route, exchange))
            if body == b"{}" and exchange.standing_headers is self._standing and route.writes:
                await exchange.send(self._done)
                await exchange.send({"type": "http.response.body", "body": body})
            else:
                await exchange.reply(Reply(200, body))

    async def _request(self, route: "_Route", exchange: Exchange) -> Any:
        endpoint = route.endpoint
        if not route.writes:
            return decode_query(_pairs(exchange.scope["query_string"]), endpoint.request)
        check_content_type(exchange.headers)
        body = await read_body(exchange.receive)
        if len(body) > _LONG_BODY_BYTES:
            return await self._in_thread(decode_body, body, endpoint.request)
        return decode_body(body, endpoint.request)

    async def _result(self, route: "_Route", request: Any) -> bytes:
        if route.prompt is not None:
            return encode(await route.prompt(self._context, request))
        threads = self._context.file_threads if route.endpoint in _OF_FILES else self._context.executor
        return await asyncio.get_running_loop().run_in_executor(
            threads, _answer_in_thread, route.waiting, self._context, request
        )

    async def _in_thread(self, call: Callable[..., Result], *arguments: Any) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._context.executor, call, *arguments)

    def _find_below(self, path: str) -> "tuple[dict[str, _Route] | None, str]":
        for stem, routes in self._below:
            if path.startswith(stem):
                return routes, path[len(stem) :]
        return None, ""

    def _reply_to_other_method(self, method: str, routes: Mapping[str, Any], headers: dict[bytes, bytes]) -> Reply:
        allowed = ", ".join(sorted({*routes, "OPTIONS"}))
        if method == "OPTIONS":
            return self._guard.preflight(headers, allowed)
        return Reply(
            405,
            _page("Method Not Allowed", f"This path answers {allowed}."),
            HTML,
            ((b"allow", allowed.encode()),),
        )

    async def _reply_to_unknown(self, method: str, path: str, headers: dict[bytes, bytes]) -> Reply:
        refusal = self._refusals.of_path(method, path)
        if refusal is not None:
            return refusal
        if method == "OPTIONS":
            return self._guard.preflight(headers, "GET, HEAD, OPTIONS")
        if self._refusals.is_api(path):
            return Reply(404, _page("Not Found", "This server has no such endpoint; /docs lists those it has."), HTML)
        return await self._in_thread(self._site.reply, method, path, headers)

    async def _live(self, receive: Receive, send: Send) -> None:
        """The application's life, as ASGI tells it: from the server's start to its stop."""
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        self._context.executor.shutdown()
        await send({"type": "lifespan.shutdown.complete"})


class _Route(Struct, frozen=True):
    """An endpoint with the one kind of handler it has."""

    endpoint: Endpoint
    writes: bool
    """Whether the request is a JSON body rather than a query string."""
    waiting: Waiting | None = None
    prompt: Prompt | None = None
    stream: Streaming | None = None

    @classmethod
    def of(cls, endpoint: Endpoint, handler: Any, stream: Streaming | None) -> "_Route":
        writes = endpoint.method != "GET"
        if stream is not None:
            return cls(endpoint, writes, stream=stream)
        if iscoroutinefunction(handler):
            return cls(endpoint, writes, prompt=handler)
        return cls(endpoint, writes, waiting=handler)


def _answer_in_thread(handler: Any, context: Context, request: Any) -> bytes:
    answer = handler(context, request)
    return answer if isinstance(answer, bytes) else encode(answer)


def _pairs(query: bytes) -> list[tuple[str, str]]:
    return parse_qsl(query.decode("latin-1"), keep_blank_values=True) if query else []


def _page(title: str, text: str) -> bytes:
    return f"<!doctype html>\n<title>{title}</title>\n<h1>{title}</h1>\n<p>{text}</p>\n".encode()
