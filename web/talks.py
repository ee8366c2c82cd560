"""A building's page: what its residents decide and what they were told. Opened by its signed code, read by anybody."""

from functools import partial

from fastapi import APIRouter, Request
from fastapi.responses import Response

from bot.wording import when
from cases import announcements, proposals, votes
from cases.errors import NotFound
from models import Posting, Stage
from web.languages import locale_of
from web.pages import page
from web.parts import PartsHere

router = APIRouter()


@router.get("/p/{code}/talks", response_model=None, include_in_schema=False)
async def talks_page(request: Request, code: str, parts: PartsHere) -> Response:
    """A code that is not ours and a building that is not there look the same."""
    book, now, locale = parts.senses.book, parts.now(), locale_of(request)
    place = book.index.from_code(code, parts.keys.places)
    if place is None:
        raise NotFound("request.not_found")
    async with parts.transactions.read() as session:
        rows = await proposals.at(session, [place], now, proposals.PUBLIC)
        cast = await votes.turnout(session, [row.id for row in rows if row.id is not None])
        told = await announcements.at(session, place, now)

    def word(key: str, args: dict[str, object]) -> str:
        return parts.wording.word(key, args, locale, now)

    results = {row.id: [word(*line) for line in proposals.lines(row)] for row in rows if row.stage is Stage.CLOSED}
    options = {row.id: [word("button.option", {"option": one}) for one in row.options] for row in rows}
    texts = {one.id: one.texts.get(locale) or one.texts["zh-Hans"] for one in told}
    back = (Posting.RECALLING, Posting.WITHDRAWN)
    return page(
        request, "talks.html", parts, code=code, place=book.place_name(place), rows=rows, cast=cast, told=told,
        results=results, options=options, said=texts, back=back, when=partial(when, locale=locale, now=now),
    )  # fmt: skip
