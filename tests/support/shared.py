"""One program for the tests of a module: everybody signs in once a day, and what earlier tests left is over.

A module imports the fixtures `program`, `site`, `clock`.
"""

from datetime import date

import pytest
from sqlalchemy import text

from tests.support.clock import WORKDAY_MORNING, Clock
from tests.support.people import Staff
from tests.support.site import Site

OVER = (
    "update cases set status = 'closed', master = null, assignee = null, unit = null, cell = null, ringing = false "
    "where status not in ('closed', 'withdrawn')",
    "update timers set done_at = due_at where done_at is null",
    "update alarms set next_at = null where next_at is not null",
)


def signed_in_once(site: Site) -> None:
    """To be called once for a shared site."""
    here, sign_in = dict[tuple[str, date], Staff](), site.staff

    async def staff(name: str) -> Staff:
        today = name, site.parts.now().date()
        here[today] = here.get(today) or await sign_in(name)
        return here[today]

    site.staff = staff  # type: ignore[method-assign]


async def begin_anew(site: Site) -> None:
    """Ten o'clock again, nothing under way, the classifier as it was."""
    await site.settle()
    async with site.parts.sessions() as session:
        for statement in OVER:
            await session.execute(text(statement))
        await session.commit()
    assert isinstance(site.parts.now, Clock)
    site.parts.now.set(WORKDAY_MORNING)
    site.thinks("生态环境", "生态环境/餐饮油烟", others=("城市管理", "市场监管"))


@pytest.fixture(scope="module")
async def program(shared_site: Site) -> Site:
    signed_in_once(shared_site)
    return shared_site


@pytest.fixture
async def site(program: Site) -> Site:
    await begin_anew(program)
    return program


@pytest.fixture
def clock(program: Site) -> Clock:
    assert isinstance(program.parts.now, Clock)
    return program.parts.now
