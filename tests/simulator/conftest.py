"""A simulator in this test's loop, one bot, one person who has started it, and both libraries' clients."""

import io
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import pytest
from PIL import Image

from simulator import acting
from simulator.bots import Bot
from simulator.chats import Chat, User
from simulator.server import running
from simulator.world import Pace, World

if not (find_spec("aiogram") and find_spec("telegram")):  # drawn in by the bots; without them there is no proof to run
    collect_ignore_glob = ["test_*.py"]


@dataclass
class Stage:
    world: World
    address: str
    bot: Bot
    user: User
    chat: Chat


@pytest.fixture(autouse=True)
def spans(monkeypatch: pytest.MonkeyPatch) -> None:
    """python-telegram-bot warns until one asks for time spans."""
    monkeypatch.setenv("PTB_TIMEDELTA", "true")


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    world = World(limits=False, pace=Pace(webhook_timeout=20, webhook_retry=0.02))
    bot, user = world.add_bot(username="fengqiao_bot"), world.add_user("桂兰", username="guilan")
    acting.start(world, bot, user)
    bot.updates.pending.clear()
    async with running(world) as address:
        yield Stage(world, address, bot, user, world.private_chat(bot, user))


@pytest.fixture
async def client(stage: Stage) -> AsyncIterator[Callable[..., Any]]:
    """`await client("ptb")`: that library's client of the stage's bot, or of another."""
    opened = []

    async def open_(name: str, bot: Bot | None = None, seconds: float = 10) -> Any:
        from tests.simulator.kits import KITS

        kit = KITS[name]((bot or stage.bot).token, stage.address, seconds)
        opened.append(kit)
        await kit.open()
        return kit

    yield open_
    for kit in opened:
        await kit.close()


@pytest.fixture(params=["aiogram", "ptb"])
async def kit(request: pytest.FixtureRequest, client: Callable[..., Any]) -> Any:
    return await client(request.param)


@pytest.fixture
def jpeg() -> bytes:
    return picture(640, 480)


def picture(wide: int, high: int, colour: str = "#7a8b6f") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (wide, high), colour).save(out, "JPEG")
    return out.getvalue()
