"""信息发布: a notice is written, looked at as each reader will see it, let out, followed, and taken back."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Path
from fastapi.responses import Response
from pydantic import BaseModel, Field

from bot import elder
from bot.messages import Say
from bot.texts import LOCALES
from cases import announcements, homes, posted, progress, reach
from cases.duty import is_night
from models import Announcement
from web.console.places import Code, Words, choice, chosen, named
from web.console.shell import Console, at

router = APIRouter()
Here = Annotated[Console, at("announcements")]
Number = Annotated[int, Path(ge=1, lt=2**63)]


class Fields(BaseModel):
    title: Words
    text: Words
    text_hant: Words = ""
    text_en: Words = ""
    area: Code = ""
    places: list[Code] = Field(default_factory=list, max_length=5000)
    emergency: bool = False


class Back(BaseModel):
    correction: Words = ""


class Nothing(BaseModel):
    pass


@dataclass(frozen=True)
class Reading:
    """A notice as somebody will read it."""

    locale: str
    text: str
    elder: bool = False


@router.get("/console/announcements", response_model=None)
async def announcements_page(here: Here) -> Response:
    async with here.parts.transactions.read() as session:
        rows = await announcements.listed(session, here.book, here.person)
        how_far = await progress.of(session, [row.id for row in rows if row.id is not None])
    writes = here.person.role in announcements.WRITES
    return here.show("announcements", rows=rows, how_far=how_far, writes=writes, where=_where(here))


@router.get("/console/announcements/new", response_model=None)
async def new_page(here: Here) -> Response:
    urgent = here.person.role in announcements.EMERGENCIES
    return here.show("announcement", row=None, choice=choice(here.book, here.person), urgent=urgent)


@router.get("/console/announcements/{number}", response_model=None)
async def announcement_page(here: Here, number: Number) -> Response:
    async with here.parts.transactions.read() as session:
        row = await posted.seen(session, Announcement, here.book, here.person, number)
        how_far = (await progress.of(session, [number]))[number]
        readers = await homes.count(session, row.places)
    writes = here.person.role in announcements.WRITES and reach.covers(here.book, here.person, row.places)
    agrees = writes and here.person.role in announcements.APPROVES and here.person.code != row.by
    return here.show(
        "announcement", row=row, how_far=how_far, readers=readers, writes=writes, agrees=agrees,
        readings=_readings(here, row), where=_where(here), many=announcements.SECOND_ABOVE,
        sleeping=is_night(here.now) and not row.emergency,
    )  # fmt: skip


@router.post("/console/announcements")
async def write(here: Here, fields: Fields) -> dict[str, Any]:
    texts = {"zh-Hans": fields.text, "zh-Hant": fields.text_hant, "en": fields.text_en}
    places = chosen(here.book, fields.area, fields.places)
    words = announcements.Words(fields.title, texts, places, fields.emergency)
    async with here.parts.transactions.begin() as session:
        row = announcements.draft(session, here.book, here.person, words, here.now)
        await session.flush()
        here.note(session, "add", "announcement", str(row.id), after={"title": row.title, "places": len(row.places)})
        return {"to": f"/console/announcements/{row.id}"}


@router.post("/console/announcements/{number}/send")
async def send(here: Here, number: Number, _: Nothing) -> dict[str, Any]:
    async with here.parts.transactions.begin() as session:
        row = await announcements.let_out(session, here.book, here.person, number, here.now)
        here.note(session, "send", "announcement", str(number), after={"stage": str(row.stage), "reach": row.reach})
    return {"to": f"/console/announcements/{number}"}


@router.post("/console/announcements/{number}/approve")
async def approve(here: Here, number: Number, _: Nothing) -> dict[str, Any]:
    async with here.parts.transactions.begin() as session:
        row = await announcements.approve(session, here.book, here.person, number, here.now)
        here.note(session, "approve", "announcement", str(number), after={"reach": row.reach})
    return {"to": f"/console/announcements/{number}"}


@router.post("/console/announcements/{number}/drop")
async def drop(here: Here, number: Number, _: Nothing) -> dict[str, Any]:
    async with here.parts.transactions.begin() as session:
        row = await announcements.drop(session, here.book, here.person, number)
        here.note(session, "remove", "announcement", str(number), before={"title": row.title})
    return {"to": "/console/announcements"}


@router.post("/console/announcements/{number}/withdraw")
async def withdraw(here: Here, number: Number, back: Back) -> dict[str, Any]:
    async with here.parts.transactions.begin() as session:
        await announcements.withdraw(session, here.book, here.person, number, back.correction, here.now)
        here.note(session, "withdraw", "announcement", str(number), reason=back.correction)
    return {"to": f"/console/announcements/{number}"}


def _readings(here: Console, row: Announcement) -> list[Reading]:
    """In each language, then in elder mode; by the very words that go out."""
    key = "notice.emergency" if row.emergency else "notice.told"
    plain = Say(key, {"title": row.title, "said": row.texts, "signed": row.signed})
    large = elder.plainly(plain)
    word = here.parts.wording.word
    shown = [Reading(locale, word(plain.key, plain.args, locale, here.now)) for locale in LOCALES]
    shown.append(Reading(LOCALES[0], word(large.key, large.args, LOCALES[0], here.now), elder=True))
    return [Reading(one.locale, one.text.replace("**", ""), one.elder) for one in shown]


def _where(here: Console) -> Any:
    return lambda codes: named(here.book, codes)
