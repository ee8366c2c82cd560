"""A complaint about our own (C7) in the database: who sees it, who may act, whom it can be handed to."""

from collections.abc import Sequence

import pytest
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.database import Sessions
from cases import access, accused, dispatch, handling, triage, whistle
from cases.book import Book, read_book
from cases.errors import Missing
from models import Case, Person, Role
from tests.routing.test_rules import NOON
from tests.support.rows import add_case

GRID = "CX-DG-01-03"


async def filed(session: AsyncSession, book: Book, text: str, category: str = "生态环境", *, sure: bool = True) -> Case:
    case = await add_case(session, NOON)
    case.text, case.category, case.grid = text, category, GRID
    await triage.sort(session, book, case, NOON, sure=sure)
    return case


async def who_sees(session: AsyncSession, book: Book, case: Case) -> set[str]:
    """By the query and for the case in hand: the same people."""
    people: Sequence[Person] = (await session.exec(select(Person).where(col(Person.active)))).all()
    found = set[str]()
    for person in people:
        asked = select(Case.id).where(Case.id == case.id, access.sees(person))
        by_query = (await session.exec(asked)).first() is not None
        assert by_query is access.may_see(book, person, case), person.code
        found |= {person.code} if by_query else set()
    return found


async def test_it_is_hidden_from_whom_it_is_about_and_from_nobody_else(town: Sessions) -> None:
    async with town() as session:
        book = await read_book(session)
        everybody = await who_sees(session, book, await filed(session, book, "楼下油烟太大"))
        assert {"limin", "wangxing", "hezhiqiang"} <= everybody

        about_worker = await filed(session, book, "网格员态度很差，推诿")
        seen = await who_sees(session, book, about_worker)
        of_unit = {one.code for one in book.staff["DG-01"]}
        assert not seen & of_unit and "hezhiqiang" in seen

        about_desk = await filed(session, book, "社会治理中心不作为", "社区事务")
        seen = await who_sees(session, book, about_desk)
        dispatchers = set(book.of_role(Role.DISPATCHER))
        assert dispatchers <= seen, "somebody has to decide"
        assert not seen & {"lvkai", "sunruolan"}

        about_dispatcher = await filed(session, book, "分拨台的陈璐态度很差，骂人", "社区事务")
        assert accused.about(about_dispatcher) == {"chenlu", "ZLZX"}
        assert dispatchers - await who_sees(session, book, about_dispatcher) == {"chenlu"}


async def test_their_manager_knows_of_it_and_does_nothing_in_it(town: Sessions) -> None:
    async with town() as session:
        book = await read_book(session)
        case = await filed(session, book, "社区书记吃拿卡要")
        assert accused.about(case) == {"wangxing", "DG-01"}
        assert case.facts["refused_units"] == ["DG"], "led by the manager"
        assert case.unit not in ("DG", "DG-01", None)
        manager = await session.get_one(Person, "hezhiqiang")
        assert access.may_see(book, manager, case)
        assert access.steps_for(book, manager, case, NOON) == []
        assert not {"wangxing", "hezhiqiang"} & {*dispatch.all_above(book, case, case.assignee)}


async def test_nobody_can_hand_it_to_them(town: Sessions) -> None:
    async with town() as session:
        book = await read_book(session)
        case = await filed(session, book, "网格员态度很差，推诿")
        held = await filed(session, book, "网格员骂人", sure=False)
        desk = await session.get_one(Person, "chenlu")
        for unit, person in (("DG-01", None), ("DG-01", "wangxing")):
            with pytest.raises(Missing, match=r"step\.about_them"):
                await handling.assign(session, book, held, desk, NOON, unit=unit, assignee=person)
        assert case.assignee is not None
        handler = await session.get_one(Person, case.assignee)
        await handling.sign(session, book, case, handler, NOON)
        with pytest.raises(Missing, match=r"whistle\.nobody"):
            await whistle.whistle(session, book, case, handler, {"DG-01": ""}, "请到场", NOON)


async def test_a_unit_it_is_about_does_not_even_help(town: Sessions) -> None:
    async with town() as session:
        book = await read_book(session)
        case = await add_case(session, NOON)
        case.text, case.category, case.grid, case.danger = (
            "着火了，派出所民警不作为；公安局推诿",
            "应急消防",
            GRID,
            "fire",
        )
        await triage.sort(session, book, case, NOON, sure=True)
        assert "GAJ" in accused.about(case)
        assert case.rule == "R-DANGER-FIRE" and case.co_units == ["YJJ"]
