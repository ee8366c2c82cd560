"""/sim, first part: act as people."""

from typing import Any

from fastapi import APIRouter, Request

from simulator import acting
from simulator.asked import Asked, Door
from simulator.chats import Message
from simulator.watching import told

router = APIRouter(route_class=Door)


@router.post("/bots")
async def add_bot(request: Request) -> dict[str, Any]:
    asked = await Asked.read(request)
    bot = asked.world.add_bot(
        asked.get("token", ""), asked.get("username", ""), asked.get("name", ""), bool(asked.get("reads_all"))
    )
    return {"token": bot.token} | bot.as_json()


@router.post("/users")
async def add_user(request: Request) -> dict[str, Any]:
    asked = await Asked.read(request)
    return asked.world.add_user(**asked.values).as_json()


@router.post("/groups")
async def add_group(request: Request) -> dict[str, Any]:
    asked = await Asked.read(request)
    people = [asked.world.user(number).id for number in asked["people"]]
    bots = [asked.world.bot(which) for which in asked.get("bots", [])]
    chat = asked.world.add_group(asked["title"], people, [], asked.get("type", "group"))
    for bot in bots:
        acting.add_bot(asked.world, chat, bot, asked.world.user(people[0]))
    return chat.as_json()


@router.post("/start")
async def start(request: Request) -> dict[str, Any]:
    asked = await Asked.read(request)
    user = asked.world.user(asked["user"])
    return told(asked.world, acting.start(asked.world, asked.bot, user, asked.get("payload", "")))


@router.post("/say")
async def say(request: Request) -> dict[str, Any]:
    asked = await Asked.read(request)
    message = acting.say(asked.world, asked.chat, asked.user, asked["text"], asked.get("reply_to"))
    return told(asked.world, message)


@router.post("/photos")
async def photos(request: Request) -> list[dict[str, Any]]:
    asked = await Asked.read(request)
    given = asked.files.get("photo", [])
    sent = acting.send_photos(asked.world, asked.chat, asked.user, given, asked.get("caption", ""))
    return [told(asked.world, message) for message in sent]


async def _file(kind: str, request: Request) -> dict[str, Any]:
    asked = await Asked.read(request)
    if not asked.files.get(kind):
        raise LookupError(f"no {kind} came with this")
    message = acting.send_file(
        asked.world, asked.chat, asked.user, kind, asked.files[kind][0], asked.get("caption", ""),
        int(asked.get("duration", 0)),
    )  # fmt: skip
    return told(asked.world, message)


@router.post("/voice")
async def voice(request: Request) -> dict[str, Any]:
    return await _file("voice", request)


@router.post("/document")
async def document(request: Request) -> dict[str, Any]:
    return await _file("document", request)


@router.post("/location")
async def location(request: Request) -> dict[str, Any]:
    asked = await Asked.read(request)
    latitude, longitude = float(asked["latitude"]), float(asked["longitude"])
    if "message_id" in asked.values:
        moved = acting.move(asked.world, asked.message, latitude, longitude, bool(asked.get("stop")))
        return told(asked.world, moved)
    period = int(asked.get("live_period", 0))
    sent = acting.send_location(asked.world, asked.chat, asked.user, latitude, longitude, period)
    return told(asked.world, sent)


@router.post("/press")
async def press(request: Request) -> dict[str, Any]:
    """`button`: a label or callback data on the message as it is; `data`: anything, as from an old screen."""
    asked = await Asked.read(request)
    if "data" in asked.values:
        done: Any = acting.press_data(asked.world, asked.bot, asked.user, asked.message, asked["data"])
    else:
        done = acting.press(asked.world, asked.bot, asked.chat, asked.user, int(asked["message_id"]), asked["button"])
    return told(asked.world, done) if isinstance(done, Message) else {"query": done.id, "data": done.data}


@router.post("/edit")
async def edit(request: Request) -> dict[str, Any]:
    asked = await Asked.read(request)
    return told(asked.world, acting.edit(asked.world, asked.message, asked["text"]))


@router.post("/block")
async def block(request: Request) -> dict[str, bool]:
    asked = await Asked.read(request)
    acting.block(asked.world, asked.bot, asked.world.user(asked["user"]))
    return {"ok": True}


@router.post("/unblock")
async def unblock(request: Request) -> dict[str, bool]:
    asked = await Asked.read(request)
    acting.unblock(asked.world, asked.bot, asked.world.user(asked["user"]))
    return {"ok": True}


@router.post("/remove")
async def remove(request: Request) -> dict[str, bool]:
    asked = await Asked.read(request)
    acting.remove_bot(asked.world, asked.chat, asked.bot, asked.world.user(asked["user"]))
    return {"ok": True}


@router.post("/migrate")
async def migrate(request: Request) -> dict[str, Any]:
    asked = await Asked.read(request)
    return acting.migrate(asked.world, asked.chat).as_json()
