"""Tries at secrets are counted in the database: for all programs together, and only for as long as they count."""

import asyncio
from pathlib import Path

from sqlalchemy import text

from bot import tries
from bot.limits import Limit
from bot.tries import Tries
from tests.support.clock import Clock
from tests.support.site import Site, running
from tests.support.statements import statements
from tests.support.town import PASSWORD

THRICE = Limit("thrice", 3, 10.0)
EARLIER = """UPDATE tries SET until = until - make_interval(secs => :s),
    times = ARRAY(SELECT at - make_interval(secs => :s) FROM unnest(times) AS at)"""


def counted_at(site: Site) -> Tries:
    return Tries(site.parts.transactions, site.parts.keys)


async def seconds_go_by(site: Site, seconds: float) -> None:
    async with site.parts.transactions.begin() as session:
        await session.execute(text(EARLIER), {"s": seconds})


async def test_any_span_each_for_themselves(site: Site) -> None:
    counted, said = counted_at(site), []
    for seconds in (0, 4, 4, 1.5, 1):  # at 0, 4, 8, 9.5, 10.5
        await seconds_go_by(site, seconds)
        said.append(await counted.allows((THRICE, "a")))
    assert said == [True, True, True, False, True]
    assert [await counted.allows((THRICE, who)) for who in "bbb"] == [True] * 3
    assert await counted.allows((Limit("other", 1), "a"))


async def test_after_the_first_refusal_nothing_more_is_counted(site: Site) -> None:
    """Who guesses from one address does not keep everybody else from that name."""
    counted, every = counted_at(site), Limit("every", 4)
    for _ in range(9):
        await counted.allows((THRICE, "here"), (every, ""))
    assert [await counted.allows((THRICE, "there"), (every, "")) for _ in range(2)] == [True, False]


async def test_what_was_right_does_not_count_and_what_is_over_goes(site: Site) -> None:
    counted = counted_at(site)
    for _ in range(8):
        assert await counted.allows((THRICE, "a"))
        async with site.parts.transactions.begin() as session:
            await counted.take_back(session, (THRICE, "a"))
    assert await counted.allows((THRICE, "b"))
    for left, seconds in ((0, 5), (2, 6)):
        await seconds_go_by(site, seconds)
        async with site.parts.transactions.begin() as session:
            assert await tries.clear(session) == left


async def test_many_at_once_are_no_more_than_allowed(site: Site) -> None:
    counted = counted_at(site)
    assert sum(await asyncio.gather(*(counted.allows((THRICE, "a")) for _ in range(12)))) == 3


async def test_two_programs_count_together(site: Site, town_url: str, tmp_path: Path) -> None:
    async with running(town_url, tmp_path / "second", Clock()) as other:
        wrong = [(await at.staff_try("limin", "guess")).status_code for _ in range(6) for at in (site, other)]
        unknown = [(await at.staff_try("nobody", "guess")).status_code for _ in range(6) for at in (site, other)]
    assert wrong == unknown == [401] * 10 + [429] * 2
    assert (await site.staff_try("chenlu", PASSWORD)).status_code == 200


async def test_what_it_costs_and_what_is_kept(site: Site) -> None:
    for name, password, most in (("limin", PASSWORD, 6), ("limin", "guess", 3), ("nobody", "guess", 3)):
        with statements() as heard:
            await site.staff_try(name, password)
        assert len(heard) <= most, heard
    for _ in range(15):
        assert (await site.staff_try("limin", PASSWORD)).status_code == 200  # a shared machine at the counter
    async with site.parts.sessions() as session:
        kept = str((await session.execute(text("SELECT * FROM tries"))).all())
        unlogged = await session.scalar(text("SELECT relpersistence FROM pg_class WHERE relname = 'tries'"))
    assert [word for word in ("limin", "nobody", "guess", "127.0.0.1") if word in kept] == [] and unlogged == "u"
