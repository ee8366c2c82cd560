"""What both Telegram bots say, in words neither library owns: a line becomes a plan of calls, a refusal one of ours."""

import html
import unicodedata
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate
from typing import Literal

from bot.channels.base import ChannelError, Impossible, Moved, TooFast, Unreachable
from bot.messages import File, Outgoing, Sent
from bot.texts import say

TEXT_MOST, CAPTION_MOST = 4096, 1024  # UTF-16 units, counted after the entities are read
ALBUM_MOST = 10
ALLOWED_UPDATES = ("message", "edited_message", "callback_query", "my_chat_member")  # said often: the server remembers
DOWNLOAD_MOST = 20 * 1024 * 1024
CALL_SECONDS, UPLOAD_SECONDS, IDLE_POLL_SECONDS = 15, 45, 10  # the last: longer than the long poll asked for
TOAST_MOST = 200
RESIDENT_COMMANDS = ("new", "my", "services", "votes", "score", "lang", "large", "help", "cancel")
STAFF_COMMANDS = ("tasks", "new", "duty", "orders", "clearing", "help")
# Telegram tells menus apart by two letters, so no script of Chinese by itself: whoever's app speaks English reads
# English, everybody else Simplified. A menu in Traditional is set for the chat of somebody who reads it.
MENU_LANGUAGES = {"": "zh-Hans", "en": "en"}
ONLY_BUTTONS = "👇"  # what buttons hang on where an album came without a word

Rows = Sequence[Sequence[tuple[str, str]]]
Method = Literal[
    "sendMessage", "sendPhoto", "sendMediaGroup", "sendVoice", "sendDocument", "editMessageText", "clearKeyboard"
]  # fmt: skip


@dataclass(frozen=True)
class Call:
    """One call of the Bot API. At most one of buttons, asks_pin and clears: a message carries one keyboard."""

    method: Method
    html: str = ""  # the text, or the caption of the first file
    files: Sequence[File] = ()
    buttons: Rows = ()
    asks_pin: str = ""
    clears: bool = False  # takes the location button off their screen

    @property
    def parts(self) -> int:
        """Messages it makes. `clearKeyboard` sends a sign and deletes it again: none."""
        return 0 if self.method == "clearKeyboard" else len(self.files) or 1


@dataclass(frozen=True)
class Did:
    """The numbers of the messages a call made, and of files by their sha256."""

    numbers: Sequence[str] = ()
    files: Mapping[str, str] = field(default_factory=dict)


def plan(out: Outgoing, keyboard: bool = False) -> list[Call]:
    """Calls in order, from the very first. `keyboard`: a location button of ours is still on their screen.

    Buttons are on the last message, and it is always a text: so a line that has them can be edited as one.
    """
    plain, title = _plain(out)
    if out.edits:
        cut = plain if units(plain) <= TEXT_MOST else split(plain, TEXT_MOST - 1)[0] + "…"
        return [Call("editMessageText", markup(cut, title), buttons=out.buttons)] if cut else []
    calls = _with_files(out, plain, title)
    if out.asks_pin:
        return _asking(calls, out.asks_pin)
    return _clearing(calls, bool(title)) if keyboard and calls else calls


def _with_files(out: Outgoing, plain: str, title: int) -> list[Call]:
    files = _files(out.files)
    if out.buttons and files and not plain:
        plain = ONLY_BUTTONS
    bare = not (title or out.buttons or out.asks_pin)
    if bare and plain and len(files) == 1 and units(plain) <= CAPTION_MOST:
        return [replace(files[0], html=markup(plain, 0))]
    texts = [Call("sendMessage", part) for part in _parts(plain, title)]
    if texts:
        texts[-1] = replace(texts[-1], buttons=out.buttons)
    return [*files, *texts]


def _files(files: Sequence[File]) -> list[Call]:
    """Pictures first, ten at a time, then voices and papers."""
    photos = [file for file in files if file.kind == "photo"]
    albums = [photos[i : i + ALBUM_MOST] for i in range(0, len(photos), ALBUM_MOST)]
    pictures = [Call("sendMediaGroup" if len(album) > 1 else "sendPhoto", files=album) for album in albums]
    others: dict[str, Method] = {"voice": "sendVoice", "paper": "sendDocument"}
    return [*pictures, *(Call(others[file.kind], files=[file]) for file in files if file.kind in others)]


def _asking(calls: list[Call], label: str) -> list[Call]:
    """The button that sends a position goes on a text without other buttons; where there is none, on its own label."""
    for n, call in enumerate(calls):
        if call.method == "sendMessage" and not call.buttons:
            return [*calls[:n], replace(call, asks_pin=label), *calls[n + 1 :]]
    return [Call("sendMessage", markup(label, 0), asks_pin=label), *calls]


def _clearing(calls: list[Call], card: bool) -> list[Call]:
    """By a text nobody will edit, as a message with such a keyboard cannot be; else by a message that goes away."""
    for n, call in enumerate(calls):
        edited = call.buttons or (card and n == len(calls) - 1)
        if call.method == "sendMessage" and not edited:
            return [*calls[:n], replace(call, clears=True), *calls[n + 1 :]]
    return [Call("clearKeyboard", "⌨️", clears=True), *calls]


async def carry_out(out: Outgoing, calls: Sequence[Call], do: Callable[[Call], Awaitable[Did]]) -> Sent:
    """All calls whose parts have not gone out yet. A ChannelError leaves with the numbers of all that did."""
    numbers, files = list(out.sent), dict[str, str]()
    for call in rest(calls, len(out.sent)):
        try:
            did = await _with_files_it_knows(call, do)
        except ChannelError as error:
            error.sent = tuple(numbers)
            raise
        numbers += did.numbers
        files |= did.files
    return Sent(numbers, files)


async def _with_files_it_knows(call: Call, do: Callable[[Call], Awaitable[Did]]) -> Did:
    """A number of a file may be good no longer: then the file is uploaded again."""
    try:
        return await do(call)
    except Impossible as error:
        if not (is_stale_file(error.reason) and any(file.number for file in call.files)):
            raise
    return await do(uploading(call))


def rest(calls: Sequence[Call], sent: int) -> list[Call]:
    """What is left after so many parts; an album goes out whole, so a call begun is a call done."""
    begins = [0, *accumulate(call.parts for call in calls)]
    return [call for begin, call in zip(begins, calls, strict=False) if begin >= sent]


def uploading(call: Call) -> Call:
    """The same with its files themselves instead of their numbers."""
    return replace(call, files=[replace(file, number="") for file in call.files])


def file_name(file: File) -> str:
    """Voices are kept as they came: Ogg with Opus. Nobody needs to see a hash."""
    return file.name or ("photo.jpg" if file.kind == "photo" else "voice.ogg")


def menu(commands: Sequence[str], locale: str) -> list[tuple[str, str]]:
    """Commands with what they do."""
    return [(command, say(f"menu.{command}", locale)) for command in commands]


# Texts


def units(text: str) -> int:
    """As Telegram counts: a character beyond the first plane is two."""
    return len(text) + sum(char > "\uffff" for char in text)


def markup(plain: str, bold: int) -> str:
    """HTML of it, the first `bold` characters standing out."""
    head, tail = html.escape(plain[:bold], quote=False), html.escape(plain[bold:], quote=False)
    return f"<b>{head}</b>{tail}" if head.strip() else head + tail


def _plain(out: Outgoing) -> tuple[str, int]:
    """Title and text as one, and how long the title is. What Telegram cannot take is not in it."""
    title, text = _sound(out.title).strip(), _sound(out.text).strip()
    return "\n".join(part for part in (title, text) if part), len(title)


def _sound(text: str) -> str:
    return text.replace("\0", "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _parts(plain: str, title: int) -> list[str]:
    """HTML of each message; a blank one would be refused."""
    pieces = split(plain)
    begins = accumulate((len(piece) for piece in pieces), initial=0)
    pairs = zip(pieces, begins, strict=False)
    return [markup(piece, max(0, title - begin)) for piece, begin in pairs if piece.strip()]


def split(text: str, most: int = TEXT_MOST) -> list[str]:
    """Pieces of at most so many units that join to the text again: cut at line ends where there are any, else after
    a sentence or a word, and never inside what is seen as one character."""
    pieces, begin = list[str](), 0
    while begin < len(text):
        end = _fits(text, begin, most)
        if end < len(text):
            end = _cut(text, begin, end)
        pieces.append(text[begin:end])
        begin = end
    return pieces


def _fits(text: str, begin: int, most: int) -> int:
    end, left = begin, most
    while end < len(text) and (width := 1 + (text[end] > "\uffff")) <= left:
        end, left = end + 1, left - width
    return end


def _cut(text: str, begin: int, end: int) -> int:
    """The best place in the second half; the very end if all of it is one heap of marks."""
    for marks in ("\n", "。！？!?；;…", "，、,： \t"):
        for at in range(end, begin + (end - begin) // 2, -1):
            if text[at - 1] in marks and not _one_character(text, at):
                return at
    at = end
    while at > begin and _one_character(text, at):
        at -= 1
    return at if at > begin else end


def _one_character(text: str, at: int) -> bool:
    """Whether what is before and after this place is drawn together: marks, joined emoji, skin tones, flags."""
    before, after = text[at - 1], text[at]
    if before == "\u200d" or after == "\u200d" or "\U0001f3fb" <= after <= "\U0001f3ff":
        return True
    if "\U000e0020" <= after <= "\U000e007f" or unicodedata.category(after) in ("Mn", "Mc", "Me"):
        return True
    return (before, after) == ("\r", "\n") or (_flag(before) and _flag(after) and _flags_before(text, at) % 2 == 1)


def _flag(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _flags_before(text: str, at: int) -> int:
    begin = at
    while begin and _flag(text[begin - 1]):
        begin -= 1
    return at - begin


# Refusals

GONE = (
    "chat not found", "user not found", "peer_id_invalid", "user is deactivated", "bot was kicked", "bot was blocked",
    "have no rights to send", "not enough rights", "chat_write_forbidden", "group chat was deactivated",
    "need administrator rights", "bot is not a member", "can't initiate conversation",
)  # fmt: skip
ALREADY = ("message is not modified", "message to edit not found", "message_id_invalid")
STALE_FILE = ("wrong file identifier", "wrong remote file", "wrong file_id", "file reference", "invalid file_id")


def refused(code: int, description: str, retry_after: float | None = None, moved_to: int | None = None) -> ChannelError:
    """What the server's answer means for a line. A wrong token (401, 404) is no fault of the line: later."""
    said = description.lower()
    if moved_to:
        return Moved(str(moved_to))
    if code == 429 or retry_after:
        return TooFast(retry_after or 1.0)
    if code == 403 or (code == 400 and any(words in said for words in GONE)):
        return Unreachable(description)
    if code in (400, 413):
        return Impossible(description)
    return ChannelError(f"{code or ''} {description}".strip())


def is_done(description: str) -> bool:
    """An edit that changes nothing, or of what they deleted: there is nothing left to do."""
    return any(words in description.lower() for words in ALREADY)


def is_stale_file(description: str) -> bool:
    """The number of a file is good no more: it has to be uploaded again."""
    return any(words in description.lower() for words in STALE_FILE)
