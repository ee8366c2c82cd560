"""受理告知书 as PDF: for whoever filed the case, and for whom on the staff filed it for a visitor at the window."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from sqlmodel import select

from bot.papers import receipt
from bot.papers.typeset import MEDIA_TYPE
from cases.errors import NotFound
from models import Case, Resident
from web import watermark
from web.auth import SignedInHere
from web.chat import Here
from web.languages import reader_of
from web.parts import Parts, PartsHere

router = APIRouter()


@router.get("/api/chat/cases/{number}/receipt.pdf", response_class=Response)
async def of_resident(number: str, resident: Here, parts: PartsHere) -> Response:
    """Another's case and one that is not there look the same."""
    case = await _case(parts, number)
    if case is None or case.resident != resident.id:
        raise NotFound("case.not_found", number=number)
    return await _printed(parts, case, resident.locale, resident)


@router.get("/api/staff/cases/{number}/receipt.pdf", response_class=Response)
async def for_a_visitor(
    number: str, me: SignedInHere, parts: PartsHere, locale: Annotated[str, Depends(reader_of)]
) -> Response:
    case = await _case(parts, number)
    if case is None or case.filed_by != me.person.code:
        raise NotFound("case.not_found", number=number)
    return await _printed(parts, case, locale, mark=watermark.of(me, parts.now()))


async def _case(parts: Parts, number: str) -> Case | None:
    async with parts.transactions.read() as session:
        return (await session.exec(select(Case).where(Case.number == number))).first()


async def _printed(
    parts: Parts, case: Case, locale: str, reader: Resident | None = None, mark: Sequence[str] = ()
) -> Response:
    large = reader is not None and reader.large
    made = await receipt.receipt(parts.senses.book, parts.wording, case, locale, parts.now(), large=large, mark=mark)
    return Response(
        made,
        media_type=MEDIA_TYPE,
        headers={
            "content-disposition": f'inline; filename="receipt-{case.number}.pdf"',
            "cache-control": "private, no-store",
        },
    )
