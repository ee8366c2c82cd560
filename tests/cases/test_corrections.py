"""What the model said and what people said of it: a row each, however a case was filed, with who and why."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlmodel import col, select

from cases import corrections, lessons
from cases.corrections import Labelled
from cases.intake import Guess
from models import Case, Correction, Outcome, Prediction, Role, Status
from tests.support.people import Resident
from tests.support.site import Site

STALLS = "城市管理/占道经营"
RANKING = [("城市管理", 0.6), ("生态环境", 0.3), ("公安", 0.1)]


def thinks(site: Site, action: str) -> None:
    """Of every text the same, and how new it is by its length, so that a row tells which text it is about."""
    site.parts.senses.classify = lambda text: Guess(
        "城市管理", 0.6, RANKING, STALLS, action, "test", {"城市管理": STALLS}, len(text) / 100
    )


async def submitted(resident: Resident) -> str:
    await resident.press("submit")
    number: str = resident.said[-1]["case"]["number"]
    return number


async def told(resident: Resident, text: str = "楼下太吵了") -> str:
    await resident.say(text)
    return await submitted(resident)


async def chosen(resident: Resident) -> str:
    await resident.say("楼下太吵了")
    await resident.press("choose_category", "生态环境")
    return await submitted(resident)


async def chosen_then_more(resident: Resident) -> str:
    await resident.say("楼下太吵了")
    await resident.press("choose_category", "生态环境")
    await resident.say("天天都这样")
    return await submitted(resident)


async def left_to_a_person(resident: Resident) -> str:
    await resident.say("楼下太吵了")
    await resident.press("none")
    return await submitted(resident)


async def in_danger(resident: Resident) -> str:
    return await resident.file("楼道里着火了快来人")


@pytest.mark.parametrize(
    ("action", "file", "length"),
    [
        ("route", told, 5), ("hold", told, 5), ("ask", chosen, 5), ("ask", chosen_then_more, 11),
        ("ask", left_to_a_person, 5), ("ask", in_danger, 9), ("hold", in_danger, 9),
    ],
)  # fmt: skip
async def test_however_it_was_filed_the_prediction_is_a_row_about_all_that_was_told(
    site: Site, action: str, file: Callable[[Resident], Awaitable[str]], length: int
) -> None:
    thinks(site, action)
    number = await file(await site.resident("B0103"))
    row = await prediction(site, number)
    said = (row.model, row.label, row.item, row.confidence, row.action, row.novelty)
    assert said == ("test", "城市管理", STALLS, 0.6, action, length / 100)
    assert row.ranking == [list(pair) for pair in RANKING]


async def test_without_a_model_nothing_was_predicted(site: Site) -> None:
    site.parts.senses.classify = lambda _: None
    await told(await site.resident("B0103"))
    async with site.parts.sessions() as session:
        assert (await session.exec(select(Prediction))).all() == []


@pytest.mark.parametrize(
    ("press", "row"),
    [
        ("生态环境", (STALLS, "生态环境", "resident", "resident", "chosen")),
        ("占道经营、流动摊贩", (STALLS, STALLS, "resident", "resident", "chosen")),
    ],
)
async def test_what_the_resident_picks_corrects_or_confirms(site: Site, press: str, row: tuple[str, ...]) -> None:
    thinks(site, "ask")
    resident = await site.resident("B0103")
    await resident.say("楼下太吵了")
    await resident.press("choose_category", press)
    await submitted(resident)
    assert await all_said(site) == [row]


async def test_naming_only_the_department_says_nothing_against_the_item(site: Site) -> None:
    thinks(site, "route")
    resident = await site.resident("B0103")
    await resident.say("楼下太吵了")
    for _ in range(2):  # other suggestions, then every department
        await resident.press("category")
    await resident.press("choose_category", "城市管理")
    await submitted(resident)
    assert await all_said(site) == [("城市管理", "城市管理", "resident", "resident", "chosen")]


async def test_a_dispatcher_who_keeps_a_doubted_label_says_so(site: Site) -> None:
    """Returned as not theirs until a person decides, who leaves the label as it is: that is a word, and the last."""
    thinks(site, "route")
    number = await told(await site.resident("B0103"))
    for _ in range(3):
        await site.settle()
        holder = await site.staff(str((await the_case(site, number)).assignee))
        await holder.step(number, "return", reason="not_my_unit", text="不归我管")
        if (await the_case(site, number)).status in (Status.ARBITRATION, Status.TRIAGE):
            break
    dispatcher = await site.staff("chenlu")
    await dispatcher.step(number, "assign", unit="CGJ", text="占道经营归城市管理局")
    *doubts, kept = await all_said(site)
    assert {(row[0], row[1], row[4]) for row in doubts} == {(STALLS, None, "return")}
    assert kept == (STALLS, STALLS, "chenlu", "dispatcher", "assign")
    case = await the_case(site, number)
    async with site.parts.sessions() as session:
        word = (await corrections.last_words(session, [case.id]))[case.id]
    assert (word.label, word.gold) == (Labelled("城市管理", STALLS), True)


async def test_a_held_case_that_gets_no_label_says_nothing(site: Site) -> None:
    thinks(site, "hold")
    number = await told(await site.resident("B0103"))
    await (await site.staff("chenlu")).step(number, "assign", unit="CGJ")
    assert await all_said(site) == []


async def test_the_last_word_counts_and_a_review_teaches_without_an_outcome(site: Site) -> None:
    thinks(site, "route")
    numbers = list[str]()
    for building in ("B0103", "B0206", "B0304", "B0506"):
        numbers.append(await told(await site.resident(building), f"油烟太大{len(numbers)}"))
    reviewed, doubted_since, archived, merely_routed = [await the_case(site, number) for number in numbers]
    async with site.parts.sessions() as session:
        for case in (reviewed, doubted_since):
            session.add(word(case, "公安", Role.ADMIN, "review"))
        await session.flush()
        session.add(word(doubted_since, None, Role.CLERK, "return"))
        session.add(word(archived, STALLS, Role.DISPATCHER, "assign"))
        row = await session.get_one(Case, archived.id)
        row.status, row.outcome = Status.CLOSED, Outcome.SOLVED
        await session.commit()
        taught = {one.case: (one.label, one.item) for one in await lessons.confirmed(session)}
        assert taught == {reviewed.id: ("公安", ""), archived.id: ("城市管理", STALLS)}
        again = await lessons.of(session, [str(reviewed.id), str(merely_routed.id)])
        assert {one.case: one.label for one in again} == {reviewed.id: "公安", merely_routed.id: "城市管理"}


def word(case: Case, now: str | None, role: Role, why: str) -> Correction:
    return Correction(case_id=case.id, was=STALLS, now=now, actor="chenlu", role=role, why=why, at=case.submitted_at)


async def prediction(site: Site, number: str) -> Prediction:
    async with site.parts.sessions() as session:
        return await session.get_one(Prediction, (await the_case(site, number)).id)


async def the_case(site: Site, number: str) -> Case:
    async with site.parts.sessions() as session:
        return (await session.exec(select(Case).where(Case.number == number))).one()


async def all_said(site: Site) -> list[tuple[Any, ...]]:
    """All rows about labels, in their order."""
    async with site.parts.sessions() as session:
        rows = (await session.exec(select(Correction).order_by(col(Correction.id)))).all()
    return [(row.was, row.now, row.actor, str(row.role), row.why) for row in rows]
