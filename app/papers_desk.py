"""What the commands about papers and lists do on a database, and what they show of it."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path

from rich.table import Table

from app.desk import Desk, person
from app.errors import CannotGoOn
from app.terminal import show
from bot.papers import bulletin as paper
from bot.texts import LOCALES
from cases import bulletins
from cases import clearing as lists
from cases.bulletin import last_monday
from cases.clearing import Progress
from cases.periods import today


async def bulletin(
    desk: Desk, week: str | None, area: str | None, out: Path | None, locale: str, as_json: bool
) -> None:
    area = area or desk.book.town.code
    if area not in bulletins.areas(desk.book):
        raise CannotGoOn(f"{area}: neither the town nor a street of it")
    if locale not in LOCALES:
        raise CannotGoOn(f"{locale}: none of {', '.join(LOCALES)}")
    monday = bulletins.monday_of(week) if week else last_monday(desk.now)
    async with desk.transactions.begin() as session:
        row = await bulletins.of_week(session, desk.book, area, monday, desk.now)
    if as_json:
        print(json.dumps(row.content, ensure_ascii=False, indent=2))
        return
    out = out or Path(paper.file_name(row))
    made = await paper.bulletin(row, locale)
    await asyncio.to_thread(out.write_bytes, made)
    show(f"{out}: {row.content['week']} of {desk.book.area_name(area)}, {len(made) / 1024:.0f} KB")


async def clearing(desk: Desk, month: date | None, area: str | None, as_json: bool) -> None:
    if area is not None and area not in desk.book.areas:
        raise CannotGoOn(f"{area}: no area of this code")
    day = month or today(desk.now)
    async with desk.transactions.read() as session:
        rows = await lists.progress(session, desk.book, day, desk.now, within=area)
    if as_json:
        told = [asdict(one) | {"missing": one.missing, "reached": one.reached} for one in rows]
        print(json.dumps(told, ensure_ascii=False, indent=2, default=str))
        return
    show(_table(desk, rows) if rows else f"{day:%Y-%m}: no targets and no disputes")


def _table(desk: Desk, rows: Sequence[Progress]) -> Table:
    table = Table("area", "", "target", "at start", "new", "settled", "dropped", "open", "to go", "days left")
    for one in rows:
        aim = "–" if not one.has_target else "all" if one.settle is None else str(one.settle)
        counts = (one.listed, one.new, one.settled, one.dropped, one.open)
        togo = "–" if not one.has_target else "done" if one.reached else str(one.missing)
        table.add_row(one.area, desk.book.area_name(one.area), aim, *map(str, counts), togo, str(one.days))
    return table


async def set_target(desk: Desk, area: str, month: date | None, settle: int | None, by: str) -> None:
    async with desk.transactions.begin() as session:
        who = await person(session, by)
        row = await lists.set_target(session, desk.book, area, month or today(desk.now), settle, who, desk.now)
    aim = "all that were open" if row.settle is None else str(row.settle)
    show(f"{desk.book.area_name(area)}, {row.month:%Y-%m}: {aim} to be settled")
