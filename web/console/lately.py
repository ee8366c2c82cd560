"""What was counted a moment ago serves again: figures over all cases need not be counted for every look at them."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, TypeVar

from web.console.shell import Console

T = TypeVar("T")


async def lately(here: Console, name: str, lasts: timedelta, count: Callable[[], Awaitable[T]]) -> T:
    """By this program's memory; `name` says what was counted, and for what."""
    state = here.request.app.state
    if not hasattr(state, "lately"):
        state.lately = {}
    known: dict[str, tuple[Any, T]] = state.lately
    if name not in known or not known[name][0] <= here.now < known[name][0] + lasts:
        known[name] = (here.now, await count())
    return known[name][1]
