"""Notices to residents (信息发布, E7): written by one, let out by a second where many read it, sent in parts.

Nobody hears more than two a week or anything at night; what cannot wait is for supervisors and admins to say.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from cases import duty, homes, posted, reach, telling
from cases.book import Book
from cases.errors import Missing, NotAllowed, Stale
from models import (
    Announcement,
    AnnouncementCopy,
    CivicChoice,
    Notification,
    Person,
    Posting,
    Proposal,
    Resident,
    ResidentHome,
    Role,
)

TITLE_MOST, TEXT_MOST = 40, 500
SECOND_ABOVE = 500  # residents: for more a second person has to agree
WEEKLY_MOST, WEEK = 2, timedelta(days=7)
BATCH = 300  # residents in one transaction
SHOWN_AFTER = timedelta(days=30)
WRITES = frozenset({Role.WORKER, Role.LEADER, Role.DISPATCHER, Role.SUPERVISOR, Role.ADMIN})
APPROVES = WRITES - {Role.WORKER}
EMERGENCIES = frozenset({Role.SUPERVISOR, Role.ADMIN})
OUT = (Posting.SENDING, Posting.SENT, Posting.RECALLING, Posting.WITHDRAWN)
NOBODY = UUID(int=0)


@dataclass(frozen=True)
class Words:
    """`texts` by language; what is missing is read in Simplified."""

    title: str
    texts: Mapping[str, str]
    places: Sequence[str] = field(default_factory=list)
    emergency: bool = False


def draft(session: AsyncSession, book: Book, person: Person, words: Words, now: datetime) -> Announcement:
    """Kept, so that it can be looked at as residents will read it. Nobody gets it yet."""
    if person.role not in WRITES or not reach.covers(book, person, words.places):
        raise NotAllowed("announcement.not_yours")
    if words.emergency and person.role not in EMERGENCIES:
        raise NotAllowed("announcement.no_emergency")
    texts = {locale: text.strip() for locale, text in words.texts.items() if text.strip()}
    if not words.title.strip() or "zh-Hans" not in texts or len(words.title) > TITLE_MOST:
        raise Missing("announcement.empty", title=TITLE_MOST, text=TEXT_MOST)
    if any(len(text) > TEXT_MOST for text in texts.values()):
        raise Missing("announcement.empty", title=TITLE_MOST, text=TEXT_MOST)
    row = Announcement(
        stage=Posting.DRAFT,
        title=" ".join(words.title.split()),
        texts=texts,
        signed=signature(book, person.code),
        places=sorted(set(words.places)),
        emergency=words.emergency,
        by=person.code,
        created_at=now,
    )
    session.add(row)
    return row


def signature(book: Book, person: str) -> str:
    """Written by us under every notice: nobody can speak in another's name."""
    return f"{book.unit_name(book.unit_of.get(person))} · {book.people.get(person, person)}"


async def let_out(session: AsyncSession, book: Book, person: Person, number: int, now: datetime) -> Announcement:
    """By who wrote it: to few at once, to many when a second person agrees. An emergency waits for nobody."""
    row = await posted.held(session, Announcement, book, person, number)
    if row.by != person.code or row.stage is not Posting.DRAFT:
        raise Stale("announcement.over")
    row.reach = await homes.count(session, row.places)
    alone = row.reach <= SECOND_ABOVE or row.emergency
    row.stage = Posting.SENDING if alone else Posting.WAITING
    return row


async def approve(session: AsyncSession, book: Book, person: Person, number: int, now: datetime) -> Announcement:
    row = await posted.held(session, Announcement, book, person, number)
    if row.stage is not Posting.WAITING:
        raise Stale("announcement.over")
    if person.code == row.by or person.role not in APPROVES:
        raise NotAllowed("announcement.second_person")
    row.reach, row.approved_by = await homes.count(session, row.places), person.code
    row.stage = Posting.SENDING
    return row


async def drop(session: AsyncSession, book: Book, person: Person, number: int) -> Announcement:
    """Before anybody got it: by who wrote it, or by who was to agree and does not."""
    row = await posted.held(session, Announcement, book, person, number)
    if row.stage not in (Posting.DRAFT, Posting.WAITING):
        raise Stale("announcement.over")
    if row.by != person.code and (row.stage is Posting.DRAFT or person.role not in APPROVES):
        raise NotAllowed("announcement.not_yours")
    await session.delete(row)
    return row


async def withdraw(
    session: AsyncSession, book: Book, person: Person, number: int, correction: str, now: datetime
) -> Announcement:
    """Who has not got it will not; who has is told that it does not hold, and what does."""
    row = await posted.held(session, Announcement, book, person, number)
    if row.stage not in (Posting.SENDING, Posting.SENT):
        raise Stale("announcement.over")
    if person.role not in WRITES:
        raise NotAllowed("announcement.not_yours")
    if len(correction) > TEXT_MOST:
        raise Missing("announcement.empty", title=TITLE_MOST, text=TEXT_MOST)
    row.stage, row.cursor, row.correction, row.withdrawn_by = Posting.RECALLING, None, correction.strip(), person.code
    return row


async def of_vote(session: AsyncSession, book: Book, proposal: Proposal, now: datetime) -> None:
    """A vote that opens is told to those who may vote, as a notice is and within the same limits."""
    assert proposal.checked_by and proposal.closes_at, "somebody has accepted it"
    session.add(Announcement(
        stage=Posting.SENDING, title=proposal.title, texts={"zh-Hans": proposal.text},
        signed=signature(book, proposal.checked_by), places=proposal.places, proposal=proposal.id,
        by=proposal.checked_by, created_at=now, reach=await homes.count(session, proposal.places),
    ))  # fmt: skip


async def listed(session: AsyncSession, book: Book, person: Person) -> Sequence[Announcement]:
    """Those to one's own buildings; the votes' own openings are on their page."""
    chosen = select(Announcement).where(col(Announcement.proposal).is_(None))
    rows = (await session.exec(chosen.order_by(col(Announcement.id).desc()).limit(300))).all()
    return [row for row in rows if reach.touches(book, person, row.places)]


async def at(session: AsyncSession, place: str, now: datetime) -> Sequence[Announcement]:
    """What the building's page shows of the last month: also what was taken back, marked as such."""
    chosen = select(Announcement).where(
        col(Announcement.places).contains([place]), col(Announcement.stage).in_(OUT),
        col(Announcement.proposal).is_(None), col(Announcement.sent_at) > now - SHOWN_AFTER,
    )  # fmt: skip
    return (await session.exec(chosen.order_by(col(Announcement.id).desc()))).all()


async def sweep(session: AsyncSession, now: datetime) -> int:
    """The next residents of one notice that is on its way. 0 when none is, or all have to wait until morning."""
    chosen = select(Announcement).where(col(Announcement.stage).in_([Posting.SENDING, Posting.RECALLING]))
    if duty.is_night(now):
        chosen = chosen.where(col(Announcement.emergency))
    chosen = chosen.order_by(col(Announcement.emergency).desc(), col(Announcement.id)).limit(1)
    # Deliveries of its first parts go on meanwhile, see `is_out`; only taking it back waits for those.
    row = (await session.exec(chosen.with_for_update(skip_locked=True, key_share=True))).first()
    if row is None:
        return 0
    done = await (_send(session, row, now) if row.stage is Posting.SENDING else _recall(session, row, now))
    if done < BATCH:
        row.stage = Posting.SENT if row.stage is Posting.SENDING else Posting.WITHDRAWN
    return max(done, 1)


async def _send(session: AsyncSession, row: Announcement, now: datetime) -> int:
    assert row.id is not None, "it was kept before"
    row.sent_at = row.sent_at or now
    chosen = select(ResidentHome.resident).where(
        col(ResidentHome.place).in_(row.places), col(ResidentHome.resident) > (row.cursor or NOBODY)
    )
    some = (await session.exec(chosen.distinct().order_by(col(ResidentHome.resident)).limit(BATCH))).all()
    states = await _states(session, row, some, now)
    told = {one: telling.resident(session, one, *_said(row), now) for one in some if states[one] == "sent"}
    await session.flush()
    for one in some:
        copy = AnnouncementCopy(announcement=row.id, resident=one, state=states[one], at=now)
        copy.notification = told[one].id if one in told else None
        session.add(copy)
    row.cursor = some[-1] if some else row.cursor
    return len(some)


def _said(row: Announcement) -> tuple[str, Mapping[str, object], str]:
    args: dict[str, object] = {"title": row.title, "said": row.texts, "signed": row.signed, "notice": row.id}
    if row.proposal is not None:
        key = "notice.vote" if row.texts["zh-Hans"] else "notice.vote_short"
        return key, {**args, "proposal": row.proposal}, f"announcement:{row.id}"
    return "notice.emergency" if row.emergency else "notice.told", args, f"announcement:{row.id}"


async def _states(session: AsyncSession, row: Announcement, some: Sequence[UUID], now: datetime) -> Mapping[UUID, str]:
    """What is to become of it for each."""
    gone = select(Resident.id).where(col(Resident.id).in_(some), col(Resident.unreachable_at).is_not(None))
    states = dict.fromkeys(some, "sent")
    if not row.emergency:
        states |= dict.fromkeys(await _had_enough(session, some, now), "too_many")
        off = select(CivicChoice.resident).where(col(CivicChoice.resident).in_(some), col(CivicChoice.notices_off))
        states |= dict.fromkeys((await session.exec(off)).all(), "opted_out")
    return states | dict.fromkeys((await session.exec(gone)).all(), "unreachable")


async def _had_enough(session: AsyncSession, some: Sequence[UUID], now: datetime) -> Sequence[UUID]:
    chosen = select(AnnouncementCopy.resident).join(Announcement, col(Announcement.id) == AnnouncementCopy.announcement)
    chosen = chosen.where(
        col(AnnouncementCopy.resident).in_(some), AnnouncementCopy.state == "sent",
        col(AnnouncementCopy.at) > now - WEEK, col(Announcement.emergency).is_(False),
    )  # fmt: skip
    grouped = chosen.group_by(col(AnnouncementCopy.resident)).having(func.count() >= WEEKLY_MOST)
    return (await session.exec(grouped)).all()


async def _recall(session: AsyncSession, row: Announcement, now: datetime) -> int:
    """To whom it was delivered; whatever is still on its way stops at delivery, see `is_out`."""
    chosen = select(AnnouncementCopy.resident, Notification.delivered_at)
    chosen = chosen.join(Notification, col(Notification.id) == AnnouncementCopy.notification)
    mine = (AnnouncementCopy.announcement == row.id, col(AnnouncementCopy.resident) > (row.cursor or NOBODY))
    some = (await session.exec(chosen.where(*mine).order_by(col(AnnouncementCopy.resident)).limit(BATCH))).all()
    args = {"title": row.title, "text": row.correction, "signed": row.signed}
    key = "notice.corrected" if row.correction else "notice.withdrawn"
    for resident, delivered in some:
        if delivered:
            telling.resident(session, resident, key, args, f"announcement:{row.id}", now)
    row.cursor = some[-1][0] if some else row.cursor
    return len(some)


async def is_out(session: AsyncSession, number: int) -> bool:
    """Whether it may still be delivered; held, so that it is not taken back at the same moment."""
    chosen = select(Announcement.stage).where(Announcement.id == number).with_for_update(read=True, key_share=True)
    return (await session.exec(chosen)).first() in (Posting.SENDING, Posting.SENT)


async def refuse(session: AsyncSession, resident: UUID, *, off: bool) -> None:
    """From now on none but emergencies, or all again."""
    (await homes.choice(session, resident)).notices_off = off
