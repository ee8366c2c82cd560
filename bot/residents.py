"""Residents at a messenger: what arrives there becomes a message of the same conversation the web page has."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID, uuid5

from bot import limits, transcript
from bot.channels.base import Impossible
from bot.flows.words import secret
from bot.inbox import Caller, Inbox, Taken, first_time, met
from bot.limits import Limits
from bot.media import LARGEST, Kept, Store, TooBig
from bot.messages import Arrival, Incoming, Say
from bot.senses import Senses
from bot.texts import DEFAULT, say
from bot.transactions import Transactions
from bot.tries import Tries
from cases.errors import Refusal
from cases.keys import Keys
from models import Photo

START = "/start"
TOO_OFTEN = Say("request.too_often")


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
    limits: Limits = field(default_factory=Limits)

    async def receive(self, arrival: Arrival) -> str:
        """Everything it brings about is committed when this returns, once however often it comes.

        Returns a word about a press that came too late, otherwise "". Raises where a file may be fetched later.
        """
        if not arrival.private:
            return await self._decline(arrival)
        if arrival.reachable is not None:
            return await self._came_or_went(arrival, arrival.reachable)
        if not await self._may_speak(arrival):
            return await self._hush(arrival)
        if not await self._may_look_up(arrival):
            await self._into_the_talk(_nothing_of(arrival), (), [TOO_OFTEN])
            return ""
        if (arrival.photo or arrival.voice) and self.senses.danger(arrival.text):
            await self._take(replace(arrival, photo="", voice=""))  # words of danger wait for no file
            arrival = replace(arrival, key=f"{arrival.key}:file", text="", number="")
        return await self._take(arrival)

    async def _take(self, arrival: Arrival) -> str:
        """Files are fetched and kept before anything is locked."""
        kept, notes = await self._files(arrival)
        if arrival.start and not self._building(arrival):
            notes = [*notes, Say("place.bad_code")]
        taken = await self._into_the_talk(arrival, kept, notes)
        return say("stale.pressed", taken.locale) if taken.stale else ""

    async def _into_the_talk(self, arrival: Arrival, kept: Sequence[Photo], notes: Sequence[Say]) -> Taken:
        incoming = Incoming(
            channel=self.channel,
            receiver=self.receiver(),
            resident=self._caller(arrival).id,
            key=arrival.key,
            at=self.now(),
            text=START if arrival.start is not None else arrival.text,
            choice=arrival.choice,
            pin=arrival.pin,
            album=arrival.album if kept else "",
            number=arrival.number,
            edits=arrival.edits,
            building=self._building(arrival),
        )
        return await self.inbox.take(self.senses, incoming, kept, notes, self._caller(arrival))

    async def _files(self, arrival: Arrival) -> tuple[Sequence[Photo], Sequence[Say]]:
        """What came with it, kept, or what there is to say about why it was not."""
        number = arrival.photo or arrival.voice
        if not number:
            return (), [Say("unreadable")] if arrival.unreadable else ()
        try:
            kept = await self._keep(number, arrival)
        except Impossible:
            return (), [Say("file.gone")]
        except Refusal as refusal:
            return (), [Say(refusal.key, refusal.values)]
        return [_photo(kept, arrival, self._caller(arrival).id, self.now())], ()

    async def _keep(self, number: str, arrival: Arrival) -> Kept:
        if arrival.size > LARGEST:
            size, most = arrival.size // (1024 * 1024) + 1, LARGEST // (1024 * 1024)
            raise TooBig("voice.too_big" if arrival.voice else "photo.too_big", size=size, most=most)
        data = await self.fetch(number)
        return await (self.store.keep_voice(data) if arrival.voice else self.store.keep(data))

    async def _may_speak(self, arrival: Arrival) -> bool:
        """Words of danger are never too many. Of an album nobody can read one is enough."""
        if self.senses.danger(arrival.text):
            return True
        if arrival.unreadable and arrival.album and not arrival.text:
            return self.limits.allows(limits.TOLD, self._who(arrival), arrival.album)
        return self.limits.allows(limits.MESSAGES, self._who(arrival))

    async def _hush(self, arrival: Arrival) -> str:
        """Said once a minute; whoever floods costs nobody else a transaction for every message."""
        if arrival.unreadable and arrival.album:
            return ""
        if self.limits.allows(limits.TOLD, self._who(arrival)):
            await self._into_the_talk(_nothing_of(arrival), (), [TOO_OFTEN])
        return say(TOO_OFTEN.key, locale_of(arrival.locale)) if arrival.choice else ""

    async def _may_look_up(self, arrival: Arrival) -> bool:
        """Codes are not to be found by guessing."""
        if not secret(arrival.text):
            return True
        tries = Tries(self.transactions, self.keys)
        return await tries.allows((limits.LOOKUPS, self._who(arrival)), (limits.LOOKUPS_IN_ALL, ""))

    async def _came_or_went(self, arrival: Arrival, reachable: bool) -> str:
        """They blocked the bot, or let it in again. Of strangers nothing is kept."""
        async with self.transactions.begin() as session:
            held = await transcript.lock(session, self._caller(arrival).id)
            if held and await first_time(session, self.channel, self.receiver(), arrival.key, self.now()):
                held.resident.unreachable_at = None if reachable else self.now()
        return ""

    async def _decline(self, arrival: Arrival) -> str:
        """In a group everybody reads along: whoever addresses the bot there is told so, once."""
        if arrival.start is None and not arrival.text.startswith("/"):
            return ""
        once, caller = f"group:{arrival.chat}", self._caller(arrival)
        async with self.transactions.begin() as session:
            if await first_time(session, self.channel, self.receiver(), once, self.now()):
                group = await met(session, caller, self.now())
                await transcript.said(session, group.resident, Say("group.private"), once, self.now())
        return ""

    def _who(self, arrival: Arrival) -> str:
        return str(self._caller(arrival).id)

    def _caller(self, arrival: Arrival) -> Caller:
        return Caller(self.channel, arrival.chat, locale_of(arrival.locale))

    def _building(self, arrival: Arrival) -> str | None:
        """What the link on a building's sheet carries, where it is genuine."""
        return self.senses.book.index.from_code(arrival.start, self.keys.places) if arrival.start else None


def locale_of(tag: str) -> str:
    """The language of the catalogues nearest to the one their app is set to, BCP 47."""
    language, *rest = tag.lower().replace("_", "-").split("-")
    if language != "zh":
        return "en" if language else DEFAULT
    written = "hans" not in rest and {"hant", "tw", "hk", "mo"} & set(rest)
    return "zh-Hant" if written else "zh-Hans"


def _nothing_of(arrival: Arrival) -> Arrival:
    """Who it is from, without what it says."""
    return Arrival(key=arrival.key, chat=arrival.chat, locale=arrival.locale)


def _photo(kept: Kept, arrival: Arrival, resident: UUID, now: datetime) -> Photo:
    key = uuid5(resident, arrival.key)  # the same update is the same photo
    return kept.row(key, now, resident=resident, seconds=arrival.seconds)
