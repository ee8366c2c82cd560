"""The commands about the rule table as an operator gives them: what they show and how they end."""

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlmodel import col, func, select

from app import rules_desk
from app.build import utcnow
from app.database import Sessions
from app.desk import Desk
from app.errors import CannotGoOn
from app.jobs import defer_deliveries
from app.rules_desk import Wish
from app.settings import Settings
from bot.transactions import Transactions
from cases import triage
from cases.book import read_book
from classifiers import Row, save, train
from models import Case, Event, Notification, RoutingRule
from tests.app.conftest import Run
from tests.support.keys import MODELS
from tests.support.rows import add_case

ROOT = Path(__file__).parents[2]
NIGHT = "2026-11-18 23:30"


@pytest.fixture
async def desk(town: Sessions) -> Desk:
    async with town() as session:
        return Desk(Transactions(town, defer_deliveries), await read_book(session), utcnow())


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """The shipped town's files, to change."""
    return Path(shutil.copytree(ROOT / "data", tmp_path / "town"))


def change(files: Path, was: str, now: str) -> None:
    table = files / "rules.csv"
    text = table.read_text("utf-8")
    assert was in text
    table.write_text(text.replace(was, now, 1), "utf-8")


async def test_the_table_in_force_and_files_before_they_are_loaded(
    town: Sessions, run: Run, desk: Desk, files: Path
) -> None:
    assert run("rules", "check") == (0, "250 rules, nothing to mend\n", "")
    async with town() as session:
        (await session.get_one(RoutingRule, "R-F-TAX")).enabled = False
        await session.commit()
    report = (await rules_desk.check(desk)).as_json()
    gap = {"category": "税务", "whole": True, "area": "CX", "window": None}
    assert (report["sound"], report["counts"]["gap"]) == (False, 1)
    assert gap.items() <= report["findings"][0].items()

    last = next(line for line in (files / "rules.csv").read_text("utf-8").splitlines() if line.startswith("R-F-TAX"))
    change(files, last, f"{last}\n{last.replace('R-F-TAX', 'R-F-TAX2').replace(',SHJ,', ',ZJJ,')}")
    code, told, _ = run("rules", "check", "--town", str(files), "--json")
    found = [(one["kind"], one["rules"]) for one in json.loads(told)["findings"]]
    assert (code, found) == (1, [("conflict", ["R-F-TAX", "R-F-TAX2"])])
    change(files, last, last.replace("SHJ", "NOBODY"))
    code, said, _ = run("rules", "check", "--town", str(files))
    assert (code, "rules.csv" in said, "cannot be used" in said) == (1, True, True)


async def test_a_message_is_tried_and_nothing_is_written(town: Sessions, run: Run, desk: Desk, tmp_path: Path) -> None:
    said = [Row("楼下烧烤店油烟太大，呛得不敢开窗", "生态环境", "生态环境/餐饮油烟"), Row("公交车班次太少", "公共交通")]
    save(train(said * 12), tmp_path / "models" / "current", MODELS)
    text, category = "楼下油烟太大，呛得不敢开窗，我住丹桂苑", "生态环境/餐饮油烟"
    code, told, error = run("rules", "try", text, "--category", category, "--at", NIGHT, "--locale", "en")
    assert (code, "李敏 (limin, worker)" in told, "Rule " in told) == (0, True, True), error

    settings, night = Settings(data_dir=tmp_path, secret_key=SecretStr("x" * 32)), datetime(2026, 11, 18, 23, 30)  # noqa: DTZ001
    trial = await rules_desk.try_out(desk, settings, Wish(text, None, night, None, "zh-Hant"))
    assert trial["model"]["says"] == "生态环境"
    assert (trial["place"], trial["area"][-1]) == ("丹桂苑", "丹桂社区第三网格")
    assert datetime.fromisoformat(trial["facts"]["at"]) == datetime(2026, 11, 18, 15, 30, tzinfo=UTC)
    assert set(trial["due"]) == {"sign", "contact", "resolve"}
    accused = await rules_desk.try_out(desk, settings, Wish("网格员态度很差", "B0103", night, category, "zh-Hans"))
    assert accused["facts"]["accused"] == ["DG-01", "limin"]
    assert accused["person"]["code"] != "limin" and "李敏" in accused["because"]
    for wrong in (Wish(text, None, None, "没有", "en"), Wish(text, "火星路", None, "税务", "en")):
        with pytest.raises(CannotGoOn, match=r"^no "):
            await rules_desk.try_out(desk, settings, wrong)
    async with town() as session:
        for table in (Case, Event, Notification):
            assert (await session.exec(select(func.count()).select_from(table))).one() == 0


async def filed(town: Sessions, labels: list[tuple[str, str | None]]) -> list[str]:
    """Cases routed by the rules in force, one a label."""
    numbers = []
    async with town() as session:
        book = await read_book(session)
        for field, item in labels:
            case = await add_case(session, utcnow())
            case.category, case.item, case.grid = field, item, "CX-DG-01-03"
            await triage.sort(session, book, case, utcnow(), sure=True)
            numbers.append(case.number)
        await session.commit()
    return numbers


async def test_what_would_change_if_other_files_were_in_force(
    town: Sessions, run: Run, desk: Desk, files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labels: list[tuple[str, str | None]] = [("税务", None), ("教育", None), ("税务", None)]
    numbers, since = await filed(town, labels), utcnow().replace(tzinfo=None) - timedelta(days=2)
    await rules_desk.replay(desk, None, since, as_json=False)
    assert capsys.readouterr().out.splitlines()[-1] == "0 of 3 cases would go elsewhere"

    row = next(line for line in (files / "rules.csv").read_text("utf-8").splitlines() if line.startswith("R-F-TAX"))
    change(files, row, row.replace(",SHJ,", ",ZLZX,"))
    await rules_desk.replay(desk, rules_desk.book_of(files), since, as_json=False)
    told = capsys.readouterr().out
    assert told.splitlines()[-1] == "2 of 3 cases would go elsewhere"
    assert numbers[0] in told and numbers[1] not in told and "油烟" not in told

    code, told, error = run("rules", "replay", "--since", f"{since:%Y-%m-%d}", "--town", str(files), "--json")
    lines: list[Any] = [json.loads(line) for line in told.splitlines()]
    changed = {"rule": "R-F-TAX", "unit": "SHJ", "new_rule": "R-F-TAX", "new_unit": "ZLZX"}
    assert lines[:-1] == [{"number": number, **changed} for number in (numbers[0], numbers[2])]
    assert lines[-1]["sum"] == {
        "cases": 3, "changed": 2, "before": {"SHJ": 2, "JYJ": 1}, "after": {"ZLZX": 2, "JYJ": 1}, "held": 0,
    }  # fmt: skip
    assert code == 0 and "replayed" in error
    await rules_desk.replay(desk, None, since + timedelta(days=4), as_json=False)
    assert capsys.readouterr().out.splitlines()[-1] == "0 of 0 cases would go elsewhere"
    async with town() as session:
        kept = (await session.exec(select(Case.unit).where(col(Case.number).in_(numbers)))).all()
    assert sorted(map(str, kept)) == ["JYJ", "SHJ", "SHJ"]
