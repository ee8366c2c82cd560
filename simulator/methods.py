"""Every method there is, by its name in lower case."""

import inspect
from collections.abc import Callable
from typing import Any

from simulator import commands, editing, receiving, sending, targets
from simulator.bots import Bot
from simulator.calls import Call
from simulator.errors import Refused, bad
from simulator.world import World

STALE = "query is too old and response timeout expired or query ID is invalid"

GIFTS = ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels")


def get_me(world: World, bot: Bot, call: Call) -> dict[str, Any]:
    return bot.as_json()


def get_chat(world: World, bot: Bot, call: Call) -> dict[str, Any]:
    gifts = dict.fromkeys(GIFTS, True)
    more = {"accent_color_id": 0, "max_reaction_count": 11, "accepted_gift_types": gifts}
    return targets.known(world, bot, call).as_json() | more


def get_file(world: World, bot: Bot, call: Call) -> dict[str, Any]:
    if not call.text("file_id"):
        raise bad("file_id not specified")
    return world.files.link(bot, call.text("file_id"), world.now(), world.pace.link_life)


def answer_callback_query(world: World, bot: Bot, call: Call) -> bool:
    query = world.queries.get(call.text("callback_query_id"))
    if query is None or query.bot is not bot or query.answer or world.now() - query.born > world.pace.query_life:
        raise bad(STALE)
    if len(call.text("text")) > 200:
        raise bad("MESSAGE_TOO_LONG")
    query.answer = {"text": call.text("text"), "alert": call.flag("show_alert"), "url": call.text("url")}
    world.record("answer", query.chat, user=query.user.id, message_id=query.message_id, query=query.id, **query.answer)
    return True


METHODS: dict[str, Callable[[World, Bot, Call], Any]] = {
    "getme": get_me,
    "getchat": get_chat,
    "getupdates": receiving.get_updates,
    "deletewebhook": receiving.delete_webhook,
    "getwebhookinfo": receiving.webhook_info,
    "sendmessage": sending.message,
    "sendphoto": sending.photo,
    "senddocument": sending.document,
    "sendvoice": sending.voice,
    "sendmediagroup": sending.media_group,
    "sendlocation": sending.location,
    "sendchataction": sending.chat_action,
    "editmessagetext": editing.text,
    "editmessagecaption": editing.caption,
    "editmessagereplymarkup": editing.reply_markup,
    "editmessagemedia": editing.new_media,
    "deletemessage": editing.delete,
    "answercallbackquery": answer_callback_query,
    "getfile": get_file,
    "setmycommands": commands.set_,
    "getmycommands": commands.get,
    "deletemycommands": commands.delete,
}


async def run(world: World, bot: Bot, call: Call) -> dict[str, Any]:
    """The whole answer, refusals included."""
    try:
        method = METHODS.get(call.method)
        if method is None:
            raise Refused(404)
        result = method(world, bot, call)
        if inspect.isawaitable(result):
            result = await result
    except Refused as refused:
        return refused.answer()
    said: dict[str, Any] = {"ok": True}
    if isinstance(result, tuple):
        result, said["description"] = result
    return said | {"result": result}


METHODS["setwebhook"] = receiving.set_webhook(run)
