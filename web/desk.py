"""Cases as the JSON of docs/staff-api.md: tasks, the case page, the steps one may take."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import structlog

from bot.because import explained
from bot.desk.due import due_for
from bot.desk.notices import masked
from bot.texts import say
from cases import access, accused, sealed
from cases.book import Book
from cases.joining import Alike
from cases.masking import mask, mask_numbers
from cases.master_keys import CannotOpen
from cases.queries import Story
from models import Case, CoTask, Event, Notification, Person, Resident, Role
from web import steps
from web.parts import Parts
from web.present import iso

EXCERPT = 120
TELLS = 0.005  # what a word adds to a guess; below it two decimals say nothing
TOLD_THEM = frozenset({"answer", "relay_back"})
log = structlog.get_logger()


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

    def page(self, story: Story) -> dict[str, Any]:
        """The whole page of one case for one person."""
        case = story.case
        head = self.task(case, photos=sum(photo.kind == "photo" for photo in story.photos), names=story.people)
        return {
            "case": {
                **head,
                "text": mask(case.text),
                "anonymous": case.anonymous,
                "contact": self._contact(case, story.resident),
                "unit_name": self.unit(case.unit),
                "co_unit_names": [self.unit(unit) for unit in case.co_units],
                "accountable_name": self._accountable(story),
                "co_tasks": [self._co_task(task, story) for task in story.called],
                "decision": mask(case.decision),
                "clock_name": self.book.policies[case.clock].name if case.clock else "",
                "due_at": iso(case.due_at),
                "sign_due_at": iso(case.sign_due_at),
                "contact_due_at": iso(case.contact_due_at),
                "signed_at": iso(case.signed_at),
                "contacted_at": iso(case.contacted_at),
                "resolved_at": iso(case.resolved_at),
                "paused_at": iso(case.paused_at),
                "lon": case.lon,
                "lat": case.lat,
                "address": self.book.places[case.place].address if case.place else "",
                **_files(story, _told_with(story)),
                "rule": explained(self.book, case.explanation, case.unit, self.locale, accused.about(case)),
                "prediction": self._prediction(story),
                "extension": self._extension(case),
                "order": self._order(case),
                "exclusion": self._exclusion(case),
                "receipt": f"/api/staff/cases/{case.number}/receipt.pdf" if case.filed_by == self.person.code else "",
                "outcome": self.say(f"outcome.{case.outcome}") if case.outcome else "",
                "result": mask_numbers(case.result),
                "rating": self._rating(story),
                "master": story.master,
                "merged": story.merged,
            },
            "timeline": [self._event(event, story) for event in story.events],
            "steps": steps.shown(self.book, self.person, case, self.locale, self.now),
            "now": iso(self.now),
        }

    def alike(self, one: Alike) -> dict[str, Any]:
        return {
            "number": one.number,
            "category": self.category(one.category),
            "place": one.place,
            "text": one.text,
            "status_text": self.say(f"status_name.{one.status}"),
            "joined": one.joined,
        }

    def _extension(self, case: Case) -> dict[str, Any] | None:
        asked = case.extension
        if asked is None:
            return None
        until = iso(datetime.fromisoformat(asked["until"]))
        return {
            "days": asked["days"],
            "until": until,
            "who": self.book.people.get(asked["by"], ""),
            "text": mask(asked["text"]),
        }

    def _accountable(self, story: Story) -> str:
        """首接负责人, where the case lies on somebody else's desk."""
        case = story.case
        return story.people.get(case.accountable or "", "") if case.accountable != case.assignee else ""

    def _co_task(self, task: CoTask, story: Story) -> dict[str, Any]:
        pending, what = task.status in access.PENDING, f"co_{task.status}"
        return {
            "unit": task.unit,
            "unit_name": self.unit(task.unit),
            "assignee_name": story.people.get(task.assignee or "", ""),
            "status": str(task.status),
            "status_text": self.say(f"co_status.{task.status}"),
            "asked": mask(task.asked),
            "called_at": iso(task.called_at),
            "next_due": iso(task.due_at) if pending else None,
            "next_due_text": self.say(f"due.{what}") if pending else "",
            "overdue": task.overdue,
            "ended_at": iso(task.ended_at),
            "answer": mask(task.answer),
            **_files(story, task.photos),
        }

    def _order(self, case: Case) -> dict[str, Any] | None:
        order = case.ordered
        if order is None:
            return None
        return {
            "number": order["number"],
            "who": self.book.people.get(order["by"], ""),
            "due": iso(datetime.fromisoformat(order["due"])),
            "text": mask(order["text"]),
            "answer": mask(order.get("answer", "")),
            "overdue": bool(order.get("overdue")),
        }

    def _exclusion(self, case: Case) -> dict[str, Any] | None:
        """剔除: what was asked for last, where it stands, and what the resident says against it."""
        asked = case.exclusion
        if asked is None:
            return None
        return {
            "state": asked["state"],
            "who": self.book.people.get(asked["by"], ""),
            "ground": self.say(f"ground.{asked['ground']}"),
            "text": mask(asked["text"]),
            "appeal": mask(asked.get("appeal", "")),
        }

    def _event(self, event: Event, story: Story) -> dict[str, Any]:
        details = event.details
        args = {
            "who": story.people.get(event.actor) or self.say(f"role.{event.role}"),
            "assignee": details.get("assignee") or details.get("to") or "",
            "days": details.get("days", ""),
            "until": details.get("until", ""),
            "due": details.get("due", ""),
            "order": details.get("order", ""),
            "unit": details.get("unit") or "",
            "reason": self.say(f"reason.{details['reason']}") if details.get("reason") else "",
            "ground": details.get("ground", ""),
            "number": story.case.number,
            "called": details.get("called", []),
            "other": details.get("other", ""),
        }
        return {
            "seq": event.seq,
            "kind": event.kind,
            "kind_text": self.word("event.decided" if details.get("binding") else f"event.{event.kind}", args),
            "who": story.people.get(event.actor) or self.say(f"role.{event.role}"),
            "role_text": self.say(f"role.{event.role}"),
            "status_text": self.say(f"status_name.{event.status}"),
            "text": " · ".join(self._answers(**details).values()) if event.kind == "rate" else _said(event),
            **_files(story, event.photos),
            "at": iso(event.at),
            "public": event.public,
        }

    def _contact(self, case: Case, resident: Resident) -> str | None:
        if case.anonymous:
            return None
        try:
            return sealed.masked(self.parts.keys, resident)
        except CannotOpen:  # tampered with, or its master key is lost: the case goes on without
            log.error("contact.cannot_open", resident=str(resident.id))
            return self.say("staff.contact_unreadable")

    def _prediction(self, story: Story) -> dict[str, Any] | None:
        guess = story.prediction
        if guess is None:
            return None
        return {
            "label": guess.label,
            "confidence": guess.confidence,
            "ranking": guess.ranking[:5],
            "model": guess.model,
            "version": self.parts.models.name(guess.model),
            "words": [[w, adds] for w, adds in self.parts.why(story.case.text, guess.label) if abs(adds) >= TELLS],
        }

    def _answers(self, contacted: bool, solved: str, satisfied: str) -> dict[str, str]:
        """The three answers of a rating, in words."""
        given = {"contacted": "yes" if contacted else "no", "solved": solved, "satisfied": satisfied}
        return {question: self.say(f"rating.{question}_{answer}") for question, answer in given.items()}

    def _rating(self, story: Story) -> dict[str, str] | None:
        rating = story.rating
        if rating is None or rating.round != story.case.round:
            return None
        return self._answers(rating.contacted, rating.solved, rating.satisfied)

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


def _said(event: Event) -> str:
    """A flat stays where a resident told it to whoever handles the case, and in what the staff write."""
    told = event.role is not Role.RESIDENT or event.kind in TOLD_THEM
    return mask_numbers(event.text) if told else mask(event.text)


def _here(link: str) -> str | None:
    """A link of ours without its address: this page may have been reached by another."""
    found = urlsplit(link)
    return found._replace(scheme="", netloc="").geturl() or None


def _told_with(story: Story) -> list[str]:
    """The residents' own, and those of whoever filed it for one."""
    first = story.events[0].photos if story.events else []
    return [str(photo.id) for photo in story.photos if photo.resident or str(photo.id) in first]


def _files(story: Story, ids: Sequence[str]) -> dict[str, list[str]]:
    """Where its photos and voice messages are to be had."""
    spoken = {str(photo.id) for photo in story.photos if photo.kind == "voice"}
    return {
        "photos": [photo_url(id_) for id_ in ids if id_ not in spoken],
        "voices": [photo_url(id_) for id_ in ids if id_ in spoken],
    }


def photo_url(photo: str) -> str:
    return f"/api/staff/photos/{photo}"


def choices(book: Book, people: Sequence[Person]) -> dict[str, Any]:
    """What a dispatcher may choose from: units with their people, departments with their items."""
    units = [
        {
            "code": unit.code,
            "name": unit.name,
            "people": [{"code": p.code, "name": p.name} for p in people if p.unit == unit.code],
        }
        for unit in book.units.values()
    ]
    fields = [c for c in book.categories.values() if c.parent is None]
    categories = [
        {
            "code": field.code,
            "name": field.name,
            "items": [{"code": item.code, "name": item.name} for item in book.items.get(field.code, ())],
        }
        for field in fields
    ]
    return {"units": [unit for unit in units if unit["people"]], "categories": categories}
