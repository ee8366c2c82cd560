"""Cases and notices as lines of the lists of docs/staff-api.md, for one person in their language."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from bot.desk.due import due_for
from bot.desk.notices import masked
from bot.texts import say
from cases import access
from cases.book import Book
from cases.joining import Alike
from cases.masking import mask, mask_numbers
from models import Case, Notification, Person
from web.parts import Parts
from web.present import iso

EXCERPT = 120


@dataclass(frozen=True)
class Desk:
    """What one person on the staff is shown, in their language, now."""

    parts: Parts
    person: Person
    locale: str
    now: datetime

    @property
    def book(self) -> Book:
        return self.parts.senses.book

    def say(self, key: str, **args: object) -> str:
        return say(key, self.locale, **args)

    def word(self, key: str, args: Mapping[str, Any]) -> str:
        return self.parts.wording.word(key, args, self.locale, self.now)

    def category(self, code: str | None) -> str:
        return self.book.category_name(code, self.locale)

    def unit(self, code: str | None) -> str:
        return self.book.unit_name(code, self.locale)

    def task(self, case: Case, *, photos: int, names: Mapping[str, str]) -> dict[str, Any]:
        """A case as one line of a list."""
        offered = access.steps_for(self.book, self.person, case, self.now)
        by, what = due_for(self.person, case)
        return {
            "number": case.number,
            "version": case.version,
            "status": str(case.status),
            "status_text": self.say(f"status_name.{case.status}"),
            "category": self.category(case.category) or self.say("word.unsorted"),
            "item": self.category(case.item),
            "place": self.where(case),
            "grid": self.book.area_name(case.grid),
            "text": mask(case.text)[:EXCERPT],
            "photos": photos,
            "submitted_at": iso(case.submitted_at),
            "next_due": iso(by),
            "next_due_text": self.say(f"due.{what}") if what else "",
            "span_started": iso(case.submitted_at),
            "overdue": case.overdue,
            "danger": bool(case.danger),
            "ringing": case.ringing,
            "kind": self.say(f"kind.{kind}") if (kind := case.facts.get("kind")) else "",
            "urgent": bool(case.facts.get("urgent")),
            "level": case.level,
            "urges": case.urges,
            "returns": case.returns,
            "round": case.round,
            "assignee_name": names.get(case.assignee or "", ""),
            "primary": access.wanted(offered),
            "called": access.owes(self.person, case) is not None and case.assignee != self.person.code,
            "awaited": len(access.awaited(case)),
            "extension": bool(case.extension),
            "relay": case.relay is not None,
            "untold": case.untold_at is not None,
            "joined": case.joined,
        }

    def where(self, case: Case) -> str:
        known = self.book.place_name(case.place) or mask(case.place_text) or self.book.area_name(case.grid)
        return known or self.say("word.no_place")

    def alike(self, one: Alike) -> dict[str, Any]:
        return {
            "number": one.number,
            "category": self.category(one.category),
            "place": one.place,
            "text": one.text,
            "status_text": self.say(f"status_name.{one.status}"),
            "joined": one.joined,
        }

    def notice(self, row: Notification, case: Case | None) -> dict[str, Any]:
        """One line of what somebody was told, as it was then, with a link while the case is theirs to see."""
        return {
            "id": row.id,
            "text": mask_numbers(self.word(row.text_key, masked(row.text_key, row.args))),
            "number": case.number if case and access.may_see(self.book, self.person, case) else None,
            "link": _here(row.args.get("link", "")),
            "at": iso(row.created_at),
            "read": row.read_at is not None,
        }


def _here(link: str) -> str | None:
    """A link of ours without its address: this page may have been reached by another."""
    found = urlsplit(link)
    return found._replace(scheme="", netloc="").geturl() or None
