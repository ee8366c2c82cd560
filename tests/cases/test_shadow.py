"""A version that only watches: begun by an admin, reads each case once whatever happens, ends by itself, is told of."""

import shutil
from pathlib import Path

import pytest
from sqlmodel import col, select

from app.database import Sessions
from app.jobs import defer_deliveries
from app.shadowing import Shadowing
from bot.transactions import Transactions
from cases import learning, shadow, shadow_report
from cases.errors import Missing, NotAllowed, NotFound, Stale
from classifiers import Model, Row, save, train
from models import Case, Correction, ModelVersion, Outcome, Person, Prediction, Resident, Role, ShadowPrediction, Status
from tests.support.clock import Clock
from tests.support.rows import add_case

PLACES = ["东门", "西街", "三单元", "菜场旁", "学校边", "河边", "老车站", "新村口", "五号楼", "广场上"]
SAID = {
    "城市管理": "{}的烧烤店油烟直排，呛得不敢开窗",
    "人力社保": "{}工地的老板拖欠工资不发",
    "公安": "{}遛狗不牵绳，吓哭孩子",
}
ROWS = [Row(said.format(place), label) for label, said in SAID.items() for place in PLACES]


@pytest.fixture(scope="module")
def model() -> Model:
    return train(ROWS)


class Watched:
    """A database with v1 in use and v2, `model`, ready."""

    def __init__(self, sessions: Sessions, clock: Clock, models: Path, model: Model) -> None:
        self.sessions, self.clock, self.models, self.model = sessions, clock, models, model
        self.transactions = Transactions(sessions, defer_deliveries)

    def shadowing(self, batch: int = 100) -> Shadowing:
        """As a worker that just started has it."""
        return Shadowing(self.transactions, self.models, self.clock, batch)

    async def begin(self, version: str = "v2", by: str = "jiangyan", days: int = 7) -> None:
        async with self.transactions.begin() as session:
            await shadow.begin(session, version, await session.get_one(Person, by), days, self.clock())

    async def file(self, text: str, live: str = "城市管理", action: str = "route", **values: object) -> Case:
        async with self.transactions.begin() as session:
            case = await add_case(session, self.clock())
            case.text, case.category = text, live
            for name, value in values.items():
                setattr(case, name, value)
            said = {"model": "live", "label": live, "confidence": 0.9, "action": action, "ranking": [[live, 0.9]]}
            session.add(Prediction(case_id=case.id, at=self.clock(), **said))
            return case

    async def said(self, case: Case, now: str | None, role: Role) -> None:
        async with self.transactions.begin() as session:
            word = {"was": case.category, "now": now, "actor": "chenlu", "role": role, "why": "assign"}
            session.add(Correction(case_id=case.id, at=self.clock(), **word))

    async def read(self) -> list[tuple[str, str]]:
        """(text, what it said), in the order of filing."""
        async with self.sessions() as session:
            chosen = select(Case.text, ShadowPrediction.label).join(
                ShadowPrediction, col(ShadowPrediction.case_id) == Case.id
            )
            return list((await session.exec(chosen.order_by(col(Case.submitted_at), Case.text))).all())

    async def row(self) -> ModelVersion:
        async with self.sessions() as session:
            return await session.get_one(ModelVersion, "v2")


@pytest.fixture
async def watched(town: Sessions, clock: Clock, tmp_path: Path, model: Model) -> Watched:
    save(model, tmp_path / "v2")
    async with town() as session:
        session.add(learning.adopted([], "live", {}, clock()))
        await session.flush()
        row = await learning.begin(session, await session.get_one(Person, "jiangyan"), clock())
        learning.finished(row, {"fingerprint": model.version}, clock())
        await session.commit()
    return Watched(town, clock, tmp_path, model)


async def test_it_reads_what_is_filed_meanwhile_and_ends_by_itself(watched: Watched, clock: Clock) -> None:
    await watched.file("拖欠工资，早先的")
    clock.forward(minutes=1)
    await watched.begin(days=7)
    await watched.file("工地的老板拖欠工资")
    shadowing = watched.shadowing()
    assert [await shadowing.score(), await shadowing.score()] == [1, 0]
    clock.forward(days=6)
    late = await watched.file("楼上遛狗不牵绳")
    clock.forward(days=1, minutes=1)
    await watched.file("河边油烟，太晚了")
    assert [await shadowing.score(), await shadowing.score()] == [1, 0]
    assert await watched.read() == [("工地的老板拖欠工资", "人力社保"), ("楼上遛狗不牵绳", "公安")]
    assert (await watched.row()).report["shadow"]["ended"] is None, "a case of the last moment may yet be committed"
    clock.forward(minutes=5)
    assert await shadowing.score() == 0
    row = await watched.row()
    assert row.report["shadow"]["why"] == "time"
    assert [(line["act"], line["by"]) for line in row.report["history"]] == [
        ("shadow_began", "jiangyan"), ("shadow_ended", "system"),
    ]  # fmt: skip
    async with watched.sessions() as session:
        assert (await session.get_one(Case, late.id)).version == 1, "nothing follows"


async def test_another_worker_goes_on_where_one_was_killed(watched: Watched, clock: Clock) -> None:
    await watched.begin()
    for n in range(5):
        clock.forward(minutes=1)
        await watched.file(f"第{n}个工地的老板拖欠工资")
    assert await watched.shadowing(batch=2).score() == 2
    killed = watched.shadowing(batch=2)
    async with watched.sessions() as session:
        (watch,) = await shadow.watching(session)
        under_way = await shadow.unread(session, watch, 2)
    assert await killed.score() == 2
    async with watched.transactions.begin() as session:  # the same batch, by one that had read it before
        rows = [
            ShadowPrediction(version="v2", case_id=case, label="公安", confidence=1, action="ask", at=clock())
            for case, _ in under_way
        ]
        await shadow.keep(session, rows)
    again = watched.shadowing()
    assert [await again.score(), await again.score()] == [1, 0]
    assert [label for _, label in await watched.read()] == ["人力社保"] * 5


async def test_its_promotion_ends_it(watched: Watched, clock: Clock) -> None:
    await watched.begin()
    async with watched.transactions.begin() as session:
        admin = await session.get_one(Person, "wenxuemei")
        await learning.promote(session, "v2", admin, clock.forward(hours=1), knowingly=True)
    await watched.file("工地的老板拖欠工资")
    assert await watched.shadowing().score() == 0
    row = await watched.row()
    assert (row.report["shadow"]["why"], row.promoted_by) == ("promoted", "wenxuemei")


@pytest.mark.parametrize("how", ["missing", "foreign"])
async def test_a_model_that_cannot_be_used_ends_it(watched: Watched, how: str) -> None:
    await watched.begin()
    shutil.rmtree(watched.models / "v2")
    if how == "foreign":
        save(train(ROWS[::-1]), watched.models / "v2")
    await watched.file("工地的老板拖欠工资")
    assert await watched.shadowing().score() == 0
    assert (await watched.row()).report["shadow"]["why"] == "unusable"
    await watched.begin()


async def test_who_may_begin_what(watched: Watched, clock: Clock) -> None:
    with pytest.raises(NotAllowed, match=r"learning\.admins_only"):
        await watched.begin(by="chenlu")
    with pytest.raises(NotFound, match=r"learning\.unknown"):
        await watched.begin("v7")
    with pytest.raises(Stale, match=r"learning\.in_use"):
        await watched.begin("v1")
    for days in (0, 61):
        with pytest.raises(Missing, match=r"shadow\.days"):
            await watched.begin(days=days)
    async with watched.transactions.begin() as session:
        await learning.begin(session, await session.get_one(Person, "jiangyan"), clock())
    with pytest.raises(Stale, match=r"learning\.not_ready"):
        await watched.begin("v3")
    await watched.begin()
    with pytest.raises(Stale, match=r"shadow\.running"):
        await watched.begin()
    async with watched.sessions() as session:
        with pytest.raises(NotFound, match=r"shadow\.never"):
            await shadow_report.report(session, "v1")


async def test_the_report(watched: Watched, clock: Clock) -> None:
    await watched.begin()
    right = await watched.file("工地的老板拖欠工资")  # the live one said 城市管理
    await watched.said(right, "人力社保", Role.DISPATCHER)
    wrong = await watched.file("三单元的烧烤店油烟", action="ask")
    await watched.said(wrong, "公安", Role.RESIDENT)
    archived = await watched.file("东门遛狗不牵绳", status=Status.CLOSED, outcome=Outcome.SOLVED)
    doubted = await watched.file("西街的烧烤店油烟")
    await watched.said(doubted, None, Role.CLERK)
    await watched.file("河边的烧烤店油烟")  # nobody knows
    while await watched.shadowing().score():
        pass
    async with watched.sessions() as session:
        found = await shadow_report.report(session, "v2")
    assert (found.filed, found.read, found.both, found.agreed) == (5, 5, 5, 3)
    assert (found.known, found.right) == (3, (1, 1)), "the archived one stands as the live model had it"
    assert found.actions[0] == {"route": 4, "ask": 1}
    assert sum(found.actions[1].values()) == 5
    assert {(one.number, one.said, one.right, one.live, one.gold) for one in found.mistakes} == {
        (wrong.number, "城市管理", "公安", "城市管理", False),
        (archived.number, "公安", "城市管理", "城市管理", False),
    }


async def test_what_it_would_have_routed_stands_first(watched: Watched, clock: Clock) -> None:
    """A mistake that asks costs a question, one that routes a wrong desk."""
    await watched.begin()
    said = {"version": "v2", "label": "公安", "at": clock()}
    for confidence, action in ((0.9, "ask"), (0.5, "route"), (0.8, "route")):
        case = await watched.file("油烟", status=Status.CLOSED, outcome=Outcome.SOLVED)
        async with watched.transactions.begin() as session:
            row = ShadowPrediction(case_id=case.id, confidence=confidence, action=action, **said)
            await shadow.keep(session, [row])
    async with watched.sessions() as session:
        found = (await shadow_report.report(session, "v2")).mistakes
    assert [(one.action, one.confidence) for one in found] == [("route", 0.8), ("route", 0.5), ("ask", 0.9)]


async def test_a_week_of_cases_is_read_in_batches(watched: Watched, clock: Clock) -> None:
    await watched.begin()
    async with watched.transactions.begin() as session:
        resident = (await add_case(session, clock())).resident
        owner = await session.get_one(Resident, resident)
        for _ in range(7):
            await add_case(session, clock(), owner)
    shadowing = watched.shadowing(batch=5)
    assert [await shadowing.score() for _ in range(3)] == [5, 3, 0]
