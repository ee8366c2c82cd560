"""/sim, second part: read what was sent, wait for what comes next."""

import time
from typing import Any

from fastapi import APIRouter, Request, Response

from simulator import commands
from simulator.asked import Door
from simulator.chats import Message
from simulator.world import World, seen

router = APIRouter(route_class=Door)


def told(world: World, message: Message) -> dict[str, Any]:
    return seen(message, world.in_chat(message.chat)[0])


@router.get("/chat")
async def read_chat(request: Request, chat: int, bot: str = "") -> dict[str, Any]:
    """A chat as its people see it now; what was edited is shown as it is, what was deleted is gone."""
    world: World = request.app.state.world
    found = world.chat(chat, world.bot(bot) if bot else None)
    bots = world.in_chat(found)
    known = bool(bots) and found.user is not None and found.user.id in bots[0].known
    return {
        "chat": found.as_json(), "moved_to": found.moved_to, "started": known or not found.private,
        "blocked": bool(bots) and found.user is not None and found.user.id in bots[0].blocked,
        "commands": commands.shown(bots[0], found.user.language_code if found.user else "") if bots else [],
        "actions": [action for action, until in found.actions.values() if until > world.now()],
        "messages": [told(world, message) for message in found.messages.values()] if bots else [],
        "seq": len(world.log),
    }  # fmt: skip


@router.get("/log")
async def read_log(
    request: Request,
    after: int = 0,
    timeout: float = 0,
    chat: int | None = None,
    bot: int | None = None,
    kind: str = "",
) -> dict[str, Any]:
    """What happened after that point; waits for it when nothing has: so one waits for the next message."""
    world: World = request.app.state.world
    until = time.monotonic() + timeout

    def fresh() -> list[dict[str, Any]]:
        return [
            entry for entry in world.log[after:]
            if chat in (None, entry["chat"]) and (bot is None or bot in entry["bots"]) and kind in ("", entry["kind"])
        ]  # fmt: skip

    while not (found := fresh()) and (left := until - time.monotonic()) > 0 and not world.closing:
        await world.bell.wait(left)
    return {"events": found, "next": len(world.log)}


@router.get("/state")
async def state(request: Request) -> dict[str, Any]:
    world: World = request.app.state.world
    return {
        "bots": [bot.as_json() for bot in world.bots.values()],
        "users": [user.as_json() for user in world.users.values()],
        "groups": [
            chat.as_json() | {"people": sorted(chat.people), "bots": sorted(chat.bots), "moved_to": chat.moved_to}
            for chat in world.groups.values()
        ],
        "phones": [{"user": user, "bot": bot} for user, bot in world.phones],
        "seq": len(world.log),
    }  # fmt: skip


@router.get("/calls")
async def read_calls(request: Request, after: int = 0) -> list[dict[str, Any]]:
    """Every call the bots made, getUpdates aside: when, to whom, and how it ended."""
    return list(request.app.state.world.calls[after:])


@router.get("/files/{unique}")
async def read_file(request: Request, unique: str) -> Response:
    stored = request.app.state.world.files.by_unique[unique]
    kinds = {"photo": "image/jpeg", "voice": stored.facts.get("mime_type", "audio/ogg")}
    headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "max-age=3600"}
    if stored.kind == "document":
        headers["Content-Disposition"] = "attachment"
    return Response(stored.content, media_type=kinds.get(stored.kind, "application/octet-stream"), headers=headers)
