"""“Me too” (附议): open cases that tell of the same, found before another one is filed, and the residents who join one.

Who joins sees that a case goes on and how it ended, nothing of whoever told it first; only that one answers and rates.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, literal
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from cases import evidence, lifecycle, timeline
from cases.actors import RESIDENT
from cases.book import Book
from cases.errors import NotFound, Stale
from cases.masking import redact
from cases.notices import VIA_JOINED
from classifiers.alike import share
from models import OPEN, Case, Event, Follower, Prediction, Resident, Status
from models.listed import OPEN_CASES
from routing.cells import cell, metres, near

SINCE = timedelta(days=30)
WITHIN = 200  # metres
SAME_ITEM, SAME_FIELD = 0.1, 0.25  # of the shorter text's runs of two and three characters
READ, SHOWN = 200, 3  # the newest nearby are compared; so many are shown
EXCERPT = 40
ROAD = "road"  # its point says nothing about where along it
LEADS = ("lead_unsorted", "lead_unsigned", "lead_signed")  # it took the place of a withdrawn one
PRIVATE = "report"  # 举报: not for the neighbours


@dataclass(frozen=True)
class About:
    """What somebody is about to tell, or a case told already."""

    text: str
    category: str | None
    item: str | None
    place: str | None
    lon: float | None
    lat: float | None


@dataclass(frozen=True)
class Where:
    """A place as somebody gave it later."""

    place: str | None = None
    name: str = ""
    grid: str | None = None
    lon: float | None = None
    lat: float | None = None


@dataclass(frozen=True)
class Alike:
    """An open case as a stranger may know it."""

    number: str
    category: str
    place: str
    text: str
    status: Status
    joined: int
    at: datetime


async def for_resident(session: AsyncSession, book: Book, about: About, resident: UUID, now: datetime) -> list[Alike]:
    """What they may join: nothing they follow already, no accusation, nothing about danger."""
    theirs = select(Follower.case_id).where(Follower.case_id == Case.id, Follower.resident == resident)
    kind, accused = col(Case.facts)["kind"].astext, col(Case.facts)["accused"].astext
    harmless = (or_(kind.is_(None), kind != PRIVATE), or_(accused.is_(None), accused == "[]"))
    quiet = (col(Case.danger).is_(None), *harmless, ~theirs.exists(), Case.category == about.category)
    return await _alike(session, book, about, quiet, now)


async def for_staff(
    session: AsyncSession, book: Book, case: Case, seen: ColumnElement[bool], now: datetime
) -> list[Alike]:
    """What a case may be merged into, of those in `seen`. One nobody sorted yet goes by what the model made of it."""
    others = (seen, Case.id != case.id)
    if case.category is not None:
        about = About(case.text, case.category, case.item, case.place, case.lon, case.lat)
        return await _alike(session, book, about, (*others, Case.category == case.category), now)
    guess = await session.get(Prediction, case.id)
    about = About(case.text, guess.label if guess else "", None, case.place, case.lon, case.lat)
    either = or_(Case.category == about.category, col(Case.category).is_(None))
    return await _alike(session, book, about, (*others, either), now)


async def _alike(session: AsyncSession, book: Book, about: About, where: Sequence[Any], now: datetime) -> list[Alike]:
    """The likest first. By index: squares of the map, then the newest in them."""
    here = point(book, about.place, about.lon, about.lat)
    if here is None or about.category is None:
        return []
    chosen = select(Case).where(
        col(Case.cell).in_(near(*here)), Case.submitted_at > now - SINCE,
        sql(OPEN_CASES), *where,  # in the very words of the index
    )  # fmt: skip
    rows = (await session.exec(chosen.order_by(col(Case.submitted_at).desc()).limit(READ))).all()
    found = [(share(about.text, case.text), case) for case in rows if _near(book, about, here, case)]
    kept = [(like, case) for like, case in found if like >= _enough(about, case)]
    kept.sort(key=lambda pair: (-pair[0], -pair[1].joined, pair[1].number))
    return [_shown(book, case) for _, case in kept[:SHOWN]]


def point(book: Book, place: str | None, lon: float | None, lat: float | None) -> tuple[float, float] | None:
    """Longitude and latitude: a pin, or the place; a road alone is nowhere in particular."""
    if lon is not None and lat is not None:
        return lon, lat
    known = book.places.get(place or "")
    return (known.lon, known.lat) if known and known.kind != ROAD else None


def located(book: Book, case: Case, where: Where) -> dict[str, Any]:
    """What a place that was given later changes on a case."""
    at = point(book, where.place, where.lon, where.lat)
    return {
        "place": where.place,
        "place_text": where.name or case.place_text,
        "grid": where.grid,
        "lon": where.lon,
        "lat": where.lat,
        "cell": cell(*at) if at else None,
    }


def _near(book: Book, about: About, here: tuple[float, float], case: Case) -> bool:
    there = point(book, case.place, case.lon, case.lat)
    return (case.place is not None and case.place == about.place) or (
        there is not None and metres(here, there) <= WITHIN
    )


def _enough(about: About, case: Case) -> float:
    return SAME_ITEM if about.item and about.item == case.item else SAME_FIELD


def _shown(book: Book, case: Case) -> Alike:
    text = redact(case.text)
    return Alike(
        number=case.number,
        category=case.item or case.category or "",
        place=book.place_name(case.place) or book.area_name(case.grid),
        text=text if len(text) <= EXCERPT else f"{text[:EXCERPT]}…",
        status=case.status,
        joined=case.joined,
        at=case.submitted_at,
    )


async def join(
    session: AsyncSession,
    book: Book,
    number: str,
    resident: Resident,
    text: str,
    photos: Sequence[str],
    where: Mapping[str, Any],
    now: datetime,
) -> Case:
    """Counted once for each resident. `where`: the place they meant, should they tell it on their own later.

    Raises Stale when the case is over by now.
    """
    held = (
        select(Case)
        .where(Case.number == number)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    case = (await session.exec(held)).one()
    if case.status not in OPEN | {Status.MERGED}:
        raise Stale("join.over", number=number)
    row = {"case_id": case.id, "resident": resident.id, "via": VIA_JOINED, "at": now}
    new = insert(Follower).values(**row).on_conflict_do_nothing().returning(col(Follower.resident))
    if (await session.execute(new)).first() is None:
        return case
    details = {"resident": str(resident.id), "where": dict(where)}
    changes = {"joined": case.joined + 1}
    await lifecycle.note(
        session, book, case, "join", RESIDENT, now, text=text, details=details, photos=photos, changes=changes
    )
    await evidence.attach(session, case.id, photos)
    return case


async def theirs(session: AsyncSession, resident: UUID, limit: int = 5) -> Sequence[Case]:
    """What they joined and is not over, the newest first."""
    chosen = select(Case).join(Follower, col(Follower.case_id) == Case.id)
    mine = (Follower.resident == resident, Follower.via == VIA_JOINED, col(Case.status).in_(OPEN | {Status.MERGED}))
    return (await session.exec(chosen.where(*mine).order_by(col(Follower.at).desc()).limit(limit))).all()


async def told(session: AsyncSession, case: Case, resident: UUID) -> Mapping[str, Any]:
    """What they said when they joined it, or one whose place it took, as the beginning of a complaint of their own.

    Raises NotFound for who has not joined.
    """
    mine = col(Event.details)["resident"].astext == str(resident)
    of_case: Case | None = case
    while of_case is not None:
        said = select(Event).where(*timeline.of(of_case), Event.kind == "join", mine)
        if event := (await session.exec(said.limit(1))).first():
            return {"text": event.text, **event.details["where"]}
        of_case = await _before(session, of_case)
    raise NotFound("case.not_found", number=case.number)


async def _before(session: AsyncSession, case: Case) -> Case | None:
    """The withdrawn case whose place this one took."""
    led = select(Event).where(*timeline.of(case), col(Event.kind).in_(LEADS)).order_by(col(Event.seq).desc())
    event = (await session.exec(led.limit(1))).first()
    numbered = select(Case).where(Case.number == event.details["other"]) if event else None
    return (await session.exec(numbered)).first() if numbered is not None else None


async def hand_on(session: AsyncSession, case: Case, heir: Case) -> int:
    """Those who joined a withdrawn case have joined the one that goes on in its place; how many are new to it."""
    joined = (col(Follower.case_id) == case.id, col(Follower.via) == VIA_JOINED)
    moved = select(literal(heir.id), Follower.resident, Follower.via, Follower.at).where(*joined)
    new = insert(Follower).from_select(["case_id", "resident", "via", "at"], moved).on_conflict_do_nothing()
    count = len((await session.execute(new.returning(col(Follower.resident)))).all())
    await session.execute(delete(Follower).where(*joined))
    return count
