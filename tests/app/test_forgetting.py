"""Who is erased is nowhere any more, and the record is whole; what is kept long enough loses its words."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import SQLModel, select

from app import backup as backups
from app import forgetting_desk
from app.desk import Desk
from app.erased import remembered
from app.errors import CannotGoOn
from app.settings import Settings
from cases import linking, sealed
from cases.forgetting import FORGOTTEN, StillOpen
from models import Case, Resident
from tests.support.clock import Clock
from tests.support.site import Site

PHONE, WORDS, ANSWER = "13800138000", "楼下烧烤店油烟太大", "已上门，王女士在家"


def desk(site: Site) -> Desk:
    return Desk(site.parts.transactions, site.parts.senses.book, site.parts.now())


async def everything(site: Site) -> str:
    """All rows of all tables, as text."""
    async with site.parts.sessions() as session:
        rows = [
            json.dumps(
                (await session.execute(text(f'SELECT to_jsonb(x) FROM "{name}" AS x'))).scalars().all(),
                ensure_ascii=False,
            )
            for name in SQLModel.metadata.tables
        ]
    return "\n".join(rows)


async def faults(site: Site) -> list[Any]:
    async with site.parts.sessions() as session:
        return [fault async for _, _, some in linking.verify(session) for fault in some]


def test_every_table_has_a_rule() -> None:
    """If this fails, a table is new: does it hold anything of residents? Say in cases/forgetting.py."""
    assert set(SQLModel.metadata.tables) == FORGOTTEN


async def test_who_is_erased_is_gone_and_the_record_whole(site: Site, clock: Clock, tmp_path: Path) -> None:
    resident, other, limin = await site.resident("B0103"), await site.resident("B0103"), await site.staff("limin")
    number = await resident.file(WORDS)
    kept = await other.file("路灯坏了三天")
    async with site.parts.transactions.begin() as session:
        its = (await session.execute(text("SELECT resident, id FROM cases WHERE number = :n"), {"n": number})).one()
    at, settings = desk(site), Settings(data_dir=tmp_path)
    with pytest.raises(StillOpen):
        await forgetting_desk.erase(at, settings, site.parts.keys, number, "jiangyan", "asked for", True)
    await limin.step(number, "sign")
    await limin.step(number, "reply", text=ANSWER, outcome="solved", photos=[await limin.upload()])
    await site.settle()
    await resident.look()
    for answer in ("联系过", "解决了", "满意"):
        await resident.press("rate", answer)
    await site.settle()
    before = await everything(site)
    assert WORDS in before and ANSWER in before and str(its.resident) in before
    with pytest.raises(CannotGoOn):
        await forgetting_desk.erase(at, settings, site.parts.keys, number, "limin", "asked for", True)
    await forgetting_desk.erase(at, settings, site.parts.keys, number, "jiangyan", "asked for", True)
    after = await everything(site)
    assert [word for word in (WORDS, ANSWER, str(its.resident)) if word in after] == []
    assert "路灯坏了三天" in after and number in after
    assert await faults(site) == []
    async with site.parts.sessions() as session:
        case = await session.get_one(Case, its.id)
        assert (case.status, case.category, case.grid) != (None, None, None) and case.submitted_at and not case.text
        kinds = (
            "SELECT count(*) FROM events WHERE case_id = :case AND kind <> 'erase' AND (salt IS NOT NULL OR text <> '')"
        )
        assert await session.scalar(text(kinds), {"case": its.id}) == 0
        found = "SELECT words && word_pairs(:words) FROM case_words WHERE case_id = :case"
        assert await session.scalar(text(found), {"words": WORDS, "case": its.id}) is False
        one = "SELECT person, action, reason FROM audit WHERE action = 'erase'"
        assert [tuple(row) for row in await session.execute(text(one))] == [("jiangyan", "erase", "asked for")]
        for wrong in ("text = '没有的事'", """details = '{"outcome": "unsolved"}'"""):
            tampered = f"UPDATE events SET {wrong} WHERE case_id = :case AND kind = 'reply'"
            await session.execute(text(tampered), {"case": its.id})
            assert [fault.what async for _, _, some in linking.verify(session) for fault in some] == ["left"]
            await session.rollback()
    page = await limin.case(number)
    assert page["timeline"][-1]["kind_text"] == "内容已删除，只留办理记录"
    chen = await site.staff("chenlu")
    seen = await chen.http.get(f"/console/cases/{number}")
    assert (seen.status_code, WORDS in seen.text) == (200, False)
    assert kept in await everything(site)
    assert remembered(tmp_path) == [its.resident]


async def test_a_restored_resident_is_erased_again(site: Site, town_url: str, tmp_path: Path) -> None:
    """Found by telephone; after a restore only the numbers kept beside the database tell whom it was."""
    resident, settings = await site.resident("B0103"), Settings(data_dir=tmp_path)
    number = await resident.file(WORDS)
    async with site.parts.transactions.begin() as session:
        await session.execute(text("UPDATE cases SET status = 'closed'"))
        who = (await session.exec(select(Resident))).one()
        sealed.keep(site.parts.keys, who, PHONE)
    back = backups.backup(town_url, tmp_path, tmp_path / "backup.tar")
    await forgetting_desk.erase(desk(site), settings, site.parts.keys, PHONE, "jiangyan", "asked for", True)
    assert WORDS not in await everything(site)
    assert backups.restore(town_url, tmp_path, tmp_path / "backup.tar", force=True) == back
    assert WORDS in await everything(site)
    await forgetting_desk.erase_again(desk(site), settings)
    await forgetting_desk.erase_again(desk(site), settings)
    left = await everything(site)
    assert WORDS not in left and number in left


async def test_what_ended_long_ago_loses_its_words(
    site: Site, clock: Clock, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    resident = await site.resident("B0103")
    number = await resident.file(WORDS)
    await resident.say("进度")
    await resident.press("withdraw")
    await resident.press("confirm_withdraw")
    await site.settle()
    async with site.parts.sessions() as session:
        status = await session.scalar(text("SELECT status FROM cases WHERE number = :n"), {"n": number})
    assert status == "withdrawn"
    settings = Settings(data_dir=tmp_path)
    clock.forward(days=365)  # still the second year after
    await forgetting_desk.retain(desk(site), settings, 1, False)
    assert WORDS in await everything(site)
    clock.forward(days=365)
    await forgetting_desk.retain(desk(site), settings, 1, True)
    assert "cases: 1" in capsys.readouterr().out.splitlines() and WORDS in await everything(site)
    await forgetting_desk.retain(desk(site), settings, 1, False)
    left = await everything(site)
    assert WORDS not in left and number in left and await faults(site) == []
    assert capsys.readouterr().out.splitlines()[-3:] == ["cases: 1", "residents: 1", "refused updates: 0"]
