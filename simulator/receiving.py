"""How a bot gets its updates: getUpdates or a webhook, never both."""

from collections.abc import Awaitable, Callable
from typing import Any

from simulator.bots import Bot
from simulator.calls import Call
from simulator.errors import Refused
from simulator.updates import HOOKED
from simulator.webhooks import Hook, check
from simulator.world import World

Answered = tuple[Any, str]  # a result and the words that go with it
Run = Callable[[World, Bot, Call], Awaitable[Any]]


async def get_updates(world: World, bot: Bot, call: Call) -> list[dict[str, Any]]:
    if bot.hook:
        raise Refused(409, HOOKED)
    bot.updates.allow(call.json("allowed_updates", "allowed_updates"))
    limit = min(max(call.number("limit", 100), 1), 100)
    timeout = 0 if world.closing else min(max(call.number("timeout"), 0), 50)
    return await bot.updates.get(call.number("offset"), limit, timeout)


def set_webhook(run: Run) -> Callable[[World, Bot, Call], Awaitable[Answered]]:
    """The method needs the way to run others: a webhook's answer may hold a call."""

    async def set_(world: World, bot: Bot, call: Call) -> Answered:
        url, secret = call.text("url").strip(), call.text("secret_token")
        if not url:
            return await delete_webhook(world, bot, call)
        check(url, secret)
        bot.updates.allow(call.json("allowed_updates", "allowed_updates"))
        if call.flag("drop_pending_updates"):
            bot.updates.pending.clear()
        connections = min(max(call.number("max_connections", 40), 1), 100)
        if bot.hook and bot.hook.same(url, secret, connections):
            return True, "Webhook is already set"
        bot.updates.end_poll("terminated by setWebhook request")
        if bot.hook:
            await bot.hook.stop()
        bot.hook = Hook(bot.updates, url, secret, connections, lambda inner: run(world, bot, inner), world.pace)
        return True, "Webhook was set"

    return set_


async def delete_webhook(world: World, bot: Bot, call: Call) -> Answered:
    if call.flag("drop_pending_updates"):
        bot.updates.pending.clear()
    if bot.hook is None:
        return True, "Webhook is already deleted"
    hook, bot.hook = bot.hook, None
    await hook.stop()
    return True, "Webhook was deleted"


def webhook_info(world: World, bot: Bot, call: Call) -> dict[str, Any]:
    said = bot.hook.as_json() if bot.hook else {"url": "", "has_custom_certificate": False}
    said["pending_update_count"] = len(bot.updates.waiting())
    return said | ({"allowed_updates": bot.updates.allowed} if bot.updates.allowed else {})
