"""投票码 on paper: a sheet to be cut, one slip for each household of a building."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.papers.sheets import qr
from bot.papers.typeset import paragraphs, typeset
from bot.texts import say
from bot.wording import on_paper
from cases.keys import grouped
from models import Proposal


@dataclass(frozen=True)
class House:
    place: str
    codes: Sequence[str]


async def slips(town: str, row: Proposal, house: House, link: str, locale: str, now: datetime) -> bytes:
    return await typeset("slips", data(town, row, house, link, locale), locale, now)


def data(town: str, row: Proposal, house: House, link: str, locale: str) -> dict[str, Any]:
    assert row.closes_at is not None, "it is accepted"
    return {
        "title": say("paper.slips.title", locale),
        "town": town,
        "about": " ".join(paragraphs(row.title)),
        "place": " ".join(paragraphs(house.place)),
        "until": say("paper.slips.until", locale, until=on_paper(row.closes_at, locale)),
        "how": say("paper.slips.how", locale),
        "secret": say("paper.slips.secret", locale),
        "none": say("paper.slips.none", locale),
        "qr": qr(link),
        "codes": [grouped(code) for code in house.codes],
    }
