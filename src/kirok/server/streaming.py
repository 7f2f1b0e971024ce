"""Answers whose length nobody knows beforehand."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from kirok.server.messages import ClientGone, Exchange, Header


async def send_pieces(exchange: Exchange, headers: list[Header], pieces: AsyncGenerator[bytes, None]) -> None:
    """Answer with `pieces`, made as the client takes them; an error before the first is still reported as one.

    Raises ClientGone once the client has left: nobody reads a disk for nobody. To HEAD goes no body.
    """
    leaving = asyncio.ensure_future(departure(exchange))
    try:
        async with aclosing(pieces):
            piece: bytes | None = await anext(pieces, None)
            await exchange.start(200, headers)
            if exchange.scope["method"] != "HEAD":
                while piece is not None:
                    if leaving.done():
                        raise ClientGone
                    await exchange.body(piece, more=True)
                    piece = await anext(pieces, None)
            await exchange.body(b"", more=False)
    finally:
        leaving.cancel()


async def departure(exchange: Exchange) -> None:
    """Until the client hangs up."""
    while (await exchange.receive())["type"] != "http.disconnect":
        pass
