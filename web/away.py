"""Nobody waits at a door for a database that is away: 503 and when to come again, for all who wait and all who come.

What was asked may have been done all the same; whoever sends it again under its key is answered as if once.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from fastapi import FastAPI
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.patience import Patience
from web.refusals import AWAY_SECONDS, refusal

WITHOUT_DATABASE = ("/static/", "/healthz", "/readyz")


def mount(app: FastAPI, patience: Patience) -> None:
    app.add_middleware(Away, patience=patience)


class Away:
    """ASGI middleware. An answer that has begun is left alone: streams of news bear a pause."""

    def __init__(self, app: ASGIApp, patience: Patience) -> None:
        self.app, self.patience = app, patience
        self._left = set[asyncio.Task[None]]()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(WITHOUT_DATABASE):
            await self.app(scope, receive, send)
        elif self.patience.away:
            await self._refuse(scope, receive, send)
        else:
            await self._serve(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = _Answer(send)
        work = asyncio.ensure_future(self.app(scope, receive, answer))
        try:
            if not await self.patience.outlast(work) and not answer.begun:
                answer.send = _nowhere
                self._leave(work)
                await self._refuse(scope, receive, send)
                return
            await work
        finally:
            work.cancel()

    def _leave(self, work: "asyncio.Task[None]") -> None:
        """Not waited for: psycopg takes seconds to let go of a frozen server."""
        self._left.add(work)
        work.add_done_callback(self._let_go)

    def _let_go(self, work: "asyncio.Task[None]") -> None:
        self._left.discard(work)
        with suppress(asyncio.CancelledError):
            work.exception()

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = refusal(Request(scope), 503, "database.away", {"retry-after": str(AWAY_SECONDS)})
        await answer(scope, receive, send)


class _Answer:
    def __init__(self, send: Callable[[Message], Awaitable[None]]) -> None:
        self.send, self.begun = send, False

    async def __call__(self, message: Message) -> None:
        self.begun = True
        await self.send(message)


async def _nowhere(message: Message) -> None:
    """Nobody reads the answer any more."""
