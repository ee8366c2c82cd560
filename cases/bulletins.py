"""Bulletins that went out (周通报): each week and area once, kept as it was told, and who may read which."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from cases import access
from cases.book import Book
from cases.bulletin import content, last_monday, week_name
from cases.clock import TOWN_TIME
from cases.errors import Missing, NotFound
from cases.notices import NEW_NOTICES
from cases.periods import begins
from models import Area, Bulletin, Case, Notification, Person, Role
from models.town import STREET

OUT_AT = time(8, 30)
"""On Monday, in the town: before the week's first meeting."""

TOLD = frozenset({Role.LEADER, Role.SUPERVISOR})
SHOWN = 60  # weeks in the list


def due(now: datetime) -> date | None:
    """The Monday of the last full week, once it is time to tell of it."""
    local = now.astimezone(TOWN_TIME)
    return last_monday(now) if local.weekday() > 0 or local.time() >= OUT_AT else None


def monday_of(name: str) -> date:
    """Of `2026-W46`; raises NotFound for what is no week."""
    try:
        year, number = name.split("-W")
        monday = date.fromisocalendar(int(year), int(number), 1)
    except ValueError:
        raise NotFound("bulletin.no_week") from None
    if week_name(monday) != name:
        raise NotFound("bulletin.no_week")
    return monday


async def of_week(session: AsyncSession, book: Book, area: str, monday: date, now: datetime) -> Bulletin:
    """As it was told; where nobody made it then, made now, from what had happened then.

    Raises Missing for a week that is not over.
    """
    if monday > last_monday(now):
        raise Missing("bulletin.not_over")
    if found := await session.get(Bulletin, (area, monday)):
        return found
    made = await content(session, book, area, monday)
    row = insert(Bulletin).values(area=area, week=monday, content=made, made_at=now)
    await session.execute(row.on_conflict_do_nothing())
    return await session.get_one(Bulletin, (area, monday))


async def put_out(session: AsyncSession, book: Book, now: datetime, site: str) -> int:
    """Make and tell one of those of the last week; 0 when none is left. `site`: the address links begin with.

    None of a week before anybody had told of anything. Of two who try at once the second waits for the first, and
    finds that one told.
    """
    monday = due(now)
    if monday is None or not await _in_use(session, monday):
        return 0
    out = select(Bulletin.area).where(Bulletin.week == monday, col(Bulletin.told_at).is_not(None))
    there = set((await session.exec(out)).all())
    for area in areas(book):
        if area not in there and await _put_out(session, book, area, monday, now, site):
            return 1
    return 0


async def _in_use(session: AsyncSession, monday: date) -> bool:
    """So that a town's leaders hear nothing of the week before it began."""
    over = begins(monday + timedelta(days=7))
    return (await session.exec(select(Case.id).where(Case.submitted_at < over).limit(1))).first() is not None


async def _put_out(session: AsyncSession, book: Book, area: str, monday: date, now: datetime, site: str) -> bool:
    bulletin = await of_week(session, book, area, monday, now)
    untold = (col(Bulletin.area) == area, col(Bulletin.week) == monday, col(Bulletin.told_at).is_(None))
    told = update(Bulletin).where(*untold).values(told_at=now).returning(col(Bulletin.area))
    if (await session.execute(told)).first() is None:
        return False
    for person in _readers(book, area):
        _tell(session, bulletin, person, now, site)
    await session.flush()
    return True


def _tell(session: AsyncSession, bulletin: Bulletin, person: str, now: datetime, site: str) -> None:
    numbers = bulletin.content["numbers"]["now"]
    week = bulletin.content["week"]
    args: dict[str, Any] = {
        "place": _name(bulletin), "week": week, "filed": numbers["filed"], "finished": numbers["finished"],
        "overdue": numbers["overdue_open"], "link": f"{site}/staff/bulletins/{week}.pdf?area={bulletin.area}",
    }  # fmt: skip
    key = f"bulletin:{week}:{bulletin.area}:{person}"
    row = Notification(unique_key=key, person=person, text_key="bulletin.out", args=args, created_at=now)
    session.add(row)
    session.info.setdefault(NEW_NOTICES, []).append(row)


def _name(bulletin: Bulletin) -> str:
    return str(bulletin.content["names"]["areas"].get(bulletin.area, ""))


def _readers(book: Book, area: str) -> list[str]:
    """Supervisors and the departments' leaders of the town's; of a street's whoever leads in it."""
    return [
        one.code
        for one in book.members.values()
        if one.active and one.role in TOLD and home(book, one.area, one.role) == area
    ]


def areas(book: Book) -> list[str]:
    """Those there are bulletins of: the town, then its streets."""
    streets = sorted(area.code for area in book.areas.values() if area.level == STREET)
    return [book.town.code, *streets]


def readable(book: Book, person: Person) -> Sequence[Area]:
    """Whose bulletins somebody may read: all, or their own street's; departments, which work everywhere, the town's."""
    if person.role in access.SEES_ALL:
        return [book.areas[area] for area in areas(book)]
    if person.role is not Role.LEADER:
        return []
    return [book.areas[home(book, person.area, person.role)]]


def home(book: Book, area: str, role: Role) -> str:
    path = book.path(area)
    return path[STREET] if role is Role.LEADER and len(path) > STREET else book.town.code


async def listed(session: AsyncSession, area: str, now: datetime) -> list[Bulletin]:
    """Those kept of an area, the newest first."""
    chosen = select(Bulletin).where(Bulletin.area == area, col(Bulletin.week) <= last_monday(now))
    return list((await session.exec(chosen.order_by(col(Bulletin.week).desc()).limit(SHOWN))).all())


def closed_at(bulletin: Bulletin) -> datetime:
    """The midnight its week was over: what a paper of it is dated by."""
    return begins(bulletin.week + timedelta(days=7))
