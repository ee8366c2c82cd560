"""Learning through the real program: trained beside it, told as it goes, promoted by a second admin, undone."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from pathlib import Path

import psutil
import pytest
from procrastinate import App
from pydantic import SecretStr
from sqlalchemy import text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from structlog.testing import capture_logs

import app.build
from app.build import build, follow, guess
from app.jobs import reap, work_on
from app.learning_child import request
from app.learning_use import InUse
from app.server import DATABASE, url_of
from app.settings import Settings
from cases.errors import Stale
from cases.learning import State
from classifiers import Row, SigningKey, firstday, load, save, train, version_of
from models import Case, ModelVersion, Person, Prediction
from tests.support.clock import Clock
from tests.support.keys import MODELS
from tests.support.program import Program, end
from tests.support.promises import size
from tests.support.school import SMALL, School, opened, trainers
from tests.support.site import Site


@pytest.fixture
async def school(site: Site, tmp_path: Path) -> School:
    return await opened(site.parts, tmp_path)


@pytest.fixture
async def idle(town_url: str, tmp_path: Path, clock: Clock) -> AsyncIterator[School]:
    """One where nobody works on the queue yet."""
    settings = Settings(data_dir=tmp_path, secret_key=SecretStr("for tests only: 0123456789abcdef"))
    async with build(settings, town_url, clock) as parts, parts.queue.open_async():
        parts.queue.periodic_registry.periodic_tasks.clear()
        yield await opened(parts, tmp_path)


@pytest.mark.promise("M3")
async def test_trained_promoted_by_another_used_at_once_and_rolled_back(school: School, site: Site) -> None:
    parts = site.parts
    parts.senses.classify = lambda said: guess(parts.in_use.model, said)  # tests elsewhere say what it thinks
    first = parts.model
    assert first is not None
    assert parts.in_use.version == "v1"
    assert await school.begin() == "v2"
    report = await school.until("v2", State.READY)

    assert report["learned"] == {"messages": 29, "lessons": 5}
    assert len(report["cases"]) == 5
    assert report["beside"]["lessons"] == 5
    assert report["agreement"]["cases"] == 5
    assert report["gate"] == {"passed": True, "against": [], "ask": ["agreement"]}, "it decides otherwise about dogs"
    fractions = [fraction for version, _, fraction in school.told if version == "v2"]
    assert fractions == sorted(fractions)
    assert len(fractions) > 1
    assert school.told[-1] == ("v2", "ready", 1.0)
    assert not await parts.in_use.look(), "trained is not promoted"

    await school.promote("v2")
    assert await parts.in_use.look()
    assert parts.model is not None
    assert parts.model.version == report["fingerprint"] == version_of(school.models / "current")
    assert await predicted(site, "小区里遛狗不牵绳，吓哭孩子") == ("公安", report["fingerprint"])
    assert parts.in_use.names == {first.version: "v1", report["fingerprint"]: "v2"}

    assert await school.rollback() == "v1"
    assert await parts.in_use.look()
    assert parts.model.version == first.version == version_of(school.models / "current")
    assert (await predicted(site, "小区门口遛狗不牵绳"))[1] == first.version


async def predicted(site: Site, text: str) -> tuple[str, str]:
    """What the model said of a complaint that a resident files now, and which model it was."""
    resident = await site.resident("B0103")
    await resident.say(text)
    if "submit" not in resident.buttons:  # it asks which of three
        await resident.press("none")
    await resident.press("submit")
    number = resident.said[-1]["case"]["number"]
    async with site.parts.sessions() as session:
        chosen = select(Prediction).join(Case, col(Case.id) == Prediction.case_id).where(Case.number == number)
        said = (await session.exec(chosen)).one()
    return said.label, said.model


async def test_two_at_once_one_trains(school: School) -> None:
    said = await asyncio.gather(school.begin("jiangyan"), school.begin("wenxuemei"), return_exceptions=True)
    begun = [one for one in said if isinstance(one, str)]
    (refused,) = [one for one in said if isinstance(one, Stale)]
    assert (begun, refused.key) == (["v2"], "learning.running")
    await school.until("v2", State.READY)
    assert await school.begin() == "v3"
    await school.until("v3", State.READY)


async def test_nothing_to_learn_from_is_told_on_the_row(school: School) -> None:
    school.parts.learning.corpus = list
    async with school.parts.transactions.begin() as session:
        await session.execute(text("DELETE FROM corrections"))
    await school.begin()
    assert (await school.until("v2", State.FAILED))["failure"] == "data"
    assert school.told[-1][:2] == ("v2", "failed")


async def test_a_training_goes_on_though_nobody_can_be_told(school: School) -> None:
    async def broken(session: AsyncSession, row: ModelVersion, now: datetime) -> None:
        await session.execute(text("SELECT 1 / 0"))

    school.parts.learning.on_progress = broken
    await school.begin()
    await school.until("v2", State.READY)


@pytest.mark.kill
@pytest.mark.promise("M4")
async def test_a_training_that_is_killed_leaves_the_old_model_and_the_next_is_clean(school: School) -> None:
    school.parts.learning.corpus = firstday.rows
    await school.begin()
    (await school.under_way("v2")).kill()
    assert (await school.until("v2", State.FAILED))["failure"] == "ended"
    assert not await school.parts.in_use.look()
    assert school.parts.in_use.version == "v1"
    school.parts.learning.corpus = lambda: SMALL
    await school.begin()
    await school.until("v3", State.READY)
    assert trainers() == []


@pytest.mark.kill
async def test_a_training_that_is_called_off_ends_its_process_and_leaves_the_old_model(school: School) -> None:
    parts = school.parts
    parts.learning.corpus = firstday.rows
    await school.begin()
    process = await school.under_way("v2")
    async with parts.transactions.begin() as session:
        await parts.learning.cancel_training(session, await session.get_one(Person, "wenxuemei"), parts.now())
    report = await school.report("v2")
    assert (report["state"], report["failure"], report["history"][-1]["by"]) == ("failed", "cancelled", "wenxuemei")
    async with asyncio.timeout(10):
        while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
            await asyncio.sleep(0.1)
    assert school.told[-1][:2] == ("v2", "failed")
    assert not await parts.in_use.look()
    with pytest.raises(Stale, match=r"learning\.none_running"):
        async with parts.transactions.begin() as session:
            await parts.learning.cancel_training(session, await session.get_one(Person, "jiangyan"), parts.now())
    parts.learning.corpus = lambda: SMALL
    assert await school.begin() == "v3"
    await school.until("v3", State.READY)
    assert trainers() == []
    assert (await school.report("v2"))["failure"] == "cancelled", "its process had the last word"


async def test_a_training_called_off_before_a_worker_took_it_never_begins(idle: School) -> None:
    await idle.begin()
    parts = idle.parts
    async with parts.transactions.begin() as session:
        await parts.learning.cancel_training(session, await session.get_one(Person, "jiangyan"), parts.now())
    await parts.learning.train("v2", 0)  # the job, as the worker that comes by would do it
    assert (await idle.report("v2"))["failure"] == "cancelled"
    assert not (idle.models / "v2").exists()


@pytest.mark.kill
async def test_a_worker_that_died_in_training_is_followed_by_another(idle: School) -> None:
    """What it left in the folder does not matter."""
    (idle.models / "v2").mkdir()
    (idle.models / "v2" / ".0123456789abcdef.npz.77").write_bytes(b"half")
    await idle.begin()
    queue = idle.parts.queue
    dead = await queue.job_manager.register_worker()
    assert await queue.job_manager.fetch_job(None, dead)
    silent = "UPDATE procrastinate_workers SET last_heartbeat = now() - interval '21 seconds'"
    await queue.connector.execute_query_async(silent)
    assert await reap(queue) == 1
    async with at_work(queue):
        await idle.until("v2", State.READY)
    assert sorted(path.suffix for path in (idle.models / "v2").iterdir()) == [".json", ".npz"]


@pytest.mark.kill
async def test_a_training_cut_off_by_a_shutdown_is_done_by_the_next_worker(idle: School) -> None:
    idle.parts.learning.corpus = firstday.rows
    await idle.begin()
    async with at_work(idle.parts.queue):
        await idle.under_way("v2")
    assert trainers() == []
    idle.parts.learning.corpus = lambda: SMALL
    async with at_work(idle.parts.queue):
        await idle.until("v2", State.READY)


@asynccontextmanager
async def at_work(queue: App) -> AsyncIterator[None]:
    task = asyncio.create_task(work_on(queue))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def test_the_process_ends_when_whoever_asked_is_gone(tmp_path: Path) -> None:
    """As after kill -9 of the worker: the pipe closes."""
    asked = request(
        firstday.rows(), lessons=[], before=[], recent=[], old=None, out=str(tmp_path / "v2"), key=MODELS.text
    )
    call = [sys.executable, "-m", "app.learning_child"]
    with subprocess.Popen(call, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(asked.line())
        process.stdin.flush()
        assert json.loads(process.stdout.readline())["stage"] == "learning"
        process.stdin.close()
        assert process.wait(10) == 1
    assert not (tmp_path / "v2").exists()


async def promoted(school: School, programs: int = 1) -> list[InUse]:
    """v2 is in use; and other programs, which have v1 in memory."""
    others = [in_use(school) for _ in range(programs)]
    for other in others:
        await other.look()
    await school.begin()
    await school.until("v2", State.READY)
    await school.promote("v2")
    return others


def in_use(school: School) -> InUse:
    return InUse(school.parts.transactions, school.models / "current", school.parts.now, MODELS.public)


SPOILT = {
    "damaged": "damaged", "missing": "missing", "another": "foreign", "unsigned": "unsigned", "another key": "foreign",
}  # fmt: skip


@pytest.mark.promise("R16")
async def test_a_spoilt_model_leaves_the_last_good_one_and_raises_the_alarm(school: School, tmp_path: Path) -> None:
    """Trained once and spoilt in each way, under a program that runs and one that starts."""
    folder, whole = school.models / "v2", tmp_path / "whole"
    for running, how in zip(await promoted(school, len(SPOILT)), SPOILT, strict=True):
        shutil.copytree(whole if whole.exists() else folder, folder if whole.exists() else whole)
        spoil(folder, how)
        for program in (running, in_use(school)):
            with capture_logs() as logs:
                await program.look()
                await program.look()
            alarms = [(line["version"], line["reason"]) for line in logs if line["event"] == "model.unusable"]
            assert alarms == [("v2", SPOILT[how])], how
            assert program.version == "v1"
            assert program.model is not None
        shutil.rmtree(folder, ignore_errors=True)


def spoil(folder: Path, how: str) -> None:
    match how:
        case "damaged":
            next(folder.glob("*.npz")).write_bytes(b"PK" + os.urandom(999))
        case "missing":
            shutil.rmtree(folder)
        case "another":
            save(train(SMALL[::-1]), folder, MODELS)
        case "unsigned":
            save(load(folder), folder)
        case "another key":
            save(load(folder), folder, SigningKey.made())


async def test_a_model_that_is_whole_again_is_taken(school: School) -> None:
    (running,) = await promoted(school)
    (school.models / "v2").rename(school.models / "away")
    assert not await running.look()
    (school.models / "away").rename(school.models / "v2")
    assert await running.look()
    assert running.version == "v2"


async def test_programs_that_start_together_adopt_the_first_model_once(idle: School) -> None:
    save(train([*SMALL, Row("油烟呛人", "生态环境")]), idle.models / "current", MODELS)  # an operator trained anew
    programs = [
        InUse(idle.parts.transactions, idle.models / "current", idle.parts.now, MODELS.public) for _ in range(3)
    ]
    assert await asyncio.gather(*(program.look() for program in programs)) == [True] * 3
    assert [program.version for program in programs] == ["v2"] * 3
    async with idle.parts.sessions() as session:
        rows = await idle.parts.learning.versions(session)
    assert [(row.version, row.trained_by) for row in rows] == [("v2", None), ("v1", None)]


async def test_a_running_program_notices_by_itself(school: School, monkeypatch: pytest.MonkeyPatch) -> None:
    assert app.build.LOOK_SECONDS < 10
    monkeypatch.setattr(app.build, "LOOK_SECONDS", 0.05)
    following = asyncio.create_task(follow(school.parts))
    save(train(SMALL[:-1]), school.models / "current", MODELS)
    async with asyncio.timeout(10):
        while school.parts.in_use.version != "v2":
            await asyncio.sleep(0.05)
    following.cancel()
    with suppress(asyncio.CancelledError):
        await following


async def test_what_an_admin_promoted_stays_whatever_lies_in_the_folder(school: School) -> None:
    (running,) = await promoted(school)
    assert await running.look()
    save(train(SMALL[:-1]), school.models / "current", MODELS)
    assert not await running.look()
    assert running.version == "v2"


SHORTER = """
from classifiers import firstday
whole = firstday.rows
firstday.rows = lambda: whole()[::20]
"""


@pytest.mark.kill
@pytest.mark.promise("M4")
async def test_the_whole_program_killed_in_training_begins_anew_and_takes_what_is_promoted(
    new_data_dir: Callable[[], Path],
) -> None:
    """M4, with `kill -9` and the shipped corpus; asked for from outside, as another copy of the program would.

    Only the long run learns all of it: a training that was cut off is one, however long it takes.
    """
    folder, corpus = new_data_dir(), size(SHORTER, "")
    if corpus:
        save(train(firstday.rows()[::20]), folder / "models" / "current", MODELS)
    program = Program(folder, first=corpus)
    try:
        program.wait()
        settings = Settings(data_dir=folder)
        async with build(settings, url_of(folder / "postgres", DATABASE)) as parts:
            school = School(parts, folder / "models")
            await school.begin()
            async with asyncio.timeout(300):
                while (await school.report("v2"))["progress"]["fraction"] < 0.1:
                    await asyncio.sleep(0.1)
            (child,) = psutil.Process(program.process.pid).children()
            program.kill()
            child.wait(10)
        program = Program(folder, first=corpus).wait()
        async with build(settings, url_of(folder / "postgres", DATABASE)) as parts:
            school = School(parts, folder / "models")
            assert used_by(program) == "v1"
            report = await school.until("v2", State.READY, seconds=900)
            await school.promote("v2")
            async with asyncio.timeout(10):
                while used_by(program) != "v2":
                    await asyncio.sleep(0.2)
        assert version_of(folder / "models" / "current") == report["fingerprint"]
    finally:
        end([program])


def used_by(program: Program) -> str:
    """The version that the program said it uses, last."""
    log = (program.data_dir / "log").read_text("utf-8")
    said = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    return next(str(line["version"]) for line in reversed(said) if line.get("event") == "model.in_use")
