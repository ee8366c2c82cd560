"""A chat ends with what ends a session, and where a second factor was to be shown and was not."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from app.passwords import reset_factor
from tests.bot.desk.conftest import Bound
from tests.bot.desk.phones import PHONES, Phone, Post, phone
from tests.bot.desk.test_binding import STRANGER, chats, link
from tests.support.clock import Clock
from tests.support.site import Site, running
from tests.web.test_sign_in import now_code, read

ANEW = "您的登录验证方式变了，这个对话已解除绑定。请登录办理页，点“绑定 Telegram”，重新绑定一次。"
CHANGES = {
    "another role": "role = 'clerk'",
    "no more at work": "active = false",
    "a new password": "password_hash = 'x'",
}  # fmt: skip


@pytest.fixture
async def strict(town_url: str, tmp_path: Path, clock: Clock) -> AsyncIterator[Site]:
    """As it is after the setting was changed: the chats are those of before."""
    async with running(town_url, tmp_path, clock, staff_totp="required") as site:
        yield site


@pytest.fixture
def at_desk(strict: Site) -> Iterator[Bound]:
    """As `bound`, in that town."""
    post = Post(strict)

    async def bind(person: str, chat: str) -> Phone:
        return await phone(post, chat).bind(person)

    yield bind
    PHONES.clear()


async def minute(site: Site) -> None:
    await site.parts.queue.tasks["sign_in"].func(0)


async def set_up(site: Site, name: str) -> bytes:
    staff = (await site.staff(name)).http
    key = read((await staff.post("/console/security/factor")).json()["key"])
    assert (await staff.post("/console/security/factor/confirm", json={"code": now_code(key, site)})).is_success
    return key


@pytest.mark.parametrize("what", CHANGES)
async def test_whoever_is_somebody_else_from_now_on_binds_anew(site: Site, bound: Bound, what: str) -> None:
    """Whichever program writes it; the link they had opens nothing either."""
    mine, token = await bound("limin", "11"), await link(site, "limin")
    await bound("chenlu", "22")
    async with site.parts.transactions.begin() as session:
        await session.execute(text("update people set name = name || '' where code = 'limin'"))
    assert await chats(site) == {"11": "limin", "22": "chenlu"}
    async with site.parts.transactions.begin() as session:
        await session.execute(text(f"update people set {CHANGES[what]} where code = 'limin'"))
    assert await chats(site) == {"22": "chenlu"}
    assert await mine.say("/tasks") == [STRANGER]
    await phone(mine.post, "33").start(token)
    assert await chats(site) == {"22": "chenlu"}


async def test_a_chat_from_before_it_was_needed_is_let_go(strict: Site, at_desk: Bound, clock: Clock) -> None:
    worker, leader = await at_desk("limin", "11"), await at_desk("wangxing", "22")
    assert await chats(strict) == {"11": "limin", "22": "wangxing"}
    await minute(strict)
    assert await chats(strict) == {"11": "limin"}
    assert await leader.look() == [ANEW] and await worker.look() == []
    assert await leader.say("/tasks") == [STRANGER]
    clock.forward(minutes=1)
    await set_up(strict, "wangxing")
    await at_desk("wangxing", "22")
    clock.forward(minutes=1)
    await minute(strict)
    assert await chats(strict) == {"11": "limin", "22": "wangxing"}


async def test_a_session_from_before_the_rank_needed_a_factor_sets_one_up(strict: Site) -> None:
    staff, worker = (await strict.staff("wangxing")).http, (await strict.staff("limin")).http
    async with strict.parts.transactions.begin() as session:
        await session.execute(text("update staff_sessions set proven = true"))  # as it was when it was not needed
    assert (await staff.get("/api/staff/tasks")).status_code == 200
    await minute(strict)
    assert (await staff.get("/api/staff/tasks")).status_code == 403
    assert (await worker.get("/api/staff/tasks")).status_code == 200


async def test_whoever_sets_one_up_binds_anew_and_whoever_loses_it_too(site: Site, bound: Bound, clock: Clock) -> None:
    """The telephone that is lost has both the authenticator and the chat."""
    mine, token = await bound("limin", "11"), await link(site, "limin")
    await set_up(site, "limin")
    assert (await chats(site), await mine.look()) == ({}, [ANEW])
    await phone(mine.post, "33").start(token)  # asked for by who had not shown it
    assert await chats(site) == {}
    clock.forward(minutes=1)
    await mine.bind("limin")
    await minute(site)
    assert await chats(site) == {"11": "limin"}
    assert await reset_factor(site.parts.url, "limin")
    assert await chats(site) == {}


async def test_put_off_where_it_is_needed_ends_the_chat(strict: Site, at_desk: Bound, clock: Clock) -> None:
    staff = (await strict.staff("wangxing")).http
    key = read((await staff.post("/console/security/factor")).json()["key"])
    await staff.post("/console/security/factor/confirm", json={"code": now_code(key, strict)})
    clock.forward(minutes=1)
    await at_desk("wangxing", "22")
    off = await staff.post("/console/security/factor/off", json={"code": now_code(key, strict)})
    assert (off.status_code, await chats(strict)) == (204, {})


async def test_many_are_let_go_and_one_in_use_is_not_waited_for(strict: Site, at_desk: Bound) -> None:
    for n in range(3):
        await at_desk("wangxing", str(n))
    async with strict.parts.sessions() as talking:
        await talking.execute(text("SELECT FROM desk_chats WHERE address = '0' FOR UPDATE"))
        await minute(strict)
        await talking.rollback()
    assert await chats(strict) == {"0": "wangxing"}
    await minute(strict)
    assert await chats(strict) == {}
