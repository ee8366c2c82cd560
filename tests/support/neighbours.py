"""Neighbours in numbers: residents of a building without a talk of their own, and the clock's work between them."""

from collections.abc import Sequence
from uuid import UUID, uuid4

from app.neighbours import Neighbours
from cases import scores, votes
from models import Conversation, Resident, ResidentHome
from tests.support.site import Site


async def go_on(site: Site) -> int:
    """What the clock does between neighbours, and the deliveries of it."""
    parts, done = site.parts, 0
    work = Neighbours(parts.transactions, parts.senses, parts.keys, parts.now)
    while some := await work.go_on():
        done += some
    await site.settle()
    return done


async def move_in(site: Site, n: int, *places: str) -> Sequence[UUID]:
    """So many residents who opened these buildings' codes."""
    ids, now = [uuid4() for _ in range(n)], site.parts.now()
    async with site.parts.sessions() as session:
        session.add_all(Resident(id=one, channel="webchat", address=one.hex, created_at=now) for one in ids)
        await session.flush()
        session.add_all(Conversation(resident=one, state={"mode": "idle"}) for one in ids)
        session.add_all(ResidentHome(resident=one, place=place, since=now) for one in ids for place in places)
        await session.commit()
    return ids


async def cast(site: Site, voters: Sequence[UUID], number: int, choice: int) -> None:
    async with site.parts.transactions.begin() as session:
        for one in voters:
            await votes.cast(session, site.parts.keys, one, number, choice, site.parts.now())


async def score(site: Site, who: Sequence[UUID], area: str, mark: int, words: str = "", *, business: int = 0) -> None:
    """The same marks by each; the first `business` of them as firms."""
    parts = site.parts
    async with parts.transactions.begin() as session:
        for n, one in enumerate(who):
            answers = {"responsive": mark, "fair": mark, "tidy": max(1, mark - n % 2), "safe": min(5, mark + n % 2)}
            await scores.give(
                session, parts.senses.book, parts.keys, one, area, answers, parts.now(), business=n < business
            )
            if words:
                await scores.add_words(session, parts.keys, one, area, words, parts.now())
