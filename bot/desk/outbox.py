"""Lines of the staff bot in words, on their way to a sender; a card gets its buttons' tokens here."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import func
from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.desk import card, lines
from bot.desk.card import Reader
from bot.desk.rows import laid_out
from bot.media import Store
from bot.messages import Outgoing
from bot.outbox import files_of
from bot.senses import Senses
from bot.texts import DEFAULT
from bot.wording import Wording
from cases import access, queries
from cases.keys import Keys
from models import Case, DeskChat, DeskMessage, Person, Photo

Chats = Mapping[str, tuple[DeskChat, Person]]


class DeskOutbox:
    """Words for `DeskMessage` rows; `senses.book` is the town as it is at that moment."""

    table = DeskMessage

    def __init__(self, channel: str, senses: Senses, keys: Keys, store: Store) -> None:
        self._channel, self._senses, self._keys, self._store = channel, senses, keys, store

    async def in_words(self, session: AsyncSession, rows: Sequence[DeskMessage], now: datetime) -> list[Outgoing]:
        """What these rows say now. Rows nobody shall read any more, or that a later one replaces, are put away."""
        chats, worded = await self._chats(session, rows), list[Outgoing]()
        files = await files_of(session, self._store, self._channel, [photo for row in rows for photo in row.photos])
        latest = _replaced(rows, now)
        for row in rows:
            if row.sent_at:
                continue
            held = chats.get(row.chat)
            if row.person is not None and (held is None or held[1].code != row.person):
                row.failed_at, row.failure = now, "unbound"
                continue
            says = latest.get(row.id or 0, row)
            out = await self._word(session, row, says, held if row.person else None, now)
            worded.append(replace(out, files=[files[photo] for photo in row.photos if photo in files]))
        await session.flush()
        return worded

    async def lost(
        self, session: AsyncSession, rows: Sequence[DeskMessage], chat: str, reason: str, now: datetime
    ) -> None:
        """They blocked the bot: nothing more goes there until they come back. The staff page still tells them."""
        here = (col(DeskChat.channel) == self._channel, col(DeskChat.address) == chat)
        await session.execute(update(DeskChat).where(*here).values(unreachable_at=now))

    async def moved(self, session: AsyncSession, chat: str, to: str) -> None:
        """Only groups move, and no group is anybody's desk."""

    async def _chats(self, session: AsyncSession, rows: Sequence[DeskMessage]) -> Chats:
        """Whose the chats are; those who have left have none."""
        chosen = select(DeskChat, Person).join(Person, col(Person.code) == DeskChat.person)
        among = (DeskChat.channel == self._channel, col(DeskChat.address).in_({row.chat for row in rows}))
        found = (await session.exec(chosen.where(*among, col(Person.active)))).all()
        return {chat.address: (chat, person) for chat, person in found}

    async def _word(
        self,
        session: AsyncSession,
        row: DeskMessage,
        says: DeskMessage,
        held: tuple[DeskChat, Person] | None,
        now: datetime,
    ) -> Outgoing:
        book = self._senses.book
        locale = held[0].locale if held else str(row.args.get("reads", DEFAULT))
        reader = Reader(book, Wording(book, self._keys), locale, now)
        title, text = "", ""
        if row.card and held:
            title, text = await _card(session, reader, row, held[1])
            says = row
        else:
            text = _text(reader, says)
        labels = [(b["token"], reader.wording.word(b["label"], b["args"], locale, now)) for b in says.buttons]
        return Outgoing(
            id=row.id or 0,
            chat=row.chat,
            title=title,
            text=text,
            buttons=laid_out(labels),
            quiet=row.quiet,
            edits=await _number(session, row),
            sent=tuple(row.external),
        )


async def _card(session: AsyncSession, reader: Reader, row: DeskMessage, person: Person) -> tuple[str, str]:
    """Title and text; the buttons this person may press now go into the row, each kept where it was there before."""
    case = await session.get_one(Case, row.case_id, populate_existing=True)
    if not access.may_see(reader.book, person, case):
        row.buttons = []
        return case.number, card.gone(reader, case)
    count = select(func.count()).where(Photo.case_id == case.id, Photo.kind == "photo")
    photos = int((await session.exec(count)).one())
    before = {_same(button): button for button in row.buttons}
    fresh = [lines.kept(button) for button in card.buttons(reader, case, person, photos)]
    row.buttons = [before.get(_same(button), button) for button in fresh]
    called = await queries.co_tasks(session, case)
    return card.title(reader, case, person), card.text(reader, case, photos, called)


def _text(reader: Reader, row: DeskMessage) -> str:
    """The line itself, then whatever is listed under it."""
    listed = [reader.word(key, **args) for key, args in row.args.get("lines", [])]
    args = {name: value for name, value in row.args.items() if name not in ("lines", "reads")}
    return "\n".join([reader.word(row.text_key, **args), *listed])


def _same(button: Mapping[str, Any]) -> tuple[str, str]:
    return button["action"], repr(sorted(button["payload"].items()))


def _replaced(rows: Sequence[DeskMessage], now: datetime) -> dict[int, DeskMessage]:
    """An edit of a line that has not gone out is not sent: the line itself says it at once. Of several the last is."""
    first, latest = {row.id for row in rows}, dict[int, DeskMessage]()
    for row in rows:
        if row.edits is None:
            continue
        if row.edits in latest:
            latest[row.edits].sent_at = now
        latest[row.edits] = row
        if row.edits in first:
            row.sent_at = now
    return {id_: row for id_, row in latest.items() if id_ in first}


async def _number(session: AsyncSession, row: DeskMessage) -> str:
    """The number of the line this one changes (of its last part: there are the buttons); none: it is a new line."""
    if row.edits is None:
        return ""
    edited = await session.get(DeskMessage, row.edits)
    return edited.external[-1] if edited and edited.external else ""
