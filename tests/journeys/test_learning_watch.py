"""What live traffic teaches: a new version watches, a dispatcher's word shows where it errs, a bad week rings once."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from sqlmodel import select
from structlog.testing import capture_logs

from cases import learning, shadow, shadow_report
from classifiers import Model, Row, save, train
from models import Case, DriftAlarm, Person, ShadowPrediction
from tests.support.clock import Clock
from tests.support.keys import MODELS
from tests.support.site import Site
from tests.support.weeks import Filing

MONDAY = datetime(2026, 11, 23, 1, 5, tzinfo=UTC)
STREETS = ["东门", "西街", "三单元", "菜场旁", "学校边", "河边", "老车站", "新村口"]
SAID = {"城市管理": "{}的摊贩占了人行道，推车过不去", "公安": "{}遛狗不牵绳，吓哭孩子"}


async def test_a_version_watches_and_the_dispatchers_word_shows_its_mistake(site: Site, clock: Clock) -> None:
    site.thinks("公安", "公安/养犬", action="hold", others=("城市管理",))
    await ready(site, train([Row(said.format(street), label) for label, said in SAID.items() for street in STREETS]))
    before = await (await site.resident("B0103")).file("早先的事")
    clock.forward(minutes=1)
    async with site.parts.transactions.begin() as session:
        await shadow.begin(session, "v2", await session.get_one(Person, "jiangyan"), 3, clock())

    dogs = await (await site.resident("B0103")).file("楼下遛狗不牵绳")
    stalls = await (await site.resident("B0103")).file("楼下摊贩占了人行道")
    await site.parts.queue.configure_task("shadow").defer_async(timestamp=0)
    await until(lambda: read(site), {dogs: "公安", stalls: "城市管理"})
    dispatcher = await site.staff("chenlu")
    assert set(await dispatcher.tasks("triage")) == {before, dogs, stalls}, "nothing followed from what it said"

    for number in (dogs, stalls):
        await dispatcher.step(number, "assign", unit="GAJ", category="公安/治安纠纷")
    async with site.parts.sessions() as session:
        found = await shadow_report.report(session, "v2")
    assert (found.filed, found.read, found.agreed, found.known, found.right) == (2, 2, 1, 2, (2, 1))
    (mistake,) = found.mistakes
    assert (mistake.number, mistake.said, mistake.right, mistake.live, mistake.gold) == (
        stalls, "城市管理", "公安", "公安", True,
    )  # fmt: skip

    clock.forward(days=3, minutes=6)
    await site.parts.queue.configure_task("shadow").defer_async(timestamp=1)
    await until(lambda: ended(site), "time")


async def test_a_bad_week_rings_once(site: Site, clock: Clock) -> None:
    clock.set(MONDAY)
    async with site.parts.transactions.begin() as session:
        filing = Filing(session, MONDAY)
        await session.flush()
        for ago in range(2, 11):
            await filing.week(ago, ask=5 + ago % 2)
        await filing.week(1, ask=21)
    with capture_logs() as logs:
        for again in range(2):
            await site.parts.queue.configure_task("drift").defer_async(timestamp=again)
            await until(lambda: alarms(site), ["ask"])
            await settled(site, "drift")
    assert [(line["kind"], line["week"]) for line in logs if line["event"] == "drift.outside"] == [
        ("ask", "2026-11-16")
    ]
    await site.settle()
    for admin in ("jiangyan", "wenxuemei"):
        shown = (await (await site.staff(admin)).http.get("/api/staff/notices")).json()["notices"]
        assert [(one["text"][:28], one["number"]) for one in shown] == [("11/16–11/22 这一周，40 件里有 52.5%", None)]


async def ready(site: Site, model: Model) -> None:
    """v2, trained and compared, beside the one in use."""
    save(model, site.parts.settings.model_dir.parent / "v2", MODELS)
    async with site.parts.transactions.begin() as session:
        session.add(learning.adopted([], "test", {}, site.parts.now()))
        await session.flush()
        row = await learning.begin(session, await session.get_one(Person, "jiangyan"), site.parts.now())
        learning.finished(row, {"fingerprint": model.version}, site.parts.now())


async def read(site: Site) -> dict[str, str]:
    async with site.parts.sessions() as session:
        rows = select(Case.number, ShadowPrediction.label).join(Case)
        return dict((await session.exec(rows)).all())


async def ended(site: Site) -> str | None:
    async with site.parts.sessions() as session:
        return (await shadow_report.report(session, "v2")).why


async def alarms(site: Site) -> list[str]:
    async with site.parts.sessions() as session:
        return [row.kind for row in (await session.exec(select(DriftAlarm))).all()]


async def settled(site: Site, task: str) -> None:
    async def left() -> int:
        return len(await site.parts.queue.job_manager.list_jobs_async(task=task))

    await until(left, 0)


async def until(what: Callable[[], Awaitable[object]], wanted: object) -> None:
    async with asyncio.timeout(10):
        while await what() != wanted:
            await asyncio.sleep(0.05)
