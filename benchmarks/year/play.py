"""The year itself: residents file, the staff work, the clock runs; all by the program's own doors, on its own database.

Time goes by half hours, by five while an alarm rings; spans in which nothing happens are left out. What happens
within one is written together where the doors allow it (`lifecycle.together`), the rest in transactions of its own.
"""

import heapq
import itertools
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import ARRAY, Uuid, any_, bindparam, text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.database import Sessions
from app.work import SWEEPS
from benchmarks.year.abreast import NEVER, Abreast
from benchmarks.year.residents import Residents, Telling
from benchmarks.year.workers import Deed, Memory, Next, Workers
from bot.transactions import Transactions
from cases import feedback, lifecycle, notices, steps
from cases.book import Book
from cases.clock import TOWN_TIME
from cases.errors import Refusal
from cases.intake import Complaint, file_many
from cases.keys import Keys
from models import Case, Notification, Person, Photo, Resident, Status

TICK, RINGING = timedelta(minutes=30), timedelta(minutes=5)
ALL_SWEEP = 8  # spans: in every so-many-th all sweep at once, in the others one after the other has a turn
ORDERS_A_DAY = 6
ORDERS_AT = timedelta(hours=10)

NEXT_DUE = text(  # in the order of SWEEPS
    """
    SELECT (SELECT min(next_at) FROM alarms WHERE taken_at IS NULL AND cancelled_at IS NULL),
        (SELECT min(due_at) FROM co_tasks WHERE status IN ('called', 'signed') AND NOT overdue),
        (SELECT min(due_at) FROM orders WHERE answered_at IS NULL AND NOT overdue),
        (SELECT min(due_at) FROM timers WHERE done_at IS NULL AND NOT paused)
    """
)
HELD = (
    select(Case)
    .where(col(Case.id) == any_(bindparam("ids", type_=ARRAY(Uuid))))
    .order_by(col(Case.id))
    .with_for_update(key_share=True)
)
WORST = text(
    """
    SELECT id FROM cases WHERE overdue AND ordered IS NULL AND level >= 2
        AND status IN ('triage', 'dispatched', 'accepted') AND grid = ANY(:grids)
    ORDER BY due_at, id LIMIT :most
    """
)


@dataclass
class Tally:
    """What one player did, as far as rows do not say it."""

    filed: int = 0
    deeds: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)  # by step and why
    swept: int = 0
    transactions: int = 0
    seconds: Counter[str] = field(default_factory=Counter)
    cpu: float = 0.0
    memory: float = 0.0


@dataclass(order=True)
class Entry:
    at: datetime
    n: int
    what: str = field(compare=False)
    case: UUID = field(compare=False)


@dataclass(frozen=True)
class Alone:
    """The deed of an entry that is done in a transaction of its own, and what follows."""

    entry: Entry
    deed: Deed
    then: Sequence[Next]


@dataclass(frozen=True)
class Act:
    """A deed on the case it is done to; what the staff ask for has a key."""

    case: Case
    deed: Deed
    at: datetime
    asked: steps.Asked | None = None

    @property
    def claim(self) -> tuple[Case, Person, steps.Asked, datetime] | None:
        return (self.case, self.deed.who, self.asked, self.at) if self.deed.who and self.asked else None


class Player:
    def __init__(
        self,
        sessions: Sessions,
        book: Book,
        people: Mapping[str, Person],
        residents: Residents,
        grids: Collection[str],
        abreast: Abreast,
        seed: int,
    ) -> None:
        """`grids`: whose complaints are this player's."""
        self.transactions = Transactions(sessions, leave_undelivered)
        self.tally = Tally()
        self._book, self._residents, self._grids, self._abreast = book, residents, frozenset(grids), abreast
        self._workers = Workers(book, people, seed + abreast.index)
        self._keys = Keys("for a benchmark only: 0123456789abcdef")
        self._agenda: list[Entry] = []
        self._count, self._key = itertools.count(), itertools.count()
        self._memory: dict[UUID, Memory] = {}
        self._known: dict[tuple[str, int], Resident] = {}
        self._due = [NEVER] * len(SWEEPS)  # when each sweep has something to do
        self._spans = 0
        self._told: dict[int, UUID] = {}  # what was told today

    async def day(self, day: date) -> None:
        """From midnight to midnight."""
        begins = datetime(day.year, day.month, day.day, tzinfo=TOWN_TIME)
        ends, told = begins + timedelta(days=1), [one for one in self._residents.of(day) if one.who[0] in self._grids]
        self._told = {}
        if self._book.calendar.works(day):
            await self._orders(begins + ORDERS_AT)
        now = begins
        while now < ends:
            since, now = now, self._next(now, ends, told)
            mine = told[: bisect_left(told, now, key=lambda one: one.at)]
            del told[: len(mine)]
            alone = await self._together(mine, self._taken(since, now))
            for one in alone:
                await self._alone(one, now)
            self._spans += 1
            await self._sweep(now)

    def _next(self, now: datetime, ends: datetime, told: Sequence[Telling]) -> datetime:
        """The end of the next span in which anything happens to anybody."""
        own = [entry.at for entry in self._agenda[:1]] + [one.at for one in told[:1]]
        (first,) = self._abreast.all_say([min((at.timestamp() for at in own), default=NEVER)])
        first = min(first, *self._due, ends.timestamp())
        step = RINGING if self._due[0] < NEVER else TICK
        spans = max(0, int((first - now.timestamp()) // step.total_seconds()))
        return min(now + (spans + 1) * step, ends)

    # Residents tell, people work

    async def _together(self, told: Sequence[Telling], entries: Sequence[Entry]) -> list[Alone]:
        """All that one transaction can take; returns what it cannot."""
        if not told and not entries:
            return []
        begun, alone, deeds = time.perf_counter(), list[Alone](), list[tuple[Entry, Deed]]()
        async with self.transactions.begin() as session:
            cases = await self._held(session, [entry.case for entry in entries])
            for entry in entries:
                found = self._workers.decide(cases[entry.case], self._memory[entry.case], entry.what, entry.at)
                if found.deed and (found.deed.alone or self._is_one_of_several(cases[entry.case])):
                    alone.append(Alone(entry, found.deed, found.then))
                    continue
                self._put(entry.case, found.then)
                deeds += [(entry, found.deed)] if found.deed else []
            residents = [self._resident(session, one) for one in told]
            acts = [self._act(session, cases[entry.case], deed, entry.at) for entry, deed in deeds]
            await session.flush()
            async with lifecycle.together(session), notices.about_many(session, list(cases.values())):
                filed = await self._file(session, told, residents)
                await steps.claim(session, [one.claim for one in acts if one.claim])
                for act in acts:
                    with self._refusals(act.deed):
                        await self._do(session, act)
        for case, one in zip(filed, told, strict=True):
            self._remember(case, one)
        self.tally.transactions += 1
        self.tally.seconds["together"] += time.perf_counter() - begun
        return alone

    async def _file(self, session: AsyncSession, told: Sequence[Telling], by: Sequence[Resident]) -> list[Case]:
        some = [(resident, _complaint(one), one.at) for resident, one in zip(by, told, strict=True)]
        filed = await file_many(session, self._book, self._keys, some) if some else ()
        self.tally.filed += len(filed)
        return [one.case for one in filed]

    def _resident(self, session: AsyncSession, one: Telling) -> Resident:
        if one.who not in self._known:
            address = f"{one.who[0]}-{one.who[1]}"
            self._known[one.who] = Resident(id=uuid4(), channel="webchat", address=address, created_at=one.at)
            session.add(self._known[one.who])
        return self._known[one.who]

    def _act(self, session: AsyncSession, case: Case, deed: Deed, at: datetime) -> Act:
        if deed.who is None:
            return Act(case, deed, at)
        needs = {key: value for key, value in deed.needs.items() if key != "photo"}
        photos = [self._photo(session, deed.who, at)] if deed.needs.get("photo") else []
        key = f"{self._abreast.index}-{next(self._key)}"
        return Act(case, deed, at, steps.Asked(key, deed.step, case.version, photos=photos, **needs))

    def _photo(self, session: AsyncSession, who: Person, at: datetime) -> UUID:
        photo = Photo(id=uuid4(), sha256="0" * 64, width=800, height=600, bytes=1, person=who.code, at=at)
        session.add(photo)
        return photo.id

    def _remember(self, case: Case, one: Telling) -> None:
        same = self._told.get(one.like) if one.like is not None else None
        self._told[one.n] = case.id
        memory = Memory(one.right, one.item not in (None, one.right), same)
        self._memory[case.id] = memory
        self._put(case.id, self._workers.filed(case, memory, one.at))

    def _put(self, case: UUID, some: Sequence[Next]) -> None:
        for one in some:
            heapq.heappush(self._agenda, Entry(one.at, next(self._count), one.what, case))

    def _taken(self, since: datetime, now: datetime) -> list[Entry]:
        """What is to be looked at before `now`, each case once and not in the past; what comes too soon after waits."""
        found, again, seen = list[Entry](), list[Entry](), set[UUID]()
        while self._agenda and self._agenda[0].at < now:
            entry = heapq.heappop(self._agenda)
            entry.at = max(entry.at, since)
            (again if entry.case in seen else found).append(entry)
            seen.add(entry.case)
        for entry in again:
            self._put(entry.case, [Next(now, entry.what)])
        return found

    async def _held(self, session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, Case]:
        if not ids:
            return {}
        return {case.id: case for case in (await session.execute(HELD, {"ids": list(ids)})).scalars()}

    def _is_one_of_several(self, case: Case) -> bool:
        """What is done to one of merged cases is done to others, too."""
        return case.status is Status.MERGED or self._memory[case.id].leads

    async def _alone(self, one: Alone, now: datetime) -> None:
        """At the end of the span: what others did in it is done."""
        begun, deed = time.perf_counter(), one.deed
        with self._refusals(deed):
            async with self.transactions.begin() as session:
                case = await session.get_one(Case, one.entry.case)
                if deed.step == "merge":
                    master = await session.get_one(Case, deed.needs["master"])
                    deed = Deed("merge", deed.who, {"master": master.number})
                    if not leads(master, case):
                        return
                act = self._act(session, case, deed, now)
                await session.flush()
                await self._do(session, act)
                if deed.step == "merge":
                    self._memory[master.id].leads = True
        self._put(one.entry.case, one.then)
        self.tally.transactions += 1
        self.tally.seconds["alone"] += time.perf_counter() - begun

    @contextmanager
    def _refusals(self, deed: Deed) -> Iterator[None]:
        """Nobody here asks for what they may not do: a refusal is counted, and told at the end."""
        try:
            yield
        except Refusal as refusal:
            self.tally.refused[f"{deed.step}: {refusal.key}"] += 1

    async def _do(self, session: AsyncSession, act: Act) -> None:
        self.tally.deeds[act.deed.step] += 1
        if act.deed.who and act.asked:
            await steps.take(session, self._book, act.case, act.deed.who, act.asked, act.at)
        else:
            await RESIDENTS_DO[act.deed.step](session, self._book, act.case, act.deed.needs, act.at)

    # The clock

    async def _sweep(self, now: datetime) -> None:
        """As `supervise` does: what is due, the most urgent first, until nothing is."""
        mine = self._spans % ALL_SWEEP == 0 or self._spans % self._abreast.players == self._abreast.index
        while True:
            await self._look_ahead()
            begun, at = time.perf_counter(), now.timestamp()
            late = [sweep for sweep, due in zip(SWEEPS, self._due, strict=True) if due <= at]
            for sweep in late if mine else ():
                async with self.transactions.begin() as session:
                    self.tally.swept += await sweep(session, self._book, now)
                self.tally.transactions += 1
            self.tally.seconds["sweep"] += time.perf_counter() - begun
            if not late:
                return

    async def _look_ahead(self) -> None:
        """One looks for all, when all have done what they had to do."""
        self._abreast.together()
        found = [NEVER] * len(SWEEPS)
        if self._abreast.first:
            async with self.transactions.read() as session:
                rows = (await session.execute(NEXT_DUE)).one()
            found = [at.timestamp() if at else NEVER for at in rows]
        self._due = self._abreast.all_say(found)

    async def _orders(self, at: datetime) -> None:
        """The supervisor looks at what lies longest."""
        async with self.transactions.read() as session:
            asked = {"most": ORDERS_A_DAY // self._abreast.players, "grids": sorted(self._grids)}
            for (case,) in (await session.execute(WORST, asked)).all():
                self._put(case, [Next(at, "order")])


LEADS = frozenset({Status.TRIAGE, Status.DISPATCHED, Status.ACCEPTED, Status.WAITING, Status.REPLIED})


def leads(master: Case, case: Case) -> bool:
    """Whether a dispatcher sees that the one may follow the other."""
    quiet = not (master.danger or case.danger or master.facts.get("accused") or case.facts.get("accused"))
    return master.status in LEADS and quiet


def _complaint(one: Telling) -> Complaint:
    return Complaint(
        text=one.text, category=one.field, item=one.item, place=one.place.code, place_text=one.place.name,
        grid=one.place.grid, lon=one.place.lon, lat=one.place.lat, danger=one.danger,
    )  # fmt: skip


async def _answer(s: AsyncSession, book: Book, case: Case, needs: Mapping[str, str], at: datetime) -> None:
    await feedback.answer(s, book, case, needs["text"], [], at)


async def _supplement(s: AsyncSession, book: Book, case: Case, needs: Mapping[str, str], at: datetime) -> None:
    await feedback.supplement(s, book, case, needs["text"], [], at)


async def _urge(s: AsyncSession, book: Book, case: Case, needs: Mapping[str, str], at: datetime) -> None:
    await feedback.urge(s, book, case, at)


async def _withdraw(s: AsyncSession, book: Book, case: Case, needs: Mapping[str, str], at: datetime) -> None:
    await feedback.withdraw(s, book, case, at)


async def _rate(s: AsyncSession, book: Book, case: Case, needs: Mapping, at: datetime) -> None:
    await feedback.rate(s, book, case, **needs, now=at)


async def _reopen(s: AsyncSession, book: Book, case: Case, needs: Mapping[str, str], at: datetime) -> None:
    await feedback.reopen(s, book, case, needs["text"], at)


RESIDENTS_DO: Mapping[str, Callable] = {
    "answer": _answer, "supplement": _supplement, "urge": _urge, "withdraw": _withdraw, "rate": _rate,
    "reopen": _reopen,
}  # fmt: skip


async def leave_undelivered(session: AsyncSession, new: Sequence[Notification]) -> None:
    """The notices are written and stay in the outbox: nobody is at the other end."""
