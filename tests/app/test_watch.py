"""The watching commands as an operator gives them: what they show, what they refuse, and how they end."""

from pathlib import Path

import pytest
from sqlmodel import select

from app.build import utcnow
from app.database import Sessions
from cases import learning
from classifiers import Row, save, train
from models import Case, Correction, ModelVersion, Person, Prediction
from tests.app.conftest import Run
from tests.support.keys import MODELS
from tests.support.rows import add_case

ROOT = Path(__file__).parents[2]
STREETS = ["东门", "西街", "三单元", "菜场旁", "学校边", "河边", "老车站", "新村口"]
SAID = {"城市管理": "{}的摊贩占了人行道，推车过不去", "公安": "{}遛狗不牵绳，吓哭孩子"}


async def case(town: Sessions, text: str) -> str:
    """One the model was torn about, filed just now."""
    async with town() as session:
        row = await add_case(session, utcnow())
        row.text, row.category = text, "城市管理"
        said = {"model": "m", "label": "城市管理", "confidence": 0.5, "action": "ask"}
        ranking = [["城市管理", 0.5], ["公安", 0.4]]
        session.add(Prediction(case_id=row.id, at=row.submitted_at, ranking=ranking, **said))
        await session.commit()
        return row.number


async def ready(town: Sessions) -> None:
    async with town() as session:
        session.add(learning.adopted([], "live", {}, utcnow()))
        await session.flush()
        row = await learning.begin(session, await session.get_one(Person, "jiangyan"), utcnow())
        learning.finished(row, {"fingerprint": "0123456789abcdef"}, utcnow())
        await session.commit()


async def test_a_version_is_let_watch_and_told_of(town: Sessions, run: Run) -> None:
    await ready(town)
    code, said, _ = run("shadow", "v2", "--days", "3", "--by", "jiangyan")
    assert (code, said.startswith("v2 watches until 20")) == (0, True)
    async with town() as session:
        assert (await session.get_one(ModelVersion, "v2")).report["shadow"]["by"] == "jiangyan"
    number = await case(town, "遛狗不牵绳")
    code, said, _ = run("shadow", "--report")
    assert (code, said.splitlines()[1]) == (0, "0 of 1 cases read; agrees with the one in use on –")
    code, _, error = run("shadow", "v2", "--by", "jiangyan")
    assert (code, error.startswith("v2 watches already, until 20")) == (2, True)
    assert number not in said


async def test_the_queue_and_a_clerks_word(town: Sessions, run: Run) -> None:
    number = await case(town, "孩子被狗咬了，请打 13812345678")
    code, said, _ = run("review", "--limit", "5")
    line = next(line for line in said.splitlines() if number in line)
    assert (code, line.split()) == (
        0, [number, "城市管理", "公安", "90%", "1", "1", "孩子被狗咬了，请打", "138****5678"],
    )  # fmt: skip
    code, said, _ = run("review", "label", number, "公安/养犬", "--by", "chenlu")
    assert (code, said) == (0, f"{number}: 公安/养犬; the case goes on as 城市管理\n")
    assert run("review")[1] == "nothing to review\n"
    async with town() as session:
        row = (await session.exec(select(Correction))).one()
        assert (row.now, row.actor, row.why) == ("公安/养犬", "chenlu", "review")
        assert (await session.exec(select(Case))).one().category == "城市管理"


async def test_why_in_one_line(town: Sessions, run: Run, tmp_path: Path) -> None:
    assert run("why", "遛狗")[0] == 2, "there is no model"
    rows = [Row(said.format(street), label) for label, said in SAID.items() for street in STREETS]
    save(train(rows), tmp_path / "models/current", MODELS)
    code, said, _ = run("why", "楼下遛狗不牵绳，李四 13812345678")
    assert (code, said.count("\n"), said.startswith("公安 ")) == (0, 1, True)
    assert "遛狗 +" in said and "138" not in said and "李四" not in said
    async with town() as session:
        row = await add_case(session, utcnow())
        row.number, row.text = "261118-0042", "楼下遛狗不牵绳"
        await session.commit()
    code, said, _ = run("why", "261118-0042")
    assert (code, said.startswith("公安 ")) == (0, True)


def test_little_is_said_of_little(run: Run) -> None:
    code, said, _ = run("drift")
    assert (code, said.splitlines()[-1][:18]) == (0, "nothing to compare")


@pytest.mark.parametrize(
    ("command", "code", "words"),
    [
        (["shadow", "v7", "--by", "jiangyan"], 2, "There is no version v7."),
        (["shadow", "v7", "--by", "nobody"], 1, "nobody signs in as nobody"),
        (["shadow", "v7"], 2, "VERSION and --by PERSON, or --report"),
        (["shadow", "--report"], 1, "no version ever watched"),
        (["why", "261118-0001"], 2, "find 261118-0001"),
    ],
)
def test_refused_in_words(run: Run, command: list[str], code: int, words: str) -> None:
    done, _, error = run(*command)
    assert (done, words in error, "Traceback" in error) == (code, True, False)
