"""The door where somebody on the staff files for a visitor or reports what they see, and the way to its form."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field

from bot import filing
from bot.scrub import scrub
from bot.transactions import wake
from cases.behalf import How
from web.auth import SignedInHere
from web.languages import reader_of
from web.parts import PartsHere
from web.present import iso

router = APIRouter()


class Filing(BaseModel):
    key: UUID
    how: How
    text: str = Field(max_length=20_000)
    place: str = Field(default="", max_length=200)
    phone: str = Field(default="", max_length=40)
    photos: list[UUID] = Field(default_factory=list, max_length=20)


@router.get("/staff/new", include_in_schema=False)
async def form() -> RedirectResponse:
    return RedirectResponse("/staff#new", 303)


@router.post("/api/staff/filings")
async def post_filing(
    asked: Filing, me: SignedInHere, parts: PartsHere, locale: Annotated[str, Depends(reader_of)]
) -> dict[str, Any]:
    """The same key again gets the same receipt, and files nothing."""
    now = parts.now()
    given = filing.Asked(
        key=str(asked.key), how=asked.how, text=scrub(asked.text), place=scrub(asked.place), phone=asked.phone,
        photos=asked.photos,
    )  # fmt: skip
    async with parts.transactions.begin() as session:
        receipt = await filing.file(session, parts.senses, parts.keys, me.person, given, locale, now)
        wake(session, "staff")
    args, case = receipt.args, receipt.case
    shown = {name: parts.wording.word(f"filing.{name}", args, locale, now) for name in ("code", "due", "who")}
    return {"number": case.number, **shown, "due_at": iso(case.due_at), "text": case.text}
