"""The record: whatever is done to it afterwards is found, and the first event that is wrong is named."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from app import heads as files
from app.database import Sessions
from cases import heads, linking, record
from cases.record import Fault, Head
from tests.support.clock import Clock
from tests.support.histories import Life, known

TAMPERINGS = 10_000
LATER = datetime(2031, 1, 1, tzinfo=UTC)
FIELDS: Mapping[str, Callable[[Any], Any]] = {
    "text": lambda was: was + "。",
    "details": lambda was: {**was, "days": 99},
    "photos": lambda was: [*was, "another"],
    "kind": lambda was: was + "x",
    "actor": lambda was: was + "x",
    "role": lambda was: was + "x",
    "status": lambda was: was + "x",
    "public": lambda was: not was,
    "at": lambda was: was + timedelta(microseconds=1),
    "round": lambda was: was + 1,
    "unit": lambda was: "XX",
    "assignee": lambda was: "XX",
    "category": lambda was: "XX",
    "grid": lambda was: "XX",
    "overdue": lambda was: not was,
    "sign_due_at": lambda was: LATER,
    "contact_due_at": lambda was: LATER,
    "salt": lambda was: bytes(16),
    "link": lambda was: bytes(32),
}
Timelines = list[tuple[Head, list[SimpleNamespace]]]


@pytest.fixture
async def lived(town: Sessions, clock: Clock) -> Sessions:
    """Some days of a town, by the core's own doors."""
    async with town.begin() as session:
        life = Life(session, *await known(session), 7, clock())
        await life.until(clock() + timedelta(days=3))
    return town


async def faults(session: AsyncSession) -> list[Fault]:
    return [fault async for _, _, some in linking.verify(session) for fault in some]


async def timelines(session: AsyncSession) -> Timelines:
    found = [Head(*row) for row in (await session.execute(text(HEADS))).all()]
    lines = await linking.timelines(session, [head.id for head in found])
    return [(head, [SimpleNamespace(**line._mapping) for line in lines[head.id]]) for head in found]


HEADS = "SELECT id, number, status, version, chain, submitted_at FROM cases ORDER BY number"


def changed(one: Sequence[SimpleNamespace], draw: Random) -> tuple[list[SimpleNamespace], int]:
    at, (field, change) = draw.randrange(len(one)), draw.choice(list(FIELDS.items()))
    other = SimpleNamespace(**vars(one[at]))
    setattr(other, field, change(getattr(other, field)))
    return [*one[:at], other, *one[at + 1 :]], at + 1


def removed(one: Sequence[SimpleNamespace], draw: Random) -> tuple[list[SimpleNamespace], int]:
    at = draw.randrange(len(one) - 1)
    return renumbered([*one[:at], *one[at + 1 :]]), at + 1


def cut(one: Sequence[SimpleNamespace], draw: Random) -> tuple[list[SimpleNamespace], int]:
    at = draw.randrange(1, len(one))
    return list(one[:at]), at + 1


def reordered(one: Sequence[SimpleNamespace], draw: Random) -> tuple[list[SimpleNamespace], int]:
    first, second = sorted(draw.sample(range(len(one)), 2))
    mixed = list(one)
    mixed[first], mixed[second] = mixed[second], mixed[first]
    return renumbered(mixed), first + 1


def inserted(one: Sequence[SimpleNamespace], draw: Random) -> tuple[list[SimpleNamespace], int]:
    at = draw.randrange(len(one) + 1)
    return renumbered([*one[:at], draw.choice(one), *one[at:]]), at + 1


def emptied(one: Sequence[SimpleNamespace], draw: Random) -> tuple[list[SimpleNamespace], int]:
    """As an erasure would leave it, which no event speaks of."""
    at = draw.randrange(len(one))
    bare = {"text": "", "details": {}, "photos": [], "salt": None, "commitment": record.commitment(one[at])}
    return [*one[:at], SimpleNamespace(**{**vars(one[at]), **bare}), *one[at + 1 :]], at + 1


def renumbered(lines: Sequence[SimpleNamespace]) -> list[SimpleNamespace]:
    """Whoever removes or adds one also mends the numbers."""
    return [SimpleNamespace(**{**vars(line), "seq": seq}) for seq, line in enumerate(lines, 1)]


TAMPER = (changed, removed, cut, reordered, inserted, emptied)


async def test_every_tampering_is_found_and_the_first_wrong_event_named(lived: Sessions) -> None:
    async with lived() as session:
        assert await faults(session) == []
        cases = [(head, lines) for head, lines in await timelines(session) if len(lines) > 2]
    draw, tried = Random(5), dict.fromkeys((*(way.__name__ for way in TAMPER), "swapped"), 0)
    while sum(tried.values()) < TAMPERINGS:
        (head, lines), (_, others) = draw.sample(cases, 2)
        for way in TAMPER:
            wrong, first = way(lines, draw)
            found = record.first_fault(head, wrong)
            assert found is not None and found.seq in {first, first + 1}, (way.__name__, first, found)
            assert found.seq == first or way in {inserted, cut}, (way.__name__, first, found)
            tried[way.__name__] += 1
        at = draw.randrange(min(len(lines), len(others)))
        found = record.first_fault(head, [*lines[:at], others[at], *lines[at + 1 :]])
        assert found is not None and (found.seq, found.what) == (at + 1, "link")
        tried["swapped"] += 1
    assert min(tried.values()) > 1_000


BY_HAND = {
    "a word": ("UPDATE events SET text = text || '!' WHERE id = :id", "link", 0),
    "its time": ("UPDATE events SET at = at + interval '1 second' WHERE id = :id", "link", 0),
    "who did it": ("UPDATE events SET actor = 'limin' WHERE id = :id", "link", 0),
    "gone": ("DELETE FROM events WHERE id = :id", "gap", 0),
    "the tail": ("DELETE FROM events WHERE case_id = :case AND seq >= :seq", "tail", 0),
    "the tail and the version": (
        "WITH gone AS (DELETE FROM events WHERE case_id = :case AND seq >= :seq) UPDATE cases SET version = :seq - 1 "
        "WHERE id = :case", "head", -1,
    ),
    "filed later, it seems": (
        "UPDATE cases SET submitted_at = submitted_at + interval '2 days' WHERE id = :case", "hidden", -1,
    ),
    "its links": ("UPDATE events SET link = NULL, salt = NULL WHERE id = :id", "unlinked", 0),
}  # fmt: skip
ONE = "SELECT id, case_id, seq FROM events WHERE seq = 2 AND kind <> 'rate' AND actor <> 'limin' ORDER BY id LIMIT 1"


async def test_what_is_done_by_hand_in_the_database_is_found(lived: Sessions) -> None:
    for name, (statement, what, shift) in BY_HAND.items():
        async with lived() as session:
            one = (await session.execute(text(ONE))).one()
            values = {
                key: value for key, value in zip(("id", "case", "seq"), one, strict=True) if f":{key}" in statement
            }
            await session.execute(text(statement), values)
            found = await faults(session)
            assert [(fault.seq, fault.what) for fault in found] == [(one.seq + shift, what)], name
            await session.rollback()


async def test_what_is_older_than_the_record_is_linked_and_goes_on(lived: Sessions, clock: Clock) -> None:
    """In lots, also where somebody goes on with a case before its turn has come."""
    async with lived.begin() as session:
        await session.execute(text("UPDATE events SET link = NULL, salt = NULL"))
        await session.execute(text("UPDATE cases SET chain = NULL"))
    async with lived.begin() as session:
        life = Life(session, *await known(session), 8, clock() + timedelta(days=4))
        life._cases = list((await session.execute(text("SELECT id FROM cases ORDER BY number LIMIT 20"))).scalars())
        await life.until(clock() + timedelta(days=5))
    async with lived() as session:
        before = await linking.waiting(session)
        assert before and {fault.what for fault in await faults(session)} == {"unlinked"}
    linked = 0
    while linked < before:
        async with lived.begin() as session:
            linked += await linking.some(session, lot=7)
    async with lived() as session:
        assert await linking.waiting(session) == 0
        assert await faults(session) == []


async def test_heads_tell_what_the_links_cannot(lived: Sessions, tmp_path: Path, clock: Clock) -> None:
    """A timeline rewritten with all its links, and a case that is gone, look whole; the heads of before do not fit."""
    first = await files.keep(lived, tmp_path, clock())
    assert first is not None and await files.keep(lived, tmp_path, clock()) is None, "nothing new"
    async with lived.begin() as session:
        life = Life(session, *await known(session), 9, clock() + timedelta(days=4))
        life.filing = 1
        await life.until(clock() + timedelta(days=5))
    second = await files.keep(lived, tmp_path, clock() + timedelta(hours=1))
    assert second is not None and files.read(tmp_path) == [first, second]
    async with lived() as session:
        assert await heads.first_other(session, [first, second]) is None
        last = f"SELECT case_id FROM events WHERE id > {first.upto} AND kind = 'submit' ORDER BY id LIMIT 1"
        case = {"case": (await session.execute(text(last))).scalar_one()}
        await session.execute(text("UPDATE events SET text = '都好' WHERE case_id = :case"), case)
        assert [fault.seq for fault in await faults(session)] == [1]
        await relink(session, case)
        assert await faults(session) == []
        assert await heads.first_other(session, [first, second]) == second
        await session.execute(text(f"DELETE FROM events WHERE id = {first.upto}"))
        assert await heads.first_other(session, [first, second]) == first


async def relink(session: AsyncSession, case: Mapping[str, Any]) -> None:
    """As somebody would who knows how it is done."""
    await session.execute(text("UPDATE events SET link = NULL WHERE case_id = :case"), case)
    await session.execute(text("UPDATE cases SET chain = NULL WHERE id = :case"), case)
    assert await linking.some(session) == 1
