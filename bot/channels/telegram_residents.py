"""The residents' bot, over aiogram: its types and its client, none of its dispatching. Imported once a token is set."""

from collections.abc import Mapping, Sequence
from contextlib import aclosing, suppress
from typing import Any, TypeVar

import aiohttp

from bot.channels import telegram_texts as texts
from bot.channels.base import ChannelError, Hook, Impossible
from bot.channels.light_aiogram import AiohttpSession, Bot, TelegramAPIServer, exceptions, methods, types
from bot.channels.telegram_texts import Call, Did
from bot.channels.telegram_updates import arrival
from bot.messages import Arrival, File, Outgoing, Sent

OFFICIAL = "https://api.telegram.org"
CONNECTIONS = 40  # sends under way, answers and the long poll together
COURTESY_SECONDS = 5
CODES = {
    exceptions.TelegramBadRequest: 400,
    exceptions.TelegramForbiddenError: 403,
    exceptions.TelegramEntityTooLarge: 413,
}
ASKED_MOST = 10_000
PLAIN = types.LinkPreviewOptions(is_disabled=True)

T = TypeVar("T")


class RawUpdates(methods.TelegramMethod[list[dict[str, Any]]]):
    """getUpdates as it is: one update that cannot be read shall not hold up those beside it."""

    __returning__ = list[dict[str, Any]]
    __api_method__ = "getUpdates"

    offset: int | None = None
    timeout: int
    allowed_updates: list[str]


class TelegramResidents:
    """`open()` first: until then it does not know its own name."""

    name = "telegram"

    def __init__(self, token: str, api_base: str = OFFICIAL) -> None:
        server = TelegramAPIServer.from_base(api_base)
        self._bot = Bot(token, AiohttpSession(limit=CONNECTIONS, api=server, timeout=texts.CALL_SECONDS))
        self._username = ""
        self._answers = dict[type, type]()  # pydantic holds these types weakly, and would build them for every answer
        self._asked = dict[str, None]()  # chats that show a button of ours for their position, as far as we remember

    @property
    def receiver(self) -> str:
        return str(self._bot.id)

    async def open(self, hook: Hook | None) -> None:
        me = await self._call(methods.GetMe())
        self._username = me.username or ""
        for language, locale in texts.MENU_LANGUAGES.items():
            await self._call(methods.SetMyCommands(commands=_commands(locale), language_code=language or None))
        if hook is None:
            await self._call(methods.DeleteWebhook())
        else:
            allowed = list(texts.ALLOWED_UPDATES)
            await self._call(methods.SetWebhook(url=hook.url, secret_token=hook.secret, allowed_updates=allowed))

    async def close(self) -> None:
        await self._bot.session.close()

    async def updates(self, after: int | None, seconds: float) -> Sequence[Mapping[str, Any]]:
        asked = RawUpdates(offset=after, timeout=round(seconds), allowed_updates=list(texts.ALLOWED_UPDATES))
        return await self._call(asked, round(seconds) + texts.IDLE_POLL_SECONDS)

    def hear(self, raw: Mapping[str, Any]) -> Arrival | None:
        return arrival(types.Update.model_validate(raw), self._username)

    async def send(self, out: Outgoing) -> Sent:
        calls = texts.plan(out, keyboard=out.chat in self._asked)
        sent = await texts.carry_out(out, calls, lambda call: self._once(out, call))
        self._remember(out.chat, calls)
        return sent

    async def answer(self, query: str, text: str = "") -> None:
        asked = methods.AnswerCallbackQuery(callback_query_id=query, text=text[: texts.TOAST_MOST] or None)
        await self._courtesy(asked)

    async def menu(self, chat: str, locale: str) -> None:
        """The menu in the language this person chose. Never raises: it is only a courtesy."""
        await self._courtesy(
            methods.SetMyCommands(commands=_commands(locale), scope=types.BotCommandScopeChat(chat_id=chat))
        )

    async def fetch(self, file: str) -> bytes:
        found = await self._call(methods.GetFile(file_id=file))
        if found.file_path is None or (found.file_size or 0) > texts.DOWNLOAD_MOST:
            raise Impossible("the file is too big")
        url = self._bot.session.api.file_url(self._bot.token, found.file_path)
        try:
            return await self._download(url)
        except aiohttp.ClientResponseError as error:  # its text names the address, and that the token
            gone = error.status in (400, 404)
            raise (Impossible if gone else ChannelError)(f"download: {error.status}") from None
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise ChannelError(f"download: {type(error).__name__}") from None

    async def _download(self, url: str) -> bytes:
        content = bytearray()
        async with aclosing(self._bot.session.stream_content(url, timeout=texts.UPLOAD_SECONDS)) as stream:
            async for chunk in stream:
                content += chunk
                if len(content) > texts.DOWNLOAD_MOST:
                    raise Impossible("the file is too big")
        return bytes(content)

    def link(self, payload: str) -> str:
        return f"https://t.me/{self._username}?start={payload}"

    # Sending

    async def _once(self, out: Outgoing, call: Call) -> Did:
        """One call, in aiogram's words."""
        to: dict[str, Any] = {"chat_id": out.chat, "disable_notification": out.quiet or None}
        files, caption = [_input(file) for file in call.files], call.html or None
        match call.method:
            case "sendMessage":
                keyboard = _keyboard(call)
                text = methods.SendMessage(
                    **to, text=call.html, parse_mode="HTML", reply_markup=keyboard, link_preview_options=PLAIN
                )
                return _did(call, [await self._call(text)])
            case "sendPhoto":
                photo = methods.SendPhoto(**to, photo=files[0], caption=caption, parse_mode="HTML")
                return _did(call, [await self._call(photo, texts.UPLOAD_SECONDS)])
            case "sendVoice":
                voice = methods.SendVoice(**to, voice=files[0], caption=caption, parse_mode="HTML")
                return _did(call, [await self._call(voice, texts.UPLOAD_SECONDS)])
            case "sendDocument":
                paper = methods.SendDocument(**to, document=files[0], caption=caption, parse_mode="HTML")
                return _did(call, [await self._call(paper, texts.UPLOAD_SECONDS)])
            case "sendMediaGroup":
                captions = [caption, *[None] * (len(files) - 1)]
                pairs = zip(files, captions, strict=True)
                media = [types.InputMediaPhoto(media=file, caption=words, parse_mode="HTML") for file, words in pairs]
                album = methods.SendMediaGroup(**to, media=list(media))
                sent = await self._call(album, texts.UPLOAD_SECONDS)
                return _did(call, sent)
            case "clearKeyboard":
                return await self._clear(to, call)
            case "editMessageText":
                return await self._edit(out, call)

    async def _edit(self, out: Outgoing, call: Call) -> Did:
        edit = methods.EditMessageText(
            chat_id=out.chat, message_id=int(out.edits), text=call.html, parse_mode="HTML",
            reply_markup=_inline(call), link_preview_options=PLAIN,
        )  # fmt: skip
        try:
            await self._call(edit)
        except Impossible as error:
            if not texts.is_done(error.reason):
                raise
        return Did([out.edits])

    async def _clear(self, to: Mapping[str, Any], call: Call) -> Did:
        sign = methods.SendMessage(**to, text=call.html, reply_markup=types.ReplyKeyboardRemove(remove_keyboard=True))
        sent = await self._call(sign)
        await self._courtesy(methods.DeleteMessage(chat_id=to["chat_id"], message_id=sent.message_id))
        return Did()

    def _remember(self, chat: str, calls: Sequence[Call]) -> None:
        """In memory only: a button left over after a restart sends a position, which is welcome whenever it comes."""
        if any(call.asks_pin for call in calls):
            self._asked[chat] = None
        elif any(call.clears for call in calls):
            self._asked.pop(chat, None)
        while len(self._asked) > ASKED_MOST:
            del self._asked[next(iter(self._asked))]

    async def _courtesy(self, method: methods.TelegramMethod[Any]) -> None:
        with suppress(ChannelError):
            await self._call(method, COURTESY_SECONDS)

    async def _call(self, method: methods.TelegramMethod[T], seconds: int | None = None) -> T:
        """Whatever aiogram raises, as one of ours; never with an address in it, as that holds the token."""
        if type(method) not in self._answers:
            self._answers[type(method)] = methods.Response[method.__returning__]  # type: ignore[name-defined]
        try:
            return await self._bot(method, request_timeout=seconds)
        except exceptions.TelegramRetryAfter as error:
            raise texts.refused(429, "", retry_after=error.retry_after) from None
        except exceptions.TelegramMigrateToChat as error:
            raise texts.refused(400, "", moved_to=error.migrate_to_chat_id) from None
        except exceptions.TelegramAPIError as error:
            code = CODES.get(type(error), 0)
            unheard = isinstance(error, exceptions.TelegramNetworkError) and not code
            raise texts.refused(code, "no answer" if unheard else error.message) from None
        except (exceptions.AiogramError, aiohttp.ClientError, OSError) as error:
            raise ChannelError(type(error).__name__) from None


def _commands(locale: str) -> list[types.BotCommand]:
    menu = texts.menu(texts.RESIDENT_COMMANDS, locale)
    return [types.BotCommand(command=command, description=about) for command, about in menu]


def _input(file: File) -> types.InputFile | str:
    """By its number where this bot has sent it before."""
    if file.number:
        return file.number
    if file.content:
        return types.BufferedInputFile(file.content, filename=texts.file_name(file))
    if not file.path.is_file():
        raise Impossible("the file is gone")
    return types.FSInputFile(file.path, filename=texts.file_name(file))


def _keyboard(call: Call) -> types.InlineKeyboardMarkup | types.ReplyKeyboardMarkup | types.ReplyKeyboardRemove | None:
    if call.asks_pin:
        button = types.KeyboardButton(text=call.asks_pin, request_location=True)
        return types.ReplyKeyboardMarkup(keyboard=[[button]], resize_keyboard=True, one_time_keyboard=True)
    return types.ReplyKeyboardRemove(remove_keyboard=True) if call.clears else _inline(call)


def _inline(call: Call) -> types.InlineKeyboardMarkup | None:
    rows = [
        [types.InlineKeyboardButton(text=label, callback_data=token) for token, label in row] for row in call.buttons
    ]
    return types.InlineKeyboardMarkup(inline_keyboard=rows) if rows else None


def _did(call: Call, sent: Sequence[types.Message]) -> Did:
    """How the chat calls the messages, and by what number the bot may send a file again."""
    known = {file.sha256: _number(message) for file, message in zip(call.files, sent, strict=False)}
    return Did([str(message.message_id) for message in sent], {sha: number for sha, number in known.items() if number})


def _number(message: types.Message) -> str:
    if message.photo:
        return message.photo[-1].file_id
    return message.voice.file_id if message.voice else ""
