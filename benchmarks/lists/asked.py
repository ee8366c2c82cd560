"""What people ask for, by whom, and through which door: every list, and how long it may take."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial

from sqlmodel import col, select

from app.database import Sessions
from benchmarks.lists.clocked import LIMIT, WAITING, Shows
from benchmarks.lists.rows import NOW, RARE
from cases import in_hand, listing, queries, search
from cases.book import Book
from cases.search import Search
from models import Person

PEOPLE = ("xiayonggang", "chenlu", "guwenbo", "jiangyan", "caoying", "wufan", "dongchunsheng", "hezhiqiang", "wangxing")
HANDLING = ("xiayonggang", "wufan", "wangxing", "hezhiqiang")  # a grid worker among them
OWN = {
    "open": Search(),
    "all": Search(status="all"),
    "word": Search(status="all", words=["停车"]),
    "common word": Search(status="all", words=["希望"]),
    "place in words": Search(status="all", place="丹桂苑"),
}


def searches() -> Mapping[str, Search]:
    """What people ask for: each filter alone, and what goes together."""
    plain, all_ = Search(), Search(status="all")
    day = timedelta(days=1)
    return {
        "open, by due": plain,
        "open, by urgency": Search(sort="urgent"),
        "open, newest": Search(sort="submitted"),
        "all": all_,
        "late": Search(status="late"),
        "done": Search(status="done"),
        **{f"status {name}": Search(status=name) for name in ("triage", "waiting", "resolved", "rejected", "closed")},
        "number 26": replace(all_, number="26"),
        "number 261103": replace(all_, number="261103"),
        "number, whole": replace(all_, number="261103-98"),
        "rare word": replace(all_, words=[RARE]),
        "common word": replace(all_, words=["希望"]),
        "usual word": replace(all_, words=["停车"]),
        "two words": replace(all_, words=["停车", "物业"]),
        "long phrase": replace(all_, words=["打过电话没人管"]),
        "no such word": replace(all_, words=["鸵鸟养殖"]),
        "common word, open": Search(words=["希望"]),
        "usual word, open": Search(words=["停车"]),
        "usual word, unit": replace(all_, words=["停车"], unit="HBJ"),
        "usual word, dates": replace(all_, words=["停车"], since=NOW - 400 * day, until=NOW - 370 * day),
        "unit": replace(all_, unit="CGJ"),
        "unit, open": Search(unit="CGJ"),
        "unit, late": Search(unit="CGJ", status="late"),
        "seldom unit, closed late": Search(status="done", unit="HBJ", overdue=True),
        "category": replace(all_, category="生态环境"),
        "item, open": Search(category="生态环境/餐饮油烟"),
        "item": replace(all_, category="生态环境/餐饮油烟"),
        "street": replace(all_, place="CX-DG"),
        "street, open": Search(place="CX-DG"),
        "building": replace(all_, place="B0103"),
        "place in words": replace(all_, place="丹桂苑"),
        "kind question": replace(all_, kind="question"),
        "danger": replace(all_, danger=True),
        "danger, open": Search(danger=True, sort="urgent"),
        "closed late": Search(status="done", overdue=True),
        "due by today": Search(due_by=NOW + day),
        "a month": replace(all_, since=NOW - 400 * day, until=NOW - 370 * day),
        "a month, unit": replace(all_, unit="CGJ", since=NOW - 400 * day, until=NOW - 370 * day),
        "assignee": replace(all_, assignee="wufan"),
        "filed by me": replace(all_, filed=True),
        "open order": replace(all_, ordered=True),
        **{f"together {name}": replace(all_, together=name) for name in search.TOGETHER},
        "hot issue": replace(all_, hot=1),
        "hot issue, open": Search(hot=1),
        "usual word, kind": replace(all_, words=["停车"], kind="question"),
        "usual word, danger": replace(all_, words=["停车"], danger=True),
        "usual word, place in words": replace(all_, words=["停车"], place="丹桂苑"),
        "common word, danger": replace(all_, words=["希望"], danger=True),
        "common word, closed late": Search(status="done", words=["希望"], overdue=True),
        "common word, seldom unit": replace(all_, words=["希望"], unit="SWJ"),
        "word of places": replace(all_, words=["附近"]),
        "place in words, open": Search(place="丹桂苑"),
        "place in words, seldom unit": replace(all_, place="丹桂苑", unit="SWJ"),
        "telephone": replace(all_, contact="hash99999"),
    }


async def lists(made: Sessions, book: Book) -> Mapping[str, tuple[Shows, float]]:
    """Every list by its name, with its door and its limit."""
    async with made() as session:
        chosen = (await session.exec(select(Person).where(col(Person.code).in_(PEOPLE)))).all()
    people = {person.code: person for person in chosen}
    tries = [(name, people["chenlu"], one) for name, one in searches().items()]
    for name in ("guwenbo", "jiangyan", "caoying"):
        tries.append((f"{people[name].role}: open", people[name], Search()))
    for name in ("wufan", "dongchunsheng", "hezhiqiang", "wangxing"):
        person = people[name]
        tries += [(f"{person.role} {person.unit}: {which}", person, one) for which, one in OWN.items()]
    shows = {name: (partial(shown, made, book, person, one), LIMIT) for name, person, one in tries}
    return shows | {f"waiting for {code}": (partial(waiting, made, people[code]), WAITING) for code in HANDLING}


async def shown(made: Sessions, book: Book, person: Person, asked: Search, after: str) -> tuple[int, str]:
    """What the page's door does."""
    async with made() as session:
        ready = await search.ready(session, book, person, asked, NOW)
        _, more = await listing.page(session, ready, after)
        return await listing.count(session, ready), more


async def waiting(made: Sessions, person: Person, _: str) -> tuple[int, str]:
    """The staff page's door: what waits for somebody, with the numbers on its tabs."""
    async with made() as session:
        beside = await in_hand.beside(session, person)
        rows = await in_hand.tasks(session, person, "mine", beside)
        await in_hand.counts(session, person, beside)
        await queries.people(session, {case.assignee or "" for case, _ in rows})
        return len(rows), ""
