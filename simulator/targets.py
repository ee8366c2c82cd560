"""To whom a call goes, and whether it may."""

from simulator.bots import Bot
from simulator.calls import Call
from simulator.chats import Chat, Message
from simulator.errors import bad, forbidden
from simulator.world import World


def chat(world: World, bot: Bot, call: Call) -> Chat:
    """The chat a call may send to."""
    found = known(world, bot, call)
    if found.user and found.user.id in bot.blocked:
        raise forbidden("bot was blocked by the user")
    if found.moved_to:
        raise bad("group chat was upgraded to a supergroup chat", migrate_to_chat_id=found.moved_to)
    if bot.id not in found.bots:
        raise forbidden(f"bot was kicked from the {found.type} chat")
    return found


def known(world: World, bot: Bot, call: Call) -> Chat:
    if not call.text("chat_id"):
        raise bad("chat_id is empty")
    number = call.chat_id()
    if number is not None and number in world.groups:
        return world.groups[number]
    if number is None or number not in world.users:
        raise bad("chat not found")
    if number not in bot.known:
        if any(number in group.people and bot.id in group.bots for group in world.groups.values()):
            raise forbidden("bot can't initiate conversation with a user")
        raise bad("chat not found")
    return world.private_chat(bot, world.users[number])


def message(where: Chat, call: Call, verb: str) -> Message:
    """The message an edit or a deletion means."""
    number = call.number("message_id")
    if not number:
        raise bad("message identifier is not specified")
    found = where.messages.get(number)
    if found is None:
        raise bad(f"message to {verb} not found")
    return found


def replied(where: Chat, call: Call) -> int | None:
    wanted = call.json("reply_parameters", "reply parameters") or {}
    number = int(wanted.get("message_id") or call.number("reply_to_message_id") or 0)
    if not number or number in where.messages:
        return number or None
    if wanted.get("allow_sending_without_reply") or call.flag("allow_sending_without_reply"):
        return None
    raise bad("message to be replied not found")
