"""A simulator with the residents' bot on it, and a reception that writes down what it was brought."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from app.database import Sessions
from app.jobs import defer_deliveries
from bot.channels.base import Channel
from bot.channels.telegram_residents import TelegramResidents
from bot.messages import Arrival
from bot.reception import Reception
from bot.transactions import Transactions
from cases.keys import Keys
from simulator import acting
from simulator.bots import Bot
from simulator.chats import Chat, User
from simulator.server import running
from simulator.world import Pace, World

KEYS = Keys("for tests only: 0123456789abcdef")


def now() -> datetime:
    return datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


@dataclass
class Heard:
    """A handler that notes what it took in; `holds` a chat back, and `troubles` come first, one a try."""

    arrivals: list[Arrival] = field(default_factory=list)
    troubles: list[Exception] = field(default_factory=list)
    holds: dict[str, asyncio.Event] = field(default_factory=dict)
    at_once: int = 0
    most_at_once: int = 0
    tries: int = 0

    @property
    def texts(self) -> list[str]:
        return [arrival.text for arrival in self.arrivals]

    async def receive(self, arrival: Arrival) -> str:
        self.tries += 1
        self.at_once += 1
        self.most_at_once = max(self.at_once, self.most_at_once)
        try:
            await asyncio.sleep(0)
            if arrival.chat in self.holds:
                await self.holds[arrival.chat].wait()
            if self.troubles:
                raise self.troubles.pop(0)
            self.arrivals.append(arrival)
            return "知道了" if arrival.choice else ""
        finally:
            self.at_once -= 1


@dataclass
class Stage:
    world: World
    address: str
    bot: Bot
    user: User
    chat: Chat


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    """One person who has started the bot; nothing waits."""
    world = World(limits=False, pace=Pace(webhook_retry=0.02))
    bot, user = world.add_bot(username="fengqiao_bot"), world.add_user("桂兰")
    acting.start(world, bot, user)
    bot.updates.pending.clear()
    async with running(world) as address:
        yield Stage(world, address, bot, user, world.private_chat(bot, user))


@pytest.fixture
async def residents(stage: Stage) -> AsyncIterator[TelegramResidents]:
    channel = TelegramResidents(stage.bot.token, stage.address)
    await channel.open(None)
    yield channel
    await channel.close()


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def reception_of(sessions: Sessions, heard: Heard) -> Callable[[Channel], Reception]:
    return lambda channel: Reception(channel, heard, Transactions(sessions, defer_deliveries), KEYS, now)
