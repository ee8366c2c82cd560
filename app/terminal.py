"""How any command shows what it found on a terminal, in the town's time."""

from datetime import datetime

from rich.console import Console, RenderableType

from bot.texts import say
from cases.clock import TOWN_TIME
from cases.errors import Refusal

LANGUAGE = "en"
MOMENTS = frozenset({"until"})


def show(*shown: RenderableType) -> None:
    console = Console(soft_wrap=True, highlight=False)
    for one in shown:
        console.print(one, markup=False) if isinstance(one, str) else console.print(one)


def words(refusal: Refusal) -> str:
    values = {name: at(value) if name in MOMENTS else value for name, value in refusal.values.items()}
    listed = [say(key, LANGUAGE, **args) for key, args in refusal.values.get("lines", [])]
    return "\n".join([say(refusal.key, LANGUAGE, **values), *listed])


def at(moment: str | datetime) -> str:
    read = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return f"{read.astimezone(TOWN_TIME):%Y-%m-%d %H:%M}"


def percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.0f}%"
