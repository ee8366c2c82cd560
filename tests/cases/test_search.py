"""Looking for cases: every filter finds what it should and nothing else, page after page, and only one's own."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from app.database import Sessions
from cases import access, listing, sealed, search, views, word_index
from cases.book import Book, read_book
from cases.errors import Missing, NotFound
from cases.intake import Complaint, file
from cases.keys import Keys
from cases.search import Search
from models import Case, Person, Resident, SavedView, Status
from tests.support.histories import Life, known

NOW = datetime(2026, 11, 19, 2, tzinfo=UTC)
KEYS = Keys("for tests only: 0123456789abcdef")
ALL = Search(status="all")

TOLD: dict[str, dict[str, Any]] = {
    "smoke": {"text": "楼下烧烤店油烟往家里灌", "category": "生态环境", "item": "生态环境/餐饮油烟", "place": "B0103"},
    "grill": {"text": "店里烧烤，烤店招牌也歪了", "category": "城市管理", "grid": "CX-DG-02-01"},
    "noise": {"text": "Construction NOISE all night, 50% louder", "category": "城市管理", "place_text": "老槐树那边"},
    "gas": {"text": "楼道里一股煤气味", "category": "公用事业", "item": "公用事业/供气", "danger": "gas"},
    "ask": {"text": "新生儿医保怎么办理", "facts": {"kind": "question"}},
}


@pytest.fixture
async def session(town: Sessions) -> AsyncIterator[AsyncSession]:
    async with town() as session:
        yield session


@pytest.fixture
async def book(session: AsyncSession) -> Book:
    return await read_book(session)


@pytest.fixture
async def numbers(session: AsyncSession, book: Book) -> dict[str, str]:
    """Each of TOLD a day after the one before, by a resident of its own; name → number."""
    found = {}
    for n, (name, told) in enumerate(TOLD.items()):
        grid = {"grid": book.places[told["place"]].grid} if "place" in told else {}
        when = NOW - timedelta(days=len(TOLD) - n)
        found[name] = (await file(session, book, KEYS, await met(session), Complaint(**told, **grid), when)).case.number
    return found


async def met(session: AsyncSession, **more: Any) -> Resident:
    row = Resident(id=uuid4(), channel="webchat", address=uuid4().hex, created_at=NOW, **more)
    session.add(row)
    await session.flush()
    return row


async def who(session: AsyncSession, code: str = "chenlu") -> Person:
    return await session.get_one(Person, code)


async def found(session: AsyncSession, book: Book, asked: Search, person: str = "chenlu") -> list[str]:
    """Numbers, every page one after the other; and they are as many as was counted."""
    ready = await search.ready(session, book, await who(session, person), asked, NOW)
    cases, after = await listing.page(session, ready)
    rows = list(cases)
    while after:
        cases, after = await listing.page(session, ready, after)
        rows += cases
    assert await listing.count(session, ready) == min(len(rows), listing.COUNTED + 1)
    return [case.number for case in rows]


FILTERS: Sequence[tuple[dict[str, Any], Sequence[str]]] = (
    ({"words": ["烧烤店"]}, ["smoke"]),  # grill has both pairs of it, and not the word
    ({"words": ["烧烤"]}, ["grill", "smoke"]),
    ({"words": ["油烟", "家里"]}, ["smoke"]),
    ({"words": ["noise"]}, ["noise"]),
    ({"words": ["50%"]}, ["noise"]),
    ({"words": ["5_%"]}, []),
    ({"place": "CX-DG-01"}, ["smoke"]),
    ({"place": "CX-DG"}, ["grill", "smoke"]),
    ({"place": "B0103"}, ["smoke"]),
    ({"place": "丹桂苑"}, ["smoke"]),
    ({"place": "老槐树"}, ["noise"]),
    ({"place": "没有这里"}, []),
    ({"category": "城市管理"}, ["noise", "grill"]),
    ({"category": "公用事业/供气"}, ["gas"]),
    ({"kind": "question"}, ["ask"]),
    ({"danger": True}, ["gas"]),
    ({"unit": "RANQI"}, ["gas"]),
    ({"unit": "' OR 1=1 --"}, []),
    ({"since": NOW - timedelta(days=3)}, ["ask", "gas", "noise"]),
    ({"until": NOW - timedelta(days=3)}, ["grill", "smoke"]),
    ({"assignee": "nobody"}, []),
    ({"filed": True}, []),
    ({"status": "done"}, []),
)


async def test_a_filter_finds_what_it_says(session: AsyncSession, book: Book, numbers: dict[str, str]) -> None:
    for asked, names in FILTERS:
        got = await found(session, book, replace(ALL, sort="submitted", **asked))
        assert got == [numbers[name] for name in names], asked


async def test_a_very_common_word_is_found_another_way(
    session: AsyncSession, book: Book, numbers: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same answers where too many cases hold a word to be named one by one."""
    monkeypatch.setattr(word_index, "FEW", 0)
    for word, names in (("烧烤店", ["smoke"]), ("烧烤", ["grill", "smoke"]), ("noise", ["noise"])):
        asked = replace(ALL, words=[word])
        assert await found(session, book, asked) == [numbers[name] for name in names]
    assert await found(session, book, replace(ALL, place="老槐树")) == [numbers["noise"]]


async def test_part_of_a_number_is_enough(session: AsyncSession, book: Book, numbers: dict[str, str]) -> None:
    whole = numbers["gas"]
    day, counter = whole.split("-")
    for typed in (whole, whole.replace("-", ""), day, whole[:9], f"{day[2:]}-{counter}"):
        assert await found(session, book, replace(ALL, number=typed)) == [whole], typed


async def test_pages_hold_every_case_once_in_order(session: AsyncSession, book: Book) -> None:
    """Very many with one deadline, none, and the same moment: nothing is left out between pages."""
    resident = await met(session)
    for n in range(130):
        key = uuid4()
        due = None if n % 7 == 0 else NOW + timedelta(hours=n // 30)
        session.add(
            Case(
                id=key, number=f"t{n:03}", code_hash=key.hex, resident=resident.id, status=Status.ACCEPTED, text="吵",
                submitted_at=NOW - timedelta(minutes=n // 50), due_at=due, danger="gas" if n % 11 == 0 else None,
            )
        )  # fmt: skip
    await session.flush()
    for sort in ("due", "urgent", "submitted"):
        numbers = await found(session, book, Search(sort=sort))
        assert len(numbers) == len(set(numbers)) == 130, sort
    urgent = (await found(session, book, Search(sort="urgent")))[:12]
    assert {int(number[1:]) % 11 for number in urgent} == {0}
    ready = await search.ready(session, book, await who(session), Search(), NOW)
    for forged in ("x", "2026-11-19~x", "~~", "1~2026-11-19T00:00:00+00:00~" + str(uuid4())):
        with pytest.raises(NotFound):
            await listing.page(session, ready, forged)


async def test_everybody_finds_exactly_what_they_may_see(session: AsyncSession, book: Book) -> None:
    """Each reason to see a case is asked by itself; together they are what `access.sees` says, for every role."""
    _, people = await known(session)
    life = Life(session, book, people, 7, NOW - timedelta(days=4))
    await life.until(NOW)
    some = ("wufan", "wangxing", "hezhiqiang", "dongchunsheng", "limin", "guwenbo", "caoying", "qianjianguo")
    await session.exec(
        update(Case).where(col(Case.number).like("%5")).values(facts={"accused": ["guwenbo", "DG-01", "CGJ"]})
    )
    for code in some:
        chosen = select(Case.number).where(access.sees(people[code]))
        expected = set((await session.exec(chosen)).all())
        assert set(await found(session, book, ALL, code)) == expected, code
        assert set(await found(session, book, replace(ALL, words=["太吵"]), code)) == expected, code


async def test_a_telephone_finds_whose_it_is(session: AsyncSession, book: Book) -> None:
    one, other, shy = [await met(session) for _ in range(3)]
    for resident, phone in ((one, "13800001234"), (other, "+86 139-0000-1234"), (shy, "13800001234")):
        sealed.keep(KEYS, resident, phone)
    numbers = [(await file(session, book, KEYS, who, Complaint("楼下太吵"), NOW)).case.number for who in (one, other)]
    await file(session, book, KEYS, shy, Complaint("楼下太吵", anonymous=True), NOW)
    for phone, expected in (("13800001234", numbers[:1]), ("139 0000 1234", numbers[1:]), ("13700001234", [])):
        assert await found(session, book, replace(ALL, contact=KEYS.contact_hash(phone))) == expected


async def test_words_follow_the_text_whoever_writes_it(session: AsyncSession, book: Book) -> None:
    resident = await met(session)
    case = (await file(session, book, KEYS, resident, Complaint("楼下太吵"), NOW)).case
    await session.execute(text("UPDATE cases SET text = '路灯不亮' WHERE number = :one"), {"one": case.number})
    assert await found(session, book, replace(ALL, words=["太吵"])) == []
    assert await found(session, book, replace(ALL, words=["路灯"])) == [case.number]


async def test_saved_views_are_ones_own(session: AsyncSession) -> None:
    mine, other = await who(session), await who(session, "wufan")
    for query in ("status=late", "status=triage"):
        await views.save(session, mine, "cases", "每天看", query, NOW)
    assert [(one.name, one.query) for one in await views.of(session, mine, "cases")] == [("每天看", "status=triage")]
    id_ = (await session.exec(select(SavedView.id))).one()
    assert await views.of(session, other, "cases") == []
    with pytest.raises(NotFound):
        await views.remove(session, other, "cases", id_ or 0)
    for n in range(views.MOST - 1):
        await views.save(session, mine, "cases", f"v{n}", "status=late", NOW)
    with pytest.raises(Missing):
        await views.save(session, mine, "cases", "one more", "status=late", NOW)
    await views.remove(session, mine, "cases", id_ or 0)
    assert len(await views.of(session, mine, "cases")) == views.MOST - 1


async def test_what_is_marked_follows_the_case_too(session: AsyncSession, book: Book) -> None:
    """Place, kind and month are marks: of what is corrected later the old ones must not lead anywhere."""
    resident = await met(session)
    told = Complaint("楼下太吵", place="B0103", grid="CX-DG-01-03", facts={"kind": "complaint"})
    case = (await file(session, book, KEYS, resident, told, NOW)).case
    long_ago = NOW - timedelta(days=400)
    moved = """UPDATE cases SET place = 'B0101', facts = '{"kind": "help"}', submitted_at = :at WHERE number = :one"""
    await session.execute(text(moved), {"at": long_ago, "one": case.number})
    whole = {"since": long_ago - timedelta(days=1), "until": long_ago + timedelta(days=1)}
    assert await found(session, book, replace(ALL, words=["太吵"], kind="help", **whole)) == [case.number]
    assert await found(session, book, replace(ALL, words=["太吵"], kind="complaint")) == []
    leader = "wangxing"  # of the community: the index is asked for those too, beside what is theirs to see
    assert await found(session, book, replace(ALL, place="B0101"), leader) == [case.number]
    assert await found(session, book, replace(ALL, place="B0103"), leader) == []


async def test_common_words_are_paged_through_the_months_and_counted_honestly(
    session: AsyncSession, book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Months with none, some and very many, the same moment often: each once, the newest first, as without an index."""
    monkeypatch.setattr(word_index, "FEW", 10)
    resident = await met(session)
    for n in range(160):
        key, months = uuid4(), (0, 0, 0, 1, 3, 14, 14, 40)[n % 8]
        unit, told = ("CGJ", "楼下太吵") if n % 3 else ("HBJ", "楼下很臭")
        session.add(
            Case(
                id=key, number=f"t{n:03}", code_hash=key.hex, resident=resident.id, status=Status.CLOSED, text=told,
                unit=unit, submitted_at=NOW - timedelta(days=30 * months, minutes=n // 60), facts={"kind": "complaint"},
                place_text="老槐树" if n % 2 else "", overdue=n % 5 == 0,
            )
        )  # fmt: skip
    await session.flush()
    newest = select(Case).order_by(col(Case.submitted_at).desc(), col(Case.id).desc())
    whole = (await session.exec(newest)).all()
    there: Callable[[Case], bool] = lambda one: bool(one.place_text)  # noqa: E731
    day = NOW - timedelta(days=100)
    asked: dict[str, tuple[dict[str, Any], Callable[[Case], bool]]] = {
        "a word": ({"words": ["太吵"]}, lambda one: "太吵" in one.text),
        "a word of the place": ({"words": ["老槐树"]}, there),
        "two": ({"words": ["老槐", "很臭"]}, lambda one: there(one) and "很臭" in one.text),
        "filters": ({"words": ["楼下"], "unit": "HBJ", "overdue": True}, lambda one: one.unit == "HBJ" and one.overdue),
        "a place": ({"place": "老槐树", "kind": "complaint"}, there),
        "a place and a word": ({"place": "老槐树", "words": ["太吵"]}, lambda one: there(one) and one.unit == "CGJ"),
        "after a day": ({"words": ["楼下"], "since": day}, lambda one: one.submitted_at > day),
    }
    for name, (filters, holds) in asked.items():
        expected = [one.number for one in whole if holds(one)]
        assert expected and await found(session, book, replace(ALL, **filters)) == expected, name
    ready = await search.ready(session, book, await who(session), replace(ALL, words=["楼下"]), NOW)
    for counted, told in ((100, 101), (159, 160), (160, 160), (161, 160)):  # more than 100, more than 159, exactly 160
        monkeypatch.setattr(listing, "COUNTED", counted)
        assert await listing.count(session, ready) == told, counted
