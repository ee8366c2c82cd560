"""Third stop of a case: the rule table names the unit and the clock, then somebody is chosen to handle it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import any_, bindparam, func, text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from cases import absences, accused, lifecycle, timers
from cases.actors import SYSTEM, Actor
from cases.book import Book, Member
from cases.notices import Audience
from models import AssignTo, Case, Event
from models.base import WORDS
from models.listed import OPEN_CASES
from models.status import AT_WORK
from models.town import COMMUNITY
from routing.assign import candidate, of_unit, one_up, over
from routing.rules import Decision, Facts

_LOADS = (
    select(Case.assignee, func.count())
    .where(col(Case.assignee) == any_(bindparam("people", type_=WORDS)), col(Case.status).in_(AT_WORK))
    .where(text(OPEN_CASES))  # in the very words of the index, so that a kept plan knows it
    .group_by(col(Case.assignee))
)  # one statement however many they are: its plan is kept


@dataclass(frozen=True)
class Refused:
    """Who sent a case back this round, and which units said it is not theirs."""

    people: frozenset[str] = frozenset()
    units: frozenset[str] = frozenset()
    past_grid: bool = False  # a grid worker said it is nothing for the grid: on to the unit's own desk


def facts_of(book: Book, case: Case, now: datetime, refused: Refused) -> Facts:
    whom = accused.about(case)
    place = book.places.get(case.place or "")
    return Facts(
        category=case.category,
        item=case.item,
        area_path=book.path(case.grid),
        special=book.special_at(case.place, case.lon, case.lat, case.grid),
        place_kind=place.kind if place else None,
        danger=case.danger,
        kind=case.facts.get("kind"),
        urgent=bool(case.facts.get("urgent")),
        confidence=float(case.facts.get("confidence", 1.0)),
        at=now,
        text=case.text,
        round=case.round,
        refusers=refused.people,
        refused_units=refused.units | accused.not_led(book, whom),
        accused=whom,
    )


async def handler(
    session: AsyncSession, book: Book, case: Case, decision: Decision, refused: Refused, now: datetime
) -> str | None:
    """Who of the people concerned takes it, or stands in for who would; None when it has to be a person's decision."""
    path = book.path(case.grid)
    near = book.by_community.get(path[COMMUNITY], ()) if len(path) > COMMUNITY else ()
    named = [one for one in [book.members.get(decision.assignee or "")] if one and one.active]
    special = book.holders.get(decision.area or "", ())
    people = list({one.code: one for one in (*book.staff.get(decision.unit, ()), *near, *special, *named)}.values())
    loads = await _loads(session, [p.code for p in people])
    if refused.past_grid:
        decision = replace(decision, assign=AssignTo.UNIT)
    away, never = await absences.now_away(session, now), refused.people | accused.never(book, case)
    person = candidate(decision, people, loads, path, never, book.areas, away)
    return absences.taker(book, case, person, away, refused.people) if person else None


async def _loads(session: AsyncSession, people: Sequence[str]) -> dict[str, int]:
    rows = await session.execute(_LOADS, {"people": list(people)})
    return {str(code): int(count) for code, count in rows.all()}


def decided(decision: Decision) -> dict[str, Any]:
    """What a decision writes on the case."""
    return {
        "unit": decision.unit,
        "co_units": list(decision.co_units),
        "rule": decision.rule,
        "explanation": decision.explanation,
        "facts": decision.facts,
    }


async def start_clock(session: AsyncSession, book: Book, case: Case, clock: str, now: datetime) -> dict[str, Any]:
    """A round's clock starts once, at submission or reopening; a new desk gets only its own time to sign."""
    if case.due_at is None:
        return await timers.begin(session, book, case, clock, now)
    return await timers.sign_again(session, book, case, now)


async def hand_out(
    session: AsyncSession,
    book: Book,
    case: Case,
    now: datetime,
    *,
    step: str = "route",
    actor: Actor = SYSTEM,
    text: str = "",
    changes: dict[str, Any],
    about: Mapping[str, Any] | None = None,
    leave_out: Sequence[Audience] = (),
) -> Event:
    """Put the case on somebody's desk. `changes` must name `unit` and `assignee` (None: the whole unit's).
    Raises Missing for those it is about.

    `about`: what else the event shall tell.
    """
    accused.check(book, case, changes["unit"], changes["assignee"])
    details = {"unit": changes["unit"], "assignee": changes["assignee"], "from": case.assignee}
    details |= {"rule": changes.get("rule", case.rule), **(about or {})}
    changes = {"signed_at": None, **changes}
    return await lifecycle.move(
        session, book, case, step, actor, now, text=text, details=details, changes=changes, leave_out=leave_out
    )


async def least_loaded(session: AsyncSession, book: Book, case: Case, unit: str, now: datetime) -> str | None:
    """The least loaded handler of a unit who may have this case, None where it has nobody."""
    people, never = book.staff.get(unit, ()), accused.never(book, case)
    loads, away = await _loads(session, [p.code for p in people]), await absences.now_away(session, now)
    person = of_unit(unit, people, loads, refusers=never, away=away)
    outside = {code for code, its in book.unit_of.items() if its != unit} if person in away else frozenset()
    return absences.taker(book, case, person, away, outside) if person else None


def stands_above(book: Book, case: Case, person: str | None, level: int = 0) -> str | None:
    """Who is next up the chain from whoever had the case; `level`: how often it went up already."""
    return one_up(
        person, case.unit, known(book, case, person), book.areas, book.path(case.grid), units=book.units, level=level
    )


def all_above(book: Book, case: Case, person: str | None) -> Sequence[str]:
    """Everybody above whoever had the case, the nearest first; nobody for the top."""
    return over(person, case.unit, known(book, case, person), book.areas, book.path(case.grid), units=book.units)


def known(book: Book, case: Case, person: str | None) -> Sequence[Member]:
    """Those a chain can be made of, with the one it begins at; without those it is about."""
    holder, never = book.members.get(person or ""), accused.never(book, case)
    heads = [one for one in book.heads if one.code not in never] if never else book.heads
    return [*heads, holder] if holder and holder not in heads else heads
