"""Scripted people for the demo: residents who tell something and answer by the bot's buttons, and a worker who helps.

They see what any person would: the chat. What to press is decided by the words on the buttons, one table each.
"""

import asyncio
import time
import tomllib
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulator import acting
from simulator.bots import Bot
from simulator.calls import Upload
from simulator.chats import Message, User
from simulator.scenes import draw
from simulator.world import World

LOOK = 1.0  # seconds; a ring of the bell wakes earlier
PATIENCE = 10.0  # for the bot's answer
LONGEST = 400  # characters of an example that somebody would type on a phone
OVER = ("已归档", "已撤回")
ALONE = "不是同一件事，单独反映"


@dataclass(frozen=True)
class Story:
    """What somebody tells, and how they take the answer; stories.toml explains."""

    name: str
    text: str
    photos: int = 0
    scene: str = "clear"
    voice: int = 0
    pin: tuple[float, float] | None = None
    reply: str = "就是这里，一直都这样"
    answer: str = "已到现场看过，问题已经处理。"
    solved: str = "解决了"
    again: str = "还是老样子"
    answer_scene: str = "clear"


def written() -> list[Story]:
    """Our own stories, in the order they are told."""
    rows = tomllib.loads(Path(__file__).with_name("stories.toml").read_text("utf-8"))["stories"]
    return [Story(**row | ({"pin": tuple(row["pin"])} if "pin" in row else {})) for row in rows]


def from_corpus(folder: Path) -> Iterator[Story]:
    """Afterwards, the example messages of a corpus of TOML files, one field after another."""
    files = [tomllib.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.toml"))]
    fields = [[m for item in file.get("items", []) for m in item.get("messages", [])] for file in files]
    for n in range(max(map(len, fields), default=0)):
        for messages in fields:
            if n < len(messages) and len(messages[n]) <= LONGEST:
                yield Story(f"居民{n + 1}", messages[n], photos=n % 3, scene="boxes")


class Phone:
    """Somebody's chat with one bot, as they see it."""

    def __init__(self, world: World, bot: Bot, user: User) -> None:
        self.world, self.bot, self.user = world, bot, user
        self.chat = world.private_chat(bot, user)
        self.pressed: set[tuple[object, ...]] = set()  # lines as they were when a button of theirs was pressed

    def start(self, payload: str = "") -> None:
        acting.start(self.world, self.bot, self.user, payload)

    def say(self, text: str) -> None:
        acting.say(self.world, self.chat, self.user, text)

    def show(self, scene: str, count: int) -> None:
        photos = [Upload(f"{n}.jpg", draw(scene, n), "image/jpeg") for n in range(count)]
        acting.send_photos(self.world, self.chat, self.user, photos)

    def speak(self, seconds: int) -> None:
        voice = Upload("voice.ogg", b"OggS" + bytes(2000), "audio/ogg")
        acting.send_file(self.world, self.chat, self.user, "voice", voice, duration=seconds)

    def point(self, latitude: float, longitude: float) -> None:
        acting.send_location(self.world, self.chat, self.user, latitude, longitude)

    def lines(self) -> list[Message]:
        """What the bot said, as it stands now."""
        return [message for message in self.chat.messages.values() if message.sender is self.bot.user]

    def offers(self) -> dict[str, Message]:
        """Labels that can be pressed; of two alike the newer."""
        return {label: line for line in self.fresh() for label in labels(line)}

    def fresh(self) -> list[Message]:
        """Lines of which no button was pressed yet, or that changed since."""
        return [line for line in self.lines() if _looks(line) not in self.pressed]

    async def wait(self, since: list[tuple[object, ...]], seconds: float = PATIENCE) -> None:
        """Until the bot says or changes something, as people wait after they pressed."""
        until = time.monotonic() + seconds
        while self.view() == since and (left := until - time.monotonic()) > 0:
            await self.world.bell.wait(left)

    def view(self) -> list[tuple[object, ...]]:
        return [_looks(line) for line in self.lines()]

    def asked(self) -> list[str]:
        """The labels under the newest line that has any, as a question has them."""
        last = next((line for line in reversed(self.lines()) if labels(line)), None)
        return labels(last) if last and _looks(last) not in self.pressed else []

    def press(self, label: str, message: Message | None = None) -> None:
        message = message or self.offers()[label]
        self.pressed.add(_looks(message))
        acting.press(self.world, self.bot, self.chat, self.user, message.id, label)


def _looks(message: Message) -> tuple[object, ...]:
    return message.id, words(message), *labels(message)


def labels(message: Message) -> list[str]:
    rows = (message.markup or {}).get("inline_keyboard", [])
    return [key["text"] for row in rows for key in row if "callback_data" in key]


def words(message: Message | None) -> str:
    return str(message.body.get("text", message.body.get("caption", ""))) if message else ""


class Resident:
    """Tells a story and sees it through. `live` ends when the case is closed or withdrawn."""

    def __init__(self, phone: Phone, story: Story, code: str, pace: float) -> None:
        self.phone, self.story, self.code, self.pace = phone, story, code, pace
        self.heard = 0  # the last line answered in words
        self.adds = [act for wanted, act in self._adds() if wanted]

    def _adds(self) -> Iterator[tuple[object, Callable[[], None]]]:
        story, phone = self.story, self.phone
        yield story.pin, lambda: phone.point(*(story.pin or (0, 0)))
        yield story.photos, lambda: phone.show(story.scene, story.photos)
        yield story.voice, lambda: phone.speak(story.voice)

    async def live(self) -> None:
        self.phone.start(self.code)
        await self._until(lambda: bool(self.phone.lines()))
        await asyncio.sleep(self.pace)
        self.phone.say(self.story.text)
        while not any(over in words(line) for line in self.phone.lines() for over in OVER):
            if act := self._next():
                await asyncio.sleep(self.pace)  # read it first
                before = self.phone.view()
                act()
                await self.phone.wait(before)
            await self.phone.world.bell.wait(LOOK)

    def _next(self) -> Callable[[], None] | None:
        asked = self.phone.asked()
        if self.adds and "提交" in asked:
            return self.adds.pop(0)
        if label := self._choice(asked):
            return lambda: self.phone.press(label) if label in self.phone.asked() else None
        return self._answer()

    def _choice(self, offered: list[str]) -> str | None:
        """The first of these that is there; a question about whose or where takes its first choice."""
        satisfied = "满意" if self.story.solved == "解决了" else "不满意"
        tired = any("已重新交办" in words(line) for line in self.phone.lines())
        solved = "解决了" if tired else self.story.solved
        wanted = ["安全，已离开", "完成", "好了", "提交", ALONE, "联系过", solved, "满意" if tired else satisfied]
        wanted += [] if tired else ["没解决，重新办"]
        for want in wanted:
            if want in offered:
                return want
        return next((label for label in offered if label.split()[0] == "回复"), self._first(offered))

    def _first(self, offered: list[str]) -> str | None:
        said = words(next(reversed(self.phone.lines()), None))
        asked = any(part in said for part in ("哪个最贴近", "哪个更贴近", "哪一处"))
        return offered[0] if asked and offered else None

    def _answer(self) -> Callable[[], None] | None:
        """What is asked in words, once for each line."""
        last = next(reversed(self.phone.lines()), None)
        if last is None or last.id <= self.heard:
            return None
        answers: Mapping[str, Callable[[], None]] = {
            "哪里没解决": lambda: self.phone.say(self.story.again),
            "请说，我转给": lambda: self.phone.say(self.story.reply),
            "是在哪里": lambda: self.phone.say("丹桂苑 3 栋"),
        }
        for part, act in answers.items():
            if part in words(last):
                self.heard = last.id
                return act
        return None

    async def _until(self, true: Callable[[], bool]) -> None:
        while not true():
            await self.phone.world.bell.wait(LOOK)


class Worker:
    """Signs and answers what nobody else took within `patience` seconds, one case after another."""

    def __init__(self, phone: Phone, stories: list[Story], pace: float, patience: float) -> None:
        self.phone, self.stories, self.pace, self.patience = phone, stories, pace, patience
        self.story = stories[0]
        self.since: int | None = None  # the last line before the answer in hand was begun

    async def live(self) -> None:
        while True:
            if act := self._asked() if self.since is not None else self._card():
                await asyncio.sleep(self.pace)
                before = self.phone.view()
                await act()
                await self.phone.wait(before)
            await self.phone.world.bell.wait(LOOK)

    def _card(self) -> Callable[[], Awaitable[None]] | None:
        """The oldest card that has waited long enough."""
        for line in self.phone.fresh():
            label = next((label for label in ("签收", "答复") if label in labels(line)), None)
            if label and self._waited(line):
                return self._pressing(label, line)
        return None

    def _waited(self, card: Message) -> bool:
        return self.phone.world.now() - max(card.date, card.edit_date or 0) >= self.patience

    def _asked(self) -> Callable[[], Awaitable[None]] | None:
        """What the bot wants to know for the answer in hand; nothing more: the next card."""
        new = [line for line in self.phone.lines() if line.id > (self.since or 0)]
        for line in reversed(new):
            if "怎么办的、结果怎样" in words(line):
                self.since = line.id
                return self._tell
        offers = {label: line for label, line in self.phone.offers().items() if line in new}
        label = next((label for label in ("已解决", "完成", "提交") if label in offers), None)
        if label is None and not new:
            self.since = None
        return self._pressing(label, offers[label]) if label else None

    def _pressing(self, label: str, message: Message) -> Callable[[], Awaitable[None]]:
        async def press() -> None:
            if label not in labels(message):  # somebody was faster
                return
            if label == "答复":
                self.story = next((s for s in self.stories if s.text[:8] in words(message)), self.stories[-1])
                self.since = self.phone.lines()[-1].id
            if label == "提交":
                self.since = None
            self.phone.press(label, message)

        return press

    async def _tell(self) -> None:
        self.phone.say(self.story.answer)
        await asyncio.sleep(self.pace)
        self.phone.show(self.story.answer_scene, 1)


def nobody_minds(task: "asyncio.Task[Any]") -> None:
    """A scripted person who stumbles says so and does not end the demo."""
    if not task.cancelled() and (error := task.exception()):
        print(f"{task.get_name()}: {error!r}", flush=True)
