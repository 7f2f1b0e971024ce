"""What answers an endpoint: a function of what it works with and what was asked."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

from msgspec import Struct

from kirok.server.context import Context
from kirok.server.messages import Exchange
from kirok.wire.endpoint import Endpoint

Waiting: TypeAlias = Callable[[Context, Any], Struct | bytes]
"""Runs in a thread, as it waits for the store. Bytes are a reply's JSON made already."""

Prompt: TypeAlias = Callable[[Context, Any], Awaitable[Struct]]
"""A coroutine on the event loop: it must never wait for anything but futures."""

Streaming: TypeAlias = Callable[[Context, Exchange], Awaitable[None]]
"""A coroutine that reads and answers piece by piece."""

Handlers: TypeAlias = dict[Endpoint, Waiting | Prompt]
Streams: TypeAlias = dict[Endpoint, Streaming]
