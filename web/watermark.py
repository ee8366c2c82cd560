"""The reader's name behind what they read: a tile the stylesheet repeats over every page of the staff, prints included.

A picture and no element: it cannot be selected, is not read out, and no page has to think of it. PDFs that only the
staff read have the same in their own ink.
"""

from datetime import datetime
from xml.sax.saxutils import escape

from fastapi import APIRouter, Response

from bot.texts import DEFAULT
from bot.wording import on_paper
from web.auth import SignedIn, SignedInHere
from web.parts import PartsHere

WIDTH, HEIGHT = 260, 170
TILE = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="sans-serif" '
    'font-size="13" fill="#1d2b26" fill-opacity="0.09"><g transform="rotate(-22 130 85)">'
    '<text x="130" y="82" text-anchor="middle">{name}</text>'
    '<text x="130" y="100" text-anchor="middle">{at}</text></g></svg>'
)

router = APIRouter(prefix="/api/staff", include_in_schema=False)


@router.get("/watermark.svg")
async def watermark(me: SignedInHere, parts: PartsHere) -> Response:
    """The moment is that when the page was opened."""
    name, at = (escape(line) for line in of(me, parts.now()))
    tile = TILE.format(width=WIDTH, height=HEIGHT, name=name, at=at)
    return Response(tile, media_type="image/svg+xml", headers={"cache-control": "private, no-store"})


def of(me: SignedIn, now: datetime) -> tuple[str, str]:
    """Name and sign-in name; the moment."""
    return f"{me.person.name} {me.person.code}", on_paper(now, DEFAULT)
