"""Sheets for stairwells (码上议, A5): one A4 page for each building or village, with its signed link as a QR code."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import segno

from bot.papers.typeset import paragraphs, typeset
from bot.texts import say
from models import Place


@dataclass(frozen=True)
class Sheet:
    """What stands on one page; `bot` is missing where residents have no bot."""

    place: Place
    grid: str
    link: str
    bot: str | None


async def sheets(town: str, given: Sequence[Sheet], locale: str, now: datetime) -> bytes:
    return await typeset("sheets", data(town, given, locale), locale, now)


def data(town: str, given: Sequence[Sheet], locale: str) -> dict[str, Any]:
    return {
        "title": say("paper.sheets.title", locale),
        "town": town,
        "from": say("paper.sheets.from", locale, town=town),
        "lead": say("paper.sheets.lead", locale),
        "how": say("paper.sheets.how", locale),
        "then": say("paper.sheets.then", locale),
        "scan": say("paper.sheets.scan", locale),
        "scan_bot": say("paper.sheets.scan_bot", locale),
        "typed": say("paper.sheets.typed", locale),
        "sheets": [_page(sheet) for sheet in given],
    }


def _page(sheet: Sheet) -> dict[str, Any]:
    typed = [link for link in (sheet.link, sheet.bot) if link]
    return {
        "name": " ".join(paragraphs(sheet.place.name)),
        "qr": qr(sheet.link),
        "bot_qr": qr(sheet.bot) if sheet.bot else None,
        "typed": [line for link in typed for line in paragraphs(link)],
        "where": f"{sheet.grid} · {sheet.place.address} · {sheet.place.code}",
    }


@lru_cache(maxsize=1024)
def qr(text: str) -> str:
    """A quarter of it may be scratched, wet or covered. An SVG file; a few milliseconds each, always the same."""
    drawn = io.BytesIO()
    segno.make(text, error="q", micro=False).save(drawn, kind="svg", border=2, xmldecl=False, svgclass=None)
    return drawn.getvalue().decode()
