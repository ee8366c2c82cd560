"""What to label next, and a clerk's word: it teaches, and moves no case."""

import random
import time
from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlmodel import select

from cases import corrections, lessons, review
from cases.errors import Missing, NotAllowed, NotFound
from cases.likeness import groups
from cases.review import Recent
from models import Case, Correction, Event, Person, Prediction, Role, Status
from tests.support.rows import add_case
from tests.support.site import Site

STALLS = "城市管理/占道经营"


def case(number: str, text: str, first: float = 0.6, second: float = 0.3, *, settled: bool = False) -> Recent:
    return Recent(number, text, "城市管理", [("城市管理", first), ("生态环境", second)], settled)


def order(cases: Sequence[Recent]) -> list[str]:
    return [one.number for one in review.ordered(cases)]


def test_the_less_sure_comes_first_among_the_equally_common() -> None:
    assert order(
        [
            case("sure", "东门桥头的路灯三天不亮了", 0.98, 0.01),
            case("torn", "老车站广场舞音响震天", 0.35, 0.34),
            case("so-so", "医保报销一直没有到账", 0.6, 0.2),
        ]
    ) == ["torn", "so-so", "sure"]


def test_what_many_say_comes_before_what_one_says() -> None:
    """The kind of case is told by common runs of characters, not by equal texts."""
    streets = [case(f"s{n}", f"{place}的共享单车乱停乱放堵住了盲道") for n, place in enumerate("东南西北中")]
    found = review.ordered([case("alone", "孩子在学校吃坏了肚子"), *streets])
    assert (found[-1].number, found[-1].density) == ("alone", 1)
    assert found[0].number.startswith("s") and found[0].density == 5


def test_of_copies_one_is_shown_and_none_when_one_of_them_is_known() -> None:
    copies = [
        case(f"c{n}", f"楼下烧烤店天天到半夜，油烟直往家里灌，没法开窗{'！' * n}", 0.6 - n / 10) for n in range(3)
    ]
    (one,) = review.ordered(copies)
    assert (one.number, one.copies, one.density) == ("c2", 3, 3), "the least sure of them"
    assert review.ordered([*copies, case("known", copies[0].text, settled=True)]) == []


def test_without_a_second_guess_it_is_as_unsure_as_it_says() -> None:
    (one,) = review.ordered([Recent("n", "油烟", "城市管理", [("城市管理", 0.7)], False)])
    assert (one.second, one.uncertainty) == (None, pytest.approx(0.3))
    assert review.ordered([]) == []


def test_five_thousand_texts_take_seconds_not_minutes() -> None:
    """All pairs would be twelve million; also where every text begins with the same words, or is the same."""
    dice = random.Random(1)
    signs = [chr(0x4E00 + n) for n in range(600)]
    texts = ["尊敬的领导您好，我是小区居民，" + "".join(dice.choices(signs, k=60)) for _ in range(5_000)]
    for some in (texts, texts[:1] * 5_000):
        begun = time.process_time()
        found = groups(some)
        assert time.process_time() - begun < 10  # 1 s on a quiet core
        assert sum(len(group.members) for group in found) == 5_000


async def test_the_queue_leaves_out_what_people_settled(site: Site) -> None:
    now = site.parts.now()
    async with site.parts.transactions.begin() as session:
        for text, word, days in (
            ("路灯不亮了很多天", None, 0), ("广场舞吵得睡不着觉", "公安", 0),
            ("医保没有到账", "doubt", 0), ("井盖丢了", None, 31),
        ):  # fmt: skip
            row = await add_case(session, now - timedelta(days=days))
            row.text, row.category = text, "城市管理"
            said = {
                "model": "m",
                "label": "城市管理",
                "confidence": 0.6,
                "action": "ask",
                "ranking": [["城市管理", 0.6]],
            }
            session.add(Prediction(case_id=row.id, at=now, **said))
            if word:
                given = {"actor": "x", "role": Role.RESIDENT, "why": "chosen", "now": word if word != "doubt" else None}
                session.add(Correction(case_id=row.id, was="城市管理", at=now, **given))
    async with site.parts.sessions() as session:
        cases = await review.recent(session, now)
    assert {one.text for one in review.ordered(cases)} == {"路灯不亮了很多天", "医保没有到账"}


@pytest.mark.parametrize("by", ["chenlu", "jiangyan"])
async def test_a_case_at_work_goes_on_as_it_is_and_teaches_the_clerks_word(site: Site, by: str) -> None:
    site.thinks("城市管理", STALLS)
    number = await (await site.resident("B0103")).file("楼下太吵")
    before = await the_case(site, number)
    await labelled(site, number, "公安/养犬", by)
    assert (await the_case(site, number)).model_dump() == before.model_dump()
    async with site.parts.sessions() as session:
        (row,) = (await session.exec(select(Correction))).all()
        assert (row.was, row.now, row.actor, row.why) == (STALLS, "公安/养犬", by, "review")
        word = (await corrections.last_words(session, [before.id]))[before.id]
        assert word.gold
        assert [(one.label, one.item) for one in await lessons.confirmed(session)] == [("公安", "公安/养犬")]


async def test_before_it_is_handed_out_a_dispatcher_changes_the_category_and_only_that(site: Site) -> None:
    site.thinks("城市管理", action="hold")
    number = await (await site.resident("B0103")).file("楼下太吵")
    before = await the_case(site, number)
    await labelled(site, number, "公安/养犬", "jiangyan")
    assert (await the_case(site, number)).model_dump() == before.model_dump(), "an admin hands nothing out"
    await labelled(site, number, "公安/养犬", "chenlu")
    after = await the_case(site, number)
    changed = {name for name, value in after.model_dump().items() if value != before.model_dump()[name]}
    assert (changed, after.category, after.item, after.status) == (
        {"category", "item", "version", "chain"}, "公安", "公安/养犬", Status.TRIAGE,
    )  # fmt: skip
    async with site.parts.sessions() as session:
        events = (await session.exec(select(Event).where(Event.case_id == after.id).order_by(Event.seq))).all()
    assert [(event.kind, event.public) for event in events][-1] == ("relabel", False)
    page = await (await site.staff("chenlu")).case(number)
    assert page["timeline"][-1]["kind_text"] == "陈璐复核后改了分类"


async def test_saying_the_same_confirms(site: Site) -> None:
    site.thinks("城市管理", STALLS)
    number = await (await site.resident("B0103")).file("楼下摊贩占了人行道")
    await labelled(site, number, STALLS, "chenlu")
    async with site.parts.sessions() as session:
        (row,) = (await session.exec(select(Correction))).all()
    assert (row.was, row.now) == (STALLS, STALLS)


async def test_who_may_say_what(site: Site) -> None:
    number = await (await site.resident("B0103")).file("楼下摊贩占了人行道")
    with pytest.raises(NotAllowed, match=r"review\.clerks_only"):
        await labelled(site, number, STALLS, "limin")
    with pytest.raises(NotFound, match=r"case\.not_found"):
        await labelled(site, "261118-9999", STALLS, "chenlu")
    with pytest.raises(Missing, match=r"step\.unknown_category"):
        await labelled(site, number, "没有这一类", "chenlu")


async def labelled(site: Site, number: str, code: str, by: str) -> None:
    async with site.parts.transactions.begin() as session:
        person = await session.get_one(Person, by)
        await review.label(session, site.parts.senses.book, number, code, person, site.parts.now())


async def the_case(site: Site, number: str) -> Case:
    await site.settle()
    async with site.parts.sessions() as session:
        return (await session.exec(select(Case).where(Case.number == number))).one()
