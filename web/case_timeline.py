"""The story of a case, event by event, and what is to be seen and heard with it."""

from collections.abc import Sequence
from typing import Any

from cases.masking import mask, mask_numbers
from cases.queries import Story
from models import Event, Role
from web.desk import Desk
from web.present import iso

TOLD_THEM = frozenset({"answer", "relay_back"})


def line(desk: Desk, event: Event, story: Story) -> dict[str, Any]:
    details = event.details
    args = {
        "who": story.people.get(event.actor) or desk.say(f"role.{event.role}"),
        "assignee": details.get("assignee") or details.get("to") or "",
        "days": details.get("days", ""),
        "until": details.get("until", ""),
        "due": details.get("due", ""),
        "order": details.get("order", ""),
        "unit": details.get("unit") or "",
        "reason": desk.say(f"reason.{details['reason']}") if details.get("reason") else "",
        "ground": details.get("ground", ""),
        "number": story.case.number,
        "called": details.get("called", []),
        "other": details.get("other", ""),
    }
    return {
        "seq": event.seq,
        "kind": event.kind,
        "kind_text": desk.word("event.decided" if details.get("binding") else f"event.{event.kind}", args),
        "who": story.people.get(event.actor) or desk.say(f"role.{event.role}"),
        "role_text": desk.say(f"role.{event.role}"),
        "status_text": desk.say(f"status_name.{event.status}"),
        "text": " · ".join(answers(desk, **details).values()) if event.kind == "rate" else _said(event),
        **files(story, event.photos),
        "at": iso(event.at),
        "public": event.public,
    }


def answers(desk: Desk, contacted: bool, solved: str, satisfied: str) -> dict[str, str]:
    """The three answers of a rating, in words."""
    given = {"contacted": "yes" if contacted else "no", "solved": solved, "satisfied": satisfied}
    return {question: desk.say(f"rating.{question}_{answer}") for question, answer in given.items()}


def _said(event: Event) -> str:
    """A flat stays where a resident told it to whoever handles the case, and in what the staff write."""
    told = event.role is not Role.RESIDENT or event.kind in TOLD_THEM
    return mask_numbers(event.text) if told else mask(event.text)


def files(story: Story, ids: Sequence[str]) -> dict[str, list[str]]:
    """Where its photos and voice messages are to be had."""
    spoken = {str(photo.id) for photo in story.photos if photo.kind == "voice"}
    return {
        "photos": [photo_url(id_) for id_ in ids if id_ not in spoken],
        "voices": [photo_url(id_) for id_ in ids if id_ in spoken],
    }


def photo_url(photo: str) -> str:
    return f"/api/staff/photos/{photo}"
