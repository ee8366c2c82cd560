"""Labels one after the other (复核): the case that teaches most, its text masked, one key for what it is about.

Clerks propose for their own unit, dispatchers and admins confirm; nothing happens to the case (cases/review.py).
"""

from datetime import datetime, time
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, Field
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.transactions import wake
from cases import corrections, review_desk
from cases.clock import TOWN_TIME
from cases.errors import NotFound
from cases.masking import mask
from models import Role
from web.console.review_queue import Queue, following, waiting
from web.console.shell import Console, at

router = APIRouter()
Here = Annotated[Console, at("review")]
Number = Annotated[str, Query(max_length=32)]
ADDRESS = "/console/review"


class Said(BaseModel):
    code: str = Field(min_length=1, max_length=100)
    after: str = Field("", max_length=32)


@router.get(ADDRESS, response_model=None)
async def page(here: Here, after: Number = "", last: Number = "", case: Number = "") -> Response:
    """`after`: the last one passed over; `last`: the one just labelled; `case`: this one, to be labelled again."""
    order = await _queue(here).of(here.parts, here.person)
    if order is None and not case:
        return here.show("review", preparing=True)
    async with here.parts.transactions.read() as session:
        proposed = {one.number: one for one in await review_desk.proposals(session, here.person)}
        left = [one.number for one in await waiting(session, order)] if order else []
        numbers = [*proposed, *(number for number in left if number not in proposed)]
        chosen = case or following(numbers, after)
        sheet = await review_desk.sheet(session, here.book, here.person, chosen) if chosen else None
        done = await review_desk.labelled(session, here.person, _midnight(here.now))
        before = await _last(session, here, last)
    candidates = {one.number: one for one in order.found} if order else {}
    return here.show(
        "review",
        preparing=False,
        sheet=sheet,
        said=mask(sheet.case.text) if sheet else "",
        proposal=proposed.get(chosen or ""),
        copies=candidates[chosen].copies if chosen in candidates else 1,
        alike=candidates[chosen].density if chosen in candidates else 1,
        again=bool(case),
        after=after,
        done=done,
        left=len(numbers),
        waits=len(proposed),
        last=last if before else "",
        before=before,
        confirms=here.person.role is not Role.CLERK,
        fields=[one for one in here.book.categories.values() if one.parent is None],
        named=lambda code: _named(here, code),
    )


@router.post(ADDRESS + "/{number}")
async def label(number: str, given: Said, here: Here) -> dict[str, str]:
    async with here.parts.transactions.begin() as session:
        sheet = await review_desk.sheet(session, here.book, here.person, number)
        was = sheet.word.label.code if sheet.word and sheet.word.label else None
        counts = await review_desk.say(session, here.book, number, given.code, here.person, here.now)
        action = "confirm" if counts else "propose"
        here.note(session, action, "label", number, before={"label": was}, after={"label": given.code})
        wake(session, "staff")
    return {"to": f"{ADDRESS}?after={given.after}&last={number}" if given.after else f"{ADDRESS}?last={number}"}


def _queue(here: Console) -> Queue:
    """One for the program, made when the first label is asked for."""
    state = here.request.app.state
    if not hasattr(state, "review_queue"):
        state.review_queue = Queue()
    queue: Queue = state.review_queue
    return queue


def _midnight(now: datetime) -> datetime:
    return datetime.combine(now.astimezone(TOWN_TIME).date(), time(), TOWN_TIME)


async def _last(session: AsyncSession, here: Console, number: str) -> str:
    """What they said a moment ago, in words; nothing when that is not theirs to change."""
    if not number:
        return ""
    try:
        word = (await review_desk.sheet(session, here.book, here.person, number)).word
    except NotFound:
        return ""
    return _named(here, word.label.code) if word and word.label else ""


def _named(here: Console, code: str) -> str:
    """“公安 · 养犬”: the department, and the item where there is one."""
    label = corrections.labelled(here.book, code)
    field = here.book.category_name(label.field, here.locale)
    return f"{field} · {here.book.category_name(label.item, here.locale)}" if label.item else field
