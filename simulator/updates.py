"""A bot's queue of updates: kept until confirmed, a day at most; one poller at a time."""

import asyncio
import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from simulator.bell import Bell
from simulator.errors import Refused

KEPT = 24 * 3600
ON_DEMAND = {"chat_member", "message_reaction", "message_reaction_count"}  # only when asked for by name
KINDS = {
    "message", "edited_message", "channel_post", "edited_channel_post", "business_connection", "business_message",
    "edited_business_message", "deleted_business_messages", "inline_query", "chosen_inline_result", "callback_query",
    "shipping_query", "pre_checkout_query", "purchased_paid_media", "poll", "poll_answer", "my_chat_member",
    "chat_join_request", "chat_boost", "removed_chat_boost", *ON_DEMAND,
}  # fmt: skip
OTHER_POLLER = "terminated by other getUpdates request; make sure that only one bot instance is running"
HOOKED = "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"


@dataclass
class Pending:
    id: int
    update: dict[str, Any]
    lane: object  # updates of one chat are delivered one after the other
    born: float


class Updates:
    def __init__(self, first_id: int, now: Callable[[], float] = time.time) -> None:
        self.ids = itertools.count(first_id)
        self.now = now
        self.pending: dict[int, Pending] = {}
        self.allowed: list[str] | None = None
        self.bell = Bell()
        self.poll: asyncio.Future[None] | None = None
        self.asked = 0  # calls of getUpdates
        self.ended = 0  # of those, by another call or a webhook

    def allow(self, kinds: Any) -> None:
        """What the server remembers until told otherwise; an empty list is the default set."""
        if isinstance(kinds, list):
            self.allowed = [kind for kind in map(str, kinds) if kind in KINDS] or None

    def wants(self, kind: str) -> bool:
        return kind in self.allowed if self.allowed is not None else kind not in ON_DEMAND

    def put(self, kind: str, payload: dict[str, Any], lane: object) -> int | None:
        """The update's id, or None when this bot did not ask for such updates."""
        return self.put_raw({kind: payload}, lane) if self.wants(kind) else None

    def put_raw(self, update: dict[str, Any], lane: object) -> int:
        number = update.get("update_id") or next(self.ids)
        self.pending[number] = Pending(number, {"update_id": number} | update, lane, self.now())
        self.bell.ring()
        return int(number)

    def waiting(self) -> list[Pending]:
        old = [number for number, item in self.pending.items() if item.born < self.now() - KEPT]
        for number in old:
            del self.pending[number]
        return sorted(self.pending.values(), key=lambda item: item.id)

    def confirm(self, offset: int) -> None:
        """A positive offset forgets all before it; a negative one keeps only that many from the end."""
        waiting = self.waiting()
        if offset < 0:
            offset = waiting[offset:][0].id if waiting else 0
        for item in waiting:
            if item.id < offset:
                del self.pending[item.id]

    def end_poll(self, why: str) -> None:
        if self.poll and not self.poll.done():
            self.poll.set_exception(Refused(409, why))
            self.ended += 1
            self.bell.ring()

    async def get(self, offset: int, limit: int, timeout: float) -> list[dict[str, Any]]:
        self.end_poll(OTHER_POLLER)
        self.asked += 1
        if offset:
            self.confirm(offset)
        self.poll = mine = asyncio.get_running_loop().create_future()
        try:
            until = time.monotonic() + timeout
            while not self.pending and (left := until - time.monotonic()) > 0 and not mine.done():
                await self.bell.wait(left)
            if mine.done():
                mine.result()
            return [item.update for item in self.waiting()[:limit]]
        finally:
            if self.poll is mine:
                self.poll = None
            if not mine.done():
                mine.cancel()
