"""Handing over and taking over; what admins do with models."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.desk import teaching
from cases import learning
from models import ModelVersion, Person
from tests.bot.desk.conftest import Bound
from tests.bot.desk.phones import Post
from tests.support.clock import Clock
from tests.support.site import Site

EVENING = datetime(2026, 11, 18, 13, 0, tzinfo=UTC)  # Wednesday, 21:00 in the town
SAME = {
    "beside": {"difference": {"accuracy": [-0.001, 0.001, 0.002]}, "departments": []},
    "canaries": {"words": 275, "told": 275, "count": 9, "recall": 1.0},
}


async def test_handing_over(site: Site, bound: Bound) -> None:
    on, next_ = await bound("chenlu"), await bound("wanyang")
    assert await on.say("/duty") == ["社会治理中心现在值班：\n陈璐，到今天 20:00"]
    await on.press("交班")
    await on.press("万洋")
    assert await on.say("丹桂苑有一件漏水还没人签收") == ["已请万洋接班。对方点“接班”之前，还是您值班。"]
    asked = await next_.look() or [next_.last().text]
    assert "丹桂苑有一件漏水还没人签收" in asked[0]
    assert await on.say("/duty") == [
        "社会治理中心现在值班：\n陈璐，到今天 20:00\n陈璐要交给万洋，还没接：丹桂苑有一件漏水还没人签收"
    ]
    assert (await next_.press("接班"))[0] == "您接班了，社会治理中心到今天 20:00 由您值班。"
    await on.look()
    assert "万洋" in on.last().text
    assert await on.say("/duty") == ["社会治理中心现在值班：\n万洋，到今天 20:00\n交代：丹桂苑有一件漏水还没人签收"]


async def test_only_whoever_is_on_hands_over(bound: Bound) -> None:
    off = await bound("wanyang")
    await off.say("/duty")
    assert [*off.last().buttons] == []


async def test_away_and_back(site: Site, bound: Bound) -> None:
    """Wednesday 18 November: away with today for three days."""
    worker, covers = await bound("limin"), await bound("xiayonggang")
    await (await site.resident("B0103")).file("楼下烧烤店油烟太大")
    await worker.look()
    assert (await worker.say("/away"))[0].startswith("您在岗。\n要请假、外出，请写 /away 3")
    assert (await worker.say("/away 2月30"))[0].startswith("没看懂到哪天。")
    assert (await worker.say("/away 3"))[0].startswith("到 11 月 20 日 23:59 不在岗")
    assert (await worker.press("夏永刚"))[0].startswith("记下了，到 11 月 20 日 23:59 由夏永刚代办，手上 1 件已转交。")
    await covers.look()
    assert "李敏不在岗" in covers.last("【代办】").text
    assert (await covers.say("/away"))[0].startswith("您在岗。\n您替李敏代办，到 11 月 20 日 23:59\n要请假、外出")
    assert await worker.say("不在岗") == ["您不在岗，到 11 月 20 日 23:59。\n由夏永刚代办"]
    assert (await worker.press("我回来了"))[0].startswith("欢迎回来")
    assert await worker.say("/back") == ["您本来就在岗。"]


async def test_at_night_only_danger_rings(site: Site, bound: Bound, clock: Clock) -> None:
    clock.set(EVENING)
    worker = await bound("limin")
    await (await site.resident("B0103")).file("楼下烧烤店油烟太大")
    await worker.look()
    assert worker.last("【新任务】").quiet


class Rows:
    """Learning that is rows and nothing else: nobody trains."""

    async def begin_training(self, session: AsyncSession, person: Person, now: datetime) -> ModelVersion:
        return await learning.begin(session, person, now)

    async def versions(self, session: AsyncSession) -> Sequence[ModelVersion]:
        return await learning.versions(session)

    async def in_use(self, session: AsyncSession) -> ModelVersion | None:
        return await learning.in_use(session)

    async def promote(
        self, session: AsyncSession, version: str, person: Person, now: datetime, *, knowingly: bool = False
    ) -> ModelVersion:
        return await learning.promote(session, version, person, now, knowingly=knowingly)

    async def rollback(self, session: AsyncSession, person: Person, now: datetime) -> ModelVersion:
        return await learning.rollback(session, person, now)


async def told(site: Site, version: str, fraction: float | None, stage: str = "", **found: object) -> None:
    """What a training that runs writes, and tells."""
    async with site.parts.transactions.begin() as session:
        row, now = await session.get_one(ModelVersion, version), site.parts.now()
        if fraction is None:
            learning.finished(row, found, now)
        else:
            learning.progressed(row, fraction, stage, now)
        await teaching.progress(session, row, now)


async def adopted(site: Site) -> None:
    async with site.parts.transactions.begin() as session:
        session.add(learning.adopted([], "abc", {}, site.parts.now()))


async def test_training_is_told_in_one_message(site: Site, post: Post, bound: Bound) -> None:
    post.learning = Rows()
    await adopted(site)
    admin = await bound("jiangyan")
    assert await admin.say("/train") == ["开始训练 v2，好了会告诉您，这段时间照常受理。"]
    number = admin.last().number
    assert await admin.say("/train") != ["开始训练 v2，好了会告诉您，这段时间照常受理。"]
    await told(site, "v2", 0.42, "learning")
    await told(site, "v2", 0.44, "learning")  # too little to tell
    await told(site, "v2", 0.71, "comparing")
    assert await admin.look() == ["v2 正在和现在的比较 ▓▓▓▓▓▓▓░░░ 70%"]
    await told(site, "v2", None, **SAME)
    assert await admin.look() == ["v2 训练好了，比过不差于现在的。请另一位管理员用 /promote v2 换用。"]
    assert admin.last("v2 训练好了").number == number


async def test_a_training_called_off_did_not_fail(site: Site, post: Post, bound: Bound) -> None:
    post.learning = Rows()
    await adopted(site)
    admin = await bound("jiangyan")
    await admin.say("/train")
    async with site.parts.transactions.begin() as session:
        row = await learning.cancel(session, await session.get_one(Person, "jiangyan"), site.parts.now())
        await teaching.progress(session, row, site.parts.now())
    assert await admin.look() == ["v2 的训练已取消，现在用的照常。"]
    assert "v2 · 训练已取消" in (await admin.say("/models"))[0]


async def test_a_second_person_promotes_and_anyone_rolls_back(
    site: Site, post: Post, bound: Bound, clock: Clock
) -> None:
    post.learning = Rows()
    await adopted(site)
    trained_by, other = await bound("jiangyan"), await bound("wenxuemei")
    clock.forward(minutes=1)
    await trained_by.say("/train")
    await told(site, "v2", None, **SAME, agreement={"share": 0.9, "routed": [0.6, 0.6]})
    own = await trained_by.say("/promote v2")
    assert [*trained_by.last().buttons] == [] and "已换用 v2" not in own[-1]
    await other.say("/models")
    assert other.last().text.splitlines()[0] == "各版模型：" and [*other.last().buttons] == ["换用 v2", "试跑 v2"]
    await other.press("换用 v2")
    assert [*other.last().buttons] == ["知道了，照样换用"], other.last().text
    assert await other.press("知道了，照样换用") == ["已换用 v2，下一件反映就由它来分。"]
    assert await trained_by.say("/models") == ["各版模型：\nv2 · 正在使用 · 今天 10:01 训练\nv1 · 已训练 · 今天 10:00"]
    assert await trained_by.say("/rollback") == ["已退回 v1。"]


async def test_a_version_is_let_watch_for_a_week(site: Site, post: Post, bound: Bound, clock: Clock) -> None:
    post.learning = Rows()
    await adopted(site)
    admin = await bound("jiangyan")
    clock.forward(minutes=1)
    await admin.say("/train")
    await told(site, "v2", None, **SAME, fingerprint="def")
    for _ in range(2):
        await admin.say("/models")
    assert [*admin.last().buttons] == ["试跑 v2"], "whoever trained it does not promote it"
    said = await admin.press("试跑 v2")
    assert said == ["v2 试跑到 11 月 25 日 10:01：新来的反映它也看，只记下，不派单。"]
    assert await admin.press("试跑 v2") == ["v2 已经在试跑，到 11 月 25 日 10:01。"]
    listed = (await admin.say("/models"))[0].splitlines()
    assert (listed[1], [*admin.last().buttons]) == ("v2 · 正在试跑，到 11 月 25 日 10:01 · 今天 10:01 训练", [])
