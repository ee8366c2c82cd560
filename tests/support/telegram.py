"""The whole program with both bots on a simulator of the Bot API, and people with phones."""

import asyncio
import io
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import uvicorn
from PIL import Image
from sqlmodel import col, select

from bot import transcript
from bot.channels.base import Channel
from bot.messages import Say
from bot.pace import Limit
from bot.pace import Pace as Sending
from models import Resident
from simulator import acting
from simulator.bots import Bot
from simulator.calls import Upload
from simulator.chats import Message
from simulator.server import running as simulator_running
from simulator.world import Pace, World
from tests.support.site import Site, running

RESIDENT_TOKEN, STAFF_TOKEN = "7000000001:residents-bot", "7000000002:staff-bot"
PATIENCE = 15.0  # a machine with other things to do


class Phone:
    """Somebody's chat with one bot, as they see it."""

    def __init__(self, world: World, bot: Bot, name: str = "桂兰", language: str = "zh-hans") -> None:
        self.world, self.bot = world, bot
        self.user = world.add_user(name, language_code=language)
        self.chat = world.private_chat(bot, self.user)
        self.patience = PATIENCE

    def start(self, payload: str = "") -> None:
        acting.start(self.world, self.bot, self.user, payload)

    def say(self, text: str, reply_to: int | None = None) -> Message:
        return acting.say(self.world, self.chat, self.user, text, reply_to)

    def send_photos(self, count: int = 1, caption: str = "") -> list[Message]:
        pictures = [Upload(f"{n}.jpg", jpeg(n), "image/jpeg") for n in range(count)]
        return acting.send_photos(self.world, self.chat, self.user, pictures, caption)

    def send_location(self, lon: float, lat: float) -> None:
        acting.send_location(self.world, self.chat, self.user, lat, lon)

    def send_voice(self, seconds: int = 4) -> None:
        voice = Upload("voice.ogg", b"OggS" + bytes(2000), "audio/ogg")
        acting.send_file(self.world, self.chat, self.user, "voice", voice, duration=seconds)

    def edit(self, message: Message, text: str) -> None:
        acting.edit(self.world, message, text)

    @property
    def lines(self) -> list[Message]:
        """What the bot wrote, as it stands now."""
        return [message for message in self.chat.messages.values() if message.sender is self.bot.user]

    @property
    def texts(self) -> list[str]:
        return [words(message) for message in self.lines]

    async def hears(self, part: str, times: int = 1) -> Message:
        """The last line with these words in it, once there are so many; fails with what there is."""
        until = time.monotonic() + self.patience
        while time.monotonic() < until:
            found = [message for message in self.lines if part in words(message)]
            if len(found) >= times:
                return found[-1]
            await self.world.bell.wait(0.2)
        raise AssertionError(f"{part!r} was not heard {times}×: {self.texts}")

    def buttons(self, message: Message) -> list[str]:
        return [key["text"] for row in (message.markup or {}).get("inline_keyboard", []) for key in row]

    async def press(self, label: str, message: Message | None = None) -> Any:
        """The newest button of this name, once it is there."""
        until = time.monotonic() + self.patience
        while time.monotonic() < until:
            shown = [line for line in ([message] if message else reversed(self.lines)) if label in self.buttons(line)]
            if shown:
                return self.press_now(label, shown[0])
            await self.world.bell.wait(0.2)
        raise AssertionError(f"no button {label!r}: {[(words(m), self.buttons(m)) for m in self.lines[-3:]]}")

    def press_now(self, label: str, message: Message) -> Any:
        return acting.press(self.world, self.bot, self.chat, self.user, message.id, label)


async def until(there: Callable[[], object], what: str, seconds: float = PATIENCE) -> None:
    """Looked at often: what is waited for rings no bell of ours."""
    end = time.monotonic() + seconds
    while not there():
        assert time.monotonic() < end, f"not in {seconds:g} s: {what}"
        await asyncio.sleep(0.01)


def words(message: Message) -> str:
    return str(message.body.get("text", message.body.get("caption", "")))


def jpeg(n: int = 0) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (320, 240), (40 + n * 20 % 200, 90, 120)).save(out, "JPEG")
    return out.getvalue()


class Telegram:
    """The program, the simulator, its two bots."""

    def __init__(self, site: Site, world: World, address: str) -> None:
        self.site, self.world, self.address = site, world, address
        self.residents, self.staff = world.bot(RESIDENT_TOKEN), world.bot(STAFF_TOKEN)

    def resident(self, name: str = "桂兰", language: str = "zh-hans") -> Phone:
        return Phone(self.world, self.residents, name, language)

    async def worker(self, code: str, name: str = "李敏") -> Phone:
        """Somebody of the staff with their chat bound by a link."""
        from bot.desk import binding
        from models import Person

        phone, parts = Phone(self.world, self.staff, name), self.site.parts
        async with parts.transactions.begin() as session:
            token = await binding.new_link(session, await session.get_one(Person, code), parts.now())
        phone.start(token)
        await phone.hears("")
        return phone

    @property
    def channel(self) -> Channel:
        """The residents'."""
        return next(bot.channel for bot in self.site.parts.bots if bot.channel.name == "telegram")

    async def tell(self, *addresses: str, key: str = "help") -> None:
        """A line to each of these chats, of people the bot has met, all in one commit."""
        parts = self.site.parts
        async with parts.transactions.begin() as session:
            chosen = select(Resident).where(Resident.channel == "telegram", col(Resident.address).in_(addresses))
            for resident in (await session.exec(chosen)).all():
                await transcript.said(session, resident, Say(key), f"test:{uuid4()}", parts.now())

    async def settle(self) -> None:
        """Everything delivered and sent."""
        await self.site.settle()
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            if not await self.site.unsent():
                return
            await asyncio.sleep(0.05)
        raise AssertionError("lines are still unsent")


def quick(rate: float) -> Sending:
    """What people never wait for in a test: their own limit of a message a second."""
    return Sending(rate, chat=Limit(1000, 1000), group=Limit(1000, 1000))


def a_world(limits: bool = False, pace: Pace | None = None) -> World:
    """Telegram with our two bots on it, in a hurry unless told otherwise."""
    world = World(limits=limits, pace=pace or Pace(webhook_timeout=20, webhook_retry=0.05))
    world.add_bot(RESIDENT_TOKEN, "fengqiao_bot")
    world.add_bot(STAFF_TOKEN, "fengqiao_staff_bot")
    return world


def a_door() -> socket.socket:
    """Where a site can be found, whoever stands behind it just now: those who come meanwhile wait."""
    return socket.create_server(("127.0.0.1", 0), backlog=512)


@asynccontextmanager
async def telegram_running(
    url: str, folder: Path, clock: Callable[[], datetime], *, world: World | None = None, **given: Any
) -> AsyncIterator[Telegram]:
    """The simulator, and one program on it; `given` as in `program`."""
    world = world or a_world()
    async with simulator_running(world) as address, program(url, folder, clock, world, address, **given) as telegram:
        yield telegram


@asynccontextmanager
async def program(
    url: str,
    folder: Path,
    clock: Callable[[], datetime],
    world: World,
    address: str,
    *,
    mode: str = "polling",
    door: socket.socket | None = None,
    residents_by: type | None = None,
    keeps_pace: bool = False,
    **given: Any,
) -> AsyncIterator[Telegram]:
    """One program. `residents_by`: another class for the residents' channel. Several programs may share a `door`, as
    they share a database. `keeps_pace`: a message a second to a chat, as Telegram wants it."""
    settings = {
        "telegram_resident_token": RESIDENT_TOKEN, "telegram_staff_token": STAFF_TOKEN, "telegram_mode": mode,
        "telegram_api_base": address, "telegram_messages_per_second": 29 if world.limits.on else 1000,
    }  # fmt: skip
    async with AsyncExitStack() as stack:
        if mode == "webhook":
            door = door or stack.enter_context(a_door())
            settings["public_url"] = "http://127.0.0.1:{1}".format(*door.getsockname())
        with pytest.MonkeyPatch.context() as patch:  # while it is built: programs do not end in the order they began
            if residents_by:
                patch.setattr("bot.channels.telegram_residents.TelegramResidents", residents_by)
            if not keeps_pace:
                patch.setattr("app.bots.Pace", quick)
            site = await stack.enter_async_context(running(url, folder, clock, **{**settings, **given}))
        if door:
            await stack.enter_async_context(listening(site.transport.app, door))
        yield Telegram(site, world, address)


@asynccontextmanager
async def listening(app: Any, door: socket.socket) -> AsyncIterator[None]:
    """The site behind a door in this loop; the door itself stays open."""
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, lifespan="off"))
    server.config.load()
    server.lifespan = server.config.lifespan_class(server.config)
    own = door.dup()
    await server.startup(sockets=[own])
    try:
        yield
    finally:
        await server.shutdown(sockets=[own])
