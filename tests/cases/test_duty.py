"""Who is on: the pattern over midnight, hand-overs until the end of a shift, danger at once, quiet nights."""

from datetime import UTC, date, datetime, time
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import select

from cases import duty, handover
from cases.errors import Missing, NotAllowed, NotFound
from cases.notices import DECIDED, TOLD
from models import Case, DutyShift, Notification, Person
from tests.support.clock import Clock
from tests.support.danger import file_danger
from tests.support.site import Site
from tests.support.told import who_was_told

TOWN = ZoneInfo("Asia/Shanghai")
FUMES = "楼下烧烤店油烟太大"


def at(written: str) -> datetime:
    """`18 23:30` in the town, in November 2026; the 18th is a Wednesday."""
    return datetime.fromisoformat(f"2026-11-{written}").replace(tzinfo=TOWN).astimezone(UTC)


def shift(person: str, weekdays: list[int], begins: str, ends: str, **limits: date) -> DutyShift:
    return DutyShift(
        unit="RANQI", person=person, weekdays=weekdays, from_time=time.fromisoformat(begins),
        to_time=time.fromisoformat(ends), **limits,
    )  # fmt: skip


ROSTER = [
    shift("day", [1, 2, 3, 4, 5], "08:30", "17:30"),
    shift("night", [3], "17:30", "08:30"),  # Wednesday night into Thursday
    shift("sunday", [7], "20:00", "06:00"),
    shift("leaving", [1, 2, 3, 4, 5, 6, 7], "12:00", "13:00", valid_to=date(2026, 11, 18)),
    shift("coming", [1, 2, 3, 4, 5, 6, 7], "23:00", "01:00", valid_from=date(2026, 11, 20)),
]


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("18 08:29", []),
        ("18 08:30", ["day"]),
        ("18 12:30", ["day", "leaving"]),
        ("18 17:29", ["day"]),
        ("18 17:30", ["night"]),
        ("18 23:59", ["night"]),
        ("19 00:00", ["night"]),
        ("19 08:29", ["night"]),
        ("19 08:30", ["day"]),
        ("19 12:30", ["day"]),  # leaving was there to the 18th
        ("19 23:30", []),
        ("20 00:30", []),  # it would have begun on the 19th
        ("20 23:30", ["coming"]),
        ("21 00:59", ["coming"]),  # belongs to the 20th
        ("22 20:00", ["sunday"]),
        ("23 05:59", ["sunday"]),  # Sunday's shift on Monday morning
        ("23 06:00", []),
    ],
)
def test_the_pattern(now: str, expected: list[str]) -> None:
    assert sorted(one.person for one in duty.by_roster(ROSTER, "RANQI", at(now))) == expected
    assert duty.by_roster(ROSTER, "CGJ", at(now)) == []


def test_a_night_says_when_it_ends() -> None:
    [one] = duty.by_roster(ROSTER, "RANQI", at("19 02:00"))
    assert (one.begun, one.until) == (at("18 17:30"), at("19 08:30"))


@pytest.mark.parametrize(
    ("now", "key", "danger", "status", "expected"),
    [
        ("18 20:59", "desk.urge", None, "accepted", False),
        ("18 21:00", "desk.urge", None, "accepted", True),
        ("19 06:59", "desk.route", None, "dispatched", True),
        ("19 07:00", "desk.route", None, "dispatched", False),
        ("18 23:00", "desk.danger", "gas", "dispatched", False),
        ("18 23:00", "desk.route", "gas", "dispatched", False),
        ("18 23:00", "desk.sign_overdue", None, "dispatched", False),
        ("18 23:00", "desk.escalate", None, "accepted", False),
        ("18 23:00", "desk.rate", "gas", "closed", True),
        ("18 23:00", "desk.relay_back", "gas", "accepted", True),
        ("18 23:00", "duty.asked", None, None, False),
        ("18 23:00", "duty.accepted", None, None, True),
    ],
)
def test_quiet(now: str, key: str, danger: str | None, status: str | None, expected: bool) -> None:
    case: Any = SimpleNamespace(danger=danger, status=status) if status else None
    assert duty.quiet(key, case, at(now)) is expected


def test_what_rings_is_something_that_is_told() -> None:
    told = {f"desk.{kind}" for kind in TOLD} | {"desk.danger", "duty.asked", *DECIDED.values()}
    assert told >= duty.URGENT | duty.TASKS


async def on(site: Site, unit: str) -> list[str]:
    async with site.parts.sessions() as session:
        return [one.person for one in await duty.on_now(session, site.parts.senses.book, unit, site.parts.now())]


async def hands_over(site: Site, person: str, to: str, note: str = "") -> int:
    async with site.parts.transactions.begin() as session:
        who = await session.get_one(Person, person)
        row = await handover.hand_over(session, site.parts.senses.book, who, to, note, site.parts.now())
        assert row.id is not None
        return row.id


async def accepts(site: Site, person: str, number: int) -> None:
    async with site.parts.transactions.begin() as session:
        who = await session.get_one(Person, person)
        await handover.accept(session, site.parts.senses.book, who, number, site.parts.now())


async def test_handing_over_holds_to_the_end_of_the_shift(site: Site, clock: Clock) -> None:
    clock.set(at("18 18:00"))  # 沈松 has Wednesday night at the gas company
    assert await on(site, "RANQI") == ["shensong"]
    number = await hands_over(site, "shensong", "liangxinmin", "北门漏点已关阀，明早复查")
    assert await on(site, "RANQI") == ["shensong"], "until it is accepted"
    await site.settle()
    liang = await site.staff("liangxinmin")
    notices = (await liang.http.get("/api/staff/notices")).json()["notices"]
    assert [(one["text"], one["number"]) for one in notices] == [
        ("【交接班】沈松请您接燃气公司的班，到 明天 08:30\n北门漏点已关阀，明早复查", None)
    ]
    shown = (await liang.http.get("/api/staff/duty")).json()
    assert [(one["id"], one["from"], one["mine"]) for one in shown["waiting"]] == [(number, "沈松", True)]
    assert shown["colleagues"] == []

    clock.forward(minutes=10)
    for _ in range(2):
        shown = (await liang.http.post(f"/api/staff/duty/{number}/accept")).json()
    assert [(one["name"], one["mine"], one["note"]) for one in shown["on"]] == [
        ("梁新民", True, "北门漏点已关阀，明早复查")
    ]
    assert shown["waiting"] == [] and [one["name"] for one in shown["colleagues"]] == ["沈松"]
    async with site.parts.sessions() as session:
        keys = (await session.exec(select(Notification.text_key).where(Notification.person == "shensong"))).all()
    assert keys == ["duty.accepted"], "once, however often it is accepted"
    clock.set(at("19 08:29"))
    assert await on(site, "RANQI") == ["liangxinmin"]
    clock.set(at("19 08:30"))
    assert await on(site, "RANQI") == ["liangxinmin"], "by the roster: the day is his"
    clock.set(at("20 18:00"))
    assert await on(site, "RANQI") == ["shensong"]


async def test_back_and_again(site: Site, clock: Clock) -> None:
    clock.set(at("18 18:00"))
    await accepts(site, "liangxinmin", await hands_over(site, "shensong", "liangxinmin"))
    await accepts(site, "shensong", await hands_over(site, "liangxinmin", "shensong"))
    assert await on(site, "RANQI") == ["shensong"]
    first = await hands_over(site, "shensong", "liangxinmin", "先")
    second = await hands_over(site, "shensong", "liangxinmin", "后")
    with pytest.raises(NotFound):
        await accepts(site, "liangxinmin", first)
    await accepts(site, "liangxinmin", second)
    assert await on(site, "RANQI") == ["liangxinmin"]


async def test_refusals(site: Site, clock: Clock) -> None:
    clock.set(at("18 18:00"))
    with pytest.raises(NotAllowed):
        await hands_over(site, "liangxinmin", "shensong")
    for to in ("shensong", "wufan", "nobody", ""):
        with pytest.raises(Missing):
            await hands_over(site, "shensong", to)
    number = await hands_over(site, "shensong", "liangxinmin")
    with pytest.raises(NotFound):
        await accepts(site, "wufan", number)
    clock.set(at("19 08:30"))
    with pytest.raises(NotFound):
        await accepts(site, "liangxinmin", number)
    answer = await (await site.staff("limin")).http.post("/api/staff/duty", json={"to": "kangkeqin"})
    assert (answer.status_code, answer.json()["error"]["message"]) == (403, "您现在不在班上，没有班可交。")


async def test_danger_at_night_is_told_to_whoever_is_on(site: Site, clock: Clock) -> None:
    clock.set(at("18 23:30"))  # 万洋 at the dispatch desk, 沈松 at the gas company
    number = await file_danger(site)
    async with site.parts.sessions() as session:
        case = (await session.exec(select(Case).where(Case.number == number))).one()
    assert (case.unit, case.assignee) == ("RANQI", "liangxinmin")
    assert await who_was_told(site, number, "desk.danger") == ["guwenbo", "limin", "shensong", "wanyang"]
    assert (await (await site.staff("shensong")).case(number))["case"]["danger"]  # and may look at what it is
    assert number in await (await site.staff("shensong")).tasks("all")
    assert await who_was_told(site, number, "desk.route") == ["liangxinmin"]


async def test_who_has_it_and_is_on_duty_is_told_once(site: Site, clock: Clock) -> None:
    clock.set(at("18 10:00"))
    number = await file_danger(site)
    assert await who_was_told(site, number, "desk.danger") == ["chenlu", "guwenbo", "limin"]
    assert await who_was_told(site, number, "desk.route") == ["liangxinmin"]


async def test_a_unit_without_a_roster_leaves_it_to_the_one_above(site: Site, clock: Clock) -> None:
    clock.set(at("18 23:30"))
    case: Any = SimpleNamespace(danger="fire", unit="DG-01", grid=None)
    async with site.parts.sessions() as session:
        concerned = await duty.concerned(session, site.parts.senses.book, case, "route", clock())
    street = {shift.person for shift in site.parts.senses.book.duty if shift.unit == "DG"}
    assert concerned[0] in street and concerned[1:] == ["wanyang", "guwenbo"]


async def test_what_nobody_signed_at_night_goes_to_whoever_is_on(site: Site, clock: Clock) -> None:
    """An urgent case: 15 minutes to sign, round the clock. By day the same goes only up."""
    clock.set(at("18 23:30"))
    night = await file_danger(site)
    clock.set(at("18 23:45"))
    await site.sweep()
    assert "wanyang" not in await who_was_told(site, night, "desk.sign_overdue")
    assert "shensong" in await who_was_told(site, night, "desk.sign_overdue")
    clock.set(at("20 10:00"))
    await site.sweep()
    day = await file_danger(site)
    clock.set(at("20 10:15"))
    await site.sweep()
    on_now = await on(site, "RANQI")
    told = await who_was_told(site, day, "desk.sign_overdue")
    assert on_now == ["liangxinmin"] and told == ["liangxinmin", "shensong"]  # who has it, and who stands above
