"""What the commands about numbers do on a database, and what they show of it."""

import json
from collections.abc import Sequence
from dataclasses import asdict, fields
from datetime import date
from itertools import groupby
from typing import Any

from rich.console import Console
from rich.table import Table

from app.desk import Desk
from app.errors import CannotGoOn
from bot.papers import ledger as paper
from bot.texts import LOCALES
from cases import ledger as ledgers
from cases import periods
from cases import rates as counted
from cases.book import Book
from cases.ledger import Line
from cases.rates import By, Rates, Share
from models import Role

WIDE = 170  # a row is one line however narrow the terminal is
HANDLERS = (Role.WORKER, Role.CLERK, Role.LEADER)
COLUMNS = {
    "filed": "filed", "handed": "handed out", "signed": "signed in time", "contacted": "contacted (响应率)",
    "finished": "finished", "in_time": "in time", "solved": "solved (解决率)", "satisfied": "satisfied (满意率)",
    "returned": "returned", "reopened": "reopened", "overdue": "ran late", "overdue_open": "late and open",
    "median_hours": "median hours", "excluded": "left out",
}  # fmt: skip


async def rates(
    desk: Desk, rows_by: str, start: date | None, end: date | None, as_of: date | None, area: str | None, as_json: bool
) -> None:
    if rows_by not in set(By):
        raise CannotGoOn(f"{rows_by}: none of {', '.join(By)}")
    by = By(rows_by)
    if area is not None and area not in desk.book.areas:
        raise CannotGoOn(f"no area has the code {area}")
    end = end or periods.today(desk.now)
    start = start or periods.month(end).start
    if end < start:
        raise CannotGoOn(f"{end} is before {start}")
    until = periods.day(as_of).until if as_of else None
    async with desk.transactions.read() as session:
        rows = await counted.rates(session, by=by, start=start, end=end, within=area, as_of=until)
    if as_json:
        shown = [{"name": _name(desk.book, by, row.key), **_plain(row)} for row in rows]
        head = {"by": by, "from": str(start), "to": str(end), "area": area, "as_of": str(as_of or end)}
        print(json.dumps({**head, "rows": shown}, ensure_ascii=False, indent=2))
        return
    table = _table(by, *COLUMNS.values())
    for row in rows:
        table.add_row(_name(desk.book, by, row.key), *(_cell(getattr(row, name)) for name in COLUMNS))
    _show(table if rows else None, f"{start} – {end}")


def _plain(row: Rates) -> dict[str, Any]:
    """Shares with their value, which is null where nothing was due."""
    plain = asdict(row)
    for field in fields(row):
        if isinstance(share := getattr(row, field.name), Share):
            plain[field.name]["value"] = share.value
    return plain


def _cell(value: Share | float | None) -> str:
    if isinstance(value, Share):
        return "–" if value.value is None else f"{100 * value.value:.1f}% {value.part}/{value.whole}"
    return "–" if value is None else f"{value:.1f}" if isinstance(value, float) else str(value)


def _name(book: Book, by: By, key: str) -> str:
    match by:
        case By.UNIT:
            return book.unit_name(key)
        case By.WORKER:
            return f"{book.people.get(key, '')} {key}".strip()
        case By.CATEGORY:
            return book.category_name(key) or "–"
    return f"{book.area_name(key)} {key}"


async def ledger(desk: Desk, month: date, everybody: bool, as_csv: bool, lang: str) -> None:
    if lang not in LOCALES:
        raise CannotGoOn(f"{lang}: none of {', '.join(LOCALES)}")
    period = periods.month(month)
    roles = HANDLERS if everybody else (Role.WORKER,)
    async with desk.transactions.read() as session:
        found = await ledgers.lines(session, start=period.start, end=period.end, as_of=desk.now, roles=roles)
    by_person = [(person, [*lines]) for person, lines in groupby(found, key=lambda line: line.person)]
    if as_csv:
        print(paper.sheet(desk.book, found, lang), end="")
        return
    table = _table("person", "unit", *TOTALS)
    for person, lines in by_person:
        unit = desk.book.unit_name(desk.book.unit_of[person])
        table.add_row(f"{desk.book.people[person]} {person}", unit, *map(str, _totals(lines)))
    _show(table if by_person else None, f"{period.start:%Y-%m}")


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False)
    for name in columns:
        table.add_column(name)
    return table


def _show(table: Table | None, head: str) -> None:
    console = Console(soft_wrap=True, highlight=False, width=max(WIDE, Console().width))
    console.print(head if table else f"{head}: nothing to count", markup=False)
    if table:
        console.print(table)


TOTALS = ("finished", "in time", "rated", "solved", "satisfied", "left out")


def _totals(lines: Sequence[Line]) -> tuple[int, ...]:
    totals = ledgers.totals(lines)
    return (
        totals.finished, totals.in_time, totals.rated, totals.solved, totals.satisfied, totals.excluded,
    )  # fmt: skip
