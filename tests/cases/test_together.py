"""Many acts in one transaction: each once with several sweepers, and the guard against a faster hand is kept."""

import asyncio

import pytest
from sqlalchemy import text
from sqlmodel import col, func, select

from app.database import Sessions
from app.work import sweep_some
from cases import lifecycle
from cases.actors import SYSTEM
from cases.book import read_book
from cases.errors import Stale
from models import Case, Event, Notification, Timer
from tests.support.clock import WORKDAY_MORNING, Clock
from tests.support.rows import add_case
from tests.support.site import Site

MANY = 25


async def test_several_sweepers_do_each_act_once(site: Site, clock: Clock) -> None:
    resident = await site.resident("B0103")
    for n in range(MANY):
        await resident.file(f"楼下烧烤店油烟太大，第 {n} 次")
    await site.settle()
    clock.forward(days=8)
    transactions, book = site.parts.transactions, site.parts.senses.book

    async def until_nothing() -> int:
        done = 0
        while taken := await sweep_some(transactions, book, clock()):
            done += taken
        return done

    assert sum(await asyncio.gather(*(until_nothing() for _ in range(3)))) == 5 * MANY
    async with site.parts.sessions() as session:
        kinds = select(Event.kind, func.count()).where(col(Event.role) == "system").group_by(col(Event.kind))
        done = dict((await session.exec(kinds)).all())
        assert done == dict.fromkeys(
            ("route", "sign_overdue", "contact_overdue", "remind", "overdue", "escalate"), MANY
        )
        versions = (await session.exec(select(Case.version, Case.level, Case.overdue))).all()
        assert versions == [(7, 2, True)] * MANY, "what several acts changed in a case is all there"
        rows = (await session.exec(select(Notification).where(col(Notification.text_key) == "desk.escalate"))).all()
        assert len(rows) == len({row.unique_key for row in rows}) == MANY
        assert (
            await session.exec(select(Timer).where(col(Timer.done_at).is_(None), Timer.due_at <= clock()))
        ).all() == []


async def test_whoever_was_faster_is_not_overwritten(town: Sessions) -> None:
    async with town() as session:
        book, case = await read_book(session), await add_case(session, WORKDAY_MORNING)
        other = await add_case(session, WORKDAY_MORNING)
        await session.commit()
        ids = [case.id, other.id]
    async with town() as session:
        held = [await session.get_one(Case, id_) for id_ in ids]
        with pytest.raises(Stale):
            async with lifecycle.together(session):
                for one in held:
                    await lifecycle.note(session, book, one, "remind", SYSTEM, WORKDAY_MORNING)
                async with town() as faster:
                    await faster.execute(text("UPDATE cases SET version = 9 WHERE id = :id"), {"id": ids[0]})
                    await faster.commit()
    async with town() as session:
        assert [(await session.get_one(Case, id_)).version for id_ in ids] == [9, 1]
        assert (await session.exec(select(Event).where(Event.kind == "remind"))).all() == []
