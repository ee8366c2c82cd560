"""Notices are there with the step that causes them; what would have to wait goes by job, in its order."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import text

from tests.support.people import Resident, Staff
from tests.support.site import Site

UNDELIVERED = "SELECT text_key FROM notifications WHERE delivered_at IS NULL AND failed_at IS NULL ORDER BY id"
ANY_JOB = "SELECT is_called FROM procrastinate_jobs_id_seq"  # ever; a job that is done is gone
JOBS = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'deliver'"


async def filed(site: Site) -> tuple[Resident, Staff, str]:
    resident = await site.resident()
    number = await resident.file("楼下烧烤店油烟太大")
    return resident, await site.staff("limin"), number


async def asked(site: Site, what: str) -> list[object]:
    async with site.parts.sessions() as session:
        return list((await session.execute(text(what))).scalars())


@asynccontextmanager
async def conversation_held(site: Site) -> AsyncIterator[None]:
    """As by a message of the resident's that is being taken in."""
    async with site.parts.sessions() as session:
        await session.execute(text("SELECT FROM conversations FOR UPDATE"))
        yield


async def step(worker: Staff, number: str, name: str, **given: object) -> None:
    version = (await worker.case(number))["case"]["version"]
    await asyncio.wait_for(worker.step(number, name, version=version, **given), 5)


async def test_who_is_told_is_told_with_the_step(site: Site) -> None:
    resident, worker, number = await filed(site)
    await step(worker, number, "sign")
    assert (await asked(site, UNDELIVERED), await asked(site, ANY_JOB)) == ([], [False])
    assert "签收" in (await resident.look())[-1]["text"]


async def test_a_step_does_not_wait_for_a_resident_who_speaks(site: Site) -> None:
    resident, worker, number = await filed(site)
    async with conversation_held(site):
        await step(worker, number, "sign")
        assert (await asked(site, UNDELIVERED), await asked(site, JOBS)) == (["resident.sign"], [1])
    await site.settle()
    assert "签收" in (await resident.look())[-1]["text"]


async def test_what_comes_later_does_not_overtake(site: Site) -> None:
    """The notice before is waiting still, as after a worker's death."""
    _, worker, number = await filed(site)
    await step(worker, number, "sign")
    async with site.parts.sessions() as session:
        await session.execute(text("UPDATE notifications SET delivered_at = NULL WHERE text_key = 'resident.sign'"))
        await session.commit()
    assert await asked(site, ANY_JOB) == [False]
    await step(worker, number, "contact", text="您好，已到现场。")
    assert await asked(site, ANY_JOB) == [True]


async def test_nothing_before_it_nothing_to_wait_for(site: Site) -> None:
    """The control to the one above."""
    _, worker, number = await filed(site)
    await step(worker, number, "sign")
    await step(worker, number, "contact", text="您好，已到现场。")
    assert (await asked(site, UNDELIVERED), await asked(site, ANY_JOB)) == ([], [False])
