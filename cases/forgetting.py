"""Beside a case's stops: what may be forgotten. A case keeps number, label, grid and times; words and photos go.

FORGOTTEN says of every table what becomes of its rows when a resident is forgotten; a table that is not named there
fails the tests. The timeline stays whole: each event keeps the commitment to what it said (cases/record.py).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from cases import audit, lifecycle, record, timeline
from cases.actors import SYSTEM
from cases.book import Book
from cases.errors import Refusal
from models import OPEN, Case, Event, Resident

CHANNEL = (
    "erased"  # of the row that stands for whoever filed a case, and is nobody; a case's lookup code begins with it
)
CODES = frozenset(
    {
        "assignee", "unit", "units", "from", "to", "reason", "of_unit", "outcome", "solved", "satisfied", "contacted",
        "due", "days", "until", "other", "told", "called", "ground", "binding", "order", "level", "chosen", "danger",
        "was", "now",
    }
)  # fmt: skip
"""What the details of an event keep: codes of ours and numbers, nothing anybody wrote."""

NOTHING = "names no resident"
STAFF = "about the staff"
HASHED = "marks that name nobody"
OF_CASE: Mapping[str, str] = {
    "alarms": "UPDATE alarms SET why = '' WHERE case_id = ANY(:cases)",
    "orders": "UPDATE orders SET text = '', answer = '' WHERE case_id = ANY(:cases)",
    "co_tasks": "UPDATE co_tasks SET asked = '', answer = '', photos = '[]' WHERE case_id = ANY(:cases)",
    "exclusions": """UPDATE exclusions SET text = '', decision = '', appeal = '', appeal_decision = ''
        WHERE case_id = ANY(:cases)""",
    "hot_issues": "UPDATE hot_issues SET title = array_to_string(words[1:3], ' ') WHERE case_id = ANY(:cases)",
    "desk_messages": """UPDATE desk_messages SET text = '', args = '{}', buttons = '[]', photos = '[]'
        WHERE case_id = ANY(:cases)""",
    "chat_messages": "DELETE FROM chat_messages WHERE case_id = ANY(:cases)",
    "announcement_copies": """UPDATE announcement_copies SET notification = NULL
        WHERE notification IN (SELECT id FROM notifications WHERE case_id = ANY(:cases))""",
    "notifications": "DELETE FROM notifications WHERE case_id = ANY(:cases)",
    "brought": "DELETE FROM brought WHERE case_id = ANY(:cases)",
    "followers": "DELETE FROM followers WHERE case_id = ANY(:cases)",
    "sent_files": """DELETE FROM sent_files WHERE sha256 IN (SELECT sha256 FROM photos WHERE case_id = ANY(:cases))""",
    "photos": "DELETE FROM photos WHERE case_id = ANY(:cases)",
}
OF_RESIDENT: Mapping[str, str] = {
    "chat_messages": "DELETE FROM chat_messages WHERE resident = :resident",
    "conversations": "DELETE FROM conversations WHERE resident = :resident",
    "announcement_copies": "DELETE FROM announcement_copies WHERE resident = :resident",
    "notifications": "DELETE FROM notifications WHERE resident = :resident",
    "followers": "DELETE FROM followers WHERE resident = :resident",
    "resident_homes": "DELETE FROM resident_homes WHERE resident = :resident",
    "civic_choices": "DELETE FROM civic_choices WHERE resident = :resident",
    "voters": "DELETE FROM voters WHERE resident = :resident",
    "proposals": "UPDATE proposals SET raised_by = NULL WHERE raised_by = :resident",
    "erasures": "UPDATE erasures SET residents = array_remove(residents, :resident) WHERE NOT done",
    "sent_files": "DELETE FROM sent_files WHERE sha256 IN (SELECT sha256 FROM photos WHERE resident = :resident)",
    "photos": "DELETE FROM photos WHERE resident = :resident",
    "seen_messages": "DELETE FROM seen_messages WHERE channel = :channel AND receiver IN (:address, :key)",
    "cases": "UPDATE cases SET resident = :nobody WHERE resident = :resident",
    "residents": "DELETE FROM residents WHERE id = :resident",
}
UNTOUCHED: Mapping[str, str] = {
    **dict.fromkeys(("ballots", "counted_ballots", "vote_slips", "scores", "tries"), HASHED),
    **dict.fromkeys(
        (
            "people", "staff_sessions", "staff_acts", "binding_links", "desk_chats", "duty_shifts", "duty_handovers",
            "absences", "saved_views", "audit", "api_keys", "clearing_targets", "unmaskings",
            "second_factors",
        ),
        STAFF,
    ),
    **dict.fromkeys(
        (
            "areas", "places", "units", "categories", "town", "town_imports", "seeded_files", "routing_rules",
            "clock_policies", "workdays", "services", "service_counts", "text_overrides", "model_versions",
            "drift_alarms", "area_days", "bulletins", "week_sums", "hot_cases", "timers", "predictions",
            "shadow_predictions", "corrections", "ratings", "announcements",
        ),
        NOTHING,
    ),
    "refused_updates": "sealed, and gone after a month; nobody can tell whose they are",
}  # fmt: skip
BY_HAND = frozenset({"cases", "events", "case_words"})  # forgotten in `words_of`; the last by its trigger
FORGOTTEN = frozenset({*OF_CASE, *OF_RESIDENT, *UNTOUCHED, *BY_HAND})

_CASE: Mapping[str, Any] = {
    "text": "", "place": None, "place_text": "", "lon": None, "lat": None, "cell": None, "explanation": {},
    "result": "", "decision": "", "co_tasks": {}, "extension": None, "ordered": None,
}  # fmt: skip


class StillOpen(Refusal):
    """Somebody works on it, with the words in it."""


@dataclass(frozen=True)
class Gone:
    """What a transaction took out of the database; the files go once it is committed."""

    cases: int
    events: int
    files: Sequence[tuple[str, str]]  # sha256 and kind of what no row names any more


PREVIEW = text(
    """SELECT (SELECT count(*) FROM cases WHERE resident = :who) AS cases,
           (SELECT count(*) FROM events JOIN cases ON cases.id = case_id WHERE resident = :who) AS events,
           (SELECT count(*) FROM chat_messages WHERE resident = :who) AS lines,
           (SELECT count(*) FROM photos LEFT JOIN cases ON cases.id = case_id
            WHERE photos.resident = :who OR cases.resident = :who) AS photos"""
)


async def preview(session: AsyncSession, who: UUID) -> Mapping[str, int]:
    """How much there is of theirs."""
    return dict((await session.execute(PREVIEW, {"who": who})).mappings().one())


async def resident(session: AsyncSession, book: Book, who: Resident, by: str, reason: str, now: datetime) -> Gone:
    """Forget somebody: whoever writes from the same chat afterwards is somebody new. Raises StillOpen."""
    theirs = select(Case).where(Case.resident == who.id, col(Case.code_hash).not_like(f"{CHANNEL} %"))
    cases = (await session.exec(theirs.order_by(Case.number))).all()
    for case in cases:
        if case.status in OPEN:
            raise StillOpen("erase.open", number=case.number)
    events = [await words_of(session, book, case, now) for case in cases]
    files = await _files(session, [case.id for case in cases], who.id)
    nobody = Resident(id=uuid4(), channel=CHANNEL, address=uuid4().hex, created_at=now)
    session.add(nobody)
    await session.flush()
    values = {
        "resident": who.id,
        "nobody": nobody.id,
        "channel": who.channel,
        "address": who.address,
        "key": str(who.id),
    }
    await _beside(session, [case.id for case in cases])
    for statement in OF_RESIDENT.values():
        await session.execute(text(statement), {name: values[name] for name in values if f":{name}" in statement})
    session.expunge(who)
    subject = ", ".join(case.number for case in cases)
    audit.note(session, by, "erase", "resident", subject, now, after={"cases": len(cases)}, reason=reason)
    return Gone(len(cases), sum(events), await _orphans(session, files))


async def closed_cases(session: AsyncSession, book: Book, cases: Sequence[Case], now: datetime) -> Gone:
    """Forget the words of cases that are over, whoever filed them."""
    keys = [case.id for case in cases]
    events = [await words_of(session, book, case, now) for case in cases]
    files = await _files(session, keys, None)
    await session.flush()
    await _beside(session, keys)
    return Gone(len(cases), sum(events), await _orphans(session, files))


async def words_of(session: AsyncSession, book: Book, case: Case, now: datetime) -> int:
    """Take what was said out of a timeline, and add the event that says so; how many events lost their words."""
    await record.before(session, case)
    whole = select(Event).where(*timeline.of(case), col(Event.salt).is_not(None), Event.kind != record.ERASE)
    lines = (await session.exec(whole.order_by(col(Event.seq)))).all()
    for line in lines:
        line.commitment, line.salt = record.commitment(line), None
        line.text, line.photos = "", []
        line.details = {name: value for name, value in line.details.items() if name in CODES}
    changes = {**_CASE, "code_hash": f"{CHANNEL} {uuid4().hex}"}
    await lifecycle.note(session, book, case, record.ERASE, SYSTEM, now, details=record.erased(lines), changes=changes)
    return len(lines)


async def _beside(session: AsyncSession, cases: Sequence[UUID]) -> None:
    for statement in OF_CASE.values():
        await session.execute(text(statement), {"cases": list(cases)})


async def _files(session: AsyncSession, cases: Sequence[UUID], who: UUID | None) -> Sequence[tuple[str, str]]:
    theirs = text("SELECT DISTINCT sha256, kind FROM photos WHERE case_id = ANY(:cases) OR resident = :who")
    rows = await session.execute(theirs, {"cases": list(cases), "who": who})
    return [(row.sha256, row.kind) for row in rows]


async def _orphans(session: AsyncSession, files: Sequence[tuple[str, str]]) -> Sequence[tuple[str, str]]:
    """The same picture may have been sent by somebody else, too."""
    await session.flush()
    held = text("SELECT sha256 FROM photos WHERE sha256 = ANY(:files)")
    kept = set((await session.execute(held, {"files": [sha256 for sha256, _ in files]})).scalars())
    return [(sha256, kind) for sha256, kind in files if sha256 not in kept]
