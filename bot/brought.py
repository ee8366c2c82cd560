"""What another platform brings: understood as in a conversation, filed once, answered through the port that brought it.

A partner's resident has a conversation of ours like everybody else; its lines are what the port takes back to them.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from bot import filing, transcript
from bot.flows.heard import Heard
from bot.flows.state import Draft
from bot.inbox import resident_id
from bot.messages import WEBCHAT, Pin, Say
from bot.perform import complaint_of
from bot.senses import Senses
from cases import feedback, intake, ports, sealed
from cases.actors import SYSTEM
from cases.keys import Keys
from cases.lifecycle import told_args
from models import Brought, Case, Photo, Resident, Status

PLACE_MOST = 200


@dataclass(frozen=True)
class Told:
    """One complaint as a port has it. `external`: its own number there; `who`: the same person each time, or empty."""

    external: str
    text: str
    category: str | None = None
    item: str | None = None
    place: str = ""
    pin: Pin | None = None
    phone: str | None = None
    anonymous: bool = False
    locale: str = "zh-Hans"
    who: str = ""
    photos: Sequence[Photo] = ()


async def file(
    session: AsyncSession, senses: Senses, keys: Keys, port: str, told: Told, now: datetime
) -> tuple[Case, bool]:
    """The case, and whether it is a new one: the same number again gets the case it got before."""
    if known := await _before(session, port, told.external, now):
        return known, False
    resident = await _resident(session, keys, port, told, now)
    for photo in told.photos:
        photo.resident = resident.id
        session.add(photo)
    await session.flush()
    draft = _understood(senses, told)
    filed = await intake.file(session, senses.book, keys, resident, complaint_of(draft), now)
    case = filed.case
    external = f"{told.external}:{now:%Y%m%d%H%M%S}" if _is_body(told.external) else told.external
    session.add(Brought(port=port, external=external, case_id=case.id, at=now))
    code = base64.b64encode(keys.seal(filed.code)).decode()
    args = {**told_args(senses.book, case, SYSTEM, ""), "code": code}
    key = "filed.held" if case.assignee is None else "filed"
    await transcript.said(session, resident, Say(key, args, number=case.number), f"receipt:{case.id}", now, case.id)
    return case, True


async def add(
    session: AsyncSession, senses: Senses, case: Case, text: str, photos: Sequence[Photo], now: datetime
) -> None:
    """What the resident says through the port later: the answer that is waited for, or more about the same."""
    for photo in photos:
        photo.resident = case.resident
        session.add(photo)
    await session.flush()
    say = feedback.answer if case.status is Status.WAITING else feedback.supplement
    await say(session, senses.book, case, text, [str(photo.id) for photo in photos], now)


async def _before(session: AsyncSession, port: str, external: str, now: datetime) -> Case | None:
    if _is_body(external):
        return await ports.sent_again(session, port, external, now)
    return await ports.brought_before(session, port, external)


def _is_body(external: str) -> bool:
    return external.startswith("body:")


async def _resident(session: AsyncSession, keys: Keys, port: str, told: Told, now: datetime) -> Resident:
    """Known again by what the port calls them, which is kept as a hash; else somebody new each time."""
    address = f"{port}:{keys.code_hash(told.who) if told.who else uuid4().hex}"
    known = resident_id(WEBCHAT, address)
    found = (await session.exec(select(Resident).where(Resident.id == known))).first()
    resident = found or Resident(id=known, channel=WEBCHAT, address=address, locale=told.locale, created_at=now)
    if found is None:
        resident = (await transcript.begin(session, resident)).resident
    if told.phone:
        sealed.keep(keys, resident, told.phone)
        session.add(resident)
    return resident


def _understood(senses: Senses, told: Told) -> Draft:
    heard = Heard(text=told.text, photos=[str(photo.id) for photo in told.photos], pin=told.pin)
    draft = filing.understood(senses, heard, told.place)
    draft.place_text = draft.place_text or told.place.strip()[:PLACE_MOST]
    if told.category:
        draft.category, draft.item, draft.chosen = told.category, told.item, True
    draft.anonymous = told.anonymous
    return draft
