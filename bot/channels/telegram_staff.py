"""The staff's bot, over python-telegram-bot: its types and its client, none of its dispatching. Imported once a token
is set."""

import logging
import os
from collections.abc import Awaitable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from json import dumps
from typing import Any, TypeVar
from urllib.parse import urlencode

from telegram import (
    Bot,
    BotCommand,
    BotCommandScopeChat,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputFile,
    InputMediaPhoto,
    LinkPreviewOptions,
    Message,
    Update,
)
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)
from telegram.request import HTTPXRequest

from bot.channels import telegram_texts as texts
from bot.channels.base import ChannelError, Hook, Impossible
from bot.channels.telegram_texts import Call, Did
from bot.channels.telegram_updates import arrival
from bot.messages import Arrival, File, Outgoing, Sent

OFFICIAL = "https://api.telegram.org"
CONNECTIONS = 40  # sends under way and answers; the long poll has its own
COURTESY_SECONDS = 5
PLAIN = LinkPreviewOptions(is_disabled=True)
CODES = ((Forbidden, 403), (BadRequest, 400), (Conflict, 409), (InvalidToken, 401))
TOO_LARGE = "request entity too large"
TELL_ADDRESSES = ("httpx", "httpcore", "telegram")  # loggers; an address at the Bot API holds the token

T = TypeVar("T")


class TelegramStaff:
    """`open()` first: until then it does not know its own name."""

    name = "telegram-staff"

    def __init__(self, token: str, api_base: str = OFFICIAL) -> None:
        os.environ.setdefault("PTB_TIMEDELTA", "true")  # the library warns until one asks for time spans
        for name in TELL_ADDRESSES:
            logging.getLogger(name).setLevel(logging.WARNING)
        base = api_base.rstrip("/")
        self._polling = _line(1)
        self._bot = Bot(
            token,
            base_url=f"{base}/bot",
            base_file_url=f"{base}/file/bot",
            request=_line(CONNECTIONS),
            get_updates_request=self._polling,
        )
        self._number = token.partition(":")[0]
        self._username = ""

    @property
    def receiver(self) -> str:
        return self._number

    async def open(self, hook: Hook | None) -> None:
        await self._call(self._bot.initialize())
        self._username = self._bot.username
        for language, locale in texts.MENU_LANGUAGES.items():
            await self._call(self._bot.set_my_commands(_commands(locale), language_code=language or None))
        if hook is None:
            await self._call(self._bot.delete_webhook())
        else:
            allowed = list(texts.ALLOWED_UPDATES)
            await self._call(self._bot.set_webhook(hook.url, secret_token=hook.secret, allowed_updates=allowed))

    async def close(self) -> None:
        with suppress(TelegramError, RuntimeError):
            await self._bot.shutdown()

    async def updates(self, after: int | None, seconds: float) -> Sequence[Mapping[str, Any]]:
        """As they are: one update that cannot be read shall not hold up those beside it."""
        asked: dict[str, Any] = {"timeout": round(seconds), "allowed_updates": dumps(texts.ALLOWED_UPDATES)}
        asked |= {} if after is None else {"offset": after}
        url = f"{self._bot.base_url}/getUpdates?{urlencode(asked)}"
        found: Any = await self._call(self._polling.post(url, read_timeout=seconds + texts.IDLE_POLL_SECONDS))
        return list(found)

    def hear(self, raw: Mapping[str, Any]) -> Arrival | None:
        try:
            update = Update.de_json(dict(raw), self._bot)
            return arrival(update, self._username)
        except (TypeError, KeyError, AttributeError, OverflowError, OSError) as error:
            raise ValueError(f"no update: {type(error).__name__}") from None

    async def send(self, out: Outgoing) -> Sent:
        return await texts.carry_out(out, texts.plan(out), lambda call: self._once(out, call))

    async def answer(self, query: str, text: str = "") -> None:
        asked = self._bot.answer_callback_query(query, text[: texts.TOAST_MOST] or None, read_timeout=COURTESY_SECONDS)
        await self._courtesy(asked)

    async def menu(self, chat: str, locale: str) -> None:
        """The menu in the language this person chose. Never raises: it is only a courtesy."""
        await self._courtesy(self._bot.set_my_commands(_commands(locale), scope=BotCommandScopeChat(int(chat))))

    async def fetch(self, file: str) -> bytes:
        found = await self._call(self._bot.get_file(file))
        if not found.file_path or (found.file_size or 0) > texts.DOWNLOAD_MOST:
            raise Impossible("the file is too big")
        try:
            content = await self._bot.request.retrieve(found.file_path, read_timeout=texts.UPLOAD_SECONDS)
        except (BadRequest, InvalidToken):
            raise Impossible("download: the file is gone") from None
        except TelegramError as error:  # its text may name the address, and that the token
            raise ChannelError(f"download: {type(error).__name__}") from None
        if len(content) > texts.DOWNLOAD_MOST:
            raise Impossible("the file is too big")
        return bytes(content)

    def link(self, payload: str) -> str:
        return f"https://t.me/{self._username}?start={payload}"

    # Sending

    async def _once(self, out: Outgoing, call: Call) -> Did:
        """One call, in python-telegram-bot's words."""
        to: dict[str, Any] = {"chat_id": out.chat, "disable_notification": out.quiet}
        captioned: dict[str, Any] = {"caption": call.html or None, "parse_mode": "HTML", **_upload(call)}
        match call.method:
            case "sendMessage":
                said: dict[str, Any] = {"text": call.html, "parse_mode": "HTML", "link_preview_options": PLAIN}
                return _did(call, [await self._call(self._bot.send_message(**to, **said, reply_markup=_inline(call)))])
            case "sendPhoto":
                return _did(
                    call, [await self._call(self._bot.send_photo(**to, photo=_input(call.files[0]), **captioned))]
                )
            case "sendVoice":
                return _did(
                    call, [await self._call(self._bot.send_voice(**to, voice=_input(call.files[0]), **captioned))]
                )
            case "sendDocument":
                return _did(
                    call, [await self._call(self._bot.send_document(**to, document=_input(call.files[0]), **captioned))]
                )
            case "sendMediaGroup":
                media = [InputMediaPhoto(_input(file, attach=True)) for file in call.files]
                return _did(call, await self._call(self._bot.send_media_group(**to, media=media, **captioned)))
            case _:  # nobody on the staff is asked for their position: there is no keyboard to clear
                return await self._edit(out, call)

    async def _edit(self, out: Outgoing, call: Call) -> Did:
        edit = self._bot.edit_message_text(
            chat_id=out.chat, message_id=int(out.edits), text=call.html, parse_mode="HTML",
            reply_markup=_inline(call), link_preview_options=PLAIN,
        )  # fmt: skip
        try:
            await self._call(edit)
        except Impossible as error:
            if not texts.is_done(error.reason):
                raise
        return Did([out.edits])

    async def _courtesy(self, asked: Awaitable[Any]) -> None:
        with suppress(ChannelError):
            await self._call(asked)

    async def _call(self, asked: Awaitable[T]) -> T:
        """Whatever the library raises, as one of ours; never with an address in it, as that holds the token."""
        try:
            return await asked
        except RetryAfter as error:
            raise texts.refused(429, "", retry_after=_seconds(error.retry_after)) from None
        except ChatMigrated as error:
            raise texts.refused(400, "", moved_to=error.new_chat_id) from None
        except TelegramError as error:
            raise _refused(error) from None
        except RuntimeError:  # its line is closed: the program ends
            raise ChannelError("closed") from None


def _line(connections: int) -> HTTPXRequest:
    return HTTPXRequest(
        connections, read_timeout=texts.CALL_SECONDS, connect_timeout=texts.CALL_SECONDS,
        pool_timeout=texts.CALL_SECONDS, media_write_timeout=texts.UPLOAD_SECONDS,
        httpx_kwargs={"trust_env": False},  # as the other bot's library: whoever needs a way around sets the API's base
    )  # fmt: skip


def _refused(error: TelegramError) -> ChannelError:
    code = next((code for kind, code in CODES if isinstance(error, kind)), 0)
    if code == 401:  # the library quotes the token
        return texts.refused(401, "Unauthorized")
    if code:
        return texts.refused(code, error.message)
    if TOO_LARGE in error.message.lower():
        return texts.refused(413, error.message)
    unheard = isinstance(error, TimedOut) or (isinstance(error, NetworkError) and error.message.startswith("httpx."))
    return texts.refused(0, "no answer" if unheard else error.message)


def _seconds(wait: float | timedelta) -> float:
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)


def _commands(locale: str) -> list[BotCommand]:
    return [BotCommand(command, about) for command, about in texts.menu(texts.STAFF_COMMANDS, locale)]


def _upload(call: Call) -> dict[str, Any]:
    """Pictures that are not there yet take longer."""
    return {} if all(file.number for file in call.files) else {"read_timeout": texts.UPLOAD_SECONDS}


def _input(file: File, *, attach: bool = False) -> str | InputFile:
    """By its number where this bot has sent it before."""
    if file.number:
        return file.number
    if file.content:
        return InputFile(file.content, texts.file_name(file), attach=attach)
    if not file.path.is_file():
        raise Impossible("the file is gone")
    return InputFile(file.path.read_bytes(), texts.file_name(file), attach=attach)


def _inline(call: Call) -> InlineKeyboardMarkup | None:
    rows = [[InlineKeyboardButton(label, callback_data=token) for token, label in row] for row in call.buttons]
    return InlineKeyboardMarkup(rows) if rows else None


def _did(call: Call, sent: Sequence[Message]) -> Did:
    """How the chat calls the messages, and by what number the bot may send a file again."""
    known = {file.sha256: _file_number(message) for file, message in zip(call.files, sent, strict=False)}
    return Did([str(message.message_id) for message in sent], {sha: number for sha, number in known.items() if number})


def _file_number(message: Message) -> str:
    if message.photo:
        return message.photo[-1].file_id
    return message.voice.file_id if message.voice else ""
