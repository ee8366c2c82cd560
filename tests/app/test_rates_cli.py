"""Rates and ledger as an operator asks for them, and /rates in the staff's bot."""

import csv
import io
import json
from datetime import date

import pytest

from app import rates_desk
from app.desk import Desk
from app.errors import CannotGoOn
from tests.bot.desk.phones import Post, phone
from tests.support.clock import Clock
from tests.support.people import Resident
from tests.support.site import Site

WEEK = (date(2026, 11, 16), date(2026, 11, 22))


async def answered(site: Site, clock: Clock, satisfied: str) -> tuple[Resident, str]:
    resident, limin = await site.resident("B0103"), await site.staff("limin")
    number = await resident.file("楼下烧烤店油烟太大")
    await limin.step(number, "sign")
    clock.forward(minutes=90)
    await limin.step(number, "reply", text="已清洗烟道。", outcome="solved", photos=[await limin.upload()])
    await site.settle()
    await resident.look()
    for answer in ("联系过", "解决了", satisfied):
        await resident.press("rate", answer)
    return resident, number


def desk(site: Site) -> Desk:
    return Desk(site.parts.transactions, site.parts.senses.book, site.parts.now())


async def test_what_one_asks_for_is_shown(site: Site, clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    _, first = await answered(site, clock, "满意")
    resident, second = await answered(site, clock, "不满意")
    await resident.say("进度")
    await resident.press("reopen")
    await resident.say("又冒烟了")
    clock.forward(minutes=1)
    at = desk(site)

    await rates_desk.rates(at, "unit", *WEEK, None, None, True)
    told = json.loads(capsys.readouterr().out)
    [unit] = [row for row in told["rows"] if row["key"] == "CGJ"]
    assert (told["by"], told["from"], told["to"], unit["name"]) == ("unit", "2026-11-16", "2026-11-22", "城市管理局")
    assert unit["contacted"] == {"part": 2, "whole": 2, "value": 1.0}
    assert unit["satisfied"] == {"part": 1, "whole": 2, "value": 0.5}
    assert (unit["finished"]["part"], unit["finished"]["whole"], unit["median_hours"]) == (2, 3, 1.5)
    await rates_desk.rates(at, "worker", *WEEK, None, "CX-DG", False)
    shown = capsys.readouterr().out
    assert "李敏 limin" in shown and "50.0% 1/2" in shown
    for wrong in (("street", *WEEK, None, None), ("unit", *WEEK, None, "CX-XX"), ("unit", *WEEK[::-1], None, None)):
        with pytest.raises(CannotGoOn):
            await rates_desk.rates(at, *wrong, False)

    await rates_desk.ledger(at, date(2026, 11, 1), False, True, "zh-Hans")
    text = capsys.readouterr().out
    head, *rows = csv.reader(io.StringIO(text.removeprefix("\ufeff")))
    lines, total = [dict(zip(head, row, strict=True)) for row in rows[:-1]], rows[-1]
    assert text.startswith("\ufeff姓名,账号") and [line["编号"] for line in lines] == [first, second]
    assert [(line["用时（小时）"], line["按时"], line["满意"]) for line in lines] == [
        ("1.5", "是", "满意"), ("1.5", "是", "不满意"),
    ]  # fmt: skip
    assert (lines[0]["姓名"], lines[0]["类别"], lines[0]["反映时间"]) == ("李敏", "餐饮油烟", "2026-11-18 10:00")
    assert total[3] == "合计 2 件" and total[-5:] == ["2", "评价 2 件", "2", "1", "0"]
    await rates_desk.ledger(at, date(2026, 11, 1), False, False, "zh-Hans")
    assert "李敏 limin" in capsys.readouterr().out


async def test_a_leader_asks_in_the_bot(site: Site, clock: Clock) -> None:
    await answered(site, clock, "满意")
    post = Post(site)
    leader, worker = [await phone(post, f"chat-{name}").bind(name) for name in ("dongchunsheng", "limin")]
    [told] = await leader.say("/rates")
    assert told.splitlines()[:4] == [
        "三率和办理情况",
        "【城市管理局】",
        "本周 11-16 起：响应率 100%（1/1），解决率 100%（1/1），满意率 100%（1/1）",
        "办结率 100%（1/1），按时 100%（1/1），退单 0%（0/1），超期未结 0 件",
    ]
    assert await leader.say("三率") == [told]
    assert await worker.say("/rates") != [told]
