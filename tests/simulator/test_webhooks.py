"""Webhook delivery: the secret, the order, and again until it is taken."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from simulator import acting
from simulator.calls import Call
from simulator.webhooks import Hook
from tests.simulator.conftest import Stage

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"
BROKEN = b"HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\n\r\n"


class Ear:
    """A bot's endpoint: remembers what came, answers what `answers` says, 200 after that."""

    def __init__(self) -> None:
        self.heard: list[tuple[dict[str, str], dict[str, Any]]] = []
        self.answers: list[bytes | None] = []
        self.news = asyncio.Event()
        self.url = ""
        self.together: asyncio.Barrier | None = None  # answers wait for one another
        self.writers = list[asyncio.StreamWriter]()

    async def listen(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        import json

        self.writers.append(writer)
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = [line.partition(": ") for line in head.decode().split("\r\n")[1:] if line]
                headers = {name.lower(): value for name, _, value in lines}
                body = json.loads(await reader.readexactly(int(headers["content-length"])))
                self.heard.append((headers, body))
                self.news.set()
                if self.together and len(self.heard) <= self.together.parties:
                    await self.together.wait()
                answer = self.answers.pop(0) if self.answers else OK
                if answer is None:
                    continue  # and never answer
                writer.write(answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def hang_up(self) -> None:
        for writer in self.writers:
            writer.close()

    async def until(self, count: int) -> list[dict[str, Any]]:
        async with asyncio.timeout(30):
            while len(self.heard) < count:
                self.news.clear()
                await self.news.wait()
        return [body for _, body in self.heard]


@pytest.fixture
async def ear() -> AsyncIterator[Ear]:
    ear = Ear()
    server = await asyncio.start_server(ear.listen, "127.0.0.1", 0)
    ear.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/telegram"
    yield ear
    server.close()


async def nobody(_: Call) -> None:
    """Nothing is called in an answer."""


async def settled(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.01)


async def test_delivered_with_the_secret_and_read(kit: Any, stage: Stage, ear: Ear) -> None:
    await kit.bot.set_webhook(ear.url, secret_token="s3cret_-", allowed_updates=["message"], max_connections=3)
    acting.say(stage.world, stage.chat, stage.user, "灯坏了")
    [body] = await ear.until(1)
    assert ear.heard[0][0]["x-telegram-bot-api-secret-token"] == "s3cret_-"
    assert ear.heard[0][0]["content-type"] == "application/json"
    assert kit.read(body).message.text == "灯坏了"
    await settled(lambda: not stage.bot.updates.pending)
    info = await kit.bot.get_webhook_info()
    assert (info.url, info.pending_update_count, info.max_connections) == (ear.url, 0, 3)
    assert list(info.allowed_updates) == ["message"] and info.last_error_message is None


async def test_refused_then_taken(kit: Any, stage: Stage, ear: Ear) -> None:
    ear.answers = [BROKEN, BROKEN, BROKEN]
    await kit.bot.set_webhook(ear.url)
    acting.say(stage.world, stage.chat, stage.user, "一")
    bodies = await ear.until(4)
    assert len({body["update_id"] for body in bodies}) == 1
    await settled(lambda: not stage.bot.updates.pending)
    info = await kit.bot.get_webhook_info()
    assert info.last_error_message == "Wrong response from the webhook: 500 Internal Server Error"


async def test_redelivered_after_silence(kit: Any, stage: Stage, ear: Ear) -> None:
    ear.answers = [None]
    stage.world.pace.webhook_timeout = 1.0
    await kit.bot.set_webhook(ear.url)
    acting.say(stage.world, stage.chat, stage.user, "一")
    await ear.until(2)
    assert (await kit.bot.get_webhook_info()).last_error_message == "Read timeout expired"


async def test_a_chats_updates_wait_for_one_another_others_do_not(kit: Any, stage: Stage, ear: Ear) -> None:
    ear.answers = [BROKEN]
    other = stage.world.add_user("李勇")
    acting.say(stage.world, stage.chat, stage.user, "一")
    acting.say(stage.world, stage.chat, stage.user, "二")
    acting.say(stage.world, stage.world.private_chat(stage.bot, other), other, "别人")
    await kit.bot.set_webhook(ear.url)
    bodies = await ear.until(4)
    mine = [body["message"]["text"] for body in bodies if body["message"]["chat"]["id"] == stage.user.id]
    assert mine[-1] == "二" and "二" not in mine[:-1]
    assert [body["message"]["text"] for body in bodies].count("别人") >= 1


async def test_a_closed_door_keeps_everything(kit: Any, stage: Stage, ear: Ear) -> None:
    await kit.bot.set_webhook("http://127.0.0.1:9/nobody")
    acting.say(stage.world, stage.chat, stage.user, "一")
    await settled(lambda: stage.bot.hook is not None and stage.bot.hook.last_error is not None)
    info = await kit.bot.get_webhook_info()
    assert (info.pending_update_count, info.last_error_message) == (1, "Connection refused")
    await kit.bot.delete_webhook()
    assert [update.message.text for update in await kit.bot.get_updates()] == ["一"]


async def test_a_call_in_the_answer(kit: Any, stage: Stage, ear: Ear) -> None:
    said = b'{"method": "sendMessage", "chat_id": %d, "text": "ok"}' % stage.user.id
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(said)
    ear.answers = [head + said]
    await kit.bot.set_webhook(ear.url)
    acting.say(stage.world, stage.chat, stage.user, "一")
    await settled(lambda: stage.chat.messages.get(3) is not None)
    assert stage.chat.messages[3].body["text"] == "ok"


async def test_pending_ones_may_be_dropped(kit: Any, stage: Stage, ear: Ear) -> None:
    acting.say(stage.world, stage.chat, stage.user, "旧")
    await kit.bot.set_webhook(ear.url, drop_pending_updates=True)
    acting.say(stage.world, stage.chat, stage.user, "新")
    [body] = await ear.until(1)
    assert body["message"]["text"] == "新"


@pytest.mark.parametrize("turns", range(2, 14))
async def test_ended_while_it_cleans_up_it_leaves_no_connection(turns: int, stage: Stage, ear: Ear) -> None:
    """Idle connections the bot's side has closed are closed by the next delivery; nothing may stop it half way."""
    crowd, ear.together = 6, asyncio.Barrier(6)
    hook = Hook(stage.bot.updates, ear.url, "", 40, nobody, stage.world.pace)
    for lane in range(crowd):
        stage.bot.updates.put_raw({"message": {}}, lane)
    await ear.until(crowd)
    await settled(lambda: not stage.bot.updates.pending)
    lines = [c._connection._network_stream._stream._transport for c in hook.client._transport._pool._connections]  # type: ignore[attr-defined]
    assert len(lines) == crowd
    ear.hang_up()
    await asyncio.sleep(0.01)
    stage.bot.updates.put_raw({"message": {}}, "one more")
    for _ in range(turns):
        await asyncio.sleep(0)
    await hook.stop()
    assert [line for line in lines if not line.is_closing()] == []
