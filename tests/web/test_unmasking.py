"""What is starred out of a case is shown for a reason, for some minutes, to few, and only when the log takes it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import col, select

from cases import sealed
from models import AuditEntry, Case, Resident
from tests.support.people import Staff
from tests.support.site import Site

PHONE, OTHER, FLAT = "13987651234", "13876540000", "2单元1904室"
SAID = f"楼下烧烤店油烟太大，我住{FLAT}，也可以打{OTHER}"
REASON = "要约时间上门核实"


@pytest.fixture
async def number(shared_site: Site) -> str:
    await shared_site.apart()
    found = await (await shared_site.resident()).file(SAID)
    async with shared_site.parts.transactions.begin() as session:
        case = (await session.exec(select(Case).where(Case.number == found))).one()
        sealed.keep(shared_site.parts.keys, await session.get_one(Resident, case.resident), PHONE)
    return found


async def page(staff: Staff, number: str) -> str:
    answer = await staff.http.get(f"/console/cases/{number}")
    assert answer.status_code == 200, answer.text
    return answer.text


async def ask(staff: Staff, number: str, reason: str = REASON, which: str = "") -> tuple[int, Any]:
    path = f"/console/cases/{number}/unmask{which and '/' + which}"
    answer = await staff.http.post(path, json={} if which else {"reason": reason})
    return answer.status_code, answer.json().get("error", {}).get("key")


def seen(shown: str) -> set[str]:
    return {secret for secret in (PHONE, OTHER, FLAT) if secret in shown}


async def lines(site: Site, number: str) -> list[tuple[str, str, str, str]]:
    async with site.parts.transactions.read() as session:
        chosen = select(AuditEntry).where(AuditEntry.subject == number).order_by(col(AuditEntry.id))
        rows = (await session.exec(chosen)).all()
    return [(row.person, row.action, row.kind, row.reason) for row in rows]


@asynccontextmanager
async def log_refusing(site: Site) -> AsyncIterator[None]:
    """The database takes no more lines of the log."""
    refuse = "CREATE FUNCTION no_more() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'the log is full'; END $$"
    trigger = "CREATE TRIGGER no_more BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION no_more()"
    async with site.parts.transactions.begin() as session:
        await session.execute(text(refuse))
        await session.execute(text(trigger))
    try:
        yield
    finally:
        async with site.parts.transactions.begin() as session:
            await session.execute(text("DROP TRIGGER no_more ON audit"))
            await session.execute(text("DROP FUNCTION no_more()"))


async def test_a_dispatcher_gives_a_reason_and_each_look_is_a_line(shared_site: Site, number: str) -> None:
    staff = await shared_site.staff("chenlu")
    assert seen(await page(staff, number)) == set()
    assert await ask(staff, number, "看看") == (422, "unmask.reason")
    assert await ask(staff, number, f"{REASON}{OTHER}") == (200, None)
    assert seen(await page(staff, number)) == {PHONE, OTHER, FLAT}
    await page(staff, number)
    why = f"{REASON}138****0000"
    read = ("chenlu", "read", "personal", why)
    assert await lines(shared_site, number) == [("chenlu", "unmask", "case", why), read, read]


async def test_it_ends_by_itself_and_is_nobody_elses(shared_site: Site, number: str) -> None:
    staff, other = await shared_site.staff("chenlu"), await shared_site.staff("guwenbo")
    await ask(staff, number)
    assert seen(await page(other, number)) == set()
    shared_site.parts.now.forward(minutes=14)  # type: ignore[attr-defined]
    assert seen(await page(staff, number)) == {PHONE, OTHER, FLAT}
    shared_site.parts.now.forward(minutes=1)  # type: ignore[attr-defined]
    assert seen(await page(staff, number)) == set()


async def test_an_administrator_needs_a_second_person(shared_site: Site, number: str) -> None:
    asker, second = await shared_site.staff("jiangyan"), await shared_site.staff("guwenbo")
    assert await ask(asker, number) == (200, None)
    assert seen(await page(asker, number)) == set()
    async with shared_site.parts.transactions.read() as session:
        which = str(await session.scalar(text("SELECT max(id) FROM unmaskings")))
    assert await ask(asker, number, which=which) == (403, "unmask.another")
    assert f"/unmask/{which}" in await page(second, number)
    assert f"/unmask/{which}" not in await page(asker, number)
    assert await ask(second, number, which=which) == (200, None)
    assert seen(await page(asker, number)) == {PHONE, OTHER, FLAT}
    assert seen(await page(second, number)) == set()
    assert (await ask(second, number, which=which))[0] == 409
    noted = [(who, what) for who, what, *_ in await lines(shared_site, number) if what in ("unmask", "agree")]
    assert noted == [("jiangyan", "unmask"), ("guwenbo", "agree")]


@pytest.mark.parametrize("name", ["guwenbo", "caoying", "zhangwei", "dongchunsheng"])
async def test_nobody_else_may(shared_site: Site, number: str, name: str) -> None:
    staff = await shared_site.staff(name)
    assert (await ask(staff, number))[0] == 403
    assert seen(await page(staff, number)) == set()


async def test_whoever_wants_to_be_anonymous_stays_so(shared_site: Site, number: str) -> None:
    async with shared_site.parts.transactions.begin() as session:
        await session.execute(text("UPDATE cases SET anonymous = true WHERE number = :n"), {"n": number})
    staff = await shared_site.staff("chenlu")
    await ask(staff, number)
    assert seen(await page(staff, number)) == {OTHER, FLAT}


async def test_where_the_log_cannot_be_written_nothing_is_read(shared_site: Site, number: str) -> None:
    chenlu, caoying = await shared_site.staff("chenlu"), await shared_site.staff("caoying")
    await ask(chenlu, number)
    async with log_refusing(shared_site):
        for staff, path in (
            (chenlu, f"/console/cases/{number}"),
            (caoying, f"/console/cases/{number}"),
            (caoying, f"/api/staff/cases/{number}"),
        ):
            answer = await staff.http.get(path)
            assert answer.status_code >= 500
            assert seen(answer.text) == set() and "烧烤" not in answer.text
        assert (await ask(await shared_site.staff("chenlu"), number))[0] >= 500
    assert seen(await page(chenlu, number)) == {PHONE, OTHER, FLAT}
    assert ("caoying", "read", "case", "") not in await lines(shared_site, number)


async def test_a_number_that_was_tampered_with_is_said_and_not_shown(shared_site: Site, number: str) -> None:
    async with shared_site.parts.transactions.begin() as session:
        case = (await session.exec(select(Case).where(Case.number == number))).one()
        resident = await session.get_one(Resident, case.resident)
        resident.contact = bytes([resident.contact[0] ^ 1]) + resident.contact[1:] if resident.contact else None
    staff = await shared_site.staff("chenlu")
    assert (await staff.case(number))["case"]["contact"] == "打不开，请告知运维人员"
    await ask(staff, number)
    shown = await page(staff, number)
    assert seen(shown) == set() and "联系方式打不开" in shown


async def test_the_auditor_reads_who_looked(shared_site: Site, number: str) -> None:
    await ask(staff := await shared_site.staff("chenlu"), number)
    await page(staff, number)
    log = (await (await shared_site.staff("caoying")).http.get("/console/audit?kind=personal")).text
    assert number in log and REASON in log and "陈璐" in log and "居民信息" in log
    assert seen(log) == set()
