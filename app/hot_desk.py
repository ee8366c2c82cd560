"""What the commands about hot issues and warnings do on a database, and what they show of it."""

import json
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from rich.table import Table

from app.desk import Desk, person
from app.errors import CannotGoOn
from app.terminal import show
from cases import area_days
from cases import hot as issues
from cases.clock import TOWN_TIME
from models import AreaDay
from models.hot import Colour

NUMBERS = 6  # of cases, in a table
PAINT: Mapping[Colour, str] = {
    Colour.RED: "bold red", Colour.YELLOW: "yellow", Colour.BLUE: "blue", Colour.GREEN: "green",
}  # fmt: skip


async def cards(desk: Desk, as_json: bool) -> None:
    async with desk.transactions.read() as session:
        found = await issues.cards(session, desk.now)
    if as_json:
        print(json.dumps([_card(desk, one) for one in found], ensure_ascii=False, indent=2))
        return
    table = Table("no.", "where", "words", "what", "cases", "7 days", "7 before", "since", "numbers")
    for one in found:
        numbers = " ".join(one.numbers[:NUMBERS]) + (" …" if len(one.numbers) > NUMBERS else "")
        counts = (str(one.issue.count), str(one.week), str(one.before))
        since = f"{one.issue.first_at.astimezone(TOWN_TIME):%m-%d}"
        place = issues.where(desk.book, one.issue)
        table.add_row(str(one.issue.id), place, " ".join(one.issue.words), one.issue.title, *counts, since, numbers)
    show(table if found else "no hot issue now")


def _card(desk: Desk, one: issues.Card) -> dict[str, Any]:
    issue = one.issue
    return {
        "id": issue.id, "place": issue.place, "area": issue.area, "where": issues.where(desk.book, issue),
        "category": issue.category, "words": issue.words, "sentence": issue.title, "cases": issue.count,
        "last_7_days": one.week, "7_days_before": one.before,
        "first_at": issue.first_at.isoformat(), "last_at": issue.last_at.isoformat(),
        "numbers": list(one.numbers),
    }  # fmt: skip


async def dismiss(desk: Desk, issue: int, by: str) -> None:
    async with desk.transactions.begin() as session:
        await issues.dismiss(session, issue, await person(session, by), desk.now)
    show(f"{issue}: dismissed; its cases go on as they are")


async def warnings(desk: Desk, day: date | None, every: bool, as_json: bool) -> None:
    today = desk.now.astimezone(TOWN_TIME).date()
    day = day or today - timedelta(days=1)
    if day >= today:
        raise CannotGoOn(f"{day} is not over yet")
    async with desk.transactions.begin() as session:
        found = await area_days.of_day(session, day)
        if not found:
            await area_days.store(session, desk.book, day)
            found = await area_days.of_day(session, day)
    rows = sorted(found.values(), key=lambda row: (len(desk.book.path(row.area)), row.index, row.area))
    rows = [row for row in rows if every or row.colour is not Colour.GREEN]
    if as_json:
        print(json.dumps([row.model_dump(mode="json") for row in rows], ensure_ascii=False, indent=2))
        return
    table = Table("area", "", "colour", "index", "why (seen, expected)")
    for row in rows:
        paint = f"[{PAINT[row.colour]}]{row.colour}[/]"
        table.add_row(row.area, desk.book.area_name(row.area), paint, f"{row.index:.0f}", _why(row))
    show(table if rows else f"{day}: every area is green")


def _why(row: AreaDay) -> str:
    said = [f"{one['kind']} {one['seen']}, {one['expected']}" for one in row.reasons]
    return " · ".join(said)
