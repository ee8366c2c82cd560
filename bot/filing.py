"""Somebody on the staff files for a visitor or for themselves: understood as in a conversation, then filed."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from bot import transcript
from bot.flows import complaint, whereabouts, words
from bot.flows.heard import Heard
from bot.flows.state import Draft
from bot.flows.surroundings import Spot
from bot.messages import Say
from bot.perform import complaint_of
from bot.senses import Senses
from cases import behalf
from cases.actors import SYSTEM
from cases.behalf import How
from cases.errors import Missing, Stale
from cases.keys import Keys
from cases.lifecycle import told_args
from models import Case, ChatMessage, Person, Photo, StaffAct

STEP = "file"  # as staff_acts knows it


@dataclass(frozen=True)
class Asked:
    """`place`: as it was said, a name or an address. `photos`: what this person uploaded and has not used."""

    key: str
    how: How
    text: str
    place: str = ""
    phone: str = ""
    photos: Sequence[UUID] = ()


@dataclass(frozen=True)
class Receipt:
    """The line that says number, code and deadline, as the resident would read it."""

    case: Case
    text_key: str
    args: dict[str, object]


async def file(
    session: AsyncSession, senses: Senses, keys: Keys, person: Person, asked: Asked, locale: str, now: datetime
) -> Receipt:
    """Once for each key: asked again, the same receipt with the same code.

    Raises Missing without words or with a telephone number that is none, NotAllowed for who only looks on.
    """
    if known := await session.get(StaffAct, (person.code, asked.key)):
        return await _again(session, known)
    if not asked.text.strip():
        raise Missing("step.needs_text")
    phone = words.phone(asked.phone) if asked.phone.strip() else None
    if asked.phone.strip() and phone is None:
        raise Missing("filing.phone")
    await _own(session, person, asked.photos)
    heard = Heard(text=asked.text, photos=[str(photo) for photo in dict.fromkeys(asked.photos)])
    draft = understood(senses, heard, asked.place)
    filed, resident = await behalf.file(
        session, senses.book, keys, person, asked.how, complaint_of(draft), now, phone=phone, locale=locale
    )
    case = filed.case
    session.add(StaffAct(person=person.code, key=asked.key, case_id=case.id, step=STEP, at=now))
    code = base64.b64encode(keys.seal(filed.code)).decode()
    said = Say(
        "filed.held" if case.assignee is None else "filed",
        {**told_args(senses.book, case, SYSTEM, ""), "code": code},
        number=case.number,
    )
    await transcript.said(session, resident, said, _key(case), now, case.id)
    return Receipt(case, said.key, dict(said.args))


def understood(senses: Senses, heard: Heard, place: str) -> Draft:
    """As if a resident had said it, without a question back: what stays unclear a person sorts.

    `place` is where, in words; a pin says it better.
    """
    draft = complaint.understood(heard, senses.around((), False))
    if place.strip() and not (heard.pin and draft.grid):
        spots = senses.spots(place)
        whereabouts.settle(draft, spots[0] if len(spots) == 1 else Spot(place.strip()[:200]))
    return draft


async def _again(session: AsyncSession, known: StaffAct) -> Receipt:
    case = await session.get_one(Case, known.case_id)
    if known.step != STEP:
        raise Stale("step.stale", number=case.number)
    said = select(ChatMessage).where(ChatMessage.resident == case.resident, ChatMessage.unique_key == _key(case))
    line = (await session.exec(said)).one()
    return Receipt(case, line.text_key, line.args)


def _key(case: Case) -> str:
    return f"receipt:{case.id}"


async def _own(session: AsyncSession, person: Person, photos: Sequence[UUID]) -> None:
    for photo in photos:
        row = await session.get(Photo, photo, with_for_update=True)
        if row is None or row.person != person.code or row.case_id is not None:
            raise Missing("photo.not_found")
