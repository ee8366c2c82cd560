"""Rows of the conversation as the JSON of docs/chat-api.md."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from fastapi.responses import FileResponse
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.texts import say
from bot.wording import Wording, when
from cases import queries
from models import OPEN, STEPS, Case, ChatMessage


async def messages(
    session: AsyncSession, wording: Wording, rows: Sequence[ChatMessage], locale: str, now: datetime
) -> list[dict[str, Any]]:
    """The lines of a page, each in the reader's language."""
    cases = await queries.of_ids(session, {row.case_id for row in rows})
    return [message(row, wording, locale, now, cases) for row in rows]


def message(
    row: ChatMessage, wording: Wording, locale: str, now: datetime, cases: Mapping[UUID, Case]
) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": str(row.id),
        "cursor": str(row.id),
        "from": row.said_by if row.said_by == "resident" else "us",
        "text": wording.word(row.text_key, row.args, locale, now) if row.text_key else row.text,
        "at": iso(row.at),
        "buttons": _buttons(row, cases, wording, locale, now),
    }
    if row.card:
        shown["card"] = {"title": shown["text"], "lines": _lines(row, wording, locale, now)}
    if row.photos:
        shown["photos"] = [f"/api/chat/photos/{photo}" for photo in row.photos]
    if row.case_id and row.case_id in cases:
        shown["case"] = brief(cases[row.case_id], locale, now)
    return shown


def brief(case: Case, locale: str, now: datetime) -> dict[str, Any]:
    due = case.due_at if case.status in OPEN else None  # answered: nothing is due any more
    return {
        "number": case.number,
        "status": str(case.status),
        "status_text": say(f"status_name.{case.status}", locale),
        "due": iso(due),
        "due_text": when(due, locale, now) if due else "",
    }


def picture(path: Path) -> FileResponse:
    """Ours, so it never changes; whoever may see it may keep it for a day."""
    return FileResponse(path, media_type="image/jpeg", headers={"cache-control": "private, max-age=86400"})


def iso(moment: datetime | None) -> str | None:
    return moment.isoformat().replace("+00:00", "Z") if moment else None


def _buttons(
    row: ChatMessage, cases: Mapping[UUID, Case], wording: Wording, locale: str, now: datetime
) -> list[dict[str, str]]:
    """Only those that can be pressed now; those of a card's lines stand in the card."""
    if row.answered_at:
        return []
    case = cases.get(row.case_id) if row.case_id else None
    return [
        {"token": b["token"], "label": wording.word(b["label"], b["args"], locale, now), "action": b["action"]}
        for b in row.buttons
        if not b.get("in_card") and _still(b, case)
    ]


def _still(button: dict[str, Any], case: Case | None) -> bool:
    """Whether the case still is where this step may be taken."""
    step = STEPS.get(button["action"].removeprefix("confirm_"))
    return step is None or case is None or button["payload"].get("number") != case.number or case.status in step.before


def _lines(row: ChatMessage, wording: Wording, locale: str, now: datetime) -> list[dict[str, Any]]:
    lines = []
    for line in (row.card or {})["lines"]:
        shown = {
            "name": line["name"],
            "label": say(f"card.label.{line['name']}", locale),
            "value": wording.word(line["value"], line["args"], locale, now),
        }
        if "token" in line and not row.answered_at:
            shown |= {"token": line["token"], "action": line["action"]}
        lines.append(shown)
    return lines
