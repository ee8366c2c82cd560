"""The sender over a channel of a few lines: order, fairness, limits, marks, and what becomes of a line that fails."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.database import Sessions, libpq_url
from app.jobs import defer_deliveries
from bot import sender as sending
from bot.alone import alone
from bot.channels.base import ChannelError, Impossible, Moved, TooFast, Unreachable
from bot.channels.telegram_residents import TelegramResidents
from bot.live import Live
from bot.messages import File, Outgoing, Sent
from bot.pace import Pace
from bot.sender import MAX_ATTEMPTS, Sender
from bot.transactions import Transactions, wake
from bot.unsent import mark_sent
from models import ChatMessage, Resident, SentFile
from simulator import acting
from simulator.server import running as simulator_running
from simulator.world import World
from tests.support.telegram import quick, until

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
SHA = "ab" * 32


class Wire:
    """A channel that notes what it sends. `troubles`: by chat, what is raised first; `holds`: who waits."""

    name = "telegram"

    def __init__(self) -> None:
        self.sent = list[tuple[str, str]]()  # (chat, text)
        self.begun = list[tuple[str, str]]()
        self.troubles = dict[str, list[Exception]]()
        self.holds = dict[str, asyncio.Event]()
        self.uploads = list[str]()

    async def send(self, out: Outgoing) -> Sent:
        self.begun.append((out.chat, out.text))
        if out.chat in self.holds:
            await self.holds[out.chat].wait()
        if self.troubles.get(out.chat):
            raise self.troubles[out.chat].pop(0)
        self.sent.append((out.chat, out.text))
        self.uploads += [file.sha256 for file in out.files if not file.number]
        return Sent([str(len(self.sent))], {file.sha256: f"n-{file.sha256}" for file in out.files})

    def to(self, chat: str) -> list[str]:
        return [said for to, said in self.sent if to == chat]


class Plain:
    """An outbox whose lines are their text; a line with a photo has one file."""

    def __init__(self) -> None:
        self.lost_chats, self.moved_chats = list[tuple[str, int]](), list[tuple[str, str]]()

    table = ChatMessage

    async def in_words(self, session: AsyncSession, rows: Sequence[ChatMessage], now: datetime) -> list[Outgoing]:
        known = {file.sha256: file.number for file in (await session.exec(select(SentFile))).all()}
        return [
            Outgoing(
                row.id or 0, row.chat, row.text, sent=row.external,
                files=[File("photo", sha, Path(), known.get(sha, "")) for sha in row.photos],
            )
            for row in rows
        ]  # fmt: skip

    async def lost(self, _: AsyncSession, rows: Sequence[Any], chat: str, reason: str, now: datetime) -> None:
        self.lost_chats.append((chat, len(rows)))

    async def moved(self, _: AsyncSession, chat: str, to: str) -> None:
        self.moved_chats.append((chat, to))


class Post:
    """Lines to write, a wire they go over, and the sender between."""

    def __init__(self, sessions: Sessions, url: str) -> None:
        self.sessions, self.url, self.wire, self.outbox, self.live = sessions, url, Wire(), Plain(), Live()
        self.transactions = Transactions(sessions, defer_deliveries)
        self.resident = uuid4()

    async def write(self, *lines: tuple[str, str], photos: Sequence[str] = ()) -> None:
        async with self.transactions.begin() as session:
            if await session.get(Resident, self.resident) is None:
                session.add(Resident(id=self.resident, channel="telegram", address="1", created_at=NOW))
                await session.flush()
            for chat, said in lines:
                session.add(
                    ChatMessage(
                        resident=self.resident, channel="telegram", chat=chat, said_by="us", text=said,
                        photos=list(photos), unique_key=str(uuid4()), at=NOW,
                    )
                )  # fmt: skip
                await session.flush()
            wake(session, "send:telegram")

    def sender(self, channel: Any = None, pace: Callable[[], Pace] = lambda: quick(1000)) -> Sender:
        return Sender(channel or self.wire, self.outbox, self.transactions, self.live, lambda: NOW, pace)

    @asynccontextmanager
    async def at_work(self, *senders: Sender) -> AsyncIterator[None]:
        listening = asyncio.create_task(self.live.run(libpq_url(self.url)))
        working = [asyncio.create_task(sender.run()) for sender in senders or (self.sender(),)]
        try:
            yield
        finally:
            for task in (*working, listening):
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task

    async def rows(self) -> list[ChatMessage]:
        async with self.sessions() as session:
            return list((await session.exec(select(ChatMessage).order_by(col(ChatMessage.id)))).all())

    async def marked(self) -> None:
        async with asyncio.timeout(10):
            while not all(row.sent_at or row.failed_at for row in await self.rows()):
                await asyncio.sleep(0.01)

    async def at_once(self) -> None:
        """Nobody waits for the next try any more."""
        async with self.sessions() as session:
            await session.execute(text("UPDATE chat_messages SET next_try_at = NULL"))
            await session.commit()


@pytest.fixture
def post(sessions: Sessions, database_url: str) -> Post:
    return Post(sessions, database_url)


async def test_each_chat_in_its_order(post: Post) -> None:
    lines = [(chat, f"{n}") for n in range(12) for chat in ("1", "2", "3")]
    await post.write(*lines)
    async with post.at_work():
        await post.marked()
    assert [post.wire.to(chat) for chat in "123"] == [[f"{n}" for n in range(12)]] * 3
    assert all(row.external for row in await post.rows())


async def test_lines_marked_by_two_at_once_are_marked_in_one_order(post: Post) -> None:
    """Each of several chats whose line failed marks what all of them sent: the same rows, in an order of their own."""
    await post.write(*((f"{n % 7}", f"{n}") for n in range(400)))
    ids = [row.id for row in await post.rows() if row.id]

    async def mark(order: list[int]) -> None:
        async with post.sessions() as session:
            await mark_sent(session, ChatMessage, dict.fromkeys(order, "[]"), NOW)
            await session.commit()

    for _ in range(5):
        await asyncio.gather(*(mark(order) for order in (ids, ids[::-1], ids[::2] + ids[1::2], ids[1::2] + ids[::2])))
    assert all(row.sent_at == NOW for row in await post.rows())


@pytest.mark.promise("R5")
async def test_a_slow_chat_holds_up_no_other(post: Post) -> None:
    post.wire.holds["slow"] = asyncio.Event()
    await post.write(*[("slow", f"{n}") for n in range(6)], *[(f"{n}", "here") for n in range(120)])
    async with post.at_work():
        await until(lambda: len(post.wire.sent) == 120, "all the others have theirs")
        assert [said for chat, said in post.wire.begun if chat == "slow"] == ["0"]
        post.wire.holds["slow"].set()
        await post.marked()
    assert post.wire.to("slow") == [f"{n}" for n in range(6)]


async def test_one_that_has_to_wait_holds_back_its_own_chat_only(post: Post) -> None:
    post.wire.troubles["1"] = [TooFast(3600)]
    await post.write(("1", "a"), ("1", "b"), ("2", "a"))
    async with post.at_work():
        await until(lambda: post.wire.to("2") == ["a"], "the other has it")
        await post.write(("1", "c"), ("2", "b"))
        await until(lambda: post.wire.to("2") == ["a", "b"], "and the next one")
    assert post.wire.to("1") == []
    assert [row.attempts for row in await post.rows()] == [0] * 5, "to wait as told is no failed attempt"
    await post.at_once()
    async with post.at_work():
        await post.marked()
    assert post.wire.to("1") == ["a", "b", "c"]


@pytest.mark.promise("R5")
async def test_no_refusal_at_all_within_the_limits(post: Post) -> None:
    """123 lines at the simulator's own limits."""
    world = World(limits=True)
    bot, people = world.add_bot(), [world.add_user(f"{n}") for n in range(60)]
    for user in people:
        acting.start(world, bot, user)
    await post.write(*[(str(user.id), said) for said in "ab" for user in people], *[(str(people[0].id), "c")] * 3)
    async with simulator_running(world) as address:
        channel = TelegramResidents(bot.token, address)
        async with post.at_work(post.sender(channel, Pace)):
            await post.marked()
        await channel.close()
    assert [call["error"] for call in world.calls if not call["ok"]] == []
    chats = [world.private_chat(bot, user).messages.values() for user in people]
    said = [[line.body["text"] for line in chat if line.sender is bot.user] for chat in chats]
    assert said == [["a", "b", "c", "c", "c"], *[["a", "b"]] * 59]


async def test_nothing_is_sent_again_while_the_database_is_away(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "AWAY_SECONDS", 0.01)
    away, mark = [True], sending.unsent.mark_sent

    async def perhaps(*given: Any) -> None:
        if away[0]:
            raise OperationalError("UPDATE", {}, Exception("gone"))
        await mark(*given)

    monkeypatch.setattr(sending.unsent, "mark_sent", perhaps)
    await post.write(("1", "a"), ("1", "b"), ("2", "a"))
    async with post.at_work():
        await until(lambda: len(post.wire.sent) == 3, "all went out")
        await post.write(("3", "a"))
        await asyncio.sleep(0.1)
        assert not any(row.sent_at for row in await post.rows())
        away[0] = False
        await post.marked()
    assert sorted(post.wire.sent) == [("1", "a"), ("1", "b"), ("2", "a"), ("3", "a")]


async def test_a_stop_lets_what_is_on_its_way_arrive_and_marks_it(post: Post) -> None:
    post.wire.holds["1"] = asyncio.Event()
    await post.write(("1", "a"), ("1", "b"))
    async with post.at_work():
        await until(lambda: post.wire.begun, "one is on its way")
        asyncio.get_running_loop().call_later(0.1, post.wire.holds["1"].set)
    assert post.wire.sent == [("1", "a")]
    assert [row.sent_at is not None for row in await post.rows()] == [True, False]
    async with post.at_work():
        await post.marked()
    assert post.wire.to("1") == ["a", "b"]


async def test_a_stop_while_news_come_is_a_stop(post: Post) -> None:
    """A wait with a time limit may lose a cancellation that comes together with what it waits for."""
    for _ in range(20):
        working = asyncio.create_task(post.sender().run())
        await asyncio.sleep(0.03)
        post.live.wake_all()
        working.cancel()
        done, _late = await asyncio.wait([working], timeout=3)
        assert done


async def test_it_is_given_up_after_the_last_attempt(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "LONGEST_WAIT", 0.02)
    post.wire.troubles["1"] = [ChannelError("500") for _ in range(MAX_ATTEMPTS)]
    await post.write(("1", "a"), ("1", "b"))
    async with post.at_work():
        await post.marked()
    first, second = await post.rows()
    assert (first.sent_at, first.failure, first.attempts) == (None, "500", MAX_ATTEMPTS - 1)
    assert second.sent_at and post.wire.to("1") == ["b"]


@pytest.mark.promise("R6")
async def test_parts_that_went_out_are_kept(post: Post) -> None:
    post.wire.troubles["1"] = [ChannelError("reset", sent=["41", "42"])]
    await post.write(("1", "a"))
    async with post.at_work():
        await until(lambda: not post.wire.troubles["1"], "it failed half way")
        async with asyncio.timeout(5):
            while (await post.rows())[0].external != ["41", "42"]:
                await asyncio.sleep(0.01)


@pytest.mark.promise("R7")
async def test_who_cannot_be_reached_is_tried_once(post: Post) -> None:
    post.wire.troubles["1"] = [Unreachable("Forbidden: bot was blocked by the user")]
    await post.write(("1", "a"), ("1", "b"), ("2", "a"))
    async with post.at_work():
        await post.marked()
    assert [chat for chat, _ in post.wire.begun].count("1") == 1
    assert post.outbox.lost_chats == [("1", 2)]
    assert [bool(row.failed_at) for row in await post.rows()] == [True, True, False]


async def test_a_chat_that_moved_takes_its_lines_along(post: Post) -> None:
    post.wire.troubles["-1"] = [Moved("-1001")]
    await post.write(("-1", "a"), ("-1", "b"))
    async with post.at_work():
        await post.marked()
    assert (post.wire.to("-1001"), post.outbox.moved_chats) == (["a", "b"], [("-1", "-1001")])


async def test_a_file_goes_up_once_and_again_when_its_number_is_refused(post: Post) -> None:
    async with post.at_work():
        await post.write(("1", "a"), photos=[SHA])
        await post.marked()
        await post.write(("2", "a"), photos=[SHA])
        await post.marked()
        assert post.wire.uploads == [SHA], "the second time by its number"
        post.wire.troubles["3"] = [Impossible("wrong file identifier")]
        await post.write(("3", "a"), photos=[SHA])
        await post.marked()
        await post.write(("4", "a"), photos=[SHA])
        await post.marked()
    assert post.wire.uploads == [SHA, SHA]
    assert [bool(row.failed_at) for row in await post.rows()] == [False, False, True, False]


async def test_two_senders_one_works_and_the_other_takes_over(post: Post) -> None:
    await post.write(*[(f"{n % 7}", f"{n}") for n in range(40)])
    url, listening = libpq_url(post.url), asyncio.create_task(post.live.run(libpq_url(post.url)))
    two = [asyncio.create_task(alone(url, "send:telegram", post.sender(pace=lambda: quick(100)).run)) for _ in range(2)]
    try:
        await until(lambda: len(post.wire.sent) > 15, "one of them works")
        for first in two:  # whichever it is: one after the other, and another one comes
            first.cancel()
            await asyncio.wait([first])
            two.append(asyncio.create_task(alone(url, "send:telegram", post.sender().run)))
            if len(two) == 4:
                break
        await post.marked()
    finally:
        for task in (*two, listening):
            task.cancel()
        await asyncio.wait([*two, listening])
    assert sorted(post.wire.sent, key=lambda one: int(one[1])) == [(f"{n % 7}", f"{n}") for n in range(40)]
    for chat in range(7):
        assert post.wire.to(str(chat)) == sorted(post.wire.to(str(chat)), key=int)
