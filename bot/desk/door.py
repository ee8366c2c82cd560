"""The staff bot's door: an update comes in once, one talk at a time, and is answered for after the commit."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import uuid4

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.channels.base import Impossible
from bot.desk import binding, lines, talk
from bot.desk.card import Reader
from bot.desk.heard import Around, Heard
from bot.desk.notices import TALKS
from bot.desk.perform import perform
from bot.desk.scene import Scene
from bot.desk.state import State
from bot.inbox import first_time
from bot.media import LARGEST, Kept, Store, TooBig
from bot.messages import Arrival, Say
from bot.residents import locale_of
from bot.scrub import scrub
from bot.senses import Senses
from bot.transactions import Transactions
from bot.wording import Wording
from cases import access, joining, queries
from cases.book import Book
from cases.errors import NotFound, Refusal
from cases.keys import Keys
from cases.learning import Learning
from models import STEPS, Case, DeskChat, DeskMessage, Person


@dataclass(frozen=True)
class DeskDoor:
    """One bot for the staff. `channel` is its name, `receiver()` its own number at the messenger."""

    transactions: Transactions
    senses: Senses
    store: Store
    keys: Keys
    channel: str
    receiver: Callable[[], str]
    fetch: Callable[[str], Awaitable[bytes]]
    now: Callable[[], datetime]
    learning: Learning | None = None

    async def receive(self, arrival: Arrival) -> str:
        """Everything it brings about is committed when this returns, once however often it comes.

        Returns a word about a press, or "". Chats that are nobody's get one line, groups none.
        """
        if not arrival.private:
            return ""
        now = self.now()
        kept, refused = await self._photo(arrival)
        async with self.transactions.begin() as session:
            if not await first_time(session, self.channel, self.receiver(), arrival.key, now):
                return ""
            if arrival.reachable is not None:
                await self._reached(session, arrival, now)
                return ""
            if arrival.start and await self._bound(session, arrival, now):
                return ""
            held = await binding.locked(session, self.channel, arrival.chat)
            if held is None:
                await self._stranger(session, arrival, now)
                return ""
            return await self._converse(session, *held, arrival, kept, refused, now)

    async def _photo(self, arrival: Arrival) -> tuple[Kept | None, Refusal | None]:
        """Fetched and kept before anything is held; only for somebody who is bound."""
        if not arrival.photo:
            return None, None
        async with self.transactions.read() as session:
            if await binding.owner(session, self.channel, arrival.chat) is None:
                return None, None
        try:
            return await self.store.keep(await self._fetch(arrival)), None
        except Impossible:
            return None, NotFound("task.photo_gone")
        except Refusal as refusal:
            return None, refusal

    async def _fetch(self, arrival: Arrival) -> bytes:
        if arrival.size > LARGEST:
            size, most = arrival.size // (1024 * 1024) + 1, LARGEST // (1024 * 1024)
            raise TooBig("photo.too_big", size=size, most=most)
        return await self.fetch(arrival.photo)

    async def _reached(self, session: AsyncSession, arrival: Arrival, now: datetime) -> None:
        """They blocked the bot, or came back."""
        chat = await session.get(DeskChat, (self.channel, arrival.chat), with_for_update=True)
        if chat is not None:
            chat.unreachable_at = None if arrival.reachable else now

    async def _bound(self, session: AsyncSession, arrival: Arrival, now: datetime) -> bool:
        """By the link they opened; False when there was no token in it that could be one."""
        token, locale = arrival.start or "", locale_of(arrival.locale)
        try:
            person = await binding.bind(session, token, self.channel, arrival.chat, now)
        except Refusal as refusal:
            key = f"link:{now:%Y%m%d%H%M}"  # who tries many is answered once a minute
            await lines.to_stranger(session, self.channel, arrival.chat, refusal.key, locale, key, now)
            return True
        chat = await session.get_one(DeskChat, (self.channel, arrival.chat))
        if chat.bound_at == now:
            chat.locale = locale
        args = {"name": person.name}
        await lines.said(session, chat, Say("task.bound", args), f"re:{arrival.key}:0", now)
        return True

    async def _stranger(self, session: AsyncSession, arrival: Arrival, now: datetime) -> None:
        """One line an hour, whatever they send: how to get a link, and nothing else."""
        key, locale = f"stranger:{now:%Y%m%d%H}", locale_of(arrival.locale)
        await lines.to_stranger(session, self.channel, arrival.chat, "task.stranger", locale, key, now)

    async def _converse(
        self,
        session: AsyncSession,
        chat: DeskChat,
        person: Person,
        arrival: Arrival,
        kept: Kept | None,
        refused: Refusal | None,
        now: datetime,
    ) -> str:
        book = self.senses.book
        chat.unreachable_at = None  # whoever speaks can be reached
        state = State.model_validate(chat.state)
        photos = [self._keep(session, person, kept, now)] if kept else []
        heard, row = await _hear(session, chat, arrival, photos)
        around = await _around(session, Around(person, book), state, heard, now)
        await session.flush()
        if row is None and arrival.choice:
            state, effects = talk.unknown(state)
        elif refused is not None:
            effects = [Say(refused.key, refused.values)]
        elif arrival.edits:
            effects = [Say("task.edited")]
        else:
            state, effects = talk.step(state, heard, around, now)
        lines.heard(session, chat, f"in:{arrival.key}", arrival.number, heard.text, photos, now)
        reader = Reader(book, Wording(book, self.keys), chat.locale, now)
        question = row if row is not None and not row.card and heard.action not in ("step", "open") else None
        scene = Scene(session, reader, chat, person, arrival.key, state, self.learning, question, self.senses)
        await perform(scene, effects)
        if not scene.released:
            chat.state = scene.state.model_dump(mode="json")
            chat.version += 1
        return scene.toast

    def _keep(self, session: AsyncSession, person: Person, kept: Kept, now: datetime) -> str:
        photo = kept.row(uuid4(), now, person=person.code)
        session.add(photo)
        return str(photo.id)


async def _hear(
    session: AsyncSession, chat: DeskChat, arrival: Arrival, photos: Sequence[str]
) -> tuple[Heard, DeskMessage | None]:
    """The message, and the line of ours whose button was pressed."""
    if arrival.choice:
        found = await lines.behind(session, chat, arrival.choice)
        if found is None:
            return Heard(arrival.choice), None
        row, button = found
        return Heard(arrival.choice, action=button["action"], payload=button["payload"]), row
    text = "/start" if arrival.start is not None else scrub(arrival.text)
    unreadable = bool(arrival.unreadable or arrival.voice or arrival.pin) and not (text or photos)
    heard = Heard(f"{chat.channel}:{arrival.key}", text, photos, unreadable)
    return replace(heard, about=await _answered(session, chat, arrival)), None


async def _answered(session: AsyncSession, chat: DeskChat, arrival: Arrival) -> str:
    """The number of the case whose resident's line they replied to."""
    row = await lines.numbered(session, chat, arrival.replies_to, TALKS) if arrival.replies_to else None
    if row is None or row.text_key != TALKS or row.case_id is None:
        return ""
    return str((await session.exec(select(Case.number).where(Case.id == row.case_id))).one())


async def _around(session: AsyncSession, around: Around, state: State, heard: Heard, now: datetime) -> Around:
    """What the talk may need to know for this message."""
    number = heard.payload.get("number") or heard.about or (state.pending.number if state.pending else "")
    step = heard.payload.get("step") or (state.pending.step if state.pending else "")
    return await _with_case(session, around, number, step, now) if number else around


async def _with_case(session: AsyncSession, around: Around, number: str, step: str, now: datetime) -> Around:
    book = around.book
    try:
        case = await queries.case_for(session, book, around.person, number)
    except NotFound:
        return around
    allowed = frozenset(s.name for s in access.steps_for(book, around.person, case, now))
    needs = access.needs(book, case, STEPS[step]) if step in STEPS else frozenset[str]()
    alike = await _alike(session, book, around.person, case, now) if step == "merge" else ()
    return replace(around, case=case, allowed=allowed, needs=needs, alike=alike)


async def _alike(
    session: AsyncSession, book: Book, person: Person, case: Case, now: datetime
) -> Sequence[joining.Alike]:
    return await joining.for_staff(session, book, case, access.sees(person), now)
