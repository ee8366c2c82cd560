"""What the watching commands do on a database, and what they show of it."""

import sys

from rich.console import Console
from sqlmodel import select

from app import watch_tables as tables
from app.desk import USAGE, Desk, person
from app.errors import CannotGoOn
from app.model_key import at_hand
from app.settings import Settings
from app.terminal import at, show
from bot.transactions import wake
from cases import drift as weekly
from cases import learning, review, shadow, shadow_report
from cases.errors import NotFound
from classifiers import ArtefactError, load
from models import Case


async def begin(desk: Desk, version: str, days: int, by: str) -> None:
    async with desk.transactions.begin() as session:
        row = await shadow.begin(session, version, await person(session, by), days, desk.now)
    show(f"{version} watches until {at(row.report['shadow']['until'])}")


async def report(desk: Desk, version: str | None) -> None:
    async with desk.transactions.read() as session:
        found = await shadow_report.report(session, version or await _latest(desk))
    show(*tables.of_shadow(found))


async def _latest(desk: Desk) -> str:
    async with desk.transactions.read() as session:
        rows = [row for row in await learning.versions(session) if row.report.get("shadow")]
    if not rows:
        raise CannotGoOn("no version ever watched; `python -m app shadow VERSION --by PERSON` lets one")
    return max(rows, key=lambda row: str(row.report["shadow"]["since"])).version


async def drift(desk: Desk) -> None:
    async with desk.transactions.read() as session:
        weeks, found = await weekly.weeks(session, desk.now), await weekly.look(session, desk.now)
    show(*tables.of_drift(weeks, found))


async def queue(desk: Desk, limit: int, days: int) -> None:
    async with desk.transactions.read() as session:
        cases = await review.recent(session, desk.now, days)
    show(*tables.of_review(review.ordered(cases, limit)))


async def label(desk: Desk, number: str, category: str, by: str) -> None:
    async with desk.transactions.begin() as session:
        clerk = await person(session, by)
        case = await review.label(session, desk.book, number, category, clerk, desk.now)
        wake(session, "staff")
    kept = (case.item or case.category) != category
    show(f"{number}: {category}" + (f"; the case goes on as {case.item or case.category or '–'}" if kept else ""))


async def text_of(desk: Desk, number: str) -> str:
    async with desk.transactions.read() as session:
        said = (await session.exec(select(Case.text).where(Case.number == number))).first()
    if said is None:
        raise NotFound("case.not_found", number=number)
    return said


def why(settings: Settings, said: str) -> int:
    """One line on stdout: department, how sure, what would be done, the words. Returns the exit code."""
    key = at_hand(settings)
    try:
        model = load(settings.model_dir, key.public if key else None)
    except ArtefactError as error:
        print(f"{settings.model_dir}: {error}", file=sys.stderr)
        return USAGE
    told = model.predict(said)
    Console(soft_wrap=True, highlight=False).print(tables.why(told, model.why(said, told.label)), markup=False)
    return 0
