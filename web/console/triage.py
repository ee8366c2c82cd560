"""The dispatch desk (分拨台): what nobody could route, one at a time, with three desks it might go to."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.because import explained
from bot.desk.due import next_due
from cases import access, accused, joining, queries, suggesting, undecided
from cases.errors import NotFound
from cases.suggesting import Suggestion
from cases.undecided import Queue
from models import Case
from models.status import UNDECIDED
from web.case_page import whole_page
from web.case_timeline import line
from web.console import case_map
from web.console.case import words
from web.console.shell import Console, at
from web.desk import Desk

router = APIRouter()


@router.get("/console/triage", response_model=None)
async def triage_page(
    here: Annotated[Console, at("triage")], case: Annotated[str, Query(max_length=32)] = ""
) -> Response:
    """`case`: the one somebody is looking at. Decided meanwhile, it says by whom; without one it is the first."""
    async with here.parts.transactions.read() as session:
        queue = await undecided.queue(session, here.person)
        asked = await _asked(session, here, case)
        chosen = asked or (queue.cases[0] if queue.cases and not case else None)
        open_ = await _open(session, here, chosen) if chosen and chosen.status in UNDECIDED else None
        gone = await _gone(session, here, asked) if asked and open_ is None else None
    lost = bool(case) and asked is None
    others = [row(here, one) for one in queue.cases if chosen is None or one.id != chosen.id]
    return here.show(
        "triage", texts=words(here.locale), queue=queue, others=others, open=open_, gone=gone, lost=lost,
        next=_next(queue, chosen),
    )  # fmt: skip


async def _asked(session: AsyncSession, here: Console, number: str) -> Case | None:
    if not number:
        return None
    try:
        return await queries.case_for(session, here.book, here.person, number)
    except NotFound:
        return None


def _next(queue: Queue, chosen: Case | None) -> str:
    """Where skipping leads: the one after it, from the last back to the first."""
    numbers = [one.number for one in queue.cases]
    at_ = numbers.index(chosen.number) + 1 if chosen and chosen.number in numbers else 0
    return numbers[at_ % len(numbers)] if numbers else ""


def row(here: Console, case: Case) -> dict[str, Any]:
    """A line of the queue."""
    desk = Desk(here.parts, here.person, here.locale, here.now)
    shown = desk.task(case, photos=0, names={})
    return {**shown, "at": case.submitted_at, "due": next_due(case)[0]}


async def _open(session: AsyncSession, here: Console, case: Case) -> dict[str, Any]:
    """Everything about the one on the desk."""
    story = await queries.story(session, here.book, case)
    desk = Desk(here.parts, here.person, here.locale, here.now)
    page = whole_page(desk, story)
    alike = await joining.for_staff(session, here.book, case, access.sees(here.person), here.now)
    found = await suggesting.suggest(session, here.book, case, story.prediction, alike, here.now)
    return {
        **page,
        "at": case.submitted_at,
        "due": next_due(case)[0],
        "map": case_map.of(here.book, case),
        "alike": [desk.alike(one) for one in alike],
        "suggestions": [_shown(here, case, one) for one in found],
        "may": {step["name"] for step in page["steps"]},
        "back": _sent_back(page["timeline"]),
    }


def _sent_back(timeline: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Who returned it and why, where a ruling (裁定) is asked for."""
    return [one for one in timeline if one["kind"] == "return"]


def _shown(here: Console, case: Case, one: Suggestion) -> dict[str, Any]:
    book, whom = here.book, accused.about(case)
    category = book.categories.get(one.category or "")
    names = [book.category_name(code, here.locale) for code in ((category.parent, category.code) if category else ())]
    rule = explained(book, one.explanation, one.unit, here.locale, whom) if one.why == "model" else ""
    return {
        "why": one.why,
        "unit": one.unit,
        "unit_name": book.unit_name(one.unit, here.locale),
        "person": one.person if one.named else "",
        "person_name": book.people.get(one.person or "", ""),
        "category": one.category or "",
        "category_name": " · ".join(name for name in names if name),
        "share": one.share,
        "rule": rule,
        "number": one.number,
    }


async def _gone(session: AsyncSession, here: Console, case: Case) -> dict[str, Any]:
    """Who was faster, and where it went."""
    story = await queries.story(session, here.book, case)
    last = story.events[-1]
    told = line(Desk(here.parts, here.person, here.locale, here.now), last, story)
    return {"number": case.number, "what": told["kind_text"], "at": last.at}
