"""Residents at a messenger: what arrives there becomes a message of the same conversation the web page has."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from bot.inbox import Caller, Inbox
from bot.media import Store
from bot.messages import Arrival, Incoming
from bot.senses import Senses
from bot.texts import DEFAULT, say
from bot.transactions import Transactions
from cases.keys import Keys

START = "/start"


@dataclass
class Residents:
    """One bot for residents. `channel` is its name, `receiver()` its own number at the messenger."""

    inbox: Inbox
    senses: Senses
    store: Store
    keys: Keys
    transactions: Transactions
    channel: str
    receiver: Callable[[], str]
    fetch: Callable[[str], Awaitable[bytes]]
    now: Callable[[], datetime]

    async def receive(self, arrival: Arrival) -> str:
        """Everything it brings about is committed when this returns, once however often it comes.

        Returns a word about a press that came too late, otherwise "".
        """
        now, building = self.now(), self._building(arrival.start)
        caller = Caller(self.channel, arrival.chat, locale_of(arrival.locale), building)
        incoming = Incoming(
            channel=self.channel,
            receiver=self.receiver(),
            resident=caller.id,
            key=arrival.key,
            at=now,
            text=START if arrival.start is not None else arrival.text,
            choice=arrival.choice,
            pin=arrival.pin,
            number=arrival.number,
            building=building,
        )
        taken = await self.inbox.take(self.senses, incoming, caller=caller)
        return say("stale.pressed", taken.locale) if taken.stale else ""

    def _building(self, payload: str | None) -> str | None:
        return self.senses.book.index.from_code(payload, self.keys.places) if payload else None


def locale_of(tag: str) -> str:
    """The language of the catalogues nearest to the one their app is set to, BCP 47."""
    language, *rest = tag.lower().replace("_", "-").split("-")
    if language != "zh":
        return "en" if language else DEFAULT
    written = "hans" not in rest and {"hant", "tw", "hk", "mo"} & set(rest)
    return "zh-Hant" if written else "zh-Hans"
