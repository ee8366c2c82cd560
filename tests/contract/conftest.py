"""The residents' bot four times: over each library, by polling and by a webhook. What holds for one holds for all.

`telegram` is a program of the module's own, for stories that do not mind each other; `way` is for those that start one.
"""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from app.database import Server
from bot.channels.base import Channel
from tests.support import databases
from tests.support.clock import Clock
from tests.support.telegram import Telegram, telegram_running


@dataclass(frozen=True)
class Way:
    library: str
    mode: str

    def __str__(self) -> str:
        return f"{self.library}-{self.mode}"

    @property
    def given(self) -> dict[str, Any]:
        """The staff's bot stays at home: its number is not this suite's subject."""
        return {"mode": self.mode, "residents_by": CLASSES[self.library](), "telegram_staff_token": None}


def by_ptb() -> type[Channel]:
    """The staff's library in the residents' place."""
    from bot.channels.telegram_staff import TelegramStaff

    return type("ResidentsByPtb", (TelegramStaff,), {"name": "telegram"})


CLASSES: dict[str, Callable[[], type[Channel] | None]] = {"aiogram": lambda: None, "ptb": by_ptb}
WAYS = [Way(library, mode) for library in CLASSES for mode in ("polling", "webhook")]


@pytest.fixture(scope="module", params=WAYS, ids=str)
def way(request: pytest.FixtureRequest) -> Way:
    given: Way = request.param
    return given


@pytest.fixture(scope="module")
async def shared_telegram(
    way: Way, server: Server, town_template: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Telegram]:
    with databases.copy(server, town_template) as url:
        async with telegram_running(url, tmp_path_factory.mktemp("site"), Clock(), **way.given) as telegram:
            yield telegram


@pytest.fixture
async def telegram(shared_telegram: Telegram) -> Telegram:
    """What earlier stories told lies nowhere near."""
    await shared_telegram.site.apart()
    return shared_telegram
