"""First stop of a case: what the resident confirmed becomes a case with a number and a lookup code."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import func
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from cases import corrections, evidence, joining, lifecycle, record, triage
from cases.book import Book
from cases.clock import TOWN_TIME
from cases.corrections import Labelled
from cases.keys import Keys, new_code
from models import CASE_NUMBERS, Case, Event, Follower, Prediction, Resident, Role, Status
from routing.cells import cell


@dataclass(frozen=True)
class Guess:
    """What the model said: label, confidence, ranking of (label, probability), action, model version.

    `items`: the likeliest item of each label that may be offered; `item` is the one of `label`. `novelty`: share of
    the words it does not know.
    """

    label: str
    confidence: float
    ranking: Sequence[tuple[str, float]]
    item: str | None
    action: str
    model: str
    items: Mapping[str, str] = field(default_factory=dict)
    novelty: float | None = None


@dataclass(frozen=True)
class Complaint:
    """A confirmed draft. `category` None: nobody knows yet, a person will sort it."""

    text: str
    category: str | None = None
    item: str | None = None
    place: str | None = None
    place_text: str = ""
    grid: str | None = None
    lon: float | None = None
    lat: float | None = None
    placed: Mapping[str, Any] = field(default_factory=dict)  # how the place was understood, and how sure
    photos: Sequence[str] = ()
    anonymous: bool = False
    danger: str | None = None
    guess: Guess | None = None
    chosen: bool = False  # the resident picked the category
    facts: dict[str, Any] = field(default_factory=dict)  # kind and urgent, where known


@dataclass(frozen=True)
class Filed:
    case: Case
    code: str  # told once, kept only as a hash


async def file(
    session: AsyncSession, book: Book, keys: Keys, resident: Resident, complaint: Complaint, now: datetime
) -> Filed:
    """Keep the complaint, then sort and hand it out in the same transaction."""
    return (await file_many(session, book, keys, [(resident, complaint, now)]))[0]


async def file_many(
    session: AsyncSession, book: Book, keys: Keys, told: Sequence[tuple[Resident, Complaint, datetime]]
) -> Sequence[Filed]:
    """Several at once, each at its own moment: their rows are there by one statement before any is handed out."""
    numbers = await _numbers(session, [at for *_, at in told])
    filed = list[Filed]()
    for (resident, complaint, now), number in zip(told, numbers, strict=True):
        code = new_code()
        filed.append(Filed(_new_case(book, resident, complaint, number, keys.code_hash(code), now), code))
    first = [_submitted(one.case, complaint, now) for one, (_, complaint, now) in zip(filed, told, strict=True)]
    session.add_all([one.case for one in filed])
    await session.flush()
    for (resident, complaint, _), one, submitted in zip(told, filed, first, strict=True):
        await _begin(session, book, one.case, submitted, resident, complaint)
    return filed


async def _begin(
    session: AsyncSession, book: Book, case: Case, submitted: Event, resident: Resident, complaint: Complaint
) -> None:
    now = submitted.at
    session.add(Follower(case_id=case.id, resident=resident.id, via="filed", at=now))
    session.add(submitted)
    if complaint.guess:
        session.add(_prediction(case, complaint.guess, now))
    if complaint.chosen:
        corrections.chose(session, case, _said(complaint.guess), now)
    await evidence.attach(session, case.id, complaint.photos)
    await triage.sort(session, book, case, now, sure=complaint.category is not None)


async def _numbers(session: AsyncSession, at: Sequence[datetime]) -> list[str]:
    """yymmdd-nnnn in the town's own day. One counter for all days: gaps are harmless, a queue at a lock is not."""
    next_ones = select(CASE_NUMBERS.next_value()).select_from(func.generate_series(1, len(at)).alias())
    counts = (await session.exec(next_ones)).all()
    return [f"{now.astimezone(TOWN_TIME):%y%m%d}-{n % 100_000:04d}" for now, n in zip(at, counts, strict=True)]


def _new_case(book: Book, resident: Resident, complaint: Complaint, number: str, code_hash: str, now: datetime) -> Case:
    at = joining.point(book, complaint.place, complaint.lon, complaint.lat)
    return Case(
        id=uuid4(),
        number=number,
        code_hash=code_hash,
        resident=resident.id,
        anonymous=complaint.anonymous,
        locale=resident.locale,
        status=Status.SUBMITTED,
        text=complaint.text,
        category=complaint.category,
        item=complaint.item,
        danger=complaint.danger,
        place=complaint.place,
        place_text=complaint.place_text,
        grid=complaint.grid,
        lon=complaint.lon,
        lat=complaint.lat,
        cell=cell(*at) if at else None,
        facts=complaint.facts
        | {"confidence": complaint.guess.confidence if complaint.guess and not complaint.chosen else 1.0},
        submitted_at=now,
    )


def _submitted(case: Case, complaint: Complaint, now: datetime) -> Event:
    event = Event(
        case_id=case.id,
        seq=case.version,
        kind="submit",
        actor="resident",
        role=Role.RESIDENT,
        status=case.status,
        text=complaint.text,
        details={"chosen": complaint.chosen, "placed": dict(complaint.placed)},
        photos=list(complaint.photos),
        at=now,
        **lifecycle.as_it_is(case),
    )
    case.chain = record.seal(event, record.start(case.id))
    return event


def _prediction(case: Case, guess: Guess, now: datetime) -> Prediction:
    return Prediction(
        case_id=case.id,
        model=guess.model,
        label=guess.label,
        confidence=guess.confidence,
        action=guess.action,
        ranking=[[label, round(p, 6)] for label, p in guess.ranking],
        item=guess.item,
        novelty=guess.novelty,
        at=now,
    )


def _said(guess: Guess | None) -> Labelled | None:
    return Labelled(guess.label, guess.item) if guess else None
