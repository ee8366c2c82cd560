"""A town that lives for some weeks: people file and the staff do whatever they may, by the core's own doors, by chance.

Whatever STEPS allows happens sometime, likely things more often. `Life(session, book, people, seed).until(moment)`.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlmodel import SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.work import SWEEPS
from cases import access, exclusion, feedback, steps
from cases.book import Book, read_book
from cases.errors import Refusal
from cases.intake import Complaint, file
from cases.keys import Keys
from models import (
    OPEN,
    STEPS,
    Case,
    Event,
    Exclusion,
    ExclusionReason,
    Outcome,
    Person,
    Photo,
    Resident,
    ReturnReason,
    Role,
    Status,
)  # fmt: skip

LIKELY: Mapping[str, float] = {
    "sign": 8, "reply": 5, "approve": 8, "assign": 6, "rate": 6, "contact": 2, "exclude": 3, "grant_exclusion": 4,
    "appeal": 3, "uphold_appeal": 3, "dismiss_appeal": 3, "answer": 3, "co_sign": 3, "co_answer": 3, "reopen": 1,
    "return": 0.7, "withdraw": 0.1, "reject": 0.3, "merge": 0.3, "whistle": 0.2,
}  # fmt: skip
OTHERWISE = 0.3
PACE = timedelta(minutes=40)  # on average, from one deed to the next
FILED = 0.12  # of the deeds, as long as anybody files
TOO_OLD = timedelta(days=20)  # nobody does anything to it any more


class Life:
    def __init__(
        self, session: AsyncSession, book: Book, people: Mapping[str, Person], seed: int, now: datetime
    ) -> None:
        """`book` and `people` as `known` gives them."""
        self.session, self.book, self.people, self.now = session, book, people, now
        self.filing = FILED
        self._draw, self._keys = Random(seed), Keys("for tests only: 0123456789abcdef")
        self._grids = sorted(area.code for area in book.areas.values() if area.level == 3)[:6]
        self._fields = sorted(code for code, one in book.categories.items() if one.parent is None)
        self._cases = list[UUID]()

    async def until(self, moment: datetime) -> None:
        """Deeds one by one, the clock after every few of them."""
        while self.now < moment:
            self.now += PACE * self._draw.expovariate(1)
            await (self._file() if self._draw.random() < self.filing else self._act())
            if self._draw.random() < 0.1:
                await self._sweep()
        await self.session.flush()

    async def two_answered_as_one(self) -> None:
        """One merged into another, and both answered: dice may leave it out."""
        chosen = select(Case).where(col(Case.status).in_({Status.ACCEPTED, Status.DISPATCHED})).order_by(Case.number)
        cases = list((await self.session.exec(chosen)).all())
        master = await self._take_one(cases, "sign")
        await self._take_one([one for one in cases if one is not master], "merge", master=master.number)
        await self._take_one([master], "reply")
        if master.status is Status.REPLIED:  # where the clock policy wants a review
            await self._take_one([master], "approve")
        await self.session.flush()

    async def _take_one(self, cases: Sequence[Case], step: str, **given: Any) -> Case:
        """Of the first case at which somebody takes it."""
        for case in cases:
            for person in self.people.values():
                if step not in {one.name for one in access.steps_for(self.book, person, case, self.now)}:
                    continue
                try:
                    async with self.session.begin_nested():
                        await self._step(case, person, step, **given)
                    return case
                except Refusal:
                    await self.session.refresh(case)
        raise AssertionError(f"nobody can {step}")

    async def _sweep(self) -> None:
        for sweep in SWEEPS:
            while await sweep(self.session, self.book, self.now):
                pass

    async def _file(self) -> None:
        resident = Resident(id=uuid4(), channel="webchat", address=uuid4().hex, created_at=self.now)
        self.session.add(resident)
        await self.session.flush()
        told = Complaint(
            text="楼下太吵",
            category=self._draw.choice([*self._fields, None]),
            grid=self._draw.choice([*self._grids, None]),
            danger="gas" if self._draw.random() < 0.05 else None,
        )
        self._cases.append((await file(self.session, self.book, self._keys, resident, told, self.now)).case.id)

    async def _act(self) -> None:
        """One deed on one case; what is refused after all is undone."""
        case = await self._some_case()
        options = [*self._of_staff(case), *self._of_resident(case)] if case else []
        if not case or not options:
            return
        chances = [LIKELY.get(step, OTHERWISE) for _, step in options]
        person, step = self._draw.choices(options, chances)[0]
        try:
            async with self.session.begin_nested():
                await (self._step(case, person, step) if person else self._says(case, step))
        except Refusal:
            self.session.expire_all()

    async def _some_case(self) -> Case | None:
        if not self._cases:
            return None
        one = self._draw.choice(self._cases)
        case = await self.session.get_one(Case, one, populate_existing=True)
        if case.status not in OPEN and self.now > case.submitted_at + TOO_OLD:
            self._cases.remove(one)
        return case

    def _of_staff(self, case: Case) -> Iterator[tuple[Person | None, str]]:
        book = self.book
        called = (task["assignee"] for task in case.co_tasks.values())
        units = {case.unit or "", book.unit_of.get(case.assignee or "", "")}
        near = {case.assignee, *case.called, *called, *(one.code for unit in units for one in book.staff.get(unit, ()))}
        near |= {code for role in (Role.DISPATCHER, Role.SUPERVISOR, Role.ADMIN) for code in book.of_role(role)}
        some = self._draw.sample(sorted(filter(None, near - {case.assignee})), 3)
        for code in filter(None, [case.assignee, *some]):
            for step in access.steps_for(book, self.people[code], case, self.now):
                yield self.people[code], step.name

    def _of_resident(self, case: Case) -> Iterator[tuple[Person | None, str]]:
        for name, step in STEPS.items():
            may = Role.RESIDENT in step.who and case.status in step.before and name not in ("relay_back", "hang_up")
            if may and (name != "appeal" or exclusion.may_appeal(case, self.now)):
                yield None, name

    async def _says(self, case: Case, step: str) -> None:
        session, book, now = self.session, self.book, self.now
        match step:
            case "rate":
                answers = {"contacted": self._draw.random() < 0.8, "solved": self._draw.choice(["yes", "partly", "no"])}
                satisfied = self._draw.choice(["yes", "so_so", "no"])
                await feedback.rate(session, book, case, **answers, satisfied=satisfied, now=now)  # type: ignore[arg-type]
            case "appeal":
                await exclusion.appeal(session, book, case, "这不一样", (), now)
            case "reopen":
                await feedback.reopen(session, book, case, "还是吵", now)
            case "urge" | "withdraw":
                await getattr(feedback, step)(session, book, case, now)
            case _:
                await getattr(feedback, step)(session, book, case, "是三楼", (), now)

    async def _step(self, case: Case, person: Person, step: str, **also: Any) -> None:
        given = {**await self._given(case, person, step), **also}
        asked = steps.Asked(key=uuid4().hex, step=step, version=case.version, text="好", **given)
        await steps.take(self.session, self.book, case, person, asked, self.now)

    async def _given(self, case: Case, person: Person, step: str) -> dict[str, Any]:
        draw, needs = self._draw, STEPS[step].needs
        units = sorted(self.book.staff)
        given: dict[str, Any] = {
            "reason": str(draw.choice(list(ReturnReason))),
            "ground": str(draw.choice(list(ExclusionReason))),
            "outcome": str(draw.choice(list(Outcome))),
            "unit": draw.choice(access.awaited(case) or units) if step == "co_waive" else draw.choice(units),
            "units": dict.fromkeys(draw.sample(units, 2), ""),
            "assignee": draw.choice([one.code for one in self.book.staff[person.unit]]),
            "days": draw.randint(1, 4),
        }
        if step == "reply":
            given["photos"] = [await self._photo(person)]
        also = {"unit"} if step == "accuse" else {"photos"}
        if "master" in needs:
            given["master"] = await self._other(case)
        return {name: value for name, value in given.items() if name in needs or name in also}

    async def _photo(self, person: Person) -> UUID:
        photo = Photo(id=uuid4(), sha256=uuid4().hex, bytes=1, person=person.code, at=self.now)
        self.session.add(photo)
        await self.session.flush()
        return photo.id

    async def _other(self, case: Case) -> str:
        open_ = select(Case.number).where(col(Case.status).in_(OPEN - {Status.SUBMITTED}), Case.id != case.id)
        return self._draw.choice([*(await self.session.exec(open_.order_by(Case.number))).all(), "none"])


async def multiply(session: AsyncSession, times: int, later: timedelta) -> None:
    """Every history so many times more, each time so much later; merged ones follow a copy of what they followed."""
    for table, own in COPIED.items():
        rows = table.__table__.columns  # type: ignore[attr-defined]
        columns = [column.name for column in rows if column.name != "id" or table is Case]
        values = [own.get(name) or (f"{name} + {SHIFT}" if name in MOMENTS else f'"{name}"') for name in columns]
        names = ", ".join(f'"{name}"' for name in columns)
        await session.execute(
            text(f"""
                INSERT INTO {table.__tablename__} ({names}) SELECT {", ".join(values)}
                FROM (SELECT * FROM {table.__tablename__}) AS one, generate_series(1, :times) AS n ORDER BY n, one.id
            """),
            {"times": times, "later": later},
        )


SHIFT = "n * CAST(:later AS interval)"
MOMENTS = frozenset({
    "submitted_at", "resolved_at", "closed_at", "at", "sign_due_at", "contact_due_at", "due_at", "decided_at",
    "proposed_at", "appealed_at", "appeal_decided_at",
})  # fmt: skip
COPIED: Mapping[type[SQLModel], Mapping[str, str]] = {
    Case: {
        "id": "CAST(md5(id::text || n) AS uuid)",
        "number": "number || '/' || n",
        "code_hash": "code_hash || '/' || n",
        "master": "CAST(md5(master::text || n) AS uuid)",
        "chain": "NULL",
    },
    Event: {
        "case_id": "CAST(md5(case_id::text || n) AS uuid)",
        "salt": "NULL",
        "link": "NULL",
        "details": f"""details || CASE WHEN details ? 'other'
                THEN jsonb_build_object('other', details->>'other' || '/' || n) ELSE '{{}}' END
            || CASE WHEN kind = 'grant_extension'
                THEN jsonb_build_object('due', CAST(details->>'due' AS timestamptz) + {SHIFT}) ELSE '{{}}' END""",
    },
    Exclusion: {"case_id": "CAST(md5(case_id::text || n) AS uuid)"},
}


async def known(session: AsyncSession) -> tuple[Book, dict[str, Person]]:
    """The town and everybody on its staff, apart from the session: what it forgets they keep."""
    book, people = await read_book(session), {one.code: one for one in (await session.exec(select(Person))).all()}
    session.expunge_all()
    return book, people
