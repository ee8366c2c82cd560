"""Rows of the conversation as the JSON of docs/chat-api.md."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi.responses import FileResponse
from sqlmodel.ext.asyncio.session import AsyncSession

from bot import reading
from bot.media import Store
from bot.papers import receipt
from bot.texts import say
from bot.transcript import Line
from bot.wording import Wording, when
from cases import queries
from cases.errors import NotFound
from models import OPEN, Case, Photo

URGENT = ("danger.", "safety.told_trapped", "notice.emergency")  # what is said as loudly as a page can
KINDS = {"photo": "image/jpeg", "voice": "audio/ogg"}


async def messages(
    session: AsyncSession, wording: Wording, rows: Sequence[Line], locale: str, now: datetime
) -> list[dict[str, Any]]:
    """The lines of a page, each in the reader's language."""
    cases = await queries.of_ids(session, {row.case_id for row in rows})
    return [message(row, wording, locale, now, cases) for row in rows]


def message(row: Line, wording: Wording, locale: str, now: datetime, cases: Mapping[UUID, Case]) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": str(row.id),
        "cursor": str(row.id),
        "from": row.said_by if row.said_by == "resident" else "us",
        "text": reading.text_of(row, wording, locale, now),
        "at": iso(row.at),
        "buttons": [
            {"token": b["token"], "label": wording.word(b["label"], b["args"], locale, now), "action": b["action"]}
            for b in reading.buttons_of(row, cases)
        ],
    }
    if row.text_key.startswith(URGENT):
        shown["urgent"] = True
    if row.card:
        shown["card"] = {"title": shown["text"], "lines": _lines(row, wording, locale, now)}
    spoken = row.args.get("voices", []) if row.said_by == "resident" else []
    for kind, ids in (("photos", [photo for photo in row.photos if photo not in spoken]), ("voices", spoken)):
        if ids:
            shown[kind] = [f"/api/chat/photos/{id_}" for id_ in ids]
    if case := cases.get(row.case_id) if row.case_id else None:
        shown["case"] = brief(case, locale, now)
        if receipt.comes_with(row.text_key):
            shown["papers"] = [
                {"name": receipt.file_name(case, locale), "url": f"/api/chat/cases/{case.number}/receipt.pdf"}
            ]
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


def file(store: Store, kept: Photo) -> FileResponse:
    """It never changes; whoever may see or hear it may keep it for a day. Raises NotFound where the disk lost it."""
    path, kind = store.path(kept.sha256, kept.kind), KINDS[kept.kind]
    if not path.is_file():
        raise NotFound("photo.not_found")
    return FileResponse(path, media_type=kind, headers={"cache-control": "private, max-age=86400"})


def iso(moment: datetime | None) -> str | None:
    return moment.isoformat().replace("+00:00", "Z") if moment else None


def _lines(row: Line, wording: Wording, locale: str, now: datetime) -> list[dict[str, Any]]:
    lines = []
    for line, label, value in reading.card_of(row, wording, locale, now):
        shown = {"name": line["name"], "label": label, "value": value}
        if "token" in line and not row.answered_at:
            shown |= {"token": line["token"], "action": line["action"]}
        lines.append(shown)
    return lines
