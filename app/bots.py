"""The bots at messengers: made of their settings, opened, listened to and written through."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import structlog

from app.settings import Settings
from bot.alone import alone
from bot.channels.base import Channel, ChannelError, Hook
from bot.inbox import Inbox
from bot.live import Live
from bot.media import Store
from bot.pace import Pace
from bot.sender import Outbox, Sender
from bot.senses import Senses
from bot.transactions import Transactions
from cases.keys import Keys

if TYPE_CHECKING:
    from bot.reception import Reception
    from cases.learning import Learning

AGAIN_SECONDS = 5.0
log = structlog.get_logger()


@dataclass(frozen=True)
class Bot:
    """A channel with what takes its updates in and what brings our lines to it."""

    channel: Channel
    reception: "Reception"
    outbox: Outbox
    hook: Hook | None  # None: it is asked for its updates
    rate: float  # messages a second

    async def open(self) -> None:
        """Until the messenger answers: the rest of the program does not wait for it."""
        while True:
            try:
                await self.channel.open(self.hook)
            except ChannelError as error:
                log.warning("bot.not_open", channel=self.channel.name, reason=error.reason)
                await asyncio.sleep(AGAIN_SECONDS)
            else:
                log.info("bot.open", channel=self.channel.name)
                return


@dataclass(frozen=True)
class Materials:
    """What every bot is made with."""

    settings: Settings
    transactions: Transactions
    senses: Senses
    keys: Keys
    store: Store
    inbox: Inbox
    learning: "Learning | None"
    now: Callable[[], datetime]

    def hook(self, channel: str) -> Hook | None:
        if self.settings.telegram_mode == "polling":
            return None
        return Hook(f"{self.settings.site_url}/hooks/{channel}", hook_secret(self.settings, self.keys))

    def bot(self, channel: Channel, handler: Any, outbox: Outbox) -> Bot:
        from bot.reception import Reception

        reception = Reception(channel, handler, self.transactions, self.keys, self.now)
        return Bot(channel, reception, outbox, self.hook(channel.name), self.settings.telegram_messages_per_second)


def hook_secret(settings: Settings, keys: Keys) -> str:
    chosen = settings.telegram_webhook_secret
    return chosen.get_secret_value() if chosen else keys.hook


def make(given: Materials) -> Sequence[Bot]:
    """Those that have a token; the library of another is not imported."""
    settings = given.settings
    bots = []
    if settings.telegram_resident_token:
        bots.append(_residents(given, settings.telegram_resident_token.get_secret_value()))
    if settings.telegram_staff_token:
        bots.append(_staff(given, settings.telegram_staff_token.get_secret_value()))
    return bots


def _residents(given: Materials, token: str) -> Bot:
    from bot.channels.telegram_residents import TelegramResidents
    from bot.outbox import ResidentsOutbox
    from bot.residents import Residents

    channel = TelegramResidents(token, given.settings.telegram_api_base)
    handler = Residents(
        inbox=given.inbox,
        senses=given.senses,
        store=given.store,
        keys=given.keys,
        transactions=given.transactions,
        channel=channel.name,
        receiver=lambda: channel.receiver,
        fetch=channel.fetch,
        now=given.now,
    )
    outbox = ResidentsOutbox(channel.name, given.senses, given.keys, given.store)
    return given.bot(channel, handler, outbox)


def _staff(given: Materials, token: str) -> Bot:
    from bot.channels.telegram_staff import TelegramStaff
    from bot.desk.door import DeskDoor
    from bot.desk.outbox import DeskOutbox

    channel = TelegramStaff(token, given.settings.telegram_api_base)
    handler = DeskDoor(
        transactions=given.transactions,
        senses=given.senses,
        store=given.store,
        keys=given.keys,
        channel=channel.name,
        receiver=lambda: channel.receiver,
        fetch=channel.fetch,
        learning=given.learning,
        now=given.now,
    )
    outbox = DeskOutbox(channel.name, given.senses, given.keys, given.store)
    return given.bot(channel, handler, outbox)


def parts(
    bots: Sequence[Bot],
    transactions: Transactions,
    live: Live,
    now: Callable[[], datetime],
    url: str,
    *,
    worker: bool,
) -> Iterator[tuple[str, Coroutine[Any, Any, None]]]:
    """What runs for them: a sender and a poller of each work alone in the whole installation."""
    for bot in bots:
        name = bot.channel.name
        yield f"{name} bot", _listen(bot, url, polls=worker and bot.hook is None)
        if worker:
            sender = Sender(bot.channel, bot.outbox, transactions, live, now, partial(Pace, bot.rate))
            yield f"{name} sender", alone(url, f"send:{name}", sender.run)


async def _listen(bot: Bot, url: str, *, polls: bool) -> None:
    """Open it; then ask for its updates, or wait for those that come to our door."""
    await bot.open()
    if polls:
        from bot.polling import poll

        await poll(bot.reception, bot.channel, url)
    else:
        await asyncio.Event().wait()
