"""What a request under /sim asks for."""

import json
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from starlette.datastructures import UploadFile

from simulator.acting import CannotDo
from simulator.bots import Bot
from simulator.calls import Upload
from simulator.chats import Chat, Message, User
from simulator.errors import Refused
from simulator.world import World


class Door(APIRoute):
    """Whatever a person or a script asks wrongly is a 400 with the reason."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        inner: Callable[[Request], Awaitable[Response]] = super().get_route_handler()

        async def handle(request: Request) -> Response:
            try:
                return await inner(request)
            except (LookupError, ValueError, TypeError, CannotDo, Refused) as error:
                return JSONResponse({"error": str(error) or type(error).__name__}, status_code=400)

        return handle


class Asked:
    """What came with one request: JSON, or a form with files."""

    def __init__(self, world: World, values: dict[str, Any], files: dict[str, list[Upload]]) -> None:
        self.world, self.values, self.files = world, values, files

    @classmethod
    async def read(cls, request: Request) -> "Asked":
        world: World = request.app.state.world
        if not request.headers.get("content-type", "").startswith("multipart/"):
            return cls(world, json.loads(await request.body() or b"{}"), {})
        values: dict[str, Any] = {}
        files: dict[str, list[Upload]] = {}
        async with request.form() as form:
            for name, value in form.multi_items():
                if isinstance(value, UploadFile):
                    mime = value.content_type or "application/octet-stream"
                    files.setdefault(name, []).append(Upload(value.filename or name, await value.read(), mime))
                else:
                    values[name] = value
        return cls(world, values, files)

    def __getitem__(self, name: str) -> Any:
        if name not in self.values:
            raise LookupError(f"{name} is missing")
        return self.values[name]

    def get(self, name: str, default: Any = None) -> Any:
        return self.values.get(name, default)

    @property
    def bot(self) -> Bot:
        return self.world.bot(self["bot"])

    @property
    def chat(self) -> Chat:
        return self.world.chat(int(self["chat"]), self.bot if "bot" in self.values else None)

    @property
    def user(self) -> User:
        """The named one, or the one whose private chat it is."""
        return self.world.user(int(self.get("user") or self["chat"]))

    @property
    def message(self) -> Message:
        found = self.chat.messages.get(int(self["message_id"]))
        if found is None:
            raise LookupError("no such message")
        return found
