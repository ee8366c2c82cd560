"""A town with weeks of cases behind it, put in as rows: for pictures and benchmarks of what adds them up.

`await fill(session, book, now, cases=2000)`. Every case has the events the core would have written, at likely times;
what comes of them by rules and clocks is tested elsewhere, on histories made by the core's own doors.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlmodel.ext.asyncio.session import AsyncSession

from cases.book import Book
from models import Case, ClockAct, Event, HotCase, HotIssue, Place, Rating, Resident, Role, Status, Timer
from models.town import STREET
from routing.places import ROAD

SAID = (
    ("城市管理", "CGJ", "夜市摊位占道，晚上出不了小区门"), ("城市管理", "-CG", "楼下烧烤店油烟太大"),
    ("生态环境", "HBJ", "工地半夜还在施工，吵得睡不着"), ("公用事业", "SHUI", "三楼以上又停水了"),
    ("住房建设", "ZJJ", "物业收了费不修电梯"), ("公安", "-PCS", "楼上天天打架，怕出事"),
    ("交通管理", "JJDD", "校门口乱停车，孩子过不了马路"), ("社区事务", "-", "楼道堆满杂物，没人清理"),
    ("教育", "JYJ", "课后托管费怎么收的"), ("医疗保障", "YBJ", "异地看病怎么报销"),
    ("市场监管", "SCJ", "超市卖过期牛奶"), ("应急消防", "XFDD", "消防通道被堵死了"),
)  # fmt: skip
HEAVY = (12, 10, 9, 8, 8, 5, 7, 9, 4, 4, 4, 3)
HOT = (
    "混凝土厂夜里生产，灰尘和噪音太大",
    "小区电梯三天两头停，老人下不了楼",
    "校门口晚上堵成一片",
    "自来水发黄，不敢喝",
)
BATCH = 2000
_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


class Busy:
    """Draws cases and their events up to `now`; the later, the fewer of them are finished."""

    def __init__(self, book: Book, now: datetime, seed: int) -> None:
        self.book, self.now, self.draw = book, now, Random(seed)
        self.places = sorted((one for one in book.places.values() if one.kind != ROAD), key=lambda one: one.code)
        self.weights = [self.draw.gammavariate(0.5, 1.0) for _ in self.places]
        self.events: list[dict[str, Any]] = []
        self.timers: list[dict[str, Any]] = []
        self.ratings: list[dict[str, Any]] = []

    def case(self, n: int, resident: UUID, at: datetime) -> dict[str, Any]:
        draw = self.draw
        (place,) = draw.choices(self.places, self.weights)
        (said,) = draw.choices(SAID, HEAVY)
        category, unit, words = said
        unit = self._unit(unit, place)
        person = draw.choice(self.book.staff.get(unit) or self.book.staff[self.book.town.desk]).code
        known = draw.random() < 0.93
        case = {
            "id": UUID(int=draw.getrandbits(128)), "number": f"{at:%y%m%d}-{n:06}",
            "code_hash": f"{draw.getrandbits(128):x}",
            "resident": resident, "text": words, "category": category, "unit": unit, "assignee": person,
            "place": place.code if known else None, "grid": place.grid if known else None,
            "submitted_at": at, "sign_due_at": at + 2 * _HOUR, "contact_due_at": at + _DAY, "due_at": at + 3 * _DAY,
            "status": Status.SUBMITTED, "signed_at": None, "contacted_at": None, "resolved_at": None, "closed_at": None,
            "overdue": False, "facts": {},
        }  # fmt: skip
        for seq, (kind, when, status, changes) in enumerate(self._story(at), 1):
            if when > self.now:
                break
            case |= {"status": status, "version": seq, **changes}
            self._event(case, seq, kind, when, status)
        self._run(case)
        return case

    def _unit(self, unit: str, place: Place) -> str:
        """`-` stands for the community's or the street's own."""
        path = self.book.path(place.grid)
        if not unit.startswith("-"):
            return unit
        own = path[STREET].removeprefix(f"{path[0]}-")
        code = path[STREET + 1].removeprefix(f"{path[0]}-") if unit == "-" else own + unit
        return code if code in self.book.staff else own

    def _story(self, at: datetime) -> Iterator[tuple[str, datetime, Status, dict[str, Any]]]:
        draw = self.draw
        yield "submit", at, Status.SUBMITTED, {}
        yield "route", at + _MINUTE, Status.DISPATCHED, {}
        signed = at + draw.expovariate(1 / 70) * _MINUTE + 2 * _MINUTE
        if signed > at + 2 * _HOUR:
            yield "sign_overdue", at + 2 * _HOUR, Status.DISPATCHED, {}
        yield "sign", signed, Status.ACCEPTED, {"signed_at": signed}
        contact = signed + draw.expovariate(1 / 9) * _HOUR
        if contact > at + _DAY:
            yield "contact_overdue", at + _DAY, Status.ACCEPTED, {}
        yield "contact", contact, Status.ACCEPTED, {"contacted_at": contact}
        answer = contact + draw.expovariate(1 / 1.3) * _DAY
        if answer > at + 3 * _DAY:
            yield "overdue", at + 3 * _DAY, Status.ACCEPTED, {"overdue": True}
        yield "reply", answer, Status.REPLIED, {}
        yield "approve", answer + 3 * _HOUR, Status.RESOLVED, {"resolved_at": answer + 3 * _HOUR}
        if draw.random() < 0.6:
            yield "rate", answer + 9 * _HOUR, Status.CLOSED, {"closed_at": answer + 9 * _HOUR}

    def _event(self, case: dict[str, Any], seq: int, kind: str, at: datetime, status: Status) -> None:
        told, draw = {}, self.draw
        if kind == "rate":
            told = {
                "contacted": True,
                "solved": draw.choice(["yes"] * 7 + ["partly", "no"]),
                "satisfied": draw.choice(["yes"] * 6 + ["so_so", "no"]),
            }
            self.ratings.append({"case_id": case["id"], "round": 1, "at": at, **told})
        names = ("grid", "category", "sign_due_at", "contact_due_at", "overdue")
        handed = (
            {"unit": case["unit"], "assignee": case["assignee"]}
            if kind != "submit"
            else {"unit": None, "assignee": None}
        )
        self.events.append({
            "case_id": case["id"], "seq": seq, "kind": kind, "actor": "system", "role": Role.SYSTEM, "status": status,
            "details": told, "at": at, **{name: case[name] for name in names}, **handed,
        })  # fmt: skip

    def _run(self, case: dict[str, Any]) -> None:
        """The clocks of what is open."""
        due = {
            ClockAct.SIGN_OVERDUE: case["sign_due_at"] if not case["signed_at"] else None,
            ClockAct.CONTACT_OVERDUE: case["contact_due_at"] if not case["contacted_at"] else None,
            ClockAct.OVERDUE: case["due_at"],
        }
        if case["status"] in (Status.DISPATCHED, Status.ACCEPTED):
            rows = [{"case_id": case["id"], "act": act, "round": 1, "due_at": at} for act, at in due.items() if at]
            self.timers += [row for row in rows if row["due_at"] > self.now]


async def fill(session: AsyncSession, book: Book, now: datetime, *, cases: int, days: int = 70, seed: int = 1) -> None:
    """So many cases over the days before `now`, by day more than by night, a few of them hot issues."""
    busy = Busy(book, now, seed)
    residents = [
        {"id": UUID(int=busy.draw.getrandbits(128)), "channel": "webchat", "address": f"r{n}", "created_at": now}
        for n in range(cases // 2 + 1)
    ]
    await _put(session, Resident, residents)
    moments = sorted(now - days * _DAY * busy.draw.random() for _ in range(cases))
    for begin in range(0, cases, BATCH):
        some = moments[begin : begin + BATCH]
        made = [
            busy.case(begin + n, busy.draw.choice(residents)["id"], _by_day(at, busy.draw)) for n, at in enumerate(some)
        ]
        await _put(session, Case, made)
        await _put(session, Event, busy.events)
        await _put(session, Timer, busy.timers)
        await _put(session, Rating, busy.ratings)
        busy.events, busy.timers, busy.ratings = [], [], []
    await _hot(session, busy, made)
    await session.commit()


def _by_day(at: datetime, draw: Random) -> datetime:
    """Six times of seven moved out of the night, to earlier on."""
    return at - 9 * _HOUR if at.hour >= 16 and draw.random() < 0.85 else at


async def _hot(session: AsyncSession, busy: Busy, made: Sequence[dict[str, Any]]) -> None:
    for n, said in enumerate(HOT):
        some = [case for case in made if case["place"]][n * 9 : n * 9 + 9 - 2 * n]
        place, first, last = some[0]["place"], some[0]["submitted_at"], some[-1]["submitted_at"]
        issue = HotIssue(
            title=said, place=place, area=busy.book.places[place].grid, case_id=some[0]["id"], count=len(some),
            first_at=first, last_at=last, told_at=last, words=[],
        )  # fmt: skip
        session.add(issue)
        await session.flush()
        session.add_all(HotCase(case_id=case["id"], issue=issue.id, at=case["submitted_at"]) for case in some)
    await session.flush()


async def _put(session: AsyncSession, table: Any, rows: Sequence[dict[str, Any]]) -> None:
    names = sorted({name for row in rows for name in row})
    defaults = {
        name: column.default.arg
        for name, column in table.__table__.columns.items()
        if column.default is not None and column.default.is_scalar
    }
    connection = await session.connection()
    for begin in range(0, len(rows), BATCH):
        some = [{name: row.get(name, defaults.get(name)) for name in names} for row in rows[begin : begin + BATCH]]
        await connection.execute(insert(table.__table__), some)
