"""A service in the reader's language: as a window clerk would say it, in whole or in short."""

from functools import cache, lru_cache
from typing import Any

from bot.texts import say
from models import Service

RARE = str.maketrans("臺喫羣", "台吃群")
"""Forms that s2t prefers and hardly anybody writes; the catalogues write the others too."""

FIRST = 2
"""Steps that elder mode names."""


def title(service: Service | None, locale: str) -> str:
    if service is None:
        return ""
    return service.title_en if locale == "en" else _in(locale, service.title)


def told(service: Service | None, locale: str) -> str:
    """All of it, a line each: how, what to bring, where and when, how long, what it costs, whom to ask."""
    if service is None:
        return say("service.gone", locale)
    call = say("service.call", locale, call=service.call)
    if locale == "en":
        return f"{service.answer_en}\n{call}"
    steps = "\n".join(f"{n}. {step}" for n, step in enumerate(service.steps, 1))
    lines = [say("service.how", locale, steps=_in(locale, steps))]
    if service.materials:
        lines.append(say("service.materials", locale, materials=_in(locale, "、".join(service.materials))))
    lines.append(say("service.where", locale, place=_in(locale, service.place), hours=_in(locale, service.hours)))
    lines.append(say("service.takes", locale, takes=_in(locale, service.takes), cost=_in(locale, service.cost)))
    return "\n".join([*lines, call])


def briefly(service: Service | None, locale: str) -> str:
    """What elder mode says: the first steps and where."""
    if service is None:
        return say("service.gone", locale)
    if locale == "en":
        return service.answer_en
    steps = _in(locale, "；".join(service.steps[:FIRST]))
    return say("service.brief", locale, steps=steps, place=_in(locale, service.place))


def _in(locale: str, text: str) -> str:
    return _traditional(text) if locale == "zh-Hant" else text


@cache
def _converter() -> Any:
    from opencc import OpenCC

    return OpenCC("s2t")


@lru_cache(2000)
def _traditional(text: str) -> str:
    return str(_converter().convert(text)).translate(RARE).replace("批準", "批准")
