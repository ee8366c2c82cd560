"""Proposals (议事, E5): raised by residents or the community, checked by a person, opened and closed by the clock."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import type_coerce
from sqlalchemy.dialects.postgresql import ARRAY, TEXT, insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from cases import announcements, homes, posted, reach, telling, votes
from cases.book import Book
from cases.elections import FEWEST, LASTS, MAJORITIES, OPTIONS
from cases.errors import Missing, NotAllowed, Stale, TooOften
from cases.keys import Keys
from cases.masking import redact
from models import Person, Proposal, Role, Stage, Voter, Way
from models.town import COMMUNITY

TITLE_MOST, TEXT_MOST, OPTION_MOST, REASON_MOST = 60, 500, 30, 200
YES_NO = ("yes", "no")  # instead of words of its own; each reader's language has them
WAITING_MOST, WEEKLY_MOST = 2, 3  # of one resident
BATCH = 300
_CLAUSE = re.compile(rf"[^，。；！？,.;!?]{{4,{TITLE_MOST}}}(?=[，。；！？,.;!?])")  # enough for a title
CHECKS = frozenset({Role.WORKER, Role.LEADER, Role.DISPATCHER, Role.SUPERVISOR, Role.ADMIN})
SHOWN_AFTER = timedelta(days=30)  # a result stays on the building's page
PUBLIC = (Stage.PLANNED, Stage.OPEN, Stage.CLOSED)
_PLACES = type_coerce(col(Proposal.places), ARRAY(TEXT))
OUTCOMES: Mapping[str, str] = {
    "passed": "proposal.outcome.passed",
    "not_passed": "proposal.outcome.not_passed",
    "tie": "proposal.outcome.tie",
    "no_quorum": "proposal.outcome.no_quorum",
}


@dataclass(frozen=True)
class Wanted:
    """What is put to the vote, as somebody on the staff fills it in."""

    title: str
    closes_at: datetime
    text: str = ""
    options: Sequence[str] = YES_NO
    places: Sequence[str] = field(default_factory=list)
    way: Way = Way.RESIDENT
    majority: str = "half"
    quorum: int = FEWEST
    opens_at: datetime | None = None


async def raise_one(session: AsyncSession, book: Book, resident: UUID, place: str, text: str, now: datetime) -> int:
    """A resident's, about a building they belong to; not seen by neighbours before somebody has checked it."""
    if place not in await homes.of(session, resident):
        raise NotAllowed("propose.not_here")
    if not text.strip():
        raise Missing("propose.empty")
    await _not_too_many(session, resident, now)
    said = redact(text)[:TEXT_MOST]
    clause = _CLAUSE.match(said)
    title = clause[0] if clause else said[:TITLE_MOST]
    row = Proposal(
        stage=Stage.RAISED,
        title=title,
        text=said if said != title else "",
        options=list(YES_NO),
        places=[place],
        raised_at=now,
        raised_by=resident,
    )
    session.add(row)
    await session.flush()
    assert row.id is not None, "flushed"
    args = {"place": book.place_name(place), "text": row.title}
    telling.staff(session, checkers(book, place), "proposal.raised", args, f"proposal:{row.id}", now)
    return row.id


def checkers(book: Book, place: str) -> Sequence[str]:
    """Who looks at it first: the grid's own workers, else the community's leaders, else the dispatch desk."""
    path = book.path(book.places[place].grid)
    holding = [one.code for one in book.holders.get(path[-1] if path else "", ()) if one.role is Role.WORKER]
    leading = (
        [one.code for one in book.by_community.get(path[COMMUNITY], ()) if one.role is Role.LEADER] if path else []
    )
    return holding or leading or book.of_role(Role.DISPATCHER)


async def _not_too_many(session: AsyncSession, resident: UUID, now: datetime) -> None:
    mine = select(Proposal.stage).where(Proposal.raised_by == resident, Proposal.raised_at > now - timedelta(days=7))
    recent = (await session.exec(mine)).all()
    if len(recent) >= WEEKLY_MOST or recent.count(Stage.RAISED) >= WAITING_MOST:
        raise TooOften("propose.too_many")


async def create(
    session: AsyncSession, book: Book, keys: Keys, person: Person, wanted: Wanted, now: datetime
) -> Proposal:
    """The community's own: nobody has to check it, who made it is written down."""
    row = Proposal(stage=Stage.RAISED, title="", raised_at=now)
    session.add(row)
    _accept(book, keys, person, row, wanted, now)
    await session.flush()
    return row


async def accept(
    session: AsyncSession, book: Book, keys: Keys, person: Person, number: int, wanted: Wanted, now: datetime
) -> Proposal:
    """A resident's goes to the vote, in the words of who checked it; they are told."""
    row = await posted.held(session, Proposal, book, person, number)
    if row.stage is not Stage.RAISED:
        raise Stale("proposal.checked_already")
    _accept(book, keys, person, row, wanted, now)
    _tell_raiser(session, row, "proposal.accepted", now)
    return row


def _accept(book: Book, keys: Keys, person: Person, row: Proposal, wanted: Wanted, now: datetime) -> None:
    if person.role not in CHECKS or not reach.covers(book, person, wanted.places):
        raise NotAllowed("proposal.not_yours")
    _sound(wanted, now)
    row.title, row.text = wanted.title.strip(), wanted.text.strip()
    row.options, row.places = [option.strip() for option in wanted.options], sorted(set(wanted.places))
    row.way, row.majority, row.quorum = wanted.way, wanted.majority, wanted.quorum
    row.opens_at, row.closes_at = max(wanted.opens_at or now, now), wanted.closes_at
    row.stage, row.checked_by, row.ballot_key = Stage.PLANNED, person.code, votes.new_key(keys)


def _sound(wanted: Wanted, now: datetime) -> None:
    """Raises Missing for what cannot be voted on."""
    options = [option.strip() for option in wanted.options]
    if not wanted.title.strip() or len(wanted.title) > TITLE_MOST or len(wanted.text) > TEXT_MOST:
        raise Missing("proposal.wrong_title", most=TITLE_MOST)
    if len(options) not in OPTIONS or len(set(options)) < len(options) or not all(options):
        raise Missing("proposal.wrong_options", fewest=OPTIONS.start, most=OPTIONS.stop - 1)
    if any(len(option) > OPTION_MOST for option in options) or wanted.majority not in MAJORITIES:
        raise Missing("proposal.wrong_options", fewest=OPTIONS.start, most=OPTIONS.stop - 1)
    shortest, longest = LASTS
    if not shortest <= wanted.closes_at - max(wanted.opens_at or now, now) <= longest:
        raise Missing("proposal.wrong_times", fewest=shortest.days, most=longest.days)
    if not FEWEST <= wanted.quorum <= 1_000_000:
        raise Missing("proposal.wrong_quorum", fewest=FEWEST)


async def refuse(
    session: AsyncSession, book: Book, person: Person, number: int, reason: str, now: datetime
) -> Proposal:
    row = await posted.held(session, Proposal, book, person, number)
    if row.stage is not Stage.RAISED:
        raise Stale("proposal.checked_already")
    _because(row, person, reason, Stage.REFUSED)
    _tell_raiser(session, row, "proposal.refused", now)
    return row


async def withdraw(session: AsyncSession, book: Book, person: Person, number: int, reason: str) -> Proposal:
    """Before it is closed; no ballot is ever opened, and whoever voted is told."""
    row = await posted.held(session, Proposal, book, person, number)
    if row.stage not in (Stage.PLANNED, Stage.OPEN):
        raise Stale("proposal.over")
    _because(row, person, reason, Stage.WITHDRAWN)
    await votes.discard(session, row)
    return row


def _because(row: Proposal, person: Person, reason: str, stage: Stage) -> None:
    if person.role not in CHECKS:
        raise NotAllowed("proposal.not_yours")
    if not reason.strip():
        raise Missing("proposal.no_reason")
    row.stage, row.reason, row.checked_by = stage, reason.strip()[:REASON_MOST], person.code


async def listed(session: AsyncSession, book: Book, person: Person, stages: Sequence[Stage]) -> Sequence[Proposal]:
    """Those of one's own buildings, the newest first."""
    chosen = select(Proposal).where(col(Proposal.stage).in_(stages)).order_by(col(Proposal.id).desc()).limit(500)
    return [row for row in (await session.exec(chosen)).all() if reach.touches(book, person, row.places)]


async def at(
    session: AsyncSession, places: Sequence[str], now: datetime, stages: Sequence[Stage]
) -> Sequence[Proposal]:
    """What residents of these buildings may know of: open ones by the clock, results for a month."""
    chosen = select(Proposal).where(
        _PLACES.overlap(list(places)), col(Proposal.stage).in_(stages),
        col(Proposal.closes_at) > now - SHOWN_AFTER,
    )  # fmt: skip
    return (await session.exec(chosen.order_by(col(Proposal.closes_at), col(Proposal.id)))).all()


async def sweep(session: AsyncSession, book: Book, keys: Keys, now: datetime) -> int:
    """One thing that is due: a vote to open, one to close, or some voters to tell. 0 when nothing is."""
    if row := await _due(session, Stage.PLANNED, col(Proposal.opens_at) <= now):
        row.stage = Stage.OPEN
        await announcements.of_vote(session, book, row, now)
        return 1
    if row := await _due(session, Stage.OPEN, col(Proposal.closes_at) <= now):
        await votes.close(session, keys, row)
        await _also_tell_raiser(session, row)
        return 1
    return await _tell_voters(session, now)


async def _due(session: AsyncSession, stage: Stage, when: Any) -> Proposal | None:
    due = select(Proposal).where(Proposal.stage == stage, when).order_by(col(Proposal.id)).limit(1)
    return (await session.exec(due.with_for_update(skip_locked=True))).first()


async def _tell_voters(session: AsyncSession, now: datetime) -> int:
    """Told, and with that forgotten that they voted."""
    over = select(Voter, Proposal).join(Proposal, col(Proposal.id) == Voter.proposal)
    over = over.where(col(Proposal.stage).in_([Stage.CLOSED, Stage.WITHDRAWN]))
    chosen = (
        over.order_by(col(Voter.proposal), col(Voter.resident)).limit(BATCH).with_for_update(of=Voter, skip_locked=True)
    )
    rows = (await session.exec(chosen)).all()
    for voter, proposal in rows:
        key, args = result(proposal)
        telling.resident(session, voter.resident, key, args, f"proposal:{proposal.id}", now)
        await session.delete(voter)
    return len(rows)


async def _also_tell_raiser(session: AsyncSession, row: Proposal) -> None:
    """Whether they voted or not."""
    if row.raised_by:
        also = insert(Voter).values(proposal=row.id, resident=row.raised_by)
        await session.execute(also.on_conflict_do_nothing())


def _tell_raiser(session: AsyncSession, row: Proposal, key: str, now: datetime) -> None:
    """What became of it; the community's own have nobody to tell."""
    if row.raised_by is None:
        return
    opens, closes = row.opens_at, row.closes_at
    args: Mapping[str, Any] = {
        "title": row.title,
        "text": row.reason,
        "at": opens.isoformat() if opens else "",
        "until": closes.isoformat() if closes else "",
    }
    telling.resident(session, row.raised_by, key, args, f"proposal:{row.id}", now)


def result(row: Proposal) -> tuple[str, Mapping[str, Any]]:
    """What is told once it is over, as a text key and its arguments."""
    if row.stage is Stage.WITHDRAWN:
        return "proposal.withdrawn", {"title": row.title, "text": row.reason}
    return "proposal.result", {"title": row.title, "lines": lines(row)}


def lines(row: Proposal) -> list[tuple[str, dict[str, Any]]]:
    """The outcome, then each option's ballots. Fewer than five in all are not told apart."""
    said: list[tuple[str, dict[str, Any]]] = [
        (OUTCOMES[row.outcome], {"option": row.options[row.winner] if row.winner is not None else "", "n": row.quorum})
    ]
    if not shows_counts(row):
        return said
    return said + [
        ("proposal.count", {"option": o, "n": n}) for o, n in zip(row.options, row.counts or [], strict=True)
    ]


def shows_counts(row: Proposal) -> bool:
    return row.stage is Stage.CLOSED and sum(row.counts or []) >= FEWEST
