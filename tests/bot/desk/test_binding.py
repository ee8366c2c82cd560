"""Whose chat it is: one link, once, for ten minutes; everybody else learns how to get one and nothing more."""

import pytest
from sqlmodel import col, select

from bot.desk import binding
from cases.errors import NotAllowed
from models import BindingLink, DeskChat, DeskMessage, Person
from tests.bot.desk.conftest import Bound
from tests.bot.desk.phones import Post, phone
from tests.support.clock import Clock
from tests.support.site import Site

WRONG = "这个链接用不了了。请登录办理页，点“绑定 Telegram”，重新取一个，10 分钟内打开。"
STRANGER = "您好，这里是工作人员办理工单的地方。请登录办理页，点“绑定 Telegram”，用那里的链接打开。"


async def link(site: Site, person: str) -> str:
    async with site.parts.transactions.begin() as session:
        return await binding.new_link(session, await session.get_one(Person, person), site.parts.now())


async def chats(site: Site) -> dict[str, str]:
    async with site.parts.sessions() as session:
        return {chat.address: chat.person for chat in (await session.exec(select(DeskChat))).all()}


async def test_a_link_binds_one_chat_once(site: Site, post: Post) -> None:
    token = await link(site, "limin")
    assert len(token) == 32 and token.isalnum() and token.isascii()
    mine, other = phone(post, "11"), phone(post, "22")
    assert await mine.start(token) == [
        "李敏，绑定好了。新任务会发到这里，点按钮就能办。\n/tasks 看待办，/help 看用法。"
    ]
    assert await other.start(token) == [WRONG]
    await mine.start(token)  # the same link opened again in the same chat
    assert await chats(site) == {"11": "limin"}


async def test_only_the_hash_of_a_token_is_kept(site: Site, post: Post) -> None:
    token = await link(site, "limin")
    await phone(post, "11").start(token)
    async with site.parts.sessions() as session:
        rows = [*(await session.exec(select(BindingLink))).all(), *(await session.exec(select(DeskMessage))).all()]
    assert rows and not [row for row in rows if token in row.model_dump_json()]


async def test_a_link_is_good_for_ten_minutes(site: Site, post: Post, clock: Clock) -> None:
    in_time, late = await link(site, "limin"), await link(site, "limin")
    clock.forward(minutes=10)
    await phone(post, "11").start(in_time)
    clock.forward(seconds=1)
    assert await phone(post, "22").start(late) == [WRONG]
    assert await chats(site) == {"11": "limin"}


@pytest.mark.parametrize("token", ["x" * 32, "1", "../../etc", "枫" * 64, "\x00\ud800"])
async def test_a_made_up_token_binds_nothing(site: Site, post: Post, token: str) -> None:
    assert await phone(post, "11").start(token) == [WRONG]
    assert await chats(site) == {}


async def test_many_wrong_tokens_are_answered_once_a_minute(post: Post, clock: Clock) -> None:
    stranger = phone(post, "11")
    answers = [await stranger.start("y" * 32) for _ in range(5)]
    clock.forward(minutes=1)
    assert [*answers, await stranger.start("y" * 32)] == [[WRONG], [], [], [], [], [WRONG]]


async def test_whoever_has_left_gets_no_link_and_uses_none(site: Site, post: Post, bound: Bound) -> None:
    before, token = await bound("limin"), await link(site, "limin")
    async with site.parts.transactions.begin() as session:
        person = await session.get_one(Person, "limin")
        person.active = False
    with pytest.raises(NotAllowed, match=r"task\.not_active"):
        await link(site, "limin")
    assert await phone(post, "22").start(token) == [WRONG]
    assert await before.say("/tasks") == [STRANGER]


async def test_several_chats_of_one_person_and_one_person_of_a_chat(site: Site, post: Post, bound: Bound) -> None:
    await bound("limin", "11")
    await bound("limin", "22")
    await bound("xiayonggang", "22")
    assert await chats(site) == {"11": "limin", "22": "xiayonggang"}


async def test_nothing_meant_for_the_one_before_reaches_the_next(site: Site, post: Post, bound: Bound) -> None:
    shared = await bound("limin", "11")
    resident = await site.resident("B0103")
    number = await resident.file("楼下烧烤店油烟太大")
    await site.settle()  # the card is written, not yet sent
    token = await link(site, "xucuilian")
    async with site.parts.transactions.begin() as session:
        await binding.bind(session, token, "telegram-staff", "11", site.parts.now())
    await shared.look()
    assert not [screen for screen in shared.screens.values() if number in screen.text]


async def test_stop_unbinds(site: Site, post: Post, bound: Bound) -> None:
    mine = await bound("limin", "11")
    assert await mine.say("/stop") == ["已解除绑定，不会再往这里发任务。要再用，请登录办理页重新取链接。"]
    assert await chats(site) == {}
    assert await mine.say("/tasks") == [STRANGER]
    resident = await site.resident("B0103")
    await resident.file("楼下烧烤店油烟太大")
    assert await mine.look() == []


async def test_a_stranger_learns_nothing(site: Site, post: Post, bound: Bound) -> None:
    """Whatever they send: one line an hour; no photo is fetched, no button of somebody else works."""
    worker, stranger = await bound("limin", "11"), phone(post, "99")
    resident = await site.resident("B0103")
    number = await resident.file("楼下烧烤店油烟太大")
    await worker.look()
    fetched = list(post.files)
    said = [
        await stranger.say("/tasks"),
        await stranger.say(number),
        await stranger.send_photo("看看"),
        await stranger.arrive(choice=worker.token("签收"), query="q"),
        await stranger.arrive(voice="v", seconds=3),
        await stranger.arrive(edits="n1", text="/models"),
        await stranger.start(),
    ]
    assert said == [[STRANGER], [], [], [], [], [], []] and stranger.toast == ""
    assert not fetched
    async with site.parts.sessions() as session:
        theirs = (await session.exec(select(DeskMessage).where(DeskMessage.chat == "99"))).all()
    assert [(row.person, row.said_by, row.text) for row in theirs] == [(None, "us", "")]
    assert (await (await site.staff("limin")).case(number))["case"]["status"] == "dispatched"


async def test_a_button_of_a_colleague_does_nothing_here(site: Site, bound: Bound) -> None:
    worker, colleague = await bound("limin"), await bound("xiayonggang")
    resident = await site.resident("B0103")
    number = await resident.file("楼下烧烤店油烟太大")
    await worker.look()
    said = await colleague.arrive(choice=worker.token("签收"), query="q")
    assert said == ["这个按钮已经过期了，什么都没有变。/tasks 看待办。"]
    assert (await (await site.staff("limin")).case(number))["case"]["status"] == "dispatched"


async def test_groups_are_left_alone(post: Post, bound: Bound) -> None:
    await bound("limin", "11")
    assert await phone(post, "11").arrive(text="/tasks", private=False) == []


async def test_blocked_and_back(site: Site, bound: Bound) -> None:
    """Nothing is written for a chat that cannot be reached; the staff page still has it."""
    worker = await bound("limin", "11")
    await worker.arrive(reachable=False)
    resident = await site.resident("B0103")
    number = await resident.file("楼下烧烤店油烟太大")
    assert await worker.look() == []
    await worker.arrive(reachable=True)
    assert number in (await worker.say("/tasks"))[0]


async def test_unsent_lines_of_an_unbound_chat_are_put_away(site: Site, bound: Bound) -> None:
    worker = await bound("limin", "11")
    resident = await site.resident("B0103")
    await resident.file("楼下烧烤店油烟太大")
    await site.settle()
    await worker.post.door.receive(worker.arrival(key="stop", text="/stop"))
    async with site.parts.sessions() as session:
        left = select(DeskMessage).where(DeskMessage.person == "limin", col(DeskMessage.sent_at).is_(None))
        rows = (await session.exec(left)).all()
    assert rows and {row.failure for row in rows} == {"unbound"}
