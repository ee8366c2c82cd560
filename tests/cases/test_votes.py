"""Ballots: one for each voter, changed until the end, secret before, linked to nobody after; slips; who may vote."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import select

from cases import homes, proposals, slips, votes
from cases.errors import NotAllowed, NotFound, Refusal, Stale, TooOften
from cases.proposals import Wanted
from models import Ballot, CountedBallot, Person, Proposal, VoteSlip, Way
from tests.support.clock import Clock
from tests.support.neighbours import cast, go_on, move_in
from tests.support.site import Site

HERE, THERE = "B0103", "B0201"


async def opened(site: Site, *places: str, who: str = "limin", **given: Any) -> int:
    """A vote that is open now."""
    parts = site.parts
    now = parts.now()
    wanted = Wanted("加装充电桩", now + timedelta(days=3), places=places or [HERE], **given)
    async with parts.transactions.begin() as session:
        person = await session.get_one(Person, who)
        row = await proposals.create(session, parts.senses.book, parts.keys, person, wanted, now)
        number = row.id
    await go_on(site)
    assert number is not None
    return number


async def refused(site: Site, kind: type[Refusal], resident: Any, number: int, **more: Any) -> None:
    async with site.parts.transactions.begin() as session:
        with pytest.raises(kind):
            await votes.cast(session, site.parts.keys, resident, number, 0, site.parts.now(), **more)


async def test_the_last_ballot_before_the_end_counts_and_nothing_links_it_afterwards(site: Site, clock: Clock) -> None:
    number, voters = await opened(site), await move_in(site, 6, HERE)
    await cast(site, voters, number, 0)
    await cast(site, voters[:2], number, 1)
    async with site.parts.sessions() as session:
        sealed = (await session.exec(select(Ballot))).all()
        assert len(sealed) == 6 and len({ballot.sealed for ballot in sealed}) == 6, "equal choices look different"
        assert not {str(voter) for voter in voters} & {ballot.mark for ballot in sealed}
        mark, key = sealed[0].mark, (await session.get_one(Proposal, number)).ballot_key
        assert key and mark not in {voter.hex for voter in voters}
    clock.forward(days=3)
    await refused(site, Stale, voters[0], number)  # by the clock, before anybody swept
    assert await go_on(site) and not await go_on(site)
    async with site.parts.sessions() as session:
        row = await session.get_one(Proposal, number)
        assert (row.counts, row.outcome, row.ballot_key) == ([4, 2], "passed", None)
        assert await votes.recount(session, row) == [4, 2]
        kept = (await session.exec(select(CountedBallot))).all()
        assert not {ballot.number for ballot in kept} & set(voters)
        everything = await session.scalar(text("select count(*) from ballots")) or 0
        assert everything == 0, "the marks are gone"


async def test_two_programs_close_one_vote_once(site: Site, clock: Clock) -> None:
    number, voters = await opened(site), await move_in(site, 5, HERE)
    await cast(site, voters, number, 0)
    clock.forward(days=4)
    await asyncio.gather(go_on(site), go_on(site))
    async with site.parts.sessions() as session:
        told = await session.scalar(text("select count(*) from notifications where text_key = 'proposal.result'"))
        assert ((await session.get_one(Proposal, number)).counts, told) == ([5, 0], 5)


async def test_only_who_opened_the_code_of_one_of_the_buildings_votes(site: Site) -> None:
    number = await opened(site)
    (stranger,) = await move_in(site, 1, THERE)
    await refused(site, NotAllowed, stranger, number)
    async with site.parts.transactions.begin() as session:
        now = site.parts.now()
        for n, place in enumerate(("B0101", "B0102", HERE, "B0104", THERE)):
            await homes.tie(session, stranger, place, now + timedelta(minutes=n))
        assert list(await homes.of(session, stranger)) == [THERE, "B0104", HERE], "a whole street is nobody's home"
    await cast(site, [stranger], number, 0)
    async with site.parts.transactions.begin() as session:
        await homes.leave(session, stranger, HERE)
    await refused(site, NotAllowed, stranger, number)


async def test_a_household_counts_once_whoever_holds_its_slip(site: Site, clock: Clock) -> None:
    number = await opened(site, way=Way.HOUSEHOLD)
    parts, (one, other) = site.parts, await move_in(site, 2, HERE)

    async def printed() -> list[str]:
        async with parts.transactions.begin() as session:
            row = await session.get_one(Proposal, number)
            return list(await slips.issue(session, parts.senses.book, parts.keys, row, HERE))

    first = await printed()
    assert len(first) == len(set(first)) == parts.senses.book.places[HERE].households
    await refused(site, NotAllowed, one, number)
    slip = parts.keys.slip_hash(first[0])
    async with parts.transactions.begin() as session:
        for who, choice in ((one, 0), (other, 1)):
            await votes.cast(session, parts.keys, who, number, choice, parts.now(), slip=slip)
        assert await votes.turnout(session, [number]) == {number: 1}
    second = await printed()
    assert len(second) == len(first) - 1, "who has voted gets no second slip"
    async with parts.transactions.begin() as session:
        assert (await votes.of_slip(session, parts.keys, first[0], parts.now()))[1] == slip
        for gone in (first[1], "2" * 12):
            with pytest.raises(NotFound):
                await votes.of_slip(session, parts.keys, gone, parts.now())
        kept = (await session.exec(select(VoteSlip.hash))).all()
        assert not set(kept) & {*first, *second}


async def test_somebody_checks_it_within_bounds(site: Site) -> None:
    parts, (resident,) = site.parts, await move_in(site, 1, HERE)
    book, now = parts.senses.book, parts.now()
    async with parts.transactions.begin() as session:
        for n in range(proposals.WAITING_MOST):
            await proposals.raise_one(session, book, resident, HERE, f"议题 {n}，我叫张三", now)
        with pytest.raises(TooOften):
            await proposals.raise_one(session, book, resident, HERE, "再来一个", now)
        with pytest.raises(NotAllowed):
            await proposals.raise_one(session, book, resident, THERE, "别处的", now)
    async with parts.transactions.begin() as session:
        away, here = await session.get_one(Person, "xucuilian"), await session.get_one(Person, "limin")
        with pytest.raises(NotFound):
            await proposals.refuse(session, book, away, 1, "不归我", now)
        for wrong in (
            {"options": ["一", "一"]},
            {"quorum": 1},
            {"closes_at": now},
            {"title": " "},
            {"places": [THERE]},
        ):
            given = {"title": "议题", "closes_at": now + timedelta(days=3), "places": [HERE], **wrong}
            with pytest.raises(Refusal):
                await proposals.accept(session, book, parts.keys, here, 1, Wanted(**given), now)
        await proposals.refuse(session, book, here, 1, "物业已经在办", now)
    await site.settle()
    async with parts.sessions() as session:
        said = await session.execute(
            text("select args->>'text' from chat_messages where text_key = 'proposal.refused'")
        )
        assert said.scalars().all() == ["物业已经在办"]
