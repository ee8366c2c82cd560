"""A program with a small first-day model, which is trained on in seconds, and cases about dogs that teach it."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import psutil
from sqlmodel.ext.asyncio.session import AsyncSession

from app.build import Parts
from cases.learning import State
from classifiers import Row, save, train
from models import Correction, ModelVersion, Person, Role, Status
from tests.support.keys import MODELS
from tests.support.rows import add_case

PLACES = ["东门", "西街", "三单元", "菜场旁", "学校边", "河边", "老车站", "新村口"]
SAID = {
    ("生态环境", "生态环境/餐饮油烟"): "{}的烧烤店油烟直排，呛得不敢开窗",
    ("人力社保", "人力社保/拖欠工资"): "{}工地的老板拖欠工资不发",
    ("公共交通", "公共交通/公交线路"): "{}的公交车班次太少，等半小时",
}
SMALL = [Row(said.format(place), label, item) for (label, item), said in SAID.items() for place in PLACES]
DOGS = [
    "遛狗不牵绳，吓哭孩子",
    "大狗没有人管，见人就扑",
    "邻居家的狗整夜乱叫",
    "狗咬了人，主人跑了",
    "养了五条狗，楼道里都是狗味",
]


@dataclass
class School:
    """A program with a small first-day model, its admins, and what was told of every training."""

    parts: Parts
    models: Path
    told: list[tuple[str, str, float]] = field(default_factory=list)  # version, state, fraction

    async def tell(self, session: AsyncSession, row: ModelVersion, now: datetime) -> None:
        self.told.append((row.version, row.report["state"], row.report["progress"]["fraction"]))

    async def begin(self, admin: str = "jiangyan") -> str:
        async with self.parts.transactions.begin() as session:
            person = await session.get_one(Person, admin)
            return (await self.parts.learning.begin_training(session, person, self.parts.now())).version

    async def promote(self, version: str, admin: str = "wenxuemei", *, knowingly: bool = True) -> None:
        async with self.parts.transactions.begin() as session:
            person = await session.get_one(Person, admin)
            await self.parts.learning.promote(session, version, person, self.parts.now(), knowingly=knowingly)

    async def rollback(self, admin: str = "jiangyan") -> str:
        async with self.parts.transactions.begin() as session:
            person = await session.get_one(Person, admin)
            return (await self.parts.learning.rollback(session, person, self.parts.now())).version

    async def report(self, version: str) -> dict[str, Any]:
        async with self.parts.sessions() as session:
            return (await session.get_one(ModelVersion, version)).report

    async def until(self, version: str, state: State, seconds: float = 60) -> dict[str, Any]:
        async with asyncio.timeout(seconds):
            while (found := await self.report(version))["state"] != state:
                assert found["state"] in ("waiting", "training"), found
                await asyncio.sleep(0.1)
        return found

    async def under_way(self, version: str) -> psutil.Process:
        """The process of a training that has told something and is far from its end."""
        async with asyncio.timeout(60):
            while not any(one[:2] == (version, "training") for one in self.told):
                await asyncio.sleep(0.05)
        (found,) = trainers()
        return found


async def opened(parts: Parts, folder: Path) -> School:
    """With cases about dogs, of which the first-day model knows nothing, sorted by the dispatcher and closed."""
    save(train(SMALL), folder / "models" / "current", MODELS)
    assert await parts.in_use.look()
    parts.learning.corpus = lambda: SMALL
    async with parts.sessions() as session:
        for text in DOGS:
            case = await add_case(session, parts.now())
            case.text, case.status, case.outcome, case.closed_at = text, Status.CLOSED, "solved", parts.now()
            case.category, case.item = "公安", "公安/养犬"
            given = {"now": "公安/养犬", "actor": "chenlu", "role": Role.DISPATCHER, "why": "assign", "at": parts.now()}
            session.add(Correction(case_id=case.id, **given))
        await session.commit()
    school = School(parts, folder / "models")
    parts.learning.on_progress = school.tell
    return school


def trainers() -> list[psutil.Process]:
    """The processes that train for this one."""
    children = psutil.Process().children(recursive=True)
    return [child for child in children if "app.learning_child" in " ".join(child.cmdline())]
