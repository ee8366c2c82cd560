"""投票码: twelve digits a household, printed once, kept as hashes. Printing a building again ends its unused ones."""

import secrets
from collections.abc import Sequence

from sqlalchemy import delete
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from cases.book import Book
from cases.errors import Stale
from cases.keys import Keys
from cases.votes import Box
from models import Ballot, Proposal, Stage, VoteSlip, Way

DIGITS = 12
PRINTABLE = frozenset({Stage.PLANNED, Stage.OPEN})


def new_slip() -> str:
    """Never begins as a telephone number does."""
    return secrets.choice("23456789") + "".join(secrets.choice("0123456789") for _ in range(DIGITS - 1))


async def issue(session: AsyncSession, book: Book, keys: Keys, proposal: Proposal, place: str) -> Sequence[str]:
    """As many as there are households that have not voted by one: whatever is printed how often, each counts once."""
    if proposal.stage not in PRINTABLE or proposal.way is not Way.HOUSEHOLD or place not in proposal.places:
        raise Stale("slip.not_now")
    assert proposal.id is not None, "it is kept already"
    used = await _used(session, keys, proposal, place)
    unused = (col(VoteSlip.proposal) == proposal.id, col(VoteSlip.place) == place, col(VoteSlip.hash).not_in(used))
    await session.execute(delete(VoteSlip).where(*unused))
    codes = [new_slip() for _ in range(max(book.places[place].households - len(used), 0))]
    session.add_all(VoteSlip(hash=keys.slip_hash(code), proposal=proposal.id, place=place) for code in codes)
    return codes


async def printed(session: AsyncSession, number: int) -> frozenset[str]:
    """The buildings whose slips were printed."""
    chosen = select(VoteSlip.place).where(VoteSlip.proposal == number).distinct()
    return frozenset((await session.exec(chosen)).all())


async def _used(session: AsyncSession, keys: Keys, proposal: Proposal, place: str) -> list[str]:
    box = Box(keys, proposal)
    chosen = select(VoteSlip.hash).where(VoteSlip.proposal == proposal.id, VoteSlip.place == place)
    marks = {box.mark(f"slip:{slip}"): slip for slip in (await session.exec(chosen)).all()}
    voted = select(Ballot.mark).where(Ballot.proposal == proposal.id, col(Ballot.mark).in_(marks))
    return [marks[mark] for mark in (await session.exec(voted)).all()]
