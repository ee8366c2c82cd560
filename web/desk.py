"""Cases as the JSON of docs/staff-api.md: tasks, the case page, the steps one may take."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bot.texts import say
from bot.wording import Wording
from cases import access
from cases.book import Book
from cases.keys import Keys
from cases.masking import mask, mask_phone
from cases.queries import Story
from models import Case, Event, Notification, Outcome, Person, Resident, ReturnReason, Status, Step
from web.parts import Parts
from web.present import iso

LOCALE = "zh-Hans"
EXCERPT = 120
CHOICES = {"reason": ReturnReason, "outcome": Outcome}
OPTIONAL = {"return": ["text"], "contact": ["text"], "assign": ["assignee", "category", "text"], "reply": ["photo"]}


def task(
    book: Book, case: Case, person: Person, now: datetime, *, photos: int, names: dict[str, str]
) -> dict[str, Any]:
    steps = access.steps_for(book, person, case, now)
    by, what = next_due(case)
    return {
        "number": case.number,
        "version": case.version,
        "status": str(case.status),
        "status_text": say(f"status_name.{case.status}", LOCALE),
        "category": book.category_name(case.category) or say("word.unsorted", LOCALE),
        "item": book.category_name(case.item),
        "place": where(book, case),
        "grid": book.area_name(case.grid),
        "text": mask(case.text)[:EXCERPT],
        "photos": photos,
        "submitted_at": iso(case.submitted_at),
        "next_due": iso(by),
        "next_due_text": say(f"due.{what}", LOCALE) if what else "",
        "span_started": iso(case.submitted_at),
        "overdue": case.overdue,
        "danger": bool(case.danger),
        "level": case.level,
        "urges": case.urges,
        "returns": case.returns,
        "round": case.round,
        "assignee_name": names.get(case.assignee or "", ""),
        "primary": steps[0].name if steps else None,
    }


def next_due(case: Case) -> tuple[datetime | None, str]:
    """The deadline that comes next, and what it is for."""
    if case.status in (Status.RESOLVED, Status.CLOSED, Status.REJECTED, Status.WITHDRAWN):
        return None, ""
    if case.status is Status.WAITING:
        return None, "waiting"
    if case.status is Status.DISPATCHED and case.sign_due_at:
        return case.sign_due_at, "sign"
    if case.status in (Status.TRIAGE, Status.ARBITRATION) and case.sign_due_at:
        return case.sign_due_at, "sort"
    if case.status is Status.ACCEPTED and case.contacted_at is None and case.contact_due_at:
        return min((case.contact_due_at, "contact"), (case.due_at or case.contact_due_at, "resolve"))
    return case.due_at, "resolve"


def where(book: Book, case: Case) -> str:
    known = book.place_name(case.place) or mask(case.place_text) or book.area_name(case.grid)
    return known or say("word.no_place", LOCALE)


def page(parts: Parts, story: Story, person: Person, resident: Resident, now: datetime) -> dict[str, Any]:
    """The whole page of one case for one person."""
    book, case = parts.senses.book, story.case
    head = task(book, case, person, now, photos=len(story.photos), names=story.people)
    return {
        "case": {
            **head,
            "text": mask(case.text),
            "anonymous": case.anonymous,
            "contact": _contact(parts.keys, case, resident),
            "unit_name": book.unit_name(case.unit),
            "co_unit_names": [book.unit_name(unit) for unit in case.co_units],
            "clock_name": book.policies[case.clock].name if case.clock else "",
            "due_at": iso(case.due_at),
            "sign_due_at": iso(case.sign_due_at),
            "contact_due_at": iso(case.contact_due_at),
            "lon": case.lon,
            "lat": case.lat,
            "address": book.places[case.place].address if case.place else "",
            "photos": [photo_url(str(photo.id)) for photo in story.photos if photo.resident],
            "rule": rule_text(book, case),
            "prediction": _prediction(parts, story),
            "outcome": say(f"outcome.{case.outcome}", LOCALE) if case.outcome else "",
            "result": case.result,
            "rating": _rating(story),
        },
        "timeline": [_event(parts.wording, book, event, story, now) for event in story.events],
        "steps": steps(book, case, person, now),
        "now": iso(now),
    }


def steps(book: Book, case: Case, person: Person, now: datetime) -> list[dict[str, Any]]:
    """Drawn from STEPS: what this person may do to this case now."""
    allowed = access.steps_for(book, person, case, now)
    return [_step(book, case, step, primary=n == 0) for n, step in enumerate(allowed)]


def _step(book: Book, case: Case, step: Step, *, primary: bool) -> dict[str, Any]:
    needs = sorted(access.needs(book, case, step))
    asked = {name: kind for name, kind in CHOICES.items() if name in needs}
    return {
        "name": step.name,
        "label": say(f"step_name.{step.name}", LOCALE),
        "needs": needs,
        "optional": [name for name in OPTIONAL.get(step.name, ()) if name not in needs],
        "choices": {
            name: [{"value": str(v), "label": say(f"{name}.{v}", LOCALE)} for v in kind] for name, kind in asked.items()
        },
        "primary": primary,
    }


def rule_text(book: Book, case: Case) -> str:
    """“规则 R-017：事项是餐饮油烟，地点在丹桂街道 → 城市管理局。”"""
    explanation = case.explanation
    if not explanation:
        return say("rule.none", LOCALE)
    because = [
        say(f"rule.because.{reason['condition']}", LOCALE, value=_value(book, reason))
        for reason in explanation["because"]
    ]
    text = say("rule.sep", LOCALE).join(because) or say("rule.always", LOCALE)
    unit = book.unit_name(case.unit)
    return say("rule.text", LOCALE, rule=explanation["rule"], because=text, unit=unit, note=explanation.get("note", ""))


def _value(book: Book, reason: dict[str, Any]) -> str:
    value = reason["value"]
    match reason["condition"]:
        case "category":
            return book.category_name(value)
        case "area":
            return book.area_name(value)
    return "、".join(map(str, value)) if isinstance(value, list) else str(value)


def _event(wording: Wording, book: Book, event: Event, story: Story, now: datetime) -> dict[str, Any]:
    details = event.details
    args = {
        "who": story.people.get(event.actor, ""),
        "assignee": details.get("assignee") or details.get("to") or "",
        "unit": details.get("unit") or "",
        "reason": say(f"reason.{details['reason']}", LOCALE) if details.get("reason") else "",
        "number": story.case.number,
    }
    return {
        "seq": event.seq,
        "kind": event.kind,
        "kind_text": wording.word(f"event.{event.kind}", args, LOCALE, now),
        "who": story.people.get(event.actor) or say(f"role.{event.role}", LOCALE),
        "role_text": say(f"role.{event.role}", LOCALE),
        "status_text": say(f"status_name.{event.status}", LOCALE),
        "text": mask(event.text),
        "photos": [photo_url(photo) for photo in event.photos],
        "at": iso(event.at),
        "public": event.public,
    }


def photo_url(photo: str) -> str:
    return f"/api/staff/photos/{photo}"


def _contact(keys: Keys, case: Case, resident: Resident) -> str | None:
    if case.anonymous or not resident.contact:
        return None
    return mask_phone(keys.open(resident.contact))


def _prediction(parts: Parts, story: Story) -> dict[str, Any] | None:
    guess = story.prediction
    if guess is None:
        return None
    return {
        "label": guess.label,
        "confidence": guess.confidence,
        "ranking": guess.ranking[:3],
        "words": [list(pair) for pair in parts.why(story.case.text, guess.label)],
    }


def _rating(story: Story) -> dict[str, str] | None:
    rating = story.rating
    if rating is None or rating.round != story.case.round:
        return None
    return {
        "contacted": say("rating.contacted_yes" if rating.contacted else "rating.contacted_no", LOCALE),
        "solved": say(f"rating.solved_{rating.solved}", LOCALE),
        "satisfied": say(f"rating.satisfied_{rating.satisfied}", LOCALE),
    }


def notice(parts: Parts, row: Notification, case: Case, person: Person) -> dict[str, Any]:
    """One line of what somebody was told, as it was then, with a link while the case is theirs to see."""
    return {
        "id": row.id,
        "text": mask(parts.wording.word(row.text_key, row.args, LOCALE, parts.now())),
        "number": case.number if access.may_see(parts.senses.book, person, case) else None,
        "at": iso(row.created_at),
        "read": row.read_at is not None,
    }


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
