"""The resident's side of a line somebody on the staff opened, past the conversation, which has tests of its own."""

from sqlmodel import select

from bot.transactions import wake
from cases import feedback
from models import Case
from tests.support.site import Site


async def say_back(site: Site, number: str, text: str) -> None:
    async with site.parts.transactions.begin() as session:
        case = (await session.exec(select(Case).where(Case.number == number))).one()
        await feedback.relay_back(session, site.parts.senses.book, case, text, [], site.parts.now())
        wake(session, "staff")


async def hang_up(site: Site, number: str) -> None:
    async with site.parts.transactions.begin() as session:
        case = (await session.exec(select(Case).where(Case.number == number))).one()
        await feedback.hang_up(session, site.parts.senses.book, case, site.parts.now())
        wake(session, "staff")
