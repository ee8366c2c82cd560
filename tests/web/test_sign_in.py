"""Signing in with a second factor, and the sessions of one person, through the doors."""

import asyncio
import base64
import re
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlmodel import select

from app.passwords import reset_factor, set_password
from models import SecondFactor
from tests.support import databases
from tests.support.clock import Clock
from tests.support.people import Staff
from tests.support.site import Site, running
from tests.support.town import PASSWORD
from web import totp
from web.roles import OF_RANK, RULES_OF, Opens

RFC_KEY = b"12345678901234567890"
RFC_6238 = {59: "94287082", 1111111109: "07081804", 1111111111: "14050471", 1234567890: "89005924",
            2000000000: "69279037", 20000000000: "65353130"}  # fmt: skip
RFC_4226 = ["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"]


@pytest.mark.parametrize("seconds", RFC_6238)
def test_codes_are_those_of_rfc_6238(seconds: int) -> None:
    assert totp.code(RFC_KEY, seconds // 30, 8) == RFC_6238[seconds]


def test_codes_are_those_of_rfc_4226() -> None:
    assert [totp.code(RFC_KEY, count) for count in range(10)] == RFC_4226


@pytest.fixture(scope="module")
async def program(server: Any, town_template: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """Where those of rank need a second factor."""
    with databases.copy(server, town_template) as url:
        async with running(url, tmp_path_factory.mktemp("s"), Clock(), staff_totp="required") as site:
            yield site


@pytest.fixture
def clock(program: Site) -> Clock:
    assert isinstance(program.parts.now, Clock)
    program.parts.now.forward(hours=1)  # past what earlier tests counted
    return program.parts.now


async def set_up(site: Site, name: str) -> tuple[Staff, bytes, list[str]]:
    staff = await site.staff(name)
    begun = (await staff.http.post("/console/security/factor")).json()
    key = read(begun["key"])
    told = await staff.http.post("/console/security/factor/confirm", json={"code": now_code(key, site)})
    assert told.status_code == 200, told.text
    return staff, key, told.json()["codes"]


def read(written: str) -> bytes:
    return base64.b32decode(written.replace(" ", ""))


def now_code(key: bytes, site: Site, steps: int = 0) -> str:
    return totp.code(key, totp.step_of(site.parts.now()) + steps)


async def enter(site: Site, name: str, code: str = "", password: str = PASSWORD) -> httpx.Response:
    given = {"name": name, "password": password, "code": code}
    return await site.client().post("/api/staff/session", json=given)


def key_of(answer: httpx.Response) -> str:
    return str(answer.json()["error"]["key"]) if answer.status_code >= 400 else ""


async def test_of_rank_nothing_opens_before_the_factor_is_there(program: Site, clock: Clock) -> None:
    staff = await program.staff("shibin")
    assert (await staff.http.get("/api/staff/session")).json()["to"] == "/console/security"
    doors = [door for door, rule in RULES_OF.items() if rule.opens is Opens.STAFF and "leader" in rule.who]
    for door in doors:
        method, path = door.split(" ")
        answer = await staff.http.request(method, path) if "{" not in path and method == "GET" else None
        if answer is None:
            continue
        rule = RULES_OF[door]
        if rule.unproven:
            assert answer.status_code == 200, door
        elif rule.page:
            assert (answer.status_code, answer.headers["location"]) == (303, "/console/security"), door
        else:
            assert (answer.status_code, key_of(answer)) == (403, "sign_in.second_required"), door
    refused = await staff.http.post("/api/staff/notices/read", json={"id": 1})
    assert (refused.status_code, key_of(refused)) == (403, "sign_in.second_required")


async def test_who_is_of_no_rank_works_at_once(program: Site, clock: Clock) -> None:
    staff = await program.staff("limin")
    assert (await staff.http.get("/api/staff/tasks")).status_code == 200
    assert {str(role) for role in OF_RANK} == {"leader", "dispatcher", "supervisor", "admin", "auditor"}


async def test_set_up_then_asked_for_then_once_only(program: Site, clock: Clock) -> None:
    elsewhere = await program.staff("chenlu")
    staff, key, _ = await set_up(program, "chenlu")
    assert (await staff.http.get("/api/staff/tasks")).status_code == 200
    assert (await elsewhere.http.get("/api/staff/session")).status_code == 401  # signed in before, without it
    assert key_of(await enter(program, "chenlu")) == "sign_in.code_needed"
    assert key_of(await enter(program, "chenlu", now_code(key, program))) == "sign_in.code_wrong"  # it set it up
    clock.forward(seconds=30)
    code = now_code(key, program)
    assert key_of(await enter(program, "chenlu", code, "not the password")) == "sign_in.wrong"
    assert (await enter(program, "chenlu", f" {code[:3]} {code[3:]} ")).status_code == 200
    assert key_of(await enter(program, "chenlu", code)) == "sign_in.code_wrong"
    clock.forward(seconds=30)
    assert key_of(await enter(program, "chenlu", code)) == "sign_in.code_wrong"  # still in its window, and used
    assert (await enter(program, "chenlu", now_code(key, program, +1))).status_code == 200
    assert key_of(await enter(program, "chenlu", now_code(key, program))) == "sign_in.code_wrong"  # older than that one


async def test_of_two_who_show_one_code_at_once_one_enters(program: Site, clock: Clock) -> None:
    _, key, codes = await set_up(program, "guwenbo")
    clock.forward(minutes=1)
    for code in (now_code(key, program), codes[0]):
        answers = await asyncio.gather(*(enter(program, "guwenbo", code) for _ in range(4)))
        assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401]


async def test_a_recovery_code_opens_once_and_is_kept_as_a_hash(program: Site, clock: Clock) -> None:
    staff, _, codes = await set_up(program, "caoying")
    assert len(set(codes)) == 10
    async with program.parts.sessions() as session:
        row = (await session.exec(select(SecondFactor).where(SecondFactor.person == "caoying"))).one()
        assert not set(codes) & set(row.recovery) and len(row.recovery) == 10
    assert (await enter(program, "caoying", codes[3].upper().replace("-", " "))).status_code == 200
    assert key_of(await enter(program, "caoying", codes[3])) == "sign_in.code_wrong"
    page = (await staff.http.get("/console/security?lang=en")).text
    assert "9 recovery codes left" in page and not [code for code in codes if code in page]


async def test_put_off_with_a_code_and_then_asked_for_again(program: Site, clock: Clock) -> None:
    staff, _, codes = await set_up(program, "wangxing")
    wrong = await staff.http.post("/console/security/factor/off", json={"code": "000000"})
    assert key_of(wrong) == "sign_in.code_wrong"
    assert key_of(await staff.http.post("/console/security/factor")) == "sign_in.second_there"
    assert (await staff.http.post("/console/security/factor/off", json={"code": codes[0]})).status_code == 204
    assert key_of(await staff.http.get("/api/staff/tasks")) == "sign_in.second_required"


async def test_guesses_are_counted_by_name_whatever_the_clock_does(program: Site, clock: Clock) -> None:
    """The counting has a clock of its own that only goes forward: set back a day, ten tries are ten tries."""
    answers = []
    for n in range(12):
        if n == 6:
            clock.forward(days=-1)
        answers.append((await enter(program, "hezhiqiang", password="guess")).status_code)
    clock.forward(days=1)
    assert answers == [401] * 10 + [429] * 2


async def test_sessions_are_listed_and_ended(program: Site, clock: Clock) -> None:
    here, there = await program.staff("limin"), await program.staff("limin")
    further = await program.staff("limin")
    page = (await here.http.get("/console/security")).text
    handles = re.findall(r"sessions/([0-9a-f]{16})/end", page)
    assert len(handles) >= 2
    others = await program.staff("zhangwei")
    for handle in handles:  # somebody else's door ends nothing of limin's
        assert (await others.http.post(f"/console/security/sessions/{handle}/end")).status_code == 204
    assert (await there.http.get("/api/staff/tasks")).status_code == 200
    for handle in handles[:1]:
        assert (await here.http.post(f"/console/security/sessions/{handle}/end")).status_code == 204
    alive = [(await one.http.get("/api/staff/tasks")).status_code for one in (there, further)]
    assert sorted(alive) == [200, 401]
    assert (await here.http.post("/console/security/sessions/end")).status_code == 204
    alive = [(await one.http.get("/api/staff/tasks")).status_code for one in (here, there, further)]
    assert alive == [200, 401, 401]


CHANGES: dict[str, str] = {
    "another role": "update people set role = 'clerk' where code = :who",
    "no more at work": "update people set active = false where code = :who",
    "a new password": "update people set password_hash = 'x' where code = :who",
}


@pytest.mark.parametrize(("what", "who"), list(zip(CHANGES, ("kangkeqin", "xucuilian", "weiwenbo"), strict=True)))
async def test_whoever_is_somebody_else_from_now_on_signs_in_anew(
    program: Site, clock: Clock, what: str, who: str
) -> None:
    """Whichever program writes it: the files of the town, the console, the command line."""
    staff = await program.staff(who)
    async with program.parts.sessions() as session:
        await session.execute(text("update people set name = name || '' where code = :who"), {"who": who})
        await session.commit()
    assert (await staff.http.get("/api/staff/tasks")).status_code == 200
    async with program.parts.sessions() as session:
        await session.execute(text(CHANGES[what]), {"who": who})
        await session.commit()
        left = await session.scalar(text("select count(*) from staff_sessions where person = :who"), {"who": who})
    assert (left, (await staff.http.get("/api/staff/tasks")).status_code) == (0, 401)


async def test_from_the_command_line(program: Site, clock: Clock) -> None:
    staff, _, _ = await set_up(program, "jiangyan")
    assert await reset_factor(program.parts.url, "Jiangyan ") is True
    assert (await staff.http.get("/api/staff/session")).status_code == 401
    assert (await enter(program, "jiangyan")).status_code == 200
    assert await reset_factor(program.parts.url, "jiangyan") is False
    again = await program.staff("jiangyan")
    await set_password(program.parts.url, "jiangyan", "a new one, long enough")
    assert (await again.http.get("/api/staff/session")).status_code == 401


@pytest.mark.browser
async def test_set_up_and_used_in_the_browser(at_work: tuple[Site, str], window: Callable[..., Any]) -> None:
    site, address = at_work
    seen = await window(address, "/staff", {"width": 1440, "height": 900})
    page = seen.page
    await page.fill("#name", "chenlu")
    await page.fill("#password", PASSWORD)
    await page.click("#enter")
    await page.wait_for_selector("#desk:not([hidden])")
    await page.goto(f"{address}/console/security")
    await seen.look_both("console-security")
    await page.click("#set-up")
    await page.wait_for_selector("#qr svg")
    await seen.look_both("console-security-begin")
    key = read(await page.inner_text("#key"))
    await page.fill("#confirm input", totp.code(key, totp.step_of(site.parts.now())))
    await page.click("#confirm .next")
    await page.wait_for_selector("#code-rows li")
    codes = await page.locator("#code-rows li").all_inner_texts()
    await seen.look_both("console-security-codes")
    await page.click("#codes [data-close]")
    await page.wait_for_selector("#factor .mark")
    await seen.look_both("console-security-on")
    await page.context.clear_cookies()
    await page.goto(f"{address}/staff")
    await page.fill("#name", "chenlu")
    await page.fill("#password", PASSWORD)
    await page.click("#enter")
    await page.wait_for_selector("#code-field:not([hidden])")
    seen.faults.clear()  # the browser logs the 401 that asks for the code
    await seen.look_both("sign-in-code")
    await page.fill("#code", codes[0])
    await page.click("#enter")
    await page.wait_for_selector("#desk:not([hidden])")
