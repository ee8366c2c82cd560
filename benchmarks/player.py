"""People at the doors of a running program, with as little work as a player can do: it shares the cores it measures.

A request is written and read by hand on a connection that stays open, about 0.1 ms of CPU; httpx takes ten times that.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

SAID = (
    "楼下烧烤店油烟太大，窗户不敢开",
    "下水道堵了，污水往外冒",
    "垃圾三天没人清运，臭得很",
    "自来水发黄，已经三天了",
)
"""The model is sure of the first two and asks about the others."""

TURNS = 6
PRESSED = ("separate", "choose_category", "submit", "none", "no_place")  # in order of preference
RATED = 3  # questions about the result
RESULT_SECONDS = 60


class Refused(RuntimeError):
    """The site did not answer as it should."""


@dataclass
class Doors:
    """The addresses of one or more `serve`, taken in turn, with connections that are kept."""

    urls: list[str]
    _free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = field(default_factory=list)
    _opened: int = 0

    async def ask(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] = {}
    ) -> tuple[Any, dict[str, str]]:
        """The answer's JSON and headers; raises Refused for anything but 200."""
        content = b"" if body is None else json.dumps(body).encode()
        lines = [f"{method} {path} HTTP/1.1", "host: fengqiao", f"content-length: {len(content)}"]
        lines += ["content-type: application/json", *(f"{name}: {value}" for name, value in headers.items())]
        status, answered, said = await self._sent("\r\n".join([*lines, "", ""]).encode() + content)
        if status != 200:
            raise Refused(f"{method} {path}: {status} {said[:300].decode(errors='replace')}")
        return json.loads(said), answered

    async def _sent(self, request: bytes) -> tuple[int, dict[str, str], bytes]:
        """On a connection that is free; one the site has closed meanwhile is forgotten."""
        while self._free:
            with suppress(asyncio.IncompleteReadError, ConnectionError):
                return await self._on(*self._free.pop(), request)
        return await self._on(*await self.open(), request)

    async def _on(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        writer.write(request)
        status, answered = _head(await reader.readuntil(b"\r\n\r\n"))
        said = await reader.readexactly(int(answered.get("content-length", 0)))
        self._free.append((reader, writer))
        return status, answered, said

    async def open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        where = urlsplit(self.urls[self._opened % len(self.urls)])
        self._opened += 1
        return await asyncio.open_connection(where.hostname, where.port)

    def close(self) -> None:
        for _, writer in self._free:
            writer.close()


def _head(head: bytes) -> tuple[int, dict[str, str]]:
    first, *lines = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines if line)
    return int(first.split()[1]), {name.lower(): value.strip() for name, _, value in pairs}


@asynccontextmanager
async def doors(*urls: str) -> AsyncIterator[Doors]:
    opened = Doors(list(urls))
    try:
        yield opened
    finally:
        opened.close()


@dataclass
class Resident:
    """Somebody new, at an address of their own: a whole town behind one router would be told to wait."""

    doors: Doors
    n: int
    headers: dict[str, str] = field(default_factory=dict)

    async def open(self) -> "Resident":
        self.headers = {"x-forwarded-for": f"10.{self.n >> 16 & 255}.{self.n >> 8 & 255}.{self.n & 255}"}
        _, answered = await self.doors.ask("POST", "/api/chat/session", {}, self.headers)
        self.headers["cookie"] = answered["set-cookie"].partition(";")[0]
        return self

    async def say(self, text: str) -> list[dict[str, Any]]:
        return await self._post({"text": text})

    async def press(self, token: str) -> list[dict[str, Any]]:
        return await self._post({"choice": token})

    async def file(self, text: str) -> str:
        """Tell it and submit; the case's number."""
        lines = await self.say(text)
        for _ in range(TURNS):
            if number := next((line["case"]["number"] for line in lines if "case" in line), ""):
                return str(number)
            buttons = tokens(lines)
            lines = await self.press(next(buttons[action] for action in PRESSED if action in buttons))
        raise Refused(f"never filed: {text}")

    async def rate(self) -> None:
        """Once the result is there: contacted, solved, satisfied, the first answer of each."""
        lines = await self._result()
        for _ in range(RATED):
            lines = await self.press(tokens(lines)["rate"])

    async def _result(self) -> list[dict[str, Any]]:
        """As an open page hears of it: by the stream of new lines."""
        reader, writer = await self.doors.open()
        head = [
            "GET /api/chat/stream HTTP/1.1",
            "host: fengqiao",
            *(f"{name}: {its}" for name, its in self.headers.items()),
        ]
        writer.write("\r\n".join([*head, "", ""]).encode())
        try:
            async with asyncio.timeout(RESULT_SECONDS):
                while heard := await reader.readline():
                    if heard.startswith(b"data:") and "rate" in tokens([line := json.loads(heard[5:])]):
                        return [line]
        finally:
            writer.close()
        raise Refused("the stream ended")

    async def _post(self, said: dict[str, str]) -> list[dict[str, Any]]:
        shown, _ = await self.doors.ask("POST", "/api/chat/messages", {"key": str(uuid4()), **said}, self.headers)
        return list(shown["messages"])


@dataclass
class Official:
    """Somebody of the staff, signed in once."""

    doors: Doors
    headers: dict[str, str] = field(default_factory=dict)

    async def sign_in(self, name: str, password: str) -> "Official":
        opened, answered = await self.doors.ask("POST", "/api/staff/session", {"name": name, "password": password})
        self.headers = {"x-csrf-token": opened["csrf"], "cookie": answered["set-cookie"].partition(";")[0]}
        return self

    async def look(self, number: str) -> dict[str, Any]:
        page, _ = await self.doors.ask("GET", f"/api/staff/cases/{number}", None, self.headers)
        return dict(page)

    async def take(self, number: str, step: str, version: int, **given: Any) -> dict[str, Any]:
        body = {"key": str(uuid4()), "step": step, "version": version, **given}
        page, _ = await self.doors.ask("POST", f"/api/staff/cases/{number}/steps", body, self.headers)
        return dict(page)


def tokens(lines: list[dict[str, Any]]) -> dict[str, str]:
    """Of each action the first button of the newest line that has one."""
    return {button["action"]: button["token"] for line in lines for button in reversed(line["buttons"])}
