"""The learning commands as an operator gives them: a version trained here, looked at, put to use and taken back."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from app import build, learning_desk
from app.build import utcnow
from app.database import Sessions
from app.desk import Desk
from app.jobs import defer_deliveries
from app.learning_use import InUse
from app.settings import Settings
from bot.transactions import Transactions
from cases import learning
from cases.book import read_book
from cases.errors import NotAllowed, Stale
from cases.learning import Failure, State
from classifiers import Row, load, save, train
from models import AuditEntry, Correction, ModelVersion, Person, Role, Status
from tests.app.conftest import Run
from tests.support.keys import MODELS
from tests.support.rows import add_case

ROOT = Path(__file__).parents[2]
PLACES = ["东门", "西街", "三单元", "菜场旁", "学校边", "河边", "老车站", "新村口"]
SAID = {
    "生态环境": "{}的烧烤店油烟直排，呛得不敢开窗",
    "人力社保": "{}工地的老板拖欠工资不发",
    "公共交通": "{}的公交车班次太少",
}
SMALL = [Row(said.format(place), label) for label, said in SAID.items() for place in PLACES]
DOGS = ["遛狗不牵绳，吓哭孩子", "大狗没有人管，见人就扑", "邻居家的狗整夜乱叫", "狗咬了人，主人跑了"]


@pytest.fixture
async def desk(town: Sessions) -> Desk:
    transactions = Transactions(town, defer_deliveries)
    async with transactions.read() as session:
        return Desk(transactions, await read_book(session), utcnow())


@pytest.fixture
async def running(desk: Desk, town: Sessions, tmp_path: Path) -> InUse:
    """A program with a small first-day model, in a town whose dispatcher sorted complaints about dogs."""
    save(train(SMALL), tmp_path / "models" / "current", MODELS)
    in_use = InUse(desk.transactions, tmp_path / "models" / "current", utcnow, MODELS.public)
    assert await in_use.look()
    async with town() as session:
        for text in DOGS:
            case = await add_case(session, utcnow())
            case.text, case.status, case.outcome, case.closed_at = text, Status.CLOSED, "solved", utcnow()
            case.category, case.item = "公安", "公安/养犬"
            given = {"now": "公安/养犬", "actor": "chenlu", "role": Role.DISPATCHER, "why": "assign", "at": utcnow()}
            session.add(Correction(case_id=case.id, **given))
        await session.commit()
    return in_use


async def trained(desk: Desk, folder: Path, corpus: Callable[[], list[Row]] = lambda: SMALL) -> int:
    return await learning_desk.train(desk, Settings(data_dir=folder), "jiangyan", corpus)


async def report(desk: Desk, version: str) -> dict[str, Any]:
    async with desk.transactions.read() as session:
        return (await session.get_one(ModelVersion, version)).report


@asynccontextmanager
async def following(in_use: InUse) -> AsyncIterator[None]:
    """As a running program looks every few seconds, here every twentieth of one."""

    async def look() -> None:
        while True:
            await in_use.look()
            await asyncio.sleep(0.05)

    task = asyncio.create_task(look())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def until(in_use: InUse, version: str) -> None:
    async with asyncio.timeout(10):
        while in_use.version != version:
            await asyncio.sleep(0.02)


async def test_trained_here_without_a_worker_promoted_followed_and_rolled_back(
    running: InUse, desk: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert build.LOOK_SECONDS <= 5, "a running program takes it within ten seconds"
    assert await trained(desk, tmp_path) == 0
    told = capsys.readouterr()
    assert "v2: 28 messages, 4 lessons of cases" in told.out
    found = await report(desk, "v2")
    assert (found["state"], found["old"], found["poison"]) == (State.READY, "v1", [])
    assert {row["label"] for row in found["beside"]["departments"]} == set(SAID)
    assert sorted(one[0] for one in found["comparison"]["gained"]) == sorted(found["cases"])
    assert all(one["disk"] > 0 for one in found["cost"])
    assert "狗" not in str(found), "a report holds no resident's text"
    assert load(tmp_path / "models" / "v2", MODELS.public).version == found["fingerprint"]
    with pytest.raises(NotAllowed):
        await learning_desk.promote(desk, "v2", "jiangyan", knowingly=True)
    async with following(running):
        await learning_desk.promote(desk, "v2", "wenxuemei", knowingly=True)
        await until(running, "v2")
        await learning_desk.rollback(desk, "jiangyan")
        await until(running, "v1")


async def test_versions_are_listed_and_compared(
    running: InUse, desk: Desk, run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await trained(desk, tmp_path) == 0
    code, listed, _ = await asyncio.to_thread(run, "models")
    assert code == 0
    first, second = listed.splitlines()[1:3]
    assert first.split()[:3] == ["v2", "ready", "jiangyan"]
    assert "asks: agreement" in first
    assert second.split()[-1] == "yes"
    await learning_desk.compare(desk, "v1", "v2")
    told = capsys.readouterr().out
    for words in ("accuracy", "coverage at 0.95", "texts_per_second", "生态环境", "wrong before, right now", "公安"):
        assert words in told
    await learning_desk.compare(desk, "v2", "v1")
    assert "v1 was not compared with v2" in capsys.readouterr().out
    code, _, error = await asyncio.to_thread(run, "promote", "v2", "--by", "jiangyan")
    assert (code, "You trained it" in error, "agrees with" in error) == (2, True, True)
    code, _, error = await asyncio.to_thread(run, "promote", "v2", "--by", "wenxuemei")
    assert (code, "confirm once more" in error) == (2, True)
    assert (await asyncio.to_thread(run, "promote", "v2", "--by", "wenxuemei", "--knowingly"))[0] == 0
    assert (await asyncio.to_thread(run, "rollback", "--by", "jiangyan"))[0] == 0


async def test_a_training_that_is_interrupted_is_over_at_once(running: InUse, desk: Desk, tmp_path: Path) -> None:
    """Nobody waits an hour for it to be taken as dead."""
    task = asyncio.create_task(trained(desk, tmp_path))
    async with asyncio.timeout(60):
        while not (tmp_path / "models").exists() or not await begun(desk):
            await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await report(desk, "v2"))["failure"] == Failure.ENDED
    assert await trained(desk, tmp_path) == 0


async def test_a_training_that_runs_elsewhere_is_called_off_here(running: InUse, desk: Desk) -> None:
    async with desk.transactions.begin() as session:
        await learning.begin(session, await session.get_one(Person, "jiangyan"), desk.now)
    await learning_desk.cancel(desk, "wenxuemei")
    assert (await report(desk, "v2"))["failure"] == Failure.CANCELLED
    with pytest.raises(Stale):
        await learning_desk.cancel(desk, "wenxuemei")
    async with desk.transactions.read() as session:
        rows = (await session.exec(select(AuditEntry))).all()
    assert [(row.person, row.action, row.subject) for row in rows] == [("wenxuemei", "cancel", "v2")]


async def begun(desk: Desk) -> bool:
    async with desk.transactions.read() as session:
        row = await session.get(ModelVersion, "v2")
        return row is not None and learning.running(row, utcnow())


async def test_nothing_to_learn_from_is_told(running: InUse, desk: Desk, town: Sessions, tmp_path: Path) -> None:
    assert await trained(desk, tmp_path, list) == 1
    assert (await report(desk, "v2"))["failure"] == Failure.DATA


@pytest.mark.parametrize(
    ("command", "code", "words"),
    [
        (["train"], 2, "--by PERSON"),
        (["train", "--out", "x"], 2, "--out goes with"),
        (["train", "--by", "nobody"], 1, "nobody signs in as nobody"),
        (["train", "--by", "limin"], 2, "Only admins"),
        (["promote", "v7", "--by", "jiangyan"], 2, "There is no version v7."),
        (["rollback", "--by", "jiangyan"], 2, "No other version was in use before."),
        (["compare", "v7", "v8"], 2, "There is no version v7."),
    ],
)
def test_refused_in_words(run: Run, command: list[str], code: int, words: str) -> None:
    done, _, error = run(*command)
    assert (done, words in error, "Traceback" in error) == (code, True, False)


def test_no_version_yet(run: Run) -> None:
    assert run("models")[:2] == (0, "no version yet\n")


def test_a_model_for_any_folder_needs_no_installation_and_none_is_made(run: Run, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("text,label\n" + "".join(f"{r.text},{r.label}\n" for r in SMALL), "utf-8")
    call = [sys.executable, "-m", "app", "train", "--data", "rows.csv", "--out", "model"]
    plain = {key: value for key, value in os.environ.items() if key != "MODEL_KEY"} | {"PYTHONPATH": str(ROOT)}
    subprocess.run(call, cwd=tmp_path, env=plain, check=True, capture_output=True, timeout=120)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model", "rows.csv"]
    ask = [sys.executable, "-m", "app", "classify", "--model", "model"]
    line = '{"id": 1, "text": "油烟直排"}\n'.encode()
    said = subprocess.run(ask, cwd=tmp_path, env=plain, input=line, check=True, capture_output=True, timeout=120)
    assert json.loads(said.stdout)["label"] == "生态环境"
