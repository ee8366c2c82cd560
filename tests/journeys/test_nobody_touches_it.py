"""A month in which nobody touches a case: it goes up step by step, nobody is told twice, and it still has an owner."""

from collections import Counter
from datetime import UTC, datetime, timedelta

from sqlmodel import col, select

from models import OPEN, Case, Event, Notification, Timer
from tests.support.clock import Clock
from tests.support.site import Site

FILED = datetime(2026, 11, 18, 2, 0, tzinfo=UTC)  # Wednesday, ten o'clock
CHAIN = ["wangxing", "hezhiqiang", "dongchunsheng", "guwenbo"]  # community, street, bureau, supervisor


async def test_a_month(site: Site, clock: Clock) -> None:
    resident = await site.resident("B0103")
    number = await resident.file("楼下烧烤店油烟太大")
    for day in range(1, 31):
        for hour, minute in ((8, 31), (12, 30), (17, 30)):  # in the town
            clock.set(FILED.replace(hour=0, minute=minute) + timedelta(days=day, hours=hour - 8))
            await site.sweep()
    async with site.parts.sessions() as session:
        case = (await session.exec(select(Case).where(Case.number == number))).one()
        events = (await session.exec(select(Event).where(Event.case_id == case.id).order_by(col(Event.seq)))).all()
        told = (await session.exec(select(Notification).where(Notification.case_id == case.id))).all()
        running = (
            await session.exec(select(Timer).where(Timer.case_id == case.id, col(Timer.done_at).is_(None)))
        ).all()

    happened = [(event.kind, event.at - FILED) for event in events]
    assert [kind for kind, _ in happened] == [
        "submit", "route", "sign_overdue", "contact_overdue", "remind", "overdue",
        "escalate", "escalate", "escalate",
    ]  # fmt: skip
    due = dict(happened)
    assert due["sign_overdue"] <= timedelta(days=1) < due["contact_overdue"] < due["escalate"] <= timedelta(days=9)
    assert [event.seq for event in events] == list(range(1, len(events) + 1)), "the chain of events is whole"

    up = [event.details["to"] for event in events if event.kind in ("sign_overdue", "escalate")]
    assert up == CHAIN and case.level == len(CHAIN), "one level higher each time, to the top"
    staff = Counter((row.person, row.text_key) for row in told if row.person)
    assert set(staff.values()) == {1}, "nobody is told the same twice"
    assert [row.person for row in told if row.text_key == "desk.escalate"] == CHAIN[1:]

    assert case.status in OPEN and case.overdue
    assert (case.unit, case.assignee) == ("CGJ", "limin"), "it still has an owner"
    assert number in await (await site.staff("limin")).tasks()
    assert running == [], "no clock runs on without an end"
    lines = [line for line in await resident.texts() if number in line]
    assert [line for line in lines if "已超过答复期限" in line] == lines[-1:], "the resident is told, once"
    await resident.look()
    await resident.press("urge")
    assert [row for row in await site_notices(site, "limin") if row == "desk.urge"] == ["desk.urge"]


async def site_notices(site: Site, person: str) -> list[str]:
    async with site.parts.sessions() as session:
        return list((await session.exec(select(Notification.text_key).where(Notification.person == person))).all())
