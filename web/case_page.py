"""The whole page of one case, as JSON, for one person: docs/staff-api.md."""

from datetime import datetime
from typing import Any

import structlog

from bot.because import explained
from cases import access, accused, sealed
from cases.masking import mask, mask_numbers
from cases.master_keys import CannotOpen
from cases.queries import Story
from models import Case, CoTask, Resident
from web import steps
from web.case_timeline import answers, files, line
from web.desk import Desk
from web.present import iso

TELLS = 0.005  # what a word adds to a guess; below it two decimals say nothing
log = structlog.get_logger()


def whole_page(desk: Desk, story: Story) -> dict[str, Any]:
    case = story.case
    head = desk.task(case, photos=sum(photo.kind == "photo" for photo in story.photos), names=story.people)
    return {
        "case": {
            **head,
            "text": mask(case.text),
            "anonymous": case.anonymous,
            "contact": _contact(desk, case, story.resident),
            "unit_name": desk.unit(case.unit),
            "co_unit_names": [desk.unit(unit) for unit in case.co_units],
            "accountable_name": _accountable(desk, story),
            "co_tasks": [_co_task(desk, task, story) for task in story.called],
            "decision": mask(case.decision),
            "clock_name": desk.book.policies[case.clock].name if case.clock else "",
            "due_at": iso(case.due_at),
            "sign_due_at": iso(case.sign_due_at),
            "contact_due_at": iso(case.contact_due_at),
            "signed_at": iso(case.signed_at),
            "contacted_at": iso(case.contacted_at),
            "resolved_at": iso(case.resolved_at),
            "paused_at": iso(case.paused_at),
            "lon": case.lon,
            "lat": case.lat,
            "address": desk.book.places[case.place].address if case.place else "",
            **files(story, _told_with(story)),
            "rule": explained(desk.book, case.explanation, case.unit, desk.locale, accused.about(case)),
            "prediction": _prediction(desk, story),
            "extension": _extension(desk, case),
            "order": _order(desk, case),
            "exclusion": _exclusion(desk, case),
            "receipt": f"/api/staff/cases/{case.number}/receipt.pdf" if case.filed_by == desk.person.code else "",
            "outcome": desk.say(f"outcome.{case.outcome}") if case.outcome else "",
            "result": mask_numbers(case.result),
            "rating": _rating(desk, story),
            "master": story.master,
            "merged": story.merged,
        },
        "timeline": [line(desk, event, story) for event in story.events],
        "steps": steps.shown(desk.book, desk.person, case, desk.locale, desk.now),
        "now": iso(desk.now),
    }


def _contact(desk: Desk, case: Case, resident: Resident) -> str | None:
    if case.anonymous:
        return None
    try:
        return sealed.masked(desk.parts.keys, resident)
    except CannotOpen:  # tampered with, or its master key is lost: the case goes on without
        log.error("contact.cannot_open", resident=str(resident.id))
        return desk.say("staff.contact_unreadable")


def _accountable(desk: Desk, story: Story) -> str:
    """首接负责人, where the case lies on somebody else's desk."""
    case = story.case
    return story.people.get(case.accountable or "", "") if case.accountable != case.assignee else ""


def _co_task(desk: Desk, task: CoTask, story: Story) -> dict[str, Any]:
    pending, what = task.status in access.PENDING, f"co_{task.status}"
    return {
        "unit": task.unit,
        "unit_name": desk.unit(task.unit),
        "assignee_name": story.people.get(task.assignee or "", ""),
        "status": str(task.status),
        "status_text": desk.say(f"co_status.{task.status}"),
        "asked": mask(task.asked),
        "called_at": iso(task.called_at),
        "next_due": iso(task.due_at) if pending else None,
        "next_due_text": desk.say(f"due.{what}") if pending else "",
        "overdue": task.overdue,
        "ended_at": iso(task.ended_at),
        "answer": mask(task.answer),
        **files(story, task.photos),
    }


def _prediction(desk: Desk, story: Story) -> dict[str, Any] | None:
    guess = story.prediction
    if guess is None:
        return None
    return {
        "label": guess.label,
        "confidence": guess.confidence,
        "ranking": guess.ranking[:5],
        "model": guess.model,
        "version": desk.parts.models.name(guess.model),
        "words": [[w, adds] for w, adds in desk.parts.why(story.case.text, guess.label) if abs(adds) >= TELLS],
    }


def _extension(desk: Desk, case: Case) -> dict[str, Any] | None:
    asked = case.extension
    if asked is None:
        return None
    until = iso(datetime.fromisoformat(asked["until"]))
    return {
        "days": asked["days"],
        "until": until,
        "who": desk.book.people.get(asked["by"], ""),
        "text": mask(asked["text"]),
    }


def _order(desk: Desk, case: Case) -> dict[str, Any] | None:
    order = case.ordered
    if order is None:
        return None
    return {
        "number": order["number"],
        "who": desk.book.people.get(order["by"], ""),
        "due": iso(datetime.fromisoformat(order["due"])),
        "text": mask(order["text"]),
        "answer": mask(order.get("answer", "")),
        "overdue": bool(order.get("overdue")),
    }


def _exclusion(desk: Desk, case: Case) -> dict[str, Any] | None:
    """剔除: what was asked for last, where it stands, and what the resident says against it."""
    asked = case.exclusion
    if asked is None:
        return None
    return {
        "state": asked["state"],
        "who": desk.book.people.get(asked["by"], ""),
        "ground": desk.say(f"ground.{asked['ground']}"),
        "text": mask(asked["text"]),
        "appeal": mask(asked.get("appeal", "")),
    }


def _rating(desk: Desk, story: Story) -> dict[str, str] | None:
    rating = story.rating
    if rating is None or rating.round != story.case.round:
        return None
    return answers(desk, rating.contacted, rating.solved, rating.satisfied)


def _told_with(story: Story) -> list[str]:
    """The residents' own, and those of whoever filed it for one."""
    first = story.events[0].photos if story.events else []
    return [str(photo.id) for photo in story.photos if photo.resident or str(photo.id) in first]
