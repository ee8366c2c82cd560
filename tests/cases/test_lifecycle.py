"""The whole table walked: every (status, step, role) as STEPS says; what is refused changes nothing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import product
from uuid import uuid4

import pytest
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.database import Sessions
from bot.flows.progress import ON_THE_LINE, buttons_for
from bot.texts import LOCALES, catalogue
from cases import access, alarms, lifecycle, orders, review, supervision, whistle
from cases.actors import Actor
from cases.book import Book, read_book
from cases.errors import Missing, NotAllowed, Stale
from cases.notices import TOLD, Audience
from models import OPEN, STEPS, Case, ClockAct, Event, Notification, Photo, Role, Status, Timer
from tests.support.clock import WORKDAY_MORNING
from tests.support.counts import counts, grown
from tests.support.rows import add_case
from tests.support.site import Site

NOW = WORKDAY_MORNING
BY_STAFF = {Role.WORKER: "limin", Role.CLERK: "zhangwei", Role.LEADER: "dongchunsheng", Role.DISPATCHER: "chenlu"}
LOOKING_ON = {Role.SUPERVISOR: "guwenbo", Role.ADMIN: "jiangyan", Role.AUDITOR: "caoying"}


@pytest.fixture
async def book(town: Sessions) -> Book:
    async with town() as session:
        return await read_book(session)


@pytest.fixture
async def session(town: Sessions) -> AsyncIterator[AsyncSession]:
    async with town() as session:
        yield session


async def test_every_status_step_and_role(session: AsyncSession, book: Book) -> None:
    case = await add_case(session, NOW)
    case.unit, case.assignee, case.clock = "CGJ", "limin", "simple"
    for status in Status:
        case.status = status
        await session.flush()
        before = await everything(session)
        for step, role in product(STEPS.values(), Role):
            actor = Actor("limin", role)
            if role in step.who and status in step.before:
                async with undone(session, case):
                    event = await lifecycle.move(session, book, case, step.name, actor, NOW, text="好")
                    after = step.after or status
                    assert (event.kind, event.role, event.status, event.seq) == (step.name, role, after, 2)
                    assert (case.status, case.version) == (after, 2)
                continue
            with pytest.raises(Stale if role in step.who else NotAllowed):
                await lifecycle.move(session, book, case, step.name, actor, NOW, text="好")
        assert await everything(session) == before


@asynccontextmanager
async def undone(session: AsyncSession, case: Case) -> AsyncIterator[None]:
    trial = await session.begin_nested()
    yield
    await trial.rollback()
    await session.refresh(case)


async def everything(session: AsyncSession) -> list[object]:
    found: list[object] = [(c.status, c.version) for c in (await session.exec(select(Case))).all()]
    for table in (Event, Timer, Notification):
        found.append(len((await session.exec(select(table))).all()))
    return found


async def test_a_step_that_needs_words_is_refused_without(session: AsyncSession, book: Book) -> None:
    case = await add_case(session, NOW)
    for step, text in product([step for step in STEPS.values() if "text" in step.needs], ["", " \n\u3000"]):
        case.status = min(step.before)
        await session.flush()
        before = await everything(session)
        with pytest.raises(Missing) as refused:
            await lifecycle.move(session, book, case, step.name, Actor("x", min(step.who)), NOW, text=text)
        assert refused.value.key == "step.needs_text" and await everything(session) == before


def test_every_step_and_act_of_the_clock_says_who_is_told() -> None:
    by_itself = {review.RELABEL, alarms.RINGS, alarms.HEARD, orders.OVERDUE, whistle.LATE}
    assert set(TOLD) >= {"submit", "untold", *by_itself, *STEPS, *ClockAct}
    assert set(supervision.ACTS) == set(ClockAct)


@pytest.mark.parametrize("locale", LOCALES)
def test_everything_that_can_happen_has_its_words(locale: str) -> None:
    texts = set(catalogue(locale))
    wanted = {f"status.{s}" for s in Status} | {f"status_name.{s}" for s in Status}
    wanted |= {f"step_name.{name}" for name in STEPS} | {f"event.{kind}" for kind in TOLD}
    wanted |= {f"resident.{kind}" for kind, to in TOLD.items() if Audience.RESIDENT in to}
    wanted |= {f"desk.{kind}" for kind, to in TOLD.items() if set(to) - {Audience.RESIDENT}}
    assert wanted <= texts


def test_every_status_can_be_left_or_is_an_end() -> None:
    left = {status for step in STEPS.values() for status in step.before if step.after}
    reached = {step.after for step in STEPS.values()} | {Status.SUBMITTED}
    assert (set(Status) - left, set(Status) - reached) == ({Status.WITHDRAWN}, set())
    assert set(Status) - OPEN == {
        Status.RESOLVED, Status.CLOSED, Status.REJECTED, Status.WITHDRAWN, Status.MERGED,
    }  # fmt: skip


def test_a_resident_is_offered_what_the_table_allows() -> None:
    for status in Status:
        may = {step.name for step in STEPS.values() if Role.RESIDENT in step.who and status in step.before}
        assert {button.action for button in buttons_for("1", status, relay=True, appeal=True)} == may
        assert {button.action for button in buttons_for("1", status)} == may - {*ON_THE_LINE, "appeal"}


async def test_the_staff_are_offered_what_the_table_allows(site: Site) -> None:
    """Over HTTP: one case put into every status, looked at by every role; a step tried that is not offered."""
    number = await (await site.resident("B0103")).file("楼下烧烤店油烟太大")
    people = {role: await site.staff(name) for role, name in {**BY_STAFF, **LOOKING_ON}.items()}
    before = await counts(site)
    for n, (status, (role, person)) in enumerate(product(Status, people.items())):
        holder = BY_STAFF[role] if role in (Role.WORKER, Role.CLERK) else "limin"
        await put(site, number, status=status, assignee=holder, relay=holder, unit="CGJ")
        may = {s.name for s in STEPS.values() if role in s.who and status in s.before} - access.DECIDES
        may -= access.ABOUT_DANGER | {"answer_order", "close_order"}  # nobody spoke of danger, no order is open
        may -= access.CALLED | {"co_waive"}  # no unit was called
        may -= access.ABOUT_EXCLUSION  # no answer was given that could be left out
        may -= {"assign"} if role is Role.SUPERVISOR and status is not Status.ARBITRATION else set()
        may -= access.HANDLES | {"hang_up"} if holder != BY_STAFF.get(role) else set()
        assert set(await person.may(number)) == may, (status, role)
        refused = sorted(set(STEPS) - may)
        given = {"text": "好", "reason": "other", "outcome": "solved", "unit": "CGJ", "version": 2}
        step = refused[n % len(refused)]
        answer = await person.try_step(number, step, **given)
        assert answer.status_code == (409 if status not in STEPS[step].before else 403), (status, role, step)
    assert set(grown(before, await counts(site))) == {"audit"}  # who only looked on, looked


async def test_of_two_who_sign_at_once_one_gets_it(site: Site) -> None:
    resident, both = await site.resident("B0103"), [await site.staff("wufan"), await site.staff("zhangwei")]
    for n in range(20):
        number = await resident.file(f"楼下烧烤店油烟太大，第 {n} 次")
        await put(site, number, assignee=None)
        asked = {"step": "sign", "version": await version(site, number)}
        answers = await asyncio.gather(
            *(who.http.post(f"/api/staff/cases/{number}/steps", json={**asked, "key": str(uuid4())}) for who in both)
        )
        assert sorted(answer.status_code for answer in answers) == [200, 409]
        won, lost = sorted(answers, key=lambda answer: answer.status_code)
        assert lost.json()["error"]["key"] == "step.stale"
        latest = [(a.json()["case"]["status"], a.json()["case"]["version"]) for a in (won, lost)]
        assert latest == [("accepted", asked["version"] + 1)] * 2
        assert won.json()["case"]["assignee_name"] == lost.json()["case"]["assignee_name"]
        assert [event["kind"] for event in lost.json()["timeline"]] == ["submit", "route", "sign"]


async def test_a_photo_is_evidence_once_even_for_two_at_once(site: Site) -> None:
    resident, limin = await site.resident("B0103"), await site.staff("limin")
    numbers = [await resident.file(f"楼下烧烤店油烟太大，第 {n} 次") for n in range(2)]
    for number in numbers:
        await limin.step(number, "sign")
    photo = await limin.upload()
    given = {"text": "已清洗。", "outcome": "solved", "photos": [photo, photo], "version": 3}
    answers = await asyncio.gather(*(limin.try_step(number, "reply", **given) for number in numbers))
    assert sorted(answer.status_code for answer in answers) == [200, 422]
    won = next(answer for answer in answers if answer.status_code == 200).json()
    assert [len(event["photos"]) for event in won["timeline"] if event["kind"] in ("reply", "approve")] == [1, 1]
    async with site.parts.sessions() as session:
        assert (await session.get_one(Photo, photo)).case_id is not None


async def put(site: Site, number: str, **changes: object) -> None:
    """Where no door leads so fast."""
    async with site.parts.sessions() as session:
        case = (await session.exec(select(Case).where(col(Case.number) == number))).one()
        for name, value in changes.items():
            setattr(case, name, value)
        await session.commit()


async def version(site: Site, number: str) -> int:
    async with site.parts.sessions() as session:
        return (await session.exec(select(Case.version).where(Case.number == number))).one()
