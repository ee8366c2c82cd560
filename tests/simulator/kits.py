"""The same wish in two libraries: what a test asks for, as aiogram and as python-telegram-bot send it."""

from collections.abc import Awaitable
from datetime import timedelta
from typing import Any, cast

import aiogram
import telegram
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import TelegramAPIError, TelegramRetryAfter
from telegram.error import RetryAfter, TelegramError
from telegram.request import HTTPXRequest


class Aiogram:
    name = "aiogram"
    types = aiogram.types

    def __init__(self, token: str, address: str, seconds: float = 10) -> None:
        session = AiohttpSession(api=TelegramAPIServer.from_base(address), timeout=seconds)
        self.bot = aiogram.Bot(token, session=session)

    async def open(self) -> None: ...

    async def close(self) -> None:
        if self.bot.session._session:  # its own close() waits a quarter of a second for TLS, of which there is none
            await self.bot.session._session.close()

    def file(self, content: bytes, name: str) -> Any:
        return aiogram.types.BufferedInputFile(content, name)

    part = file  # inside an InputMedia

    def read(self, update: dict[str, Any]) -> Any:
        return aiogram.types.Update.model_validate(update, context={"bot": self.bot})

    async def download(self, file_id: str) -> bytes:
        out = await self.bot.download(file_id)
        assert out is not None
        return out.read()


class Ptb:
    name = "ptb"
    types = telegram

    def __init__(self, token: str, address: str, seconds: float = 10) -> None:
        def line() -> HTTPXRequest:
            return HTTPXRequest(read_timeout=seconds, httpx_kwargs={"trust_env": False, "verify": False})

        self.bot = telegram.Bot(
            token,
            base_url=f"{address}/bot",
            base_file_url=f"{address}/file/bot",
            request=line(),
            get_updates_request=line(),
        )

    async def open(self) -> None:
        await self.bot.initialize()

    async def close(self) -> None:
        await self.bot.shutdown()

    def file(self, content: bytes, name: str) -> Any:
        return telegram.InputFile(content, name)

    def part(self, content: bytes, name: str) -> Any:
        return telegram.InputFile(content, name, attach=True)

    def read(self, update: dict[str, Any]) -> Any:
        return telegram.Update.de_json(update, self.bot)

    async def download(self, file_id: str) -> bytes:
        return bytes(await (await self.bot.get_file(file_id)).download_as_bytearray())


KITS = {"aiogram": Aiogram, "ptb": Ptb}


def inline(kit: Any, *labels: str, **more: Any) -> Any:
    """One row of buttons whose data is their label."""
    button = kit.types.InlineKeyboardButton
    return kit.types.InlineKeyboardMarkup(
        inline_keyboard=[[button(text=one, callback_data=one, **more) for one in labels]]
    )


class Loosely(str):
    """python-telegram-bot changes the case of what the server says."""

    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and self.lower() == other.lower()


async def refusal(call: Awaitable[Any]) -> str:
    """The description as the server wrote it, less the first words, which only one of the two takes off."""
    try:
        await call
    except TelegramRetryAfter as error:
        return f"retry after {error.retry_after}"
    except RetryAfter as error:
        return f"retry after {cast(timedelta, error.retry_after).total_seconds():g}"
    except TelegramAPIError as error:
        return plain(error.message)
    except TelegramError as error:
        return Loosely(plain(error.message))
    return "nothing refused"


def plain(text: str) -> str:
    for start in ("Bad Request: ", "Forbidden: ", "Conflict: "):
        text = text.removeprefix(start)
    return text
