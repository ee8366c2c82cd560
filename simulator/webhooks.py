"""Webhook delivery: one request per update, the updates of a chat in order, again until it is taken."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

import httpx
from anyio import CancelScope

from simulator.calls import Call
from simulator.errors import bad
from simulator.pace import Pace
from simulator.updates import Pending, Updates

LONGEST = 60
Reply = Callable[[Call], Awaitable[Any]]


def check(url: str, secret: str) -> None:
    """Like a Bot API server of one's own (`--local`): plain http, any port, any address."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise bad("bad webhook: An HTTPS URL must be provided for webhook")
    if len(secret) > 256:
        raise bad("secret token is too long")
    if not re.fullmatch(r"[A-Za-z0-9_-]*", secret):
        raise bad("secret token contains unallowed characters")


class Hook:
    """`updates` go to `url`, at most so many at once; `reply` runs the method that an answer may call."""

    def __init__(self, updates: Updates, url: str, secret: str, connections: int, reply: Reply, pace: Pace) -> None:
        self.updates, self.url, self.secret = updates, url, secret
        self.connections, self.reply, self.pace = connections, reply, pace
        self.last_error: tuple[int, str] | None = None
        self.busy: dict[object, tuple[CancelScope, asyncio.Task[None]]] = {}
        self.free = asyncio.Semaphore(connections)
        limits = httpx.Limits(max_connections=connections)
        self.client = httpx.AsyncClient(timeout=pace.webhook_timeout, trust_env=False, limits=limits)
        self.task = asyncio.create_task(self.run())

    def same(self, url: str, secret: str, connections: int) -> bool:
        return (self.url, self.secret, self.connections) == (url, secret, connections)

    async def run(self) -> None:
        while True:
            for item in self.updates.waiting():
                if item.lane not in self.busy:
                    scope = CancelScope()
                    self.busy[item.lane] = scope, asyncio.create_task(self.deliver(item, scope))
            await self.updates.bell.wait()

    async def deliver(self, item: Pending, scope: CancelScope) -> None:
        """Until taken or confirmed: again at once, then after 2, 4, 8 … seconds, or what Retry-After says.

        Ended by its scope: httpx cleans up under anyio's shield, which cancelling the task itself goes through.
        """
        try:
            with scope:
                await self._until_taken(item)
        finally:
            del self.busy[item.lane]
            self.updates.bell.ring()

    async def _until_taken(self, item: Pending) -> None:
        delay, fails = 1.0, 0
        while item.id in self.updates.pending:
            async with self.free:
                waits = await self.post(item)
            if waits is None:
                break
            delay, fails = (min(delay * 2, LONGEST), fails + 1) if fails else (delay, 1)
            await asyncio.sleep(waits or (delay * self.pace.webhook_retry if fails > 1 else 0))

    async def post(self, item: Pending) -> float | None:
        """None when the update was taken, else how long the other side asks us to wait (0: it does not say)."""
        headers = {"X-Telegram-Bot-Api-Secret-Token": self.secret} if self.secret else {}
        try:
            answer = await self.client.post(self.url, json=item.update, headers=headers)
        except httpx.TimeoutException:
            return self.failed("Read timeout expired")
        except httpx.HTTPError as error:
            return self.failed("Connection refused" if isinstance(error, httpx.ConnectError) else "Connection closed")
        if not answer.is_success:
            asked = answer.headers.get("retry-after", "")
            reason = f"Wrong response from the webhook: {answer.status_code} {answer.reason_phrase}"
            return self.failed(reason, float(asked) if asked.isdigit() else 0)
        self.updates.pending.pop(item.id, None)
        await self.called_back(answer)
        return None

    def failed(self, why: str, asked: float = 0) -> float:
        self.last_error = (int(self.updates.now()), why)
        return asked

    async def called_back(self, answer: httpx.Response) -> None:
        """A bot may call one method in the answer itself; it never learns what came of it."""
        try:
            values = answer.json()
        except ValueError:
            return
        method = str(values.pop("method", "")).lower() if isinstance(values, dict) else ""
        if method and not method.startswith(("get", "setwebhook", "deletewebhook", "close", "logout")):
            await self.reply(Call(method, values))

    def as_json(self) -> dict[str, Any]:
        said: dict[str, Any] = {"url": self.url, "has_custom_certificate": False}
        said |= {"max_connections": self.connections, "ip_address": "127.0.0.1"}
        if self.last_error:
            said |= {"last_error_date": self.last_error[0], "last_error_message": self.last_error[1]}
        return said

    async def stop(self) -> None:
        """What is not confirmed stays pending."""
        deliveries = list(self.busy.values())
        self.task.cancel()
        for scope, _ in deliveries:
            scope.cancel()
        await asyncio.gather(self.task, *(task for _, task in deliveries), return_exceptions=True)
        await self.client.aclose()
