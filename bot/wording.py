"""A text key and its arguments become words: codes turn into names, moments into local time, sealed codes open."""

import base64
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from bot import services
from bot.texts import DEFAULT, say
from cases.book import Book
from cases.clock import TOWN_TIME
from cases.keys import Keys, grouped


class Wording:
    """Speaks every language of the catalogues about one town."""

    def __init__(self, book: Book, keys: Keys) -> None:
        self._book, self.keys = book, keys

    def word(self, key: str, args: Mapping[str, Any], locale: str, now: datetime) -> str:
        return say(key, locale, **{name: self._plain(name, value, locale, now) for name, value in args.items()})

    def _plain(self, name: str, value: Any, locale: str, now: datetime) -> Any:
        match name:
            case "category":
                return self._book.category_name(value, locale) or say("word.unsorted", locale)
            case "service":
                return services.title(self._book.guide.services.get(value), locale)
            case "told":
                return services.told(self._book.guide.services.get(value), locale)
            case "briefly":
                return services.briefly(self._book.guide.services.get(value), locale)
            case "unit":
                return self._book.unit_name(value, locale) or say("word.dispatch_desk", locale)
            case "called":
                return say("word.and", locale).join(self._book.unit_name(unit, locale) for unit in value)
            case "assignee":
                return self._person(value, locale)
            case "due" | "sign_due" | "order_due" | "until" | "appeal_until" | "at":
                return when(datetime.fromisoformat(value), locale, now) if value else say("word.soon", locale)
            case "outcome":
                return say(f"outcome.{value}", locale) if value else ""
            case "ground":
                return say(f"ground.{value}", locale) if value else ""
            case "option":  # of a question; others are in the words of who asks
                return say({"yes": "vote.yes", "no": "vote.no"}[value], locale) if value in ("yes", "no") else value
            case "said":
                return value.get(locale) or value[DEFAULT]
            case "code":
                return grouped(self.keys.open(base64.b64decode(value)))
            case "lines":
                return "\n".join(self.word(key, args, locale, now) for key, args in value)
        return value

    def _person(self, code: str, locale: str) -> str:
        """A grid worker by what they are; nobody yet: the desk that dispatches."""
        name = self._book.people.get(code)
        if name is None:
            return say("word.dispatch_desk", locale)
        return say("word.worker", locale, name=name) if code in self._book.workers else name


def when(moment: datetime, locale: str, now: datetime) -> str:
    """Today 18:00, tomorrow, or the date; the year only when it is another one. Always the town's time."""
    local, today = moment.astimezone(TOWN_TIME), now.astimezone(TOWN_TIME).date()
    days = (local.date() - today) / timedelta(days=1)
    form = {0: "today", 1: "tomorrow"}.get(int(days), "date" if local.year == today.year else "date_year")
    parts = {"year": local.year, "month": local.month, "day": local.day, "time": f"{local:%H:%M}"}
    return say(f"when.{form}", locale, month_name=f"{local:%b}", **parts)


def on_paper(moment: datetime, locale: str) -> str:
    """The whole date: a paper is read on another day, too."""
    local = moment.astimezone(TOWN_TIME)
    parts = {"year": local.year, "month": local.month, "day": local.day, "time": f"{local:%H:%M}"}
    return say("when.date_year", locale, month_name=f"{local:%b}", **parts)
