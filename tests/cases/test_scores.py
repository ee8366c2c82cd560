"""Scores: once a quarter for one's own areas, nameless, and nothing shown of fewer than five."""

import pytest
from sqlalchemy import text

from cases import scores
from cases.errors import NotAllowed
from models import Person
from tests.support.clock import Clock
from tests.support.neighbours import move_in, score
from tests.support.site import Site

AREA, STREET, OTHER = "CX-DG-01", "CX-DG", "CX-DG-02"
WORDS = "修灯快，我叫李雷，13812345678"


async def test_means_of_five_and_more_only(site: Site, clock: Clock) -> None:
    people = await move_in(site, 6, "B0103")
    await score(site, people[:4], AREA, 4, WORDS)
    now = scores.quarter_of(clock())

    async def mean() -> scores.Mean:
        async with site.parts.sessions() as session:
            return (await scores.means(session, [AREA], [now]))[AREA, now]

    assert (await mean()).n is None
    await score(site, people[:4], AREA, 2, WORDS)  # again in the same quarter: in place of the first
    await score(site, people[4:], AREA, 5)
    shown = await mean()
    assert (shown.n, shown.answers and shown.answers["responsive"], shown.business) == (6, (4 * 2 + 2 * 5) / 6, None)
    with pytest.raises(NotAllowed):
        await score(site, people[:1], OTHER, 5)
    async with site.parts.sessions() as session:
        marks = (await session.execute(text("select mark from scores"))).scalars().all()
        assert not {str(one) for one in people} & set(marks)
        book = site.parts.senses.book
        said = {}
        for who in ("wangxing", "guwenbo", "limin", "caoying"):
            said[who] = await scores.words(session, book, await session.get_one(Person, who), AREA, now)
        assert said["wangxing"] == ["修灯快，…，138****5678"] * 4
        assert not said["guwenbo"] + said["limin"] + said["caoying"]
    clock.forward(days=60)
    assert scores.quarters(clock())[-1] == "2027Q1" != now
    await score(site, people[:1], AREA, 1)
    assert (await mean()).n == 6


async def test_asked_once_a_quarter_and_only_whom_we_know_to_live_here(site: Site, clock: Clock) -> None:
    (here,), (stranger,) = await move_in(site, 1, "B0103"), await move_in(site, 1)

    async def asked(who: object) -> bool:
        async with site.parts.transactions.begin() as session:
            return await scores.may_ask(session, who, clock())  # type: ignore[arg-type]

    assert [await asked(one) for one in (stranger, here, here)] == [False, True, False]
    clock.forward(days=90)
    assert await asked(here)
