"""What residents are sent over a network: rows of the conversation in their language, and who cannot be reached."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from uuid import UUID

import structlog
from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from bot import reading
from bot.media import Store
from bot.messages import File, Outgoing
from bot.papers import receipt
from bot.senses import Senses
from bot.texts import say
from bot.wording import Wording
from cases import feedback, queries
from cases.keys import Keys
from models import Case, ChatMessage, Photo, Resident, SentFile

log = structlog.get_logger()

BOLD = re.compile(r"\*\*(.+?)\*\*")
ROW_CHARS = 14  # of the labels that stand beside each other; a phone shows no more


@dataclass(frozen=True)
class ResidentsOutbox:
    channel: str
    senses: Senses
    keys: Keys
    store: Store

    @property
    def table(self) -> type[ChatMessage]:
        return ChatMessage

    async def in_words(self, session: AsyncSession, rows: Sequence[ChatMessage], now: datetime) -> Sequence[Outgoing]:
        wording = Wording(self.senses.book, self.keys)
        chosen = select(Resident).where(col(Resident.id).in_({row.resident for row in rows}))
        residents = {resident.id: resident for resident in (await session.exec(chosen)).all()}
        cases = await queries.of_ids(session, {row.case_id for row in rows})
        files = await files_of(session, self.store, self.channel, [p for row in rows for p in row.photos])
        worded = []
        for row in rows:
            out = self._outgoing(row, residents[row.resident], wording, cases, files, now)
            paper = await self._paper(row, residents[row.resident], wording, cases, now)
            worded.append(replace(out, files=[*out.files, *paper]))
        return worded

    async def _paper(
        self, row: ChatMessage, reader: Resident, wording: Wording, cases: Mapping[UUID, Case], now: datetime
    ) -> Sequence[File]:
        """The paper a line goes with, made as it leaves; the line goes without it rather than hold up all others."""
        case = cases.get(row.case_id) if row.case_id else None
        if case is None or case.resident != reader.id or not receipt.comes_with(row.text_key):
            return ()
        try:
            made = await receipt.receipt(self.senses.book, wording, case, reader.locale, now, large=reader.large)
        except Exception:
            log.exception("paper.not_made", line=row.id)
            return ()
        return [File("paper", "", Path(), content=made, name=receipt.file_name(case, reader.locale))]

    def _outgoing(
        self,
        row: ChatMessage,
        reader: Resident,
        wording: Wording,
        cases: Mapping[UUID, Case],
        files: Mapping[str, File],
        now: datetime,
    ) -> Outgoing:
        assert row.id is not None
        text, locale = reading.text_of(row, wording, reader.locale, now), reader.locale
        title, said = _standing_out(text)
        card = "\n".join(f"{name}：{value}" for _, name, value in reading.card_of(row, wording, locale, now))
        buttons = [
            (b["token"], wording.word(b["label"], b["args"], locale, now)) for b in reading.buttons_of(row, cases)
        ]
        return Outgoing(
            id=row.id,
            chat=row.chat,
            title=text if card else title,
            text=card or said,
            buttons=side_by_side(buttons),
            files=[files[photo] for photo in row.photos if photo in files],
            asks_pin=say("button.pin", locale) if row.text_key == "ask.pin" else "",
            sent=row.external,
        )

    async def lost(
        self, session: AsyncSession, rows: Sequence[ChatMessage], chat: str, reason: str, now: datetime
    ) -> None:
        """They are not written to until they come back, and each case says that they were not told."""
        here = (col(Resident.channel) == self.channel, col(Resident.address) == chat)
        await session.execute(update(Resident).where(*here).values(unreachable_at=now))
        cases = await queries.of_ids(session, {row.case_id for row in rows})
        for case in cases.values():
            await feedback.untold(session, self.senses.book, case, reason, now)

    async def moved(self, session: AsyncSession, chat: str, to: str) -> None:
        here = (col(Resident.channel) == self.channel, col(Resident.address) == chat)
        await session.execute(update(Resident).where(*here).values(address=to))


def _standing_out(text: str) -> tuple[str, str]:
    """What a text says in bold at its beginning, and the rest."""
    bold = BOLD.match(text)
    return (bold[1], text[bold.end() :]) if bold else ("", text)


async def files_of(session: AsyncSession, store: Store, channel: str, ids: Sequence[str]) -> Mapping[str, File]:
    """Photos and voice messages by their ids, with the messenger's number of those it has already."""
    if not ids:
        return {}
    photos = (await session.exec(select(Photo).where(col(Photo.id).in_({UUID(id_) for id_ in ids})))).all()
    known = select(SentFile).where(
        col(SentFile.channel) == channel, col(SentFile.sha256).in_({photo.sha256 for photo in photos})
    )
    numbers = {sent.sha256: sent.number for sent in (await session.exec(known)).all()}
    return {
        str(photo.id): File(
            photo.kind, photo.sha256, store.path(photo.sha256, photo.kind), numbers.get(photo.sha256, "")
        )
        for photo in photos
    }


def side_by_side(buttons: Sequence[tuple[str, str]]) -> Sequence[Sequence[tuple[str, str]]]:
    """Two short ones in a row, a long one alone."""
    rows = list[list[tuple[str, str]]]()
    for button in buttons:
        last = rows[-1] if rows else []
        if len(last) == 1 and len(last[0][1]) + len(button[1]) <= ROW_CHARS:
            last.append(button)
        else:
            rows.append([button])
    return rows
