"""The menu of commands, one for each scope and language."""

import json
import re
from typing import Any

from simulator.bots import Bot
from simulator.calls import Call
from simulator.errors import bad
from simulator.world import World

NAME = re.compile(r"[a-z0-9_]{1,32}")
SCOPES = {
    "default": (), "all_private_chats": (), "all_group_chats": (), "all_chat_administrators": (), "chat": ("chat_id",),
    "chat_administrators": ("chat_id",), "chat_member": ("chat_id", "user_id"),
}  # fmt: skip


def _key(call: Call) -> tuple[str, str]:
    scope = call.json("scope", "BotCommandScope") or {"type": "default"}
    if not isinstance(scope, dict) or scope.get("type") not in SCOPES:
        raise bad("can't parse BotCommandScope: unsupported type specified")
    language = call.text("language_code")
    if language and not re.fullmatch(r"[a-z]{2}", language):
        raise bad("invalid language code specified")
    if any(not scope.get(name) for name in SCOPES[scope["type"]]):
        raise bad("can't parse BotCommandScope: chat_id is empty")
    return json.dumps({"type": scope["type"]} | {n: scope[n] for n in SCOPES[scope["type"]]}), language


def set_(world: World, bot: Bot, call: Call) -> bool:
    wanted = call.json("commands", "commands")
    if not isinstance(wanted, list):
        raise bad("can't parse commands: expected an Array of BotCommand")
    if len(wanted) > 100:
        raise bad("BOT_COMMANDS_TOO_MUCH")
    kept = [_read(one) for one in wanted]
    bot.commands[_key(call)] = kept
    return True


def _read(one: Any) -> dict[str, str]:
    if not isinstance(one, dict):
        raise bad("can't parse BotCommand: expected an Object")
    name, about = str(one.get("command", "")).removeprefix("/").lower(), str(one.get("description", "")).strip()
    if not NAME.fullmatch(name):
        raise bad("BOT_COMMAND_INVALID")
    if not 1 <= len(about) <= 256:
        raise bad("BOT_COMMAND_DESCRIPTION_INVALID")
    return {"command": name, "description": about}


def get(world: World, bot: Bot, call: Call) -> list[dict[str, str]]:
    return bot.commands.get(_key(call), [])


def delete(world: World, bot: Bot, call: Call) -> bool:
    bot.commands.pop(_key(call), None)
    return True


def shown(bot: Bot, language: str) -> list[dict[str, str]]:
    """The menu a person with this language has in the private chat: the narrowest that is set."""
    language = language[:2]
    for scope in ("all_private_chats", "default"):
        for code in (language, ""):
            if kept := bot.commands.get((json.dumps({"type": scope}), code)):
                return kept
    return []
