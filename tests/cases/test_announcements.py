"""Notices to residents: who may, how many, when, to whom not; in parts; taken back."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from bot import delivery
from cases import announcements, progress
from cases.announcements import Words
from cases.errors import NotAllowed, NotFound, Refusal
from models import Announcement, Person, Posting, Resident
from tests.support.clock import Clock
from tests.support.neighbours import go_on, move_in
from tests.support.site import Site

HERE, THERE = "B0103", "B0201"
WATER = {"zh-Hans": "周四停水"}


async def written(site: Site, who: str = "limin", *, urgent: bool = False, places: Sequence[str] = (HERE,)) -> int:
    """Let out as far as who wrote it can."""
    parts = site.parts
    async with parts.transactions.begin() as session:
        person = await session.get_one(Person, who)
        row = announcements.draft(session, parts.senses.book, person, Words("停水", WATER, places, urgent), parts.now())
        await session.flush()
        assert row.id is not None
        await announcements.let_out(session, parts.senses.book, person, row.id, parts.now())
        return row.id


async def heard(site: Site, who: UUID) -> list[str]:
    async with site.parts.sessions() as session:
        rows = await session.execute(
            text("select text_key from chat_messages where resident = :r order by id"), {"r": who}
        )
        return list(rows.scalars())


async def how_far(site: Site, number: int) -> progress.Progress:
    async with site.parts.sessions() as session:
        return (await progress.of(session, [number]))[number]


async def test_two_a_week_none_to_who_wants_none_and_an_emergency_to_all(site: Site, clock: Clock) -> None:
    one, off, gone = await move_in(site, 3, HERE)
    (stranger,) = await move_in(site, 1, THERE)
    async with site.parts.transactions.begin() as session:
        await announcements.refuse(session, off, off=True)
        (await session.get_one(Resident, gone)).unreachable_at = clock()
    numbers = [await written(site) for _ in range(3)]
    await go_on(site)
    assert await heard(site, one) == ["notice.told"] * 2 and not await heard(site, off) + await heard(site, stranger)
    assert await how_far(site, numbers[0]) == progress.Progress(sent=1, delivered=1, unreachable=1, opted_out=1)
    assert (await how_far(site, numbers[2])).too_many == 1
    await written(site, "guwenbo", urgent=True)
    await go_on(site)
    assert (await heard(site, one))[-1] == (await heard(site, off))[-1] == "notice.emergency"
    clock.forward(days=7, minutes=1)
    await written(site)
    await go_on(site)
    assert (await heard(site, one))[-1] == "notice.told"


async def test_at_night_it_waits_until_morning(site: Site, clock: Clock) -> None:
    (one,) = await move_in(site, 1, HERE)
    clock.forward(hours=11, minutes=1)  # 21:01
    await written(site)
    assert not await go_on(site)
    await written(site, "guwenbo", urgent=True)
    assert await go_on(site) and await heard(site, one) == ["notice.emergency"]
    clock.forward(hours=10)
    assert await go_on(site) and (await heard(site, one))[-1] == "notice.told"


async def test_many_need_a_second_person_and_go_out_in_parts(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(announcements, "SECOND_ABOVE", 5)
    monkeypatch.setattr(announcements, "BATCH", 4)
    people = await move_in(site, 10, HERE, "B0104")  # of two buildings, told once
    number = await written(site, places=(HERE, "B0104"))
    assert not await go_on(site)
    for who, kind in (("limin", NotAllowed), ("kangkeqin", NotFound), ("caoying", NotFound)):
        async with site.parts.transactions.begin() as session:
            person = await session.get_one(Person, who)
            with pytest.raises(kind):
                await announcements.approve(session, site.parts.senses.book, person, number, site.parts.now())
    async with site.parts.transactions.begin() as session:
        person = await session.get_one(Person, "wangxing")
        await announcements.approve(session, site.parts.senses.book, person, number, site.parts.now())
    await go_on(site)
    assert [await heard(site, one) for one in people] == [["notice.told"]] * 10
    assert (await how_far(site, number)).delivered == 10


async def test_taken_back_who_has_it_is_told_and_nobody_else_gets_it(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(announcements, "BATCH", 2)
    people, parts = await move_in(site, 3, HERE), site.parts
    number = await written(site)
    async with parts.transactions.begin() as session:
        await announcements.sweep(session, parts.now())  # two of three
    await site.settle()
    async with parts.transactions.begin() as session:
        person = await session.get_one(Person, "wangxing")
        await announcements.withdraw(session, parts.senses.book, person, number, "周五停水", parts.now())
    await go_on(site)
    said = sorted([await heard(site, one) for one in people])
    assert said == [[], ["notice.told", "notice.corrected"], ["notice.told", "notice.corrected"]]
    async with parts.sessions() as session:
        assert (await session.get_one(Announcement, number)).stage is Posting.WITHDRAWN


async def test_what_was_taken_back_before_its_delivery_is_not_said(site: Site) -> None:
    (one,), parts = await move_in(site, 1, HERE), site.parts
    number = await written(site)
    async with parts.transactions.begin() as session:
        await announcements.sweep(session, parts.now())
        person = await session.get_one(Person, "limin")
        await announcements.withdraw(session, parts.senses.book, person, number, "", parts.now())
    await go_on(site)
    assert await heard(site, one) == []


async def test_one_who_cannot_be_told_keeps_it_from_nobody(site: Site) -> None:
    """Told together, and twice: each has one line; who has no talk to be told in is left to be tried alone."""
    *people, lost = await move_in(site, 5, HERE)
    async with site.parts.sessions() as session:
        await session.execute(text("delete from conversations where resident = :r"), {"r": lost})
        await session.commit()
    await written(site)
    async with site.parts.transactions.begin() as session:
        await announcements.sweep(session, site.parts.now())
        numbers = (await session.execute(text("select id from notifications"))).scalars().all()
    for _ in range(2):
        await delivery.deliver_together(site.parts.transactions, numbers, site.parts.now())
    assert [await heard(site, one) for one in people] == [["notice.told"]] * 4
    async with site.parts.sessions() as session:
        waiting = text("select resident from notifications where delivered_at is null and failed_at is null")
        assert (await session.execute(waiting)).scalars().all() == [lost]


@pytest.mark.parametrize(
    ("who", "given"),
    [
        ("limin", {"places": [THERE]}),
        ("limin", {"emergency": True}),
        ("caoying", {}),
        ("wufan", {}),
        ("limin", {"title": " "}),
        ("limin", {"texts": {"en": "only English"}}),
        ("limin", {"texts": {"zh-Hans": "长" * 501}}),
    ],
)
async def test_who_may_not_and_what_is_none(shared_site: Site, who: str, given: dict[str, Any]) -> None:
    words = {"title": "停水", "texts": WATER, "places": [HERE], **given}
    async with shared_site.parts.transactions.begin() as session:
        person = await session.get_one(Person, who)
        with pytest.raises(Refusal):
            announcements.draft(session, shared_site.parts.senses.book, person, Words(**words), shared_site.parts.now())
        session.expunge_all()
